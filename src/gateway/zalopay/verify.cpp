#include <ticketbottle/gateway/zalopay.hpp>

#include "gateway/fields.hpp"
#include "gateway/zalopay/notification.hpp"

namespace ticketbottle::zalopay {

namespace {

using gateway::Checked;
using gateway::reject;

/// ZaloPay's `type` of an order callback; 2 is a token binding.
constexpr std::int64_t type_order = 1;

[[nodiscard]] std::optional<Rejection> check_config(const Config& config) {
    if (config.app_id <= 0) {
        return reject(Reason::config_error, "app_id", "not configured");
    }
    return gateway::check_keys(config.key2, "key2");
}

/// The text the MAC is over: `data` with its JSON escapes undone.
[[nodiscard]] Checked<std::string_view> signed_text(json::Value body) {
    const auto data = body["data"].as_string();
    if (!data) {
        return reject(Reason::malformed_body, "data", "not a string");
    }
    return *data;
}

/// The inner object, whose MAC was right.
[[nodiscard]] Checked<PaymentNotification> read_data(json::Value data, const Config& config) {
    static constexpr std::string_view outer = "data";
    const auto order_id = gateway::required_text(data, "app_trans_id", outer, Reason::bad_order_code);
    if (!order_id.has_value()) {
        return order_id.error();
    }
    if (auto bad = gateway::check_order_id(*order_id, app_trans_id_bytes_max, "data.app_trans_id")) {
        return *bad;
    }
    const auto transaction = gateway::required_integer(data, "zp_trans_id", outer);
    if (!transaction.has_value()) {
        return transaction.error();
    }
    if (*transaction <= 0) {
        return reject(Reason::unsupported_value, outer, "zp_trans_id", "not above zero");
    }
    const auto amount = gateway::required_amount(data, "amount", outer);
    if (!amount.has_value()) {
        return amount.error();
    }
    const auto app_id = gateway::required_integer(data, "app_id", outer);
    if (!app_id.has_value()) {
        return app_id.error();
    }
    if (*app_id != config.app_id) {
        return reject(Reason::account_mismatch, outer, "app_id", "another application's");
    }
    PaymentNotification notification;
    notification.gateway = Gateway::zalopay;
    notification.status = NotifiedStatus::succeeded;
    notification.order_id = *order_id;
    notification.transaction_id = data["zp_trans_id"].text();
    notification.charge_id = notification.transaction_id;
    notification.dedup_key = dedup_key(*app_id, *transaction, notification.status);
    notification.amount = Money{*amount, Currency::vnd()};
    if (const auto server_time = data["server_time"].as_int64(); server_time && *server_time > 0) {
        notification.occurred_at = TimePoint(std::chrono::milliseconds(*server_time));
    }
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
    const auto text = signed_text(body->root());
    if (!text.has_value()) {
        return text.error();
    }
    const auto mac = gateway::required_signature(body->root(), "mac");
    if (!mac.has_value()) {
        return mac.error();
    }
    const auto key_index = gateway::match_hex_sha256(config.key2, {*text}, *mac);
    if (!key_index) {
        return reject(Reason::bad_signature, "mac", "matches no key2");
    }
    // `type` is outside the MAC: anybody may change a 2 into a 1, so it only ever refuses.
    if (body->root()["type"].as_int64() != type_order) {
        return reject(Reason::unsupported_type, "type", "not an order callback");
    }
    const auto data = gateway::read_object(*text, "data");
    if (!data.has_value()) {
        return data.error();
    }
    auto notification = read_data(data->root(), config);
    if (!notification.has_value()) {
        return notification.error();
    }
    return Verified{std::move(*notification), *key_index};
}

}  // namespace ticketbottle::zalopay
