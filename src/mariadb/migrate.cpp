#include "core/format.hpp"
#include "core/waiting.hpp"
#include "mariadb/outbox_sql.hpp"
#include "mariadb/pool.hpp"

#include <array>

namespace ticketbottle::mariadb {
namespace {

constexpr std::chrono::milliseconds again_after{500};

struct Table {
    std::string_view name;
    std::string_view columns;  ///< That the stores name: a table of that name which has not got them is not ours.
    std::string_view definition;
    std::string_view added = {};  ///< A column that a table of an earlier version lacks.
    std::string_view added_as = {};
};

// {collation}: by bytes, and a space at the end counts. Times are UTC whatever the session's time zone.
// Published rows are deleted: no index but the order and the id, so that writing an event costs little.
constexpr std::array<Table, 3> tables{{
    {"outbox", "sequence, id, aggregateId, aggregateType, eventType, payload, createdAt, retryCount, lastError, dueAt, dead", R"sql((
    sequence BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    id VARCHAR(36) NOT NULL,
    aggregateId VARCHAR(255) NOT NULL,
    aggregateType VARCHAR(255) NOT NULL,
    eventType VARCHAR(255) NOT NULL,
    payload MEDIUMTEXT NOT NULL,
    createdAt DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3)),
    retryCount INT UNSIGNED NOT NULL DEFAULT 0,
    lastError VARCHAR(500) NULL,
    dueAt DATETIME(3) NULL,
    dead TINYINT NOT NULL DEFAULT 0,
    traceparent VARCHAR(55) NULL,
    PRIMARY KEY (sequence),
    UNIQUE KEY outbox_id (id)))sql", "traceparent", "VARCHAR(55) NULL"},
    {"relay_lease", "id, owner, epoch, expiresAt, generation", R"sql((
    id TINYINT NOT NULL,
    owner VARCHAR(255) NOT NULL,
    epoch BIGINT UNSIGNED NOT NULL,
    expiresAt BIGINT NOT NULL COMMENT 'milliseconds since 1970',
    generation BIGINT NOT NULL,
    PRIMARY KEY (id)))sql"},
    {"payment_inbox",
     "sequence, gateway, dedupKey, paymentId, transactionId, chargeId, status, amount, currency, outcome, refusal, raised, receivedAt",
     R"sql((
    sequence BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    gateway VARCHAR(32) NOT NULL,
    dedupKey VARCHAR(512) NOT NULL,
    paymentId VARCHAR(255) NOT NULL,
    transactionId VARCHAR(255) NOT NULL,
    chargeId VARCHAR(255) NOT NULL,
    status VARCHAR(16) NOT NULL CHECK (status IN ('succeeded', 'failed', 'cancelled')),
    amount BIGINT NOT NULL,
    currency VARCHAR(3) NOT NULL,
    outcome VARCHAR(32) NOT NULL,
    refusal VARCHAR(32) NOT NULL,
    raised TINYINT NOT NULL,
    receivedAt DATETIME(3) NOT NULL,
    PRIMARY KEY (sequence),
    UNIQUE KEY payment_inbox_key (gateway, dedupKey),
    KEY payment_inbox_paymentId (paymentId),
    KEY payment_inbox_raised (raised, receivedAt)))sql"},
}};

constexpr std::string_view layout_sql =
    "SELECT SUM(table_name IN ('ticket_orders', 'tickets', 'discount_codes')), SUM(table_name = 'outbox') AND EXISTS (SELECT * FROM "
    "information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'outbox' AND column_name = 'traceparent'), "
    "SUM(table_name = 'relay_lease'), SUM(table_name = 'payment_inbox') FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN "
    "('ticket_orders', 'tickets', 'discount_codes', 'outbox', 'relay_lease', 'payment_inbox')";

class Migration {
public:
    Migration(Pool::Impl& pool, Deadline deadline) : pool_(pool), deadline_(std::move(deadline)) {}

    Result<MigrationReport> run() {
        for (const Table& table : tables) {
            if (auto made = make(table); !made.has_value()) return made.error();
        }
        const std::string make_lease = with_clock(outbox_sql::make_lease, pool_.clock);
        const auto lease = again([&] { return pool_.run(operation, {make_lease, {}}, Effect::writes, deadline_); });
        if (!lease.has_value()) return lease.error();
        return std::move(report_);
    }

private:
    static constexpr std::string_view operation = "mariadb.migrate";

    Result<void> make(const Table& table) {
        const auto there = again([&] {
            return pool_.run(operation,
                             {"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?",
                              {std::string(table.name)}},
                             Effect::reads, deadline_);
        });
        if (!there.has_value()) return there.error();
        if (!there->flag(0, 0)) {
            const std::string create = formatted(
                "CREATE TABLE IF NOT EXISTS {} {} ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
                table.name, table.definition);
            if (auto created = again([&] { return execute(create); }); !created.has_value()) return created.error();
            report_.done.push_back(formatted("made table {}", table.name));
        }
        if (const auto looked = look_at(table.name, table.columns); !looked.has_value()) {
            const Error error = looked.error();
            return fail(error.code, operation, formatted("table {}: {}", table.name, error.detail_text()));
        }
        if (table.added.empty() || look_at(table.name, table.added).has_value()) return {};
        const std::string add = formatted("SET STATEMENT lock_wait_timeout = 2 FOR ALTER TABLE {} ADD COLUMN IF NOT EXISTS {} {}, ALGORITHM=INSTANT",
                                          table.name, table.added, table.added_as);
        if (auto added = again([&] { return execute(add); }); !added.has_value()) return added.error();
        report_.done.push_back(formatted("added column {} to {}", table.added, table.name));
        return {};
    }

    Result<Rows> look_at(std::string_view table, std::string_view columns) {
        const std::string look = formatted("SELECT {} FROM {} LIMIT 0", columns, table);
        return again([&] { return pool_.run(operation, {look, {}}, Effect::reads, deadline_); });
    }

    Result<void> execute(const std::string& text) {
        auto lease = pool_.borrow(operation, deadline_);
        if (!lease.has_value()) return lease.error();
        return (*lease)->execute(operation, text, Effect::writes, deadline_);
    }

    /// Until the locks could be had. What is asked for twice is there once.
    template <class Step>
    std::invoke_result_t<Step> again(Step step) {
        for (;;) {
            auto done = step();
            if (done.has_value() || (done.error().code != Errc::unavailable && done.error().code != Errc::outcome_unknown)) return done;
            if (deadline_.remaining() <= again_after) return done;
            pause(deadline_.stop_token(), again_after);
        }
    }

    Pool::Impl& pool_;
    Deadline deadline_;
    MigrationReport report_;
};

}  // namespace

Result<MigrationReport> migrate(Pool& pool, Deadline deadline) { return Migration(pool.impl(), std::move(deadline)).run(); }

Result<Layout> inspect(Pool& pool, Deadline deadline) {
    constexpr std::string_view operation = "mariadb.inspect";
    auto lease = pool.impl().borrow(operation, deadline);
    if (!lease.has_value()) return lease.error();
    const auto rows = (*lease)->run(operation, {layout_sql, {}}, Effect::reads, deadline);
    if (!rows.has_value()) return rows.error();
    Layout layout;
    layout.orders = rows->integer(0, 0) == 3;
    layout.outbox = rows->flag(0, 1) && rows->flag(0, 2);
    layout.inbox = rows->flag(0, 3);
    layout.server = (*lease)->server();
    return layout;
}

}  // namespace ticketbottle::mariadb
