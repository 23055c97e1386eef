#include "sqlite/schema.hpp"

#include <ticketbottle/sqlite/sqlite.hpp>

namespace ticketbottle::sqlite {

// Names and columns are the deployed tables'; times are whole milliseconds since 1970 instead of TIMESTAMP(3). The CHECKs
// say typeof because a SQLite column takes any type. Indexes are partial where most rows are done and never looked for
// again: the pending ones then stay small whatever the history holds.
const char* schema() noexcept {
    return R"sql(
CREATE TABLE IF NOT EXISTS "payments" (
    "id" TEXT NOT NULL PRIMARY KEY CHECK (typeof("id") = 'text' AND length("id") > 0),
    "orderCode" TEXT NOT NULL UNIQUE CHECK (typeof("orderCode") = 'text' AND length("orderCode") > 0),
    "amountCents" INTEGER NOT NULL CHECK (typeof("amountCents") = 'integer' AND "amountCents" > 0),
    "currency" TEXT NOT NULL CHECK (length("currency") = 3),
    "provider" TEXT NOT NULL,
    "providerTransactionId" TEXT NOT NULL UNIQUE,
    "idempotencyKey" TEXT NOT NULL UNIQUE,
    "redirectUrl" TEXT NOT NULL,
    "paymentUrl" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'PENDING' CHECK ("status" IN ('PENDING', 'COMPLETED', 'FAILED', 'CANCELLED')),
    "metadata" TEXT,
    "createdAt" INTEGER NOT NULL CHECK (typeof("createdAt") = 'integer'),
    "updatedAt" INTEGER NOT NULL CHECK (typeof("updatedAt") = 'integer'),
    "completedAt" INTEGER CHECK (typeof("completedAt") IN ('integer', 'null')),
    "failedAt" INTEGER CHECK (typeof("failedAt") IN ('integer', 'null')),
    "cancelledAt" INTEGER CHECK (typeof("cancelledAt") IN ('integer', 'null')),
    CHECK ("status" <> 'COMPLETED' OR "completedAt" IS NOT NULL),
    CHECK ("status" <> 'FAILED' OR "failedAt" IS NOT NULL),
    CHECK ("status" <> 'CANCELLED' OR "cancelledAt" IS NOT NULL)
);
CREATE INDEX IF NOT EXISTS "payments_status_createdAt" ON "payments" ("status", "createdAt");

CREATE TABLE IF NOT EXISTS "payment_inbox" (
    "sequence" INTEGER PRIMARY KEY,
    "gateway" TEXT NOT NULL,
    "dedupKey" TEXT NOT NULL CHECK (length("dedupKey") > 0),
    "paymentId" TEXT NOT NULL REFERENCES "payments" ("id"),
    "transactionId" TEXT NOT NULL,
    "chargeId" TEXT NOT NULL,
    "status" TEXT NOT NULL CHECK ("status" IN ('succeeded', 'failed', 'cancelled')),
    "amount" INTEGER NOT NULL CHECK (typeof("amount") = 'integer'),
    "currency" TEXT NOT NULL CHECK (length("currency") = 3),
    "outcome" TEXT NOT NULL,
    "refusal" TEXT NOT NULL,
    "raised" INTEGER NOT NULL CHECK ("raised" IN (0, 1)),
    "receivedAt" INTEGER NOT NULL CHECK (typeof("receivedAt") = 'integer'),
    UNIQUE ("gateway", "dedupKey")
);
CREATE INDEX IF NOT EXISTS "payment_inbox_paymentId" ON "payment_inbox" ("paymentId");
CREATE INDEX IF NOT EXISTS "payment_inbox_raised" ON "payment_inbox" ("receivedAt") WHERE "raised" = 1;
CREATE INDEX IF NOT EXISTS "payment_inbox_removable" ON "payment_inbox" ("receivedAt") WHERE "raised" = 0;

CREATE TABLE IF NOT EXISTS "outbox" (
    "sequence" INTEGER PRIMARY KEY AUTOINCREMENT,
    "id" TEXT NOT NULL UNIQUE CHECK (typeof("id") = 'text' AND length("id") > 0),
    "aggregateId" TEXT NOT NULL,
    "aggregateType" TEXT NOT NULL,
    "eventType" TEXT NOT NULL,
    "payload" TEXT NOT NULL CHECK (typeof("payload") = 'text'),
    "published" INTEGER NOT NULL DEFAULT 0 CHECK ("published" IN (0, 1)),
    "publishedAt" INTEGER CHECK (typeof("publishedAt") IN ('integer', 'null')),
    "createdAt" INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000.0 + 0.5 AS INTEGER))
        CHECK (typeof("createdAt") = 'integer'),
    "retryCount" INTEGER NOT NULL DEFAULT 0 CHECK (typeof("retryCount") = 'integer' AND "retryCount" >= 0),
    "lastError" TEXT,
    "nextAttemptAt" INTEGER CHECK (typeof("nextAttemptAt") IN ('integer', 'null')),
    "deadAt" INTEGER CHECK (typeof("deadAt") IN ('integer', 'null')),
    "traceparent" TEXT
);
CREATE INDEX IF NOT EXISTS "outbox_pending" ON "outbox" ("sequence") WHERE "published" = 0 AND "publishedAt" IS NULL;
CREATE INDEX IF NOT EXISTS "outbox_pending_key" ON "outbox" ("aggregateId", "sequence")
    WHERE "published" = 0 AND "publishedAt" IS NULL;
CREATE INDEX IF NOT EXISTS "outbox_dead" ON "outbox" ("createdAt") WHERE "deadAt" IS NOT NULL;
CREATE INDEX IF NOT EXISTS "outbox_publishedAt" ON "outbox" ("publishedAt") WHERE "publishedAt" IS NOT NULL;

CREATE TABLE IF NOT EXISTS "relay_lease" (
    "id" INTEGER PRIMARY KEY CHECK ("id" = 1),
    "owner" TEXT NOT NULL,
    "epoch" INTEGER NOT NULL CHECK (typeof("epoch") = 'integer'),
    "expiresAt" INTEGER NOT NULL CHECK (typeof("expiresAt") = 'integer')
);
INSERT OR IGNORE INTO "relay_lease" ("id", "owner", "epoch", "expiresAt") VALUES (1, '', 0, 0);
)sql";
}

}  // namespace ticketbottle::sqlite
