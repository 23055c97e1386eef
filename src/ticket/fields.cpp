#include "ticket/fields.hpp"

#include <algorithm>
#include <optional>
#include <ticketbottle/ticket/ticket.hpp>

#include "core/format.hpp"
#include "core/utf8.hpp"
#include "ticket/text.hpp"

namespace ticketbottle {

namespace ticket {

namespace {

bool is_alphanumeric(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// RFC 3986 section 2.3: what needs no encoding anywhere in a URL.
bool is_unreserved(char c) noexcept { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~'; }

}  // namespace

Result<void> check_id(std::string_view field, std::string_view id) {
    const auto allowed = [](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; };
    const auto refuse = [&](std::string_view what) {
        return fail(Errc::malformed, "ticket.id", formatted("{} {}", field, what));
    };
    if (id.empty()) return refuse("is empty");
    if (id.size() > ticket_id_bytes_max) return refuse(formatted("is longer than {} bytes", ticket_id_bytes_max));
    if (!std::all_of(id.begin(), id.end(), allowed))
        return refuse("has a character other than A-Z, a-z, 0-9, '.', '_', '-'");
    if (id.front() == '.') return refuse("begins with a dot");
    return {};
}

Result<void> check_qr_base(std::string_view base) {
    constexpr std::size_t base_bytes_max = 256;
    const auto refuse = [](std::string_view what) {
        return fail(Errc::invalid_argument, "ticket.qr_url", formatted("qr_base_url {}", what));
    };
    std::string_view rest = base;
    if (rest.starts_with("https://")) {
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
    } else {
        return refuse("does not begin with https:// or http://");
    }
    if (rest.empty() || rest.front() == '/' || rest.front() == '?') return refuse("names no host");
    if (base.size() > base_bytes_max) return refuse(formatted("is longer than {} bytes", base_bytes_max));
    const auto printable = [](char c) { return c > ' ' && c < 0x7f; };
    if (!std::all_of(base.begin(), base.end(), printable)) return refuse("has a character that is not printable ASCII");
    if (base.find('#') != std::string_view::npos) return refuse("has a fragment");
    return {};
}

}  // namespace ticket

Result<std::string> ticket_object_key(std::string_view order_code, std::string_view ticket_id) {
    if (Result<void> ok = ticket::check_id("order_code", order_code); !ok.has_value()) return ok.error();
    if (Result<void> ok = ticket::check_id("ticket_id", ticket_id); !ok.has_value()) return ok.error();
    return formatted("tickets/{}/{}.pdf", order_code, ticket_id);
}

Result<std::string> ticket_qr_url(std::string_view base, std::string_view code) {
    if (Result<void> ok = ticket::check_qr_base(base); !ok.has_value()) return ok.error();
    const auto refuse = [](std::string_view what) {
        return fail(Errc::malformed, "ticket.qr_url", formatted("qr_code_data {}", what));
    };
    if (code.empty()) return refuse("is empty");
    if (code.size() > qr_url_bytes_max) return refuse("is too long");
    for (std::string_view rest = code; !rest.empty();) {
        const std::optional<char32_t> c = utf8::take(rest);
        if (!c) return refuse("is not UTF-8");
        if (ticket::is_control(*c)) return refuse("has control character " + ticket::code_point_name(*c));
    }
    std::string url(base);
    const std::size_t query = base.find('?');
    if (query == std::string_view::npos) {
        url += '?';
    } else if (query + 1 != base.size() && base.back() != '&') {
        url += '&';
    }
    url += "code=";
    for (const char c : code) {
        if (ticket::is_unreserved(c)) {
            url += c;
        } else {
            url += formatted("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    if (url.size() > qr_url_bytes_max)
        return refuse(formatted("makes a URL of more than {} bytes", qr_url_bytes_max));
    return url;
}

}  // namespace ticketbottle
