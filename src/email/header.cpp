#include "email/header.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "core/format.hpp"
#include "core/utf8.hpp"
#include "email/check.hpp"
#include "email/encoded_word.hpp"

namespace ticketbottle::email {

namespace {

/// Longest word of plain text, and longest quoted string: past it encoding folds better.
constexpr std::size_t plain_word_max = 60;
/// Longest piece of a parameter's value on one line.
constexpr std::size_t parameter_piece_max = 54;

/// May an ASCII text stand as it is? Not if a reader could take a part of it for an encoded word, or if folding could
/// change its spaces.
bool is_plain(std::string_view text) {
    if (!is_ascii(text) || text.find("=?") != std::string_view::npos || text.find("  ") != std::string_view::npos) {
        return false;
    }
    std::size_t word = 0;
    for (const char c : text) {
        word = c == ' ' ? 0 : word + 1;
        if (word > plain_word_max) {
            return false;
        }
    }
    return true;
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out + '"';
}

bool is_phrase(std::string_view name) {
    return std::all_of(name.begin(), name.end(), [](char c) { return c == ' ' || is_atext(c); });
}

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                           c == '_';
        out += plain ? std::string(1, c) : formatted("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

/// Percent-encoded, in pieces of whole characters: readers decode piece by piece.
std::vector<std::string> percent_encoded_pieces(std::string_view text) {
    std::vector<std::string> pieces(1);
    while (!text.empty()) {
        std::string_view rest = text;
        if (!utf8::take(rest)) {
            rest.remove_prefix(1);  // not reached: the name was checked
        }
        const std::string character = percent_encoded(text.substr(0, text.size() - rest.size()));
        if (pieces.back().size() + character.size() > parameter_piece_max) {
            pieces.emplace_back();
        }
        pieces.back() += character;
        text = rest;
    }
    return pieces;
}

}  // namespace

HeaderField::HeaderField(std::string& out, std::string_view name) : out_(out), column_(name.size() + 1) {
    out_ += name;
    out_ += ':';
}

HeaderField::~HeaderField() { out_ += "\r\n"; }

void HeaderField::fold() {
    out_ += "\r\n ";
    column_ = 1;
    encoded_line_ = false;
}

HeaderField& HeaderField::atom(std::string_view text) {
    const std::size_t columns = (encoded_line_ ? encoded_columns : header_columns) - 1;  // one is left for a ';' behind it
    // The first thing stays on the field's line whatever its length: some readers dislike a field that begins with a fold.
    if (!first_ && column_ + 1 + text.size() > columns) {
        fold();
    } else {
        out_ += ' ';
        ++column_;
    }
    out_ += text;
    column_ += text.size();
    first_ = false;
    return *this;
}

void HeaderField::encoded(std::string_view utf8) {
    if (column_ + 1 + encoded_word_min > encoded_columns) {
        fold();
    } else {
        out_ += ' ';
        ++column_;
    }
    const std::size_t room = std::min(encoded_columns - column_, encoded_word_max);
    bool next = false;
    for (const std::string& word : encode_words(utf8, room)) {
        if (next) {
            fold();
        }
        out_ += word;
        column_ += word.size();
        next = true;
    }
    encoded_line_ = true;
    first_ = false;
}

HeaderField& HeaderField::text(std::string_view utf8) {
    utf8 = trim(utf8);
    if (utf8.empty()) {
        return *this;
    }
    if (!is_plain(utf8)) {
        encoded(utf8);
        return *this;
    }
    while (true) {
        const auto space = utf8.find(' ');
        atom(utf8.substr(0, space));
        if (space == std::string_view::npos) {
            return *this;
        }
        utf8.remove_prefix(space + 1);
    }
}

HeaderField& HeaderField::mailbox(const Mailbox& mailbox, std::string_view after) {
    const std::string_view name = trim(mailbox.name);
    if (name.empty()) {
        return atom(formatted("<{}>{}", mailbox.address, after));
    }
    if (!is_plain(name) || name.size() > plain_word_max) {
        encoded(name);
    } else {
        atom(is_phrase(name) ? std::string(name) : quoted(name));
    }
    return atom(formatted("<{}>{}", mailbox.address, after));
}

HeaderField& HeaderField::parameter(std::string_view name, std::string_view ascii) {
    out_ += ';';
    ++column_;
    return atom(formatted("{}={}", name, is_token(ascii) ? std::string(ascii) : quoted(ascii)));
}

HeaderField& HeaderField::filename(std::string_view name) {
    // "=?" could be taken for an encoded word by readers that look for them everywhere.
    if (is_ascii(name) && name.size() <= parameter_piece_max && name.find("=?") == std::string_view::npos) {
        return parameter("filename", name);
    }
    const auto pieces = percent_encoded_pieces(name);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        out_ += ';';
        ++column_;
        const std::string_view charset = i == 0 ? "UTF-8''" : "";
        const std::string section = pieces.size() == 1 ? std::string() : formatted("*{}", i);
        atom(formatted("filename{}*={}{}", section, charset, pieces[i]));
    }
    return *this;
}

std::string rfc5322_date(TimePoint time) {
    constexpr std::array<std::string_view, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    return formatted("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", days[std::chrono::weekday(day).c_encoding()],
                       static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                       static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string ascii_filename(std::string_view name) {
    std::string out;
    while (!name.empty()) {
        const auto c = utf8::take(name);
        if (!c) {
            name.remove_prefix(1);
        }
        const bool keep = c && *c >= 0x20 && *c < 0x7f && *c != U'"' && *c != U'\\' && *c != U'=';
        out += keep ? static_cast<char>(*c) : '_';
    }
    return out;
}

}  // namespace ticketbottle::email
