#pragma once
/// \file
/// Finds the rows a relay may publish now, without looking at the same row twice. Internal: not installed.
///
/// The rows are read in sequence order from a floor: below it every pending row is behind a held key (its head waits for a
/// retry or is dead) or was handed out. So 200,000 rows that wait behind dead ones are passed once, not at every page. What was
/// learnt on the way is kept in memory, for only the holder of the lease changes it; the exceptions (requeue, removal of
/// dead rows, an operator's own SQL) are noticed by the count and sum of the dead rows, or at the latest by
/// starting over now and then. SQLite has one writer at a time, so sequence order is commit order: nothing appears below the
/// floor later.

#include "sqlite/connection.hpp"

#include <set>
#include <utility>
#include <vector>

namespace ticketbottle::sqlite {

/// Threads: one call at a time.
class OutboxReader {
public:
    explicit OutboxReader(Connection& connection) : connection_(connection) {}

    /// The next page for the holder of the lease with this epoch. Within a read transaction.
    [[nodiscard]] Result<OutboxPage> read(std::uint64_t epoch, std::uint32_t rows_max);
    /// What was committed for rows of the last page. `now` is the time it was recorded with.
    void settled(std::span<const RowSettlement> rows, TimePoint now);
    /// A row became dead by a settlement of ours.
    void row_died(std::int64_t sequence) noexcept;
    /// Start over: what is known may be wrong.
    void forget();

private:
    using Time = Deadline::Clock::time_point;
    using Span = Deadline::Clock::duration;
    struct Hold {
        std::optional<TimePoint> due;  ///< nullopt: dead. In the past: the key is read by itself until it has no row left.
    };
    struct Given {
        std::string id;
        std::string key;
        std::int64_t sequence = 0;
        bool published = false;
    };
    enum class Verdict : std::uint8_t { give, hold };

    [[nodiscard]] Result<void> notice_changes();
    [[nodiscard]] Result<void> scan(OutboxPage& page, std::size_t rows_max);
    [[nodiscard]] Result<void> read_due_keys(OutboxPage& page, std::size_t rows_max);
    [[nodiscard]] Result<void> read_key(const std::string& key, OutboxPage& page, std::size_t rows_max);
    [[nodiscard]] Verdict judge(const Query& query, const std::string& key);
    void give(const Query& query, const std::string& key, OutboxPage& page);
    void step_back_to_unsettled();
    void hold(const std::string& key, std::optional<TimePoint> due);
    void let_go(const std::string& key);
    [[nodiscard]] std::size_t due_count(std::size_t most) const;

    Connection& connection_;
    TimePoint now_{};
    std::uint64_t epoch_ = 0;
    std::int64_t floor_ = 0;
    std::size_t page_bytes_ = 0;
    bool due_first_ = false;  ///< With pages of one row due keys and new rows take turns.
    std::unordered_map<std::string, Hold> held_;
    std::set<std::pair<TimePoint, std::string>> waiting_;  ///< Held keys that are not dead, by due time.
    std::vector<Given> given_;                             ///< The last page.

    bool dead_known_ = false;
    std::int64_t dead_count_ = 0;
    std::int64_t dead_sum_ = 0;  ///< Of their sequences.
    std::int64_t seen_version_ = -1;
    Time checked_at_{};
    Span check_cost_{};
    Time started_at_{};   ///< When the floor was last 0.
    Span start_cost_{};
};

}  // namespace ticketbottle::sqlite
