#include <array>
#include <charconv>
#include <cstddef>

#include "gateway/payos/canonical_text.hpp"

namespace ticketbottle::payos {

namespace {

/// Every integer of so many digits is exact in a double, and so prints as it is written.
constexpr std::size_t exact_digits_max = 15;

[[nodiscard]] bool prints_as_written(std::string_view token) noexcept {
    const std::string_view digits = token.substr(token.starts_with('-') ? 1 : 0);
    return digits.size() <= exact_digits_max && gateway::is_digits(digits) && digits != "0";
}

/// The shortest digits that read back as the same double, d.ddd x 10^exponent.
struct Decimal {
    std::string_view digits;
    int exponent = 0;
};

/// Splits what to_chars wrote in scientific form: "1.25e+05". `buffer` is changed: the point is closed up.
[[nodiscard]] Decimal split(char* begin, char* end) {
    std::string_view text(begin, static_cast<std::size_t>(end - begin));
    const std::size_t mark = text.find('e');
    std::string_view exponent_text = text.substr(mark + 1);
    exponent_text.remove_prefix(exponent_text.starts_with('+') ? 1 : 0);
    Decimal decimal;
    std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), decimal.exponent);
    if (mark > 1) {  // "d.ddd": move the first digit over the point
        begin[1] = begin[0];
        decimal.digits = text.substr(1, mark - 1);
    } else {
        decimal.digits = text.substr(0, 1);
    }
    return decimal;
}

void append_exponent_form(const Decimal& decimal, std::string& out) {
    out += decimal.digits.front();
    if (decimal.digits.size() > 1) {
        out.append(".").append(decimal.digits.substr(1));
    }
    out.append(decimal.exponent < 0 ? "e-" : "e+");
    std::array<char, 8> number{};
    const auto written = std::to_chars(number.data(), number.data() + number.size(),
                                       decimal.exponent < 0 ? -decimal.exponent : decimal.exponent);
    out.append(number.data(), written.ptr);
}

/// ECMA-262, Number::toString, radix 10: k digits, the point after the n-th.
void append_decimal(const Decimal& decimal, std::string& out) {
    const int k = static_cast<int>(decimal.digits.size());
    const int n = decimal.exponent + 1;
    if (n > 21 || n <= -6) {
        append_exponent_form(decimal, out);
    } else if (n >= k) {
        out.append(decimal.digits).append(static_cast<std::size_t>(n - k), '0');
    } else if (n > 0) {
        const auto whole = static_cast<std::size_t>(n);
        out.append(decimal.digits.substr(0, whole)).append(".").append(decimal.digits.substr(whole));
    } else {
        out.append("0.").append(static_cast<std::size_t>(-n), '0').append(decimal.digits);
    }
}

}  // namespace

bool append_ecmascript_number(std::string_view token, std::string& out) {
    if (prints_as_written(token)) {
        out.append(token);
        return true;
    }
    double number = 0;
    const auto read = std::from_chars(token.data(), token.data() + token.size(), number);
    if (read.ec != std::errc() || read.ptr != token.data() + token.size()) {
        return false;
    }
    if (number == 0) {  // -0 too
        out += '0';
        return true;
    }
    if (number < 0) {
        out += '-';
        number = -number;
    }
    std::array<char, 32> buffer{};  // 17 digits, a point and "e-308" at most
    const auto written =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::scientific);
    append_decimal(split(buffer.data(), written.ptr), out);
    return true;
}

}  // namespace ticketbottle::payos
