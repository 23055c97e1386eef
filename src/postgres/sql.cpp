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
       to_regclass('@.payment_inbox') IS NOT NULL,
       EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = to_regclass('@.outbox_pending') AND i.indisvalid),
       current_setting('server_version'))sql";
    return in_schema(sql, schema);
}

namespace {

// The rows a notification may mean, as this statement's snapshot shows them; then the one that is meant, locked, as it is now.
// Whoever settles a payment leaves a new version of its row behind. So if the locked version is the one of the snapshot, nothing of
// this payment - inbox entries included - was committed in between, and what the snapshot shows is the truth. If not: again.
constexpr std::string_view found = R"sql(
WITH by_transaction AS MATERIALIZED (
    SELECT id, xmin AS version FROM @.payments WHERE "providerTransactionId" = ANY ({transactions})
), candidates AS MATERIALIZED (
    SELECT id, version FROM by_transaction
    UNION ALL
    SELECT id, xmin FROM @.payments WHERE "orderCode" = ANY ({orders}) AND NOT EXISTS (SELECT FROM by_transaction)
), payment AS MATERIALIZED (
    SELECT id, "orderCode", "amountCents", currency::text AS currency, provider, status::text AS status, metadata, "failedAt",
           "cancelledAt", xmin AS version
      FROM @.payments WHERE id = (SELECT min(id) FROM candidates HAVING count(*) = 1) FOR NO KEY UPDATE{held}
))sql";

constexpr std::string_view known_with_inbox = R"sql(, known AS MATERIALIZED (
    SELECT "paymentId", status, amount, currency, refusal, xmin AS version
      FROM @.payment_inbox WHERE gateway = $3::text AND "dedupKey" = $4::text
))sql";
// Before the migration nothing is remembered but the payment's own state. The parameters are named all the same.
constexpr std::string_view known_without_inbox = R"sql(, known AS MATERIALIZED (
    SELECT NULL::text AS "paymentId", NULL::text AS status, NULL::bigint AS amount, NULL::text AS currency, NULL::text AS refusal,
           NULL::xid AS version WHERE $3::text IS NULL AND $4::text IS NULL
))sql";

// true: a charge the payment has had; false: it had another; null: not comparable.
constexpr std::string_view charge_with_inbox = R"sql(
           CASE WHEN p.status <> 'PENDING' AND $5::text = 'succeeded' AND $10::text <> '' THEN (
               SELECT bool_or(i."chargeId" = $10::text) FROM @.payment_inbox i
                WHERE i."paymentId" = p.id AND i.status = 'succeeded' AND i."chargeId" <> ''
                  AND i.refusal NOT IN ('amount_mismatch', 'currency_mismatch')) END)sql";
constexpr std::string_view charge_without_inbox = R"sql(
           CASE WHEN $10::text IS NULL THEN true END)sql";

// The date and the last five characters (base 36) of TB-<anything>-yyyymmdd-<letters and digits>; or the code itself.
constexpr std::string_view facts = R"sql(, derived AS MATERIALIZED (
    SELECT p.id, CASE
        WHEN $15::text = 'dated_base36' THEN (
            SELECT m[2]::bigint * 100000000 + (
                       SELECT sum((strpos('0123456789abcdefghijklmnopqrstuvwxyz', lower(substr(m[3], digit, 1))) - 1)
                                  * power(36, 5 - digit)::bigint)::bigint FROM generate_series(1, 5) AS digit)
              FROM regexp_match(p."orderCode", '^TB-(.*-)?([1-9][0-9]{{7}})-[0-9A-Za-z]*([0-9A-Za-z]{{5}})$') AS m)
        WHEN $15::text = 'digits' AND p."orderCode" ~ '^[0-9]+$' THEN
            CASE WHEN p."orderCode"::numeric <= 9223372036854775807 THEN p."orderCode"::bigint END
        END AS number,
        CASE WHEN p.metadata->>'payosOrderCode' ~ '^[0-9]+$' AND jsonb_typeof(p.metadata->'payosOrderCode') IN ('string', 'number') THEN
            CASE WHEN (p.metadata->>'payosOrderCode')::numeric <= 9223372036854775807
                 THEN (p.metadata->>'payosOrderCode')::bigint END END AS kept_number,
        CASE WHEN jsonb_typeof(p.metadata->'paymentLinkId') = 'string' THEN nullif(p.metadata->>'paymentLinkId', '') END AS kept_link
      FROM payment p WHERE $15::text <> ''
), facts AS MATERIALIZED (
    SELECT (SELECT count(*) FROM candidates) AS candidates, (SELECT min(version::text) FROM candidates) AS version_seen,
           p.*, k."paymentId" AS known_payment, k.status AS known_status, k.amount AS known_amount, k.currency AS known_currency,
           k.refusal AS known_refusal, k.version AS known_version, {charge} AS charge,
           coalesce(d.kept_link <> $11::text, false)
               OR coalesce(d.kept_number, d.number) IS NOT NULL
                  AND coalesce(d.kept_number, d.number) IS DISTINCT FROM $12::bigint AS other_order,
           translate(p.provider, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ-_', 'abcdefghijklmnopqrstuvwxyz') = ANY ($17::text[]) AS same_provider
      FROM (SELECT) AS one LEFT JOIN payment p ON true LEFT JOIN known k ON true LEFT JOIN derived d ON true
))sql";

