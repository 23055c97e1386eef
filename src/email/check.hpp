#pragma once
/// \file
/// What may stand in a header. Internal: not installed.

#include <ticketbottle/core/result.hpp>

#include <string_view>

namespace ticketbottle::email {

/// One line of UTF-8 of at most `bytes_max` bytes: no C0 or C1 control character, no DEL, no U+2028 or U+2029 (so no CR, LF or
/// NUL: nothing can begin a header of its own). Errors: malformed, "<field>: ...".
[[nodiscard]] Result<void> check_line(std::string_view field, std::string_view text, std::size_t bytes_max);

/// UTF-8 of at most `bytes_max` bytes without NUL; line breaks are allowed. Errors: malformed.
[[nodiscard]] Result<void> check_text(std::string_view field, std::string_view text, std::size_t bytes_max);

/// dot-atom@domain (RFC 5322 without quoted strings and literals). Errors: malformed.
[[nodiscard]] Result<void> check_mail_address(std::string_view field, std::string_view address);

/// dot-atom@dot-atom, at most 512 bytes: what stands in the angle brackets of Message-ID and Content-ID. Errors: malformed.
[[nodiscard]] Result<void> check_id(std::string_view field, std::string_view id);

/// type/subtype of RFC 2045 tokens, at most 127 bytes. Errors: malformed.
[[nodiscard]] Result<void> check_media_type(std::string_view field, std::string_view type);
[[nodiscard]] bool is_token(std::string_view text) noexcept;

/// A file name without a path in it. Errors: malformed.
[[nodiscard]] Result<void> check_filename(std::string_view field, std::string_view name);

[[nodiscard]] bool is_atext(char c) noexcept;
[[nodiscard]] bool is_ascii(std::string_view text) noexcept;
/// Without spaces and tabs at both ends.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

}  // namespace ticketbottle::email
