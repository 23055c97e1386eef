#include <algorithm>
#include <ticketbottle/core/time.hpp>

#include "core/format.hpp"

namespace ticketbottle {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;

constexpr TimePoint earliest = sys_days(std::chrono::year(0) / 1 / 1);
constexpr TimePoint latest = sys_days(std::chrono::year(9999) / 12 / 31) + days(1) - milliseconds(1);
constexpr std::size_t fraction_digits_max = 9;

/// Reads from the front; the first thing that does not fit makes every later read fail.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    bool literal(char c) {
        if (!ok_ || rest_.empty() || rest_.front() != c) return ok_ = false;
        rest_.remove_prefix(1);
        return true;
    }
    /// Does `c` come next? Takes it if so.
    bool optional(char c) { return ok_ && rest_.starts_with(c) && literal(c); }

    /// Exactly `digits` digits with a value of at most `max`.
    int number(std::size_t digits, int max) {
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) value = value * 10 + digit();
        ok_ = ok_ && value <= max;
        return ok_ ? value : 0;
    }
    /// 1 to 9 digits, cut to milliseconds.
    milliseconds fraction() {
        int value = 0;
        std::size_t count = 0;
        while (count == 0 || (count < fraction_digits_max && ok_ && !rest_.empty() && is_digit(rest_.front()))) {
            const int next = digit();
            if (count < 3) value = value * 10 + next;
            ++count;
        }
        for (; count < 3; ++count) value *= 10;
        return milliseconds(value);
    }
    bool done() const { return ok_ && rest_.empty(); }

private:
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }
    int digit() {
        if (!ok_ || rest_.empty() || !is_digit(rest_.front())) {
            ok_ = false;
            return 0;
        }
        const int value = rest_.front() - '0';
        rest_.remove_prefix(1);
        return value;
    }

    std::string_view rest_;
    bool ok_ = true;
};

minutes read_offset(Reader& reader) {
    if (reader.optional('Z')) return minutes(0);
    const bool west = reader.optional('-');
    if (!west) reader.literal('+');
    const hours whole(reader.number(2, 23));
    reader.literal(':');
    const minutes offset = whole + minutes(reader.number(2, 59));
    return west ? -offset : offset;
}

}  // namespace

std::string to_iso8601(TimePoint time) {
    time = std::clamp(time, earliest, latest);
    const sys_days day = std::chrono::floor<days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    return formatted("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int(date.year()), unsigned(date.month()),
                       unsigned(date.day()), clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

Result<TimePoint> parse_iso8601(std::string_view text) {
    Reader reader(text);
    const std::chrono::year year(reader.number(4, 9999));
    reader.literal('-');
    const std::chrono::month month(static_cast<unsigned>(reader.number(2, 12)));
    reader.literal('-');
    const std::chrono::day day(static_cast<unsigned>(reader.number(2, 31)));
    reader.literal('T');
    const hours hour(reader.number(2, 23));
    reader.literal(':');
    const minutes minute(reader.number(2, 59));
    seconds second(0);
    milliseconds fraction(0);
    if (reader.optional(':')) {
        second = seconds(reader.number(2, 59));
        if (reader.optional('.')) fraction = reader.fraction();
    }
    const minutes offset = read_offset(reader);
    const std::chrono::year_month_day date(year, month, day);
    if (!reader.done()) {
        return fail(Errc::malformed, "core.parse_iso8601", "not YYYY-MM-DDTHH:MM[:SS[.fraction]] and Z or +HH:MM");
    }
    if (!date.ok()) return fail(Errc::malformed, "core.parse_iso8601", "no such day in the calendar");
    return TimePoint(sys_days(date)) + hour + minute + second + fraction - offset;
}

milliseconds Deadline::remaining() const {
    constexpr milliseconds longest = hours(1);
    if (stop_.stop_requested()) return milliseconds(0);
    if (at_ == Clock::time_point::max()) return longest;
    const Clock::duration left = at_ - Clock::now();
    if (left <= Clock::duration::zero()) return milliseconds(0);
    return std::min(std::chrono::ceil<milliseconds>(left), longest);  // never 0 before it has expired
}

milliseconds Deadline::slice(milliseconds at_most) const {
    constexpr milliseconds glance{100};  // how stale the knowledge of a stop may be; a stop is to be done within a second
    const milliseconds left = std::min(remaining(), std::max(at_most, milliseconds(0)));
    return stop_.stop_possible() ? std::min(left, glance) : left;
}

}  // namespace ticketbottle
