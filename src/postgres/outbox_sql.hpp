#pragma once
/// \file
/// The SQL of the outbox in mode `table`: the deployed table as it is. Internal.

#include <string>
#include <string_view>

namespace ticketbottle::postgres {

/// The relay's lease is one more row of the outbox itself, so that it needs no table of its own and is one and the same before, during
/// and after the migration. It says of itself that it was published at the end of time: no relay sends it and no clean-up takes it.
#define TKB_LEASE_ID "'ticketbottle-relay-lease'"
#define TKB_WAITING "NOT o.published AND o.\"publishedAt\" IS NULL"

/// By what rows are read.
enum class Order : bool {
    created,   ///< createdAt: the table as it is.
    sequence,  ///< After the migration.
};

/// $1 owner. One row if another's lease lives. Reads only: a stand-by that asks again and again costs the leader nothing.
[[nodiscard]] std::string taken_sql(std::string_view schema);
/// $1 owner, $2 ttl in ms. One row, the epoch, if it was granted.
[[nodiscard]] std::string acquire_sql(std::string_view schema);
/// $1 owner, $2 epoch.
[[nodiscard]] std::string release_sql(std::string_view schema);
/// $1 owner, $2 epoch. One row if the lease is held: generation, now in ms.
[[nodiscard]] std::string lease_sql(std::string_view schema);
/// $1, $2 the cursor's place and id, $3 rows at most; with held keys $4 keys, $5 places, $6 ids, $7 due in ms.
/// Columns: id, aggregateId, aggregateType, eventType, payload, createdAt in ms, retryCount, lastError, place, traceparent.
[[nodiscard]] std::string page_sql(std::string_view schema, Order order, bool held);
/// Columns: a transaction that holds the lock of writing to the outbox, by its name, which is good until it is prepared; is it?
[[nodiscard]] std::string writers_sql(std::string_view schema);
/// A cursor before every row.
[[nodiscard]] std::string_view first_place(Order order) noexcept;
/// $1 owner, $2 epoch, $3 ttl in ms, $4 published ids, $5 failed ids, $6 dead?, $7 retry after in ms, $8 reasons, $9 attempts_max.
/// One row: was the lease held? now in ms.
[[nodiscard]] std::string settle_rows_sql(std::string_view schema);
/// $1 attempts_max. Columns: total, published, pending, dead, age of the oldest pending one in ms.
[[nodiscard]] std::string statistics_sql(std::string_view schema, bool estimate);
/// $1 attempts_max, $2 rows at most. Columns: id, aggregateId, eventType, retryCount, lastError, createdAt in ms.
[[nodiscard]] std::string dead_sql(std::string_view schema);
/// $1 attempts_max, $2 ids. One row: how many.
[[nodiscard]] std::string requeue_sql(std::string_view schema);
/// $1 attempts_max, $2 before, $3 rows at most. One row: how many.
[[nodiscard]] std::string remove_dead_sql(std::string_view schema);
/// $1 before, $2 rows at most.
[[nodiscard]] std::string remove_published_sql(std::string_view schema);

}  // namespace ticketbottle::postgres
