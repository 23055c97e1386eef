#pragma once
/// \file
/// Settles verified notifications against a store, and says what happened to the observer. The one path
/// for callbacks and for the reconciler's query answers.

#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/ports/clock.hpp>
#include <ticketbottle/ports/payment_store.hpp>

#include <functional>

namespace ticketbottle {

struct ProcessorOptions {
    LateSuccess late_success = LateSuccess::hold;
    PayosNumber payos_number = PayosNumber::dated_base36;
    std::vector<std::string> pass_through;  ///< Empty: default_pass_through() (event/events.hpp).
    /// Called after a commit that wrote an event, on the calling thread: wake the relay here. May be empty.
    std::function<void()> event_written;
};

/// Threads: as the store's. Lifetimes: store, clock and observer are borrowed and must outlive it.
class PaymentProcessor {
public:
    PaymentProcessor(PaymentStore& store, const Clock& clock, ProcessorOptions options = {}, Observer& observer = Observer::none());

    /// Applied exactly once whatever the number and order of calls. A store error becomes Outcome::retry, and is logged; a
    /// refusal that needs a person is logged as an alert ("payment.refused") with gateway, reason, ids and both amounts.
    /// Metrics: ticketbottle_notifications_total{gateway,outcome,reason}, ticketbottle_settle_seconds.
    /// \param traceparent  Of the request that brought it, (core/trace_context.hpp): goes with the event. What is none is left out.
    [[nodiscard]] Settled process(const PaymentNotification& notification, Deadline deadline, std::string_view traceparent = {});

private:
    PaymentStore& store_;
    const Clock& clock_;
    ProcessorOptions options_;
    Observer& observer_;
};

}  // namespace ticketbottle
