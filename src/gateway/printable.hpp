#pragma once
/// \file
/// Is a text fit for an HTTP header or a URL as it is? Internal. Threads: any.

#include <algorithm>
#include <string_view>

namespace ticketbottle::gateway {

/// At least one character, all of them visible ASCII ('!'..'~'): no space, line end or NUL to end a header early.
[[nodiscard]] inline bool is_printable(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace ticketbottle::gateway
