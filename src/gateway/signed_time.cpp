#include "gateway/signed_time.hpp"

#include <algorithm>
#include <limits>

#include "core/utf8.hpp"
#include "gateway/fields.hpp"

namespace ticketbottle::gateway {

std::optional<std::int64_t> parse_unix_seconds(std::string_view text) noexcept {
    if (!is_digits(text) || (text.size() > 1 && text.front() == '0')) {
        return std::nullopt;
    }
    return parse_digits(text).value_or(std::numeric_limits<std::int64_t>::max());
}

std::optional<Rejection> check_fresh(std::int64_t signed_at, TimePoint now, std::chrono::seconds tolerance,
                                     std::string_view header) {
    const std::int64_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    // Compared without subtracting the untrusted number: it may be as great as an int64 gets.
    if (signed_at < seconds - tolerance.count()) {
        return reject(Reason::timestamp_expired, header, "signed too long ago");
    }
    if (signed_at > seconds + tolerance.count()) {
        return reject(Reason::timestamp_future, header, "signed too far in the future");
    }
    return std::nullopt;
}

bool is_identifier(std::string_view text) noexcept {
    const auto is_control = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    };
    return !text.empty() && text.size() <= identifier_bytes_max && std::none_of(text.begin(), text.end(), is_control);
}

bool is_utf8_identifier(std::string_view text) noexcept { return is_identifier(text) && utf8::valid(text); }

}  // namespace ticketbottle::gateway
