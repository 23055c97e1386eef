#pragma once
/// \file
/// A verdict in one word, for tables of cases.

#include <chrono>
#include <cstdint>
#include <string>
#include <ticketbottle/core/time.hpp>
#include <ticketbottle/gateway/verdict.hpp>

namespace ticketbottle::test {

/// "ok", or the reason's name.
[[nodiscard]] inline std::string outcome(const Verdict& verdict) {
    return verdict.has_value() ? "ok" : std::string(to_string(verdict.error().reason));
}

[[nodiscard]] inline TimePoint at_second(std::int64_t unix_seconds) {
    return TimePoint(std::chrono::seconds(unix_seconds));
}

/// `text` with the first `from` replaced by `to`; unchanged text would make a case meaningless, so that throws.
[[nodiscard]] inline std::string with(std::string text, std::string_view from, std::string_view to) {
    return text.replace(text.find(from), from.size(), to);  // std::out_of_range if it is not there
}

}  // namespace ticketbottle::test
