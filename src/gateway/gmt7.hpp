#pragma once
/// \file
/// "yyyyMMddHHmmss" in GMT+7, the form VNPay writes times in. Internal. Threads: any.

#include <optional>
#include <string>
#include <string_view>
#include <ticketbottle/core/time.hpp>

namespace ticketbottle::gateway {

/// 14 digits. Years outside 0000..9999 are clamped.
[[nodiscard]] std::string to_compact_gmt7(TimePoint time);
/// nullopt unless it is 14 digits of a real date and time.
[[nodiscard]] std::optional<TimePoint> parse_compact_gmt7(std::string_view text) noexcept;

}  // namespace ticketbottle::gateway
