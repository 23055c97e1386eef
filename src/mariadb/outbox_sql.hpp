#pragma once
/// \file
/// The SQL of the queue. Every text still has {now} and {now_ms} in it: with_clock() of sql.hpp. Internal: not installed.

#include <cstddef>
#include <string>
#include <string_view>

namespace ticketbottle::mariadb::outbox_sql {

/// Of a held key's queue: so many keys a page leaves out in SQL; more are passed over by the reader.
inline constexpr std::size_t keys_max = 1024;
/// At most so many rows are named in one IN list.
inline constexpr std::size_t list_max = 1024;

/// owner. One row, if there is a lease at all: does another's live? Reads only: a stand-by that asks again and again costs the leader
/// nothing.
extern const std::string_view taken;
/// Where somebody emptied the table.
extern const std::string_view make_lease;
/// owner, ttl in ms, owner, owner. Matches if granted; the epoch is the insert id.
extern const std::string_view acquire;
/// owner, epoch.
extern const std::string_view release;
/// ttl in ms, owner, epoch. Matches if the lease is held; the insert id is now + ttl.
extern const std::string_view renew;
/// Tells the leader that what it knows of held keys is out of date.
extern const std::string_view tell;

/// owner, epoch, sequence to read behind, keys to leave out (list_step of them, may be none), rows at most.
/// Columns: sequence, id, aggregateId, aggregateType, eventType, payload, createdAt in ms, retryCount, dueAt in ms, dead.
/// One row without a sequence if the lease is held: its createdAt is now, its retryCount the generation.
[[nodiscard]] std::string page(std::size_t keys);

/// sequences (list_step of them).
[[nodiscard]] std::string remove_by_sequence(std::size_t rows);
/// ids (list_step of them).
[[nodiscard]] std::string remove_by_id(std::size_t rows);
/// dead, lastError, dueAt, then a sequence or an id.
extern const std::string_view fail_by_sequence;
extern const std::string_view fail_by_id;

/// Columns: total, dead, age of the oldest pending one in ms.
extern const std::string_view statistics;
/// rows at most. Columns: id, aggregateId, eventType, retryCount, lastError, createdAt in ms.
extern const std::string_view dead;
/// ids (list_step of them).
[[nodiscard]] std::string requeue(std::size_t rows);
/// before, rows at most. Column: sequence.
extern const std::string_view dead_before;
/// sequences (list_step of them).
[[nodiscard]] std::string remove_dead(std::size_t rows);

}  // namespace ticketbottle::mariadb::outbox_sql
