#include <algorithm>
#include <array>
#include <ticketbottle/gateway/zalopay.hpp>

#include "core/utf8.hpp"
#include "gateway/fields.hpp"
#include "gateway/form.hpp"
#include "gateway/zalopay/notification.hpp"

namespace ticketbottle::zalopay {

namespace {

using gateway::Checked;
using gateway::reject;

/// sub_return_code of a fault of the question itself: bad request, rate limit, their system. They come with
/// return_code 2, which must not be read as "the payment failed".
constexpr std::array<std::int64_t, 7> faults_of_the_query{-401, -402, -403, -404, -405, -429, -500};

[[nodiscard]] NotifiedStatus status_of(std::int64_t return_code, json::Value answer) {
    const bool processing = answer["is_processing"].as_bool().value_or(false);
    if (processing) {
        return NotifiedStatus::pending;
    }
    if (return_code == 1) {
        return NotifiedStatus::succeeded;
    }
    const std::int64_t sub_code = answer["sub_return_code"].as_int64().value_or(0);
    const bool our_fault =
        std::find(faults_of_the_query.begin(), faults_of_the_query.end(), sub_code) != faults_of_the_query.end();
    return return_code == 2 && !our_fault ? NotifiedStatus::failed : NotifiedStatus::pending;
}

[[nodiscard]] Checked<PaymentNotification> read_fields(json::Value answer, const QueryTarget& target,
                                                       const Config& config) {
    const auto return_code = gateway::required_integer(answer, "return_code");
    if (!return_code.has_value()) {
        return return_code.error();
    }
    PaymentNotification notification;
    notification.gateway = Gateway::zalopay;
    notification.status = status_of(*return_code, answer);
    notification.order_id = target.order_id;
    notification.dedup_key = dedup_key(config.app_id, std::string_view(target.order_id), notification.status);
    if (notification.status != NotifiedStatus::succeeded) {
        return notification;
    }
    const auto amount = gateway::required_amount(answer, "amount");
    if (!amount.has_value()) {
        return amount.error();
    }
    const auto transaction = gateway::required_integer(answer, "zp_trans_id");
    if (!transaction.has_value()) {
        return transaction.error();
    }
    if (*transaction <= 0) {
        return reject(Reason::unsupported_value, "zp_trans_id", "not above zero");
    }
    notification.amount = Money{*amount, Currency::vnd()};
    notification.transaction_id = answer["zp_trans_id"].text();
    notification.charge_id = notification.transaction_id;
    notification.dedup_key = dedup_key(config.app_id, *transaction, notification.status);
    if (const auto server_time = answer["server_time"].as_int64(); server_time && *server_time > 0) {
        notification.occurred_at = TimePoint(std::chrono::milliseconds(*server_time));
    }
    return notification;
}

}  // namespace

Result<OutgoingRequest> query(const QueryTarget& target, const Config& config) {
    static constexpr std::string_view operation = "zalopay.query";
    if (config.app_id <= 0 || config.key1.empty() || config.api_base.empty()) {
        return fail(Errc::invalid_argument, operation, "app_id, key1 and api_base must be configured");
    }
    if (auto bad = gateway::check_order_id(target.order_id, app_trans_id_bytes_max, "order_id")) {
        return fail(Errc::invalid_argument, operation, bad->detail);
    }
    if (!utf8::valid(target.order_id) || target.order_id.find('|') != std::string::npos) {
        return fail(Errc::invalid_argument, operation, "order_id must be UTF-8 without '|'");
    }
    const std::string app_id = std::to_string(config.app_id);
    const auto mac =
        crypto::hmac_sha256(config.key1.expose(), {app_id, "|", target.order_id, "|", config.key1.expose()});
    OutgoingRequest request;
    request.method = "POST";
    request.url = config.api_base + "/v2/query";
    request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
    request.body = "app_id=" + app_id + "&app_trans_id=";
    gateway::append_form_encoded(target.order_id, request.body);
    request.body += "&mac=" + crypto::lower_hex(mac);
    return request;
}

Verdict read_answer(const QueryTarget& target, const Config& config, const HttpAnswer& answer) {
    if (config.app_id <= 0) {
        return reject(Reason::config_error, "app_id", "not configured");
    }
    if (target.order_id.empty()) {
        return reject(Reason::config_error, "order_id", "the target names no order");
    }
    if (answer.status != 200) {
        return reject(Reason::unsupported_value, "status", "the query's HTTP status is not 200");
    }
    const auto body = gateway::read_object(answer.body, "body", query_answer_bytes_max);
    if (!body.has_value()) {
        return body.error();
    }
    auto notification = read_fields(body->root(), target, config);
    if (!notification.has_value()) {
        return notification.error();
    }
    return Verified{std::move(*notification), 0};
}

}  // namespace ticketbottle::zalopay
