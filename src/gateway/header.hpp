#pragma once
/// \file
/// Headers without a copy. Internal. Threads: any. Exceptions: std::bad_alloc.

#include <string>
#include <string_view>
#include <ticketbottle/gateway/request.hpp>

namespace ticketbottle::gateway {

/// As Request::header: the value of the only header of that name, or "". Views `request`; a repeated header is joined
/// in `joined`, and that is viewed.
[[nodiscard]] std::string_view header(const Request& request, std::string_view name, std::string& joined);

}  // namespace ticketbottle::gateway
