#pragma once
/// \file
/// Calls again what was not done. Internal: not installed.

#include "core/waiting.hpp"

#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>

#include <chrono>
#include <cstdint>
#include <random>

namespace ticketbottle::checkout {

enum class Repeat : std::uint8_t {
    undone,      ///< Only what is certainly not done.
    idempotent,  ///< Also what is perhaps done.
};

/// Up to five tries: a deadlock, a lock waited for too long, a connection that broke. Waits 20 ms, doubling, with jitter, and
/// not past the deadline. The last try's error is handed on.
template <class Call>
[[nodiscard]] auto repeated(Repeat repeat, const Deadline& deadline, Call call) -> decltype(call()) {
    constexpr int tries_max = 5;
    constexpr std::chrono::milliseconds base{20};
    for (int tries = 1;; ++tries) {
        auto result = call();
        if (result.has_value() || tries == tries_max) return result;
        const Errc code = result.error().code;
        const bool again = code == Errc::unavailable || (repeat == Repeat::idempotent && code == Errc::outcome_unknown);
        thread_local std::minstd_rand random{std::random_device{}()};
        const auto most = base * (1 << (tries - 1));
        const std::chrono::milliseconds wait(std::uniform_int_distribution<std::int64_t>(most.count() / 2, most.count())(random));
        if (!again || deadline.remaining() <= wait) return result;
        pause(deadline.stop_token(), wait);
    }
}

}  // namespace ticketbottle::checkout
