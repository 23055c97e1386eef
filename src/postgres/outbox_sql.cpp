#include "postgres/outbox_sql.hpp"

#include "core/format.hpp"
#include "postgres/sql.hpp"

namespace ticketbottle::postgres {
namespace {

// Dead: what our relay gave up, and what the deployed one did, which counts to the same number.
#define TKB_DEAD R"((o."retryCount" >= $1::int OR coalesce(o."lastError" LIKE '[dead #%', false)))"
#define TKB_TELL R"(UPDATE @.outbox SET payload = payload || jsonb_build_object('generation', (payload->>'generation')::bigint + 1) WHERE id = )" \
    TKB_LEASE_ID

#define TKB_UNTIL "(payload->>'until')::bigint"
// A lease that ends later than any may was given before the clock was set back.
#define TKB_LIVES TKB_UNTIL " > " TKB_NOW_MS " AND " TKB_UNTIL " <= " TKB_NOW_MS " + 600000"
// No row: nobody holds it.
#define TKB_LEASE_LEFT "(SELECT " TKB_UNTIL " - " TKB_NOW_MS " FROM @.outbox WHERE id = " TKB_LEASE_ID " AND payload->>'owner' <> '' AND " TKB_LIVES ")"

struct OrderText {
    std::string_view place;  ///< As an expression on o.
    std::string_view type;
    std::string_view text;   ///< The place as text, exactly.
    std::string_view first;
    std::string_view trace;
};

constexpr OrderText by_created{R"(o."createdAt")", "timestamp(3)", 
                               R"(CASE WHEN isfinite(o."createdAt") THEN to_char(o."createdAt", 'YYYY-MM-DD HH24:MI:SS.MS') ELSE o."createdAt"::text END)",
                                "-infinity", "NULL::text"};
constexpr OrderText by_sequence{"o.sequence", "bigint", "o.sequence::text", "-9223372036854775808",
                                "o.traceparent"};

constexpr const OrderText& text_of(Order order) { return order == Order::sequence ? by_sequence : by_created; }

}  // namespace

std::string_view first_place(Order order) noexcept { return text_of(order).first; }

std::string taken_sql(std::string_view schema) {
    return in_schema("SELECT 1 FROM @.outbox WHERE id = " TKB_LEASE_ID " AND payload->>'owner' <> $1::text AND " TKB_LIVES,
                     schema);
}

std::string acquire_sql(std::string_view schema) {
    // A lease that ends later than any may was given before the clock was set back.
    return in_schema(R"sql(
INSERT INTO @.outbox AS o (id, "aggregateId", "aggregateType", "eventType", payload, published, "publishedAt", "createdAt")
VALUES ()sql" TKB_LEASE_ID R"sql(, 'ticketbottle', 'RelayLease', 'RELAY_LEASE',
        jsonb_build_object('owner', $1::text, 'epoch', )sql" TKB_NOW_MS R"sql(, 'until', )sql" TKB_NOW_MS R"sql( + $2::bigint, 'generation', 0),
        true, '9999-12-31', '9999-12-31')
ON CONFLICT (id) DO UPDATE SET payload = o.payload || jsonb_build_object('owner', $1::text, 'until', )sql" TKB_NOW_MS R"sql( + $2::bigint,
    'epoch', (o.payload->>'epoch')::bigint
             + CASE WHEN o.payload->>'owner' = $1::text AND (o.payload->>'until')::bigint > )sql" TKB_NOW_MS R"sql( THEN 0 ELSE 1 END)
  WHERE o.payload->>'owner' = $1::text OR (o.payload->>'until')::bigint <= )sql" TKB_NOW_MS R"sql(
     OR (o.payload->>'until')::bigint > )sql" TKB_NOW_MS R"sql( + 600000
RETURNING (payload->>'epoch')::bigint)sql",
                     schema);
}

std::string release_sql(std::string_view schema) {
    return in_schema("UPDATE @.outbox SET payload = payload || '{\"owner\": \"\", \"until\": 0}' WHERE id = " TKB_LEASE_ID
                     " AND payload->>'owner' = $1::text AND (payload->>'epoch')::bigint = $2::bigint",
                     schema);
}

std::string lease_sql(std::string_view schema) {
    return in_schema("SELECT (payload->>'generation')::bigint, " TKB_NOW_MS " FROM @.outbox WHERE id = " TKB_LEASE_ID
                     " AND payload->>'owner' = $1::text AND (payload->>'epoch')::bigint = $2::bigint",
                     schema);
}

