#include "core/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace ticketbottle::utf8 {

namespace {

/// What the first byte of a character says: how many bytes follow, the bits it brings, and the least code point that
/// needs so many bytes (a smaller one is an overlong form).
struct Lead {
    std::size_t following;
    char32_t bits;
    char32_t least;
};

std::optional<Lead> lead(unsigned char byte) noexcept {
    if (byte < 0x80) return Lead{0, byte, 0};
    if (byte >= 0xc2 && byte < 0xe0) return Lead{1, byte & 0x1fu, 0x80};
    if (byte >= 0xe0 && byte < 0xf0) return Lead{2, byte & 0x0fu, 0x800};
    if (byte >= 0xf0 && byte < 0xf5) return Lead{3, byte & 0x07u, 0x10000};
    return std::nullopt;
}

bool continues(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

std::uint64_t word_at(const char* place) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, place, sizeof word);
    return word;
}

bool is_ascii(std::uint64_t word) noexcept { return (word & 0x8080808080808080u) == 0; }

}  // namespace

bool valid(std::string_view text) noexcept {
    while (!text.empty()) {  // most text is mostly ASCII
        const char* at = text.data();
        if (text.size() >= 32 && is_ascii(word_at(at) | word_at(at + 8) | word_at(at + 16) | word_at(at + 24))) {
            text.remove_prefix(32);
        } else if (text.size() >= 8 && is_ascii(word_at(at))) {
            text.remove_prefix(8);
        } else if (!take(text)) {
            return false;
        }
    }
    return true;
}

std::optional<char32_t> take(std::string_view& text) noexcept {
    const std::optional<Lead> first = lead(static_cast<unsigned char>(text.front()));
    if (!first || text.size() <= first->following) return std::nullopt;
    char32_t code = first->bits;
    for (std::size_t i = 1; i <= first->following; ++i) {
        if (!continues(text[i])) return std::nullopt;
        code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3fu);
    }
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (code < first->least || surrogate || code > 0x10ffff) return std::nullopt;
    text.remove_prefix(first->following + 1);
    return code;
}

void append(char32_t code, std::string& out) {
    const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | (code >> shift & 0x3f)); };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xc0 | code >> 6);
        tail(0);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xe0 | code >> 12);
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xf0 | code >> 18);
        tail(12);
        tail(6);
        tail(0);
    }
}

std::string_view prefix(std::string_view text, std::size_t bytes_max) noexcept {
    if (text.size() <= bytes_max) return text;
    const std::size_t least = bytes_max - std::min<std::size_t>(bytes_max, 3);  // a character is at most 4 bytes
    std::size_t count = bytes_max;
    while (count > least && continues(text[count])) --count;
    const bool at_start = !continues(text[count]);
    return text.substr(0, at_start ? count : bytes_max);
}

}  // namespace ticketbottle::utf8
