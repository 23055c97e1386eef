#include "mariadb/order_counts.hpp"

#include "core/format.hpp"
#include "core/json.hpp"
#include "mariadb/order_sql.hpp"

#include <ticketbottle/core/ids.hpp>

#include <algorithm>

namespace ticketbottle::mariadb {
namespace {

constexpr std::string_view oversold = "ORDER_OVERSOLD";
constexpr std::string_view code_exceeded = "DISCOUNT_CODE_EXCEEDED";

std::optional<std::int64_t> number(const Rows& rows, std::size_t row, std::size_t column) {
    return rows.is_null(row, column) ? std::nullopt : std::optional(rows.integer(row, column));
}

}  // namespace

std::vector<Query> counting(const Order& order) {
    std::vector<Query> queries;
    if (order.quantity > 0) {
        queries.push_back({order_sql::sell, {order.quantity, order.quantity, order.ticket_id}});
        queries.back().column = formatted("tickets.sold_quantity of {}", order.ticket_id);
    }
    if (order.discount_code_id != 0) {
        queries.push_back({order_sql::use_code, {order.discount_code_id}});
        queries.back().column = formatted("discount_codes.used_count of {}", order.discount_code_id);
    }
    return queries;
}

std::vector<Shortfall> shortfalls_of(const Order& order, const Standing& ticket, const Standing& code) {
    const auto above = [](const Standing& standing) { return standing.count && standing.limit && *standing.count > *standing.limit; };
    std::vector<Shortfall> shortfalls;
    if (order.quantity < 1) {
        shortfalls.push_back({oversold, "quantity_invalid", order.ticket_id, {}, {}});
    } else if (!ticket.there) {
        shortfalls.push_back({oversold, "ticket_missing", order.ticket_id, {}, {}});
    } else if (above(ticket)) {
        shortfalls.push_back({oversold, "sold_out", order.ticket_id, ticket.count, ticket.limit});
    }
    if (order.discount_code_id == 0) return shortfalls;
    if (!code.there) {
        shortfalls.push_back({code_exceeded, "code_missing", order.discount_code_id, {}, {}});
    } else if (above(code)) {
        shortfalls.push_back({code_exceeded, "used_up", order.discount_code_id, code.count, code.limit});
    }
    return shortfalls;
}

Result<std::vector<Shortfall>> shortfalls_of(Transaction& transaction, const Order& order, std::span<const Rows> answers) {
    Standing ticket, code;
    ticket.there = order.quantity > 0 && answers.front().matched() > 0;
    code.there = order.discount_code_id != 0 && answers.back().matched() > 0;
    if (std::ranges::none_of(answers, [](const Rows& rows) { return rows.insert_id() == order_sql::above_limit; }))
        return shortfalls_of(order, ticket, code);
    // Both rows are ours until the commit, so this is how they will stand.
    const auto rows = transaction.run({order_sql::look, {order.ticket_id, order.discount_code_id}});
    if (!rows.has_value()) return rows.error();
    for (std::size_t i = 0; i < rows->size(); ++i) {
        Standing& standing = rows->flag(i, 0) ? ticket : code;
        standing.count = number(*rows, i, 1);
        standing.limit = number(*rows, i, 2);
    }
    return shortfalls_of(order, ticket, code);
}

OutboxRow event_of(const Shortfall& shortfall, const Order& order, const SettleCommand& command) {
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
    writer.string("detected_at", to_iso8601(command.now));
    writer.finish();
    row.created_at = command.now;
    row.traceparent = command.traceparent;
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
