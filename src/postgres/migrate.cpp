#include "core/format.hpp"
#include "postgres/pool.hpp"
#include "postgres/sql.hpp"

#include <thread>

namespace ticketbottle::postgres {
namespace {

constexpr std::string_view operation = "postgres.migrate";
constexpr std::chrono::milliseconds again_after{500};

// xid before sequence: defaults are computed in the columns' order, so whoever has drawn a number has an xid already.
// Adding columns without a value, and then a default for the rows to come, rewrites nothing.
constexpr std::string_view add_columns = R"sql(DO $do$ BEGIN
SET LOCAL lock_timeout = '2s';
IF EXISTS (SELECT FROM pg_attribute a JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = '@.outbox'::regclass AND a.attname = 'sequence')
   AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = '@.outbox'::regclass AND attname = 'traceparent') THEN RETURN; END IF;
CREATE SEQUENCE IF NOT EXISTS @.outbox_sequence AS bigint CACHE 1;
ALTER TABLE @.outbox ADD COLUMN IF NOT EXISTS xid xid8;
ALTER TABLE @.outbox ADD COLUMN IF NOT EXISTS sequence bigint;
ALTER TABLE @.outbox ADD COLUMN IF NOT EXISTS traceparent text;
ALTER TABLE @.outbox ALTER COLUMN xid SET DEFAULT pg_current_xact_id(), ALTER COLUMN sequence SET DEFAULT nextval('@.outbox_sequence');
ALTER SEQUENCE @.outbox_sequence OWNED BY @.outbox.sequence;
END $do$)sql";

constexpr std::string_view make_inbox = R"sql(DO $do$ BEGIN
SET LOCAL lock_timeout = '2s';
CREATE TABLE IF NOT EXISTS @.payment_inbox (
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    gateway text NOT NULL,
    "dedupKey" text NOT NULL,
    "paymentId" text NOT NULL,
    "transactionId" text NOT NULL,
    "chargeId" text NOT NULL,
    status text NOT NULL CHECK (status IN ('succeeded', 'failed', 'cancelled')),
    amount bigint NOT NULL,
    currency text NOT NULL,
    outcome text NOT NULL,
    refusal text NOT NULL,
    raised boolean NOT NULL,
    "receivedAt" timestamp(3) NOT NULL,
    PRIMARY KEY (gateway, "dedupKey"));
CREATE INDEX IF NOT EXISTS "payment_inbox_paymentId" ON @.payment_inbox ("paymentId");
CREATE INDEX IF NOT EXISTS payment_inbox_raised ON @.payment_inbox ("receivedAt") WHERE raised;
CREATE INDEX IF NOT EXISTS "payment_inbox_receivedAt" ON @.payment_inbox USING brin ("receivedAt");
END $do$)sql";

// What waited before the columns came: by createdAt, before every number that is drawn.
constexpr std::string_view backfill = R"sql(
UPDATE @.outbox SET sequence = )sql" TKB_MS(TKB_FINITE(R"("createdAt")")) R"sql( - 4000000000000000000
 WHERE id IN (SELECT id FROM @.outbox WHERE sequence IS NULL AND NOT published AND "publishedAt" IS NULL LIMIT 2000 FOR UPDATE))sql";

struct Index {
    std::string_view name;
    std::string_view definition;
};
// The last one tells that all is done: see layout_sql.
constexpr Index indexes[] = {
    {"outbox_publishedAt", R"(@.outbox ("publishedAt") WHERE "publishedAt" IS NOT NULL)"},
    {"payments_pending", R"(@.payments ("createdAt") WHERE status = 'PENDING')"},
    {"outbox_pending", R"(@.outbox (sequence) WHERE NOT published AND "publishedAt" IS NULL)"},
};

class Migration {
public:
    Migration(Pool::Impl& pool, Deadline deadline) : pool_(pool), deadline_(deadline) {}

    Result<MigrationReport> run() {
        const Result<Layout> before = pool_.layout(std::chrono::seconds(0), deadline_);
        if (!before.has_value()) return before.error();
        if (!before->payments || !before->outbox)
            return fail(Errc::unsupported, operation, "the tables payments and outbox are not in schema " + pool_.target.schema);
        if (!before->ordered) {
            if (auto added = step(add_columns); !added.has_value()) return added.error();
            report_.done.emplace_back("added columns xid, sequence and traceparent to outbox");
            if (auto filled = fill(); !filled.has_value()) return filled.error();
        }
        // After the columns: who keeps an inbox writes its events with their trace.
        if (!before->inbox) {
            if (auto made = step(make_inbox); !made.has_value()) return made.error();
            report_.done.emplace_back("made table payment_inbox");
        }
        for (const Index& index : indexes) {
            if (auto made = make(index); !made.has_value()) return made.error();
        }
        pool_.forget_layout();
        return std::move(report_);
    }

private:
    Result<Rows> execute(std::string_view sql) {
        const Statement statement{"", in_schema(sql, pool_.target.schema)};
        return pool_.run(operation, Query{&statement, {}, true}, Effect::writes, deadline_);
    }