std::string page_sql(std::string_view schema, Order order, bool held) {
    constexpr std::string_view not_held = R"sql(
       AND NOT EXISTS (SELECT FROM unnest($4::text[], $5::{type}[], $6::text[], $7::bigint[]) AS h (key, place, id, due)
                        WHERE h.key = o."aggregateId" AND h.due > {now} AND ({place}, o.id COLLATE "C") >= (h.place, h.id COLLATE "C")))sql";
    // Cut where the payloads come to 8 MiB, after at least one row.
    constexpr std::string_view page = R"sql(
SELECT id, "aggregateId", "aggregateType", "eventType", payload, created, "retryCount", "lastError", place, traceparent
  FROM (SELECT p.*, sum(octet_length(payload)) OVER (ROWS UNBOUNDED PRECEDING) - octet_length(payload) AS bytes_before FROM (
    SELECT o.id, o."aggregateId", o."aggregateType", o."eventType", o.payload::text AS payload,
           {created} AS created, o."retryCount", o."lastError", {text} AS place,
           {trace} AS traceparent
      FROM @.outbox o
     WHERE {waiting} AND {place} >= $1::{type} AND ({place}, o.id COLLATE "C") > ($1::{type}, $2::text COLLATE "C"){not_held}
     ORDER BY {place}, o.id COLLATE "C" LIMIT $3::int) p) q
 WHERE bytes_before < 8388608)sql";
    const OrderText& by = text_of(order);
    const std::string filter =
        held ? formatted(fmt::runtime(not_held), fmt::arg("type", by.type), fmt::arg("now", TKB_NOW_MS), fmt::arg("place", by.place)) : "";
    return in_schema(formatted(fmt::runtime(page), fmt::arg("text", by.text), fmt::arg("waiting", TKB_WAITING), fmt::arg("place", by.place),
                                 fmt::arg("type", by.type), fmt::arg("trace", by.trace), fmt::arg("created", TKB_MS(TKB_FINITE(R"(o."createdAt")"))), fmt::arg("not_held", filter)),
                     schema);
}

std::string writers_sql(std::string_view schema) {
    return in_schema(R"sql(
SELECT virtualtransaction, pid IS NULL FROM pg_locks
 WHERE locktype = 'relation' AND relation = '@.outbox'::regclass AND mode = 'RowExclusiveLock' AND granted
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))sql",
                     schema);
}

std::string settle_rows_sql(std::string_view schema) {
    return in_schema(R"sql(
WITH clock AS MATERIALIZED (SELECT date_trunc('milliseconds', clock_timestamp() AT TIME ZONE 'UTC') AS now, )sql" TKB_NOW_MS R"sql( AS now_ms
), lease AS (
    UPDATE @.outbox SET payload = payload || jsonb_build_object('until', now_ms + $3::bigint)
      FROM clock WHERE id = )sql" TKB_LEASE_ID R"sql( AND payload->>'owner' = $1::text AND (payload->>'epoch')::bigint = $2::bigint
    RETURNING 1
), done AS (
    UPDATE @.outbox o SET published = true, "publishedAt" = coalesce(o."publishedAt", now)
      FROM clock WHERE o.id = ANY ($4::text[]) AND (NOT o.published OR o."publishedAt" IS NULL) AND EXISTS (SELECT FROM lease)
), failed AS (
    UPDATE @.outbox o
       SET "retryCount" = CASE WHEN f.dead THEN greatest(o."retryCount" + 1, $9::int) ELSE o."retryCount" + 1 END,
           "lastError" = CASE WHEN f.dead THEN format('[dead #%s] %s', o."retryCount" + 1, f.reason)
                              ELSE format('[retry #%s at %sZ] %s', o."retryCount" + 1, to_char(now + f.after * interval '1 millisecond',
                                          'YYYY-MM-DD"T"HH24:MI:SS.MS'), f.reason) END
      FROM clock, unnest($5::text[], $6::boolean[], $7::bigint[], $8::text[]) AS f (id, dead, after, reason)
     WHERE o.id = f.id AND )sql" TKB_WAITING R"sql( AND o."retryCount" < $9::int AND coalesce(o."lastError" NOT LIKE '[dead #%', true)
       AND EXISTS (SELECT FROM lease)
)
SELECT EXISTS (SELECT FROM lease), now_ms FROM clock)sql",
                     schema);
}

