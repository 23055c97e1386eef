#pragma once
/// \file
/// The SQL of this room, for one schema. Tables are always named with their schema: a pooler may not pass a search_path on.
/// Times come out as milliseconds since 1970 and go in as timestamp text (UTC), so no session setting matters. Internal: not installed.

#include <cstddef>
#include <string>
#include <string_view>

namespace ticketbottle::postgres {

/// Puts the schema in: every `@.` of `sql` becomes `"schema".`
[[nodiscard]] std::string in_schema(std::string_view sql, std::string_view schema);

/// Payments, outbox, inbox there? rows by sequence? server's version.
[[nodiscard]] std::string layout_sql(std::string_view schema);

/// How many names each list of a notification holds. As one element of `few` PostgreSQL plans a prepared settlement once; to a list of
/// any length it gives a guess so high that it plans each call anew, which costs more than the settlement itself.
enum class Names : bool { few, any };
inline constexpr std::size_t names_few = 2;  // what the gateways' own callbacks give

/// Of a payment that another transaction holds: wait for it, or let it be; the verdict is then `again`.
enum class Held : bool { wait, leave };

/// Settles one notification in one statement; the rules are payment::decide's, in its order. \param inbox  Is payment_inbox there?
/// Columns: verdict, payment id, order code, status before, outbox id. Verdicts: again, malformed, applied, duplicate, ignored, or a
/// refusal's name. Parameters: settle_parameters in settle.cpp.
[[nodiscard]] std::string settle_sql(std::string_view schema, bool inbox, Names names, Held held = Held::wait);

/// A TIMESTAMP column as milliseconds since 1970.
#define TKB_MS(column) "(extract(epoch from " column ") * 1000)::bigint"
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
