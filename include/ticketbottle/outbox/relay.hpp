#pragma once
/// \file
/// The relay: publishes outbox rows in order per key, at least once, and marks them. RelayMachine decides and does nothing;
/// Relay performs its actions on the caller's thread; BackgroundRelay is Relay on a thread of its own.

#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/outbox/message.hpp>
#include <ticketbottle/ports/message_transport.hpp>
#include <ticketbottle/ports/outbox_store.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <variant>
#include <vector>

namespace ticketbottle::outbox {

struct RelayOptions {
    /// 1..1000: rows that are sent together, and marked together while the next are sent. After a crash at most two batches are sent
    /// again. OUTBOX_BATCH_SIZE.
    std::uint32_t batch_rows_max = 100;
    std::uint32_t attempts_max = 5;       ///< 1..1000: a row that failed so often is dead. OUTBOX_MAX_RETRIES.
    std::chrono::milliseconds lease{4000};            ///< 100 ms .. 10 min. Must exceed publish_timeout. A stand-by takes over when it lapses.
    std::chrono::milliseconds publish_timeout{3000};  ///< From 10 ms.
    std::chrono::milliseconds store_timeout{4000};    ///< 10 ms .. 10 min.
    std::chrono::milliseconds poll_min{2};            ///< From 1 ms. Idle polling starts here after activity and doubles ...
    std::chrono::milliseconds poll_max{500};          ///< ... up to here, at most 1 h (and a third of the lease). A wake() is at once.
    /// Full jitter: after n earlier failures a row waits a random time in [0, min(base * 2^n, max)], 1 ms <= base <= max <= 24 h.
    /// The lane, when store or transport are out of reach, does likewise, but probes at least twice a lease.
    std::chrono::milliseconds backoff_base{200};
    std::chrono::milliseconds backoff_max{60000};
    /// A batch is marked on a thread of the relay's own while the next is sent on the caller's. false: all calls on the caller's thread.
    bool second_thread = true;
    MessageOptions messages;
};
/// Errors: invalid_argument, naming the option and its range.
[[nodiscard]] Result<void> check(const RelayOptions& options);

/// Monotonic time. The machine reads no clock: whoever drives it says what time it is.
using RelayTime = Deadline::Clock::time_point;

// What the driver shall do next.
struct Wait {
    enum class Why : std::uint8_t {
        idle,     ///< Nothing is due. A wake() ends it.
        standby,  ///< Another relay leads. A wake() does not end it.
        stalled,  ///< The store or the transport is out of reach. A wake() does not end it.
    };
    Why why = Why::idle;
    std::chrono::milliseconds at_most{0};  ///< Until this long, a stop, or (idle) a wake.
};
struct Acquire {};                     ///< OutboxStore::acquire(owner, options.lease)
struct Fetch { RelayLease lease; std::uint32_t rows_max; };  ///< OutboxStore::fetch(lease, rows_max)
struct Settle { RelayLease lease; std::vector<RowSettlement> rows; };  ///< OutboxStore::settle(lease, options.lease, rows)
struct Publish {                       ///< MessageTransport::publish
    std::vector<Message> messages;
    RelayTime until;                   ///< The call's deadline: publish_timeout, or the end of the lease if that is earlier.
    std::optional<Settle> meanwhile;   ///< Of messages sent before: before, after or best while these are sent. Answered together.
};
using RelayAction = std::variant<Wait, Acquire, Fetch, Publish, Settle>;

struct RelayReport {
    std::uint64_t published = 0;  ///< Delivered and marked.
    std::uint64_t retried = 0;    ///< Failed attempts that burned one and left the row alive.
    std::uint64_t dead = 0;       ///< Rows given up.
    std::uint64_t stalled = 0;    ///< Calls that found the transport or the store out of reach.
};

/// Something worth a log line, for the driver to pass on.
struct RelayNote {
    enum class What : std::uint8_t {
        row_retry,   ///< A row failed and will be tried again.
        row_dead,    ///< A row was given up; it holds its key until a person requeues or removes it.
        stalled,     ///< Once when a part becomes unreachable, not at every attempt.
        recovered,   ///< Once when it is reachable again.
        leading,     ///< This relay publishes now.
        standby,     ///< Another one does.
        lease_lost,  ///< This one did, and was fenced: what it had not marked was dropped and will be published again.
    };
    What what = What::stalled;
    std::string row_id;          ///< Rows only.
    std::string event_type;      ///< Rows only, at most 100 bytes.
    std::uint32_t attempts = 0;  ///< Rows only: failed attempts with this one.
    std::string part;            ///< stalled, recovered: "store" or "transport".
    std::string reason;          ///< At most 500 bytes of UTF-8; no payload.
};

/// No I/O, no thread, no clock; one answer per call, in the order of the actions. A page is published in batches; while
/// one is on its way the one before is settled. Invariants, whatever answers come:
/// a row is settled `published` only if its message was delivered under the present lease; no row is published
/// before an earlier one of its key is delivered; a transport that is out of reach burns no attempt; a lost lease drops the page.
class RelayMachine {
public:
    /// \param options  Checked by the caller (check()).
    /// \param seed     Of the jitter.
    RelayMachine(std::string owner, RelayOptions options, std::uint64_t seed);

