#include "sqlite/connection.hpp"
#include "sqlite/outbox_reader.hpp"

#include "core/utf8.hpp"

#include <algorithm>
#include <array>

namespace ticketbottle::sqlite {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t last_error_bytes_max = 500;
constexpr milliseconds lease_max = std::chrono::minutes(10);

constexpr const char* lease_sql = R"(SELECT "owner", "epoch", "expiresAt" FROM "relay_lease" WHERE "id" = 1)";
constexpr const char* grant_sql =
    R"(INSERT INTO "relay_lease" ("id", "owner", "epoch", "expiresAt") VALUES (1, ?1, ?2, ?3)
       ON CONFLICT ("id") DO UPDATE SET "owner" = excluded."owner", "epoch" = excluded."epoch", "expiresAt" = excluded."expiresAt")";
constexpr const char* release_sql = R"(UPDATE "relay_lease" SET "owner" = '' WHERE "id" = 1 AND "owner" = ?1 AND "epoch" = ?2)";

constexpr const char* published_sql =
    R"(UPDATE "outbox" SET "published" = 1, "publishedAt" = ?2, "nextAttemptAt" = NULL, "deadAt" = NULL
        WHERE "id" = ?1 AND "published" = 0 AND "publishedAt" IS NULL)";
constexpr const char* retry_sql =
    R"(UPDATE "outbox" SET "retryCount" = "retryCount" + 1, "lastError" = ?2, "nextAttemptAt" = ?3
        WHERE "id" = ?1 AND "published" = 0 AND "publishedAt" IS NULL AND "deadAt" IS NULL)";
constexpr const char* dead_sql =
    R"(UPDATE "outbox" SET "retryCount" = "retryCount" + 1, "lastError" = ?2, "nextAttemptAt" = NULL, "deadAt" = ?3
        WHERE "id" = ?1 AND "published" = 0 AND "publishedAt" IS NULL AND "deadAt" IS NULL
       RETURNING "sequence")";
constexpr const char* requeue_sql =
    R"(UPDATE "outbox" SET "retryCount" = 0, "lastError" = NULL, "nextAttemptAt" = NULL, "deadAt" = NULL
        WHERE "id" = ?1 AND "published" = 0 AND "publishedAt" IS NULL AND "deadAt" IS NOT NULL)";

constexpr const char* counts_sql =
    R"(SELECT (SELECT count(*) FROM "outbox"),
              (SELECT count(*) FROM "outbox" INDEXED BY "outbox_pending" WHERE "published" = 0 AND "publishedAt" IS NULL),
              (SELECT count(*) FROM "outbox" INDEXED BY "outbox_dead"
                WHERE "deadAt" IS NOT NULL AND "published" = 0 AND "publishedAt" IS NULL),
              (SELECT min("createdAt") FROM "outbox" INDEXED BY "outbox_pending"
                WHERE "published" = 0 AND "publishedAt" IS NULL AND "deadAt" IS NULL),
              (SELECT "expiresAt" FROM "relay_lease" WHERE "id" = 1 AND "owner" <> ''))";
constexpr const char* list_dead_sql =
    R"(SELECT "id", "aggregateId", "eventType", "retryCount", "lastError", "createdAt" FROM "outbox" INDEXED BY "outbox_dead"
        WHERE "deadAt" IS NOT NULL AND "published" = 0 AND "publishedAt" IS NULL ORDER BY "createdAt", "sequence" LIMIT ?1)";

constexpr const char* remove_published_sql =
    R"(DELETE FROM "outbox" WHERE "sequence" IN
         (SELECT "sequence" FROM "outbox" INDEXED BY "outbox_publishedAt"
           WHERE "publishedAt" IS NOT NULL AND "publishedAt" < ?1 ORDER BY "publishedAt" LIMIT ?2))";
// An older writer's rows that have the flag and no time: from their creation. No index has them, so they are looked for outside
// the transaction that removes them.
constexpr const char* find_flagged_sql =
    R"(SELECT "sequence" FROM "outbox" WHERE "published" = 1 AND "publishedAt" IS NULL AND "createdAt" < ?1 LIMIT ?2)";
constexpr const char* remove_flagged_sql =
    R"(DELETE FROM "outbox" WHERE "sequence" = ?1 AND "published" = 1 AND "publishedAt" IS NULL)";
constexpr const char* remove_dead_sql =
    R"(DELETE FROM "outbox" WHERE "sequence" IN
         (SELECT "sequence" FROM "outbox" INDEXED BY "outbox_dead"
           WHERE "deadAt" IS NOT NULL AND "published" = 0 AND "publishedAt" IS NULL AND "createdAt" < ?1
           ORDER BY "createdAt" LIMIT ?2))";

