#pragma once
/// \file
/// application/x-www-form-urlencoded, as the WHATWG URL standard and java.net.URLEncoder write it: `A-Za-z0-9*-._`
/// stay, space is '+', every other byte is %XX in upper case. Internal. Threads: any.

#include <string>
#include <string_view>

namespace ticketbottle::gateway {

void append_form_encoded(std::string_view text, std::string& out);

/// Could decoding change the text? If not, it stands for itself.
[[nodiscard]] bool needs_form_decoding(std::string_view text) noexcept;

/// Appends the decoded bytes ('+' = space, %XX in either case). False if a '%' is not followed by two hex digits;
/// `out` may then hold a part. The result need not be UTF-8.
[[nodiscard]] bool append_form_decoded(std::string_view text, std::string& out);

}  // namespace ticketbottle::gateway