    [[nodiscard]] RelayAction begin(RelayTime now);
    [[nodiscard]] RelayAction waited(RelayTime now);
    [[nodiscard]] RelayAction acquired(RelayTime now, const Result<std::optional<RelayLease>>& answer);
    [[nodiscard]] RelayAction fetched(RelayTime now, Result<OutboxPage> answer);
    /// `reports` in the order of the messages; what is missing counts as unknown. `recorded`: the answer to `meanwhile`, if there was one.
    [[nodiscard]] RelayAction published(RelayTime now, std::span<const DeliveryReport> reports,
                                        const std::optional<Result<void>>& recorded = std::nullopt);
    [[nodiscard]] RelayAction settled(RelayTime now, const Result<void>& answer);

    [[nodiscard]] const RelayReport& report() const noexcept { return report_; }
    [[nodiscard]] const std::optional<RelayLease>& lease() const noexcept { return lease_; }
    /// What the last answer brought. Replaced by the next one.
    [[nodiscard]] const std::vector<RelayNote>& notes() const noexcept { return notes_; }
    /// Are there delivered messages that are not marked yet? A driver that stops should settle once more: waited() gives it.
    [[nodiscard]] bool settling() const noexcept { return !settlement_.empty(); }

private:
    /// A row of the batch under way, in the order of the page: its message's place among those sent, or why there is none.
    struct Planned {
        std::size_t row = 0;
        std::optional<std::size_t> message;
        std::string reason;
    };
    enum class Role : std::uint8_t { unknown, leading, standby };

    [[nodiscard]] bool renewal_is_due(RelayTime now) const;
    [[nodiscard]] RelayAction next(RelayTime now);
    [[nodiscard]] RelayAction acquire(RelayTime now);
    [[nodiscard]] RelayAction publish(RelayTime now);
    [[nodiscard]] RelayAction go_on(RelayTime now);
    [[nodiscard]] RelayAction fetch() const;
    [[nodiscard]] std::vector<Message> plan_batch();
    [[nodiscard]] bool judge_batch(std::span<const DeliveryReport> reports);
    void take_record(const Result<void>& answer);
    [[nodiscard]] Settle settle(RelayTime now);
    [[nodiscard]] RelayAction idle();
    [[nodiscard]] RelayAction lost(RelayTime now);
    [[nodiscard]] RelayAction store_failed(const Error& error);
    [[nodiscard]] RelayAction stalled_wait(std::uint32_t failures);
    void store_answered();
    void transport_failed(const DeliveryReport& report, bool some_delivered);
    void transport_answered();
    void row_failed(const OutboxRow& row, std::string_view reason);
    void account(bool failures_only);
    void set_role(Role role);
    void drop_page();

