#pragma once
/// \file
/// Trying again what failed: how long to wait before, and a call that is repeated. Internal: not installed.

#include "core/waiting.hpp"

#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace ticketbottle {

/// Which part of the whole wait is left to chance.
enum class Jitter : std::uint8_t {
    full,   ///< From nothing to the whole: those that met do not meet again.
    equal,  ///< From half to the whole: the other side surely has some rest.
};

/// Exponential backoff.
struct Backoff {
    std::chrono::milliseconds base{};
    std::chrono::milliseconds max{};
    Jitter jitter = Jitter::full;

    /// The whole wait after so many failures before this one: min(max, base * 2^failures); none if either is negative.
    [[nodiscard]] std::chrono::milliseconds whole(std::uint32_t failures) const noexcept {
        const std::int64_t most = std::max<std::int64_t>(max.count(), 0);
        std::int64_t wait = std::clamp<std::int64_t>(base.count(), 0, most);
        for (std::uint32_t i = 0; i < failures && wait > 0 && wait < most; ++i) wait = wait > most / 2 ? most : wait * 2;
        return std::chrono::milliseconds(wait);
    }
    template <class Random>
    [[nodiscard]] std::chrono::milliseconds after(std::uint32_t failures, Random& random) const {
        const std::int64_t most = whole(failures).count();
        return std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(jitter == Jitter::full ? 0 : most / 2, most)(random));
    }
};

struct RetryRule {
    std::uint32_t tries_max = 1;  ///< The first one included; 0 counts as 1.
    Backoff backoff;
    bool idempotent = true;  ///< Is also what was perhaps done (outcome_unknown) to be tried again?
};

/// Calls until the result is a value or an error that another try does not mend; or the tries are used up; or the next wait would pass
/// the deadline, or a stop came while waiting. Once a try's outcome was unknown, a later `unavailable` or `cancelled` is told as
/// `outcome_unknown`: perhaps it is done.
/// \param again  again(error), before each further try.
template <class Call, class Again>
[[nodiscard]] auto repeated(const RetryRule& rule, const Deadline& deadline, Call call, Again again) -> decltype(call()) {
    thread_local std::minstd_rand random{std::random_device{}()};
    bool perhaps_done = false;
    for (std::uint32_t tries = 1;; ++tries) {
        auto answer = call();
        if (answer.has_value()) return answer;
        const Error error = answer.error();
        perhaps_done |= error.code == Errc::outcome_unknown;
        const bool mends = error.code == Errc::unavailable || (rule.idempotent && error.code == Errc::outcome_unknown);
        const std::chrono::milliseconds wait = rule.backoff.after(tries - 1, random);
        if (mends && tries < rule.tries_max && wait < deadline.remaining()) {
            pause(deadline.stop_token(), wait);
            if (!deadline.expired()) {
                again(error);
                continue;
            }
        }
        if (perhaps_done && (mends || error.code == Errc::cancelled)) return Error{Errc::outcome_unknown, error.operation, error.detail};
        return error;
    }
}

}  // namespace ticketbottle
