#pragma once
/// \file
/// Rows of the payment tables as the port's values. Internal: not installed.

#include "postgres/connection.hpp"

#include <ticketbottle/ports/payment_store.hpp>

namespace ticketbottle::postgres {

/// A row of TKB_PAYMENT_COLUMNS. Errors: internal (a value no version writes).
[[nodiscard]] Result<Payment> read_payment(std::string_view operation, const Rows& rows, int row);
/// A row of TKB_INBOX_COLUMNS.
[[nodiscard]] Result<InboxEntry> read_inbox_entry(std::string_view operation, const Rows& rows, int row);

}  // namespace ticketbottle::postgres
