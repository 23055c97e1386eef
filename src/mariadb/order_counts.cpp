#include "mariadb/order_counts.hpp"

#include "core/format.hpp"
#include "core/json.hpp"
#include "mariadb/order_sql.hpp"

#include <ticketbottle/core/ids.hpp>

namespace ticketbottle::mariadb {
namespace {

constexpr std::string_view operation = "payment.settle";
constexpr std::string_view oversold = "ORDER_OVERSOLD";
constexpr std::string_view code_exceeded = "DISCOUNT_CODE_EXCEEDED";

/// Was the row there? What does not fit is told by its column.
Result<bool> add(Transaction& transaction, const Query& query, std::string_view column, std::int64_t id) {
    const auto added = transaction.run(query);
    if (added.has_value()) return added->matched() > 0;
    const Error error = added.error();
    if (error.code != Errc::invalid_argument) return error;
    return fail(error.code, operation, formatted("{} of {}: {}", column, id, error.detail_text()));
}

std::optional<std::int64_t> number(const Rows& rows, std::size_t row, std::size_t column) {
    return rows.is_null(row, column) ? std::nullopt : std::optional(rows.integer(row, column));
}

}  // namespace

Result<std::vector<Shortfall>> count_order(Transaction& transaction, const Order& order) {
    std::vector<Shortfall> shortfalls;
    const bool countable = order.quantity > 0;
    if (!countable) shortfalls.push_back({oversold, "quantity_invalid", order.ticket_id, {}, {}});
    if (countable) {
        const Query sell{order_sql::sell, {order.quantity, order.ticket_id}};
        const auto sold = add(transaction, sell, "tickets.sold_quantity", order.ticket_id);
        if (!sold.has_value()) return sold.error();
        if (!*sold) shortfalls.push_back({oversold, "ticket_missing", order.ticket_id, {}, {}});
    }
    if (order.discount_code_id != 0) {
        const Query use{order_sql::use_code, {order.discount_code_id}};
        const auto used = add(transaction, use, "discount_codes.used_count", order.discount_code_id);
        if (!used.has_value()) return used.error();
        if (!*used) shortfalls.push_back({code_exceeded, "code_missing", order.discount_code_id, {}, {}});
    }
    // Both rows are ours until the commit, so this is how they will stand.
    const auto rows = transaction.run({order_sql::look, {order.ticket_id, order.discount_code_id}});
    if (!rows.has_value()) return rows.error();
    for (std::size_t i = 0; i < rows->size(); ++i) {
        const bool ticket = rows->flag(i, 0);
        const auto count = number(*rows, i, 1);
        const auto limit = number(*rows, i, 2);
        if (!limit || !count || *count <= *limit || (ticket && !countable)) continue;
        shortfalls.push_back(ticket ? Shortfall{oversold, "sold_out", order.ticket_id, count, limit}
                                    : Shortfall{code_exceeded, "used_up", order.discount_code_id, count, limit});
    }
    return shortfalls;
}

OutboxRow event_of(const Shortfall& shortfall, const Order& order, TimePoint now) {
    const bool ticket = shortfall.type == oversold;
    OutboxRow row;
    row.id = derived_uuid(order.payment.id, shortfall.type);
    row.aggregate_id = order.payment.id;
    row.aggregate_type = "Order";
    row.event_type = shortfall.type;
    json::ObjectWriter writer(row.payload);
    writer.string("payment_id", order.payment.id);
    writer.string("order_code", order.payment.order_code);
    writer.string("reason", shortfall.reason);
    if (!order.event_id.empty()) writer.string("event_id", order.event_id);
    if (shortfall.id != 0) writer.string(ticket ? "ticket_id" : "discount_code_id", std::to_string(shortfall.id));
    writer.integer("quantity", order.quantity);
    if (shortfall.count) writer.integer(ticket ? "sold_quantity" : "used_count", *shortfall.count);
    if (shortfall.limit) writer.integer(ticket ? "ticket_quantity" : "max_uses", *shortfall.limit);
    writer.string("detected_at", to_iso8601(now));
    writer.finish();
    row.created_at = now;
    return row;
}

void tell(Observer& observer, const Shortfall& shortfall, const Order& order) {
    observer.log(Severity::alert, "order.shortfall",
                 "A paid order took what was not there; the sale stands, and a person must look.",
                 {{"type", shortfall.type},
                  {"reason", shortfall.reason},
                  {"order_id", order.id},
                  {"of", shortfall.id},
                  {"quantity", order.quantity},
                  {"count", shortfall.count.value_or(-1)},
                  {"limit", shortfall.limit.value_or(-1)}});
    observer.count("ticketbottle_order_shortfalls_total", {{"type", shortfall.type}, {"reason", shortfall.reason}});
}

}  // namespace ticketbottle::mariadb
