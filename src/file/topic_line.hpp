#pragma once
/// \file
/// One message as one line of JSON, and back. Format: docs/topic-log.md. Pure. Internal: not installed. Threads: any.

#include <ticketbottle/core/time.hpp>
#include <ticketbottle/ports/message_transport.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ticketbottle::file {

/// Most bytes a value may be allowed to have (TopicLogOptions::message_bytes_max).
inline constexpr std::size_t value_bytes_limit = 16 * 1024 * 1024;
/// Longest line a reader takes. Text is at most doubled by escapes (past that it is written in base64), so
/// twice the value and twice the envelope, with room for names and punctuation of as many empty headers as an envelope has.
inline constexpr std::size_t line_bytes_max = 2 * value_bytes_limit + 64 * message_envelope_bytes_max;

struct TopicLine {
    Message message;
    TimePoint time;
};

/// Appends the line, its '\n' included. What is not UTF-8, or would more than double, is written as "<name>_base64".
void write_line(const Message& message, TimePoint time, std::string& out);
/// `line` without its '\n'. Not a message of the format: nullopt.
[[nodiscard]] std::optional<TopicLine> parse_line(std::string_view line);

/// What a writer puts behind a line that was cut short, so that it can never be taken for a whole one, even if only its
/// '\n' was missing: JSON has no control characters, inside or outside of strings.
inline constexpr std::string_view torn_line_end = "\x18\n";

}  // namespace ticketbottle::file
