#include <ticketbottle/gateway/payos.hpp>

#include "gateway/payos/payment.hpp"
#include "gateway/printable.hpp"
#include "gateway/signed_time.hpp"

namespace ticketbottle::payos {

namespace {

using gateway::Checked;
using gateway::reject;

/// What the `data` of an answer says, checked. Views into the answer.
struct Link {
    std::string_view order_code;
    std::string_view id;
    std::string_view status;
    std::int64_t amount = 0;
    std::int64_t amount_paid = 0;
};

[[nodiscard]] Checked<Link> read_link(json::Value data) {
    const auto order_code = read_order_code(data);
    if (!order_code.has_value()) {
        return order_code.error();
    }
    const auto id = read_link_id(data, "id");
    if (!id.has_value()) {
        return id.error();
    }
    const auto status = read_text(data, "status");
    if (!status.has_value()) {
        return status.error();
    }
    const auto amount = read_amount(data, "amount", 1);
    if (!amount.has_value()) {
        return amount.error();
    }
    const auto amount_paid = read_amount(data, "amountPaid", 0);
    if (!amount_paid.has_value()) {
        return amount_paid.error();
    }
    return Link{*order_code, *id, *status, *amount, *amount_paid};
}

[[nodiscard]] NotifiedStatus status_of(const Link& link) noexcept {
    if (link.status == "PAID") {
        return link.amount_paid >= link.amount ? NotifiedStatus::succeeded : NotifiedStatus::pending;
    }
    if (link.status == "CANCELLED" || link.status == "EXPIRED") {
        return NotifiedStatus::cancelled;
    }
    return link.status == "FAILED" ? NotifiedStatus::failed : NotifiedStatus::pending;
}

/// The one transfer's reference; empty when there are none or several, for then none of them is "the" charge.
[[nodiscard]] std::string_view only_reference(json::Value transactions) {
    if (transactions.size() != 1 || !transactions.is(json::Kind::array)) {
        return {};
    }
    const std::string_view reference = (*transactions.begin())["reference"].as_string().value_or(std::string_view());
    return gateway::is_identifier(reference) ? reference : std::string_view();
}

[[nodiscard]] std::optional<TimePoint> time_of(json::Value data, NotifiedStatus status) {
    if (status == NotifiedStatus::cancelled) {
        return parse_time(data["canceledAt"].text());
    }
    const json::Value transactions = data["transactions"];
    if (status == NotifiedStatus::succeeded && transactions.is(json::Kind::array) && transactions.size() == 1) {
        return parse_time((*transactions.begin())["transactionDateTime"].text());
    }
    return std::nullopt;
}

[[nodiscard]] PaymentNotification to_notification(json::Value data, const Link& link) {
    const std::string_view reference = only_reference(data["transactions"]);
    PaymentNotification notification;
    notification.gateway = Gateway::payos;
    notification.status = status_of(link);
    notification.order_id = link.order_code;
    notification.link_id = link.id;
    notification.transaction_id = reference;
    notification.charge_id = reference;
    notification.event_id = link.id;
    notification.dedup_key = dedup_key(reference, link.order_code, link.id, notification.status);
    notification.amount = Money{link.amount, Currency::vnd()};
    notification.occurred_at = time_of(data, notification.status);
    return notification;
}

[[nodiscard]] std::optional<Rejection> check_asked_for(const Link& link, const QueryTarget& target) {
    if (!target.order_id.empty() && link.order_code != target.order_id) {
        return reject(Reason::bad_order_code, "data", "orderCode", "not the order asked for");
    }
    if (!target.link_id.empty() && link.id != target.link_id) {
        return reject(Reason::bad_order_code, "data", "id", "not the payment link asked for");
    }
    return std::nullopt;
}

}  // namespace

Result<OutgoingRequest> query(const QueryTarget& target, const Config& config) {
    constexpr std::string_view operation = "payos.query";
    if (!gateway::is_printable(config.client_id) || !gateway::is_printable(config.api_key.expose())) {
        return fail(Errc::invalid_argument, operation, "client_id or api_key is empty or not printable ASCII");
    }
    const std::string& id = target.link_id.empty() ? target.order_id : target.link_id;
    if (target.link_id.empty() ? !is_order_code(id) : !is_link_id(id)) {
        return fail(Errc::invalid_argument, operation, "target: neither a link_id nor an order_id of payOS");
    }
    return OutgoingRequest{.method = "GET",
                           .url = config.api_base + "/v2/payment-requests/" + id,
                           .headers = {{"Accept", "application/json"},
                                       {"x-client-id", config.client_id},
                                       {"x-api-key", std::string(config.api_key.expose())}},
                           .body = {}};
}

Verdict read_answer(const QueryTarget& target, const Config& config, const HttpAnswer& answer) {
    if (answer.status != 200) {
        return reject(Reason::unsupported_value, "answer", "HTTP status is not 200");
    }
    if (auto refused = gateway::check_keys(config.checksum_keys, "checksum_keys")) {
        return *refused;
    }
    const auto body = gateway::read_object(answer.body, "answer", query_answer_bytes_max);
    if (!body.has_value()) {
        return body.error();
    }
    // Unsigned, so it may only refuse: an error answer carries no data, and should be told from a forged one.
    if (const json::Value code = body->root()["code"]; code.is(json::Kind::string) && code.text() != "00") {
        return reject(Reason::unsupported_value, "answer", "code", "payOS refused the query");
    }
    const auto key = check_signature(body->root(), config.checksum_keys);
    if (!key.has_value()) {
        return key.error();
    }
    const json::Value data = body->root()["data"];
    const auto link = read_link(data);
    if (!link.has_value()) {
        return link.error();
    }
    if (auto refused = check_asked_for(*link, target)) {
        return *refused;
    }
    return Verified{to_notification(data, *link), *key};
}

}  // namespace ticketbottle::payos
