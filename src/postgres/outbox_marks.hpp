#pragma once
/// \file
/// Where a row waits for its retry, or is dead: the deployed table has no column for it, so the mark stands at the head of lastError,
/// where the operator reads it and where the operator's own reset (retryCount = 0, lastError = NULL) takes it away. Internal.
///
///     [retry #2 at 2026-11-21T12:00:05.250Z] broker: message too large
///     [dead #5] broker: message too large

#include <ticketbottle/core/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ticketbottle::postgres {

struct Mark {
    bool dead = false;
    std::uint32_t attempts = 0;
    TimePoint due;            ///< Not of a dead one.
    std::string_view reason;  ///< What follows; points into the text read.
};
/// nullopt: no mark of ours, whatever it is.
[[nodiscard]] std::optional<Mark> read_mark(std::string_view last_error);

}  // namespace ticketbottle::postgres
