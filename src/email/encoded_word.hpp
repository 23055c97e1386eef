#pragma once
/// \file
/// Encoded words, RFC 2047: non-ASCII text in a header. Internal: not installed.

#include <string>
#include <string_view>
#include <vector>

namespace ticketbottle::email {

/// Longest encoded word (RFC 2047 section 2).
inline constexpr std::size_t encoded_word_max = 75;
/// Room the shortest possible word for any one character needs: "=?UTF-8?Q?" + four bytes of three + "?=".
inline constexpr std::size_t encoded_word_min = 24;

/// `text` (valid UTF-8, not empty) as encoded words of whole characters, in Q or B, whichever is shorter over all. The first is
/// at most `first_room` long (encoded_word_min .. encoded_word_max), the others encoded_word_max. Q uses the alphabet allowed in a phrase, so
/// the words can stand in a subject and in a display name.
[[nodiscard]] std::vector<std::string> encode_words(std::string_view text, std::size_t first_room);

}  // namespace ticketbottle::email
