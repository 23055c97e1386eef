#include "postgres/outbox_marks.hpp"

#include <charconv>

namespace ticketbottle::postgres {
namespace {

bool take(std::string_view& text, std::string_view word) {
    if (!text.starts_with(word)) return false;
    text.remove_prefix(word.size());
    return true;
}

bool take_number(std::string_view& text, std::uint32_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

}  // namespace

std::optional<Mark> read_mark(std::string_view last_error) {
    Mark mark;
    mark.dead = take(last_error, "[dead #");
    if (!mark.dead && !take(last_error, "[retry #")) return std::nullopt;
    if (!take_number(last_error, mark.attempts)) return std::nullopt;
    if (!mark.dead) {
        const std::size_t end = last_error.find(']');
        if (!take(last_error, " at ") || end == std::string_view::npos || end < 4) return std::nullopt;
        const Result<TimePoint> due = parse_iso8601(last_error.substr(0, end - 4));
        if (!due.has_value()) return std::nullopt;
        mark.due = *due;
        last_error.remove_prefix(end - 4);
    }
    if (!take(last_error, "] ")) return std::nullopt;
    mark.reason = last_error;
    return mark;
}

}  // namespace ticketbottle::postgres