constexpr std::string_view decided = R"sql(, decided AS MATERIALIZED (
    SELECT f.*, CASE
        WHEN candidates = 0 THEN 'unknown_order'
        WHEN candidates > 1 THEN 'ambiguous_order'
        WHEN id IS NULL OR version::text <> version_seen THEN 'again'
        WHEN $15::text <> '' AND jsonb_typeof(metadata) <> 'object' THEN 'malformed'
        WHEN other_order THEN 'order_mismatch'
        WHEN NOT same_provider THEN 'provider_mismatch'
        WHEN $5::text = 'pending' OR ($5::text = 'failed' AND $6::boolean) THEN 'ignored'
        WHEN known_status = $5::text AND (known_payment = id AND known_amount = $7::bigint AND known_currency = $8::text) IS NOT TRUE
            THEN 'content_conflict'
        WHEN known_status = $5::text AND known_refusal NOT IN ('amount_mismatch', 'currency_mismatch') THEN 'duplicate'
        WHEN $8::text <> currency THEN 'currency_mismatch'
        WHEN ($7::bigint = "amountCents") IS NOT TRUE THEN 'amount_mismatch'
        WHEN jsonb_typeof(metadata) <> 'object'
             AND (status = 'PENDING' OR (status <> 'COMPLETED' AND $5::text = 'succeeded' AND charge IS NOT TRUE AND $14::boolean))
            THEN 'malformed'
        WHEN status = 'PENDING' THEN 'applied'
        WHEN status = 'COMPLETED' AND $5::text <> 'succeeded' THEN 'already_completed'
        WHEN status = 'COMPLETED' AND NOT charge THEN 'second_charge'
        WHEN status = 'COMPLETED' THEN 'duplicate'
        WHEN $5::text <> 'succeeded' OR charge THEN 'duplicate'
        WHEN $14::boolean THEN 'applied'
        ELSE 'late_success' END AS verdict
      FROM facts f
))sql";

// `stores`: is there something to write? What the inbox has already is not written again; without an inbox only a move is.
constexpr std::string_view written = R"sql(, written AS MATERIALIZED (
    SELECT d.*, verdict = 'applied' AS applies, verdict = 'applied' OR ({inbox} AND known_refusal IS DISTINCT FROM verdict AND (
               verdict IN ('late_success', 'second_charge')
               OR (verdict IN ('amount_mismatch', 'currency_mismatch') AND $5::text = 'succeeded' AND $7::bigint IS NOT NULL))) AS stores
      FROM decided d
))sql";

constexpr std::string_view keep_in_inbox = R"sql(, kept AS (
    INSERT INTO @.payment_inbox AS i (gateway, "dedupKey", "paymentId", "transactionId", "chargeId", status, amount, currency, outcome,
                                      refusal, raised, "receivedAt")
    SELECT $3::text, $4::text, id, $9::text, $10::text, $5::text, $7::bigint, $8::text, CASE WHEN applies THEN 'applied' ELSE 'refused' END,
           CASE WHEN applies THEN 'none' ELSE verdict END, NOT applies, $13::timestamp(3)
      FROM written WHERE stores
    ON CONFLICT (gateway, "dedupKey") DO UPDATE SET "paymentId" = excluded."paymentId", "transactionId" = excluded."transactionId",
        "chargeId" = excluded."chargeId", status = excluded.status, amount = excluded.amount, currency = excluded.currency,
        outcome = excluded.outcome, refusal = excluded.refusal, raised = excluded.raised, "receivedAt" = excluded."receivedAt"
      WHERE i.xmin = (SELECT version FROM known)
    RETURNING 1
))sql";
// Nowhere to keep it: the caller raises it all the same.
constexpr std::string_view keep_nothing = R"sql(, kept AS (SELECT 1 FROM written WHERE stores))sql";

