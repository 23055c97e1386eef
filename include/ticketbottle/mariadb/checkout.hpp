#pragma once
/// \file
/// Checkout on the deployed tables: orders reserved in `ticket_orders`, priced by `tickets`, `ticket_discounts` and
/// `discount_codes`. What is read and locked in which order: docs/cachao.md, "Checkout".

#include <ticketbottle/checkout/desk.hpp>
#include <ticketbottle/mariadb/orders.hpp>

#include <memory>

namespace ticketbottle::mariadb {

/// Are the columns there that checkout needs? Errors: unsupported, naming each that is missing; unavailable, cancelled.
[[nodiscard]] Result<void> check_checkout_tables(Pool& pool, Deadline deadline);

/// One transaction reserves: the ticket's row is locked, then the code's (as settling locks them), what is sold, used and
/// reserved is counted, and the pending order inserted. Times are the server's: `created_at`, valid_from, valid_until, and the
/// age at which a pending order holds nothing any more.
/// Errors beyond the port's: malformed (a price, a discount or a name that cannot be read; table and id are named).
/// Errors of making one: invalid_argument, naming the option, as order_store. The tables are looked at by check_checkout_tables.
/// One connection for the length of one call: any number of desks may share a pool.
[[nodiscard]] Result<std::unique_ptr<checkout::Desk>> checkout_desk(std::shared_ptr<Pool> pool, OrderOptions options = {});

}  // namespace ticketbottle::mariadb
