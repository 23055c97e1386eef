#pragma once
/// \file
/// TZif files (RFC 8536), versions 1 to 4, from bytes that need not be trusted. Internal: not installed.

#include <chrono>
#include <optional>
#include <string_view>
#include <ticketbottle/core/result.hpp>
#include <vector>

#include "core/posix_tz.hpp"

namespace ticketbottle::tzif {

/// Ours: the largest file of the database is under 4 KiB.
inline constexpr std::size_t bytes_max = 256 * 1024;

/// From `at` (since 1970-01-01T00:00Z) local time is `offset` east of UTC.
struct Change {
    std::chrono::seconds at{0};
    std::chrono::seconds offset{0};
};

struct Table {
    std::chrono::seconds offset_before{0};  ///< Before the first change.
    std::vector<Change> changes;            ///< Ascending.
    std::optional<PosixTz> rule;            ///< After the last change.
};

/// Errors: malformed.
[[nodiscard]] Result<Table> parse(std::string_view bytes);

}  // namespace ticketbottle::tzif
