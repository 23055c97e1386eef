#include <ticketbottle/payment/processor.hpp>

#include <ticketbottle/core/trace_context.hpp>
#include <ticketbottle/event/events.hpp>
#include <ticketbottle/payment/rules.hpp>

#include <chrono>
#include <exception>
#include <utility>

namespace ticketbottle {
namespace {

SettleCommand command_of(const PaymentNotification& notification, const ProcessorOptions& options, TimePoint now,
                         std::string_view traceparent) {
    SettleCommand command;
    command.notification = notification;
    command.lookup = payment::lookup_of(notification);
    command.now = now;
    command.late_success = options.late_success;
    command.payos_number = options.payos_number;
    command.pass_through = options.pass_through;
    command.traceparent = passed_on_traceparent(traceparent);
    return command;
}

void log_unable(Observer& observer, const PaymentNotification& notification, const Error& error) {
    const std::string text = to_string(error);
    observer.log(Severity::error, "payment.settle_failed", "The store could not settle a notification; the gateway is asked to call again.",
                 {{"gateway", to_string(notification.gateway)},
                  {"order_id", std::string_view(notification.order_id)},
                  {"dedup_key", std::string_view(notification.dedup_key)},
                  {"code", to_string(error.code)},
                  {"error", std::string_view(text)}});
}

void log_applied(Observer& observer, const PaymentNotification& notification, const Settled& settled) {
    const Money amount = notification.amount.value_or(Money{});
    observer.log(Severity::info, "payment.applied", "",
                 {{"gateway", to_string(notification.gateway)},
                  {"payment_id", std::string_view(settled.payment_id)},
                  {"order_code", std::string_view(settled.order_code)},
                  {"before", to_string(settled.before)},
                  {"after", to_string(settled.after)},
                  {"amount", amount.minor_units},
                  {"currency", amount.currency.code()},
                  {"transaction_id", std::string_view(notification.transaction_id)},
                  {"outbox_id", std::string_view(settled.outbox_id)}});
}

/// `expected` is the payment's own amount, where there is one payment.
void log_refused(Observer& observer, const PaymentNotification& notification, const Settled& settled, const Money& expected) {
    const Money notified = notification.amount.value_or(Money{});
    const bool person = needs_person(settled.refusal);
    observer.log(person ? Severity::alert : Severity::warning, "payment.refused",
                 person ? "An authentic notification does not fit its payment; a person must look." : "",
                 {{"gateway", to_string(notification.gateway)},
                  {"reason", to_string(settled.refusal)},
                  {"notified_status", to_string(notification.status)},
                  {"payment_id", std::string_view(settled.payment_id)},
                  {"order_code", std::string_view(settled.order_code)},
                  {"payment_status", to_string(settled.before)},
                  {"order_id", std::string_view(notification.order_id)},
                  {"link_id", std::string_view(notification.link_id)},
                  {"transaction_id", std::string_view(notification.transaction_id)},
                  {"dedup_key", std::string_view(notification.dedup_key)},
                  {"notified_amount", notified.minor_units},
                  {"notified_currency", notified.currency.code()},
                  {"expected_amount", expected.minor_units},
                  {"expected_currency", expected.currency.code()}});
}

void log_unchanged(Observer& observer, const PaymentNotification& notification, const Settled& settled) {
    observer.log(Severity::debug, settled.outcome == Outcome::duplicate ? "payment.duplicate" : "payment.ignored", "",
                 {{"gateway", to_string(notification.gateway)},
                  {"notified_status", to_string(notification.status)},
                  {"payment_id", std::string_view(settled.payment_id)},
                  {"order_id", std::string_view(notification.order_id)}});
}

/// The event is committed: whatever the host's wake-up throws, the answer stands.
void wake(const std::function<void()>& event_written, Observer& observer) noexcept {
    if (!event_written) return;
    try {
        event_written();
    } catch (const std::exception&) {
        observer.log(Severity::error, "payment.wake_failed", "The host's event_written threw; the event waits for the relay's next look.");
    } catch (...) {
        observer.log(Severity::error, "payment.wake_failed", "The host's event_written threw; the event waits for the relay's next look.");
    }
}

}  // namespace

PaymentProcessor::PaymentProcessor(PaymentStore& store, const Clock& clock, ProcessorOptions options, Observer& observer)
    : store_(store), clock_(clock), options_(std::move(options)), observer_(observer) {
    if (options_.pass_through.empty()) options_.pass_through = default_pass_through();
}

Settled PaymentProcessor::process(const PaymentNotification& notification, Deadline deadline, std::string_view traceparent) {
    const auto began = std::chrono::steady_clock::now();
    const Result<Settled> result = store_.settle(command_of(notification, options_, clock_.now(), traceparent), deadline);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    observer_.observe("ticketbottle_settle_seconds", took.count());

    Settled settled;
    if (!result.has_value()) {
        log_unable(observer_, notification, result.error());
    } else {
        settled = *result;
        switch (settled.outcome) {
            case Outcome::applied:
                log_applied(observer_, notification, settled);
                break;
            case Outcome::refused: {
                Money expected;
                if (!settled.payment_id.empty()) {
                    const auto payment = store_.find(PaymentKey::id, settled.payment_id, deadline);
                    if (payment.has_value() && *payment) expected = (*payment)->amount;
                }
                log_refused(observer_, notification, settled, expected);
                break;
            }
            case Outcome::duplicate:
            case Outcome::ignored:
            case Outcome::retry:
                log_unchanged(observer_, notification, settled);
                break;
        }
    }
    observer_.count("ticketbottle_notifications_total", {{"gateway", to_string(notification.gateway)},
                                                         {"outcome", to_string(settled.outcome)},
                                                         {"reason", to_string(settled.refusal)}});
    if (!settled.outbox_id.empty()) wake(options_.event_written, observer_);
    return settled;
}

}  // namespace ticketbottle
