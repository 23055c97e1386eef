#include "core/posix_tz.hpp"

#include <cstdint>

namespace ticketbottle {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year;

constexpr int offset_hours_max = 24;
constexpr int change_hours_max = 167;  // RFC 8536 section 3.3.1
constexpr std::size_t name_bytes_min = 3;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Reads from the front; the first thing that does not fit makes every later read fail.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    bool ok() const { return ok_; }
    bool done() const { return rest_.empty(); }
    bool next_is(char c) const { return rest_.starts_with(c); }

    bool optional(char c) {
        if (!ok_ || !next_is(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void literal(char c) { ok_ = optional(c); }

    int number(int min, int max) {
        int value = 0;
        ok_ = ok_ && !rest_.empty() && is_digit(rest_.front());
        while (ok_ && !rest_.empty() && is_digit(rest_.front())) {
            value = value * 10 + (rest_.front() - '0');
            rest_.remove_prefix(1);
            ok_ = value <= max;
        }
        ok_ = ok_ && value >= min;
        return ok_ ? value : 0;
    }

    /// "CET", or "<+07>": 3 characters or more.
    void name() {
        const bool quoted = optional('<');
        std::size_t count = 0;
        for (; count < rest_.size(); ++count) {
            const char c = rest_[count];
            if (!is_letter(c) && !(quoted && (is_digit(c) || c == '+' || c == '-'))) break;
        }
        ok_ = ok_ && count >= name_bytes_min;
        rest_.remove_prefix(count);
        if (quoted) literal('>');
    }

    /// "[+-]h[:mm[:ss]]"
    seconds time(int hours_max) {
        const bool negative = optional('-');
        if (!negative) optional('+');
        seconds value = hours(number(0, hours_max));
        if (optional(':')) {
            value += minutes(number(0, 59));
            if (optional(':')) value += seconds(number(0, 59));
        }
        return negative ? -value : value;
    }

    YearlyChange change() {
        YearlyChange out;
        literal(',');
        if (optional('M')) {
            out.form = YearlyChange::Form::weekday;
            out.month = number(1, 12);
            literal('.');
            out.week = number(1, 5);
            literal('.');
            out.day = number(0, 6);
        } else if (optional('J')) {
            out.form = YearlyChange::Form::julian;
            out.day = number(1, 365);
        } else {
            out.day = number(0, 365);
        }
        if (optional('/')) out.time = time(change_hours_max);
        return out;
    }

private:
    std::string_view rest_;
    bool ok_ = true;
};

sys_days nth_weekday(year in, const YearlyChange& change) {
    const auto month = in / std::chrono::month(static_cast<unsigned>(change.month));
    const std::chrono::weekday weekday(static_cast<unsigned>(change.day));
    if (change.week == 5) return sys_days(month / weekday[std::chrono::last]);
    return sys_days(month / weekday[static_cast<unsigned>(change.week)]);
}

}  // namespace

seconds YearlyChange::in(year of) const {
    sys_days date = of / 1 / 1;
    switch (form) {
        case Form::ordinal:
            date += days(day);
            break;
        case Form::julian:
            date += days(day - 1 + (of.is_leap() && day >= 60 ? 1 : 0));
            break;
        case Form::weekday:
            date = nth_weekday(of, *this);
            break;
    }
    return date.time_since_epoch() + time;
}

std::optional<PosixTz> PosixTz::parse(std::string_view text) {
    Reader reader(text);
    PosixTz out;
    reader.name();
    out.standard = -reader.time(offset_hours_max);
    if (reader.ok() && !reader.done()) {
        DaylightTime& daylight = out.daylight.emplace();
        reader.name();
        daylight.offset = reader.next_is(',') ? out.standard + hours(1) : -reader.time(offset_hours_max);
        daylight.begin = reader.change();
        daylight.end = reader.change();
    }
    if (!reader.ok() || !reader.done()) return std::nullopt;
    return out;
}

seconds PosixTz::offset_at(seconds utc) const {
    if (!daylight) return standard;
    // The calendar repeats after 400 years; the cycle keeps the year within what std::chrono's can hold.
    constexpr seconds cycle = days(146097);
    seconds time = utc % cycle;
    if (time < seconds(0)) time += cycle;
    const year of = std::chrono::year_month_day(sys_days(std::chrono::floor<days>(time))).year();
    // A change's time may be up to a week outside its day, so the last one before `time` may be another year's.
    seconds latest = seconds::min();
    seconds offset = standard;
    for (const year candidate : {of - std::chrono::years(1), of, of + std::chrono::years(1)}) {
        const seconds end = daylight->end.in(candidate)-daylight->offset;
        if (end <= time && end > latest) {
            latest = end;
            offset = standard;
        }
        const seconds begin = daylight->begin.in(candidate)-standard;
        if (begin <= time && begin >= latest) {  // ending and beginning at once: daylight time all the year
            latest = begin;
            offset = daylight->offset;
        }
    }
    return offset;
}

}  // namespace ticketbottle
