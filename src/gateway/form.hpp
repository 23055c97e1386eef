#pragma once
/// \file
/// application/x-www-form-urlencoded, as the WHATWG URL standard and java.net.URLEncoder write it: `A-Za-z0-9*-._`
/// stay, space is '+', every other byte is %XX in upper case. Internal. Threads: any.

#include <string>
#include <string_view>

namespace ticketbottle::gateway {

void append_form_encoded(std::string_view text, std::string& out);

/// Writes the decoded bytes ('+' = space, %XX in either case), of which there are never more than `text` has, to `out`.
/// \return  One past the last; nullptr if a '%' is not followed by two hex digits. The result need not be UTF-8.
[[nodiscard]] char* form_decode(std::string_view text, char* out) noexcept;

}  // namespace ticketbottle::gateway
