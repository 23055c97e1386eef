#pragma once
/// \file
/// Which rows the leader reads next. The table is the truth: each fetch reads what waits from its start, so that a row which was
/// committed late, behind what was read already, goes before the later rows of its key. What is kept here only spares reading:
///   - the keys that are held by a waiting or dead row, so that their queues are passed over; dropped (forget) whenever somebody else
///     may have changed something, and from time to time for what nobody tells;
///   - the floor: a place below which no row waits or will come, but for the held ones. While an old snapshot keeps published rows
///     from being cleaned away, to read from the start is dear, and most fetches begin at the floor.
/// How the floor rises. A number is drawn when a row is inserted, and the row is seen when its transaction commits. So of what was
/// drawn before a page's first row, what that page does not show is in flight. Whoever inserts holds a lock on the table from before
/// the drawing until after the commit is seen: those who hold it after the page are awaited. When none of them holds it any more, all
/// rows below that first row are there to be read, and the next page tells whether one waits.
/// Pure: no I/O. Internal.

#include <ticketbottle/ports/outbox_store.hpp>

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace ticketbottle::postgres {

/// A row's place in the order: sequence or createdAt as PostgreSQL writes it, then the id.
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

    /// Transactions, by whatever name each keeps until its end.
    using Writers = std::unordered_set<std::string>;

    /// \param start  Before every row.
    /// \param grace  A row's place may be of a time at which its transaction did not hold the lock yet: so much earlier, at most.
    OutboxReader(Place start, Duration grace) : start_(std::move(start)), grace_(grace), cursor_(start_), floor_(start_) {}

    /// Before a fetch: is it to be found out who holds the lock of writing to the table? If so, and if it can be told, saw() is next.
    [[nodiscard]] bool wants_writers(Time now);
    /// \param writers  All who held it throughout the look. May hold more.
    void saw(const Writers& writers, Time now);
    /// Before a fetch's first statement.
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
    void move_floor(const std::vector<ReadRow>& rows, Time now, Duration took);

    /// Of the last page, and not settled yet.
    struct Given {
        std::string key;
        Place place;
    };
    /// Where the floor will be.
    struct Rise {
        Place place;
        Writers awaited;  ///< Who wrote when `place` had been read, and still does. No more than the server has sessions.
        Time since;
    };

    const Place start_;
    const Duration grace_;
    Place cursor_;
    enum class From { start, floor, middle };
    From from_ = From::start;     ///< Where the next statement begins.
    Time full_again_{};           ///< Until then reading from the start is too dear.
    Place floor_;                 ///< start_: not known.
    std::optional<Place> first_;  ///< The last first row of a page.
    std::optional<Rise> rise_;
    Time looked_at_{};
    Time forgotten_at_{};
    std::unordered_map<std::string, Held> held_;    ///< By key.
    std::unordered_map<std::string, Given> given_;  ///< By id.
};

}  // namespace ticketbottle::postgres