    std::string owner_;
    RelayOptions options_;
    std::mt19937_64 random_;
    RelayReport report_;
    std::vector<RelayNote> notes_;
    std::optional<RelayLease> lease_;
    RelayTime asked_at_{};     ///< When the call that may renew the lease was asked for: the lease counts from there.
    RelayTime lease_until_{};
    std::vector<OutboxRow> page_;
    std::size_t unsent_ = 0;           ///< Of the page: where the next batch begins.
    std::vector<Planned> planned_;     ///< The batch under way.
    std::unordered_set<std::string> held_keys_;  ///< Of the page: a row of theirs did not go, so no later one may.
    std::vector<RowSettlement> settlement_;  ///< Of what was sent, until it is recorded.
    std::vector<std::string> event_types_;   ///< Beside settlement_, for the notes.
    std::vector<std::uint32_t> attempts_;    ///< Likewise.
    bool stall_after_settle_ = false;
    std::uint32_t store_failures_ = 0;      ///< In a row.
    std::uint32_t transport_failures_ = 0;  ///< In a row.
    std::uint32_t conflicts_ = 0;           ///< Leases lost without a page settled in between.
    std::chrono::milliseconds poll_{0};
    Role role_ = Role::unknown;
};

/// Threads: run and run_once on one thread at a time; wake and last_report from any. Store and transport are called on that thread, the
/// store's settle also on one of the relay's own (RelayOptions::second_thread); each has one call at a time. Lifetimes: store, transport and observer are
/// borrowed. Exceptions: std::bad_alloc. What the store throws passes through; what the transport throws is an unknown delivery.
/// Metrics: ticketbottle_outbox_published_total, _retried_total, _dead_total, _stalled_total; ticketbottle_relay_leading (0 or 1);
/// ticketbottle_relay_publish_seconds (one batch). Log events: outbox.row_retry, outbox.row_dead, relay.stalled, relay.recovered,
/// relay.leading, relay.standby, relay.lease_lost.
class Relay {
public:
    Relay(OutboxStore& store, MessageTransport& transport, RelayOptions options = {}, Observer& observer = Observer::none());
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    /// Publishes what is due now, releases the lease and returns: until the store has no due row, another relay leads, or the
    /// deadline (a part of the time is kept for marking what was sent), or within a second of a stop request (from any thread; what
    /// was delivered by then is marked). `stop` takes the place of a token the deadline carries. For a function that runs every
    /// minute.
    /// Errors: invalid_argument (options); unavailable (the store or the transport is out of reach; the report so far is
    /// in last_report()).
    [[nodiscard]] Result<RelayReport> run_once(Deadline deadline, std::stop_token stop = {});

    /// Runs until stopped, then marks what was delivered and releases the lease. Returns within a second of the stop request: the
    /// store or transport call that is under way then sees it in its deadline. A backend that does not look there (a C host's
    /// callback is told milliseconds only) holds it up until its own end, store_timeout or publish_timeout at most. Errors: invalid_argument (options). Trouble is logged and retried, never returned.
    [[nodiscard]] Result<RelayReport> run(std::stop_token stop);

    /// An event was committed: look now. Cheap, callable from any thread, at any time.
    void wake() noexcept;

    /// Of the run in progress, or else of the last one.
    [[nodiscard]] RelayReport last_report() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// A Relay on its own thread, from construction to destruction (or stop()). Options that do not pass check() are logged
/// ("relay.refused") and nothing runs; so is a thread that cannot be had. An exception of a host's own store or transport is
/// logged ("relay.exception"), and the relay starts again a second later.
class BackgroundRelay {
public:
    BackgroundRelay(OutboxStore& store, MessageTransport& transport, RelayOptions options = {}, Observer& observer = Observer::none());
    ~BackgroundRelay();
    BackgroundRelay(const BackgroundRelay&) = delete;
    BackgroundRelay& operator=(const BackgroundRelay&) = delete;
    void wake() noexcept { relay_.wake(); }
    /// Stops and joins. Idempotent.
    void stop();
    /// False after stop(), or when the options were refused.
    [[nodiscard]] bool running() const noexcept { return running_; }
    [[nodiscard]] RelayReport report() const { return relay_.last_report(); }

private:
    void work(const std::stop_token& stop);

    Relay relay_;
    Observer& observer_;
    std::atomic<bool> running_{false};
    std::jthread thread_;
};

}  // namespace ticketbottle::outbox
