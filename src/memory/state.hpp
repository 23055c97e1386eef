#pragma once
/// \file
/// The tables behind memory::Database. Internal: not installed. Hold `mutex` for every access; a store's call is one
/// critical section, so it is one transaction. Payments are written by payment_store.cpp, outbox rows and the
/// lease by outbox_store.cpp; add_outbox_row is what both write through.

#include <ticketbottle/memory/database.hpp>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace ticketbottle::memory {

/// One row of the outbox table. Pending: neither published nor dead.
struct OutboxRecord {
    OutboxRow row;                            ///< row.attempts is `retryCount`.
    std::string last_error;                   ///< "" for NULL.
    bool published = false;
    std::optional<TimePoint> published_at;
    std::optional<TimePoint> next_due;        ///< `nextAttemptAt`: not due before; nullopt: due at once.
    std::optional<TimePoint> dead_at;         ///< Set: never due until requeued.
};

/// The relay's lease. It lives while clock.now() < expires_at and owner is not empty; the epoch only grows.
struct LeaseRecord {
    std::string owner;
    std::uint64_t epoch = 0;
    TimePoint expires_at;
};

struct Database::State {
    explicit State(const Clock& store_clock) : clock(store_clock) {}

    const Clock& clock;
    std::mutex mutex;

    std::unordered_map<std::string, Payment> payments;  ///< By id.
    std::unordered_map<std::string, std::string> id_of_order_code;
    std::unordered_map<std::string, std::string> id_of_provider_transaction_id;
    std::unordered_map<std::string, std::string> id_of_idempotency_key;

    using InboxKey = std::pair<Gateway, std::string>;   ///< Gateway and dedup_key.
    struct InboxRecord {
        InboxEntry entry;
        std::uint64_t sequence = 0;                     ///< Order of arrival.
    };
    std::map<InboxKey, InboxRecord> inbox;
    std::unordered_multimap<std::string, InboxKey> inbox_of_payment;  ///< By payment id; payments only.
    std::uint64_t inbox_sequence = 0;

    std::map<std::uint64_t, OutboxRecord> outbox;               ///< By sequence: the order of insertion.
    std::unordered_map<std::string, std::uint64_t> outbox_ids;  ///< id -> sequence.
    std::uint64_t outbox_sequence = 0;                          ///< The last one given out; never reused.
    LeaseRecord lease;

    /// Appends a pending row. False, and nothing done, if the id is taken.
    bool add_outbox_row(const OutboxRow& row) {
        const auto [place, inserted] = outbox_ids.emplace(row.id, outbox_sequence + 1);
        if (!inserted) return false;
        outbox[place->second].row = row;
        outbox_sequence = place->second;
        return true;
    }
};

}  // namespace ticketbottle::memory
