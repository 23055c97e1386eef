#pragma once
/// \file
/// Rows of `ticket_orders` and `payment_inbox` as values. Internal: not installed.

#include "gateway/stripe/session_id.hpp"
#include "mariadb/connection.hpp"

#include <ticketbottle/mariadb/orders.hpp>

namespace ticketbottle::mariadb {

/// The columns read_order reads, in its order.
#define TKB_ORDER_COLUMNS                                                                                              \
    "id, event_id, ticket_id, email, quantity, discount_code_id, total_amount, status, stripe_checkout_session_id, " \
    "stripe_payment_intent_id, " TKB_MS("created_at")
/// The columns read_inbox_entry reads, in its order.
#define TKB_INBOX_COLUMNS \
    "gateway, dedupKey, paymentId, transactionId, chargeId, status, amount, currency, outcome, refusal, " TKB_MS("receivedAt")

struct Order {
    Payment payment;             ///< Without the times of its end, which are the inbox's: add_times().
    std::int64_t id = 0;
    std::string event_id;        ///< "": NULL.
    std::int64_t ticket_id = 0;  ///< 0: NULL.
    std::int64_t discount_code_id = 0;  ///< 0: no code was used.
    std::int64_t quantity = 0;   ///< Below 1: nothing that could be counted.
    std::string email;
    std::string payment_intent;
    bool foreign_state = false;  ///< `status` is none of ours.
};

/// An order's id as a name gives it: digits without a leading zero, at most the largest BIGINT. nullopt: names no order.
[[nodiscard]] std::optional<std::int64_t> order_number(std::string_view name) noexcept;
/// Nothing else is looked for in the column of checkout sessions.
using stripe::is_session_id;
/// "19.99" with exponent 2 is 1999. nullopt: not digits with one point, below zero, too large, or a fraction of a minor unit.
[[nodiscard]] std::optional<std::int64_t> minor_units(std::string_view decimal, int exponent) noexcept;
/// 1999 with exponent 2 is "19.99". \param units  Not below zero.
[[nodiscard]] std::string decimal_text(std::int64_t units, int exponent);

/// What an order's events may pass through, as a JSON object. \param email  In place of the order's, if not empty.
[[nodiscard]] std::string metadata_of(const Order& order, std::string_view email = {});

/// What order_store and checkout_desk are made with. Errors: invalid_argument, naming the option.
[[nodiscard]] Result<void> check_order_options(std::string_view operation, const OrderOptions& options);

/// Errors: malformed, naming order and column, never a value.
[[nodiscard]] Result<Order> read_order(std::string_view operation, const Rows& rows, std::size_t row, const OrderOptions& options);
/// \param column  Where its columns begin.
/// Errors: internal, naming the column, where some program wrote what no writer of ours would.
[[nodiscard]] Result<InboxEntry> read_inbox_entry(std::string_view operation, const Rows& rows, std::size_t row,
                                                  std::size_t column = 0);
/// updated_at and the times of the end, from an entry of that payment that was applied.
void add_times(Payment& payment, const InboxEntry& entry);

}  // namespace ticketbottle::mariadb
