#include <ticketbottle/checkout/pricing.hpp>

#include <doctest/doctest.h>

#include <random>

using namespace ticketbottle;
using namespace ticketbottle::checkout;

namespace {

Discount percent(std::int64_t hundredths) { return {DiscountKind::percentage, hundredths}; }
Discount fixed(std::int64_t units) { return {DiscountKind::fixed, units}; }

Price priced(std::int64_t base, std::optional<Discount> by_date, std::optional<Discount> by_code, std::uint32_t quantity = 1) {
    return price_of({base, by_date, by_code}, quantity).value();
}

TimePoint at(std::int64_t seconds) { return TimePoint(std::chrono::seconds(seconds)); }

}  // namespace

TEST_CASE("Pricing: examples by hand") {
    CHECK(priced(1999, {}, {}) == Price{1999, 0, 1999, 1999, false});
    CHECK(priced(1999, {}, {}, 3) == Price{1999, 0, 1999, 5997, false});
    CHECK(priced(2000, percent(1000), {}, 2) == Price{2000, 200, 1800, 3600, false});
    CHECK(priced(2000, fixed(250), {}) == Price{2000, 250, 1750, 1750, false});
    CHECK(priced(1999, percent(1500), {}) == Price{1999, 300, 1699, 1699, false});  // 299.85 off
    CHECK(priced(2000, {}, percent(10000), 4) == Price{2000, 2000, 0, 0, true});
    CHECK(priced(2000, {}, fixed(999999)) == Price{2000, 2000, 0, 0, true});
    CHECK(priced(0, percent(5000), fixed(5)) == Price{0, 0, 0, 0, false});
}

TEST_CASE("Pricing: a share is rounded half up to the minor unit, once per ticket") {
    CHECK(amount_off(1, percent(5000)) == 1);    // 0.5
    CHECK(amount_off(1, percent(4999)) == 0);    // 0.4999
    CHECK(amount_off(3, percent(5000)) == 2);    // 1.5
    CHECK(amount_off(333, percent(3333)) == 111);  // 110.9889
    CHECK(amount_off(50, percent(125)) == 1);    // 0.625
    CHECK(priced(101, {}, percent(5000), 10).total == 500);  // 50.5 off is 51 for each of ten, not 505 for all
}

TEST_CASE("Pricing: both discounts are of the base price and the better one counts; an equal code is left unused") {
    CHECK(priced(10000, percent(2000), percent(1000)) == Price{10000, 2000, 8000, 8000, false});
    CHECK(priced(10000, percent(1000), percent(2000)) == Price{10000, 2000, 8000, 8000, true});
    CHECK(priced(10000, percent(2000), percent(2000)) == Price{10000, 2000, 8000, 8000, false});
    CHECK(priced(10000, fixed(1500), percent(1501)) == Price{10000, 1501, 8499, 8499, true});
    CHECK(priced(10000, {}, percent(0)) == Price{10000, 0, 10000, 10000, false});
}

