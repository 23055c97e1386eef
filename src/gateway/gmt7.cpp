#include "gateway/gmt7.hpp"

#include <algorithm>

#include "core/format.hpp"
#include "gateway/fields.hpp"

namespace ticketbottle::gateway {

namespace {

constexpr std::chrono::hours offset{7};

[[nodiscard]] unsigned two_digits(std::string_view text, std::size_t at) noexcept {
    return static_cast<unsigned>(text[at] - '0') * 10U + static_cast<unsigned>(text[at + 1] - '0');
}

}  // namespace

std::string to_compact_gmt7(TimePoint time) {
    using namespace std::chrono;
    static constexpr sys_seconds first{sys_days{year{0} / 1 / 1}};
    static constexpr sys_seconds last{sys_days{year{9999} / 12 / 31} + 86399s};
    // The bounds come before the offset, so that a time at the edge of its range cannot overflow.
    const auto seconds_utc = std::clamp(floor<seconds>(time), first, last - offset);
    const auto local = seconds_utc + offset;
    const auto day = floor<days>(local);
    const year_month_day date{day};
    const hh_mm_ss clock{local - day};
    return formatted("{:04}{:02}{:02}{:02}{:02}{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

std::optional<TimePoint> parse_compact_gmt7(std::string_view text) noexcept {
    using namespace std::chrono;
    if (text.size() != 14 || !is_digits(text)) {
        return std::nullopt;
    }
    const auto year_number = static_cast<int>(two_digits(text, 0) * 100 + two_digits(text, 2));
    const year_month_day date{year{year_number}, month{two_digits(text, 4)}, day{two_digits(text, 6)}};
    const hours hour{two_digits(text, 8)};
    const minutes minute{two_digits(text, 10)};
    const seconds second{two_digits(text, 12)};
    if (!date.ok() || hour > 23h || minute > 59min || second > 59s) {
        return std::nullopt;
    }
    return TimePoint{sys_days{date} + hour + minute + second - offset};
}

}  // namespace ticketbottle::gateway
