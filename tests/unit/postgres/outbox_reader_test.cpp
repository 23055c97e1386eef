#include "postgres/outbox_reader.hpp"

#include <doctest/doctest.h>

namespace ticketbottle::postgres {
namespace {

using namespace std::chrono_literals;

/// One relay's fetches, without a database: the test answers each statement.
struct Fetches {
    OutboxReader reader{Place{"0", ""}};
    OutboxReader::Time now{};
    TimePoint store_now{};

    /// Begins a fetch; the place that its first statement reads from.
    std::string begin(std::chrono::milliseconds later) {
        now += later;
        store_now += later;
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
}

TEST_CASE("OutboxReader: where it is dear, most fetches begin where the waiting rows began five seconds ago") {
    Fetches fetches;
    CHECK(fetches.begin(1s) == "0");
    (void)fetches.answer({"5", "6"}, dear);
    CHECK(fetches.begin(1s) == "0");  // nothing is known of five seconds ago
    (void)fetches.answer({"7", "8"}, dear);
    fetches.begin(4100ms);
    (void)fetches.answer({"9"}, dear);
    CHECK(fetches.begin(1s) == "7");  // seen 5.1 s ago
    (void)fetches.answer({"9"}, cheap);
    CHECK(fetches.begin(100ms) == "7");  // a cheap read from the floor says nothing about the start
    (void)fetches.answer({"9"}, cheap);
    CHECK(fetches.begin(2s) == "0");  // after twenty times what it took
}

TEST_CASE("OutboxReader: a held row that is due again is read from the start, and the floor with it") {
    Fetches fetches;
    fetches.begin(1s);
    CHECK(fetches.answer({"5", "6"}, dear) == "key5 key6 ");
    const RowSettlement later{"id5", RowSettlement::What::retry, "trouble", 5300ms};
    fetches.reader.settled(std::span(&later, 1), fetches.store_now);
    CHECK(fetches.reader.held().size() == 1);
    fetches.begin(300ms);
    (void)fetches.answer({"6"}, dear);
    CHECK(fetches.begin(3900ms) == "0");
    (void)fetches.answer({"7"}, dear);
    CHECK(fetches.begin(1150ms) == "6");
    CHECK(fetches.answer({}, cheap, false).empty());
    CHECK(fetches.reads_on);  // key5 is due since: it is before the floor
    CHECK(fetches.reader.cursor().at == "0");
    CHECK(fetches.answer({"5", "7"}, cheap, false) == "key5 key7 ");
    CHECK_FALSE(fetches.reads_on);
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