struct LeaseRow {
    std::string owner;
    std::int64_t epoch = 0;
    TimePoint expires_at;
};

std::optional<milliseconds> left_of(TimePoint expires_at, TimePoint now) {
    const milliseconds left = expires_at - now;
    // A lease that runs for longer than any may was given before the clock was set back.
    return left > milliseconds(0) && left <= lease_max ? std::optional(left) : std::nullopt;
}

bool is_held_by(const LeaseRow& row, const RelayLease& lease) {
    return !lease.owner.empty() && row.owner == lease.owner && std::cmp_equal(row.epoch, lease.epoch);
}

class Store final : public OutboxStore {
public:
    explicit Store(std::unique_ptr<Connection> connection) : connection_(std::move(connection)), reader_(*connection_) {}

    Result<std::optional<RelayLease>> acquire(std::string_view owner, milliseconds ttl, Deadline deadline) override;
    Result<void> release(const RelayLease& lease, Deadline deadline) override;
    Result<OutboxPage> fetch(const RelayLease& lease, std::uint32_t rows_max, Deadline deadline) override;
    Result<void> settle(const RelayLease& lease, milliseconds ttl, std::span<const RowSettlement> rows,
                        Deadline deadline) override;
    Result<OutboxStatistics> statistics(Deadline deadline) override;
    Result<std::vector<DeadRow>> dead(std::uint32_t rows_max, Deadline deadline) override;
    Result<std::uint64_t> requeue(std::span<const std::string> ids, Deadline deadline) override;
    Result<std::uint64_t> remove_published(TimePoint before, std::uint32_t rows_max, Deadline deadline) override;
    Result<std::uint64_t> remove_dead(TimePoint before, std::uint32_t rows_max, Deadline deadline) override;

private:
    [[nodiscard]] Result<LeaseRow> lease_row();
    [[nodiscard]] Result<void> grant(std::string_view owner, std::int64_t epoch, TimePoint until);
    [[nodiscard]] bool belongs_to_another(const LeaseRow& row, std::string_view owner, TimePoint now) const;
    [[nodiscard]] Result<void> settle_rows(std::span<const RowSettlement> rows, TimePoint now);
    [[nodiscard]] Result<void> settle_row(const RowSettlement& row, TimePoint now);
    [[nodiscard]] Result<std::uint64_t> remove_batch(const char* sql, TimePoint before, std::uint64_t rows_max);
    [[nodiscard]] Result<std::uint64_t> remove_flagged(TimePoint before, std::uint64_t rows_max);
    [[nodiscard]] Result<std::vector<std::int64_t>> find_flagged(TimePoint before, std::uint64_t rows_max);

    std::unique_ptr<Connection> connection_;
    OutboxReader reader_;
    std::vector<std::int64_t> died_;  ///< By the settlement under way.
};

Result<LeaseRow> Store::lease_row() {
    Query query = connection_->query(lease_sql);
    const auto row = query.step();
    if (!row.has_value()) return row.error();
    if (!*row) return LeaseRow{};
    return LeaseRow{query.text(0), query.integer(1), query.time(2)};
}

Result<void> Store::grant(std::string_view owner, std::int64_t epoch, TimePoint until) {
    Query query = connection_->query(grant_sql);
    query.bind(owner).bind(epoch).bind(until);
    return query.run();
}

bool Store::belongs_to_another(const LeaseRow& row, std::string_view owner, TimePoint now) const {
    return !row.owner.empty() && row.owner != owner && left_of(row.expires_at, now).has_value();
}

Result<std::optional<RelayLease>> Store::acquire(std::string_view owner, milliseconds ttl, Deadline deadline) {
    if (auto started = connection_->start_write("outbox.acquire", deadline); !started.has_value()) return started.error();
    if (owner.empty() || ttl <= milliseconds(0) || ttl > lease_max) {
        return connection_->error(Errc::invalid_argument, "owner: not empty; ttl: at most 10 min");
    }
    // A stand-by looks without taking the write lock, so that it costs the writers nothing.
    const auto seen = lease_row();
    if (!seen.has_value()) return seen.error();
    if (belongs_to_another(*seen, owner, connection_->now())) return std::optional<RelayLease>();

    auto transaction = Transaction::begin(*connection_);
    if (!transaction.has_value()) return transaction.error();
    const auto row = lease_row();
    if (!row.has_value()) return row.error();
    const TimePoint now = connection_->now();
    if (belongs_to_another(*row, owner, now)) return std::optional<RelayLease>();
    const bool renewal = row->owner == owner && now < row->expires_at;
    const std::int64_t epoch = renewal ? row->epoch : row->epoch + 1;
    if (auto granted = grant(owner, epoch, now + ttl); !granted.has_value()) return granted.error();
    if (auto committed = transaction->commit(); !committed.has_value()) return committed.error();
    return std::optional(RelayLease{std::string(owner), static_cast<std::uint64_t>(epoch)});
}

