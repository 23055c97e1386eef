#include <algorithm>
#include <ticketbottle/gateway/standard_webhooks.hpp>

#include "gateway/signed_time.hpp"
#include "gateway/standard_webhooks/signature.hpp"

namespace ticketbottle::standard_webhooks {

namespace {

using gateway::Checked;
using gateway::reject;

[[nodiscard]] std::optional<NotifiedStatus> status_of(std::string_view type) noexcept {
    if (type == "payment.succeeded") {
        return NotifiedStatus::succeeded;
    }
    if (type == "payment.failed") {
        return NotifiedStatus::failed;
    }
    return type == "payment.cancelled" ? std::optional(NotifiedStatus::cancelled) : std::nullopt;
}

[[nodiscard]] Checked<Money> read_money(json::Value data) {
    const auto amount = gateway::required_integer(data, "amount", "data", Reason::bad_amount);
    if (!amount.has_value()) {
        return amount.error();
    }
    if (*amount < 0) {
        return reject(Reason::bad_amount, "data", "amount", "below zero");
    }
    const auto code = gateway::required_text(data, "currency", "data");
    if (!code.has_value()) {
        return code.error();
    }
    const auto currency = Currency::parse(*code);
    if (!currency.has_value()) {
        return reject(Reason::unsupported_value, "data", "currency", "not three letters");
    }
    return Money{*amount, *currency};
}

[[nodiscard]] std::optional<Rejection> read_payment(json::Value data, PaymentNotification& notification) {
    if (!data.is(json::Kind::object)) {
        const bool missing = !data || data.is(json::Kind::null);
        return missing ? reject(Reason::missing_field, "data", "missing")
                       : reject(Reason::malformed_body, "data", "not an object");
    }
    const auto order_id = gateway::required_text(data, "order_id", "data");
    if (!order_id.has_value()) {
        return order_id.error();
    }
    if (auto refused = gateway::check_order_id(*order_id, gateway::identifier_bytes_max, "data.order_id")) {
        return refused;
    }
    const auto payment_id = gateway::required_text(data, "payment_id", "data");
    if (!payment_id.has_value()) {
        return payment_id.error();
    }
    if (!gateway::is_identifier(*payment_id)) {
        return payment_id->empty()
                   ? reject(Reason::missing_field, "data", "payment_id", "empty")
                   : reject(Reason::unsupported_value, "data", "payment_id", "too long, or with control characters");
    }
    const auto money = read_money(data);
    if (!money.has_value()) {
        return money.error();
    }
    notification.order_id = *order_id;
    notification.transaction_id = *payment_id;
    notification.charge_id = *payment_id;
    notification.amount = *money;
    return std::nullopt;
}

[[nodiscard]] std::optional<Rejection> read_body(std::string_view text, const Headers& headers,
                                                 PaymentNotification& notification) {
    const auto body = gateway::read_object(text, "body");
    if (!body.has_value()) {
        return body.error();
    }
    const auto type = gateway::required_text(body->root(), "type");
    if (!type.has_value()) {
        return type.error();
    }
    notification.gateway = Gateway::standard_webhooks;
    notification.event_id = headers.id;
    notification.dedup_key = headers.id;
    const auto time = parse_iso8601(body->root()["timestamp"].text());
    notification.occurred_at = time.has_value() ? std::optional(*time) : std::nullopt;
    const auto status = status_of(*type);
    if (!status) {
        return std::nullopt;
    }
    notification.status = *status;
    return read_payment(body->root()["data"], notification);
}

/// A private key alone signs but verifies nothing.
[[nodiscard]] bool can_verify(const std::vector<Key>& keys) noexcept {
    return std::any_of(keys.begin(), keys.end(), [](const Key& key) { return key.scheme() != Scheme::private_key; });
}

[[nodiscard]] std::optional<Rejection> read(const Request& request, const Config& config, TimePoint now, Verified& verified) {
    if (auto refused = gateway::check_size(request.body)) {
        return refused;
    }
    const auto keys = decode_keys(config.secrets);
    if (!keys.has_value()) {
        return keys.error();
    }
    if (!can_verify(*keys)) {
        return reject(Reason::config_error, "secrets", "none that can verify");
    }
    JoinedHeaders joined;
    const auto headers = read_headers(request, joined);
    if (!headers.has_value()) {
        return headers.error();
    }
    const auto key = match(*keys, *headers, request.body);
    if (!key) {
        return reject(Reason::bad_signature, signature_header, "no secret gives one of them");
    }
    if (auto refused = gateway::check_fresh(headers->signed_at, now, tolerance, timestamp_header)) {
        return refused;
    }
    verified.key_index = *key;
    return read_body(request.body, *headers, verified.notification);
}

}  // namespace

Verdict verify(const Request& request, const Config& config, TimePoint now) {
    Verdict verdict = Verified();  // filled where it is: to move a notification costs as much as to read half of it
    if (auto refused = read(request, config, now, *verdict)) {
        verdict = *refused;
    }
    return verdict;
}

}  // namespace ticketbottle::standard_webhooks
