#pragma once
/// \file
/// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing past U+10FFFF. Internal: not installed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ticketbottle::utf8 {

[[nodiscard]] bool valid(std::string_view text) noexcept;
/// Takes the first code point off `text`, which must not be empty; nullopt (and nothing taken) if it is not valid
/// there.
[[nodiscard]] std::optional<char32_t> take(std::string_view& text) noexcept;
void append(char32_t code_point, std::string& out);
/// The longest prefix of at most `bytes_max` bytes that does not cut a character. For lastError's first 500.
[[nodiscard]] std::string_view prefix(std::string_view text, std::size_t bytes_max) noexcept;

}  // namespace ticketbottle::utf8