Result<void> Store::release(const RelayLease& lease, Deadline deadline) {
    if (auto started = connection_->start_write("outbox.release", deadline); !started.has_value()) return started;
    Query query = connection_->query(release_sql);
    query.bind(lease.owner).bind(static_cast<std::int64_t>(lease.epoch));
    return query.run();
}

Result<OutboxPage> Store::fetch(const RelayLease& lease, std::uint32_t rows_max, Deadline deadline) {
    if (auto started = connection_->start("outbox.fetch", deadline); !started.has_value()) return started.error();
    if (rows_max < 1 || rows_max > outbox_page_rows_max) return connection_->error(Errc::invalid_argument, "rows_max: 1..4000");
    auto transaction = Transaction::begin(*connection_, TransactionKind::read);
    if (!transaction.has_value()) return transaction.error();
    const auto row = lease_row();
    if (!row.has_value()) return row.error();
    if (!is_held_by(*row, lease)) return connection_->error(Errc::conflict, "the lease is lost");
    return reader_.read(lease.epoch, rows_max);
}

Result<void> Store::settle_row(const RowSettlement& row, TimePoint now) {
    if (row.what == RowSettlement::What::published) {
        Query query = connection_->query(published_sql);
        return query.bind(row.id).bind(now).run();
    }
    const std::string_view reason = utf8::prefix(row.reason, last_error_bytes_max);
    if (row.what == RowSettlement::What::retry) {
        Query query = connection_->query(retry_sql);
        return query.bind(row.id).bind(reason).bind(now + row.retry_after).run();
    }
    Query query = connection_->query(dead_sql);
    query.bind(row.id).bind(reason).bind(now);
    for (;;) {
        const auto died = query.step();
        if (!died.has_value()) return died.error();
        if (!*died) return {};
        died_.push_back(query.integer(0));
    }
}

Result<void> Store::settle_rows(std::span<const RowSettlement> rows, TimePoint now) {
    died_.clear();
    for (const RowSettlement& row : rows) {
        if (auto done = settle_row(row, now); !done.has_value()) return done;
    }
    return {};
}

Result<void> Store::settle(const RelayLease& lease, milliseconds ttl, std::span<const RowSettlement> rows, Deadline deadline) {
    if (auto started = connection_->start_write("outbox.settle", deadline); !started.has_value()) return started;
    if (ttl <= milliseconds(0) || ttl > lease_max) {
        return connection_->error(Errc::invalid_argument, "ttl: more than 0, at most 10 min");
    }
    auto transaction = Transaction::begin(*connection_);
    if (!transaction.has_value()) return transaction.error();
    const auto row = lease_row();
    if (!row.has_value()) return row.error();
    // A lease that has lapsed but that nobody took since is still the last one given: nothing happened in between.
    if (!is_held_by(*row, lease)) return connection_->error(Errc::conflict, "the lease is lost");
    const TimePoint now = connection_->now();
    if (auto done = settle_rows(rows, now); !done.has_value()) return done;
    if (auto renewed = grant(lease.owner, row->epoch, now + ttl); !renewed.has_value()) return renewed;
    if (auto committed = transaction->commit(); !committed.has_value()) {
        if (committed.error().code == Errc::outcome_unknown) reader_.forget();
        return committed;
    }
    for (const std::int64_t sequence : died_) reader_.row_died(sequence);
    reader_.settled(rows, now);
    return {};
}

Result<OutboxStatistics> Store::statistics(Deadline deadline) {
    if (auto started = connection_->start("outbox.statistics", deadline); !started.has_value()) return started.error();
    Query query = connection_->query(counts_sql);  // one statement: one snapshot
    const auto row = query.step();
    if (!row.has_value()) return row.error();
    OutboxStatistics statistics;
    const auto unpublished = static_cast<std::uint64_t>(query.integer(1));
    statistics.total = static_cast<std::uint64_t>(query.integer(0));
    statistics.dead = static_cast<std::uint64_t>(query.integer(2));
    statistics.published = statistics.total - unpublished;
    statistics.pending = unpublished - statistics.dead;
    const TimePoint now = connection_->now();
    if (const auto oldest = query.optional_time(3)) statistics.oldest_pending_age = std::max(now - *oldest, milliseconds(0));
    if (const auto expires_at = query.optional_time(4)) statistics.lease_left = left_of(*expires_at, now);
    return statistics;
}

