#pragma once
/// \file
/// Text of others (a row's type, a transport's reason) made fit for columns and log lines. Internal: not installed.

#include <cstddef>
#include <string>
#include <string_view>

namespace ticketbottle::outbox {

inline constexpr std::size_t reason_bytes_max = 500;  ///< `lastError` keeps the first 500.
inline constexpr std::size_t event_type_bytes_max = 100;

/// At most `bytes_max` bytes of valid UTF-8 without control characters; what is neither becomes '?'.
[[nodiscard]] std::string clean_text(std::string_view text, std::size_t bytes_max);

}  // namespace ticketbottle::outbox
