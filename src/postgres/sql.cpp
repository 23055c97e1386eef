#include "postgres/sql.hpp"

#include "core/format.hpp"

namespace ticketbottle::postgres {

std::string in_schema(std::string_view sql, std::string_view schema) {
    std::string out;
    for (std::size_t at = 0; at < sql.size(); ++at) {
        if (sql.substr(at, 2) == "@.") {
            out += formatted("\"{}\".", schema);
            ++at;
        } else {
            out += sql[at];
        }
    }
    return out;
}

std::string layout_sql(std::string_view schema) {
    // The index is the last step of the migration: where it stands, every waiting row has its sequence.
    constexpr std::string_view sql = R"sql(
SELECT to_regclass('@.payments') IS NOT NULL,
       to_regclass('@.outbox') IS NOT NULL,
       columns.added AND to_regclass('@.payment_inbox') IS NOT NULL,
       columns.added AND EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = to_regclass('@.outbox_pending') AND i.indisvalid),
       current_setting('server_version')
  FROM (SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('@.outbox') AND attname = 'traceparent' AND NOT attisdropped)
               AS added) AS columns)sql";
    return in_schema(sql, schema);
}

namespace {

constexpr std::string_view candidate = R"sql(
SELECT false AS inbox, id, "orderCode", "amountCents"::bigint, currency::text, provider, status::text, metadata::text,
       )sql" TKB_MS(R"("failedAt")") " AS failed, " TKB_MS(R"("cancelledAt")") R"sql( AS cancelled, xmin AS version
  FROM @.payments)sql";

// Rows by order code count only where none is there by transaction.
constexpr std::string_view read = R"sql(
WITH named AS MATERIALIZED ({candidate} WHERE "providerTransactionId" = ANY ({transactions}))
SELECT * FROM named
UNION ALL {candidate} WHERE "orderCode" = ANY ({orders}) AND NOT EXISTS (SELECT FROM named))sql";

constexpr std::string_view read_inbox = R"sql(
UNION ALL
SELECT true, "paymentId", NULL, amount, currency, refusal, status, NULL, NULL, NULL, xmin
  FROM @.payment_inbox WHERE gateway = $3::text AND "dedupKey" = $4::text)sql";

// Whoever settles a payment leaves a new version of its row behind, even where only the inbox has something to keep. So while the version
// is the one that was read, nothing of this payment was committed since, its inbox entries included, and the decision stands.
constexpr std::string_view hold = R"sql(
WITH held AS MATERIALIZED (
    SELECT ctid AS place FROM @.payments WHERE id = $1::text AND xmin = $2::xid FOR NO KEY UPDATE{held}
))sql";

constexpr std::string_view keep_added = R"sql(, kept AS (
    INSERT INTO @.payment_inbox (gateway, "dedupKey", "paymentId", "transactionId", "chargeId", status, amount, currency, outcome, refusal,
                                 raised, "receivedAt")
    SELECT $9::text, $10::text, $1::text, $11::text, $12::text, $13::text, $14::bigint, $15::text, $16::text, $17::text,
           $16::text = 'refused', $4::timestamp(3) FROM held
    ON CONFLICT (gateway, "dedupKey") DO NOTHING RETURNING 1
))sql";
constexpr std::string_view keep_changed = R"sql(, kept AS (
    UPDATE @.payment_inbox SET "paymentId" = $1::text, "transactionId" = $11::text, "chargeId" = $12::text, status = $13::text,
           amount = $14::bigint, currency = $15::text, outcome = $16::text, refusal = $17::text, raised = $16::text = 'refused',
           "receivedAt" = $4::timestamp(3)
      FROM held WHERE gateway = $9::text AND "dedupKey" = $10::text AND payment_inbox.xmin = $19::xid RETURNING 1
))sql";
constexpr std::string_view keep_nothing = R"sql(, kept AS (SELECT FROM held))sql";

constexpr std::string_view write = R"sql(, moved AS (
    UPDATE @.payments p
       SET status = coalesce($3::text::@."PaymentStatus", p.status),
           "updatedAt" = CASE WHEN $3::text IS NOT NULL THEN $4::timestamp(3) ELSE p."updatedAt" END,
           "completedAt" = CASE WHEN $3::text = 'COMPLETED' THEN $4::timestamp(3) ELSE p."completedAt" END,
           "failedAt" = CASE WHEN $3::text = 'FAILED' THEN $4::timestamp(3) ELSE p."failedAt" END,
           "cancelledAt" = CASE WHEN $3::text = 'CANCELLED' THEN $4::timestamp(3) ELSE p."cancelledAt" END
      FROM held WHERE p.ctid = held.place AND p.id = $1::text AND EXISTS (SELECT FROM kept)
    RETURNING 1
), told AS (
    INSERT INTO @.outbox (id, "aggregateId", "aggregateType", "eventType", payload, "createdAt"{column})
    SELECT $5::text, $1::text, 'Payment', $6::text, $7::text::jsonb, $8::timestamp(3){value} FROM moved WHERE $5::text IS NOT NULL
    ON CONFLICT (id) DO NOTHING RETURNING id
)
SELECT (SELECT id FROM told) FROM moved)sql";

}  // namespace

std::string settle_read_sql(std::string_view schema, bool inbox, Names names) {
    static_assert(names_few == 2);
    const auto list = [names](const char* parameter) {
        return formatted(fmt::runtime(names == Names::few ? "ARRAY[({0}::text[])[1], ({0}::text[])[2]]" : "{0}::text[]"), parameter);
    };
    std::string sql = formatted(fmt::runtime(read), fmt::arg("candidate", candidate), fmt::arg("transactions", list("$1")),
                                fmt::arg("orders", list("$2")));
    if (inbox) sql += read_inbox;
    return in_schema(sql, schema);
}

std::string settle_charges_sql(std::string_view schema) {
    return in_schema("SELECT " TKB_INBOX_COLUMNS R"( FROM @.payment_inbox WHERE "paymentId" = $1::text AND status = 'succeeded')", schema);
}

std::string settle_write_sql(std::string_view schema, Keep keep, Held held) {
    std::string sql = formatted(fmt::runtime(hold), fmt::arg("held", held == Held::leave ? " SKIP LOCKED" : ""));
    sql += keep == Keep::added ? keep_added : keep == Keep::changed ? keep_changed : keep_nothing;
    const bool migrated = keep != Keep::nothing;
    sql += formatted(fmt::runtime(write), fmt::arg("column", migrated ? ", traceparent" : ""), fmt::arg("value", migrated ? ", $18::text" : ""));
    return in_schema(sql, schema);
}

}  // namespace ticketbottle::postgres
