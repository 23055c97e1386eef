#include <ticketbottle/mariadb/checkout.hpp>

#include "core/format.hpp"
#include "mariadb/checkout_sql.hpp"
#include "mariadb/order_check_in.hpp"
#include "mariadb/order_rows.hpp"

#include <algorithm>

namespace ticketbottle::mariadb {
namespace {

using namespace checkout;
namespace sql = checkout_sql;

constexpr std::string_view reserving = "checkout.reserve";
constexpr int percent_exponent = 2;  // of DECIMAL(10,2): hundredths of a percent

std::int64_t number(EventId id) noexcept { return static_cast<std::int64_t>(id); }
std::int64_t number(TicketId id) noexcept { return static_cast<std::int64_t>(id); }
std::int64_t number(OrderId id) noexcept { return static_cast<std::int64_t>(id); }

Error unreadable(std::string_view column, std::int64_t id) {
    return fail(Errc::malformed, reserving, formatted("{} of {} cannot be read", column, id));
}

/// Codes are ASCII: whatever the column's collation takes for equal, these are the same word.
bool same_code(std::string_view stored, std::string_view upper) noexcept {
    const auto raised = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; };
    return std::ranges::equal(stored, upper, {}, raised);
}

std::optional<std::int64_t> optional_number(const Rows& rows, std::size_t column) {
    return rows.is_null(0, column) ? std::nullopt : std::optional(rows.integer(0, column));
}

Reserved refused(NoSale why) {
    Reserved reserved;
    reserved.no_sale = why;
    return reserved;
}

class CheckoutDesk final : public Desk {
public:
    CheckoutDesk(std::shared_ptr<Pool> pool, OrderOptions options)
        : pool_(std::move(pool)),
          impl_(pool_->impl()),
          options_(std::move(options)),
          date_discount_(with_clock(sql::date_discount, impl_.clock)),
          tickets_reserved_(with_clock(sql::tickets_reserved, impl_.clock)),
          uses_reserved_(with_clock(sql::uses_reserved, impl_.clock)),
          put_order_(with_clock(sql::put_order, impl_.clock)) {}

    Result<Reserved> reserve(const Wanted& wanted, Deadline deadline) override;
    Result<void> attach_session(OrderId order, std::string_view session_id, Deadline deadline) override;
    Result<Release> release(OrderId order, Deadline deadline) override;
    Result<CheckIn> check_in(EventId event, OrderId order, TimePoint now, Deadline deadline) override {
        return check_in_order(impl_, event, order, now, std::move(deadline));
    }

private:
    Result<Discount> read_discount(const Rows& rows, std::size_t column, std::string_view table, std::int64_t id) const;
    Result<std::optional<Discount>> by_date(Transaction& transaction, TicketId ticket);
    Result<std::int64_t> find_code(Transaction& transaction, const Wanted& wanted);
    Result<NoSale> lock_ticket(Transaction& transaction, const Wanted& wanted, Offer& offer, Reserved& reserved);
    Result<NoSale> lock_code(Transaction& transaction, const Wanted& wanted, std::int64_t id, Offer& offer);
    Result<OrderId> put_order(Transaction& transaction, const Wanted& wanted, const Price& price, std::int64_t code);

