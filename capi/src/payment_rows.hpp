#pragma once
/// \file
/// Payments and inbox entries across the C boundary, both ways. Views live as long as what they show.

#include "guard.hpp"

#include <ticketbottle/c/payment_store.h>
#include <ticketbottle/ports/payment_store.hpp>

namespace ticketbottle::capi {

[[nodiscard]] tkb_payment to_view(const Payment& payment);
[[nodiscard]] tkb_inbox_entry to_view(const InboxEntry& entry);

/// Errors: invalid_argument (NULL, struct_size), malformed (status, currency and the like are none), unsupported.
[[nodiscard]] Result<Payment> to_payment(const tkb_payment* given, std::string_view operation);
[[nodiscard]] Result<InboxEntry> to_inbox_entry(const tkb_inbox_entry* given, std::string_view operation);

}  // namespace ticketbottle::capi
