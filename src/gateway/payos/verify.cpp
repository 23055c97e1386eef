#include <ticketbottle/gateway/payos.hpp>

#include "gateway/payos/payment.hpp"
#include "gateway/signed_time.hpp"

namespace ticketbottle::payos {

namespace {

using gateway::reject;

[[nodiscard]] std::optional<Rejection> read_transfer(json::Value data, PaymentNotification& notification) {
    const auto order_code = read_order_code(data);
    if (!order_code.has_value()) {
        return order_code.error();
    }
    const auto link_id = read_link_id(data, "paymentLinkId");
    if (!link_id.has_value()) {
        return link_id.error();
    }
    const auto amount = read_amount(data, "amount", 1);
    if (!amount.has_value()) {
        return amount.error();
    }
    const auto currency = read_text(data, "currency");
    if (!currency.has_value()) {
        return currency.error();
    }
    if (*currency != "VND") {
        return reject(Reason::unsupported_value, "data", "currency", "not VND");
    }
    const auto reference = read_text(data, "reference");
    if (!reference.has_value()) {
        return reference.error();
    }
    if (!gateway::is_identifier(*reference)) {
        return reject(Reason::unsupported_value, "data", "reference", "too long, or with control characters");
    }
    const auto code = read_text(data, "code");
    if (!code.has_value()) {
        return code.error();
    }
    notification.gateway = Gateway::payos;
    notification.status = *code == "00" ? NotifiedStatus::succeeded : NotifiedStatus::failed;
    notification.order_id = *order_code;
    notification.link_id = *link_id;
    notification.transaction_id = *reference;
    notification.charge_id = *reference;
    notification.event_id = *link_id;
    notification.dedup_key = dedup_key(*reference, *order_code, *link_id, notification.status);
    notification.amount = Money{*amount, Currency::vnd()};
    notification.occurred_at = parse_time(data["transactionDateTime"].text());
    return std::nullopt;
}

}  // namespace

Verdict verify(const Request& request, const Config& config) {
    if (auto refused = gateway::check_size(request.body)) {
        return *refused;
    }
    if (auto refused = gateway::check_keys(config.checksum_keys, "checksum_keys")) {
        return *refused;
    }
    const auto body = gateway::read_object(request.body, "body");
    if (!body.has_value()) {
        return body.error();
    }
    const auto key = check_signature(body->root(), config.checksum_keys);
    if (!key.has_value()) {
        return key.error();
    }
    // The outer code, desc and success are not signed: nothing below may look at them.
    Verified verified;
    verified.key_index = *key;
    if (auto refused = read_transfer(body->root()["data"], verified.notification)) {
        return *refused;
    }
    return verified;
}

}  // namespace ticketbottle::payos