    /// Until the locks could be had. What is asked for twice is there once.
    Result<Rows> step(std::string_view sql) {
        for (;;) {
            Result<Rows> done = execute(sql);
            if (done.has_value() || (done.error().code != Errc::unavailable && done.error().code != Errc::outcome_unknown)) return done;
            if (deadline_.remaining() <= again_after) return done;
            std::this_thread::sleep_for(again_after);
        }
    }

    Result<void> fill() {
        for (;;) {
            const Result<Rows> filled = step(backfill);
            if (!filled.has_value()) return filled.error();
            report_.backfilled += filled->changed();
            if (filled->changed() == 0) return {};
        }
    }

    /// CONCURRENTLY leaves an invalid index behind when it is stopped: that one is dropped first.
    Result<void> make(const Index& index) {
        const std::string look = formatted(
            "SELECT i.indisvalid FROM pg_index i WHERE i.indexrelid = to_regclass('@.\"{}\"')", index.name);
        for (;;) {
            const Result<Rows> found = execute(look);
            if (!found.has_value()) return found.error();
            if (found->size() > 0 && found->flag(0, 0)) return {};
            if (found->size() > 0) {
                if (auto dropped = step(formatted("DROP INDEX CONCURRENTLY IF EXISTS @.\"{}\"", index.name)); !dropped.has_value())
                    return dropped.error();
            }
            const Result<Rows> made = execute(formatted("CREATE INDEX CONCURRENTLY IF NOT EXISTS \"{}\" ON {}", index.name, index.definition));
            if (made.has_value()) {
                report_.done.push_back(formatted("made index {}", index.name));
                continue;
            }
            // Two migrations at once deadlock over an index, and one of them is told so.
            if (made.error().code != Errc::unavailable && made.error().code != Errc::conflict) return made.error();
            if (deadline_.remaining() <= again_after) return made.error();
            std::this_thread::sleep_for(again_after);
        }
    }

    Pool::Impl& pool_;
    Deadline deadline_;
    MigrationReport report_;
};

constexpr std::string_view deployed_tables = R"sql(DO $do$ BEGIN
CREATE SCHEMA IF NOT EXISTS #;
IF to_regclass('@.payments') IS NOT NULL THEN RETURN; END IF;
CREATE TYPE @."PaymentStatus" AS ENUM ('PENDING', 'COMPLETED', 'FAILED', 'CANCELLED');
CREATE TYPE @."Currency" AS ENUM ('VND');
CREATE TABLE @.payments (
    id TEXT NOT NULL CONSTRAINT payments_pkey PRIMARY KEY, "orderCode" TEXT NOT NULL, "amountCents" INTEGER NOT NULL,
    currency @."Currency" NOT NULL, provider TEXT NOT NULL, "providerTransactionId" TEXT NOT NULL, "idempotencyKey" TEXT NOT NULL,
    "redirectUrl" TEXT NOT NULL, "paymentUrl" TEXT NOT NULL, status @."PaymentStatus" NOT NULL DEFAULT 'PENDING', metadata JSONB,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, "updatedAt" TIMESTAMP(3) NOT NULL, "completedAt" TIMESTAMP(3),
    "failedAt" TIMESTAMP(3), "cancelledAt" TIMESTAMP(3));
CREATE UNIQUE INDEX "payments_orderCode_key" ON @.payments ("orderCode");
CREATE UNIQUE INDEX "payments_providerTransactionId_key" ON @.payments ("providerTransactionId");
CREATE UNIQUE INDEX "payments_idempotencyKey_key" ON @.payments ("idempotencyKey");
CREATE INDEX "payments_orderCode_idx" ON @.payments ("orderCode");
CREATE TABLE @.outbox (
    id TEXT NOT NULL CONSTRAINT outbox_pkey PRIMARY KEY, "aggregateId" TEXT NOT NULL, "aggregateType" TEXT NOT NULL,
    "eventType" TEXT NOT NULL, payload JSONB NOT NULL, published BOOLEAN NOT NULL DEFAULT false, "publishedAt" TIMESTAMP(3),
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, "retryCount" INTEGER NOT NULL DEFAULT 0, "lastError" TEXT);
CREATE INDEX "outbox_published_createdAt_idx" ON @.outbox (published, "createdAt");
END $do$)sql";

}  // namespace

Result<MigrationReport> migrate(Pool& pool, Deadline deadline) { return Migration(pool.impl(), deadline).run(); }

Result<void> create_deployed_tables(Pool& pool, Deadline deadline) {
    Pool::Impl& impl = pool.impl();
    std::string sql(deployed_tables);
    sql.replace(sql.find('#'), 1, formatted("\"{}\"", impl.target.schema));
    const Statement statement{"", in_schema(sql, impl.target.schema)};
    const auto made = impl.run("postgres.create_deployed_tables", Query{&statement, {}, true}, Effect::writes, deadline);
    if (!made.has_value()) return made.error();
    impl.forget_layout();
    return {};
}

}  // namespace ticketbottle::postgres
