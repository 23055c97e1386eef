#include <algorithm>
#include <mutex>
#include <new>
#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/reconcile/reconciler.hpp>
#include <utility>

#include "core/waiting.hpp"
#include "reconcile/reconcile_log.hpp"

namespace ticketbottle::reconcile {

namespace {

using std::chrono::milliseconds;

// What a stop may still cost: one settlement of the answer in hand.
constexpr milliseconds last_settle_timeout{400};

bool settles(const ReconcileAction& action) { return std::holds_alternative<Settle>(action); }

}  // namespace

struct Reconciler::State {
    State(const Gateways& configured, PaymentStore& payments, HttpExchange http, const Clock& utc,
          ProcessorOptions processing, ReconcilerOptions settings, Observer& watcher)
        : gateways(configured),
          store(payments),
          exchange(std::move(http)),
          clock(utc),
          processor(payments, utc, std::move(processing), watcher),
          options(std::move(settings)),
          observer(watcher) {}

    const Gateways& gateways;
    PaymentStore& store;
    HttpExchange exchange;
    const Clock& clock;
    PaymentProcessor processor;
    const ReconcilerOptions options;
    Observer& observer;

    mutable std::mutex mutex;
    ReconcileReport report;

    [[nodiscard]] Moment now() const { return {Deadline::Clock::now(), clock.now()}; }
    [[nodiscard]] ReconcilerMachine begin_run();
    ReconcileAction perform(ReconcilerMachine& machine, const Wait&, const Deadline&) { return machine.waited(now()); }
    ReconcileAction perform(ReconcilerMachine& machine, const Look& look, const Deadline& limit);
    ReconcileAction perform(ReconcilerMachine& machine, const Ask& ask, const Deadline& limit);
    ReconcileAction perform(ReconcilerMachine& machine, const Settle& settle, const Deadline& limit);
    [[nodiscard]] Result<HttpAnswer> send(const Ask& ask, const Deadline& deadline);

    /// Does the action and tells what came of it.
    ReconcileAction step(ReconcilerMachine& machine, const ReconcileAction& action, const Deadline& limit) {
        ReconcileAction following = std::visit([&](const auto& what) { return perform(machine, what, limit); }, action);
        // What a stop or the end of the time cut short is no trouble of a gateway's or the store's.
        if (!limit.expired() || settles(action)) tell(machine);
        return following;
    }
    void tell(const ReconcilerMachine& machine);
    void wait(const Wait& wait, const Deadline& limit) const;
};

ReconcilerMachine Reconciler::State::begin_run() {
    {
        const std::lock_guard lock(mutex);
        report = {};
    }
    for (std::size_t i = 0; i < gateway_count; ++i) {
        const auto gateway = static_cast<Gateway>(i);
        if (can_ask(gateways, gateway))
            observer.gauge("ticketbottle_reconcile_gateway_up", 1, {{"gateway", to_string(gateway)}});
    }
    const std::string run = random_uuid();
    return {gateways, options, run, std::hash<std::string>()(run)};
}

ReconcileAction Reconciler::State::perform(ReconcilerMachine& machine, const Look& look, const Deadline& limit) {
    auto page = store.pending(look.created_before, look.rows_max, bounded(limit, options.store_timeout));
    const bool had = page.has_value();
    ReconcileAction following = machine.looked(now(), std::move(page));
    if (had) {
        observer.gauge("ticketbottle_reconcile_in_hand_payments", static_cast<double>(machine.report().in_hand));
        observer.gauge("ticketbottle_reconcile_given_up_payments", static_cast<double>(machine.report().given_up));
        observer.gauge("ticketbottle_reconcile_unaskable_payments", static_cast<double>(machine.report().unaskable));
    }
    return following;
}

ReconcileAction Reconciler::State::perform(ReconcilerMachine& machine, const Ask& ask, const Deadline& limit) {
    const auto began = Deadline::Clock::now();
    const Result<HttpAnswer> answer = send(ask, bounded(limit, ask.timeout));
    const std::chrono::duration<double> took = Deadline::Clock::now() - began;
    observer.observe("ticketbottle_reconcile_exchange_seconds", took.count(), {{"gateway", to_string(ask.gateway)}});
    return machine.answered(now(), answer);
}

Result<HttpAnswer> Reconciler::State::send(const Ask& ask, const Deadline& deadline) {
    if (deadline.expired()) return fail(Errc::cancelled, "reconcile.ask", "stopped");
    try {
        return exchange(ask.request, deadline);
    } catch (const std::bad_alloc&) {
        throw;
    } catch (...) {
        // A host's own exchange broke its word. What it says may hold anything: it is not repeated.
        return fail(Errc::outcome_unknown, "reconcile.ask", "the exchange threw an exception");
    }
}

/// An answer in hand is settled also when a stop has come in between: it was asked for.
ReconcileAction Reconciler::State::perform(ReconcilerMachine& machine, const Settle& settle, const Deadline& limit) {
    const Deadline deadline =
        limit.expired() ? Deadline::in(last_settle_timeout) : bounded(limit, options.store_timeout);
    return machine.settled(now(), processor.process(settle.notification, deadline));
}

void Reconciler::State::tell(const ReconcilerMachine& machine) {
    for (const ReconcileNote& note : machine.notes()) log_note(observer, note);
    ReconcileReport before;
    {
        const std::lock_guard lock(mutex);
        before = std::exchange(report, machine.report());
    }
    count_changes(observer, before, machine.report());
}

void Reconciler::State::wait(const Wait& wait, const Deadline& limit) const {
    pause(limit.stop_token(), std::min(wait.at_most, limit.remaining()));
}

Reconciler::Reconciler(const Gateways& gateways, PaymentStore& store, HttpExchange exchange, const Clock& clock,
                       ProcessorOptions processor, ReconcilerOptions options, Observer& observer)
    : state_(std::make_unique<State>(gateways, store, std::move(exchange), clock, std::move(processor),
                                     std::move(options), observer)) {}
Reconciler::~Reconciler() = default;

Result<ReconcileReport> Reconciler::run(std::stop_token stop) {
    State& state = *state_;
    if (auto checked = check(state.options); !checked.has_value()) return checked.error();
    ReconcilerMachine machine = state.begin_run();
    const Deadline limit = Deadline::never().or_stop(std::move(stop));
    ReconcileAction action = machine.begin(state.now());
    while (!limit.expired() || settles(action)) {
        if (const Wait* wait = std::get_if<Wait>(&action)) state.wait(*wait, limit);
        if (!limit.expired() || settles(action)) action = state.step(machine, action, limit);
    }
    return last_report();
}

Result<ReconcileReport> Reconciler::run_once(Deadline deadline, std::stop_token stop) {
    State& state = *state_;
    if (auto checked = check(state.options); !checked.has_value()) return checked.error();
    ReconcilerMachine machine = state.begin_run();
    const Deadline limit = stop.stop_possible() ? deadline.or_stop(std::move(stop)) : deadline;
    ReconcileAction action = machine.begin_once(state.now());
    while (!limit.expired() || settles(action)) {
        if (const Wait* wait = std::get_if<Wait>(&action)) {
            if (wait->why == Wait::Why::stalled)
                return fail(Errc::unavailable, "reconcile.run_once", "the payment store is out of reach");
            if (wait->why == Wait::Why::idle) break;
            state.wait(*wait, limit);
            if (limit.expired()) break;
        }
        action = state.step(machine, action, limit);
    }
    return last_report();
}

ReconcileReport Reconciler::last_report() const {
    const std::lock_guard lock(state_->mutex);
    return state_->report;
}

}  // namespace ticketbottle::reconcile
