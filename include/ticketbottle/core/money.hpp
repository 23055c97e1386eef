#pragma once
/// \file
/// Money: an integer count of the currency's ISO 4217 minor unit. VND has exponent 0, so 250000 is
/// 250,000 dong; EUR has exponent 2, so 1999 is 19.99 euro. No floating point anywhere.
/// Source of the exponents: ISO 4217 list one, 2024 edition.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <ticketbottle/core/result.hpp>

namespace ticketbottle {

/// Three upper-case ASCII letters. Value type, 3 bytes.
class Currency {
public:
    /// XXX, "no currency".
    constexpr Currency() = default;

    /// Accepts "VND" or "vnd". Errors: malformed unless it is three ASCII letters.
    [[nodiscard]] static Result<Currency> parse(std::string_view code);
    [[nodiscard]] static constexpr Currency vnd() { return Currency({'V', 'N', 'D'}); }

    [[nodiscard]] std::string_view code() const noexcept { return {letters_.data(), letters_.size()}; }
    /// Decimal places of the minor unit: 0 (VND, JPY, KRW, ...), 3 (BHD, KWD, ...), 4 (CLF, UYW), else 2.
    [[nodiscard]] int exponent() const noexcept;

    friend constexpr bool operator==(const Currency&, const Currency&) = default;

private:
    constexpr explicit Currency(std::array<char, 3> letters) : letters_(letters) {}
    std::array<char, 3> letters_{'X', 'X', 'X'};
};

struct Money {
    std::int64_t minor_units = 0;  ///< In the currency's smallest unit.
    Currency currency;

    friend constexpr bool operator==(const Money&, const Money&) = default;
};

enum class Language : std::uint8_t { vi, en };

/// "7.200.000 ₫" (vi), "7,200,000 VND" (en); "19,99 EUR" (vi), "19.99 EUR" (en). UTF-8, a no-break
/// space (U+00A0) before the unit.
[[nodiscard]] std::string format_money(Money money, Language language);

}  // namespace ticketbottle
