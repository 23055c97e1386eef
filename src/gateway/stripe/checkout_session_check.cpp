#include "gateway/stripe/checkout_session_check.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "core/format.hpp"
#include "core/utf8.hpp"
#include "gateway/printable.hpp"

namespace ticketbottle::stripe {

namespace {

constexpr std::string_view operation = "stripe.create_checkout_session";
constexpr std::size_t any_length = std::numeric_limits<std::size_t>::max();

[[nodiscard]] Error fault(std::string_view field, std::string_view what) {
    return fail(Errc::invalid_argument, operation, formatted("{}: {}", field, what));
}

struct Text {
    std::string_view field;
    std::string_view value;
    bool required = false;
    std::size_t chars_max = any_length;
    std::size_t bytes_max = any_length;
};

/// Line ends and NUL are refused with the other control characters, C1's too: a text is one line on a page, in a log
/// and in a column.
[[nodiscard]] std::optional<Error> find_text_fault(const Text& text) {
    if (text.required && text.value.empty()) return fault(text.field, "empty");
    if (text.value.size() > text.bytes_max) return fault(text.field, formatted("longer than {} bytes", text.bytes_max));
    std::size_t chars = 0;
    for (std::string_view left = text.value; !left.empty(); ++chars) {
        const auto code_point = utf8::take(left);
        if (!code_point) return fault(text.field, "not UTF-8");
        if (*code_point < 0x20 || (*code_point >= 0x7f && *code_point < 0xa0))
            return fault(text.field, "has a control character");
    }
    if (chars > text.chars_max) return fault(text.field, formatted("longer than {} characters", text.chars_max));
    return std::nullopt;
}

[[nodiscard]] bool has_host_and(std::string_view url, std::string_view scheme) noexcept {
    return url.starts_with(scheme) && url.size() > scheme.size() && url[scheme.size()] != '/' &&
           url[scheme.size()] != '?';
}

/// In test mode a page on the developer's own machine may be returned to; nothing else without TLS.
[[nodiscard]] bool is_on_this_machine(std::string_view url) noexcept {
    constexpr std::array<std::string_view, 3> starts{"http://localhost", "http://127.0.0.1", "http://[::1]"};
    return std::any_of(starts.begin(), starts.end(), [&](std::string_view start) {
        const std::string_view rest = url.substr(std::min(start.size(), url.size()));
        return url.starts_with(start) &&
               (rest.empty() || rest.front() == ':' || rest.front() == '/' || rest.front() == '?');
    });
}

[[nodiscard]] std::optional<Error> find_url_fault(std::string_view field, std::string_view url, const Config& config) {
    if (!gateway::is_printable(url)) return fault(field, "empty, or not visible ASCII");
    if (url.size() > return_url_chars_max)
        return fault(field, formatted("longer than {} characters", return_url_chars_max));
    const bool local = config.mode != Mode::live && is_on_this_machine(url);
    if (!local && !has_host_and(url, "https://")) return fault(field, "not an https URL");
    return std::nullopt;
}

/// What a unit of Stripe's amounts is worth must be what the currency's minor unit is worth here. Stripe counts MGA in
/// whole ariary, and ISK and UGX in hundredths that ISO 4217 does not have; it takes no currency of four places.
[[nodiscard]] std::optional<Error> find_currency_fault(Currency currency) {
    constexpr std::array<std::string_view, 3> counted_otherwise{"ISK", "MGA", "UGX"};
    const auto found = std::find(counted_otherwise.begin(), counted_otherwise.end(), currency.code());
    if (found != counted_otherwise.end() || currency.exponent() > 3 || currency == Currency())
        return fail(Errc::unsupported, operation,
                    formatted("currency: {}'s minor unit is not the one Stripe counts in", currency.code()));
    return std::nullopt;
}

[[nodiscard]] std::optional<Error> find_amount_fault(const CheckoutSessionRequest& request) {
    if (request.unit_amount < 0 || request.unit_amount > unit_amount_max)
        return fault("unit_amount", formatted("not 0..{}", unit_amount_max));
    if (request.quantity < 1 || request.quantity > quantity_max)
        return fault("quantity", formatted("not 1..{}", quantity_max));
    if (request.unit_amount * request.quantity > unit_amount_max)  // at most 10^14: no overflow
        return fault("unit_amount", formatted("times quantity above {}", unit_amount_max));
    if (auto found = find_currency_fault(request.currency)) return found;
    if (request.currency.exponent() == 3 && request.unit_amount % 10 != 0)
        return fault("unit_amount", "in a currency of three decimal places Stripe takes multiples of 10 only");
    return std::nullopt;
}

[[nodiscard]] std::optional<Error> find_life_fault(TimePoint expires_at, TimePoint now) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(expires_at);  // as it is sent
    if (seconds < now + session_life_min || seconds > now + session_life_max)
        return fault("expires_at", "not 30 minutes to 24 hours from now");
    return std::nullopt;
}

}  // namespace

std::optional<Error> find_fault(const Config& config, std::string_view of) {
    if (!gateway::is_printable(config.api_key.expose()))
        return fail(Errc::invalid_argument, of, "api_key: empty or not printable ASCII");
    if (!gateway::is_printable(config.api_base))
        return fail(Errc::invalid_argument, of, "api_base: empty or not printable ASCII");
    return std::nullopt;
}

std::optional<Error> find_key_fault(std::string_view idempotency_key, std::string_view of) {
    if (gateway::is_printable(idempotency_key) && idempotency_key.size() <= idempotency_key_chars_max)
        return std::nullopt;
    return fail(Errc::invalid_argument, of,
                formatted("idempotency_key: not 1..{} visible ASCII characters", idempotency_key_chars_max));
}

std::optional<Error> find_fault(const CheckoutSessionRequest& request, const Config& config, TimePoint now) {
    if (auto found = find_fault(config, operation)) return found;
    const std::array texts{
        Text{.field = "order_id", .value = request.order_id, .required = true, .bytes_max = order_id_bytes_max},
        Text{.field = "event_id", .value = request.event_id, .chars_max = metadata_value_chars_max},
        Text{.field = "ticket_id", .value = request.ticket_id, .chars_max = metadata_value_chars_max},
        Text{.field = "product_name",
             .value = request.product_name,
             .required = true,
             .chars_max = product_name_chars_max},
        Text{.field = "product_description",
             .value = request.product_description,
             .chars_max = product_description_chars_max},
        Text{.field = "customer_email", .value = request.customer_email, .bytes_max = customer_email_bytes_max},
    };
    for (const Text& text : texts) {
        if (auto found = find_text_fault(text)) return found;
    }
    if (auto found = find_amount_fault(request)) return found;
    if (auto found = find_url_fault("success_url", request.success_url, config)) return found;
    if (!request.cancel_url.empty()) {
        if (auto found = find_url_fault("cancel_url", request.cancel_url, config)) return found;
    }
    if (auto found = find_life_fault(request.expires_at, now)) return found;
    return find_key_fault(request.idempotency_key, operation);
}

}  // namespace ticketbottle::stripe
