#include "email/encoded_word.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "core/crypto.hpp"
#include "core/utf8.hpp"
#include "email/header.hpp"

using namespace ticketbottle;

namespace {

/// Strict reading of RFC 2047; shares nothing with the writer.
std::optional<std::string> decode_q(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '_') {
            out += ' ';
        } else if (text[i] == '=') {
            if (i + 2 >= text.size()) {
                return std::nullopt;
            }
            out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
            i += 2;
        } else if (text[i] <= ' ' || text[i] == '?' || static_cast<unsigned char>(text[i]) >= 0x7f) {
            return std::nullopt;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::optional<std::string> decode_word(std::string_view word) {
    if (word.size() > 75 || word.size() < 12 || !word.starts_with("=?UTF-8?") || !word.ends_with("?=") || word[9] != '?') {
        return std::nullopt;
    }
    const std::string_view body = word.substr(10, word.size() - 12);
    auto text = word[8] == 'Q' ? decode_q(body) : crypto::base64_decode(body);
    return text && utf8::valid(*text) ? text : std::nullopt;  // whole characters in every word
}

struct Unfolded {
    std::string text;
    std::size_t longest_line = 0;
};

/// A field's decoded text; fails the test on anything but encoded words between folds.
Unfolded decode_subject(const std::string& field) {
    REQUIRE(field.starts_with("Subject: "));
    REQUIRE(field.ends_with("\r\n"));
    Unfolded out;
    std::size_t begin = 0;
    while (begin < field.size()) {
        const auto end = field.find("\r\n", begin);
        const std::string line = field.substr(begin, end - begin);
        out.longest_line = std::max(out.longest_line, line.size());
        const std::size_t skip = begin == 0 ? 9 : 1;
        if (begin != 0) {
            REQUIRE(line.front() == ' ');
        }
        const auto text = decode_word(std::string_view(line).substr(skip));
        REQUIRE_MESSAGE(text.has_value(), line);
        out.text += *text;
        begin = end + 2;
    }
    return out;
}

}  // namespace

TEST_CASE("encode_words: at every fold position the words are whole, short and give the text back") {
    // Characters of one to four bytes, moved one column at a time across two folds.
    for (const std::string_view tail : {"ễ", "é", "🎫", "a", "Đêm nhạc ễ🎫"}) {
        for (std::size_t shift = 0; shift < 160; ++shift) {
            std::string text = "é" + std::string(shift, 'a');
            for (int i = 0; i < 12; ++i) {
                text += tail;
            }
            std::string field;
            email::HeaderField(field, "Subject").text(text);
            const Unfolded read = decode_subject(field);
            REQUIRE(read.text == text);
            REQUIRE(read.longest_line <= 76);
        }
    }
}

TEST_CASE("encode_words: the shortest room still takes any one character") {
    for (const std::string_view character : {"a", "é", "ễ", "🎫"}) {
        const auto words = email::encode_words(character, email::encoded_word_min);
        REQUIRE(words.size() == 1);
        CHECK(words[0].size() <= email::encoded_word_min);
        CHECK(decode_word(words[0]) == std::string(character));
    }
}

TEST_CASE("encode_words: the shorter of Q and B is taken") {
    CHECK(email::encode_words("Nguyen Văn A", 75)[0] == "=?UTF-8?Q?Nguyen_V=C4=83n_A?=");
    CHECK(email::encode_words("ươươ", 75)[0].starts_with("=?UTF-8?B?"));
}

TEST_CASE("HeaderField::text: plain ASCII stays readable, what could be mistaken is encoded") {
    struct Row {
        std::string_view text;
        std::string_view field;
    };
    for (const Row& row : {Row{"Order Confirmed - TB-1", "Subject: Order Confirmed - TB-1\r\n"},
                           Row{"", "Subject:\r\n"},
                           Row{"  padded  ", "Subject: padded\r\n"},
                           Row{"a =?UTF-8?Q?b?= c", "Subject: =?UTF-8?B?YSA9P1VURi04P1E/Yj89IGM=?=\r\n"},
                           Row{"two  spaces", "Subject: =?UTF-8?Q?two__spaces?=\r\n"}}) {
        std::string field;
        email::HeaderField(field, "Subject").text(row.text);
        CHECK(field == row.field);
    }
}

TEST_CASE("HeaderField::text: long ASCII folds at spaces below 78 columns") {
    std::string text;
    for (int i = 0; i < 40; ++i) {
        text += "word" + std::to_string(i) + (i < 39 ? " " : "");
    }
    std::string field;
    email::HeaderField(field, "Subject").text(text);
    std::string unfolded = field.substr(9, field.size() - 11);
    std::size_t at = 0;
    while ((at = unfolded.find("\r\n ", at)) != std::string::npos) {
        unfolded.erase(at, 2);
    }
    CHECK(unfolded == text);
    std::size_t begin = 0;
    while (begin < field.size()) {
        const auto end = field.find("\r\n", begin);
        CHECK(end - begin <= 78);
        begin = end + 2;
    }
}
