#pragma once
/// \file
/// Which rows the leader reads next. The table is the truth: each fetch reads what waits from its start, so that a row which was
/// committed late, behind what was read already, goes before the later rows of its key. What is kept here only spares reading:
///   - the keys that are held by a waiting or dead row, so that their queues are passed over; dropped (forget) whenever somebody else
///     may have changed something, and from time to time for what nobody tells;
///   - the floor: where the waiting rows began a while ago. While an old snapshot keeps published rows from being cleaned away, to
///     read from the start is dear, and most fetches begin at the floor. Only a row that was in flight for longer than the floor is
///     old can be behind it; it comes with the next read from the start.
/// Pure: no I/O. Internal.

#include <ticketbottle/ports/outbox_store.hpp>

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace ticketbottle::postgres {

/// A row's place in the order: sequence or createdAt as PostgreSQL writes it, then the id. Never compared here.
struct Place {
    std::string at;
    std::string id;
};

/// One row of a page, as read.
struct ReadRow {
    OutboxRow row;
    Place place;
    std::string last_error;  ///< With its mark, if there is one.
    bool passed_max = false;  ///< retryCount has reached the limit, whoever counted.
};

class OutboxReader {
public:
    using Time = Deadline::Clock::time_point;
    using Duration = Deadline::Clock::duration;

    /// What the next statement shall leave out.
    struct Held {
        Place place;
        std::optional<TimePoint> due;  ///< nullopt: dead.
    };

    explicit OutboxReader(Place start) : start_(std::move(start)), cursor_(start_) {}

    /// Before a fetch.
    void begin(Time now);
    /// Where the fetch's next statement begins: behind this place.
    [[nodiscard]] const Place& cursor() const noexcept { return cursor_; }
    [[nodiscard]] const std::unordered_map<std::string, Held>& held() const noexcept { return held_; }

    /// Takes what a statement returned: rows that may be given are moved to `page`, waiting and dead ones hold their keys.
    /// \param full  Were there as many as asked for? If not, the end was reached.
    /// \param took  The statement's time.
    /// \return  Must the fetch read on, because nothing can be given yet?
    [[nodiscard]] bool take(std::vector<ReadRow> rows, bool full, TimePoint store_now, Time now, Duration took, OutboxPage& page);
    /// How long until the first held row is due; nullopt: none waits.
    [[nodiscard]] std::optional<std::chrono::milliseconds> next_due(TimePoint store_now) const;

    void settled(std::span<const RowSettlement> rows, TimePoint store_now);
    void forget();

private:
    void start(Place cursor);
    [[nodiscard]] Place floor(Time now);
    void remember_start(const std::vector<ReadRow>& rows, Time now, Duration took);

    /// Of the last page, and not settled yet.
    struct Given {
        std::string key;
        Place place;
    };
    struct Start {
        Time seen_at;
        Place place;
    };

    const Place start_;
    Place cursor_;
    enum class From { start, floor, middle };
    From from_ = From::start;   ///< Where the next statement begins.
    Time full_again_{};         ///< Until then reading from the start is too dear.
    std::deque<Start> starts_;  ///< The first waiting row, as time went on.
    Time forgotten_at_{};
    std::unordered_map<std::string, Held> held_;    ///< By key.
    std::unordered_map<std::string, Given> given_;  ///< By id.
};

}  // namespace ticketbottle::postgres
