#pragma once
/// \file
/// Which rows the leader reads next. The table is the truth; what is kept here only spares reading what cannot be due:
///   - a cursor, so that a backlog is read once, page after page, and not from its start each time;
///   - the keys that are held by a waiting or dead row, so that their queues are passed over.
/// Both are dropped (forget) whenever somebody else may have changed something, and from time to time for what nobody tells.
/// Pure: no I/O. Internal.

#include <ticketbottle/ports/outbox_store.hpp>

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

    /// What the next statement shall leave out.
    struct Held {
        Place place;
        std::optional<TimePoint> due;  ///< nullopt: dead.
    };

    explicit OutboxReader(Place start) : start_(std::move(start)), cursor_(start_) {}

    /// Before a fetch.
    void begin(Time now);
    [[nodiscard]] const Place& cursor() const noexcept { return cursor_; }
    /// Will the next statement look at everything that waits?
    [[nodiscard]] bool at_start() const noexcept { return at_start_; }
    [[nodiscard]] const std::unordered_map<std::string, Held>& held() const noexcept { return held_; }

    /// Takes what a statement returned: rows that may be given are moved to `page`, waiting and dead ones hold their keys.
    /// \param full  Were there as many as asked for? If not, the end was reached.
    void take(std::vector<ReadRow> rows, bool full, TimePoint store_now, OutboxPage& page);
    /// How long until the first held row is due; nullopt: none waits.
    [[nodiscard]] std::optional<std::chrono::milliseconds> next_due(TimePoint store_now) const;

    void settled(std::span<const RowSettlement> rows, TimePoint store_now);
    void forget();

private:
    void rewind();

    /// Of the last page, and not settled yet.
    struct Given {
        std::string key;
        Place place;
    };

    const Place start_;
    Place cursor_;
    bool at_start_ = true;
    Time rewound_at_{};
    Time forgotten_at_{};
    std::unordered_map<std::string, Held> held_;    ///< By key.
    std::unordered_map<std::string, Given> given_;  ///< By id.
};

}  // namespace ticketbottle::postgres