// What is raised touches the payment's row too, for the rule above, and changes nothing in it.
constexpr std::string_view write = R"sql(, moved AS (
    UPDATE @.payments p
       SET status = CASE WHEN NOT applies THEN p.status WHEN $5::text = 'succeeded' THEN 'COMPLETED'::@."PaymentStatus"
                         WHEN $5::text = 'failed' THEN 'FAILED'::@."PaymentStatus" ELSE 'CANCELLED'::@."PaymentStatus" END,
           "updatedAt" = CASE WHEN applies THEN $13::timestamp(3) ELSE p."updatedAt" END,
           "completedAt" = CASE WHEN applies AND $5::text = 'succeeded' THEN $13::timestamp(3) ELSE p."completedAt" END,
           "failedAt" = CASE WHEN applies AND $5::text = 'failed' THEN $13::timestamp(3) ELSE p."failedAt" END,
           "cancelledAt" = CASE WHEN applies AND $5::text = 'cancelled' THEN $13::timestamp(3) ELSE p."cancelledAt" END
      FROM written w WHERE p.id = w.id AND EXISTS (SELECT FROM kept)
    RETURNING p.id
), event AS (
    SELECT e.*, substr(sha256(convert_to(id, 'UTF8') || '\x00'::bytea || convert_to(type, 'UTF8')), 1, 16) AS digest
      FROM (SELECT w.*, CASE $5::text WHEN 'succeeded' THEN 'PAYMENT_COMPLETED' WHEN 'failed' THEN 'PAYMENT_FAILED'
                                      ELSE 'PAYMENT_CANCELLED' END AS type FROM written w) e
     WHERE applies AND EXISTS (SELECT FROM moved)
), told AS (
    INSERT INTO @.outbox (id, "aggregateId", "aggregateType", "eventType", payload, "createdAt")
    SELECT encode(set_byte(set_byte(digest, 6, get_byte(digest, 6) & 15 | 128), 8, get_byte(digest, 8) & 63 | 128), 'hex')::uuid::text,
           id, 'Payment', type,
           jsonb_build_object('payment_id', id, 'order_code', "orderCode", 'amount_cents', "amountCents", 'currency', currency,
                              'provider', provider, 'transaction_id', $9::text,
                              CASE $5::text WHEN 'succeeded' THEN 'completed_at' WHEN 'failed' THEN 'failed_at' ELSE 'cancelled_at' END,
                              to_char($13::timestamp(3), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
               || coalesce((SELECT jsonb_object_agg(key, value) FROM jsonb_each(metadata)
                             WHERE key = ANY ($16::text[]) AND key <> ALL ('{payment_id,order_code,amount_cents,currency,provider,
                                   transaction_id,completed_at,failed_at,cancelled_at,eventType}'::text[])), '{}'),
           greatest($13::timestamp(3), "failedAt" + interval '1 millisecond', "cancelledAt" + interval '1 millisecond')
      FROM event
    ON CONFLICT (id) DO NOTHING
    RETURNING id
)
SELECT CASE WHEN stores AND NOT EXISTS (SELECT FROM moved) THEN 'again' ELSE verdict END, id, "orderCode", status, (SELECT id FROM told)
  FROM written)sql";

}  // namespace

std::string settle_sql(std::string_view schema, bool inbox, Names names, Held held) {
    static_assert(names_few == 2);
    const auto list = [names](const char* parameter) {
        return formatted(fmt::runtime(names == Names::few ? "ARRAY[({0}::text[])[1], ({0}::text[])[2]]" : "{0}::text[]"), parameter);
    };
    std::string sql = formatted(fmt::runtime(found), fmt::arg("transactions", list("$1")), fmt::arg("orders", list("$2")),
                                fmt::arg("held", held == Held::leave ? " SKIP LOCKED" : ""));
    sql += inbox ? known_with_inbox : known_without_inbox;
    sql += formatted(fmt::runtime(facts), fmt::arg("charge", inbox ? charge_with_inbox : charge_without_inbox));
    sql += decided;
    sql += formatted(fmt::runtime(written), fmt::arg("inbox", inbox));
    sql += inbox ? keep_in_inbox : keep_nothing;
    sql += write;
    return in_schema(sql, schema);
}

}  // namespace ticketbottle::postgres
