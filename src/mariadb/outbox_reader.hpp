#pragma once
/// \file
/// Which rows the leader reads next. The table is the truth; what is kept here only spares reading what cannot be due:
///   - the keys that are held by a waiting or dead row: the statement leaves their queues out;
///   - a floor to read from, where reading from the start has become dear. Deleted rows stay in the index until no transaction can see
///     them; while an old one is open (a backup), every read from the start would walk over all that was published since.
/// Everything is read from the start as long as that costs little, and else for a twentieth of the time. So an event of any transaction,
/// however long that was open, is found; at once, if it was open for less than the floor is old or the table is clean.
/// All is dropped (forget) whenever somebody else may have changed something, and from time to time for what nobody tells.
/// Pure: no I/O. Internal.

#include <ticketbottle/ports/outbox_store.hpp>

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace ticketbottle::mariadb {

/// One row of a page, as read.
struct ReadRow {
    OutboxRow row;
    std::int64_t sequence = 0;
    std::optional<TimePoint> due;
    bool dead = false;
};

class OutboxReader {
public:
    using Time = Deadline::Clock::time_point;
    using Duration = Deadline::Clock::duration;

    // An operator's own UPDATE tells nobody. While keys are held it is looked for this often; else it cannot matter to us.
    static constexpr std::chrono::seconds forget_held_after{5};
    // More seldom when dear, for then all is read from the start until the floor is old enough again.
    static constexpr std::chrono::seconds forget_held_after_when_dear{60};
    static constexpr std::chrono::seconds floor_age{5};
    static constexpr std::chrono::milliseconds dear{20};
    static constexpr int rests_per_read = 20;  ///< A dear read from the start rests for so many times its own length.

    /// Before a fetch.
    void begin(Time now);
    /// Reads behind this sequence.
    [[nodiscard]] std::int64_t cursor() const noexcept { return cursor_; }
    /// Keys that the next statement leaves out, at most `keys_max`. To be called once for each statement.
    [[nodiscard]] std::vector<std::string> leave_out(std::size_t keys_max, Time now);

    /// Takes what the statement returned: rows that may be given are moved to `page`, waiting and dead ones hold their keys.
    /// \param full   Were there as many as asked for? If not, the end was reached.
    /// \param took   How long the statement took.
    /// \return       Must another statement be read before an empty page means that nothing is due?
    [[nodiscard]] bool take(std::vector<ReadRow> rows, bool full, TimePoint store_now, Time now, Duration took, OutboxPage& page);
    /// How long until the first held row is due; nullopt: none waits.
    [[nodiscard]] std::optional<std::chrono::milliseconds> next_due(TimePoint store_now) const;

    /// Of a row of the last page that was not settled yet.
    [[nodiscard]] std::optional<std::int64_t> sequence_of(const std::string& id) const;
    void settled(std::span<const RowSettlement> rows, TimePoint store_now);
    void forget();

private:
    struct Held {
        std::int64_t sequence = 0;
        std::optional<TimePoint> due;  ///< nullopt: dead.
        bool earlier = false;          ///< An earlier row of the key may be due: its queue must be read.
    };
    struct Given {
        std::string key;
        std::int64_t sequence = 0;
    };

    void start(std::int64_t cursor);
    void end_holds(TimePoint store_now);
    void remember_start(std::int64_t first, Time now, Duration took);
    [[nodiscard]] bool may_give(const ReadRow& read, bool given_before, TimePoint store_now);
    [[nodiscard]] std::int64_t floor(Time now);

    std::int64_t cursor_ = 0;
    bool from_start_ = true;       ///< Is this fetch one from sequence 0?
    bool first_statement_ = true;  ///< Of this fetch.
    bool missed_ = false;          ///< This fetch left out, or began behind, a key that is due again.
    std::unordered_set<std::string> blocked_;  ///< Keys of which this fetch gives no more.
    Time full_again_{};            ///< When reading from the start may be afforded again.
    std::int64_t highest_ = 0;     ///< Ever read.
    std::deque<std::pair<Time, std::int64_t>> starts_;  ///< Where the first row of a read was, and when.
    Time forgotten_at_{};
    std::optional<TimePoint> store_time_;  ///< The store's, last seen, at
    Time seen_at_{};
    std::unordered_map<std::string, Held> held_;    ///< By key.
    std::unordered_set<std::string> left_out_;      ///< Of the statement under way.
    std::unordered_map<std::string, Given> given_;  ///< By id.
};

}  // namespace ticketbottle::mariadb
