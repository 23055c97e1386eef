#pragma once
/// \file
/// What a completed order takes: tickets, and a use of its discount code. Internal: not installed.

#include "mariadb/order_rows.hpp"
#include "mariadb/pool.hpp"

namespace ticketbottle::mariadb {

/// What a completed order took and was not there. The sale stands; it is told.
struct Shortfall {
    std::string_view type;    ///< Of its event: "ORDER_OVERSOLD", "DISCOUNT_CODE_EXCEEDED".
    std::string_view reason;  ///< "sold_out", "ticket_missing", "quantity_invalid"; "used_up", "code_missing".
    std::int64_t id = 0;      ///< Of the ticket or code; 0: the order names none.
    std::optional<std::int64_t> count;  ///< sold_quantity or used_count, this order included.
    std::optional<std::int64_t> limit;  ///< quantity or max_uses.
};

/// Adds the order to its counts, within the transaction that completes it. Errors: as Transaction::run; invalid_argument names the
/// column that a count would pass.
[[nodiscard]] Result<std::vector<Shortfall>> count_order(Transaction& transaction, const Order& order);

/// The event that tells of it; its key is the order's.
[[nodiscard]] OutboxRow event_of(const Shortfall& shortfall, const Order& order, TimePoint now);

/// After the commit.
void tell(Observer& observer, const Shortfall& shortfall, const Order& order);

}  // namespace ticketbottle::mariadb
