#include <ticketbottle/outbox/relay.hpp>

#include <ticketbottle/core/ids.hpp>

#include "core/waiting.hpp"
#include "outbox/relay_log.hpp"
#include "outbox/second_thread.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <new>

namespace ticketbottle::outbox {

namespace {

using std::chrono::milliseconds;

// What a stop may still cost: one settlement of what was delivered, and the release.
constexpr milliseconds last_settle_timeout{400};
constexpr milliseconds release_timeout{300};
// Of a run_once with little time, a quarter is kept for settling; more than this is never needed.
constexpr milliseconds settle_reserve_max{500};
// run_once comes back for messages that were delivered but could not be marked, so that they are not sent twice.
constexpr int settle_tries_max = 4;

RelayTime now() { return Deadline::Clock::now(); }

std::uint64_t seed_of(std::string_view owner) { return std::hash<std::string_view>()(owner); }

}  // namespace

struct Relay::State {
    State(OutboxStore& outbox, MessageTransport& messages, RelayOptions settings, Observer& watcher)
        : store(outbox), transport(messages), options(std::move(settings)), observer(watcher), owner(random_uuid()) {}

    OutboxStore& store;
    MessageTransport& transport;
    const RelayOptions options;
    Observer& observer;
    const std::string owner;

    mutable std::mutex mutex;
    std::condition_variable_any wake_up;
    bool woken = false;
    RelayReport report;
    SecondThread second;
    bool stopping = false;  ///< A stop was requested: calls that it cuts short are no trouble. Of the running thread alone.

    RelayAction perform(RelayMachine& machine, Acquire&, Deadline limit, milliseconds);
    RelayAction perform(RelayMachine& machine, Fetch& fetch, Deadline limit, milliseconds);
    RelayAction perform(RelayMachine& machine, Publish& publish, Deadline limit, milliseconds reserve);
    RelayAction perform(RelayMachine& machine, Settle& settle, Deadline limit, milliseconds);
    RelayAction perform(RelayMachine& machine, Wait&, Deadline, milliseconds) { return machine.waited(now()); }

    [[nodiscard]] std::vector<DeliveryReport> send(const Publish& publish, const Deadline& limit, milliseconds reserve);
    [[nodiscard]] Result<void> record(const Settle& settle, const Deadline& limit);

