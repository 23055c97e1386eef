#include <algorithm>
#include <ticketbottle/core/money.hpp>

#include "core/format.hpp"
#include <utility>

namespace ticketbottle {

namespace {

// ISO 4217 list one, 2024: every currency whose minor unit is not 1/100.
constexpr std::string_view exponent_0[] = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
                                           "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"};
constexpr std::string_view exponent_3[] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
constexpr std::string_view exponent_4[] = {"CLF", "UYW"};

constexpr std::string_view no_break_space = "\u00a0";
constexpr std::string_view dong_sign = "\u20ab";

template <std::size_t n>
bool contains(const std::string_view (&list)[n], std::string_view code) noexcept {
    return std::find(std::begin(list), std::end(list), code) != std::end(list);
}

}  // namespace

Result<Currency> Currency::parse(std::string_view code) {
    std::array<char, 3> letters{};
    bool ok = code.size() == letters.size();
    for (std::size_t i = 0; ok && i < letters.size(); ++i) {
        const char c = code[i];
        letters[i] = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        ok = letters[i] >= 'A' && letters[i] <= 'Z';
    }
    if (!ok) return fail(Errc::malformed, "core.parse_currency", "a currency is three ASCII letters");
    return Currency(letters);
}

int Currency::exponent() const noexcept {
    if (contains(exponent_0, code())) return 0;
    if (contains(exponent_3, code())) return 3;
    if (contains(exponent_4, code())) return 4;
    return 2;
}

std::string format_money(Money money, Language language) {
    const bool vietnamese = language == Language::vi;
    const bool negative = money.minor_units < 0;
    const auto bits = static_cast<std::uint64_t>(money.minor_units);
    const std::uint64_t magnitude = negative ? 0 - bits : bits;  // the least int64 has no positive counterpart
    const int exponent = money.currency.exponent();
    const std::string digits = formatted("{:0{}}", magnitude, exponent + 1);
    const std::size_t whole = digits.size() - static_cast<std::size_t>(exponent);

    std::string out = negative ? "-" : "";
    for (std::size_t i = 0; i < whole; ++i) {
        if (i > 0 && (whole - i) % 3 == 0) out += vietnamese ? '.' : ',';
        out += digits[i];
    }
    if (exponent > 0) {
        out += vietnamese ? ',' : '.';
        out.append(digits, whole);
    }
    out += no_break_space;
    out += vietnamese && money.currency == Currency::vnd() ? dong_sign : money.currency.code();
    return out;
}

}  // namespace ticketbottle
