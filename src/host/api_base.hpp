#pragma once
/// \file
/// Where gateways are asked. Internal: not installed.

#include <string_view>

namespace ticketbottle::host {

/// May keys be sent to this URL? https, or http to this machine itself.
[[nodiscard]] bool may_carry_keys(std::string_view url) noexcept;

/// https://host[:port][/path] (http to this machine itself), printable ASCII, at most 200 bytes; no user, query,
/// fragment or '/' at the end.
[[nodiscard]] bool is_api_base(std::string_view url) noexcept;

/// An origin as browsers send it: an API base without a path, in lower case.
[[nodiscard]] bool is_web_origin(std::string_view url) noexcept;

}  // namespace ticketbottle::host
