#pragma once
/// \file
/// The SQL of checkout. Internal: not installed.

#include "mariadb/sql.hpp"

#include <string_view>

namespace ticketbottle::mariadb::checkout_sql {

/// id.
inline constexpr std::string_view event_name = "SELECT name FROM events WHERE id = ?";
/// ticket id. The one that ends first.
inline constexpr std::string_view date_discount =
    "SELECT discount_type, discount_value FROM ticket_discounts WHERE ticket_id = ? AND valid_until >= DATE({now}) AND is_active "
    "ORDER BY valid_until ASC LIMIT 1";
/// event id, code. Reads only, so that no lock depends on an index that may not be there. The collation may take more for
/// equal: the bytes are compared by us.
inline constexpr std::string_view find_code =
    "SELECT id, code FROM discount_codes WHERE event_id = ? AND code = ? AND is_active ORDER BY id LIMIT 16";

/// ticket id, event id.
inline constexpr std::string_view lock_ticket =
    "SELECT name, price, is_active, quantity, COALESCE(sold_quantity, 0) FROM tickets WHERE id = ? AND event_id = ? FOR UPDATE";
/// code id, event id. Columns: type, value, valid from and until in ms, max_uses, used_count.
inline constexpr std::string_view lock_code =
    "SELECT discount_type, discount_value, " TKB_MS("valid_from") ", " TKB_MS("valid_until") ", max_uses, "
    "COALESCE(used_count, 0) FROM discount_codes WHERE id = ? AND event_id = ? AND is_active FOR UPDATE";
/// A statement of its own, after the locks were had: at READ COMMITTED it sees what those who held them before have written.
/// ticket id, seconds. Column: tickets that orders under way hold.
inline constexpr std::string_view tickets_reserved =
    "SELECT COALESCE(SUM(GREATEST(quantity, 0)), 0) FROM ticket_orders WHERE ticket_id = ? AND status = 'pending' "
    "AND created_at > {now} - INTERVAL ? SECOND";
/// code id, seconds. Columns: orders under way that use the code, now in ms.
inline constexpr std::string_view uses_reserved =
    "SELECT COUNT(*), {now_ms} FROM ticket_orders WHERE discount_code_id = ? AND status = 'pending' "
    "AND created_at > {now} - INTERVAL ? SECOND";

/// event id, ticket id, sub or NULL, email, quantity, unit price, discount, code id or NULL, total.
inline constexpr std::string_view put_order =
    "INSERT INTO ticket_orders (event_id, ticket_id, cognito_sub, email, quantity, unit_price, discount_amount, "
    "discount_code_id, total_amount, status, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', {now})";

/// session, id.
inline constexpr std::string_view attach =
    "UPDATE ticket_orders SET stripe_checkout_session_id = ? WHERE id = ? AND status = 'pending'";
/// failed, id.
inline constexpr std::string_view release = "UPDATE ticket_orders SET status = ? WHERE id = ? AND status = 'pending'";
/// id.
inline constexpr std::string_view status = "SELECT status FROM ticket_orders WHERE id = ?";

}  // namespace ticketbottle::mariadb::checkout_sql
