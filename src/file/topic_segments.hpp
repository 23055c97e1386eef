#pragma once
/// \file
/// Names inside a topic's folder, and positions: "<segment>:<byte offset>". Internal: not installed.

#include "file/posix.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ticketbottle::file {

/// The file whose lock a writer holds while it appends. No segment is named so.
inline constexpr const char* topic_lock_name = ".lock";

/// "00000000000000000001.jsonl"
[[nodiscard]] std::string segment_name(std::uint64_t number);
[[nodiscard]] std::optional<std::uint64_t> parse_segment_name(std::string_view name) noexcept;
/// Numbers of the segments in the folder, ascending.
[[nodiscard]] posix::Outcome<std::vector<std::uint64_t>> list_segments(int folder);

struct TopicPosition {
    std::uint64_t segment = 0;  ///< 1 or more.
    std::uint64_t offset = 0;   ///< Of a line's first byte.
};
[[nodiscard]] std::string to_string(TopicPosition position);
[[nodiscard]] std::optional<TopicPosition> parse_position(std::string_view text) noexcept;

}  // namespace ticketbottle::file
