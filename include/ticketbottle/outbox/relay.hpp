#pragma once
/// \file
/// The relay: publishes outbox rows in order per key, at least once, and marks them. RelayMachine decides and does nothing;
/// Relay performs its actions on the caller's thread; BackgroundRelay is Relay on a thread of its own.

#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/outbox/message.hpp>
#include <ticketbottle/ports/message_transport.hpp>
#include <ticketbottle/ports/outbox_store.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <stop_token>
#include <thread>
#include <variant>
#include <vector>

namespace ticketbottle::outbox {

struct RelayOptions {
    std::uint32_t batch_rows_max = 100;   ///< 1..1000. OUTBOX_BATCH_SIZE.
    std::uint32_t attempts_max = 5;       ///< 1..1000: a row that failed so often is dead. OUTBOX_MAX_RETRIES.
    std::chrono::milliseconds lease{5000};            ///< Must exceed publish_timeout. A stand-by takes over when it lapses.
    std::chrono::milliseconds publish_timeout{4000};
    std::chrono::milliseconds store_timeout{4000};
    std::chrono::milliseconds poll_min{5};            ///< Idle polling starts here after activity and doubles ...
    std::chrono::milliseconds poll_max{500};          ///< ... up to here. A wake() is at once.
    std::chrono::milliseconds backoff_base{200};      ///< Retry n waits a random time in [0, min(base * 2^n, max)]: full jitter.
    std::chrono::milliseconds backoff_max{60000};
    MessageOptions messages;
};
/// Errors: invalid_argument, naming the option and its range.
[[nodiscard]] Result<void> check(const RelayOptions& options);

// What the driver shall do next.
struct Wait { std::chrono::milliseconds at_most{0}; };  ///< Until a wake, a stop, or this long.
struct Acquire {};                                      ///< OutboxStore::acquire(owner, lease)
struct Fetch { RelayLease lease; };                     ///< OutboxStore::fetch
struct Publish { std::vector<Message> messages; };      ///< MessageTransport::publish
struct Settle { RelayLease lease; std::vector<RowSettlement> rows; };  ///< OutboxStore::settle
using RelayAction = std::variant<Wait, Acquire, Fetch, Publish, Settle>;

struct RelayReport {
    std::uint64_t published = 0;  ///< Delivered and marked.
    std::uint64_t retried = 0;    ///< Failed attempts that burned one.
    std::uint64_t dead = 0;       ///< Rows given up.
    std::uint64_t stalled = 0;    ///< Times the transport or the store was out of reach.
};

/// No I/O, no thread, no clock; one answer per call, in the order of the actions. Invariants, whatever answers come:
/// a row is settled `published` only if its message was delivered under the present lease; no row is published
/// before an earlier one of its key is delivered; a transport that is out of reach burns no attempt; a lost lease drops the page.
class RelayMachine {
public:
    RelayMachine(std::string owner, RelayOptions options, std::uint64_t seed);

    [[nodiscard]] RelayAction begin();
    [[nodiscard]] RelayAction waited();
    [[nodiscard]] RelayAction acquired(const Result<std::optional<RelayLease>>& answer);
    [[nodiscard]] RelayAction fetched(Result<OutboxPage> answer);
    [[nodiscard]] RelayAction published(std::span<const DeliveryReport> reports);
    [[nodiscard]] RelayAction settled(const Result<void>& answer);

    [[nodiscard]] const RelayReport& report() const noexcept { return report_; }
    [[nodiscard]] const std::optional<RelayLease>& lease() const noexcept { return lease_; }
    /// Is the last Wait for want of work (as against a stand-by, or trouble)?
    [[nodiscard]] bool idle() const noexcept { return idle_; }

private:
    [[nodiscard]] std::chrono::milliseconds jitter(std::uint32_t attempt);
    [[nodiscard]] RelayAction stall();

    std::string owner_;
    RelayOptions options_;
    std::mt19937_64 random_;
    RelayReport report_;
    std::optional<RelayLease> lease_;
    std::vector<OutboxRow> page_;
    std::vector<std::size_t> sent_;         ///< Index into page_ of each message in flight.
    std::vector<RowSettlement> settlement_; ///< Of the page in hand.
    std::uint32_t stalls_ = 0;              ///< In a row: the lane's backoff.
    std::chrono::milliseconds poll_{0};
    bool idle_ = false;
};

/// Threads: run and run_once on one thread at a time; wake from any. Lifetimes: store, transport and observer are borrowed.
class Relay {
public:
    Relay(OutboxStore& store, MessageTransport& transport, RelayOptions options = {}, Observer& observer = Observer::none());
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    /// Publishes what is due now and returns: until the store has no due row, another relay leads, or the deadline. For a function that
    /// runs every minute. Errors: invalid_argument (options); unavailable (the store or the transport is out of reach;
    /// the report so far is in last_report()).
    [[nodiscard]] Result<RelayReport> run_once(Deadline deadline);

    /// Runs until stopped, then releases the lease; returns within a second of the stop request unless a call that does not
    /// honour its deadline holds it. Errors: invalid_argument (options). Trouble is logged and retried, never returned.
    [[nodiscard]] Result<RelayReport> run(std::stop_token stop);

    /// An event was committed: look now. Cheap, callable from any thread, at any time.
    void wake() noexcept;

    [[nodiscard]] RelayReport last_report() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// A Relay on its own thread, from construction to destruction (or stop()).
class BackgroundRelay {
public:
    BackgroundRelay(OutboxStore& store, MessageTransport& transport, RelayOptions options = {}, Observer& observer = Observer::none());
    ~BackgroundRelay();
    void wake() noexcept { relay_.wake(); }
    /// Stops and joins. Idempotent.
    void stop();

private:
    Relay relay_;
    std::jthread thread_;
};

}  // namespace ticketbottle::outbox
