#pragma once
/// \file
/// HELP lines of the library's own metrics. Internal: not installed. The same list, with alerts, is in docs/operations.md.

#include <string_view>

namespace ticketbottle::observe {

/// "" for a name that is not the library's.
[[nodiscard]] std::string_view metric_help(std::string_view name) noexcept;

}  // namespace ticketbottle::observe
