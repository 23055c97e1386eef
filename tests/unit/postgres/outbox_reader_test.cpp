#include "postgres/outbox_reader.hpp"

#include <doctest/doctest.h>

#include <iterator>
#include <map>
#include <set>

namespace ticketbottle::postgres {
namespace {

using namespace std::chrono_literals;

/// One relay's fetches, without a database: the test answers each statement.
struct Fetches {
    explicit Fetches(OutboxReader::Duration grace = 0s) : reader(Place{"0", ""}, grace) {}

    OutboxReader reader;
    OutboxReader::Time now{};
    TimePoint store_now{};
    std::optional<OutboxReader::Writers> writers = OutboxReader::Writers();  ///< What a look sees now; nullopt: it fails.
    int looks = 0;

    /// Begins a fetch; the place that its first statement reads from.
    std::string begin(std::chrono::milliseconds later) {
        now += later;
        store_now += later;
        if (reader.wants_writers(now)) {
            ++looks;
            if (writers) reader.saw(*writers, now);
        }
        reader.begin(now);
        return reader.cursor().at;
    }
    /// Answers the statement with rows at these places, each of a key of its own name. What the page gives.
    std::string answer(const std::vector<std::string>& places, OutboxReader::Duration took, bool full = true) {
        std::vector<ReadRow> rows;
        for (const std::string& place : places) {
            ReadRow row;
            row.row.id = "id" + place;
            row.row.aggregate_id = "key" + place;
            row.place = {place, row.row.id};
            rows.push_back(std::move(row));
        }
        OutboxPage page;
        reads_on = reader.take(std::move(rows), full, store_now, now, took, page);
        std::string given;
        for (const OutboxRow& row : page.rows) given += row.aggregate_id + " ";
        return given;
    }
    bool reads_on = false;
};

constexpr auto cheap = 1ms;
constexpr auto dear = 100ms;

TEST_CASE("OutboxReader: while it is cheap, every fetch reads what waits from its start") {
    Fetches fetches;
    for (int i = 0; i < 3; ++i) {
        CHECK(fetches.begin(10s) == "0");
        CHECK(fetches.answer({"7", "8"}, cheap) == "key7 key8 ");
        CHECK_FALSE(fetches.reads_on);
    }
    CHECK(fetches.looks == 0);
}

TEST_CASE("OutboxReader: where it is dear, most fetches begin where rows waited when those wrote who write no more") {
    Fetches fetches;
    CHECK(fetches.begin(1s) == "0");
    (void)fetches.answer({"5", "6"}, dear);
    fetches.writers = {"a", "b"};
    CHECK(fetches.begin(300ms) == "0");  // a and b may have numbers below 5
    (void)fetches.answer({"7", "8"}, dear);
    fetches.writers = {"b", "c"};
    CHECK(fetches.begin(300ms) == "0");
    (void)fetches.answer({"9"}, dear);
    fetches.writers = {"c"};
    CHECK(fetches.begin(300ms) == "0");  // everything below 5 can be seen now: does a row wait there?
    (void)fetches.answer({"9"}, dear);
    CHECK(fetches.begin(1ms) == "5");
    (void)fetches.answer({"9"}, cheap);
    CHECK(fetches.begin(100ms) == "5");  // a cheap read from the floor says nothing about the start
    (void)fetches.answer({"9"}, cheap);
    CHECK(fetches.begin(3s) == "0");  // after twenty times what it took
}

TEST_CASE("OutboxReader: a row that a writer had in flight comes first, and keeps the floor below it while it waits") {
    Fetches fetches;
    fetches.begin(1s);
    (void)fetches.answer({"5"}, dear);
    fetches.writers = {"a"};
    fetches.begin(300ms);
    (void)fetches.answer({"6"}, dear);
    fetches.writers = OutboxReader::Writers();
    CHECK(fetches.begin(300ms) == "0");
    CHECK(fetches.answer({"3", "7"}, dear) == "key3 key7 ");
    for (int i = 0; i < 3; ++i) {
        CHECK(fetches.begin(300ms) == "3");  // nothing was settled
        CHECK(fetches.answer({"3", "7"}, cheap) == "key3 key7 ");
    }
}

/// A table with writers, and a reader that publishes what it gives.
struct Traffic {
    Fetches fetches;
    int drawn = 9;                                    ///< The last number.
    std::set<int> waiting;                            ///< Committed, and not published.
    std::map<std::string, std::vector<int>> writing;  ///< By transaction.
    int published = 0;
    int floor = 0;

