#include "email/encoded_word.hpp"

#include "core/crypto.hpp"
#include "core/utf8.hpp"

namespace ticketbottle::email {

namespace {

constexpr std::string_view q_begin = "=?UTF-8?Q?";
constexpr std::string_view b_begin = "=?UTF-8?B?";
constexpr std::string_view word_end = "?=";
constexpr std::size_t frame = q_begin.size() + word_end.size();
static_assert(q_begin.size() == b_begin.size());
static_assert(encoded_word_min == frame + 4 * 3);

/// RFC 2047 section 5 (3): what may stand for itself in a phrase.
bool q_plain(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '!' || c == '*' || c == '+' ||
           c == '-' || c == '/';
}

std::string q_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (c == ' ') {
            out += '_';
        } else if (q_plain(c)) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '=';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

std::size_t b_size(std::size_t bytes) noexcept { return (bytes + 2) / 3 * 4; }

std::string_view take_character(std::string_view& rest) noexcept {
    const std::string_view before = rest;
    if (!utf8::take(rest)) {
        rest.remove_prefix(1);  // not reached: the text was checked
    }
    return before.substr(0, before.size() - rest.size());
}

}  // namespace

std::vector<std::string> encode_words(std::string_view text, std::size_t first_room) {
    const bool q = q_encode(text).size() <= b_size(text.size());
    std::vector<std::string> words;
    std::size_t room = first_room;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::string_view begin = rest;
        std::size_t bytes = 0;
        std::size_t q_size = 0;
        while (!rest.empty()) {
            std::string_view after = rest;
            const std::string_view character = take_character(after);
            const std::size_t q_next = q_size + q_encode(character).size();
            const std::size_t body = q ? q_next : b_size(bytes + character.size());
            if (frame + body > room && bytes > 0) {
                break;
            }
            q_size = q_next;
            bytes += character.size();
            rest = after;
        }
        const std::string_view piece = begin.substr(0, bytes);
        std::string word(q ? q_begin : b_begin);
        word += q ? q_encode(piece) : crypto::base64(piece);
        word += word_end;
        words.push_back(std::move(word));
        room = encoded_word_max;
    }
    return words;
}

}  // namespace ticketbottle::email
