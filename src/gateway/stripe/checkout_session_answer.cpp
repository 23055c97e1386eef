#include <algorithm>
#include <array>
#include <ticketbottle/gateway/stripe_checkout.hpp>
#include <utility>

#include "core/format.hpp"
#include "gateway/printable.hpp"
#include "gateway/stripe/event.hpp"
#include "gateway/stripe/session_id.hpp"

namespace ticketbottle::stripe {

namespace {

using gateway::Checked;
using gateway::reject;

constexpr std::string_view operation = "stripe.checkout_session";
constexpr std::string_view path = "answer";

constexpr std::array<std::pair<SessionStatus, std::string_view>, 3> status_names{
    {{SessionStatus::open, "open"}, {SessionStatus::complete, "complete"}, {SessionStatus::expired, "expired"}}};
constexpr std::array<std::pair<SessionPayment, std::string_view>, 3> payment_names{
    {{SessionPayment::unpaid, "unpaid"},
     {SessionPayment::paid, "paid"},
     {SessionPayment::no_payment_required, "no_payment_required"}}};

template <class Enum, std::size_t Count>
[[nodiscard]] std::string_view name_of(Enum value,
                                       const std::array<std::pair<Enum, std::string_view>, Count>& names) noexcept {
    const auto found =
        std::find_if(names.begin(), names.end(), [&](const auto& entry) { return entry.first == value; });
    return found == names.end() ? std::string_view() : found->second;
}

template <class Enum, std::size_t Count>
[[nodiscard]] Checked<Enum> read_enum(json::Value object, std::string_view member,
                                      const std::array<std::pair<Enum, std::string_view>, Count>& names) {
    const auto text = gateway::required_text(object, member, path);
    if (!text.has_value()) return text.error();
    const auto found =
        std::find_if(names.begin(), names.end(), [&](const auto& entry) { return entry.second == *text; });
    if (found == names.end()) return reject(Reason::unsupported_value, path, member, "not a known one");
    return found->first;
}

[[nodiscard]] Checked<TimePoint> read_expires_at(json::Value session) {
    constexpr std::int64_t year_10000 = 253'402'300'800;
    const auto seconds = gateway::required_integer(session, "expires_at", path);
    if (!seconds.has_value()) return seconds.error();
    if (*seconds <= 0 || *seconds >= year_10000)
        return reject(Reason::unsupported_value, path, "expires_at", "not a time");
    return TimePoint(std::chrono::seconds(*seconds));
}

/// Only an open session's: any other's leads nowhere.
[[nodiscard]] Checked<std::string_view> read_url(json::Value session, SessionStatus status) {
    constexpr std::string_view scheme = "https://";
    const json::Value member = session["url"];
    if (status != SessionStatus::open || !member || member.is(json::Kind::null)) return std::string_view();
    const std::string_view url = member.as_string().value_or(std::string_view());
    const bool has_host = url.starts_with(scheme) && url.size() > scheme.size() && url[scheme.size()] != '/';
    if (!has_host || !gateway::is_printable(url) || url.size() > return_url_chars_max)
        return reject(Reason::unsupported_value, path, "url", "not an https URL in visible ASCII");
    return url;
}

/// The object is a checkout session, of our mode, that has an id.
[[nodiscard]] std::optional<Rejection> find_stranger(json::Value session, const Config& config) {
    if (session["object"].as_string() != "checkout.session")
        return reject(Reason::unsupported_type, path, "object", "not a checkout session");
    if (!is_session_id(session["id"].as_string().value_or(std::string_view())))
        return reject(Reason::unsupported_value, path, "id", "missing, or not a checkout session's");
    const auto livemode = session["livemode"].as_bool();
    if (!livemode) return reject(Reason::missing_field, path, "livemode", "missing");
    if (config.mode && *livemode != (*config.mode == Mode::live))
        return reject(Reason::account_mismatch, path, "livemode", "of the other mode");
    return std::nullopt;
}

[[nodiscard]] Checked<CheckoutSession> read_session(json::Value object, const Config& config) {
    if (auto stranger = find_stranger(object, config)) return *stranger;
    const auto expires_at = read_expires_at(object);
    if (!expires_at.has_value()) return expires_at.error();
    const auto status = read_enum(object, "status", status_names);
    if (!status.has_value()) return status.error();
    const auto payment_status = read_enum(object, "payment_status", payment_names);
    if (!payment_status.has_value()) return payment_status.error();
    const auto url = read_url(object, *status);
    if (!url.has_value()) return url.error();
    const auto order_id = read_order_id(object);
    if (!order_id.has_value()) return order_id.error();
    const auto amount = read_money(object, "amount_total");
    if (!amount.has_value()) return amount.error();
    return CheckoutSession{.id = std::string(object["id"].text()),
                           .url = std::string(*url),
                           .expires_at = *expires_at,
                           .status = *status,
                           .payment_status = *payment_status,
                           .order_id = std::string(*order_id),
                           .amount = *amount};
}

/// A word of Stripe's own, or of our parameters' names. Anything else is not repeated: an address has an '@', a
/// sentence spaces.
[[nodiscard]] bool is_word(std::string_view text) noexcept {
    constexpr std::size_t bytes_max = 100;
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_.[]-").find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= bytes_max && std::all_of(text.begin(), text.end(), plain);
}

/// What Stripe says of a request it did not do: {"error": {"type", "code", "param", "message", ...}}.
struct Refusal {
    std::string type;
    std::string code;
    std::string text;  ///< "HTTP 400, type invalid_request_error, param customer_email"
    bool readable = false;
};

[[nodiscard]] Refusal read_refusal(const HttpAnswer& answer) {
    Refusal refusal;
    refusal.text = formatted("HTTP {}", answer.status);
    const auto document = gateway::read_object(answer.body, path, query_answer_bytes_max);
    const json::Value error = document.has_value() ? document->root()["error"] : json::Value();
    refusal.readable = error.is(json::Kind::object) && error["type"].as_string().has_value();
    for (const std::string_view name : {"type", "code", "param"}) {
        const std::string_view word = error[name].as_string().value_or(std::string_view());
        if (!is_word(word)) continue;
        refusal.text.append(", ").append(name).append(" ").append(word);
        if (name == "type") refusal.type = word;
        if (name == "code") refusal.code = word;
    }
    return refusal;
}

[[nodiscard]] Error unreadable(const Rejection& why) { return fail(Errc::outcome_unknown, operation, why.detail); }

[[nodiscard]] Errc code_of(int status, const Refusal& refusal) noexcept {
    if (refusal.type == "idempotency_error") return Errc::conflict;
    if (status == 429 || status == 424 || refusal.code == "lock_timeout") return Errc::unavailable;
    if (status == 401 || status == 403) return Errc::invalid_argument;
    // Something between us and Stripe may answer 4xx too, after Stripe has done it: only Stripe's own refusal counts as
    // one.
    if (status >= 400 && status < 500 && status != 408 && status != 409 && refusal.readable)
        return Errc::invalid_argument;
    return Errc::outcome_unknown;
}

}  // namespace

std::string_view to_string(SessionStatus status) noexcept { return name_of(status, status_names); }
std::string_view to_string(SessionPayment payment) noexcept { return name_of(payment, payment_names); }

Result<CheckoutSession> parse_checkout_session(const HttpAnswer& answer, const Config& config) {
    if (answer.status != 200) {
        const Refusal refusal = read_refusal(answer);
        return fail(code_of(answer.status, refusal), operation, refusal.text);
    }
    const auto document = gateway::read_object(answer.body, path, query_answer_bytes_max);
    if (!document.has_value()) return unreadable(document.error());
    auto session = read_session(document->root(), config);
    if (!session.has_value()) return unreadable(session.error());
    return std::move(*session);
}

Result<CheckoutSession> parse_created_session(const HttpAnswer& answer, const CheckoutSessionRequest& request,
                                              const Config& config) {
    auto session = parse_checkout_session(answer, config);
    if (!session.has_value()) return session;
    const Money asked{request.unit_amount * static_cast<std::int64_t>(request.quantity), request.currency};
    const auto stranger = [](std::string_view why) { return fail(Errc::outcome_unknown, operation, std::string(why)); };
    if (session->status != SessionStatus::open || session->url.empty())
        return stranger("answer: the session is not open, or has no url");
    if (session->order_id != request.order_id) return stranger("answer: a session of another order");
    if (session->amount != asked) return stranger("answer: the session's total is not the one asked for");
    return session;
}

}  // namespace ticketbottle::stripe
