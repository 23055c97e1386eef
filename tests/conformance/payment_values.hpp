#pragma once
/// \file
/// Payments, notifications and comparisons that the PaymentStore suite works with. Public headers and doctest only.

#include "json_text.hpp"

#include <doctest/doctest.h>
#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/event/events.hpp>
#include <ticketbottle/payment/rules.hpp>
#include <ticketbottle/ports/payment_store.hpp>

#include <concepts>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace ticketbottle::conformance::payments {

inline Deadline soon() { return Deadline::in(std::chrono::seconds(30)); }
inline Deadline past() { return Deadline::in(std::chrono::milliseconds(-1)); }

/// 2025-12-13T08:00:00.000Z plus some milliseconds.
inline TimePoint at(std::int64_t milliseconds = 0) { return TimePoint(std::chrono::milliseconds(1765612800000 + milliseconds)); }

inline Money dong(std::int64_t amount) { return {amount, Currency::vnd()}; }

inline std::string text_of(const std::optional<TimePoint>& time) { return time ? to_iso8601(*time) : "-"; }

/// Everything a row holds, for comparing and for reading in a failed check.
inline std::string text_of(const Payment& p) {
    std::string out;
    for (const std::string& part :
         {p.id, p.order_code, std::to_string(p.amount.minor_units), std::string(p.amount.currency.code()), p.provider,
          p.provider_transaction_id, p.idempotency_key, p.redirect_url, p.payment_url, std::string(to_string(p.status)), canonical(p.metadata),
          to_iso8601(p.created_at), to_iso8601(p.updated_at), text_of(p.completed_at), text_of(p.failed_at), text_of(p.cancelled_at)})
        out += part + "|";
    return out;
}

inline std::string text_of(const OutboxRow& r) {
    std::string out;
    for (const std::string& part : {r.id, r.aggregate_id, r.aggregate_type, r.event_type, canonical(r.payload), to_iso8601(r.created_at), r.traceparent})
        out += part + "|";
    return out + std::to_string(r.attempts);
}

inline std::string text_of(const std::vector<OutboxRow>& rows) {
    std::string out;
    for (const OutboxRow& row : rows) out += text_of(row) + "\n";
    return out;
}

inline std::string text_of(const Settled& s) {
    return std::string(to_string(s.outcome)) + "/" + std::string(to_string(s.refusal)) + " " + std::string(to_string(s.before)) +
           "->" + std::string(to_string(s.after)) + " " + s.payment_id + " " + s.order_code + " " + s.outbox_id;
}

inline std::string text_of(const InboxEntry& e) {
    std::string out;
    for (const std::string& part :
         {std::string(to_string(e.gateway)), e.dedup_key, e.payment_id, e.transaction_id, e.charge_id, std::string(to_string(e.status)),
          std::to_string(e.amount.minor_units), std::string(e.amount.currency.code()), std::string(to_string(e.outcome)),
          std::string(to_string(e.refusal)), to_iso8601(e.received_at)})
        out += part + "|";
    return out;
}

/// The n-th payment: 250000 dong plus n, of `provider`.
inline Payment make_payment(int n, const std::string& provider = "vnpay") {
    const std::string number = std::to_string(n);
    Payment p;
    p.id = derived_uuid("payment", number);
    p.order_code = "TB-TEST-20251213-0000" + number;
    p.amount = dong(250000 + n);
    p.provider = provider;
    p.provider_transaction_id = "ptid-" + number;
    p.idempotency_key = "key-" + number;
    p.redirect_url = "https://shop.example/return/" + number;
    p.payment_url = "https://pay.example/" + number;
    p.created_at = p.updated_at = at(n);
    return p;
}

/// The gateway that a payment of this suite was opened with, unless a case says another.
inline Gateway gateway_of(const Payment& p) { return p.provider == "stripe" ? Gateway::stripe : Gateway::vnpay; }

/// A success for that payment as its gateway would tell it, transaction "t-<n>".
inline PaymentNotification success(const Payment& p, const std::string& transaction = "t-1",
                                   std::optional<Gateway> by = std::nullopt) {
    const Gateway gateway = by.value_or(gateway_of(p));
    PaymentNotification n;
    n.gateway = gateway;
    n.status = NotifiedStatus::succeeded;
    n.order_id = gateway == Gateway::zalopay ? "251213_" + p.order_code : p.order_code;
    n.transaction_id = n.charge_id = transaction;
    n.dedup_key = p.order_code + ":" + transaction + ":succeeded";
    n.amount = p.amount;
    return n;
}

inline PaymentNotification with_status(PaymentNotification n, NotifiedStatus status) {
    n.status = status;
    n.charge_id.clear();
    n.dedup_key += std::string(":") + std::string(to_string(status));
    return n;
}

/// The trace of the request that brought that notification: another for each.
inline std::string trace_of(const PaymentNotification& notification) {
    std::string digits = derived_uuid("trace", notification.dedup_key);
    std::erase(digits, '-');
    return "00-" + digits + "-" + digits.substr(16) + "-01";
}

inline SettleCommand command(const PaymentNotification& notification, TimePoint now = at(60000)) {
    SettleCommand c;
    c.notification = notification;
    c.lookup = payment::lookup_of(notification);
    c.now = now;
    c.pass_through = default_pass_through();
    c.traceparent = trace_of(notification);
    return c;
}

inline Settled settle(PaymentStore& store, const PaymentNotification& notification, TimePoint now = at(60000)) {
    const Result<Settled> settled = store.settle(command(notification, now), soon());
    REQUIRE_MESSAGE(settled.has_value(), to_string(settled.error()));
    return *settled;
}

inline Payment stored(PaymentStore& store, const Payment& payment) {
    const Result<std::optional<Payment>> found = store.find(PaymentKey::id, payment.id, soon());
    REQUIRE(found.has_value());
    REQUIRE(found->has_value());
    return **found;
}

inline void create(PaymentStore& store, const Payment& payment) {
    const Result<Payment> created = store.create(payment, soon());
    REQUIRE_MESSAGE(created.has_value(), to_string(created.error()));
}

/// A backend that cannot hold just any payment says which it can: see payment_store.hpp.
template <class Backend>
concept HoldsItsOwnPayments = requires(Backend backend, const Payment& payment) {
    { Backend::payment(1) } -> std::same_as<Payment>;
    { Backend::passed_through(1) } -> std::convertible_to<std::string>;
    backend.put(payment);
};

/// The n-th payment as the backend has it.
template <class Backend>
Payment nth(int n, const std::string& provider = "vnpay") {
    if constexpr (HoldsItsOwnPayments<Backend>) {
        return Backend::payment(n);
    } else {
        return make_payment(n, provider);
    }
}

/// How a payment comes into being there.
template <class Backend>
void put(Backend& backend, PaymentStore& store, const Payment& payment) {
    if constexpr (HoldsItsOwnPayments<Backend>) {
        backend.put(payment);
    } else {
        create(store, payment);
    }
}

inline std::size_t raised_count(PaymentStore& store) { return store.raised(1000, soon()).value().size(); }

/// A seed that is told when something fails; TKB_SEED repeats a run.
inline std::uint64_t seed() {
    if (const char* const text = std::getenv("TKB_SEED")) return std::strtoull(text, nullptr, 10);
    return (std::uint64_t{std::random_device()()} << 32) | std::random_device()();
}

}  // namespace ticketbottle::conformance::payments
