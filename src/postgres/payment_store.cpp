#include "postgres/payment_rows.hpp"
#include "postgres/pool.hpp"
#include "postgres/settle_group.hpp"
#include "postgres/sql.hpp"

#include "payment/names.hpp"
#include "payment/stored_names.hpp"

#include <algorithm>

namespace ticketbottle::postgres {
namespace {

constexpr std::chrono::seconds layout_age_max{60};  // how long a migration done beside us may go unnoticed

class Store final : public PaymentStore {
public:
    explicit Store(std::shared_ptr<Pool> pool) : pool_(std::move(pool)), impl_(pool_->impl()) {}

    Result<Payment> create(const Payment& payment, Deadline deadline) override;
    Result<std::optional<Payment>> find(PaymentKey key, std::string_view value, Deadline deadline) override;
    Result<Settled> settle(const SettleCommand& command, Deadline deadline) override;
    Result<std::vector<Payment>> pending(TimePoint created_before, std::uint32_t rows_max, Deadline deadline) override;
    Result<std::vector<InboxEntry>> raised(std::uint32_t rows_max, Deadline deadline) override;
    Result<PaymentCounts> counts(Deadline deadline) override;
    Result<std::uint64_t> remove_inbox(TimePoint before, std::uint32_t rows_max, Deadline deadline) override;

private:
    Query settle_query(const SettleCommand& command, bool inbox) const;
    Result<std::optional<Settled>> settle_in_company(const SettleCommand& command, bool inbox, Deadline deadline);
    Result<bool> has_inbox(std::string_view operation, Deadline deadline);
    Statement statement(const char* name, std::string_view sql) const { return {name, in_schema(sql, impl_.target.schema)}; }

