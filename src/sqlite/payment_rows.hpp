#pragma once
/// \file
/// Rows of "payments" and "payment_inbox" as values, and back. Internal: not installed.

#include "sqlite/connection.hpp"

namespace ticketbottle::sqlite {

/// The columns read_payment reads, in its order.
#define TKB_PAYMENT_COLUMNS                                                                                        \
    R"("id", "orderCode", "amountCents", "currency", "provider", "providerTransactionId", "idempotencyKey", )"     \
    R"("redirectUrl", "paymentUrl", "status", "metadata", "createdAt", "updatedAt", "completedAt", "failedAt", )"  \
    R"("cancelledAt")"
/// The columns read_inbox_entry reads, in its order.
#define TKB_INBOX_COLUMNS                                                                                      \
    R"("gateway", "dedupKey", "paymentId", "transactionId", "chargeId", "status", "amount", "currency", )"     \
    R"("outcome", "refusal", "receivedAt")"

/// Errors: internal, naming the column, where some program wrote what no writer of ours would.
[[nodiscard]] Result<Payment> read_payment(const Connection& connection, const Query& row);
[[nodiscard]] Result<InboxEntry> read_inbox_entry(const Connection& connection, const Query& row);

[[nodiscard]] Result<void> insert_payment(Connection& connection, const Payment& payment);
/// Status, its times and updatedAt. Errors: internal if the row is not there in the state that was read.
[[nodiscard]] Result<void> update_payment(Connection& connection, const Payment& payment, PaymentStatus before);
/// Replaces the entry of its key.
[[nodiscard]] Result<void> keep_inbox_entry(Connection& connection, const InboxEntry& entry);
/// False: a row of that id is there already, and was left alone.
[[nodiscard]] Result<bool> insert_outbox_row(Connection& connection, const OutboxRow& row);

}  // namespace ticketbottle::sqlite
