#pragma once
/// \file
/// What a completed order takes: tickets, and a use of its discount code. Internal: not installed.

#include "mariadb/order_rows.hpp"
#include "mariadb/pool.hpp"

#include <ticketbottle/core/observer.hpp>

#include <span>

namespace ticketbottle::mariadb {

/// What a completed order took and was not there. The sale stands; it is told.
struct Shortfall {
    std::string_view type;    ///< Of its event: "ORDER_OVERSOLD", "DISCOUNT_CODE_EXCEEDED".
    std::string_view reason;  ///< "sold_out", "ticket_missing", "quantity_invalid"; "used_up", "code_missing".
    std::int64_t id = 0;      ///< Of the ticket or code; 0: the order names none.
    std::optional<std::int64_t> count;  ///< sold_quantity or used_count, this order included.
    std::optional<std::int64_t> limit;  ///< quantity or max_uses.
};

/// A ticket's or a code's row, an order counted in.
struct Standing {
    bool there = false;
    std::optional<std::int64_t> count;  ///< nullopt: it is not above its limit.
    std::optional<std::int64_t> limit;  ///< nullopt: none.
};

/// What the order took and was not there. \param ticket, code  As they stand with it.
[[nodiscard]] std::vector<Shortfall> shortfalls_of(const Order& order, const Standing& ticket, const Standing& code);

/// Statements that add the order to its counts, within the transaction that completes it.
[[nodiscard]] std::vector<Query> counting(const Order& order);
/// What they found; order_sql::look where something is above its limit. \param answers  One for each of counting()'s.
/// Errors: as Transaction::run.
[[nodiscard]] Result<std::vector<Shortfall>> shortfalls_of(Transaction& transaction, const Order& order, std::span<const Rows> answers);

/// The event that tells of it; its key is the order's.
[[nodiscard]] OutboxRow event_of(const Shortfall& shortfall, const Order& order, const SettleCommand& command);

/// After the commit.
void tell(Observer& observer, const Shortfall& shortfall, const Order& order);

}  // namespace ticketbottle::mariadb
