#pragma once
/// \file
/// Events written with the business change and waiting to be published.

#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ticketbottle {

/// Rows of one fetch, at most.
inline constexpr std::uint32_t outbox_page_rows_max = 4000;

/// A row of the deployed `outbox` table.
struct OutboxRow {
    std::string id;              ///< UUID text. Sent as messageId and eventId, so a consumer can deduplicate.
    std::string aggregate_id;    ///< Payment id: the ordering key.
    std::string aggregate_type;  ///< "Payment" or "payment".
    std::string event_type;      ///< "PAYMENT_COMPLETED", ...
    std::string payload;         ///< JSON text.
    TimePoint created_at;
    std::uint32_t attempts = 0;  ///< `retryCount`: failed attempts so far.
    /// The trace that the event came from (core/trace_context.hpp); "" for none. A table without that column gives none.
    std::string traceparent = {};
};

/// The right to publish: one relay at a time holds it. Every take-over raises the epoch, so a holder that slept past
/// its lease is fenced: its next settle changes nothing.
struct RelayLease {
    std::string owner;
    std::uint64_t epoch = 0;
};

struct OutboxPage {
    /// In order within a key. A key with an earlier row that waits for its retry, or is dead, gives none.
    std::vector<OutboxRow> rows;
    /// When nothing is due but a row waits: how long until the first one is due, on the store's clock.
    std::optional<std::chrono::milliseconds> next_due;
};

struct RowSettlement {
    enum class What : std::uint8_t {
        published,  ///< Sets published and publishedAt.
        retry,      ///< attempts + 1, lastError = reason; due again after `retry_after`; holds later rows of its key until then.
        dead,       ///< attempts + 1, lastError = reason; never due again until requeued. Holds later rows of its key.
    };
    std::string id;
    What what = What::published;
    std::string reason;  ///< At most 500 bytes are kept, cut between characters.
    std::chrono::milliseconds retry_after{0};
};

struct DeadRow {
    std::string id;
    std::string aggregate_id;
    std::string event_type;
    std::uint32_t attempts = 0;
    std::string reason;
    TimePoint created_at;
};

struct OutboxStatistics {
    std::uint64_t total = 0;
    std::uint64_t published = 0;
    std::uint64_t pending = 0;  ///< Neither published nor dead; includes rows held behind a dead one.
    std::uint64_t dead = 0;     ///< `failedEvents`.
    std::optional<std::chrono::milliseconds> oldest_pending_age;
    /// How long the leading relay's lease still lives, on the store's clock. nullopt: none leads, so nothing is published.
    std::optional<std::chrono::milliseconds> lease_left = std::nullopt;
};

/// Backends: memory, sqlite, postgres, mariadb. Contract: tests/conformance/outbox_store.hpp; a backend is done when it passes.
/// The writer is not here: an event's row must join the embedder's own transaction (outbox/statement.hpp).
/// Threads: one call at a time per object; objects (and processes) on one database are independent.
/// Lifetimes: arguments are read during the call only; returned values own their bytes.
/// Errors of every call: unavailable, cancelled (neither done), outcome_unknown (perhaps done; every call may be repeated).
class OutboxStore {
public:
    virtual ~OutboxStore() = default;
    OutboxStore(const OutboxStore&) = delete;
    OutboxStore& operator=(const OutboxStore&) = delete;

    /// Takes or renews the relay's lease for `ttl` on the store's clock. Another live holder: nullopt.
    /// The same owner while its lease lives renews it and keeps the epoch; every other grant raises the epoch.
    /// \param owner  Non-empty, unique per relay object (a UUID).
    /// \param ttl    More than 0, at most 10 minutes. Errors also: invalid_argument (either of them).
    [[nodiscard]] virtual Result<std::optional<RelayLease>> acquire(std::string_view owner, std::chrono::milliseconds ttl,
                                                                    Deadline deadline) = 0;
    /// Gives the lease up at once, so that a stand-by takes over without waiting. A lost lease: no effect.
    [[nodiscard]] virtual Result<void> release(const RelayLease& lease, Deadline deadline) = 0;

    /// Up to `rows_max` (1..outbox_page_rows_max) due rows; fewer where their payloads come to 8 MiB. Reads only.
    /// Errors also: conflict (the lease is lost), invalid_argument (rows_max).
    [[nodiscard]] virtual Result<OutboxPage> fetch(const RelayLease& lease, std::uint32_t rows_max, Deadline deadline) = 0;

    /// Records what became of rows and renews the lease for `ttl` (as in acquire), in one transaction. Idempotent for published
    /// rows. A lease that lapsed but that nobody took since may still settle, and is renewed.
    /// Errors also: conflict (the lease is lost: another holder took it, or it was released; nothing changed), invalid_argument (ttl).
    [[nodiscard]] virtual Result<void> settle(const RelayLease& lease, std::chrono::milliseconds ttl,
                                              std::span<const RowSettlement> rows, Deadline deadline) = 0;

    [[nodiscard]] virtual Result<OutboxStatistics> statistics(Deadline deadline) = 0;

    /// Dead rows, oldest first, at most `rows_max` (1..1000).
    [[nodiscard]] virtual Result<std::vector<DeadRow>> dead(std::uint32_t rows_max, Deadline deadline) = 0;
    /// Dead rows become pending again: attempts 0, lastError NULL. Ids that are not dead are left alone. Returns how many were.
    [[nodiscard]] virtual Result<std::uint64_t> requeue(std::span<const std::string> ids, Deadline deadline) = 0;

    /// Removes up to `rows_max` (1..10000) rows published before `before`. Never one that is not published. Returns how many.
    [[nodiscard]] virtual Result<std::uint64_t> remove_published(TimePoint before, std::uint32_t rows_max, Deadline deadline) = 0;
    /// Removes up to `rows_max` dead rows created before `before`. Returns how many.
    [[nodiscard]] virtual Result<std::uint64_t> remove_dead(TimePoint before, std::uint32_t rows_max, Deadline deadline) = 0;

protected:
    OutboxStore() = default;
};

}  // namespace ticketbottle
