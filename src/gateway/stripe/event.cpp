#include "gateway/stripe/event.hpp"

#include <algorithm>
#include <array>

#include "gateway/signed_time.hpp"

namespace ticketbottle::stripe {

namespace {

using gateway::Checked;
using gateway::reject;

enum class Status : std::uint8_t { succeeded, failed, cancelled, by_payment_status };

/// How one event type reads its object.
struct Rule {
    std::string_view type;
    Status status;
    Finality finality;
    std::string_view amount;          ///< Member with the amount.
    std::string_view transaction_id;  ///< Member that names the transaction, or "" for none.
};

constexpr std::array rules{
    Rule{"checkout.session.completed", Status::by_payment_status, Finality::final, "amount_total", "payment_intent"},
    Rule{"checkout.session.async_payment_succeeded", Status::succeeded, Finality::final, "amount_total",
         "payment_intent"},
    Rule{"checkout.session.async_payment_failed", Status::failed, Finality::final, "amount_total", "payment_intent"},
    Rule{"checkout.session.expired", Status::cancelled, Finality::final, "amount_total", ""},
    Rule{"payment_intent.succeeded", Status::succeeded, Finality::final, "amount_received", "id"},
    // The payer may try another card on the same intent.
    Rule{"payment_intent.payment_failed", Status::failed, Finality::retryable, "amount", "id"},
    Rule{"payment_intent.canceled", Status::cancelled, Finality::final, "amount", "id"},
    Rule{"invoice.payment_succeeded", Status::succeeded, Finality::final, "amount_paid", "id"},
    Rule{"invoice.paid", Status::succeeded, Finality::final, "amount_paid", "id"},
};

[[nodiscard]] const Rule* find_rule(std::string_view type) noexcept {
    const auto* const found =
        std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) { return rule.type == type; });
    return found == rules.end() ? nullptr : found;
}

/// A completed session is not a paid one: with delayed methods the money comes, or fails to, later.
[[nodiscard]] Checked<NotifiedStatus> status_of(const Rule& rule, json::Value object) {
    switch (rule.status) {
        case Status::succeeded:
            return NotifiedStatus::succeeded;
        case Status::failed:
            return NotifiedStatus::failed;
        case Status::cancelled:
            return NotifiedStatus::cancelled;
        case Status::by_payment_status:
            break;
    }
    const auto payment_status = gateway::required_text(object, "payment_status", "data.object");
    if (!payment_status.has_value()) {
        return payment_status.error();
    }
    if (*payment_status == "paid" || *payment_status == "no_payment_required") {
        return NotifiedStatus::succeeded;
    }
    if (*payment_status == "unpaid") {
        return NotifiedStatus::pending;
    }
    return reject(Reason::unsupported_value, "data.object", "payment_status", "not a known one");
}

[[nodiscard]] PaymentNotification from_head(const EventHead& head, Gateway gateway) {
    PaymentNotification notification;
    notification.gateway = gateway;
    notification.status = NotifiedStatus::ignored;
    notification.event_id = head.id;
    notification.dedup_key = head.id;
    notification.occurred_at = head.created;
    return notification;
}

[[nodiscard]] Checked<PaymentNotification> apply_rule(const Rule& rule, json::Value object,
                                                      PaymentNotification notification) {
    const auto status = status_of(rule, object);
    if (!status.has_value()) {
        return status.error();
    }
    const auto money = read_money(object, rule.amount);
    if (!money.has_value()) {
        return money.error();
    }
    const auto order_id = read_order_id(object);
    if (!order_id.has_value()) {
        return order_id.error();
    }
    const auto link_id = read_reference(object, "id");
    if (!link_id.has_value()) {
        return link_id.error();
    }
    if (link_id->empty()) {
        return reject(Reason::missing_field, "data.object", "id", "missing");
    }
    if (!rule.transaction_id.empty()) {
        const auto transaction_id = read_reference(object, rule.transaction_id);
        if (!transaction_id.has_value()) {
            return transaction_id.error();
        }
        notification.transaction_id = *transaction_id;
        notification.charge_id = charge_id_of(*transaction_id);
    }
    notification.status = *status;
    notification.finality = rule.finality;
    notification.order_id = *order_id;
    notification.link_id = *link_id;
    notification.amount = *money;
    notification.payer_email = payer_email(object);
    return notification;
}

}  // namespace

Checked<EventHead> read_head(json::Value event, std::optional<Mode> mode) {
    const auto object = gateway::required_text(event, "object");
    if (!object.has_value()) {
        return object.error();
    }
    if (*object != "event") {
        return reject(Reason::unsupported_type, "object", "not a snapshot event");
    }
    const auto id = gateway::required_text(event, "id");
    if (!id.has_value()) {
        return id.error();
    }
    if (!gateway::is_identifier(*id)) {
        return id->empty() ? reject(Reason::missing_field, "id", "empty")
                           : reject(Reason::unsupported_value, "id", "too long, or with control characters");
    }
    const auto type = gateway::required_text(event, "type");
    if (!type.has_value()) {
        return type.error();
    }
    if (mode) {
        const auto livemode = event["livemode"].as_bool();
        if (!livemode) {
            return reject(Reason::missing_field, "livemode", "missing");
        }
        if (*livemode != (*mode == Mode::live)) {
            return reject(Reason::account_mismatch, "livemode", "an event of the other mode");
        }
    }
    return EventHead{*id, *type, read_created(event)};
}

Checked<PaymentNotification> read_payment(json::Value event, const EventHead& head, Gateway gateway) {
    PaymentNotification notification = from_head(head, gateway);
    const Rule* const rule = find_rule(head.type);
    if (rule == nullptr) {
        return notification;
    }
    const json::Value data = event["data"];
    const json::Value object = data["object"];
    if (!object || object.is(json::Kind::null)) {
        return reject(Reason::missing_field, "data.object", "missing");
    }
    if (!object.is(json::Kind::object)) {
        return reject(Reason::malformed_body, "data.object", "not an object");
    }
    if (takes_no_payment(object)) {
        return notification;
    }
    return apply_rule(*rule, object, std::move(notification));
}

}  // namespace ticketbottle::stripe
