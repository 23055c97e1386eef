#pragma once
/// \file
/// Names of topics. Internal: not installed.

#include <string_view>

namespace ticketbottle::sns {

/// "arn:<partition>:sns:<region>:<12 digits>:<name>[.fifo]" in this region.
[[nodiscard]] bool is_topic_arn(std::string_view arn, std::string_view region) noexcept;
[[nodiscard]] inline bool is_fifo(std::string_view arn) noexcept { return arn.ends_with(".fifo"); }

}  // namespace ticketbottle::sns
