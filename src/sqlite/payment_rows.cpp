#include "sqlite/payment_rows.hpp"

#include "core/format.hpp"
#include "payment/stored_names.hpp"

namespace ticketbottle::sqlite {
namespace {

Error odd_value(const Connection& connection, std::string_view column) {
    return connection.error(Errc::internal, formatted("column {} holds a value no version writes", column));
}

}  // namespace

Result<Payment> read_payment(const Connection& connection, const Query& row) {
    Payment payment;
    payment.id = row.text(0);
    payment.order_code = row.text(1);
    payment.amount.minor_units = row.integer(2);
    const Result<Currency> currency = Currency::parse(row.text(3));
    if (!currency.has_value()) return odd_value(connection, "payments.currency");
    payment.amount.currency = *currency;
    payment.provider = row.text(4);
    payment.provider_transaction_id = row.text(5);
    payment.idempotency_key = row.text(6);
    payment.redirect_url = row.text(7);
    payment.payment_url = row.text(8);
    const auto status = parse_payment_status(row.text(9));
    if (!status) return odd_value(connection, "payments.status");
    payment.status = *status;
    payment.metadata = row.text(10);
    payment.created_at = row.time(11);
    payment.updated_at = row.time(12);
    payment.completed_at = row.optional_time(13);
    payment.failed_at = row.optional_time(14);
    payment.cancelled_at = row.optional_time(15);
    return payment;
}

Result<InboxEntry> read_inbox_entry(const Connection& connection, const Query& row) {
    InboxEntry entry;
    const Result<Gateway> gateway = parse_gateway(row.text(0));
    if (!gateway.has_value()) return odd_value(connection, "payment_inbox.gateway");
    entry.gateway = *gateway;
    entry.dedup_key = row.text(1);
    entry.payment_id = row.text(2);
    entry.transaction_id = row.text(3);
    entry.charge_id = row.text(4);
    const auto status = payment::parse_notified_status(row.text(5));
    if (!status) return odd_value(connection, "payment_inbox.status");
    entry.status = *status;
    entry.amount.minor_units = row.integer(6);
    const Result<Currency> currency = Currency::parse(row.text(7));
    if (!currency.has_value()) return odd_value(connection, "payment_inbox.currency");
    entry.amount.currency = *currency;
    const auto outcome = payment::parse_outcome(row.text(8));
    const auto refusal = payment::parse_refusal(row.text(9));
    if (!outcome || !refusal) return odd_value(connection, "payment_inbox.outcome or refusal");
    entry.outcome = *outcome;
    entry.refusal = *refusal;
    entry.received_at = row.time(10);
    return entry;
}

Result<void> insert_payment(Connection& connection, const Payment& payment) {
    static constexpr const char* sql = "INSERT INTO \"payments\" (" TKB_PAYMENT_COLUMNS
                                       ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
    Query query = connection.query(sql);
    query.bind(payment.id).bind(payment.order_code).bind(payment.amount.minor_units).bind(payment.amount.currency.code());
    query.bind(payment.provider).bind(payment.provider_transaction_id).bind(payment.idempotency_key).bind(payment.redirect_url);
    query.bind(payment.payment_url).bind(to_string(payment.status)).bind_or_null(payment.metadata);
    query.bind(payment.created_at).bind(payment.updated_at);
    query.bind(payment.completed_at).bind(payment.failed_at).bind(payment.cancelled_at);
    return query.run();
}

Result<void> update_payment(Connection& connection, const Payment& payment, PaymentStatus before) {
    static constexpr const char* sql =
        R"(UPDATE "payments" SET "status" = ?1, "updatedAt" = ?2, "completedAt" = ?3, "failedAt" = ?4, "cancelledAt" = ?5)"
        R"( WHERE "id" = ?6 AND "status" = ?7)";
    Query query = connection.query(sql);
    query.bind(to_string(payment.status)).bind(payment.updated_at);
    query.bind(payment.completed_at).bind(payment.failed_at).bind(payment.cancelled_at);
    query.bind(payment.id).bind(to_string(before));
    if (Result<void> updated = query.run(); !updated.has_value()) return updated;
    if (connection.changes() != 1) return connection.error(Errc::internal, "the payment changed inside our transaction");
    return {};
}

Result<void> keep_inbox_entry(Connection& connection, const InboxEntry& entry) {
    static constexpr const char* sql =
        "INSERT INTO \"payment_inbox\" (" TKB_INBOX_COLUMNS ", \"raised\") "
        R"(VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT ("gateway", "dedupKey") DO UPDATE SET )"
        R"("paymentId" = excluded."paymentId", "transactionId" = excluded."transactionId", "chargeId" = excluded."chargeId", )"
        R"("status" = excluded."status", "amount" = excluded."amount", "currency" = excluded."currency", )"
        R"("outcome" = excluded."outcome", "refusal" = excluded."refusal", "receivedAt" = excluded."receivedAt", )"
        R"("raised" = excluded."raised")";
    Query query = connection.query(sql);
    query.bind(to_string(entry.gateway)).bind(entry.dedup_key).bind(entry.payment_id).bind(entry.transaction_id);
    query.bind(entry.charge_id).bind(to_string(entry.status));
    query.bind(entry.amount.minor_units).bind(entry.amount.currency.code());
    query.bind(to_string(entry.outcome)).bind(to_string(entry.refusal)).bind(entry.received_at);
    query.bind(std::int64_t{needs_person(entry.refusal) ? 1 : 0});
    return query.run();
}

Result<bool> insert_outbox_row(Connection& connection, const OutboxRow& row) {
    static constexpr const char* sql =
        R"(INSERT INTO "outbox" ("id", "aggregateId", "aggregateType", "eventType", "payload", "createdAt", "traceparent"))"
        R"( VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT ("id") DO NOTHING)";
    Query query = connection.query(sql);
    query.bind(row.id).bind(row.aggregate_id).bind(row.aggregate_type).bind(row.event_type).bind(row.payload).bind(row.created_at);
    query.bind_or_null(row.traceparent);
    if (Result<void> inserted = query.run(); !inserted.has_value()) return inserted.error();
    return connection.changes() == 1;
}

}  // namespace ticketbottle::sqlite
