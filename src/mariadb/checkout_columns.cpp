#include <ticketbottle/mariadb/checkout.hpp>

#include "mariadb/pool.hpp"

#include <array>
#include <set>

namespace ticketbottle::mariadb {
namespace {

constexpr std::string_view operation = "mariadb.check_checkout_tables";

/// What the statements of checkout_sql.hpp name, and check-in.
constexpr std::array<std::string_view, 38> columns{
    "events.id", "events.name", "tickets.id", "tickets.event_id", "tickets.name", "tickets.price", "tickets.is_active",
    "tickets.quantity", "tickets.sold_quantity", "ticket_discounts.ticket_id", "ticket_discounts.discount_type",
    "ticket_discounts.discount_value", "ticket_discounts.valid_until", "ticket_discounts.is_active", "discount_codes.id",
    "discount_codes.event_id", "discount_codes.code", "discount_codes.discount_type", "discount_codes.discount_value",
    "discount_codes.valid_from", "discount_codes.valid_until", "discount_codes.is_active", "discount_codes.max_uses",
    "discount_codes.used_count", "ticket_orders.id", "ticket_orders.event_id", "ticket_orders.ticket_id",
    "ticket_orders.cognito_sub", "ticket_orders.email", "ticket_orders.quantity", "ticket_orders.unit_price",
    "ticket_orders.discount_amount", "ticket_orders.discount_code_id", "ticket_orders.total_amount", "ticket_orders.status",
    "ticket_orders.stripe_checkout_session_id", "ticket_orders.validated_at", "ticket_orders.created_at"};

constexpr std::string_view look =
    "SELECT LOWER(CONCAT(table_name, '.', column_name)) FROM information_schema.columns WHERE table_schema = DATABASE() "
    "AND table_name IN ('events', 'tickets', 'ticket_discounts', 'discount_codes', 'ticket_orders')";

}  // namespace

Result<void> check_checkout_tables(Pool& pool, Deadline deadline) {
    const auto rows = pool.impl().run(operation, {look, {}}, Effect::reads, deadline);
    if (!rows.has_value()) return rows.error();
    std::set<std::string_view> there;
    for (std::size_t i = 0; i < rows->size(); ++i) there.insert(rows->view(i, 0));
    std::string missing;
    for (const std::string_view column : columns) {
        if (!there.contains(column)) missing.append(missing.empty() ? "" : ", ").append(column);
    }
    if (missing.empty()) return {};
    return fail(Errc::unsupported, operation, "columns that checkout needs are not there, or may not be seen: " + missing);
}

}  // namespace ticketbottle::mariadb
