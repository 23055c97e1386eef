#pragma once
/// \file
/// Orders of the deployed tables (`ticket_orders`, `tickets`, `discount_codes`) settled as payments, and check-in. Which column is read
/// and written when, and what is told where a count does not fit: docs/cachao.md.

#include <ticketbottle/checkout/desk.hpp>
#include <ticketbottle/core/money.hpp>
#include <ticketbottle/mariadb/mariadb.hpp>
#include <ticketbottle/ports/payment_store.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ticketbottle::mariadb {

struct OrderOptions {
    Currency currency = *Currency::parse("EUR");  ///< Of `total_amount`.
    /// Written into `status`, and read back: 1..64 of letters, digits, '_' and '-', neither "pending" nor "paid", and not one and the
    /// same.
    std::string failed = "failed";
    std::string cancelled = "cancelled";
};

/// An order is a payment of provider "stripe": id and order code are its id in decimal, the provider transaction id is its checkout
/// session, the metadata its e-mail (customer_email), event_id, ticket_id and quantity. "pending" is PENDING, "paid" COMPLETED; a state
/// that is none of the four reads as CANCELLED, and money for it is held for a person whatever LateSuccess says.
///
/// A completion writes status, payment intent and paying e-mail, `tickets.sold_quantity`, `discount_codes.used_count`, the inbox row and
/// the event in one transaction, once, whatever the number and order of callers, entries and processes. A ticket sold out, a code used
/// up, or either missing does not stop the sale: the customer has paid. It is told by a second event in that transaction
/// (ORDER_OVERSOLD, DISCOUNT_CODE_EXCEEDED), and after the commit to the observer: alert "order.shortfall",
/// metric ticketbottle_order_shortfalls_total{type,reason}.
///
/// create() is unsupported: orders are made by checkout. pending() leaves out orders without a checkout session, for nobody can be
/// asked about them. Times of completion are the inbox's, so they go with its retention.
/// Errors beyond the port's: malformed (a row whose amount cannot be read; the gateway calls again until it is mended),
/// invalid_argument (a count would pass its column; nothing was written), unsupported (tables, columns or rights are missing).
/// Errors of making one: invalid_argument, naming the option.
/// Calls that would wait for one another share a transaction, over all stores of the pool: up to half of its connections settle so, and
/// the rest serves what goes alone. Have more threads than connections, or there is little company (docs/adr/0018).
/// Threads and lifetimes: as the port says; the observer is borrowed. Retries: payment/retrying_store.hpp.
[[nodiscard]] Result<std::unique_ptr<PaymentStore>> order_store(std::shared_ptr<Pool> pool, OrderOptions options = {},
                                                                Observer& observer = Observer::none());

using checkout::CheckIn;
/// Sets `validated_at` of a paid order, once: of several at once exactly one is `done`.
/// \param order_id  The id in decimal, as a ticket's code has it. Anything else ("017", "+1", "1e1") is unknown.
/// \par Errors  unavailable, cancelled (not done), outcome_unknown (look again: `already` may be one's own), unsupported.
/// \par Threads Any.
[[nodiscard]] Result<CheckIn> check_in(Pool& pool, std::string_view order_id, TimePoint now, Deadline deadline);

/// For development and tests: makes the deployed tables (`events` and `ticket_discounts` too, which checkout reads), where they are not,
/// with the columns that are used here. Never needed beside a
/// deployed shop.
/// Errors: unsupported (no right), unavailable, cancelled, outcome_unknown (call again).
[[nodiscard]] Result<void> create_deployed_tables(Pool& pool, Deadline deadline);

}  // namespace ticketbottle::mariadb
