#include "postgres/payment_rows.hpp"

#include "core/format.hpp"
#include "payment/stored_names.hpp"

namespace ticketbottle::postgres {
namespace {

Error odd_value(std::string_view operation, std::string_view column) {
    return fail(Errc::internal, operation, formatted("column {} holds a value no version writes", column));
}

}  // namespace

Result<Payment> read_payment(std::string_view operation, const Rows& rows, int row) {
    Payment payment;
    payment.id = rows.text(row, 0);
    payment.order_code = rows.text(row, 1);
    payment.amount.minor_units = rows.integer(row, 2);
    const Result<Currency> currency = Currency::parse(rows.view(row, 3));
    if (!currency.has_value()) return odd_value(operation, "payments.currency");
    payment.amount.currency = *currency;
    payment.provider = rows.text(row, 4);
    payment.provider_transaction_id = rows.text(row, 5);
    payment.idempotency_key = rows.text(row, 6);
    payment.redirect_url = rows.text(row, 7);
    payment.payment_url = rows.text(row, 8);
    const auto status = parse_payment_status(rows.view(row, 9));
    if (!status) return odd_value(operation, "payments.status");
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
    entry.amount.minor_units = rows.integer(row, 6);
    const Result<Currency> currency = Currency::parse(rows.view(row, 7));
    if (!currency.has_value()) return odd_value(operation, "payment_inbox.currency");
    entry.amount.currency = *currency;
    const auto outcome = payment::parse_outcome(rows.view(row, 8));
    const auto refusal = payment::parse_refusal(rows.view(row, 9));
    if (!outcome || !refusal) return odd_value(operation, "payment_inbox.outcome or refusal");
    entry.outcome = *outcome;
    entry.refusal = *refusal;
    entry.received_at = rows.time(row, 10);
    return entry;
}

}  // namespace ticketbottle::postgres
