#include "mariadb/order_sql.hpp"
#include "mariadb/pool.hpp"

namespace ticketbottle::mariadb {

Result<CheckIn> check_in(Pool& pool, std::string_view order_id, TimePoint now, Deadline deadline) {
    constexpr std::string_view operation = "mariadb.check_in";
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    const auto id = order_number(order_id);
    if (!id) return CheckIn{};
    // The statement decides; the row is looked at only for the reason why it did not.
    const auto marked = pool.impl().run(operation, {order_sql::check_in, {datetime_text(now), *id}}, Effect::writes, deadline);
    if (!marked.has_value()) return marked.error();
    if (marked->matched() == 1) return CheckIn{CheckIn::What::done, now};
    const auto seen = pool.impl().run(operation, {order_sql::checked_in, {*id}}, Effect::reads, deadline);
    if (!seen.has_value()) return seen.error();
    if (seen->size() == 0) return CheckIn{};
    const auto at = seen->optional_time(0, 1);
    if (!seen->flag(0, 0)) return CheckIn{CheckIn::What::not_paid, at};
    if (at) return CheckIn{CheckIn::What::already, at};
    return fail(Errc::unavailable, operation, "the order changed meanwhile");
}

}  // namespace ticketbottle::mariadb
