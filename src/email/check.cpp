#include "email/check.hpp"

#include <ticketbottle/email/message.hpp>

#include <algorithm>

#include "core/format.hpp"
#include "core/utf8.hpp"

namespace ticketbottle::email {

namespace {

constexpr std::string_view operation = "email.build";
constexpr std::size_t address_bytes_max = 254;  // RFC 5321 4.5.3.1.3 (256 with its angle brackets)
constexpr std::size_t local_bytes_max = 64;     // RFC 5321 4.5.3.1.1
constexpr std::size_t label_bytes_max = 63;     // RFC 1035
constexpr std::size_t id_bytes_max = 512;       // ours: a line must hold it
constexpr std::size_t token_bytes_max = 127;    // RFC 6838 4.2, for a whole media type; ours for the rest

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Unicode's controls and line separators: what a reader of headers might take for the end of a line.
bool is_control(char32_t c) noexcept { return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029; }

bool is_dot_atom(std::string_view text) noexcept {
    if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos) {
        return false;
    }
    return std::all_of(text.begin(), text.end(), [](char c) { return c == '.' || is_atext(c); });
}

bool is_label(std::string_view label) noexcept {
    if (label.empty() || label.size() > label_bytes_max || label.front() == '-' || label.back() == '-') {
        return false;
    }
    return std::all_of(label.begin(), label.end(), [](char c) { return is_digit(c) || is_letter(c) || c == '-'; });
}

bool is_domain(std::string_view domain) noexcept {
    while (true) {
        const auto dot = domain.find('.');
        if (!is_label(domain.substr(0, dot))) {
            return false;
        }
        if (dot == std::string_view::npos) {
            return true;
        }
        domain.remove_prefix(dot + 1);
    }
}

Error malformed(std::string_view field, std::string_view what) {
    return fail(Errc::malformed, operation, formatted("{}: {}", field, what));
}

template <class Refused>
Result<void> check(std::string_view field, std::string_view text, std::size_t bytes_max, Refused refused) {
    if (text.size() > bytes_max) {
        return malformed(field, formatted("{} bytes, at most {} are taken", text.size(), bytes_max));
    }
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::size_t at = text.size() - rest.size();
        const auto c = utf8::take(rest);
        if (!c) {
            return malformed(field, formatted("not UTF-8 at byte {}", at));
        }
        if (refused(*c)) {
            return malformed(field, formatted("holds a control character at byte {}", at));
        }
    }
    return {};
}

}  // namespace

bool is_atext(char c) noexcept {
    return is_digit(c) || is_letter(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_ascii(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string_view trim(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_token(std::string_view text) noexcept {
    if (text.empty() || text.size() > token_bytes_max) {
        return false;
    }
    return std::all_of(text.begin(), text.end(), [](char c) {
        return c > 0x20 && c < 0x7f && std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
    });
}

bool is_address(std::string_view text) noexcept {
    const auto at = text.rfind('@');
    if (at == std::string_view::npos || text.size() > address_bytes_max) {
        return false;
    }
    const std::string_view local = text.substr(0, at);
    return local.size() <= local_bytes_max && is_dot_atom(local) && is_domain(text.substr(at + 1));
}

Result<void> check_line(std::string_view field, std::string_view text, std::size_t bytes_max) {
    return check(field, text, bytes_max, is_control);
}

Result<void> check_text(std::string_view field, std::string_view text, std::size_t bytes_max) {
    return check(field, text, bytes_max, [](char32_t c) { return c == 0; });
}

Result<void> check_mail_address(std::string_view field, std::string_view address) {
    if (is_address(address)) {
        return {};
    }
    if (!is_ascii(address)) {
        return malformed(field, "not an ASCII address (an internationalised one would need SMTPUTF8)");
    }
    return malformed(field, "not an address of the form dot-atom@domain");
}

Result<void> check_id(std::string_view field, std::string_view id) {
    const auto at = id.find('@');
    if (id.size() > id_bytes_max || at == std::string_view::npos || !is_dot_atom(id.substr(0, at)) ||
        !is_dot_atom(id.substr(at + 1))) {
        return malformed(field, "not an id of the form local@domain");
    }
    return {};
}

Result<void> check_media_type(std::string_view field, std::string_view type) {
    const auto slash = type.find('/');
    if (slash == std::string_view::npos || type.size() > token_bytes_max || !is_token(type.substr(0, slash)) ||
        !is_token(type.substr(slash + 1))) {
        return malformed(field, "not a media type");
    }
    return {};
}

Result<void> check_filename(std::string_view field, std::string_view name) {
    if (auto line = check_line(field, name, filename_bytes_max); !line.has_value()) {
        return line;
    }
    if (trim(name).empty() || name.find_first_of("/\\") != std::string_view::npos || name == "." || name == "..") {
        return malformed(field, "empty, or a path");
    }
    return {};
}

}  // namespace ticketbottle::email
