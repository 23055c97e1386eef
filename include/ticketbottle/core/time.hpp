#pragma once
/// \file
/// Points in time, and deadlines. Wall-clock time is always UTC in milliseconds; only renderers of
/// tickets and mail know zones (core/zone.hpp). A Deadline is on the monotonic clock.

#include <algorithm>
#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>
#include <ticketbottle/core/result.hpp>
#include <utility>

namespace ticketbottle {

/// UTC, milliseconds since 1970-01-01. The resolution of the deployed tables, TIMESTAMP(3).
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

/// "2025-11-21T08:00:00.000Z". Years 0000..9999; outside them the year is clamped.
[[nodiscard]] std::string to_iso8601(TimePoint time);

/// Reads "YYYY-MM-DDTHH:MM[:SS[.f{1,9}]](Z|+HH:MM|-HH:MM)"; digits past milliseconds are cut.
/// Errors: malformed.
[[nodiscard]] Result<TimePoint> parse_iso8601(std::string_view text);

/// When to give up, on std::chrono::steady_clock: at a time, and sooner when a stop is requested. Passed by value into every
/// blocking call. Threads: a copy each.
class Deadline {
public:
    using Clock = std::chrono::steady_clock;

    /// `from_now` below 0 counts as 0, and above a year as a year.
    [[nodiscard]] static Deadline in(std::chrono::milliseconds from_now) {
        constexpr std::chrono::milliseconds year = std::chrono::hours(24 * 365);
        return Deadline(Clock::now() + std::clamp(from_now, std::chrono::milliseconds::zero(), year));
    }
    [[nodiscard]] static Deadline never() { return Deadline(Clock::time_point::max()); }

    /// The same time, and expired as soon as `stop` is requested (from any thread). In place of the token it had.
    [[nodiscard]] Deadline or_stop(std::stop_token stop) const { return Deadline(at_, std::move(stop)); }

    /// Time left, at least 0 and at most an hour (so it fits every library's int of milliseconds). 0 once a stop is requested.
    [[nodiscard]] std::chrono::milliseconds remaining() const;
    /// How long one wait may last in a system or library call that cannot see the stop: remaining(), but at most `at_most`, and at
    /// most 100 ms when a stop may come. Wait so long, look again, until the deadline has expired (then it is 0).
    [[nodiscard]] std::chrono::milliseconds slice(std::chrono::milliseconds at_most = std::chrono::hours(1)) const;
    [[nodiscard]] bool expired() const {
        return stop_.stop_requested() || (at_ != Clock::time_point::max() && Clock::now() >= at_);
    }
    /// The time alone; a stop does not change it.
    [[nodiscard]] Clock::time_point at() const { return at_; }
    /// Without a state when no stop can come.
    [[nodiscard]] const std::stop_token& stop_token() const { return stop_; }

private:
    explicit Deadline(Clock::time_point at, std::stop_token stop = {}) : at_(at), stop_(std::move(stop)) {}
    Clock::time_point at_;
    std::stop_token stop_;
};

}  // namespace ticketbottle