Result<std::vector<DeadRow>> Store::dead(std::uint32_t rows_max, Deadline deadline) {
    if (auto started = connection_->start("outbox.dead", deadline); !started.has_value()) return started.error();
    if (rows_max < 1 || rows_max > 1000) return connection_->error(Errc::invalid_argument, "rows_max: 1..1000");
    Query query = connection_->query(list_dead_sql);
    query.bind(std::int64_t{rows_max});
    std::vector<DeadRow> rows;
    for (;;) {
        const auto row = query.step();
        if (!row.has_value()) return row.error();
        if (!*row) return rows;
        const auto attempts = static_cast<std::uint32_t>(std::clamp<std::int64_t>(query.integer(3), 0, UINT32_MAX));
        rows.push_back({query.text(0), query.text(1), query.text(2), attempts, query.text(4), query.time(5)});
    }
}

Result<std::uint64_t> Store::requeue(std::span<const std::string> ids, Deadline deadline) {
    if (auto started = connection_->start_write("outbox.requeue", deadline); !started.has_value()) return started.error();
    auto transaction = Transaction::begin(*connection_);
    if (!transaction.has_value()) return transaction.error();
    std::uint64_t count = 0;
    for (const std::string& id : ids) {
        Query query = connection_->query(requeue_sql);
        if (auto done = query.bind(id).run(); !done.has_value()) return done.error();
        count += static_cast<std::uint64_t>(connection_->changes());
    }
    reader_.forget();
    if (auto committed = transaction->commit(); !committed.has_value()) return committed.error();
    return count;
}

Result<std::uint64_t> Store::remove_batch(const char* sql, TimePoint before, std::uint64_t rows_max) {
    auto transaction = Transaction::begin(*connection_);
    if (!transaction.has_value()) return transaction.error();
    Query query = connection_->query(sql);
    query.bind(before).bind(static_cast<std::int64_t>(rows_max));
    if (auto done = query.run(); !done.has_value()) return done.error();
    const auto count = static_cast<std::uint64_t>(connection_->changes());
    if (auto committed = transaction->commit(); !committed.has_value()) return committed.error();
    return count;
}

Result<std::vector<std::int64_t>> Store::find_flagged(TimePoint before, std::uint64_t rows_max) {
    Query query = connection_->query(find_flagged_sql);
    query.bind(before).bind(static_cast<std::int64_t>(rows_max));
    std::vector<std::int64_t> sequences;
    for (;;) {
        const auto row = query.step();
        if (!row.has_value()) return row.error();
        if (!*row) return sequences;
        sequences.push_back(query.integer(0));
    }
}

Result<std::uint64_t> Store::remove_flagged(TimePoint before, std::uint64_t rows_max) {
    const auto sequences = find_flagged(before, rows_max);
    if (!sequences.has_value()) return sequences.error();
    if (sequences->empty()) return std::uint64_t{0};
    auto transaction = Transaction::begin(*connection_);
    if (!transaction.has_value()) return transaction.error();
    std::uint64_t count = 0;
    for (const std::int64_t sequence : *sequences) {
        Query query = connection_->query(remove_flagged_sql);
        if (auto done = query.bind(sequence).run(); !done.has_value()) return done.error();
        count += static_cast<std::uint64_t>(connection_->changes());
    }
    if (auto committed = transaction->commit(); !committed.has_value()) return committed.error();
    return count;
}

Result<std::uint64_t> Store::remove_published(TimePoint before, std::uint32_t rows_max, Deadline deadline) {
    if (auto started = connection_->start_write("outbox.remove_published", deadline); !started.has_value()) {
        return started.error();
    }
    if (rows_max < 1 || rows_max > 10'000) return connection_->error(Errc::invalid_argument, "rows_max: 1..10000");
    const auto removed = remove_batch(remove_published_sql, before, rows_max);
    if (!removed.has_value() || *removed == rows_max) return removed;
    const auto flagged = remove_flagged(before, rows_max - *removed);
    if (!flagged.has_value()) return flagged.error();
    return *removed + *flagged;
}

Result<std::uint64_t> Store::remove_dead(TimePoint before, std::uint32_t rows_max, Deadline deadline) {
    if (auto started = connection_->start_write("outbox.remove_dead", deadline); !started.has_value()) return started.error();
    if (rows_max < 1 || rows_max > 10'000) return connection_->error(Errc::invalid_argument, "rows_max: 1..10000");
    reader_.forget();
    return remove_batch(remove_dead_sql, before, rows_max);
}

}  // namespace

Result<std::unique_ptr<OutboxStore>> open_outbox_store(const Options& options, Deadline deadline) {
    auto connection = Connection::open(options, deadline);
    if (!connection.has_value()) return connection.error();
    return std::unique_ptr<OutboxStore>(std::make_unique<Store>(std::move(*connection)));
}

}  // namespace ticketbottle::sqlite
