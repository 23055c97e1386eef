#include <ticketbottle/gateway/momo.hpp>

#include <array>
#include <utility>

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

[[nodiscard]] Checked<std::string_view> read_order_id(const Members& members) {
    const auto order_id = members[Member::order_id].as_string();
    if (!order_id) {
        return reject(Reason::bad_order_code, "orderId", "not a string");
    }
    if (!is_order_id(*order_id)) {
        return reject(Reason::bad_order_code, "orderId", "not of MoMo's documented form");
    }
    return *order_id;
}

[[nodiscard]] Checked<std::int64_t> read_amount(const Members& members) {
    const auto amount = members[Member::amount].as_int64();
    if (!amount) {
        return reject(Reason::bad_amount, "amount", "not a 64-bit integer");
    }
    if (*amount <= 0) {
        return reject(Reason::bad_amount, "amount", "not above zero");
    }
    return *amount;
}

[[nodiscard]] std::optional<Rejection> check_texts(const Members& members) {
    for (const Member member : {Member::extra_data, Member::message, Member::order_info, Member::order_type,
                                Member::partner_code, Member::pay_type, Member::request_id}) {
        if (!members[member].is(json::Kind::string)) {
            return reject(Reason::malformed_body, Members::name(member), "not a string");
        }
    }
    return std::nullopt;
}

struct Numbers {
    std::int64_t response_time = 0;
    std::int64_t result_code = 0;
    std::int64_t trans_id = 0;
};

[[nodiscard]] Checked<Numbers> read_numbers(const Members& members) {
    Numbers numbers;
    const std::array<std::pair<Member, std::int64_t*>, 3> wanted{{{Member::response_time, &numbers.response_time},
                                                                  {Member::result_code, &numbers.result_code},
                                                                  {Member::trans_id, &numbers.trans_id}}};
    for (const auto& [member, out] : wanted) {
        const auto number = members[member].as_int64();
        if (!number) {
            return reject(Reason::malformed_body, Members::name(member), "not a 64-bit integer");
        }
        *out = *number;
    }
    if (numbers.trans_id < 0) {
        return reject(Reason::unsupported_value, "transId", "below zero");
    }
    return numbers;
}

/// The members, whose signature was right. signed_text saw that all are there; it signs "1" and 1 alike.
[[nodiscard]] std::optional<Rejection> read_fields(const Members& members, const Config& config,
                                                   PaymentNotification& notification) {
    const auto order_id = read_order_id(members);
    if (!order_id.has_value()) {
        return order_id.error();
    }
    const auto amount = read_amount(members);
    if (!amount.has_value()) {
        return amount.error();
    }
    if (auto bad = check_texts(members)) {
        return bad;
    }
    const auto numbers = read_numbers(members);
    if (!numbers.has_value()) {
        return numbers.error();
    }
    if (auto bad = check_cut(members)) {
        return bad;
    }
    if (members[Member::partner_code].text() != config.partner_code) {
        return reject(Reason::account_mismatch, "partnerCode", "another partner's");
    }
    const Outcome outcome = outcome_of(numbers->result_code, config.authorised);
    notification.gateway = Gateway::momo;
    notification.status = outcome.status;
    notification.finality = outcome.finality;
    notification.order_id = *order_id;
    notification.event_id = members[Member::request_id].text();
    notification.amount = Money{*amount, Currency::vnd()};
    if (numbers->response_time > 0) {
        notification.occurred_at = TimePoint(std::chrono::milliseconds(numbers->response_time));
    }
    set_transaction(notification, numbers->trans_id, numbers->result_code);
    return std::nullopt;
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
    const Members members(body->root());
    const auto text = signed_text(members, config.access_key);
    if (!text.has_value()) {
        return text.error();
    }
    const auto key_index = gateway::match_hex_sha256(config.secret_keys, {*text}, *signature);
    if (!key_index) {
        return reject(Reason::bad_signature, "signature", "matches no secret key");
    }
    Verified verified;
    verified.key_index = *key_index;
    if (auto bad = read_fields(members, config, verified.notification)) {
        return *bad;
    }
    return verified;
}

}  // namespace ticketbottle::momo
