#pragma once
/// \file
/// How names compare. Internal: not installed.

#include <ticketbottle/payment/rules.hpp>

#include <string>
#include <string_view>

namespace ticketbottle::payment {

/// Digits only, within int64; else nullopt. "" is nullopt.
[[nodiscard]] std::optional<std::int64_t> parse_number(std::string_view digits) noexcept;
/// Lower case, without '-' and '_'.
[[nodiscard]] std::string folded_provider(std::string_view name);
/// Is that the provider of a payment opened with this gateway?
[[nodiscard]] bool is_provider(std::string_view provider, Gateway gateway);

}  // namespace ticketbottle::payment
