#include <ticketbottle/gateway/stripe.hpp>

#include "gateway/printable.hpp"
#include "gateway/stripe/event.hpp"
#include "gateway/stripe/session_id.hpp"

namespace ticketbottle::stripe {

namespace {

using gateway::Checked;
using gateway::reject;

enum class Kind : std::uint8_t { checkout_session, payment_intent };

/// By the id's prefix; nullopt if it is neither, or would need escaping in a path.
[[nodiscard]] std::optional<Kind> kind_of(std::string_view id) noexcept {
    if (!is_path_word(id)) {
        return std::nullopt;
    }
    if (id.starts_with("cs_")) {
        return Kind::checkout_session;
    }
    return id.starts_with("pi_") ? std::optional(Kind::payment_intent) : std::nullopt;
}

[[nodiscard]] Checked<NotifiedStatus> session_status(json::Value session) {
    const auto payment_status = gateway::required_text(session, "payment_status");
    if (!payment_status.has_value()) {
        return payment_status.error();
    }
    if (*payment_status == "paid" || *payment_status == "no_payment_required") {
        return NotifiedStatus::succeeded;
    }
    return session["status"].text() == "expired" ? NotifiedStatus::cancelled : NotifiedStatus::pending;
}

[[nodiscard]] Checked<NotifiedStatus> intent_status(json::Value intent) {
    const auto status = gateway::required_text(intent, "status");
    if (!status.has_value()) {
        return status.error();
    }
    if (*status == "succeeded") {
        return NotifiedStatus::succeeded;
    }
    // After a refused card an intent waits for another one: only cancellation closes it.
    return *status == "canceled" ? NotifiedStatus::cancelled : NotifiedStatus::pending;
}

/// The object is the one asked for, of the kind its id promises, and of our mode.
[[nodiscard]] std::optional<Rejection> check_asked_for(json::Value object, const QueryTarget& target, Kind kind,
                                                       const Config& config) {
    const std::string_view kind_name = kind == Kind::checkout_session ? "checkout.session" : "payment_intent";
    if (object["object"].as_string() != kind_name) {
        return reject(Reason::unsupported_type, "object", "not the kind asked for");
    }
    if (object["id"].as_string() != target.link_id) {
        return reject(Reason::bad_order_code, "id", "not the object asked for");
    }
    if (config.mode && object["livemode"].as_bool() != (*config.mode == Mode::live)) {
        return reject(Reason::account_mismatch, "livemode", "missing, or of the other mode");
    }
    return std::nullopt;
}

[[nodiscard]] Checked<PaymentNotification> read_object(json::Value object, Kind kind, NotifiedStatus status) {
    const bool is_session = kind == Kind::checkout_session;
    const bool succeeded = status == NotifiedStatus::succeeded;
    const auto money = read_money(object, is_session ? "amount_total" : succeeded ? "amount_received" : "amount");
    if (!money.has_value()) {
        return money.error();
    }
    const auto order_id = read_order_id(object);
    if (!order_id.has_value()) {
        return order_id.error();
    }
    const auto transaction_id = read_reference(object, is_session ? "payment_intent" : "id");
    if (!transaction_id.has_value()) {
        return transaction_id.error();
    }
    PaymentNotification notification;
    notification.status = status;
    notification.order_id = *order_id;
    notification.transaction_id = *transaction_id;
    notification.charge_id = charge_id_of(*transaction_id);
    notification.amount = *money;
    notification.payer_email = payer_email(object);
    return notification;
}

}  // namespace

Result<OutgoingRequest> query(const QueryTarget& target, const Config& config) {
    constexpr std::string_view operation = "stripe.query";
    if (!gateway::is_printable(config.api_key.expose())) {
        return fail(Errc::invalid_argument, operation, "api_key: empty or not printable ASCII");
    }
    const auto kind = kind_of(target.link_id);
    if (!kind) {
        return fail(Errc::invalid_argument, operation, "link_id: neither a checkout session nor a payment intent");
    }
    const std::string_view folder = *kind == Kind::checkout_session ? "/v1/checkout/sessions/" : "/v1/payment_intents/";
    std::string authorization = "Bearer ";
    authorization.append(config.api_key.expose());
    std::string url = config.api_base;
    url.append(folder).append(target.link_id);
    return OutgoingRequest{.method = "GET",
                           .url = std::move(url),
                           .headers = {{"Accept", "application/json"}, {"Authorization", std::move(authorization)}},
                           .body = {}};
}

Verdict read_answer(const QueryTarget& target, const Config& config, const HttpAnswer& answer) {
    if (answer.status != 200) {
        return reject(Reason::unsupported_value, "answer", "HTTP status is not 200");
    }
    const auto kind = kind_of(target.link_id);
    if (!kind) {
        return reject(Reason::bad_order_code, "link_id", "neither a checkout session nor a payment intent");
    }
    const auto document = gateway::read_object(answer.body, "answer", query_answer_bytes_max);
    if (!document.has_value()) {
        return document.error();
    }
    const json::Value object = document->root();
    if (auto refused = check_asked_for(object, target, *kind, config)) {
        return *refused;
    }
    const bool is_session = *kind == Kind::checkout_session;
    PaymentNotification notification;  // of a session that takes no payment
    if (!takes_no_payment(object)) {
        const auto status = is_session ? session_status(object) : intent_status(object);
        if (!status.has_value()) {
            return status.error();
        }
        auto payment = read_object(object, *kind, *status);
        if (!payment.has_value()) {
            return payment.error();
        }
        notification = std::move(*payment);
    }
    if (!target.order_id.empty() && !notification.order_id.empty() && notification.order_id != target.order_id) {
        return reject(Reason::bad_order_code, "metadata.order_id", "not the order asked for");
    }
    notification.gateway = Gateway::stripe;
    notification.link_id = target.link_id;
    // A query is no event: its key is made of what it saw, and differs from every event id.
    notification.dedup_key = "query:" + target.link_id + ":" + std::string(to_string(notification.status));
    notification.occurred_at = read_created(object);
    return Verified{std::move(notification), 0};
}

}  // namespace ticketbottle::stripe