    void write(const std::string& transaction) { writing[transaction].push_back(++drawn); }
    void end(const std::string& transaction) {
        for (const int row : writing.at(transaction)) waiting.insert(row);
        writing.erase(transaction);
    }
    /// One page, from the start as dear as can be; all of it goes.
    void page(std::chrono::milliseconds later) {
        fetches.writers->clear();
        for (const auto& [transaction, rows] : writing) fetches.writers->insert(transaction);
        const int from = std::stoi(fetches.begin(later));
        if (from > 0) floor = from;
        // No row that waits is ever passed over.
        REQUIRE((waiting.empty() || *waiting.begin() >= from));
        std::vector<std::string> rows;
        for (auto row = waiting.lower_bound(from); row != waiting.end(); ++row) rows.push_back(std::to_string(*row));
        (void)fetches.answer(rows, from > 0 ? cheap : dear, false);
        published += static_cast<int>(rows.size());
        waiting.clear();
    }
};

TEST_CASE("OutboxReader: a transaction that is open for a minute keeps the floor below its rows, whatever else goes on") {
    Traffic traffic;
    traffic.write("long");
    for (int i = 0; i < 600; ++i) {
        traffic.write("short");
        traffic.end("short");
        traffic.page(100ms);
        REQUIRE(traffic.floor <= 10);
    }
    traffic.end("long");
    CHECK(traffic.waiting == std::set{10});
    for (int i = 0; i < 40; ++i) {
        traffic.write("short");
        traffic.end("short");
        traffic.page(100ms);
    }
    CHECK(traffic.published == 641);
    CHECK(traffic.floor > 610);  // it rose when that one had ended
}

TEST_CASE("OutboxReader: the floor rises though somebody always writes, and nothing is passed over") {
    Traffic traffic;
    for (int i = 0; i < 2000; ++i) {
        // Each is open for two seconds at most, and begins in the midst of others.
        traffic.write("t" + std::to_string(i));
        for (auto writer = traffic.writing.begin(); writer != traffic.writing.end();) {
            const int begun = std::stoi(writer->first.substr(1));
            const auto next = std::next(writer);
            if (i - begun > begun * 7919 % 41) traffic.end(writer->first);
            writer = next;
        }
        traffic.page(50ms);
        REQUIRE_FALSE(traffic.fetches.writers->empty());
        if (i >= 200) REQUIRE(traffic.floor > i - 120);  // six seconds behind, at most
    }
}

TEST_CASE("OutboxReader: where nothing waits the floor rises to what waited last") {
    Fetches fetches;
    fetches.begin(1s);
    (void)fetches.answer({"5"}, dear, false);
    CHECK(fetches.begin(300ms) == "0");
    (void)fetches.answer({}, dear, false);
    for (int i = 0; i < 4; ++i) {
        CHECK(fetches.begin(300ms) == "5");
        (void)fetches.answer({}, cheap, false);
    }
}

TEST_CASE("OutboxReader: while it cannot be told who writes, the floor stays where it is") {
    Fetches fetches;
    fetches.writers = std::nullopt;
    fetches.begin(1s);
    for (int i = 0; i < 20; ++i) {
        (void)fetches.answer({std::to_string(5 + i)}, dear);
        CHECK(fetches.begin(200ms) == "0");
    }
    CHECK(fetches.looks == 10);  // no oftener than four times a second
    fetches.writers = OutboxReader::Writers();
    (void)fetches.answer({"60"}, dear);
    CHECK(fetches.begin(300ms) == "0");
    (void)fetches.answer({"61"}, dear);
    fetches.writers = std::nullopt;
    for (int i = 0; i < 6; ++i) {
        CHECK(fetches.begin(300ms) == "60");
        (void)fetches.answer({"62"}, cheap);
    }
}

TEST_CASE("OutboxReader: a place of the writer's clock is trusted only when it is old") {
    Fetches fetches(5s);
    fetches.begin(1s);
    for (int i = 0; i < 49; ++i) {
        (void)fetches.answer({std::to_string(5 + i)}, dear);
        CHECK(fetches.begin(105ms) == "0");  // 5 was seen before the first look, 5.04 s ago when this ends
    }
    (void)fetches.answer({"70"}, dear);
    for (int i = 0; i < 6; ++i) {
        CHECK(fetches.begin(300ms) == "5");
        (void)fetches.answer({"71"}, dear);
    }
}

TEST_CASE("OutboxReader: numbers are ordered as numbers, and timestamps as what they are") {
    const auto floor = [](std::string start, const std::string& first, const std::string& then) {
        OutboxReader reader(Place{std::move(start), ""}, 0s);
        OutboxReader::Time now{};
        for (const std::string& place : {first, then}) {
            now += 300ms;
            if (reader.wants_writers(now)) reader.saw({}, now);
            reader.begin(now);
            OutboxPage page;
            std::vector<ReadRow> rows(1);
            rows[0].place = {place, "id"};
            (void)reader.take(std::move(rows), false, TimePoint(), now, dear, page);
        }
        reader.begin(now);
        return reader.cursor().at;
    };
    const std::string least = "-9223372036854775808";
    CHECK(floor(least, "9", "10") == "9");
    CHECK(floor(least, "10", "9") == "9");
    CHECK(floor(least, "7", "-3998239532000000000") == "-3998239532000000000");
    CHECK(floor(least, "-3998239532000000000", "-3998239531999999999") == "-3998239532000000000");
    CHECK(floor("-infinity", "2026-11-22 08:00:00.001", "2026-11-22 08:00:00.000") == "2026-11-22 08:00:00.000");
    CHECK(floor("-infinity", "9999-12-31 00:00:00.000", "10000-01-01 00:00:00.000") == "9999-12-31 00:00:00.000");
}

/// Row 5 is to wait for `wait`, and others come: after 901 ms a fetch has begun from the floor, which is at 8.
void hold_below_floor(Fetches& fetches, std::chrono::milliseconds wait) {
    fetches.begin(1s);
    CHECK(fetches.answer({"5", "6"}, dear) == "key5 key6 ");
    const RowSettlement later{"id5", RowSettlement::What::retry, "trouble", wait};
    fetches.reader.settled(std::span(&later, 1), fetches.store_now);
    CHECK(fetches.reader.held().size() == 1);
    for (const auto& [from, row] : {std::pair("0", "7"), {"5", "8"}, {"7", "9"}}) {
        CHECK(fetches.begin(300ms) == from);
        (void)fetches.answer({row}, dear);
    }
    CHECK(fetches.begin(1ms) == "8");
}

TEST_CASE("OutboxReader: a held row that is due again takes the floor back to it") {
    Fetches fetches;
    hold_below_floor(fetches, 901ms);
    CHECK(fetches.answer({}, cheap, false).empty());
    CHECK(fetches.reads_on);  // key5 is due since: it is before the floor
    CHECK(fetches.reader.cursor().at == "5");
    CHECK(fetches.answer({"5", "9"}, cheap, false) == "key5 key9 ");
    CHECK_FALSE(fetches.reads_on);
    for (int i = 0; i < 3; ++i) {
        CHECK(fetches.begin(300ms) == "5");  // nothing was settled
        (void)fetches.answer({"5", "9"}, cheap, false);
    }
}

TEST_CASE("OutboxReader: a held row that is due again when all is read from the start takes the floor with it too") {
    Fetches fetches;
    hold_below_floor(fetches, 3s);
    (void)fetches.answer({"9"}, cheap);
    CHECK(fetches.begin(3s) == "0");
    CHECK(fetches.answer({"5", "9"}, dear) == "key5 key9 ");
    CHECK(fetches.begin(1ms) == "5");
}

TEST_CASE("OutboxReader: a key that falls due while the statement runs gives nothing out of turn") {
    Fetches fetches;
    hold_below_floor(fetches, 902ms);
    // To the lease's statement it was not due, a millisecond later to the page's it was: the key's next row is shown, above the floor.
    std::vector<ReadRow> rows(1);
    rows[0].row.id = "id8";
    rows[0].row.aggregate_id = "key5";
    rows[0].place = {"8", "id8"};
    OutboxPage page;
    CHECK_FALSE(fetches.reader.take(std::move(rows), false, fetches.store_now, fetches.now, cheap, page));
    CHECK(page.rows.empty());
    CHECK(fetches.reader.next_due(fetches.store_now) == 1ms);
    fetches.begin(1ms);
    CHECK(fetches.answer({"8"}, cheap, false) == "key8 ");  // and now it is late: key5's row is missed
    CHECK(fetches.begin(1ms) == "5");
}

TEST_CASE("OutboxReader: what made rows wait again by hand is taken in, and what is forgotten is the floor too") {
    Fetches fetches;
    hold_below_floor(fetches, 1h);
    (void)fetches.answer({"9"}, cheap);
    CHECK(fetches.begin(3s) == "0");
    CHECK(fetches.answer({"2", "9"}, dear) == "key2 key9 ");
    CHECK(fetches.begin(1ms) == "2");
    fetches.reader.forget();
    CHECK(fetches.reader.cursor().at == "0");
    CHECK(fetches.begin(1ms) == "0");
}

TEST_CASE("OutboxReader: a page of nothing but held rows is read past, to its end") {
    Fetches fetches;
    fetches.begin(1s);
    std::vector<ReadRow> rows(1);
    rows[0].row.id = "id1";
    rows[0].row.aggregate_id = "poison";
    rows[0].place = {"1", "id1"};
    rows[0].passed_max = true;
    OutboxPage page;
    CHECK(fetches.reader.take(std::move(rows), true, fetches.store_now, fetches.now, cheap, page));
    CHECK(fetches.reader.cursor().at == "1");
    CHECK(page.rows.empty());
    CHECK(fetches.answer({}, cheap, false).empty());
    CHECK_FALSE(fetches.reads_on);
    CHECK_FALSE(fetches.reader.next_due(fetches.store_now).has_value());
    CHECK(fetches.begin(1s) == "0");
}

}  // namespace
}  // namespace ticketbottle::postgres