    std::shared_ptr<Pool> pool_;
    Pool::Impl& impl_;
    OrderOptions options_;
    std::string date_discount_;
    std::string tickets_reserved_;
    std::string uses_reserved_;
    std::string put_order_;
};

Result<Discount> CheckoutDesk::read_discount(const Rows& rows, std::size_t column, std::string_view table,
                                             std::int64_t id) const {
    const std::string_view type = rows.view(0, column);
    const bool percentage = type == "percentage";
    if (!percentage && type != "fixed") return unreadable(formatted("{}.discount_type", table), id);
    const auto value = minor_units(rows.view(0, column + 1), percentage ? percent_exponent : options_.currency.exponent());
    if (!value) return unreadable(formatted("{}.discount_value", table), id);
    return Discount{percentage ? DiscountKind::percentage : DiscountKind::fixed, *value};
}

Result<std::optional<Discount>> CheckoutDesk::by_date(Transaction& transaction, TicketId ticket) {
    const auto rows = transaction.run({date_discount_, {number(ticket)}});
    if (!rows.has_value()) return rows.error();
    if (rows->size() == 0) return std::optional<Discount>();
    const auto discount = read_discount(*rows, 0, "ticket_discounts", number(ticket));
    if (!discount.has_value()) return discount.error();
    return std::optional(*discount);
}

/// 0: there is none.
Result<std::int64_t> CheckoutDesk::find_code(Transaction& transaction, const Wanted& wanted) {
    const auto rows = transaction.run({sql::find_code, {number(wanted.event), wanted.code}});
    if (!rows.has_value()) return rows.error();
    for (std::size_t i = 0; i < rows->size(); ++i) {
        if (same_code(rows->view(i, 1), wanted.code)) return rows->integer(i, 0);
    }
    return std::int64_t{0};
}

/// From here on nobody else sells or reserves of this ticket until the commit.
Result<NoSale> CheckoutDesk::lock_ticket(Transaction& transaction, const Wanted& wanted, Offer& offer, Reserved& reserved) {
    const auto rows = transaction.run({sql::lock_ticket, {number(wanted.ticket), number(wanted.event)}});
    if (!rows.has_value()) return rows.error();
    if (rows->size() == 0) return NoSale::ticket_unknown;
    if (!rows->flag(0, 2)) return NoSale::ticket_inactive;
    const auto base = minor_units(rows->view(0, 1), options_.currency.exponent());
    if (!base) return unreadable("tickets.price", number(wanted.ticket));
    offer.base = *base;
    reserved.ticket_name = rows->text(0, 0);
    Stock stock{optional_number(*rows, 3), rows->integer(0, 4), 0};
    if (!left(stock)) return NoSale::none;
    const auto held = transaction.run({tickets_reserved_, {number(wanted.ticket), std::int64_t{wanted.reserved_for.count()}}});
    if (!held.has_value()) return held.error();
    stock.reserved = held->integer(0, 0);
    reserved.tickets_left = *left(stock);
    return reserved.tickets_left < std::int64_t{wanted.quantity} ? NoSale::not_enough : NoSale::none;
}

/// The code after the ticket, as settling locks them: so no two wait for each other in a circle.
Result<NoSale> CheckoutDesk::lock_code(Transaction& transaction, const Wanted& wanted, std::int64_t id, Offer& offer) {
    const auto rows = transaction.run({sql::lock_code, {id, number(wanted.event)}});
    if (!rows.has_value()) return rows.error();
    if (rows->size() == 0) return NoSale::code_unknown;
    const auto discount = read_discount(*rows, 0, "discount_codes", id);
    if (!discount.has_value()) return discount.error();
    const auto held = transaction.run({uses_reserved_, {id, std::int64_t{wanted.reserved_for.count()}}});
    if (!held.has_value()) return held.error();
    const CodeTerms terms{rows->optional_time(0, 2), rows->optional_time(0, 3),
                          {optional_number(*rows, 4), rows->integer(0, 5), held->integer(0, 0)}};
    offer.by_code = *discount;
    return check_code(terms, held->time(0, 1));
}

Result<OrderId> CheckoutDesk::put_order(Transaction& transaction, const Wanted& wanted, const Price& price, std::int64_t code) {
    const int exponent = options_.currency.exponent();
    const Parameter sub = wanted.cognito_sub.empty() ? Parameter() : Parameter(wanted.cognito_sub);
    const Parameter used = price.code_used ? Parameter(code) : Parameter();
    const auto put = transaction.run(
        {put_order_,
         {number(wanted.event), number(wanted.ticket), sub, wanted.email, std::int64_t{wanted.quantity},
          decimal_text(price.unit, exponent), decimal_text(price.discount, exponent), used, decimal_text(price.total, exponent)}});
    if (!put.has_value()) return put.error();
    const auto id = static_cast<std::int64_t>(put->insert_id());
    if (id < 1) return fail(Errc::internal, reserving, "ticket_orders.id was not drawn by AUTO_INCREMENT");
    return OrderId{id};
}

Result<Reserved> CheckoutDesk::reserve(const Wanted& wanted, Deadline deadline) {
    if (deadline.expired()) return fail(Errc::cancelled, reserving, "the deadline has passed");
    if (wanted.reserved_for.count() < 1) return fail(Errc::invalid_argument, reserving, "reserved_for: above 0");
    auto transaction = Transaction::begin(impl_, reserving, deadline);
    if (!transaction.has_value()) return transaction.error();
    Reserved reserved;
    reserved.currency = options_.currency;
    Offer offer;
    // What needs no lock comes before the locks.
    const auto event = transaction->run({sql::event_name, {number(wanted.event)}});
    if (!event.has_value()) return event.error();
    if (event->size() == 0) return refused(NoSale::ticket_unknown);
    reserved.event_name = event->text(0, 0);
    const auto discount = by_date(*transaction, wanted.ticket);
    if (!discount.has_value()) return discount.error();
    offer.by_date = *discount;
    std::int64_t code = 0;
    if (!wanted.code.empty()) {
        const auto found = find_code(*transaction, wanted);
        if (!found.has_value()) return found.error();
        code = *found;
    }
    const auto ticket = lock_ticket(*transaction, wanted, offer, reserved);
    if (!ticket.has_value()) return ticket.error();
    reserved.no_sale = *ticket;
    if (reserved.no_sale != NoSale::none) return reserved;
    if (!wanted.code.empty()) {
        const auto judged = code == 0 ? Result<NoSale>(NoSale::code_unknown) : lock_code(*transaction, wanted, code, offer);
        if (!judged.has_value()) return judged.error();
        if (*judged != NoSale::none) return refused(*judged);
    }
    const auto price = price_of(offer, wanted.quantity);
    if (!price.has_value()) return price.error();
    reserved.price = *price;
    reserved.no_sale = check_total(price->total);
    if (reserved.no_sale != NoSale::none) return reserved;
    const auto order = put_order(*transaction, wanted, *price, code);
    if (!order.has_value()) return order.error();
    reserved.order = *order;
    if (auto committed = transaction->commit(); !committed.has_value()) return committed.error();
    return reserved;
}

Result<void> CheckoutDesk::attach_session(OrderId order, std::string_view session_id, Deadline deadline) {
    constexpr std::string_view operation = "checkout.attach_session";
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    if (!is_session_id(session_id)) return fail(Errc::invalid_argument, operation, "session_id: not a checkout session's");
    const auto attached = impl_.run(operation, {sql::attach, {std::string(session_id), number(order)}}, Effect::writes, deadline);
    if (!attached.has_value()) return attached.error();
    if (attached->matched() == 1) return {};
    return fail(Errc::conflict, operation, "the order is no longer pending");
}

Result<Release> CheckoutDesk::release(OrderId order, Deadline deadline) {
    constexpr std::string_view operation = "checkout.release";
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    const auto released = impl_.run(operation, {sql::release, {options_.failed, number(order)}}, Effect::writes, deadline);
    if (!released.has_value()) return released.error();
    if (released->matched() == 1) return Release::released;
    const auto rows = impl_.run(operation, {sql::status, {number(order)}}, Effect::reads, deadline);
    if (!rows.has_value()) return rows.error();
    return rows->size() == 1 && rows->view(0, 0) == "paid" ? Release::paid : Release::closed;
}

}  // namespace

Result<std::unique_ptr<Desk>> checkout_desk(std::shared_ptr<Pool> pool, OrderOptions options) {
    constexpr std::string_view operation = "mariadb.checkout_desk";
    if (!pool) return fail(Errc::invalid_argument, operation, "pool: none");
    if (auto checked = check_order_options(operation, options); !checked.has_value()) return checked.error();
    return std::unique_ptr<Desk>(std::make_unique<CheckoutDesk>(std::move(pool), std::move(options)));
}

}  // namespace ticketbottle::mariadb
