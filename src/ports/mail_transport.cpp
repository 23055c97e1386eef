#include <ticketbottle/ports/mail_transport.hpp>

#include "core/utf8.hpp"

#include <algorithm>
#include <optional>

namespace ticketbottle {
namespace {

// RFC 5321 section 4.5.3.1, and erratum 1690 for the whole address; RFC 1035 for a label; RFC 5322 section 2.1.1 for a line.
constexpr std::size_t address_bytes_max = 254;
constexpr std::size_t local_bytes_max = 64;
constexpr std::size_t label_bytes_max = 63;
constexpr std::size_t line_bytes_max = 998;
constexpr std::size_t recipients_max = 50;
constexpr std::size_t idempotency_key_bytes_max = 255;

// The address itself is personal: no error repeats it.
Error bad_address(std::string rule) { return fail(Errc::invalid_argument, "mail.address", std::move(rule)); }
Error bad_mail(std::string rule) { return fail(Errc::invalid_argument, "mail.check", std::move(rule)); }

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_atext(char32_t c) {
    if (c >= 0x80) return false;
    const char ascii = static_cast<char>(c);
    return is_alphanumeric(ascii) || (ascii != '\0' && std::string_view("!#$%&'*+-/=?^_`{|}~").find(ascii) != std::string_view::npos);
}

/// Controls, spaces and invisible or direction-changing marks outside ASCII: they make one address look like another.
bool is_deceptive(char32_t c) {
    return (c >= 0x80 && c <= 0xA0) || c == 0xAD || c == 0x1680 || c == 0x180E || (c >= 0x2000 && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202F) || (c >= 0x205F && c <= 0x206F) || c == 0x3000 || c == 0xFEFF || (c >= 0xFFF0 && c <= 0xFFFF);
}

Result<void> check_local_part(std::string_view local) {
    if (local.empty() || local.size() > local_bytes_max) return bad_address("the part before '@' has 1 to 64 bytes");
    if (local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos)
        return bad_address("the part before '@' begins or ends with a dot, or has two in a row");
    while (!local.empty()) {
        const std::optional<char32_t> c = utf8::take(local);
        if (!c) return bad_address("the part before '@' is not UTF-8");
        const bool allowed = *c == U'.' || is_atext(*c) || (*c >= 0x80 && !is_deceptive(*c));
        if (!allowed) return bad_address("the part before '@' has a character that no mail system takes unquoted");
    }
    return {};
}

Result<void> check_label(std::string_view label) {
    if (label.empty() || label.size() > label_bytes_max) return bad_address("a label of the domain has 1 to 63 bytes");
    if (label.front() == '-' || label.back() == '-') return bad_address("a label of the domain begins or ends with '-'");
    for (const char c : label) {
        if (!is_alphanumeric(c) && c != '-') return bad_address("the domain has letters, digits, '-' and '.' only");
    }
    return {};
}

Result<void> check_domain(std::string_view domain) {
    for (std::string_view rest = domain;;) {
        const std::size_t dot = rest.find('.');
        if (Result<void> checked = check_label(rest.substr(0, dot)); !checked.has_value()) return checked;
        if (dot == std::string_view::npos) return {};
        rest.remove_prefix(dot + 1);
    }
}

Result<void> check_message_text(std::string_view message) {
    if (message.empty()) return bad_mail("the message is empty");
    if (message.size() > mail_bytes_max) return bad_mail("the message is over 25 MiB");
    if (message.find('\0') != std::string_view::npos) return bad_mail("the message has a NUL byte");
    std::size_t line = 0;
    for (std::size_t begin = 0; begin < message.size();) {
        ++line;
        const std::size_t end = std::min(message.find_first_of("\r\n", begin), message.size());
        if (end - begin > line_bytes_max) return bad_mail("line " + std::to_string(line) + " is over 998 bytes");
        if (end == message.size()) break;
        if (message.substr(end, 2) != "\r\n") return bad_mail("line " + std::to_string(line) + " ends with a bare CR or LF");
        begin = end + 2;
    }
    return {};
}

}  // namespace

Result<void> check_address(std::string_view address) {
    if (address.empty()) return bad_address("the address is empty");
    if (address.size() > address_bytes_max) return bad_address("the address is over 254 bytes");
    const std::size_t at = address.rfind('@');
    if (at == std::string_view::npos) return bad_address("the address has no '@'");
    if (Result<void> checked = check_local_part(address.substr(0, at)); !checked.has_value()) return checked;
    return check_domain(address.substr(at + 1));
}

Result<void> check_mail(const Mail& mail) {
    if (Result<void> checked = check_address(mail.sender); !checked.has_value()) return checked;
    if (mail.recipients.empty() || mail.recipients.size() > recipients_max) return bad_mail("a mail has 1 to 50 recipients");
    for (const std::string& recipient : mail.recipients) {
        if (Result<void> checked = check_address(recipient); !checked.has_value()) return checked;
    }
    if (mail.idempotency_key.empty() || mail.idempotency_key.size() > idempotency_key_bytes_max)
        return bad_mail("an idempotency key has 1 to 255 bytes");
    return check_message_text(mail.message);
}

}  // namespace ticketbottle
