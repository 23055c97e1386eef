#pragma once
/// \file
/// Text made safe for what it is put into. Internal: not installed.

#include <string>
#include <string_view>

namespace ticketbottle::email {

/// For element content and quoted attributes: & < > " ' become character references.
[[nodiscard]] std::string escape_html(std::string_view text);

/// One line for people: every run of white space and control characters is one space, none at the ends; characters that turn
/// the writing direction (U+202A..202E, U+2066..2069, U+200E, U+200F) are dropped, so that a name cannot rearrange what follows it.
/// `text` is valid UTF-8.
[[nodiscard]] std::string one_line(std::string_view text);

/// At most `bytes_max` bytes; what is cut is cut between characters and ends in "…".
[[nodiscard]] std::string shortened(std::string_view text, std::size_t bytes_max);

}  // namespace ticketbottle::email
