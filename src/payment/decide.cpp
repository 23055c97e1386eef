#include "payment/names.hpp"

#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/event/events.hpp>

#include "core/json.hpp"

#include <algorithm>

namespace ticketbottle::payment {
namespace {

Settled settled_as(Outcome outcome, Refusal refusal, const Payment* payment) {
    Settled settled;
    settled.outcome = outcome;
    settled.refusal = refusal;
    if (payment != nullptr) {
        settled.payment_id = payment->id;
        settled.order_code = payment->order_code;
        settled.before = settled.after = payment->status;
    }
    return settled;
}

Decision refused(Refusal refusal, const Payment* payment) {
    return {settled_as(Outcome::refused, refusal, payment), std::nullopt, std::nullopt, std::nullopt};
}

Decision unchanged(Outcome outcome, const Payment* payment) {
    return {settled_as(outcome, Refusal::none, payment), std::nullopt, std::nullopt, std::nullopt};
}

bool is_mismatch(Refusal refusal) noexcept { return refusal == Refusal::amount_mismatch || refusal == Refusal::currency_mismatch; }

InboxEntry entry_of(const SettleCommand& command, const Payment& payment, Outcome outcome, Refusal refusal) {
    const PaymentNotification& notification = command.notification;
    InboxEntry entry;
    entry.gateway = inbox_gateway(notification.gateway);
    entry.dedup_key = notification.dedup_key;
    entry.payment_id = payment.id;
    entry.transaction_id = notification.transaction_id;
    entry.charge_id = notification.charge_id;
    entry.status = notification.status;
    entry.amount = notification.amount.value_or(Money{});
    entry.outcome = outcome;
    entry.refusal = refusal;
    entry.received_at = command.now;
    return entry;
}

/// Refused and kept, for a person to find. What the inbox has already is not written again.
Decision raised(const SettleCommand& command, const Found& found, Refusal refusal) {
    const Payment& payment = found.candidates.front();
    Decision decision = refused(refusal, &payment);
    const bool known = found.same_key != nullptr && found.same_key->refusal == refusal;
    if (!known) decision.inbox = entry_of(command, payment, Outcome::refused, refusal);
    return decision;
}

/// payOS names an order twice: by link and by number. The candidate was found by one of them; the other must agree as far
/// as it can be known: from metadata, or from the order code.
Result<bool> second_name_agrees(const SettleCommand& command, const Payment& payment) {
    const PaymentNotification& notification = command.notification;
    if (notification.gateway != Gateway::payos) return true;
    json::Document metadata;
    if (!payment.metadata.empty()) {
        auto parsed = json::parse(payment.metadata, {.bytes_max = event_bytes_max, .depth_max = 64});
        if (!parsed.has_value() || !parsed->root().is(json::Kind::object))
            return fail(Errc::malformed, "payment.decide", "the payment's metadata is not a JSON object");
        metadata = std::move(*parsed);
    }
    const json::Value kept_link = metadata.root()["paymentLinkId"];
    if (kept_link.as_string() && !kept_link.text().empty() && kept_link.text() != notification.link_id) return false;
    auto number = parse_number(metadata.root()["payosOrderCode"].text());
    if (!number) number = payos_number(payment.order_code, command.payos_number);
    return !number || number == parse_number(notification.order_id);
}

std::optional<EventType> event_of(NotifiedStatus status) noexcept {
    switch (status) {
        case NotifiedStatus::succeeded:
            return EventType::payment_completed;
        case NotifiedStatus::failed:
            return EventType::payment_failed;
        case NotifiedStatus::cancelled:
            return EventType::payment_cancelled;
        case NotifiedStatus::pending:
        case NotifiedStatus::ignored:
            break;
    }
    return std::nullopt;
}

Payment moved(const Payment& before, EventType type, TimePoint now) {
    Payment payment = before;
    payment.updated_at = now;
    switch (type) {
        case EventType::payment_completed:
            payment.status = PaymentStatus::completed;
            payment.completed_at = now;
            break;
        case EventType::payment_failed:
            payment.status = PaymentStatus::failed;
            payment.failed_at = now;
            break;
        case EventType::payment_cancelled:
        case EventType::ticket_issued:
            payment.status = PaymentStatus::cancelled;
            payment.cancelled_at = now;
            break;
    }
    return payment;
}

Result<Decision> applied(const SettleCommand& command, const Payment& before) {
    const auto type = event_of(command.notification.status);
    if (!type) return fail(Errc::internal, "payment.decide", "a status that changes nothing was to be applied");
    PaymentEvent event;
    event.type = *type;
    event.payment_id = before.id;
    event.order_code = before.order_code;
    event.amount = before.amount;
    event.provider = before.provider;
    event.transaction_id = command.notification.transaction_id;
    event.at = command.now;
    Result<std::string> payload = to_payload(event, before.metadata, command.pass_through);
    if (!payload.has_value()) return payload.error();

    OutboxRow row;
    row.id = derived_uuid(before.id, to_string(*type));
    row.aggregate_id = before.id;
    row.aggregate_type = "Payment";
    row.event_type = to_string(*type);
    row.payload = std::move(*payload);
    row.traceparent = command.traceparent;
    // After the event that closed the payment before, whatever the clocks: its events are told in this order.
    row.created_at = command.now;
    for (const auto& closed : {before.failed_at, before.cancelled_at}) {
        if (closed) row.created_at = std::max(row.created_at, *closed + std::chrono::milliseconds(1));
    }

    Decision decision;
    decision.update = moved(before, *type, command.now);
    decision.inbox = entry_of(command, before, Outcome::applied, Refusal::none);
    decision.settled = settled_as(Outcome::applied, Refusal::none, &before);
    decision.settled.after = decision.update->status;
    decision.settled.outbox_id = row.id;
    decision.outbox = std::move(row);
    return decision;
}

bool same_content(const InboxEntry& entry, const PaymentNotification& notification, const Payment& payment) {
    return entry.payment_id == payment.id && notification.amount && entry.amount == *notification.amount;
}

enum class Charge : std::uint8_t { known, another, not_comparable };

/// Is the notified movement of money one that the payment has had?
Charge compare_charge(const PaymentNotification& notification, std::span<const InboxEntry> of_payment) {
    if (notification.charge_id.empty()) return Charge::not_comparable;
    Charge charge = Charge::not_comparable;
    for (const InboxEntry& entry : of_payment) {
        // Money refused for its amount is no charge the payment has had.
        if (entry.charge_id.empty() || is_mismatch(entry.refusal)) continue;
        if (entry.charge_id == notification.charge_id) return Charge::known;
        charge = Charge::another;
    }
    return charge;
}

Result<Decision> by_state(const SettleCommand& command, const Found& found) {
    const Payment& payment = found.candidates.front();
    const bool success = command.notification.status == NotifiedStatus::succeeded;
    switch (payment.status) {
        case PaymentStatus::pending:
            return applied(command, payment);
        case PaymentStatus::completed:
            if (!success) return refused(Refusal::already_completed, &payment);
            if (compare_charge(command.notification, found.of_payment) == Charge::another)
                return raised(command, found, Refusal::second_charge);
            return unchanged(Outcome::duplicate, &payment);
        case PaymentStatus::failed:
        case PaymentStatus::cancelled:
            if (!success || compare_charge(command.notification, found.of_payment) == Charge::known)
                return unchanged(Outcome::duplicate, &payment);
            if (command.late_success == LateSuccess::reopen) return applied(command, payment);
            return raised(command, found, Refusal::late_success);
    }
    return fail(Errc::internal, "payment.decide", "the payment has no known status");
}

/// What is refused or left before the payment's state matters; nullopt: go on.
Result<std::optional<Decision>> before_state(const SettleCommand& command, const Found& found) {
    const PaymentNotification& notification = command.notification;
    if (notification.status == NotifiedStatus::ignored) return unchanged(Outcome::ignored, nullptr);
    if (found.candidates.empty()) return refused(Refusal::unknown_order, nullptr);
    if (found.candidates.size() > 1) return refused(Refusal::ambiguous_order, nullptr);
    const Payment& payment = found.candidates.front();
    const Result<bool> agrees = second_name_agrees(command, payment);
    if (!agrees.has_value()) return agrees.error();
    if (!*agrees) return refused(Refusal::order_mismatch, &payment);
    if (!is_provider(payment.provider, notification.gateway)) return refused(Refusal::provider_mismatch, &payment);
    const bool passing = notification.status == NotifiedStatus::failed && notification.finality == Finality::retryable;
    if (notification.status == NotifiedStatus::pending || passing) return unchanged(Outcome::ignored, &payment);
    // A key that comes back with another status is another message of that transaction: a failure that turned into money.
    if (found.same_key != nullptr && found.same_key->status == notification.status) {
        if (!same_content(*found.same_key, notification, payment)) return refused(Refusal::content_conflict, &payment);
        if (!is_mismatch(found.same_key->refusal)) return unchanged(Outcome::duplicate, &payment);
    }
    const bool success = notification.status == NotifiedStatus::succeeded;
    if (!notification.amount || *notification.amount != payment.amount) {
        const bool other_currency = notification.amount && notification.amount->currency != payment.amount.currency;
        const Refusal refusal = other_currency ? Refusal::currency_mismatch : Refusal::amount_mismatch;
        return success && notification.amount ? raised(command, found, refusal) : refused(refusal, &payment);
    }
    return std::optional<Decision>();
}

}  // namespace

bool needs_charges(const PaymentNotification& notification, std::span<const Payment> candidates) noexcept {
    return candidates.size() == 1 && candidates.front().status != PaymentStatus::pending &&
           notification.status == NotifiedStatus::succeeded && !notification.charge_id.empty();
}

Result<Decision> decide(const SettleCommand& command, const Found& found) {
    Result<std::optional<Decision>> early = before_state(command, found);
    if (!early.has_value()) return early.error();
    if (*early) return std::move(**early);
    return by_state(command, found);
}

}  // namespace ticketbottle::payment
