#include "sqlite/payment_rows.hpp"

#include <ticketbottle/payment/rules.hpp>

#include <algorithm>

namespace ticketbottle::sqlite {
namespace {

class SqlitePaymentStore final : public PaymentStore {
public:
    explicit SqlitePaymentStore(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

    Result<Payment> create(const Payment& payment, Deadline deadline) override;
    Result<std::optional<Payment>> find(PaymentKey key, std::string_view value, Deadline deadline) override;
    Result<Settled> settle(const SettleCommand& command, Deadline deadline) override;
    Result<std::vector<Payment>> pending(TimePoint created_before, std::uint32_t rows_max, Deadline deadline) override;
    Result<std::vector<InboxEntry>> raised(std::uint32_t rows_max, Deadline deadline) override;
    Result<PaymentCounts> counts(Deadline deadline) override;
    Result<std::uint64_t> remove_inbox(TimePoint before, std::uint32_t rows_max, Deadline deadline) override;

private:
    Result<std::optional<Payment>> payment_by(const char* sql, std::string_view value);
    Result<void> add_candidates(const char* sql, const std::vector<std::string>& names, std::vector<Payment>& found);
    Result<std::vector<Payment>> candidates(const PaymentLookup& lookup);
    Result<std::optional<InboxEntry>> entry_of(const PaymentNotification& notification);
    Result<std::vector<InboxEntry>> charges(std::string_view payment_id);
    Result<std::vector<InboxEntry>> entries(Query& query);
    Result<void> write(payment::Decision& decision);

    std::unique_ptr<Connection> connection_;
};

constexpr const char* by_id = "SELECT " TKB_PAYMENT_COLUMNS R"( FROM "payments" WHERE "id" = ?1)";
constexpr const char* by_order_code = "SELECT " TKB_PAYMENT_COLUMNS R"( FROM "payments" WHERE "orderCode" = ?1)";
constexpr const char* by_provider_transaction_id =
    "SELECT " TKB_PAYMENT_COLUMNS R"( FROM "payments" WHERE "providerTransactionId" = ?1)";
constexpr const char* by_idempotency_key = "SELECT " TKB_PAYMENT_COLUMNS R"( FROM "payments" WHERE "idempotencyKey" = ?1)";

constexpr const char* sql_of(PaymentKey key) {
    switch (key) {
        case PaymentKey::order_code:
            return by_order_code;
        case PaymentKey::provider_transaction_id:
            return by_provider_transaction_id;
        case PaymentKey::idempotency_key:
            return by_idempotency_key;
        case PaymentKey::id:
            break;
    }
    return by_id;
}

Result<std::optional<Payment>> SqlitePaymentStore::payment_by(const char* sql, std::string_view value) {
    Query query = connection_->query(sql);
    query.bind(value);
    const Result<bool> row = query.step();
    if (!row.has_value()) return row.error();
    if (!*row) return std::optional<Payment>();
    Result<Payment> payment = read_payment(*connection_, query);
    if (!payment.has_value()) return payment.error();
    return std::optional(std::move(*payment));
}

Result<Payment> SqlitePaymentStore::create(const Payment& payment, Deadline deadline) {
    if (auto started = connection_->start_write("payment.create", deadline); !started.has_value()) return started.error();
    if (auto valid = payment::check_new_payment(payment); !valid.has_value()) return valid.error();
    Result<Transaction> transaction = Transaction::begin(*connection_);
    if (!transaction.has_value()) return transaction.error();
    Result<std::optional<Payment>> stored = payment_by(by_idempotency_key, payment.idempotency_key);
    if (!stored.has_value()) return stored.error();
    if (*stored) {
        if (payment::is_same_request(**stored, payment)) return std::move(**stored);
        return connection_->error(Errc::conflict, "the idempotency key is taken by a different payment");
    }
    if (auto inserted = insert_payment(*connection_, payment); !inserted.has_value()) return inserted.error();
    if (auto committed = transaction->commit(); !committed.has_value()) return committed.error();
    return payment;
}

Result<std::optional<Payment>> SqlitePaymentStore::find(PaymentKey key, std::string_view value, Deadline deadline) {
    if (auto started = connection_->start("payment.find", deadline); !started.has_value()) return started.error();
    return payment_by(sql_of(key), value);
}

Result<void> SqlitePaymentStore::add_candidates(const char* sql, const std::vector<std::string>& names, std::vector<Payment>& found) {
    for (const std::string& name : names) {
        Result<std::optional<Payment>> payment = payment_by(sql, name);
        if (!payment.has_value()) return payment.error();
        if (!*payment) continue;
        const bool known = std::ranges::any_of(found, [&](const Payment& other) { return other.id == (*payment)->id; });
        if (!known) found.push_back(std::move(**payment));
    }
    return {};
}

Result<std::vector<Payment>> SqlitePaymentStore::candidates(const PaymentLookup& lookup) {
    std::vector<Payment> found;
    if (auto added = add_candidates(by_provider_transaction_id, lookup.provider_transaction_ids, found); !added.has_value())
        return added.error();
    if (!found.empty()) return found;
    if (auto added = add_candidates(by_order_code, lookup.order_codes, found); !added.has_value()) return added.error();
    return found;
}

Result<std::optional<InboxEntry>> SqlitePaymentStore::entry_of(const PaymentNotification& notification) {
    static constexpr const char* sql =
        "SELECT " TKB_INBOX_COLUMNS R"( FROM "payment_inbox" WHERE "gateway" = ?1 AND "dedupKey" = ?2)";
    Query query = connection_->query(sql);
    query.bind(to_string(payment::inbox_gateway(notification.gateway))).bind(notification.dedup_key);
    Result<std::vector<InboxEntry>> found = entries(query);
    if (!found.has_value()) return found.error();
    return found->empty() ? std::nullopt : std::optional(std::move(found->front()));
}

Result<std::vector<InboxEntry>> SqlitePaymentStore::charges(std::string_view payment_id) {
    static constexpr const char* sql =
        "SELECT " TKB_INBOX_COLUMNS R"( FROM "payment_inbox" WHERE "paymentId" = ?1 AND "status" = 'succeeded')";
    Query query = connection_->query(sql);
    query.bind(payment_id);
    return entries(query);
}

Result<std::vector<InboxEntry>> SqlitePaymentStore::entries(Query& query) {
    std::vector<InboxEntry> found;
    for (;;) {
        const Result<bool> row = query.step();
        if (!row.has_value()) return row.error();
        if (!*row) return found;
        Result<InboxEntry> entry = read_inbox_entry(*connection_, query);
        if (!entry.has_value()) return entry.error();
        found.push_back(std::move(*entry));
    }
}

Result<void> SqlitePaymentStore::write(payment::Decision& decision) {
    if (decision.update) {
        auto updated = update_payment(*connection_, *decision.update, decision.settled.before);
        if (!updated.has_value()) return updated;
    }
    if (decision.inbox) {
        if (auto kept = keep_inbox_entry(*connection_, *decision.inbox); !kept.has_value()) return kept;
    }
    if (decision.outbox) {
        const Result<bool> inserted = insert_outbox_row(*connection_, *decision.outbox);
        if (!inserted.has_value()) return inserted.error();
        if (!*inserted) decision.settled.outbox_id.clear();
    }
    return {};
}

Result<Settled> SqlitePaymentStore::settle(const SettleCommand& command, Deadline deadline) {
    if (auto started = connection_->start_write("payment.settle", deadline); !started.has_value()) return started.error();
    Result<Transaction> transaction = Transaction::begin(*connection_);
    if (!transaction.has_value()) return transaction.error();
    const Result<std::vector<Payment>> rows = candidates(command.lookup);
    if (!rows.has_value()) return rows.error();
    const Result<std::optional<InboxEntry>> same_key = entry_of(command.notification);
    if (!same_key.has_value()) return same_key.error();
    std::vector<InboxEntry> of_payment;
    if (payment::needs_charges(command.notification, *rows)) {
        Result<std::vector<InboxEntry>> found = charges(rows->front().id);
        if (!found.has_value()) return found.error();
        of_payment = std::move(*found);
    }
    Result<payment::Decision> decision = payment::decide(command, {*rows, *same_key ? &**same_key : nullptr, of_payment});
    if (!decision.has_value()) return decision.error();
    // Nothing to write: the transaction's end lets go of the lock, and no sync is paid for a duplicate.
    if (!decision->update && !decision->inbox && !decision->outbox) return std::move(decision->settled);
    if (auto written = write(*decision); !written.has_value()) return written.error();
    if (auto committed = transaction->commit(); !committed.has_value()) return committed.error();
    return std::move(decision->settled);
}

Result<std::vector<Payment>> SqlitePaymentStore::pending(TimePoint created_before, std::uint32_t rows_max, Deadline deadline) {
    static constexpr const char* sql = "SELECT " TKB_PAYMENT_COLUMNS
        R"( FROM "payments" WHERE "status" = 'PENDING' AND "createdAt" < ?1 ORDER BY "createdAt", "id" LIMIT ?2)";
    if (auto started = connection_->start("payment.pending", deadline); !started.has_value()) return started.error();
    if (rows_max < 1 || rows_max > 1000) return connection_->error(Errc::invalid_argument, "rows_max is out of its range");
    Query query = connection_->query(sql);
    query.bind(created_before).bind(std::int64_t{rows_max});
    std::vector<Payment> found;
    for (;;) {
        const Result<bool> row = query.step();
        if (!row.has_value()) return row.error();
        if (!*row) return found;
        Result<Payment> payment = read_payment(*connection_, query);
        if (!payment.has_value()) return payment.error();
        found.push_back(std::move(*payment));
    }
}

Result<std::vector<InboxEntry>> SqlitePaymentStore::raised(std::uint32_t rows_max, Deadline deadline) {
    static constexpr const char* sql = "SELECT " TKB_INBOX_COLUMNS
        R"( FROM "payment_inbox" WHERE "raised" = 1 ORDER BY "receivedAt" DESC, "sequence" DESC LIMIT ?1)";
    if (auto started = connection_->start("payment.raised", deadline); !started.has_value()) return started.error();
    if (rows_max < 1 || rows_max > 1000) return connection_->error(Errc::invalid_argument, "rows_max is out of its range");
    Query query = connection_->query(sql);
    query.bind(std::int64_t{rows_max});
    return entries(query);
}

Result<PaymentCounts> SqlitePaymentStore::counts(Deadline deadline) {
    // One statement is one snapshot. Both halves are answered from indexes alone.
    static constexpr const char* sql = R"(SELECT "status", count(*) FROM "payments" GROUP BY "status" UNION ALL )"
                                       R"(SELECT 'raised', count(*) FROM "payment_inbox" WHERE "raised" = 1)";
    if (auto started = connection_->start("payment.counts", deadline); !started.has_value()) return started.error();
    Query query = connection_->query(sql);
    PaymentCounts counts;
    for (;;) {
        const Result<bool> row = query.step();
        if (!row.has_value()) return row.error();
        if (!*row) return counts;
        const std::string name = query.text(0);
        const auto number = static_cast<std::uint64_t>(query.integer(1));
        if (name == "PENDING") counts.pending = number;
        if (name == "COMPLETED") counts.completed = number;
        if (name == "FAILED") counts.failed = number;
        if (name == "CANCELLED") counts.cancelled = number;
        if (name == "raised") counts.raised = number;
    }
}

Result<std::uint64_t> SqlitePaymentStore::remove_inbox(TimePoint before, std::uint32_t rows_max, Deadline deadline) {
    static constexpr const char* sql =
        R"(DELETE FROM "payment_inbox" WHERE "sequence" IN (SELECT "sequence" FROM "payment_inbox" )"
        R"(WHERE "raised" = 0 AND "receivedAt" < ?1 ORDER BY "receivedAt", "sequence" LIMIT ?2))";
    if (auto started = connection_->start_write("payment.remove_inbox", deadline); !started.has_value()) return started.error();
    if (rows_max < 1 || rows_max > 10000) return connection_->error(Errc::invalid_argument, "rows_max is out of its range");
    Result<Transaction> transaction = Transaction::begin(*connection_);
    if (!transaction.has_value()) return transaction.error();
    Query query = connection_->query(sql);
    query.bind(before).bind(std::int64_t{rows_max});
    if (auto removed = query.run(); !removed.has_value()) return removed.error();
    const std::int64_t removed = connection_->changes();
    if (auto committed = transaction->commit(); !committed.has_value()) return committed.error();
    return static_cast<std::uint64_t>(removed);
}

}  // namespace

Result<std::unique_ptr<PaymentStore>> open_payment_store(const Options& options, Deadline deadline) {
    Result<std::unique_ptr<Connection>> connection = Connection::open(options, deadline);
    if (!connection.has_value()) return connection.error();
    return std::unique_ptr<PaymentStore>(std::make_unique<SqlitePaymentStore>(std::move(*connection)));
}

}  // namespace ticketbottle::sqlite
