#pragma once
/// \file
/// What the SQL of this room has in common. Internal: not installed.

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>

namespace ticketbottle::mariadb {

/// A DATETIME(3) column, which means UTC, as milliseconds since 1970. (UNIX_TIMESTAMP ends in 2038.)
#define TKB_MS(column) "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', " column ") DIV 1000"

/// The server's time as a DATETIME(3): when the statement began. Every statement that needs it says `{now}` (with_clock).
inline constexpr std::string_view server_clock = "NOW(3)";

/// Puts the clock's expression in place of every `{now}`, and the milliseconds since 1970 in place of every `{now_ms}`.
[[nodiscard]] std::string with_clock(std::string_view sql, std::string_view clock);

/// "?, ?, ?": so many.
[[nodiscard]] std::string placeholders(std::size_t count);
/// How many placeholders a list of `count` gets: the next power of two. The list is filled up by repeating its last element, so that
/// lists of any length make few different statements to be prepared and kept.
[[nodiscard]] std::size_t list_step(std::size_t count) noexcept;
/// add(element) for each of a list, and for its last again until it is filled up.
template <class Range, class Add>
void for_list(const Range& range, Add add) {
    const std::size_t count = list_step(range.size());
    auto at = range.begin();
    for (std::size_t i = 0; i < count; ++i) {
        add(*at);
        if (std::next(at) != range.end()) ++at;
    }
}

}  // namespace ticketbottle::mariadb
