#include "postgres/payment_rows.hpp"

#include "core/format.hpp"
#include "payment/stored_names.hpp"

#include <ticketbottle/payment/rules.hpp>

namespace ticketbottle::postgres {
namespace {

Error odd_value(std::string_view operation, std::string_view column) {
    return fail(Errc::internal, operation, formatted("column {} holds a value no version writes", column));
}

/// Amount and currency, of two columns side by side.
Result<Money> read_money(std::string_view operation, const Rows& rows, int row, int column, std::string_view name) {
    const Result<Currency> currency = Currency::parse(rows.view(row, column + 1));
    if (!currency.has_value()) return odd_value(operation, name);
    return Money{rows.integer(row, column), *currency};
}

Result<PaymentStatus> read_status(std::string_view operation, const Rows& rows, int row, int column) {
    const auto status = parse_payment_status(rows.view(row, column));
    if (!status) return odd_value(operation, "payments.status");
    return *status;
}

}  // namespace

Result<Payment> read_payment(std::string_view operation, const Rows& rows, int row) {
    Payment payment;
    payment.id = rows.text(row, 0);
    payment.order_code = rows.text(row, 1);
    const Result<Money> amount = read_money(operation, rows, row, 2, "payments.currency");
    if (!amount.has_value()) return amount.error();
    payment.amount = *amount;
    payment.provider = rows.text(row, 4);
    payment.provider_transaction_id = rows.text(row, 5);
    payment.idempotency_key = rows.text(row, 6);
    payment.redirect_url = rows.text(row, 7);
    payment.payment_url = rows.text(row, 8);
    const Result<PaymentStatus> status = read_status(operation, rows, row, 9);
    if (!status.has_value()) return status.error();
    payment.status = *status;
    payment.metadata = rows.text(row, 10);
    payment.created_at = rows.time(row, 11);
    payment.updated_at = rows.time(row, 12);
    payment.completed_at = rows.optional_time(row, 13);
    payment.failed_at = rows.optional_time(row, 14);
    payment.cancelled_at = rows.optional_time(row, 15);
    return payment;
}

Result<InboxEntry> read_inbox_entry(std::string_view operation, const Rows& rows, int row) {
    InboxEntry entry;
    const Result<Gateway> gateway = parse_gateway(rows.view(row, 0));
    if (!gateway.has_value()) return odd_value(operation, "payment_inbox.gateway");
    entry.gateway = *gateway;
    entry.dedup_key = rows.text(row, 1);
    entry.payment_id = rows.text(row, 2);
    entry.transaction_id = rows.text(row, 3);
    entry.charge_id = rows.text(row, 4);
    const auto status = payment::parse_notified_status(rows.view(row, 5));
    if (!status) return odd_value(operation, "payment_inbox.status");
    entry.status = *status;
    const Result<Money> amount = read_money(operation, rows, row, 6, "payment_inbox.currency");
    if (!amount.has_value()) return amount.error();
    entry.amount = *amount;
    const auto outcome = payment::parse_outcome(rows.view(row, 8));
    const auto refusal = payment::parse_refusal(rows.view(row, 9));
    if (!outcome || !refusal) return odd_value(operation, "payment_inbox.outcome or refusal");
    entry.outcome = *outcome;
    entry.refusal = *refusal;
    entry.received_at = rows.time(row, 10);
    return entry;
}

Result<Payment> read_candidate(std::string_view operation, const Rows& rows, int row) {
    Payment payment;
    payment.id = rows.text(row, 1);
    payment.order_code = rows.text(row, 2);
    const Result<Money> amount = read_money(operation, rows, row, 3, "payments.currency");
    if (!amount.has_value()) return amount.error();
    payment.amount = *amount;
    payment.provider = rows.text(row, 5);
    const Result<PaymentStatus> status = read_status(operation, rows, row, 6);
    if (!status.has_value()) return status.error();
    payment.status = *status;
    payment.metadata = rows.text(row, 7);
    payment.failed_at = rows.optional_time(row, 8);
    payment.cancelled_at = rows.optional_time(row, 9);
    return payment;
}

Result<InboxEntry> read_same_key(std::string_view operation, const Rows& rows, int row, const PaymentNotification& notification) {
    InboxEntry entry;
    entry.gateway = payment::inbox_gateway(notification.gateway);
    entry.dedup_key = notification.dedup_key;
    entry.payment_id = rows.text(row, 1);
    const Result<Money> amount = read_money(operation, rows, row, 3, "payment_inbox.currency");
    if (!amount.has_value()) return amount.error();
    entry.amount = *amount;
    const auto refusal = payment::parse_refusal(rows.view(row, 5));
    const auto status = payment::parse_notified_status(rows.view(row, 6));
    if (!refusal || !status) return odd_value(operation, "payment_inbox.refusal or status");
    entry.refusal = *refusal;
    entry.status = *status;
    return entry;
}

}  // namespace ticketbottle::postgres
