#pragma once
/// \file
/// Text from a pattern and values, by fmt. The formatting itself is compiled once, in format.cpp: as code of every file that
/// formats something it was most of the time a build took. Internal: not installed.

#include <fmt/core.h>

#include <string>

namespace ticketbottle {

/// What the two below come down to.
void vappend_formatted(std::string& text, fmt::string_view pattern, fmt::format_args values);

/// fmt::format: the pattern is checked when this is compiled; fmt::runtime(pattern) and fmt::arg(name, value) are understood.
template <class... Values>
[[nodiscard]] std::string formatted(fmt::format_string<Values...> pattern, Values&&... values) {
    std::string text;
    vappend_formatted(text, pattern, fmt::make_format_args(values...));
    return text;
}

template <class... Values>
void append_formatted(std::string& text, fmt::format_string<Values...> pattern, Values&&... values) {
    vappend_formatted(text, pattern, fmt::make_format_args(values...));
}

}  // namespace ticketbottle
