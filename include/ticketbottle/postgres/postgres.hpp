#pragma once
/// \file
/// Payments, inbox and outbox on PostgreSQL 13 or later: the deployed tables as Prisma made them, before and after the additive
/// migration. What each mode does and needs: docs/postgres.md.

#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/core/secret.hpp>
#include <ticketbottle/ports/outbox_store.hpp>
#include <ticketbottle/ports/payment_store.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace ticketbottle::postgres {

/// How statements are sent.
enum class Statements : std::uint8_t {
    prepared,  ///< Named prepared statements, made on each connection at their first use. The fastest.
    unnamed,   ///< Parsed each time: through a pooler that gives each transaction another server connection (PgBouncer in
               ///< transaction mode, RDS Proxy without pinning). `?pgbouncer=true` in the URL means this.
};

/// How OutboxStore::statistics counts published rows.
enum class Counting : std::uint8_t {
    exact,     ///< Every row is looked at.
    estimate,  ///< All rows by the planner's estimate; waiting and dead ones are counted.
};

struct Options {
    /// "postgresql://user:password@host:port/database?..." as Prisma or libpq write it, or libpq's "key=value" form. Of Prisma's
    /// parameters these are understood: schema, connection_limit, pgbouncer, connect_timeout, pool_timeout, socket_timeout,
    /// sslmode, sslcert, sslidentity (refused: PKCS#12), sslaccept, statement_cache_size (0: unnamed). Unknown ones are refused.
    Secret url;
    std::string schema;                  ///< Empty: the URL's `schema`, or "public".
    std::uint32_t connections_max = 0;   ///< 1..1000; 0: the URL's `connection_limit`, or 8.
    std::chrono::milliseconds connect_timeout{5000};  ///< 10 ms .. 10 min, for one connection; the URL's connect_timeout goes before it.
    /// Without one named here or in the URL: prepared.
    Statements statements = Statements::prepared;
    Counting counting = Counting::exact;
    /// 1..1000. OUTBOX_MAX_RETRIES: a row with that many failed attempts is dead, whoever counted them, so that the deployed
    /// relay, which skips rows by this number, and ours agree.
    std::uint32_t attempts_max = 5;
    /// 1..64. Settlements that arrive while others wait for the disk share one transaction, up to so many. One that fails, or whose
    /// payment another transaction holds, is done again by itself: none waits for another's row.
    std::uint32_t settlements_per_commit = 16;
    std::string application_name = "ticketbottle";  ///< Shown in pg_stat_activity.
};
/// Errors: invalid_argument, naming the option or the URL's parameter; never a value of the URL.
[[nodiscard]] Result<void> check(const Options& options);

/// Connections to one database, made when first needed, shared by the stores on it. Threads: any. A connection that breaks is
/// replaced at the next call; after a failure to connect, further tries wait (100 ms, doubling to 5 s, with jitter) and calls
/// meanwhile are `unavailable` at once. Lifetimes: the stores share ownership; the observer is borrowed.
/// Metrics: ticketbottle_postgres_connections (gauge), ticketbottle_postgres_connects_total{result}.
class Pool {
public:
    /// Connects to nothing yet. Errors: as check().
    [[nodiscard]] static Result<std::shared_ptr<Pool>> make(const Options& options, Observer& observer = Observer::none());
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    struct Impl;
    /// \internal
    explicit Pool(std::unique_ptr<Impl> impl);
    [[nodiscard]] Impl& impl() noexcept { return *impl_; }

private:
    std::unique_ptr<Impl> impl_;
};

/// What the database has, as far as the stores use it.
struct Layout {
    bool payments = false;  ///< The deployed tables.
    bool outbox = false;
    // Both need the migration's columns, `outbox.traceparent` among them: tables of an earlier version count as not migrated.
    bool inbox = false;    ///< `payment_inbox`: repeats, second charges and late money are recorded; events are written with their trace.
    bool ordered = false;  ///< `outbox.sequence` and its index: rows by sequence instead of createdAt.
    std::string server;     ///< "15.20"
};
/// Connects and looks. Errors: unavailable (with the reason: refused, unknown host, certificate, password), unsupported (server
/// older than 13), cancelled.
[[nodiscard]] Result<Layout> inspect(Pool& pool, Deadline deadline);

/// Errors beyond the port's: unsupported (the deployed tables are not there, or a right is missing). SQLSTATEs are named in the detail,
/// values never. One connection for the length of one call: any number of stores may share a pool.
[[nodiscard]] std::unique_ptr<PaymentStore> payment_store(std::shared_ptr<Pool> pool);
[[nodiscard]] std::unique_ptr<OutboxStore> outbox_store(std::shared_ptr<Pool> pool);

/// The deployed tables as Prisma creates them, for a development database and for tests. Idempotent. Into `schema`, which it makes.
[[nodiscard]] Result<void> create_deployed_tables(Pool& pool, Deadline deadline);

struct MigrationReport {
    std::vector<std::string> done;  ///< Sentences, in order; empty: everything was there.
    std::uint64_t backfilled = 0;   ///< Waiting rows that got a sequence.
};
/// The additive migration, while everything runs: columns `xid` and `sequence` of the outbox, the inbox, partial indexes (built
/// CONCURRENTLY). Each step is a transaction of its own that waits at most 2 s for a lock and comes again until the deadline;
/// stopped half way it goes on where it stopped. Needs ownership of the tables. Not through a transaction pooler's URL if that
/// forbids DDL. Two at once: the second waits. Errors: unsupported (no deployed tables, no right), cancelled, unavailable.
[[nodiscard]] Result<MigrationReport> migrate(Pool& pool, Deadline deadline);

}  // namespace ticketbottle::postgres
