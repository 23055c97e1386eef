#pragma once
/// \file
/// Outbox events across the C boundary.

#include "guard.hpp"

namespace ticketbottle::capi {

[[nodiscard]] Result<outbox::Event> to_event(const tkb_outbox_event* given, std::string_view operation);

}  // namespace ticketbottle::capi