    std::shared_ptr<Pool> pool_;
    Pool::Impl& impl_;
    const Statement insert_ = statement("tkb_create", R"(
INSERT INTO @.payments (id, "orderCode", "amountCents", currency, provider, "providerTransactionId", "idempotencyKey", "redirectUrl",
                        "paymentUrl", status, metadata, "createdAt", "updatedAt")
VALUES ($1::text, $2::text, $3::bigint, $4::@."Currency", $5::text, $6::text, $7::text, $8::text, $9::text, 'PENDING', $10::jsonb,
        $11::timestamp(3), $12::timestamp(3)) ON CONFLICT DO NOTHING)");
    const Statement by_id_ = statement("tkb_by_id", "SELECT " TKB_PAYMENT_COLUMNS " FROM @.payments WHERE id = $1::text");
    const Statement by_order_code_ =
        statement("tkb_by_order_code", "SELECT " TKB_PAYMENT_COLUMNS R"( FROM @.payments WHERE "orderCode" = $1::text)");
    const Statement by_provider_transaction_id_ = statement(
        "tkb_by_transaction", "SELECT " TKB_PAYMENT_COLUMNS R"( FROM @.payments WHERE "providerTransactionId" = $1::text)");
    const Statement by_idempotency_key_ =
        statement("tkb_by_key", "SELECT " TKB_PAYMENT_COLUMNS R"( FROM @.payments WHERE "idempotencyKey" = $1::text)");
    const Statement settle_ = {"tkb_settle", settle_sql(impl_.target.schema, true, Names::few)};
    const Statement settle_without_inbox_ = {"tkb_settle_plain", settle_sql(impl_.target.schema, false, Names::few)};
    const Statement settle_any_ = {"", settle_sql(impl_.target.schema, true, Names::any)};
    const Statement settle_any_without_inbox_ = {"", settle_sql(impl_.target.schema, false, Names::any)};
    const Statement pending_ = statement("tkb_pending", "SELECT " TKB_PAYMENT_COLUMNS R"( FROM @.payments
 WHERE status = 'PENDING' AND "createdAt" < $1::timestamp(3) ORDER BY payments."createdAt", id COLLATE "C" LIMIT $2::int)");
    const Statement raised_ = statement("tkb_raised", "SELECT " TKB_INBOX_COLUMNS R"( FROM @.payment_inbox
 WHERE raised ORDER BY payment_inbox."receivedAt" DESC, sequence DESC LIMIT $1::int)");
    const Statement counts_ = statement("tkb_counts", R"(SELECT status::text, count(*) FROM @.payments GROUP BY 1)");
    const Statement raised_count_ = statement("tkb_raised_count", "SELECT count(*) FROM @.payment_inbox WHERE raised");
    const Statement remove_inbox_ = statement("tkb_remove_inbox", R"(
DELETE FROM @.payment_inbox WHERE (gateway, "dedupKey") IN (
    SELECT gateway, "dedupKey" FROM @.payment_inbox WHERE NOT raised AND "receivedAt" < $1::timestamp(3)
     ORDER BY "receivedAt", sequence LIMIT $2::int FOR UPDATE SKIP LOCKED))");
};

Error out_of_range(std::string_view operation) { return fail(Errc::invalid_argument, operation, "rows_max is out of its range"); }

Result<bool> Store::has_inbox(std::string_view operation, Deadline deadline) {
    const Result<Layout> layout = impl_.layout(layout_age_max, deadline);
    if (!layout.has_value()) return fail(layout.error().code, operation, std::string(layout.error().detail_text()));
    if (!layout->payments) {
        impl_.forget_layout();
        return fail(Errc::unsupported, operation, "there is no table payments in schema " + impl_.target.schema);
    }
    return layout->inbox;
}

Result<Payment> Store::create(const Payment& payment, Deadline deadline) {
    constexpr std::string_view operation = "payment.create";
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    if (auto valid = payment::check_new_payment(payment); !valid.has_value()) return valid.error();
    const Parameter metadata = payment.metadata.empty() ? Parameter() : Parameter(payment.metadata);
    const std::vector<Query> queries{
        {&insert_,
         {payment.id, payment.order_code, std::to_string(payment.amount.minor_units), std::string(payment.amount.currency.code()),
          payment.provider, payment.provider_transaction_id, payment.idempotency_key, payment.redirect_url, payment.payment_url, metadata,
          timestamp_text(payment.created_at), timestamp_text(payment.updated_at)}},
        {&by_idempotency_key_, {payment.idempotency_key}}};
    const auto rows = impl_.run(operation, queries, Effect::writes, deadline);
    if (!rows.has_value()) return rows.error();
    const Rows& stored = (*rows)[1];
    if (stored.size() == 0) return fail(Errc::conflict, operation, "a unique value is taken by a different payment");
    Result<Payment> read = read_payment(operation, stored, 0);
    if (!read.has_value()) return read.error();
    if (!payment::is_same_request(*read, payment))
        return fail(Errc::conflict, operation, "the idempotency key is taken by a different payment");
    return read;
}

Result<std::optional<Payment>> Store::find(PaymentKey key, std::string_view value, Deadline deadline) {
    constexpr std::string_view operation = "payment.find";
    if (clean_text(value) != value) return std::optional<Payment>();  // no row can hold it
    const Statement* statement = &by_id_;
    if (key == PaymentKey::order_code) statement = &by_order_code_;
    if (key == PaymentKey::provider_transaction_id) statement = &by_provider_transaction_id_;
    if (key == PaymentKey::idempotency_key) statement = &by_idempotency_key_;
    const auto rows = impl_.run(operation, Query{statement, {std::string(value)}}, Effect::reads, deadline);
    if (!rows.has_value()) return rows.error();
    if (rows->size() == 0) return std::optional<Payment>();
    Result<Payment> payment = read_payment(operation, *rows, 0);
    if (!payment.has_value()) return payment.error();
    return std::optional(std::move(*payment));
}

/// Names that a row can hold: the others match nothing.
std::string storable(const std::vector<std::string>& names) {
    std::vector<std::string> kept;
    for (const std::string& name : names) {
        if (clean_text(name) == name) kept.push_back(name);
    }
    return array_text(kept);
}

std::string_view name_of(PayosNumber rule) {
    switch (rule) {
        case PayosNumber::dated_base36: return "dated_base36";
        case PayosNumber::digits: return "digits";
        case PayosNumber::unknown: break;
    }
    return "unknown";
}

/// In the order of settle_sql's $1, $2, ...
std::vector<Parameter> settle_parameters(const SettleCommand& command) {
    const PaymentNotification& notification = command.notification;
    const auto& amount = notification.amount;
    const Gateway gateway = payment::inbox_gateway(notification.gateway);
    const auto number = payment::parse_number(notification.order_id);
    const std::vector<std::string> providers{payment::folded_provider(to_string(gateway)),
                                             payment::folded_provider(to_string(notification.gateway))};
    std::vector<std::string> pass_through;
    for (const std::string& name : command.pass_through) pass_through.push_back(clean_text(name));
    return {storable(command.lookup.provider_transaction_ids),
            storable(command.lookup.order_codes),
            std::string(to_string(gateway)),
            clean_text(notification.dedup_key),
            std::string(to_string(notification.status)),
            notification.finality == Finality::retryable ? "t" : "f",
            amount ? Parameter(std::to_string(amount->minor_units)) : Parameter(),
            amount ? Parameter(std::string(amount->currency.code())) : Parameter(),
            clean_text(notification.transaction_id),
            clean_text(notification.charge_id),
            clean_text(notification.link_id),
            number ? Parameter(std::to_string(*number)) : Parameter(),
            timestamp_text(command.now),
            command.late_success == LateSuccess::reopen ? "t" : "f",
            notification.gateway == Gateway::payos ? std::string(name_of(command.payos_number)) : std::string(),
            array_text(pass_through),
            array_text(providers)};
}

PaymentStatus status_after(NotifiedStatus status) {
    if (status == NotifiedStatus::succeeded) return PaymentStatus::completed;
    return status == NotifiedStatus::failed ? PaymentStatus::failed : PaymentStatus::cancelled;
}

/// What the statement answered, as the port says it.
Result<Settled> settled_from(const SettleCommand& command, const Rows& rows) {
    constexpr std::string_view operation = "payment.settle";
    const std::string_view verdict = rows.view(0, 0);
    Settled settled;
    if (verdict == "malformed") return fail(Errc::malformed, "payment.decide", "the payment's metadata is not a JSON object");
    if (verdict == "applied") {
        settled.outcome = Outcome::applied;
    } else if (verdict == "duplicate") {
        settled.outcome = Outcome::duplicate;
    } else if (verdict == "ignored") {
        settled.outcome = Outcome::ignored;
    } else {
        const auto refusal = payment::parse_refusal(verdict);
        if (!refusal || *refusal == Refusal::none) return fail(Errc::internal, operation, "the statement gave no known verdict");
        settled.outcome = Outcome::refused;
        settled.refusal = *refusal;
    }
    if (rows.is_null(0, 1)) return settled;
    settled.payment_id = rows.text(0, 1);
    settled.order_code = rows.text(0, 2);
    const auto before = parse_payment_status(rows.view(0, 3));
    if (!before) return fail(Errc::internal, operation, "column payments.status holds a value no version writes");
    settled.before = *before;
    settled.after = settled.outcome == Outcome::applied ? status_after(command.notification.status) : *before;
    settled.outbox_id = rows.text(0, 4);
    return settled;
}

bool has_few_names(const PaymentLookup& lookup) {
    return std::max(lookup.provider_transaction_ids.size(), lookup.order_codes.size()) <= names_few;
}

/// nullopt: it is to be done alone.
Result<std::optional<Settled>> Store::settle_in_company(const SettleCommand& command, bool inbox, Deadline deadline) {
    if (impl_.options.settlements_per_commit == 1 || !has_few_names(command.lookup)) return std::optional<Settled>();
    const auto rows = impl_.settlements().run("payment.settle", settle_parameters(command), inbox, deadline);
    if (!rows.has_value()) return rows.error();
    if (!rows->has_value() || (*rows)->size() != 1 || (*rows)->view(0, 0) == "again") return std::optional<Settled>();
    Result<Settled> settled = settled_from(command, **rows);
    if (!settled.has_value()) return settled.error();
    return std::optional(std::move(*settled));
}

Query Store::settle_query(const SettleCommand& command, bool inbox) const {
    if (has_few_names(command.lookup))
        return {inbox ? &settle_ : &settle_without_inbox_, settle_parameters(command)};
    return {inbox ? &settle_any_ : &settle_any_without_inbox_, settle_parameters(command), true};
}

Result<Settled> Store::settle(const SettleCommand& command, Deadline deadline) {
    constexpr std::string_view operation = "payment.settle";
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    if (command.notification.status == NotifiedStatus::ignored) {
        Settled settled;
        settled.outcome = Outcome::ignored;
        return settled;
    }
    const Result<bool> inbox = has_inbox(operation, deadline);
    if (!inbox.has_value()) return inbox.error();
    const auto in_company = settle_in_company(command, *inbox, deadline);
    if (!in_company.has_value()) return in_company.error();
    if (in_company->has_value()) return **in_company;
    const Query query = settle_query(command, *inbox);
    for (;;) {
        const auto rows = impl_.run(operation, query, Effect::writes, deadline);
        if (!rows.has_value()) return rows.error();
        if (rows->size() != 1) return fail(Errc::internal, operation, "the statement gave no verdict");
        // Another callback of this payment came between: with its work done, ours is decided anew.
        if (rows->view(0, 0) != "again") return settled_from(command, *rows);
    }
}

Result<std::vector<Payment>> Store::pending(TimePoint created_before, std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "payment.pending";
    if (rows_max < 1 || rows_max > 1000) return out_of_range(operation);
    const auto rows =
        impl_.run(operation, Query{&pending_, {timestamp_text(created_before), std::to_string(rows_max)}}, Effect::reads, deadline);
    if (!rows.has_value()) return rows.error();
    std::vector<Payment> found;
    for (int i = 0; i < rows->size(); ++i) {
        Result<Payment> payment = read_payment(operation, *rows, i);
        if (!payment.has_value()) return payment.error();
        found.push_back(std::move(*payment));
    }
    return found;
}

Result<std::vector<InboxEntry>> Store::raised(std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "payment.raised";
    if (rows_max < 1 || rows_max > 1000) return out_of_range(operation);
    const Result<bool> inbox = has_inbox(operation, deadline);
    if (!inbox.has_value()) return inbox.error();
    std::vector<InboxEntry> found;
    if (!*inbox) return found;
    const auto rows = impl_.run(operation, Query{&raised_, {std::to_string(rows_max)}}, Effect::reads, deadline);
    if (!rows.has_value()) return rows.error();
    for (int i = 0; i < rows->size(); ++i) {
        Result<InboxEntry> entry = read_inbox_entry(operation, *rows, i);
        if (!entry.has_value()) return entry.error();
        found.push_back(std::move(*entry));
    }
    return found;
}

Result<PaymentCounts> Store::counts(Deadline deadline) {
    constexpr std::string_view operation = "payment.counts";
    const Result<bool> inbox = has_inbox(operation, deadline);
    if (!inbox.has_value()) return inbox.error();
    std::vector<Query> queries{{&counts_, {}}};
    if (*inbox) queries.push_back({&raised_count_, {}});
    const auto rows = impl_.run(operation, queries, Effect::reads, deadline);
    if (!rows.has_value()) return rows.error();
    PaymentCounts counts;
    const Rows& by_status = rows->front();
    for (int i = 0; i < by_status.size(); ++i) {
        const auto number = static_cast<std::uint64_t>(by_status.integer(i, 1));
        if (by_status.view(i, 0) == "PENDING") counts.pending = number;
        if (by_status.view(i, 0) == "COMPLETED") counts.completed = number;
        if (by_status.view(i, 0) == "FAILED") counts.failed = number;
        if (by_status.view(i, 0) == "CANCELLED") counts.cancelled = number;
    }
    if (*inbox) counts.raised = static_cast<std::uint64_t>((*rows)[1].integer(0, 0));
    return counts;
}

Result<std::uint64_t> Store::remove_inbox(TimePoint before, std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "payment.remove_inbox";
    if (rows_max < 1 || rows_max > 10000) return out_of_range(operation);
    const Result<bool> inbox = has_inbox(operation, deadline);
    if (!inbox.has_value()) return inbox.error();
    if (!*inbox) return std::uint64_t{0};
    const auto rows =
        impl_.run(operation, Query{&remove_inbox_, {timestamp_text(before), std::to_string(rows_max)}}, Effect::writes, deadline);
    if (!rows.has_value()) return rows.error();
    return rows->changed();
}

}  // namespace

std::unique_ptr<PaymentStore> payment_store(std::shared_ptr<Pool> pool) { return std::make_unique<Store>(std::move(pool)); }

}  // namespace ticketbottle::postgres
