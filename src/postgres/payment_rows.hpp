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
/// Of settle_read_sql a candidate, with what decide looks at; and the inbox's entry of the notification's key.
[[nodiscard]] Result<Payment> read_candidate(std::string_view operation, const Rows& rows, int row);
[[nodiscard]] Result<InboxEntry> read_same_key(std::string_view operation, const Rows& rows, int row, const PaymentNotification& notification);

}  // namespace ticketbottle::postgres
