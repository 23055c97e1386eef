#pragma once
/// \file
/// Check-in, of any event's order or of one event's. Internal: not installed.

#include "mariadb/pool.hpp"

#include <ticketbottle/mariadb/orders.hpp>

namespace ticketbottle::mariadb {

/// \param event  nullopt: of whichever event.
[[nodiscard]] Result<CheckIn> check_in_order(Pool::Impl& pool, std::optional<checkout::EventId> event, checkout::OrderId order,
                                             TimePoint now, Deadline deadline);

}  // namespace ticketbottle::mariadb
