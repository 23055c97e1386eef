// The reader against a table that is played: transactions that commit late, reads from the start that cost much, keys that are held.
#include "mariadb/outbox_reader.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>

namespace ticketbottle::mariadb {
namespace {

using namespace std::chrono_literals;
using What = RowSettlement::What;

/// The outbox and its only reader, on one clock. Rows of a key are written one after the other, as behind the lock of a payment.
class Table {
public:
    explicit Table(OutboxReader::Duration cost) : cost_(cost) {}

    /// \param committed  Else it is not seen until commit().
    std::int64_t put(const std::string& key, bool committed = true) {
        rows_[++sequence_] = {key, committed, false, std::nullopt};
        return sequence_;
    }
    void commit(std::int64_t sequence) { rows_.at(sequence).visible = true; }
    [[nodiscard]] bool is_open(const std::string& key) const {
        return std::ranges::any_of(rows_, [&](const auto& entry) { return entry.second.key == key && !entry.second.visible; });
    }
    void pass(std::chrono::milliseconds time) {
        now_ += time;
        store_now_ += time;
    }
    void forget() { reader_.forget(); }
    [[nodiscard]] std::size_t size() const { return rows_.size(); }
    [[nodiscard]] bool knows(std::int64_t sequence) const { return rows_.contains(sequence); }
    [[nodiscard]] const std::string& key(std::int64_t sequence) const { return rows_.at(sequence).key; }
    [[nodiscard]] std::uint64_t reads_from_start() const { return reads_from_start_; }
    [[nodiscard]] std::uint64_t reads() const { return reads_; }

