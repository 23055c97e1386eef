#include "postgres/payment_rows.hpp"
#include "postgres/pool.hpp"
#include "postgres/settle_group.hpp"
#include "postgres/settlement.hpp"
#include "postgres/sql.hpp"

#include <ticketbottle/payment/rules.hpp>

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
    Result<bool> has_inbox(std::string_view operation, Deadline deadline);
    Statement statement(const char* name, std::string_view sql) const { return {name, in_schema(sql, impl_.target.schema)}; }

    std::shared_ptr<Pool> pool_;
    Pool::Impl& impl_;
    const Settlement alone_{impl_, Held::wait};
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

Result<Settled> Store::settle(const SettleCommand& given, Deadline deadline) {
    constexpr std::string_view operation = "payment.settle";
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    if (given.notification.status == NotifiedStatus::ignored) {
        Settled settled;
        settled.outcome = Outcome::ignored;
        return settled;
    }
    const Result<bool> inbox = has_inbox(operation, deadline);
    if (!inbox.has_value()) return inbox.error();
    const auto command = std::make_shared<const SettleCommand>(storable(given));
    Settlement::End end{std::optional<Settled>()};
    if (impl_.options.settlements_per_commit > 1) end = impl_.settlements().run(operation, command, *inbox, deadline);
    // Where another callback of this payment came between: with its work done, ours is decided anew.
    while (end.has_value() && !end->has_value()) {
        const Settlement::Wanted wanted{command.get(), *inbox};
        auto ends = alone_.run(operation, std::span(&wanted, 1), deadline);
        if (!ends.has_value()) return ends.error();
        end = std::move(ends->front());
    }
    if (!end.has_value()) return end.error();
    return std::move(**end);
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
