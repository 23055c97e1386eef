#include "email/transfer.hpp"

#include <doctest/doctest.h>

#include <string>

#include "core/crypto.hpp"

using namespace ticketbottle;

namespace {

std::size_t longest_line(const std::string& text) {
    std::size_t longest = 0;
    std::size_t begin = 0;
    while (begin < text.size()) {
        const auto end = text.find("\r\n", begin);
        REQUIRE(end != std::string::npos);
        longest = std::max(longest, end - begin);
        begin = end + 2;
    }
    return longest;
}

/// Strict reading of RFC 2045 6.7.
std::string decode_quoted(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '=' && text.compare(i + 1, 2, "\r\n") == 0) {
            i += 2;
        } else if (text[i] == '=') {
            out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
            i += 2;
        } else {
            if (text[i] == '\r') {
                REQUIRE(i > 0);
                REQUIRE(text[i - 1] != ' ');
                REQUIRE(text[i - 1] != '\t');
            }
            out += text[i];
        }
    }
    return out;
}

}  // namespace

TEST_CASE("quoted_printable: every length around the soft break gives the text back in lines of 76") {
    for (const std::string_view unit : {"a", "=", " ", "\t", "ễ", "🎫", ". "}) {
        for (std::size_t shift = 0; shift < 80; ++shift) {
            std::string text(shift, 'x');
            for (int i = 0; i < 40; ++i) {
                text += unit;
            }
            text += "\r\n";
            const std::string coded = email::quoted_printable(text);
            REQUIRE(longest_line(coded) <= 76);
            REQUIRE(decode_quoted(coded) == text);
        }
    }
}

TEST_CASE("quoted_printable: a line of exactly 76 needs no soft break, one of 77 does") {
    CHECK(email::quoted_printable(std::string(76, 'a') + "\r\n") == std::string(76, 'a') + "\r\n");
    CHECK(email::quoted_printable(std::string(77, 'a') + "\r\n") == std::string(75, 'a') + "=\r\naa\r\n");
}

TEST_CASE("canonical_lines: every kind of line end becomes CRLF, and the last line has one") {
    CHECK(email::canonical_lines("a\nb\rc\r\nd") == "a\r\nb\r\nc\r\nd\r\n");
    CHECK(email::canonical_lines("\n\r\r\n") == "\r\n\r\n\r\n");
    CHECK(email::canonical_lines("") == "\r\n");
}

TEST_CASE("base64_lines: 76 columns, CRLF, and the bytes back") {
    for (std::size_t size = 0; size < 200; ++size) {
        std::string bytes;
        for (std::size_t i = 0; i < size; ++i) {
            bytes += static_cast<char>(i * 37);
        }
        std::string coded = email::base64_lines(bytes);
        REQUIRE(longest_line(coded) <= 76);
        std::string joined;
        for (const char c : coded) {
            if (c != '\r' && c != '\n') {
                joined += c;
            }
        }
        REQUIRE(crypto::base64_decode(joined) == bytes);
    }
}

TEST_CASE("encode_text: ASCII stays readable, Vietnamese takes the shorter form") {
    CHECK(email::encode_text("Hello\n").encoding == "quoted-printable");
    CHECK(email::encode_text("Hello\n").body == "Hello\r\n");
    CHECK(email::encode_text("ươươươươươươươươ\n").encoding == "base64");
}
