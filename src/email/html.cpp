#include "email/html.hpp"

#include "core/utf8.hpp"

namespace ticketbottle::email {

namespace {

bool is_space(char32_t c) noexcept {
    return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0x2028 || c == 0x2029 || c == 0x3000;
}

bool turns_direction(char32_t c) noexcept {
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f;
}

}  // namespace

std::string escape_html(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += c;
        }
    }
    return out;
}

std::string one_line(std::string_view text) {
    std::string out;
    bool space = false;
    while (!text.empty()) {
        const auto c = utf8::take(text);
        if (!c) {
            text.remove_prefix(1);  // not reached: the text was checked
            continue;
        }
        if (turns_direction(*c)) {
            continue;
        }
        if (is_space(*c)) {
            space = true;
            continue;
        }
        if (space && !out.empty()) {
            out += ' ';
        }
        space = false;
        utf8::append(*c, out);
    }
    return out;
}

std::string shortened(std::string_view text, std::size_t bytes_max) {
    constexpr std::string_view dots = "…";
    if (text.size() <= bytes_max) {
        return std::string(text);
    }
    return std::string(utf8::prefix(text, bytes_max - dots.size())) + std::string(dots);
}

}  // namespace ticketbottle::email
