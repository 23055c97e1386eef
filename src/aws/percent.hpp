#pragma once
/// \file
/// Percent-encoding as AWS wants it, signed or sent: RFC 3986, upper-case digits. Internal. Threads: any.

#include <string>
#include <string_view>

namespace ticketbottle::aws {

/// Encodes every byte but letters, digits and those in `kept`.
void append_percent_encoded(std::string_view text, std::string_view kept, std::string& out);

}  // namespace ticketbottle::aws
