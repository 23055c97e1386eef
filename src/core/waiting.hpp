#pragma once
/// \file
/// Waiting within a limit: a shorter deadline made of a longer one, and a sleep that a stop ends. Internal: not installed.

#include <ticketbottle/core/time.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace ticketbottle {

/// At most `at_most` from now, but not after `limit` less `reserve`; a stop ends it as it ends `limit`.
[[nodiscard]] inline Deadline bounded(const Deadline& limit, std::chrono::milliseconds at_most, std::chrono::milliseconds reserve = {}) {
    using std::chrono::milliseconds;
    if (limit.at() == Deadline::never().at()) return Deadline::in(at_most).or_stop(limit.stop_token());
    const auto left = std::chrono::duration_cast<milliseconds>(limit.at() - Deadline::Clock::now()) - reserve;
    return Deadline::in(std::clamp(left, milliseconds(0), at_most)).or_stop(limit.stop_token());
}

/// Sleeps so long, or until the stop.
inline void pause(const std::stop_token& stop, std::chrono::milliseconds at_most) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, at_most, [] { return false; });
}

}  // namespace ticketbottle
