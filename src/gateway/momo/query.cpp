#include <ticketbottle/gateway/momo.hpp>

#include "core/utf8.hpp"
#include "gateway/fields.hpp"
#include "gateway/momo/outcome.hpp"

namespace ticketbottle::momo {

namespace {

using gateway::Checked;
using gateway::reject;

[[nodiscard]] std::optional<Rejection> check_answer_names(json::Value answer, const QueryTarget& target,
                                                          const Config& config) {
    const auto partner_code = gateway::required_text(answer, "partnerCode");
    if (!partner_code.has_value()) {
        return partner_code.error();
    }
    if (*partner_code != config.partner_code) {
        return reject(Reason::account_mismatch, "partnerCode", "another partner's");
    }
    const auto order_id = gateway::required_text(answer, "orderId", {}, Reason::bad_order_code);
    if (!order_id.has_value()) {
        return order_id.error();
    }
    if (*order_id != target.order_id) {
        return reject(Reason::bad_order_code, "orderId", "not the order asked for");
    }
    return std::nullopt;
}

[[nodiscard]] Checked<PaymentNotification> read_fields(json::Value answer, const QueryTarget& target,
                                                       const Config& config) {
    const auto result_code = gateway::required_integer(answer, "resultCode");
    if (!result_code.has_value()) {
        return result_code.error();
    }
    const Outcome outcome = outcome_of(*result_code, config.authorised);
    PaymentNotification notification;
    notification.gateway = Gateway::momo;
    notification.status = outcome.status;
    notification.finality = outcome.finality;
    notification.order_id = target.order_id;
    notification.event_id =
        answer["requestId"].is(json::Kind::string) ? answer["requestId"].text() : std::string_view();
    std::int64_t trans_id = 0;
    // An answer that is about the question ("order not found") has neither amount nor transaction.
    if (outcome.status == NotifiedStatus::succeeded || answer["amount"].as_int64().value_or(0) != 0) {
        const auto amount = gateway::required_amount(answer, "amount");
        if (!amount.has_value()) {
            return amount.error();
        }
        notification.amount = Money{*amount, Currency::vnd()};
    }
    if (outcome.status == NotifiedStatus::succeeded || answer["transId"]) {
        const auto number = gateway::required_integer(answer, "transId");
        if (!number.has_value()) {
            return number.error();
        }
        trans_id = *number;
    }
    if (trans_id < 0) {
        return reject(Reason::unsupported_value, "transId", "below zero");
    }
    if (const auto time = answer["responseTime"].as_int64(); time && *time > 0) {
        notification.occurred_at = TimePoint(std::chrono::milliseconds(*time));
    }
    set_transaction(notification, trans_id, *result_code);
    return notification;
}

}  // namespace

Result<OutgoingRequest> query(const QueryTarget& target, const Config& config) {
    static constexpr std::string_view operation = "momo.query";
    if (config.partner_code.empty() || config.access_key.empty() || config.api_base.empty()) {
        return fail(Errc::invalid_argument, operation, "partner_code, access_key and api_base must be configured");
    }
    if (auto bad = gateway::check_keys(config.secret_keys, "secret_keys")) {
        return fail(Errc::invalid_argument, operation, bad->detail);
    }
    if (!is_order_id(target.order_id)) {
        return fail(Errc::invalid_argument, operation, "order_id is not of MoMo's documented form");
    }
    if (target.request_id.empty() || target.request_id.find('&') != std::string::npos ||
        !utf8::valid(target.request_id) || !utf8::valid(config.partner_code)) {
        return fail(Errc::invalid_argument, operation, "request_id must be UTF-8 without '&' and not empty");
    }
    const auto signature = crypto::hmac_sha256(
        config.secret_keys.front().expose(), {"accessKey=", config.access_key, "&orderId=", target.order_id,
                                              "&partnerCode=", config.partner_code, "&requestId=", target.request_id});
    OutgoingRequest request;
    request.method = "POST";
    request.url = config.api_base + "/v2/gateway/api/query";
    request.headers.push_back({"Content-Type", "application/json; charset=UTF-8"});
    json::ObjectWriter body(request.body);
    body.string("partnerCode", config.partner_code);
    body.string("requestId", target.request_id);
    body.string("orderId", target.order_id);
    body.string("lang", "en");
    body.string("signature", crypto::lower_hex(signature));
    body.finish();
    return request;
}

Verdict read_answer(const QueryTarget& target, const Config& config, const HttpAnswer& answer) {
    if (config.partner_code.empty() || target.order_id.empty()) {
        return reject(Reason::config_error, "partner_code", "the partner or the order asked for is empty");
    }
    if (answer.status != 200) {
        return reject(Reason::unsupported_value, "status", "the query's HTTP status is not 200");
    }
    const auto body = gateway::read_object(answer.body, "body", query_answer_bytes_max);
    if (!body.has_value()) {
        return body.error();
    }
    if (auto bad = check_answer_names(body->root(), target, config)) {
        return *bad;
    }
    auto notification = read_fields(body->root(), target, config);
    if (!notification.has_value()) {
        return notification.error();
    }
    return Verified{std::move(*notification), 0};
}

}  // namespace ticketbottle::momo
