#pragma once
/// \file
/// Content transfer encodings, RFC 2045 section 6. Internal: not installed.

#include <string>
#include <string_view>

namespace ticketbottle::email {

/// Base64 in lines of 76, each ended by CRLF.
[[nodiscard]] std::string base64_lines(std::string_view bytes);

/// Quoted-printable, lines of at most 76, ended by CRLF. `text` has CRLF line ends (canonical_lines). A soft break never parts the
/// bytes of one UTF-8 character, so a reader of the raw message can still decode line by line.
[[nodiscard]] std::string quoted_printable(std::string_view text);

/// CR LF, CR and LF all become CR LF, and the last line gets one.
[[nodiscard]] std::string canonical_lines(std::string_view text);

/// A body and the name of its encoding.
struct Encoded {
    std::string_view encoding;
    std::string body;
};
/// Whichever of the two is shorter; quoted-printable if equal, because people can read it.
[[nodiscard]] Encoded encode_text(std::string_view text);

}  // namespace ticketbottle::email