std::string statistics_sql(std::string_view schema, bool estimate) {
    constexpr std::string_view exact = R"sql(
SELECT count(*), count(*) FILTER (WHERE NOT waiting), count(*) FILTER (WHERE waiting AND NOT dead), count(*) FILTER (WHERE waiting AND dead),
       )sql" TKB_NOW_MS R"sql( - )sql" TKB_MS("min(" TKB_FINITE(R"("createdAt")") ") FILTER (WHERE waiting AND NOT dead)") R"sql(,
       )sql" TKB_LEASE_LEFT R"sql(
  FROM (SELECT )sql" TKB_WAITING R"sql( AS waiting, )sql" TKB_DEAD R"sql( AS dead, o."createdAt"
          FROM @.outbox o WHERE o.id <> )sql" TKB_LEASE_ID R"sql() AS rows)sql";
    constexpr std::string_view estimated = R"sql(
SELECT greatest(reltuples::bigint, waiting), greatest(reltuples::bigint - waiting, 0), waiting - dead, dead, age,
       )sql" TKB_LEASE_LEFT R"sql(
  FROM pg_class, (SELECT count(*) AS waiting, count(*) FILTER (WHERE dead) AS dead,
                         )sql" TKB_NOW_MS R"sql( - )sql" TKB_MS("min(" TKB_FINITE(R"("createdAt")") ") FILTER (WHERE NOT dead)") R"sql( AS age
                    FROM (SELECT )sql" TKB_DEAD R"sql( AS dead, o."createdAt" FROM @.outbox o WHERE )sql" TKB_WAITING R"sql() AS rows) AS counted
 WHERE oid = to_regclass('@.outbox'))sql";
    return in_schema(estimate ? estimated : exact, schema);
}

std::string dead_sql(std::string_view schema) {
    return in_schema(R"sql(
SELECT o.id, o."aggregateId", o."eventType", o."retryCount", o."lastError", )sql" TKB_MS(TKB_FINITE(R"(o."createdAt")")) R"sql(
  FROM @.outbox o WHERE )sql" TKB_WAITING " AND " TKB_DEAD R"sql( ORDER BY o."createdAt", o.id COLLATE "C" LIMIT $2::int)sql",
                     schema);
}

std::string requeue_sql(std::string_view schema) {
    return in_schema(R"sql(
WITH changed AS (
    UPDATE @.outbox o SET "retryCount" = 0, "lastError" = NULL WHERE o.id = ANY ($2::text[]) AND )sql" TKB_WAITING " AND " TKB_DEAD R"sql(
    RETURNING 1
), told AS ()sql" TKB_TELL R"sql( AND EXISTS (SELECT FROM changed))
SELECT count(*) FROM changed)sql",
                     schema);
}

std::string remove_dead_sql(std::string_view schema) {
    return in_schema(R"sql(
WITH removed AS (
    DELETE FROM @.outbox WHERE id IN (
        SELECT o.id FROM @.outbox o WHERE )sql" TKB_WAITING " AND " TKB_DEAD R"sql( AND o."createdAt" < $2::timestamp(3)
         ORDER BY o."createdAt" LIMIT $3::int FOR UPDATE SKIP LOCKED)
    RETURNING 1
), told AS ()sql" TKB_TELL R"sql( AND EXISTS (SELECT FROM removed))
SELECT count(*) FROM removed)sql",
                     schema);
}

std::string remove_published_sql(std::string_view schema) {
    // Both kinds of older writers: by the flag (an index serves it), and by the time alone.
    return in_schema(R"sql(
WITH flagged AS MATERIALIZED (
    SELECT id FROM @.outbox WHERE published AND "createdAt" < $1::timestamp(3) AND coalesce("publishedAt", "createdAt") < $1::timestamp(3)
     ORDER BY outbox."createdAt" LIMIT $2::int FOR UPDATE SKIP LOCKED
), timed AS MATERIALIZED (
    SELECT id FROM @.outbox WHERE NOT published AND "createdAt" < $1::timestamp(3) AND "publishedAt" < $1::timestamp(3)
     ORDER BY outbox."createdAt" LIMIT $2::int FOR UPDATE SKIP LOCKED)
DELETE FROM @.outbox WHERE id IN (SELECT id FROM flagged UNION ALL SELECT id FROM timed LIMIT $2::int))sql",
                     schema);
}

}  // namespace ticketbottle::postgres