TEST_CASE("Pricing: whatever the rows say, no ticket is dearer, none is below nothing, and the sums agree") {
    std::mt19937_64 random(20260301);
    const auto any = [&](std::int64_t least, std::int64_t most) { return std::uniform_int_distribution<std::int64_t>(least, most)(random); };
    const auto discount = [&]() -> std::optional<Discount> {
        const std::int64_t most = any(0, 1) == 0 ? 12'000 : 9'999'999'999;
        switch (any(0, 2)) {
            case 0:
                return std::nullopt;
            case 1:
                return percent(any(-100, most));
            default:
                return fixed(any(-100, most));
        }
    };
    // What a discount takes off, the slow way: by comparing candidates with the exact product.
    const auto holds = [](std::int64_t base, const Discount& d, std::int64_t off) {
        if (d.kind == DiscountKind::fixed) return off == (d.value < 0 ? 0 : d.value > base ? base : d.value);
        if (d.value <= 0) return off == 0;
        if (d.value >= 10'000) return off == base;
        __extension__ using Wide = __int128;
        const Wide twice_error = 2 * (Wide{off} * 10'000 - Wide{base} * d.value);
        return twice_error > -10'000 && twice_error <= 10'000;  // the nearest, and of two the upper
    };
    for (int i = 0; i < 50'000; ++i) {
        const std::int64_t base = any(0, 3) == 0 ? any(0, price_minor_units_max) : any(0, 30'000);
        const auto by_date = discount(), by_code = discount();
        const auto quantity = static_cast<std::uint32_t>(any(1, order_quantity_max));
        const Price price = priced(base, by_date, by_code, quantity);
        const std::int64_t date_off = by_date ? amount_off(base, *by_date) : 0;
        const std::int64_t code_off = by_code ? amount_off(base, *by_code) : 0;
        if (by_date) REQUIRE(holds(base, *by_date, date_off));
        if (by_code) REQUIRE(holds(base, *by_code, code_off));
        REQUIRE(price.discount == std::max(date_off, code_off));
        REQUIRE(price.code_used == (code_off > date_off));
        REQUIRE(price.unit >= 0);
        REQUIRE(price.unit <= base);
        REQUIRE(price.base == price.unit + price.discount);
        REQUIRE(price.total == price.unit * quantity);
        REQUIRE(price.unit <= priced(base, by_date, {}, 1).unit);  // a code helps, or does nothing
        REQUIRE(price.total >= 0);
    }
}

TEST_CASE("Pricing: what is out of range is refused, not wrapped around") {
    CHECK(price_of({-1, {}, {}}, 1).error().code == Errc::malformed);
    CHECK(price_of({price_minor_units_max + 1, {}, {}}, 1).error().code == Errc::malformed);
    CHECK(price_of({1, {}, {}}, 0).error().code == Errc::invalid_argument);
    CHECK(price_of({1, {}, {}}, order_quantity_max + 1).error().code == Errc::invalid_argument);
    CHECK(priced(price_minor_units_max, {}, {}, order_quantity_max).total == price_minor_units_max * order_quantity_max);
    CHECK(amount_off(INT64_MAX, percent(INT64_MAX)) == price_minor_units_max);
    CHECK(amount_off(INT64_MIN, fixed(INT64_MIN)) == 0);
}

TEST_CASE("Pricing: a total is nothing, or what Stripe charges") {
    CHECK(check_total(0) == NoSale::none);
    CHECK(check_total(1) == NoSale::amount_too_small);
    CHECK(check_total(49) == NoSale::amount_too_small);
    CHECK(check_total(50) == NoSale::none);
    CHECK(check_total(99'999'999) == NoSale::none);
    CHECK(check_total(100'000'000) == NoSale::amount_too_large);
}

TEST_CASE("Stock: what is left is the limit less what is sold and held; zero and nothing are no limit") {
    CHECK_FALSE(left({std::nullopt, 5, 5}));
    CHECK_FALSE(left({0, 5, 5}));
    CHECK(left({10, 3, 2}) == 5);
    CHECK(left({10, 8, 2}) == 0);
    CHECK(left({10, 30, 2}) == 0);
    CHECK(left({10, 2, 30}) == 0);
    CHECK(left({10, -5, -5}) == 10);
    CHECK(left({-3, 0, 0}) == 0);
    CHECK(left({INT64_MAX, INT64_MAX, INT64_MAX}) == 0);
}

TEST_CASE("Codes: valid from their first moment to their last, while uses are left") {
    const CodeTerms terms{at(100), at(200), {3, 1, 1}};
    CHECK(check_code(terms, at(99)) == NoSale::code_not_yet_valid);
    CHECK(check_code(terms, at(100)) == NoSale::none);
    CHECK(check_code(terms, at(200)) == NoSale::none);
    CHECK(check_code(terms, at(200) + std::chrono::milliseconds(1)) == NoSale::code_expired);
    CHECK(check_code({{}, {}, {3, 1, 2}}, at(0)) == NoSale::code_used_up);
    CHECK(check_code({{}, {}, {0, 1, 2}}, at(0)) == NoSale::none);
    CHECK(check_code({{}, {}, {std::nullopt, 1000, 0}}, at(0)) == NoSale::none);
}

TEST_CASE("Checkout: every reason has a word of its own") {
    std::vector<std::string_view> words;
    for (int i = 0; i <= static_cast<int>(NoSale::amount_too_large); ++i) words.push_back(to_string(static_cast<NoSale>(i)));
    std::ranges::sort(words);
    CHECK(std::ranges::adjacent_find(words) == words.end());
    CHECK(std::ranges::find(words, "unknown") == words.end());
}
