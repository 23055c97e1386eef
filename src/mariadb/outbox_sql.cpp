#include "mariadb/outbox_sql.hpp"

#include "core/format.hpp"
#include "mariadb/sql.hpp"

namespace ticketbottle::mariadb::outbox_sql {
namespace {

// A lease that ends later than any may was given before the clock was set back.
#define TKB_LIVES "expiresAt > {now_ms} AND expiresAt <= {now_ms} + 600000"
#define TKB_HELD "id = 1 AND owner = ? AND epoch = ?"

std::string listed(std::string_view before, std::size_t count, std::string_view after) {
    return formatted("{}{}{}", before, placeholders(list_step(count)), after);
}

}  // namespace

constexpr std::string_view taken = "SELECT owner <> ? AND " TKB_LIVES " FROM relay_lease WHERE id = 1";

constexpr std::string_view make_lease =
    "INSERT IGNORE INTO relay_lease (id, owner, epoch, expiresAt, generation) VALUES (1, '', {now_ms}, 0, 0)";

// Assignments are made from left to right: the epoch's looks at what was there.
constexpr std::string_view acquire =
    "UPDATE relay_lease SET epoch = LAST_INSERT_ID(epoch + IF(owner = ? AND " TKB_LIVES ", 0, 1)), expiresAt = {now_ms} + ?, owner = ? "
    "WHERE id = 1 AND (owner = ? OR NOT (" TKB_LIVES "))";

constexpr std::string_view release = "UPDATE relay_lease SET owner = '', expiresAt = 0 WHERE " TKB_HELD;
constexpr std::string_view renew = "UPDATE relay_lease SET expiresAt = LAST_INSERT_ID({now_ms} + ?) WHERE " TKB_HELD;
constexpr std::string_view tell = "UPDATE relay_lease SET generation = generation + 1 WHERE id = 1";

std::string page(std::size_t keys) {
    // One statement, so one snapshot: who sees an event sees every earlier one of its key that was committed before it.
    constexpr std::string_view sql =
        "(SELECT NULL, '', '', '', '', '', {now_ms}, generation, NULL, 0, NULL FROM relay_lease WHERE " TKB_HELD ") UNION ALL "
        "(SELECT sequence, id, aggregateId, aggregateType, eventType, payload, " TKB_MS("createdAt") ", retryCount, "
        TKB_MS("dueAt") ", dead, traceparent "
        "FROM outbox FORCE INDEX (PRIMARY) WHERE sequence > ?";
    std::string text(sql);
    if (keys > 0) text += listed(" AND aggregateId NOT IN (", keys, ")");
    return text + " ORDER BY sequence LIMIT ?)";
}

std::string remove_by_sequence(std::size_t rows) { return listed("DELETE FROM outbox WHERE sequence IN (", rows, ")"); }
std::string remove_by_id(std::size_t rows) { return listed("DELETE FROM outbox WHERE id IN (", rows, ")"); }

constexpr std::string_view fail_by_sequence =
    "UPDATE outbox SET retryCount = retryCount + 1, dead = ?, lastError = ?, dueAt = ? WHERE sequence = ? AND dead = 0";
constexpr std::string_view fail_by_id =
    "UPDATE outbox SET retryCount = retryCount + 1, dead = ?, lastError = ?, dueAt = ? WHERE id = ? AND dead = 0";

constexpr std::string_view statistics =
    "SELECT COUNT(*), COALESCE(SUM(dead <> 0), 0), {now_ms} - " TKB_MS("MIN(IF(dead = 0, createdAt, NULL))") ", "
    "(SELECT expiresAt - {now_ms} FROM relay_lease WHERE id = 1 AND owner <> '' AND " TKB_LIVES ") FROM outbox";

constexpr std::string_view dead =
    "SELECT id, aggregateId, eventType, retryCount, COALESCE(lastError, ''), " TKB_MS("createdAt")
    " FROM outbox WHERE dead <> 0 ORDER BY createdAt, sequence LIMIT ?";

std::string requeue(std::size_t rows) {
    return listed("UPDATE outbox SET retryCount = 0, lastError = NULL, dueAt = NULL, dead = 0 WHERE id IN (", rows, ") AND dead <> 0");
}

// Read first and then deleted by their keys: a DELETE that looks for its rows waits for every row a writer has not committed yet.
constexpr std::string_view dead_before =
    "SELECT sequence FROM outbox WHERE dead <> 0 AND createdAt < ? ORDER BY createdAt, sequence LIMIT ?";

std::string remove_dead(std::size_t rows) { return listed("DELETE FROM outbox WHERE sequence IN (", rows, ") AND dead <> 0"); }

}  // namespace ticketbottle::mariadb::outbox_sql