    /// Does the action and tells what came of it. \param reserve  Kept free of publishing before `limit`.
    RelayAction step(RelayMachine& machine, RelayAction& action, Deadline limit, milliseconds reserve) {
        RelayAction following =
            std::visit([&](auto& what) { return perform(machine, what, limit, reserve); }, action);
        stopping = stopping || limit.stop_token().stop_requested();
        tell(machine);
        return following;
    }
    void tell(const RelayMachine& machine);
    void wait(const Wait& wait, const std::stop_token& stop);
    void finish(RelayMachine& machine, RelayAction action);
    RelayReport begin_run();
};

RelayAction Relay::State::perform(RelayMachine& machine, Acquire&, Deadline limit, milliseconds) {
    return machine.acquired(now(), store.acquire(owner, options.lease, bounded(limit, options.store_timeout)));
}

RelayAction Relay::State::perform(RelayMachine& machine, Fetch& fetch, Deadline limit, milliseconds) {
    {
        // Before looking: an event that is committed after the look finds the flag down and raises it.
        const std::lock_guard lock(mutex);
        woken = false;
    }
    auto page = store.fetch(fetch.lease, fetch.rows_max, bounded(limit, options.store_timeout));
    return machine.fetched(now(), std::move(page));
}

RelayAction Relay::State::perform(RelayMachine& machine, Publish& publish, Deadline limit, milliseconds reserve) {
    std::vector<DeliveryReport> reports;
    if (!publish.meanwhile.has_value()) {
        reports = send(publish, limit, reserve);
        return machine.published(now(), reports);
    }
    std::optional<Result<void>> recorded;
    const auto sending = [&] { reports = send(publish, limit, reserve); };
    const auto recording = [&] { recorded = record(*publish.meanwhile, limit); };
    if (options.second_thread) {
        second.both(sending, recording);
    } else {
        recording();
        sending();
    }
    return machine.published(now(), reports, recorded);
}

RelayAction Relay::State::perform(RelayMachine& machine, Settle& settle, Deadline limit, milliseconds) {
    const Result<void> recorded = record(settle, limit);
    return machine.settled(now(), recorded);
}

std::vector<DeliveryReport> Relay::State::send(const Publish& publish, const Deadline& limit, milliseconds reserve) {
    std::vector<DeliveryReport> reports(publish.messages.size());
    const RelayTime start = now();
    const auto left = std::chrono::duration_cast<milliseconds>(publish.until - start);
    const Deadline deadline = bounded(limit, std::max(left, milliseconds(0)), reserve);
    try {
        transport.publish(publish.messages, reports, deadline);
    } catch (const std::bad_alloc&) {
        throw;
    } catch (...) {
        // A host's own transport broke its word. What it had sent is not known.
        reports.assign(publish.messages.size(), {Delivery::unknown, Errc::outcome_unknown, "the transport threw an exception"});
    }
    observer.observe("ticketbottle_relay_publish_seconds", std::chrono::duration<double>(now() - start).count());
    return reports;
}

Result<void> Relay::State::record(const Settle& settle, const Deadline& limit) {
    return store.settle(settle.lease, options.lease, settle.rows, bounded(limit, options.store_timeout));
}

void Relay::State::tell(const RelayMachine& machine) {
    for (const RelayNote& note : machine.notes()) {
        if (!stopping || note.what != RelayNote::What::stalled) log_note(observer, note);
    }
    RelayReport before;
    RelayReport after = machine.report();
    {
        const std::lock_guard lock(mutex);
        if (stopping) after.stalled = report.stalled;
        before = std::exchange(report, after);
    }
    count_changes(observer, before, after);
}

void Relay::State::wait(const Wait& wait, const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    const bool wakeable = wait.why == Wait::Why::idle;
    wake_up.wait_for(lock, stop, wait.at_most, [&] { return wakeable && woken; });
}

/// The last words: marks what was delivered (once, quickly) and lets a stand-by take over at once.
void Relay::State::finish(RelayMachine& machine, RelayAction action) {
    if (machine.settling()) {  // without the stop's token: what was delivered shall be marked
        if (!std::holds_alternative<Settle>(action)) action = machine.waited(now());
        if (std::holds_alternative<Settle>(action)) {
            (void)step(machine, action, Deadline::in(last_settle_timeout), milliseconds(0));
        }
    }
    if (machine.lease().has_value()) {
        // If it cannot be released it lapses by itself: a stand-by waits a little longer, nothing more.
        (void)store.release(*machine.lease(), Deadline::in(release_timeout)).has_value();
    }
    observer.gauge("ticketbottle_relay_leading", 0);
}

RelayReport Relay::State::begin_run() {
    const std::lock_guard lock(mutex);
    stopping = false;
    return report = {};
}

Relay::Relay(OutboxStore& store, MessageTransport& transport, RelayOptions options, Observer& observer)
    : state_(std::make_unique<State>(store, transport, std::move(options), observer)) {}
Relay::~Relay() = default;

Result<RelayReport> Relay::run(std::stop_token stop) {
    State& state = *state_;
    if (auto checked = check(state.options); !checked.has_value()) return checked.error();
    state.begin_run();
    RelayMachine machine(state.owner, state.options, seed_of(state.owner));
    RelayAction action = machine.begin(now());
    while (!stop.stop_requested()) {
        if (const Wait* wait = std::get_if<Wait>(&action)) state.wait(*wait, stop);
        if (stop.stop_requested()) break;
        action = state.step(machine, action, Deadline::never().or_stop(stop), milliseconds(0));
    }
    state.finish(machine, std::move(action));
    return last_report();
}

Result<RelayReport> Relay::run_once(Deadline deadline, std::stop_token stop) {
    State& state = *state_;
    if (auto checked = check(state.options); !checked.has_value()) return checked.error();
    state.begin_run();
    const Deadline limit = stop.stop_possible() ? deadline.or_stop(stop) : deadline;
    const auto stopped = [&] { return limit.stop_token().stop_requested(); };
    const milliseconds reserve = std::min(limit.remaining() / 4, settle_reserve_max);
    RelayMachine machine(state.owner, state.options, seed_of(state.owner));
    RelayAction action = machine.begin(now());
    bool stalled = false;
    int settle_tries = 0;
    // A batch is begun only while there is time for it; what is sent is settled to the end, after a stop by finish().
    const auto may_go_on = [&] {
        return limit.remaining() > reserve || (machine.settling() && !std::holds_alternative<Publish>(action));
    };
    while (!stopped() && may_go_on()) {
        if (const Wait* wait = std::get_if<Wait>(&action)) {
            stalled = wait->why == Wait::Why::stalled;
            if (!stalled || !machine.settling() || ++settle_tries > settle_tries_max || limit.expired()) break;
            state.wait({wait->why, std::min(wait->at_most, limit.remaining())}, limit.stop_token());
            if (stopped()) break;
        }
        action = state.step(machine, action, limit, reserve);
    }
    state.finish(machine, std::move(action));
    if (stalled) return fail(Errc::unavailable, "outbox.run_once", "the store or the transport is out of reach");
    return last_report();
}

void Relay::wake() noexcept {
    {
        const std::lock_guard lock(state_->mutex);
        state_->woken = true;
    }
    state_->wake_up.notify_all();
}

RelayReport Relay::last_report() const {
    const std::lock_guard lock(state_->mutex);
    return state_->report;
}

}  // namespace ticketbottle::outbox
