#include <ticketbottle/gateway/momo.hpp>

#include "gateway/fields.hpp"
#include "gateway/momo/outcome.hpp"
#include "gateway/momo/signed_text.hpp"

namespace ticketbottle::momo {

namespace {

using gateway::Checked;
using gateway::reject;

[[nodiscard]] std::optional<Rejection> check_config(const Config& config) {
    if (config.partner_code.empty()) {
        return reject(Reason::config_error, "partner_code", "not configured");
    }
    if (config.access_key.empty()) {
        return reject(Reason::config_error, "access_key", "not configured");
    }
    return gateway::check_keys(config.secret_keys, "secret_keys");
}

[[nodiscard]] Checked<std::string_view> read_order_id(json::Value body) {
    const auto order_id = gateway::required_text(body, "orderId", {}, Reason::bad_order_code);
    if (order_id.has_value() && !is_order_id(*order_id)) {
        return reject(Reason::bad_order_code, "orderId", "not of MoMo's documented form");
    }
    return order_id;
}

/// The types that signed_text could not see: it signs "1" and 1 alike.
[[nodiscard]] std::optional<Rejection> check_types(json::Value body) {
    for (const std::string_view name :
         {"extraData", "message", "orderInfo", "orderType", "partnerCode", "payType", "requestId"}) {
        if (!body[name].is(json::Kind::string)) {
            return reject(Reason::malformed_body, name, "not a string");
        }
    }
    for (const std::string_view name : {"responseTime", "resultCode", "transId"}) {
        if (!body[name].as_int64()) {
            return reject(Reason::malformed_body, name, "not a 64-bit integer");
        }
    }
    if (*body["transId"].as_int64() < 0) {
        return reject(Reason::unsupported_value, "transId", "below zero");
    }
    return std::nullopt;
}

/// The members, whose signature was right.
[[nodiscard]] Checked<PaymentNotification> read_fields(json::Value body, const Config& config) {
    const auto order_id = read_order_id(body);
    if (!order_id.has_value()) {
        return order_id.error();
    }
    const auto amount = gateway::required_amount(body, "amount");
    if (!amount.has_value()) {
        return amount.error();
    }
    if (auto bad = check_types(body)) {
        return *bad;
    }
    if (auto bad = check_cut(body)) {
        return *bad;
    }
    if (body["partnerCode"].text() != config.partner_code) {
        return reject(Reason::account_mismatch, "partnerCode", "another partner's");
    }
    const std::int64_t result_code = *body["resultCode"].as_int64();
    const Outcome outcome = outcome_of(result_code, config.authorised);
    PaymentNotification notification;
    notification.gateway = Gateway::momo;
    notification.status = outcome.status;
    notification.finality = outcome.finality;
    notification.order_id = *order_id;
    notification.event_id = body["requestId"].text();
    notification.amount = Money{*amount, Currency::vnd()};
    if (const auto time = *body["responseTime"].as_int64(); time > 0) {
        notification.occurred_at = TimePoint(std::chrono::milliseconds(time));
    }
    set_transaction(notification, *body["transId"].as_int64(), result_code);
    return notification;
}

}  // namespace

Verdict verify(const Request& request, const Config& config) {
    if (auto bad = gateway::check_size(request.body)) {
        return *bad;
    }
    if (auto bad = check_config(config)) {
        return *bad;
    }
    const auto body = gateway::read_object(request.body, "body");
    if (!body.has_value()) {
        return body.error();
    }
    const auto signature = gateway::required_signature(body->root(), "signature");
    if (!signature.has_value()) {
        return signature.error();
    }
    const auto text = signed_text(body->root(), config.access_key);
    if (!text.has_value()) {
        return text.error();
    }
    const auto key_index = gateway::match_hex_sha256(config.secret_keys, {*text}, *signature);
    if (!key_index) {
        return reject(Reason::bad_signature, "signature", "matches no secret key");
    }
    auto notification = read_fields(body->root(), config);
    if (!notification.has_value()) {
        return notification.error();
    }
    return Verified{std::move(*notification), *key_index};
}

}  // namespace ticketbottle::momo
