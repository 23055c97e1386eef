#include "email/transfer.hpp"

#include "core/crypto.hpp"
#include "core/utf8.hpp"

namespace ticketbottle::email {

namespace {

constexpr std::size_t line_columns = 76;                  // RFC 2045 6.7 (5) and 6.8
constexpr std::size_t line_bytes = line_columns / 4 * 3;  // of a base64 line

std::string escaped(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += '=';
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

/// One line without its end.
void quote_line(std::string_view line, std::string& out) {
    std::size_t column = 0;
    while (!line.empty()) {
        std::string_view rest = line;
        if (!utf8::take(rest)) {
            rest = line.substr(1);
        }
        const std::string_view character = line.substr(0, line.size() - rest.size());
        const char c = character.front();
        const bool space = c == ' ' || c == '\t';
        // A space at the end of a line would be lost; one before a soft break is followed by '='.
        const bool plain = space ? !rest.empty() : c > ' ' && c < 0x7f && c != '=';
        const std::string unit = plain ? std::string(1, c) : escaped(character);
        const std::size_t room = rest.empty() ? line_columns : line_columns - 1;  // a column for the soft break's '='
        if (column + unit.size() > room) {
            out += "=\r\n";
            column = 0;
        }
        out += unit;
        column += unit.size();
        line = rest;
    }
    out += "\r\n";
}

}  // namespace

std::string base64_lines(std::string_view bytes) {
    const std::string all = crypto::base64(bytes);
    std::string out;
    out.reserve(all.size() + all.size() / line_columns * 2 + 2);
    for (std::size_t at = 0; at < all.size(); at += line_columns) {
        out.append(all, at, line_columns);
        out += "\r\n";
    }
    return out;
}

std::string quoted_printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto end = text.find("\r\n");
        quote_line(text.substr(0, end), out);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    }
    return out;
}

std::string canonical_lines(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r' || text[i] == '\n') {
            out += "\r\n";
            i += text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n' ? 1 : 0;
        } else {
            out += text[i];
        }
    }
    if (!out.ends_with("\r\n")) {
        out += "\r\n";
    }
    return out;
}

Encoded encode_text(std::string_view text) {
    const std::string lines = canonical_lines(text);
    std::string quoted = quoted_printable(lines);
    const std::size_t base64_size = (lines.size() + 2) / 3 * 4 + (lines.size() + line_bytes - 1) / line_bytes * 2;
    if (quoted.size() <= base64_size) {
        return {"quoted-printable", std::move(quoted)};
    }
    return {"base64", base64_lines(lines)};
}

}  // namespace ticketbottle::email
