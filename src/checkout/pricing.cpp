#include <ticketbottle/checkout/pricing.hpp>

#include "core/format.hpp"

#include <algorithm>

namespace ticketbottle::checkout {
namespace {

constexpr std::string_view operation = "checkout.price";
constexpr std::int64_t whole = 10'000;  // 100 % in hundredths of a percent

}  // namespace

std::int64_t amount_off(std::int64_t base, const Discount& discount) noexcept {
    base = std::clamp<std::int64_t>(base, 0, price_minor_units_max);
    if (discount.kind == DiscountKind::fixed) return std::clamp<std::int64_t>(discount.value, 0, base);
    const std::int64_t share = std::clamp<std::int64_t>(discount.value, 0, whole);
    return (base * share + whole / 2) / whole;  // at most 10^14: fits
}

Result<Price> price_of(const Offer& offer, std::uint32_t quantity) {
    if (offer.base < 0 || offer.base > price_minor_units_max)
        return fail(Errc::malformed, operation, "the ticket's price is out of range");
    if (quantity < 1 || quantity > order_quantity_max)
        return fail(Errc::invalid_argument, operation, formatted("quantity: 1..{}", order_quantity_max));
    const std::int64_t by_date = offer.by_date ? amount_off(offer.base, *offer.by_date) : 0;
    const std::int64_t by_code = offer.by_code ? amount_off(offer.base, *offer.by_code) : 0;
    Price price;
    price.base = offer.base;
    price.code_used = by_code > by_date;
    price.discount = std::max(by_date, by_code);
    price.unit = offer.base - price.discount;
    price.total = price.unit * std::int64_t{quantity};
    return price;
}

std::string_view to_string(NoSale why) noexcept {
    switch (why) {
        case NoSale::none:
            return "none";
        case NoSale::ticket_unknown:
            return "ticket_unknown";
        case NoSale::ticket_inactive:
            return "ticket_inactive";
        case NoSale::not_enough:
            return "not_enough";
        case NoSale::code_unknown:
            return "code_unknown";
        case NoSale::code_not_yet_valid:
            return "code_not_yet_valid";
        case NoSale::code_expired:
            return "code_expired";
        case NoSale::code_used_up:
            return "code_used_up";
        case NoSale::amount_too_small:
            return "amount_too_small";
        case NoSale::amount_too_large:
            return "amount_too_large";
    }
    return "unknown";
}

std::optional<std::int64_t> left(const Stock& stock) noexcept {
    if (!stock.limit || *stock.limit == 0) return std::nullopt;
    std::int64_t free = std::max<std::int64_t>(*stock.limit, 0);
    for (const std::int64_t gone : {stock.taken, stock.reserved}) free -= std::clamp<std::int64_t>(gone, 0, free);
    return free;
}

NoSale check_code(const CodeTerms& terms, TimePoint now) noexcept {
    if (terms.valid_from && now < *terms.valid_from) return NoSale::code_not_yet_valid;
    if (terms.valid_until && now > *terms.valid_until) return NoSale::code_expired;
    return left(terms.uses) == 0 ? NoSale::code_used_up : NoSale::none;
}

NoSale check_total(std::int64_t total) noexcept {
    if (total > 0 && total < charge_minor_units_min) return NoSale::amount_too_small;
    return total > charge_minor_units_max ? NoSale::amount_too_large : NoSale::none;
}

}  // namespace ticketbottle::checkout
