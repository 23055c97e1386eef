#pragma once
/// \file
/// What a ticket costs, how many are left, and whether a discount code may be used: pure rules, in integers. Money is minor
/// units of the shop's currency, percentages are hundredths of a percent (12.5 % is 1250), both as DECIMAL(10,2) columns have
/// them. Source of each rule: docs/cachao.md, "Checkout"; why they differ from the shop's first checkout: docs/adr/0013.

#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ticketbottle::checkout {

/// Highest price of one ticket. Ours: what DECIMAL(10,2) holds.
inline constexpr std::int64_t price_minor_units_max = 9'999'999'999;
/// Most tickets of one order that any option may allow. Ours.
inline constexpr std::uint32_t order_quantity_max = 1000;
/// Bounds of a total that is charged: Stripe's least charge in EUR (0.50) and its eight digits. Nothing at all (0) is not
/// charged.
inline constexpr std::int64_t charge_minor_units_min = 50;
inline constexpr std::int64_t charge_minor_units_max = 99'999'999;

enum class DiscountKind : std::uint8_t { percentage, fixed };

struct Discount {
    DiscountKind kind = DiscountKind::fixed;
    std::int64_t value = 0;  ///< Hundredths of a percent, or minor units per ticket.
};

/// Minor units off one ticket of `base`: 0 .. base. A percentage is rounded once, half up, to the minor unit; above 100 %
/// counts as 100. A value below zero takes nothing off. \param base  0 .. price_minor_units_max, else clamped into it.
[[nodiscard]] std::int64_t amount_off(std::int64_t base, const Discount& discount) noexcept;

/// A ticket's price and what may be taken off it.
struct Offer {
    std::int64_t base = 0;
    std::optional<Discount> by_date;
    std::optional<Discount> by_code;
};

/// base - discount = unit, unit * quantity = total: always, and none is below zero.
struct Price {
    std::int64_t base = 0;
    std::int64_t discount = 0;  ///< Per ticket.
    std::int64_t unit = 0;
    std::int64_t total = 0;
    bool code_used = false;  ///< The code takes more off than the date does; else it is left unused.

    friend bool operator==(const Price&, const Price&) = default;
};

/// Both discounts are of the base price, and the buyer gets the better one: a code never makes a ticket dearer.
/// Errors: malformed (base outside 0 .. price_minor_units_max), invalid_argument (quantity outside 1 .. order_quantity_max).
[[nodiscard]] Result<Price> price_of(const Offer& offer, std::uint32_t quantity);

/// Why a checkout is refused. Nothing was written.
enum class NoSale : std::uint8_t {
    none,
    ticket_unknown,     ///< No such ticket of this event, or no such event.
    ticket_inactive,
    not_enough,         ///< Fewer tickets are left than wanted.
    code_unknown,       ///< No such active code of this event.
    code_not_yet_valid,
    code_expired,
    code_used_up,
    amount_too_small,   ///< A total that Stripe would not charge.
    amount_too_large,
};
/// "not_enough", "code_expired", ...: stable, for answers and metrics.
[[nodiscard]] std::string_view to_string(NoSale why) noexcept;

/// A count against its limit. Zero and nothing are no limit, as the shop's tables have it.
struct Stock {
    std::optional<std::int64_t> limit;
    std::int64_t taken = 0;     ///< Paid for.
    std::int64_t reserved = 0;  ///< By orders that are being paid.
};
/// How many are left, at least 0; nullopt: no limit. Counts below zero count as zero.
[[nodiscard]] std::optional<std::int64_t> left(const Stock& stock) noexcept;

struct CodeTerms {
    std::optional<TimePoint> valid_from;   ///< Valid at that moment already.
    std::optional<TimePoint> valid_until;  ///< Valid at that moment still.
    Stock uses;
};
/// none, code_not_yet_valid, code_expired or code_used_up.
[[nodiscard]] NoSale check_code(const CodeTerms& terms, TimePoint now) noexcept;

/// none, amount_too_small or amount_too_large.
[[nodiscard]] NoSale check_total(std::int64_t total) noexcept;

}  // namespace ticketbottle::checkout
