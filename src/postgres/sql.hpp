#pragma once
/// \file
/// The SQL of this room, for one schema. Tables are always named with their schema: a pooler may not pass a search_path on.
/// Times come out as milliseconds since 1970 and go in as timestamp text (UTC), so no session setting matters. Internal: not installed.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ticketbottle::postgres {

/// Puts the schema in: every `@.` of `sql` becomes `"schema".`
[[nodiscard]] std::string in_schema(std::string_view sql, std::string_view schema);

/// Payments and outbox there? The migration's inbox? Its order of rows? The server's version.
[[nodiscard]] std::string layout_sql(std::string_view schema);

/// How many names each list of a notification holds. As one element of `few` PostgreSQL plans a prepared settlement once; to a list of
/// any length it gives a guess so high that it plans each call anew, which costs more than the reading itself.
enum class Names : bool { few, any };
inline constexpr std::size_t names_few = 2;  // what the gateways' own callbacks give

/// What payment::decide has to know of one notification, in one snapshot. $1, $2 the lookup's provider transaction ids and order codes,
/// and with an inbox $3 gateway, $4 dedup key. \param inbox  Is payment_inbox there?
/// Columns: of the inbox?, then of a candidate id, order code, amount, currency, provider, status, metadata, failed and cancelled in ms,
/// version; of the inbox's entry payment id, nothing, amount, currency, refusal, status, nothing three times, version.
[[nodiscard]] std::string settle_read_sql(std::string_view schema, bool inbox, Names names);
/// $1 payment id. Its entries of successes, TKB_INBOX_COLUMNS.
[[nodiscard]] std::string settle_charges_sql(std::string_view schema);

/// Of a payment that another transaction holds: wait for it, or let it be.
enum class Held : bool { wait, leave };
/// What is done in the inbox.
enum class Keep : std::uint8_t {
    nothing,  ///< There is none: the tables as they were deployed.
    added,    ///< An entry of a key that had none.
    changed,  ///< The entry that the key has.
};
/// Writes what was decided, if payment and entry are still as they were read; all or nothing. One row if it is done: the id of the event
/// that was written, or null. Parameters: write_query in settlement.cpp.
[[nodiscard]] std::string settle_write_sql(std::string_view schema, Keep keep, Held held);

/// A TIMESTAMP column as milliseconds since 1970.
#define TKB_MS(column) "(extract(epoch from " column ") * 1000)::bigint"
/// A time that anybody may have written, and that is not NULL: infinity would make TKB_MS fail.
#define TKB_FINITE(time) "least(greatest(" time ", '0001-01-01'), '9999-12-31')"
/// Now, in the columns' way and as milliseconds. Unqualified on purpose: tests put a clock of their own before pg_catalog.
#define TKB_NOW "(clock_timestamp() AT TIME ZONE 'UTC')"
#define TKB_NOW_MS "floor(extract(epoch from clock_timestamp()) * 1000)::bigint"

#define TKB_PAYMENT_COLUMNS                                                                                              \
    R"(id, "orderCode", "amountCents", currency::text, provider, "providerTransactionId", "idempotencyKey", "redirectUrl", )" \
    R"("paymentUrl", status::text, metadata::text, )" TKB_MS(R"("createdAt")") ", " TKB_MS(R"("updatedAt")") ", "        \
    TKB_MS(R"("completedAt")") ", " TKB_MS(R"("failedAt")") ", " TKB_MS(R"("cancelledAt")")
#define TKB_INBOX_COLUMNS                                                                                               \
    R"(gateway, "dedupKey", "paymentId", "transactionId", "chargeId", status, amount, currency, outcome, refusal, )" \
    TKB_MS(R"("receivedAt")")

}  // namespace ticketbottle::postgres
