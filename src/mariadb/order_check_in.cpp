#include "mariadb/order_check_in.hpp"

#include "mariadb/order_rows.hpp"
#include "mariadb/order_sql.hpp"

namespace ticketbottle::mariadb {

Result<CheckIn> check_in_order(Pool::Impl& pool, std::optional<checkout::EventId> event, checkout::OrderId order, TimePoint now,
                               Deadline deadline) {
    constexpr std::string_view operation = "mariadb.check_in";
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    const auto id = static_cast<std::int64_t>(order);
    // NULL asks for no event.
    const Parameter of_event = event ? Parameter(static_cast<std::int64_t>(*event)) : Parameter();
    // The statement decides; the row is looked at only for the reason why it did not.
    const auto marked = pool.run(operation, {order_sql::check_in, {datetime_text(now), id, of_event}}, Effect::writes, deadline);
    if (!marked.has_value()) return marked.error();
    if (marked->matched() == 1) return CheckIn{CheckIn::What::done, now};
    const auto seen = pool.run(operation, {order_sql::checked_in, {id, of_event}}, Effect::reads, deadline);
    if (!seen.has_value()) return seen.error();
    if (seen->size() == 0) return CheckIn{};
    const auto at = seen->optional_time(0, 1);
    if (!seen->flag(0, 0)) return CheckIn{CheckIn::What::not_paid, at};
    if (at) return CheckIn{CheckIn::What::already, at};
    return fail(Errc::unavailable, operation, "the order changed meanwhile");
}

Result<CheckIn> check_in(Pool& pool, std::string_view order_id, TimePoint now, Deadline deadline) {
    if (deadline.expired()) return fail(Errc::cancelled, "mariadb.check_in", "the deadline has passed");
    const auto id = order_number(order_id);
    if (!id) return CheckIn{};
    return check_in_order(pool.impl(), std::nullopt, checkout::OrderId{*id}, now, std::move(deadline));
}

}  // namespace ticketbottle::mariadb
