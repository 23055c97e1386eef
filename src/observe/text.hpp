#pragma once
/// \file
/// Text of any origin made fit for a line. Internal: not installed.

#include <cstddef>
#include <string>
#include <string_view>

namespace ticketbottle::observe {

/// At most `bytes_max` bytes of valid UTF-8: what is not becomes U+FFFD, the cut is between characters.
[[nodiscard]] std::string to_utf8(std::string_view text, std::size_t bytes_max);
/// A JSON number, or "null" where there is none (infinite, not a number).
[[nodiscard]] std::string to_json_number(double value);

}  // namespace ticketbottle::observe
