#pragma once
/// \file
/// The SQL of orders. Internal: not installed.

#include "mariadb/order_rows.hpp"
#include "mariadb/sql.hpp"

#include <string_view>

namespace ticketbottle::mariadb::order_sql {

/// id.
inline constexpr std::string_view by_id = "SELECT " TKB_ORDER_COLUMNS " FROM ticket_orders WHERE id = ?";
inline constexpr std::string_view lock = "SELECT " TKB_ORDER_COLUMNS " FROM ticket_orders WHERE id = ? FOR UPDATE";
/// session. Column: id. Reads only: the column need not have an index, and a search that locks would wait for every order under
/// way.
inline constexpr std::string_view by_session =
    "SELECT id FROM ticket_orders WHERE stripe_checkout_session_id = ? ORDER BY id LIMIT 16";

/// gateway, key, payment id. Columns: is it the entry of the key, then an entry's. Both parts from indexes.
inline constexpr std::string_view inbox =
    "SELECT 1, " TKB_INBOX_COLUMNS " FROM payment_inbox WHERE gateway = ? AND dedupKey = ? UNION ALL "
    "SELECT 0, " TKB_INBOX_COLUMNS " FROM payment_inbox WHERE paymentId = ?";
/// payment id.
inline constexpr std::string_view applied =
    "SELECT " TKB_INBOX_COLUMNS " FROM payment_inbox WHERE paymentId = ? AND outcome = 'applied'";

/// payment intent or NULL, paying e-mail or NULL, id.
inline constexpr std::string_view complete =
    "UPDATE ticket_orders SET status = 'paid', stripe_payment_intent_id = COALESCE(?, stripe_payment_intent_id), "
    "email = COALESCE(?, email) WHERE id = ?";
/// status, id.
inline constexpr std::string_view close = "UPDATE ticket_orders SET status = ? WHERE id = ?";

/// The eleven columns of an entry, raised. Where there is one of that key, a duplicate: 1062.
inline constexpr std::string_view put_entry =
    "INSERT INTO payment_inbox (gateway, dedupKey, paymentId, transactionId, chargeId, status, amount, currency, outcome, refusal, "
    "receivedAt, raised) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
/// The same, where an entry of the key was read.
inline constexpr std::string_view replace_entry =
    "INSERT INTO payment_inbox (gateway, dedupKey, paymentId, transactionId, chargeId, status, amount, currency, outcome, refusal, "
    "receivedAt, raised) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE paymentId = VALUES(paymentId), "
    "transactionId = VALUES(transactionId), chargeId = VALUES(chargeId), status = VALUES(status), amount = VALUES(amount), "
    "currency = VALUES(currency), outcome = VALUES(outcome), refusal = VALUES(refusal), receivedAt = VALUES(receivedAt), "
    "raised = VALUES(raised)";

/// id, aggregateId, aggregateType, eventType, payload, createdAt, traceparent or NULL. Where there is one of that id, a duplicate: 1062.
inline constexpr std::string_view put_new_event =
    "INSERT INTO outbox (id, aggregateId, aggregateType, eventType, payload, createdAt, traceparent) VALUES (?, ?, ?, ?, ?, ?, ?)";
/// The same, and the id again. Matches nothing if a row of that id is there. Who writes events of this order holds its row's lock,
/// so nobody can put one in between.
inline constexpr std::string_view put_event =
    "INSERT INTO outbox (id, aggregateId, aggregateType, eventType, payload, createdAt, traceparent) SELECT ?, ?, ?, ?, ?, ?, ? FROM DUAL "
    "WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE id = ?)";

/// What an added count tells as LAST_INSERT_ID: whether it is above its limit now. A limit that is NULL or 0 is none.
inline constexpr std::uint64_t within_limit = 1;
inline constexpr std::uint64_t above_limit = 2;
#define TKB_TELL_LIMIT(sum, limit) "IF(LAST_INSERT_ID(IF(" sum " > NULLIF(" limit ", 0), 2, 1)) = 0, NULL, " sum ")"
/// quantity, quantity, ticket id.
inline constexpr std::string_view sell =
    "UPDATE tickets SET sold_quantity = " TKB_TELL_LIMIT("COALESCE(sold_quantity, 0) + ?", "quantity") " WHERE id = ?";
/// code id.
inline constexpr std::string_view use_code =
    "UPDATE discount_codes SET used_count = " TKB_TELL_LIMIT("COALESCE(used_count, 0) + 1", "max_uses") " WHERE id = ?";
#undef TKB_TELL_LIMIT
/// ticket id, code id. Columns: is it the ticket, the count, its limit or NULL.
inline constexpr std::string_view look = "SELECT 1, sold_quantity, NULLIF(quantity, 0) FROM tickets WHERE id = ? UNION ALL "
                                         "SELECT 0, used_count, NULLIF(max_uses, 0) FROM discount_codes WHERE id = ?";

// Of several orders together. {list}: so many placeholders; {rows}: so many of a row's; {cases}: so many "WHEN ? THEN ?". Rows are
// found by the primary key, never by a walk over the table, which would look at rows that others hold.
/// ids. What another transaction holds is left out.
inline constexpr std::string_view lock_several =
    "SELECT " TKB_ORDER_COLUMNS " FROM ticket_orders FORCE INDEX (PRIMARY) WHERE id IN ({list}) FOR UPDATE SKIP LOCKED";
/// id and payment intent or NULL of each; id and paying e-mail or NULL of each; ids.
inline constexpr std::string_view complete_several =
    "UPDATE ticket_orders FORCE INDEX (PRIMARY) SET status = 'paid', stripe_payment_intent_id = COALESCE(CASE id {cases} END, "
    "stripe_payment_intent_id), email = COALESCE(CASE id {cases} END, email) WHERE id IN ({list})";
inline constexpr std::size_t entry_columns = 12;
inline constexpr std::size_t event_columns = 7;
/// As put_entry, of each.
inline constexpr std::string_view put_entries =
    "INSERT INTO payment_inbox (gateway, dedupKey, paymentId, transactionId, chargeId, status, amount, currency, outcome, refusal, "
    "receivedAt, raised) VALUES {rows}";
/// As put_new_event, of each.
inline constexpr std::string_view put_new_events =
    "INSERT INTO outbox (id, aggregateId, aggregateType, eventType, payload, createdAt, traceparent) VALUES {rows}";
// An assignment sees what the one before it made. LAST_INSERT_ID(0), which is 0, tells that a limit was passed.
#define TKB_ADD_SEVERAL(table, count, limit)                                                                                     \
    "SET STATEMENT innodb_lock_wait_timeout = 1 FOR UPDATE " table " FORCE INDEX (PRIMARY) SET " count " = COALESCE(" count ", 0) + " \
    "CASE id {cases} END, " count " = " count " + IF(" count " > NULLIF(" limit ", 0), LAST_INSERT_ID(0), 0) WHERE id IN ({list})"
/// ticket id and quantity of each, ids. It waits a second for a lock, the shortest that the server knows.
inline constexpr std::string_view sell_several = TKB_ADD_SEVERAL("tickets", "sold_quantity", "quantity");
/// code id and uses of each, ids.
inline constexpr std::string_view use_several = TKB_ADD_SEVERAL("discount_codes", "used_count", "max_uses");
#undef TKB_ADD_SEVERAL
/// ids. Columns: id, the count, its limit or NULL.
inline constexpr std::string_view tickets_of = "SELECT id, sold_quantity, NULLIF(quantity, 0) FROM tickets WHERE id IN ({list})";
inline constexpr std::string_view codes_of = "SELECT id, used_count, NULLIF(max_uses, 0) FROM discount_codes WHERE id IN ({list})";

/// created before, rows at most. Without those that no session was made for: nobody can be asked about them, and they would stand
/// before all others for ever.
inline constexpr std::string_view pending =
    "SELECT " TKB_ORDER_COLUMNS " FROM ticket_orders WHERE status = 'pending' AND created_at < ? AND stripe_checkout_session_id <> '' "
    "ORDER BY created_at, id LIMIT ?";
/// rows at most.
inline constexpr std::string_view raised =
    "SELECT " TKB_INBOX_COLUMNS " FROM payment_inbox WHERE raised = 1 ORDER BY receivedAt DESC, sequence DESC LIMIT ?";
/// Columns: is it orders, their status, how many.
inline constexpr std::string_view counts = "SELECT 1, status, COUNT(*) FROM ticket_orders GROUP BY status UNION ALL "
                                           "SELECT 0, '', COUNT(*) FROM payment_inbox WHERE raised = 1";
/// received before, rows at most. Column: sequence. Read first and then deleted by key: see outbox_sql::dead_before.
inline constexpr std::string_view old_entries =
    "SELECT sequence FROM payment_inbox WHERE raised = 0 AND receivedAt < ? ORDER BY receivedAt, sequence LIMIT ?";

/// now, id, event id or NULL for any.
inline constexpr std::string_view check_in =
    "UPDATE ticket_orders SET validated_at = ? WHERE id = ? AND event_id <=> COALESCE(?, event_id) AND status = 'paid' "
    "AND validated_at IS NULL";
/// id, event id or NULL for any. Columns: is it paid, validated_at in ms.
inline constexpr std::string_view checked_in =
    "SELECT status = 'paid', " TKB_MS("validated_at") " FROM ticket_orders WHERE id = ? AND event_id <=> COALESCE(?, event_id)";

}  // namespace ticketbottle::mariadb::order_sql
