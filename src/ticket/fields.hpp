#pragma once
/// \file
/// Checks of what becomes part of a path or a URL. Internal: not installed.

#include <string_view>
#include <ticketbottle/core/result.hpp>

namespace ticketbottle::ticket {

/// [A-Za-z0-9._-], 1 to 128 bytes, no leading dot: a path part that stays where it is put. Errors: malformed.
[[nodiscard]] Result<void> check_id(std::string_view field, std::string_view id);

/// TicketOptions::qr_base_url. Errors: invalid_argument.
[[nodiscard]] Result<void> check_qr_base(std::string_view base);

}  // namespace ticketbottle::ticket
