#include "file/topic_segments.hpp"

#include "core/format.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace ticketbottle::file {
namespace {

constexpr std::string_view suffix = ".jsonl";
constexpr std::size_t digits = 20;  // every uint64, so names sort as numbers do

std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace

std::string segment_name(std::uint64_t number) { return formatted("{:020}{}", number, suffix); }

std::optional<std::uint64_t> parse_segment_name(std::string_view name) noexcept {
    if (name.size() != digits + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
    const std::optional<std::uint64_t> number = parse_number(name.substr(0, digits));
    return number == 0U ? std::nullopt : number;
}

posix::Outcome<std::vector<std::uint64_t>> list_segments(int folder) {
    const posix::Outcome<std::vector<std::string>> names = posix::names(folder);
    if (!names.has_value()) return names.error();
    std::vector<std::uint64_t> numbers;
    for (const std::string& name : *names) {
        if (const std::optional<std::uint64_t> number = parse_segment_name(name)) numbers.push_back(*number);
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

std::string to_string(TopicPosition position) { return formatted("{}:{}", position.segment, position.offset); }

std::optional<TopicPosition> parse_position(std::string_view text) noexcept {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::optional<std::uint64_t> segment = parse_number(text.substr(0, colon));
    const std::optional<std::uint64_t> offset = parse_number(text.substr(colon + 1));
    constexpr auto offset_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (!segment || *segment == 0 || !offset || *offset > offset_max) return std::nullopt;
    return TopicPosition{*segment, *offset};
}

}  // namespace ticketbottle::file