    OutboxPage fetch(std::size_t rows_max) {
        reader_.begin(now_);
        OutboxPage page;
        for (;;) {
            const auto left_out = reader_.leave_out(1024, now_);
            ++reads_;
            reads_from_start_ += reader_.cursor() == 0 ? 1U : 0U;
            std::vector<ReadRow> rows;
            for (auto place = rows_.upper_bound(reader_.cursor()); place != rows_.end() && rows.size() < rows_max; ++place) {
                const auto& [sequence, row] = *place;
                if (!row.visible || std::ranges::find(left_out, row.key) != left_out.end()) continue;
                rows.push_back({{std::to_string(sequence), row.key, "Payment", "T", "{}", TimePoint(), 0}, sequence, row.due, row.dead});
            }
            const bool full = rows.size() == rows_max;
            if (reader_.take(std::move(rows), full, store_now_, now_, cost_, page)) continue;
            if (page.rows.empty()) page.next_due = reader_.next_due(store_now_);
            return page;
        }
    }
    void settle(const std::vector<RowSettlement>& settlements) {
        for (const RowSettlement& settlement : settlements) {
            const std::int64_t sequence = std::stoll(settlement.id);
            CHECK(reader_.sequence_of(settlement.id) == sequence);
            if (settlement.what == What::published) {
                rows_.erase(sequence);
            } else {
                rows_.at(sequence).dead = settlement.what == What::dead;
                rows_.at(sequence).due = settlement.what == What::dead ? std::nullopt : std::optional(store_now_ + settlement.retry_after);
            }
        }
        reader_.settled(settlements, store_now_);
    }
    /// Rows that may be given, by key, in order: the rules, spelled out.
    [[nodiscard]] std::map<std::string, std::vector<std::int64_t>> eligible() const {
        std::map<std::string, std::vector<std::int64_t>> found;
        std::set<std::string> held;
        for (const auto& [sequence, row] : rows_) {
            if (!row.visible || held.contains(row.key)) continue;
            if (row.dead || (row.due && *row.due > store_now_)) {
                held.insert(row.key);
            } else {
                found[row.key].push_back(sequence);
            }
        }
        return found;
    }
    void requeue() {
        for (auto& [sequence, row] : rows_) row.dead = false;
        reader_.forget();  // as the generation tells the leader
    }

private:
    struct Row {
        std::string key;
        bool visible = true;
        bool dead = false;
        std::optional<TimePoint> due;
    };
    OutboxReader reader_;
    OutboxReader::Duration cost_;
    OutboxReader::Time now_{100h};
    TimePoint store_now_{1000h};
    std::map<std::int64_t, Row> rows_;
    std::int64_t sequence_ = 0;
    std::uint64_t reads_ = 0;
    std::uint64_t reads_from_start_ = 0;
};

std::vector<std::int64_t> sequences(const OutboxPage& page) {
    std::vector<std::int64_t> found;
    for (const OutboxRow& row : page.rows) found.push_back(std::stoll(row.id));
    return found;
}

void publish(Table& table, const OutboxPage& page) {
    std::vector<RowSettlement> rows;
    for (const OutboxRow& row : page.rows) rows.push_back({row.id, What::published, "", 0ms});
    table.settle(rows);
}

/// \param strict  Must a page without rows mean that there is nothing to give?
void walk(std::uint64_t seed, OutboxReader::Duration cost, std::chrono::milliseconds open_max, bool strict) {
    std::mt19937_64 random(seed);
    const auto pick = [&](std::size_t choices) { return random() % choices; };
    Table table(cost);
    std::map<std::int64_t, std::chrono::milliseconds> open;  // how long it stays open yet
    for (int step = 0; step < 600; ++step) {
        for (std::size_t i = pick(4); i > 0; --i) {
            const std::string key = "key-" + std::to_string(pick(8));
            if (table.is_open(key)) continue;
            const bool committed = pick(3) != 0;
            const std::int64_t sequence = table.put(key, committed);
            if (!committed) open[sequence] = std::chrono::milliseconds(pick(static_cast<std::size_t>(open_max.count())));
        }
        const std::chrono::milliseconds time(pick(300));
        table.pass(time);
        for (auto place = open.begin(); place != open.end();) {
            place->second -= time;
            if (place->second <= 0ms) table.commit(place->first);
            place = place->second <= 0ms ? open.erase(place) : std::next(place);
        }
        if (pick(50) == 0) table.requeue();
        if (pick(60) == 0) table.forget();
        const auto eligible = table.eligible();
        const OutboxPage page = table.fetch(1 + pick(6));
        std::map<std::string, std::size_t> taken;
        for (const std::int64_t sequence : sequences(page)) {
            const auto place = eligible.find(table.key(sequence));
            REQUIRE(place != eligible.end());
            const std::size_t at = taken[table.key(sequence)]++;
            REQUIRE(at < place->second.size());
            REQUIRE(place->second[at] == sequence);  // none of its key was passed over
        }
        if (strict && page.rows.empty()) REQUIRE(eligible.empty());
        if (pick(12) == 0) continue;  // died with the page in hand
        std::vector<RowSettlement> rows;
        std::set<std::string> failed;
        for (const OutboxRow& row : page.rows) {
            if (failed.contains(row.aggregate_id)) continue;
            const std::size_t fate = pick(10);
            if (fate > 6) failed.insert(row.aggregate_id);
            if (fate == 9) continue;
            rows.push_back({row.id, fate <= 6 ? What::published : fate == 7 ? What::retry : What::dead, "", std::chrono::milliseconds(pick(2000))});
        }
        table.settle(rows);
    }
    for (const auto& [sequence, left] : open) table.commit(sequence);
    table.requeue();
    for (int turn = 0; turn < 2000 && table.size() > 0; ++turn) {
        table.pass(100ms);
        publish(table, table.fetch(50));
    }
    REQUIRE(table.size() == 0);
}

TEST_CASE("Outbox reader: whatever commits late and whatever is held, a page is what the rules say") {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        CAPTURE(seed);
        SUBCASE("reads from the start are cheap: however long a transaction was open") { walk(seed, 0ms, 30s, true); }
        SUBCASE("they are dear: as long as transactions are open for less than the floor's age") { walk(seed, 300ms, 4500ms, true); }
    }
}

TEST_CASE("Outbox reader: while reading from the start is dear, most reads are from the floor, and a very late row is found all the same") {
    Table table(200ms);
    const std::int64_t late = table.put("late", false);
    for (int i = 0; i < 400; ++i) {
        table.put("pay-" + std::to_string(i));
        table.pass(50ms);
        publish(table, table.fetch(10));
    }
    CHECK(table.reads() >= 400);
    // The first five seconds have no floor yet (100 reads); then one in 80, which is 20 times its 200 ms.
    CHECK(table.reads_from_start() < 115);
    table.commit(late);
    int reads = 0;
    while (table.knows(late) && reads < 1000) {
        table.pass(50ms);
        publish(table, table.fetch(10));
        ++reads;
    }
    CHECK(reads <= 81);
}

TEST_CASE("Outbox reader: a held key's queue is left out of the statement, and comes when its time is up") {
    Table table(0ms);
    for (int i = 0; i < 5; ++i) table.put("hot");
    const OutboxPage first = table.fetch(1);
    table.settle({{first.rows.at(0).id, What::retry, "", 700ms}});
    table.put("other");
    CHECK(sequences(table.fetch(1)) == std::vector<std::int64_t>{6});
    table.pass(699ms);
    CHECK(sequences(table.fetch(10)) == std::vector<std::int64_t>{6});
    publish(table, table.fetch(10));
    const OutboxPage waiting = table.fetch(10);
    CHECK(waiting.rows.empty());
    CHECK(waiting.next_due == 1ms);
    table.pass(1ms);
    CHECK(sequences(table.fetch(10)) == std::vector<std::int64_t>{1, 2, 3, 4, 5});
}

TEST_CASE("Outbox reader: what failed holds what is behind it, and not what is before it") {
    Table table(0ms);
    for (int i = 0; i < 3; ++i) table.put("hot");
    (void)table.fetch(10);
    table.settle({{"2", What::dead, "", 0ms}});
    CHECK(sequences(table.fetch(10)) == std::vector<std::int64_t>{1});
    CHECK(sequences(table.fetch(10)) == std::vector<std::int64_t>{1});
    publish(table, table.fetch(10));
    CHECK(table.fetch(10).rows.empty());
}

}  // namespace
}  // namespace ticketbottle::mariadb
