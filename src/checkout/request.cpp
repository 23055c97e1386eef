#include "checkout/request.hpp"

#include "core/format.hpp"
#include "core/json.hpp"
#include "core/utf8.hpp"

#include <ticketbottle/ports/mail_transport.hpp>

#include <algorithm>
#include <charconv>

namespace ticketbottle::checkout {
namespace {

constexpr std::size_t json_depth = 16;
constexpr std::size_t origin_bytes_max = 200;
constexpr json::Limits limits{.bytes_max = checkout_body_bytes_max, .depth_max = json_depth};

std::optional<std::int64_t> id_of(std::string_view segment) noexcept {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    if (segment.empty() || segment.front() == '0' || !std::ranges::all_of(segment, digit)) return std::nullopt;
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(segment.data(), segment.data() + segment.size(), id);
    return error == std::errc() ? std::optional(id) : std::nullopt;
}

/// The last segment, taken off; "" when there is no '/'.
std::string_view take_last(std::string_view& path) noexcept {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return {};
    const std::string_view segment = path.substr(slash + 1);
    path = path.substr(0, slash);
    return segment;
}

/// Nowhere for null and for what is not there.
json::Value member(json::Value object, std::string_view name) noexcept {
    const json::Value value = object[name];
    return value.is(json::Kind::null) ? json::Value() : value;
}

bool is_printable(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return out;
}

std::optional<BodyProblem> read_email(json::Value value, std::string& into) {
    if (!value) return BodyProblem{"email_missing", "An e-mail address is needed."};
    const auto text = value.as_string();
    if (!text || text->empty()) return BodyProblem{"email_missing", "An e-mail address is needed, as text."};
    // A host without a domain is fine for mail within a house, and nowhere else.
    const bool has_domain = text->find('.', std::min(text->find('@'), text->size())) != std::string_view::npos;
    if (!has_domain || !check_address(*text).has_value())
        return BodyProblem{"email_invalid", "This is no e-mail address that mail can be sent to."};
    into = *text;
    return std::nullopt;
}

std::optional<BodyProblem> read_quantity(json::Value value, std::uint32_t quantity_max, std::uint32_t& into) {
    if (!value) return std::nullopt;
    const auto quantity = value.as_int64();
    if (!quantity || *quantity < 1 || *quantity > std::int64_t{quantity_max})
        return BodyProblem{"quantity_invalid", formatted("The quantity is a whole number from 1 to {}.", quantity_max)};
    into = static_cast<std::uint32_t>(*quantity);
    return std::nullopt;
}

std::optional<BodyProblem> read_code(json::Value value, std::string& into) {
    if (!value) return std::nullopt;
    const auto code = value.as_string();
    if (!code || code->size() > discount_code_bytes_max || !is_printable(*code))
        return BodyProblem{"code_malformed",
                           formatted("A discount code is text of at most {} letters, digits and marks.", discount_code_bytes_max)};
    into = upper(*code);
    return std::nullopt;
}

bool is_this_machine(std::string_view host) noexcept { return host == "localhost" || host == "127.0.0.1" || host == "[::1]"; }

bool is_port(std::string_view text) noexcept {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc() && end == text.data() + text.size() && port != 0 && text.front() != '0';
}

}  // namespace

std::optional<Place> place_of(std::string_view path) noexcept {
    const std::string_view verb = take_last(path);
    const auto item = id_of(take_last(path));
    const std::string_view folder = take_last(path);
    const auto event = id_of(take_last(path));
    if (take_last(path) != "events" || !item || !event) return std::nullopt;
    if (verb == "checkout" && folder == "tickets") return Place{Endpoint::checkout, *event, *item};
    if (verb == "validate" && folder == "ticket-orders") return Place{Endpoint::check_in, *event, *item};
    return std::nullopt;
}

std::optional<Endpoint> endpoint_of(std::string_view path) noexcept {
    const auto place = place_of(path);
    return place ? std::optional(place->endpoint) : std::nullopt;
}

std::variant<CheckoutBody, BodyProblem> read_checkout_body(std::string_view body, std::uint32_t quantity_max) {
    const auto document = json::parse(body, limits);
    if (!document.has_value() || !document->root().is(json::Kind::object))
        return BodyProblem{"body_malformed", "The body is not a JSON object."};
    const json::Value root = document->root();
    CheckoutBody read;
    if (auto problem = read_email(member(root, "email"), read.email)) return *problem;
    if (auto problem = read_quantity(member(root, "quantity"), quantity_max, read.quantity)) return *problem;
    if (auto problem = read_code(member(root, "discount_code"), read.code)) return *problem;
    return read;
}

std::optional<BodyProblem> check_check_in_body(std::string_view body) {
    if (body.empty()) return std::nullopt;
    const auto document = json::parse(body, limits);
    if (!document.has_value() || !document->root().is(json::Kind::object))
        return BodyProblem{"body_malformed", "The body is not a JSON object."};
    const json::Value validated = member(document->root(), "validated");
    if (!validated) return std::nullopt;
    const auto wanted = validated.as_bool();
    if (!wanted) return BodyProblem{"body_malformed", "\"validated\" is true or left out."};
    if (!*wanted) return BodyProblem{"undo_unsupported", "A check-in is not taken back: an order is validated once."};
    return std::nullopt;
}

bool is_origin(std::string_view origin) noexcept {
    if (origin.size() > origin_bytes_max) return false;
    const bool secure = origin.starts_with("https://");
    if (!secure && !origin.starts_with("http://")) return false;
    std::string_view host = origin.substr(secure ? 8 : 7);
    const std::size_t bracket = host.starts_with('[') ? host.find(']') : 0;
    if (bracket == std::string_view::npos) return false;
    if (const std::size_t colon = host.find(':', bracket); colon != std::string_view::npos) {
        if (colon + 1 == host.size() || !is_port(host.substr(colon + 1))) return false;
        host = host.substr(0, colon);
    }
    if (bracket != 0) return host == "[::1]";
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'; };
    const bool named = !host.empty() && host.front() != '.' && host.back() != '.' && std::ranges::all_of(host, plain);
    return named && (secure || is_this_machine(host));
}

std::string one_line(std::string_view text, std::size_t chars_max) {
    std::string out;
    for (std::size_t chars = 0; !text.empty() && chars < chars_max; ++chars) {
        const auto c = utf8::take(text);
        if (!c) text.remove_prefix(1);  // a row some other program wrote
        const bool control = !c || *c < 0x20 || (*c >= 0x7f && *c < 0xa0) || *c == 0x2028 || *c == 0x2029;
        utf8::append(control ? U' ' : *c, out);
    }
    return out;
}

}  // namespace ticketbottle::checkout
