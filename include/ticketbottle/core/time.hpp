#pragma once
/// \file
/// Points in time, and deadlines. Wall-clock time is always UTC in milliseconds; only renderers of
/// tickets and mail know zones (core/zone.hpp). A Deadline is on the monotonic clock.

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <ticketbottle/core/result.hpp>

namespace ticketbottle {

/// UTC, milliseconds since 1970-01-01. The resolution of the deployed tables, TIMESTAMP(3).
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

/// "2025-11-21T08:00:00.000Z". Years 0000..9999; outside them the year is clamped.
[[nodiscard]] std::string to_iso8601(TimePoint time);

/// Reads "YYYY-MM-DDTHH:MM[:SS[.f{1,9}]](Z|+HH:MM|-HH:MM)"; digits past milliseconds are cut.
/// Errors: malformed.
[[nodiscard]] Result<TimePoint> parse_iso8601(std::string_view text);

/// When to give up, on std::chrono::steady_clock. Passed by value into every blocking call.
class Deadline {
public:
    using Clock = std::chrono::steady_clock;

    /// `from_now` below 0 counts as 0, and above a year as a year.
    [[nodiscard]] static Deadline in(std::chrono::milliseconds from_now) {
        constexpr std::chrono::milliseconds year = std::chrono::hours(24 * 365);
        return Deadline(Clock::now() + std::clamp(from_now, std::chrono::milliseconds::zero(), year));
    }
    [[nodiscard]] static Deadline never() { return Deadline(Clock::time_point::max()); }

    /// Time left, at least 0 and at most an hour (so it fits every library's int of milliseconds).
    [[nodiscard]] std::chrono::milliseconds remaining() const;
    [[nodiscard]] bool expired() const { return at_ != Clock::time_point::max() && Clock::now() >= at_; }
    [[nodiscard]] Clock::time_point at() const { return at_; }

private:
    explicit Deadline(Clock::time_point at) : at_(at) {}
    Clock::time_point at_;
};

}  // namespace ticketbottle
