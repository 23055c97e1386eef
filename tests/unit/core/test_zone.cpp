#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <ticketbottle/core/zone.hpp>
#include <vector>

using namespace ticketbottle;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

struct TestType {
    std::int32_t offset;
    bool daylight = false;
};
struct TestChange {
    std::int64_t at;
    std::uint8_t type;
};

std::string big_endian(std::int64_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
    return out;
}

std::string block(char version, int time_bytes, const std::vector<TestType>& types,
                  const std::vector<TestChange>& changes) {
    std::string out = "TZif"s + version + std::string(15, '\0');
    for (const std::size_t count :
         {std::size_t{0}, std::size_t{0}, std::size_t{0}, changes.size(), types.size(), std::size_t{4}}) {
        out += big_endian(static_cast<std::int64_t>(count), 4);
    }
    for (const TestChange& change : changes) out += big_endian(change.at, time_bytes);
    for (const TestChange& change : changes) out += static_cast<char>(change.type);
    for (const TestType& type : types) out += big_endian(type.offset, 4) + static_cast<char>(type.daylight) + '\0';
    return out + "LMT\0"s;
}

/// A version 2 file of these, its version 1 part as short as zic's.
std::string tzif(const std::vector<TestType>& types, const std::vector<TestChange>& changes, std::string_view footer) {
    return block('2', 4, {{0}}, {}) + block('2', 8, types, changes) + "\n" + std::string(footer) + "\n";
}

Zone by_rule(std::string_view footer) {
    auto zone = Zone::parse("Test/Rule", tzif({{0}}, {}, footer));
    REQUIRE_MESSAGE(zone.has_value(), footer);
    return *zone;
}

std::string local(const Zone& zone, std::string_view utc) {
    const LocalTime t = zone.to_local(parse_iso8601(utc).value());
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} {:+} wd{}", t.year, t.month, t.day, t.hour, t.minute,
                       t.second, t.offset.count() / 60, t.weekday);
}

struct Row {
    std::string_view utc, local;
};

const std::vector<Row> vienna = {
    {"2025-03-30T00:59:59Z", "2025-03-30 01:59:59 +60 wd0"},  {"2025-03-30T01:00:00Z", "2025-03-30 03:00:00 +120 wd0"},
    {"2025-10-26T00:59:59Z", "2025-10-26 02:59:59 +120 wd0"}, {"2025-10-26T01:00:00Z", "2025-10-26 02:00:00 +60 wd0"},
    {"2025-12-31T23:30:00Z", "2026-01-01 00:30:00 +60 wd4"},  {"2024-02-29T12:00:00Z", "2024-02-29 13:00:00 +60 wd4"},
    {"2061-07-01T12:00:00Z", "2061-07-01 14:00:00 +120 wd5"},
};
const std::vector<Row> new_york = {
    {"2045-03-12T06:59:59Z", "2045-03-12 01:59:59 -300 wd0"}, {"2045-03-12T07:00:00Z", "2045-03-12 03:00:00 -240 wd0"},
    {"2045-07-04T16:00:00Z", "2045-07-04 12:00:00 -240 wd2"}, {"2045-11-05T05:59:59Z", "2045-11-05 01:59:59 -240 wd0"},
    {"2045-11-05T06:00:00Z", "2045-11-05 01:00:00 -300 wd0"}, {"2045-01-01T04:59:59Z", "2044-12-31 23:59:59 -300 wd6"},
};

void check(const Zone& zone, const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        CAPTURE(row.utc);
        CHECK(local(zone, row.utc) == row.local);
    }
}

}  // namespace

TEST_CASE("Zone: the default is UTC, and UTC needs no database") {
    CHECK(Zone().name() == "UTC");
    const auto utc = Zone::load("UTC", "/nonexistent");
    REQUIRE(utc.has_value());
    CHECK(local(*utc, "2025-11-21T08:00:00.999Z") == "2025-11-21 08:00:00 +0 wd5");
    CHECK(local(Zone(), "1969-12-31T23:59:59.999Z") == "1969-12-31 23:59:59 +0 wd3");
}

TEST_CASE("Zone: Asia/Ho_Chi_Minh is +07:00 with and without a database") {
    for (const char* directory : {"/nonexistent", "/usr/share/zoneinfo"}) {
        const auto zone = Zone::load("Asia/Ho_Chi_Minh", directory);
        REQUIRE(zone.has_value());
        CHECK(zone->name() == "Asia/Ho_Chi_Minh");
        check(*zone, {{"2025-11-21T08:00:00Z", "2025-11-21 15:00:00 +420 wd5"},
                      {"2075-06-30T17:00:00Z", "2075-07-01 00:00:00 +420 wd1"}});
    }
}

TEST_CASE("Zone: the footer's rule is followed, on the second of each change") {
    check(by_rule("CET-1CEST,M3.5.0,M10.5.0/3"), vienna);
    check(by_rule("EST5EDT,M3.2.0,M11.1.0"), new_york);
}

TEST_CASE("Zone: the system's database gives the same") {
    if (!std::filesystem::exists("/usr/share/zoneinfo/Europe/Vienna")) return;  // checked by rule above
    check(Zone::load("Europe/Vienna").value(), vienna);
    check(Zone::load("America/New_York").value(), new_york);
    check(Zone::load("Asia/Kathmandu").value(), {{"2025-01-01T00:00:00Z", "2025-01-01 05:45:00 +345 wd3"}});
    check(Zone::load("Europe/Dublin").value(), {{"2045-07-01T00:00:00Z", "2045-07-01 01:00:00 +60 wd6"},
                                                {"2045-12-01T00:00:00Z", "2045-12-01 00:00:00 +0 wd5"}});
    check(Zone::load("America/Argentina/Buenos_Aires").value(),
          {{"2045-07-01T00:00:00Z", "2045-06-30 21:00:00 -180 wd5"}});
    CHECK(Zone::load("Etc/GMT+8").has_value());
}

TEST_CASE("Zone: footers of every form") {
    const struct {
        std::string_view footer, utc, local;
    } rows[] = {
        {"<+0330>-3:30", "2045-07-01T00:00:00Z", "2045-07-01 03:30:00 +210 wd6"},
        {"ABC+5:30:30", "2045-07-01T00:00:00Z", "2045-06-30 18:29:30 -330 wd5"},
        // South of the equator: daylight time spans the new year.
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2045-01-01T00:00:00Z", "2045-01-01 11:00:00 +660 wd0"},
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2045-04-01T15:59:59Z", "2045-04-02 02:59:59 +660 wd0"},
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2045-04-01T16:00:00Z", "2045-04-02 02:00:00 +600 wd0"},
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2045-09-30T16:00:00Z", "2045-10-01 03:00:00 +660 wd0"},
        // Ireland: "daylight" time is winter, an hour back.
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2045-07-01T00:00:00Z", "2045-07-01 01:00:00 +60 wd6"},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2045-01-15T00:00:00Z", "2045-01-15 00:00:00 +0 wd0"},
        // Hours outside the day (RFC 8536 section 3.3.1).
        {"<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", "2045-03-26T00:59:59Z", "2045-03-25 21:59:59 -180 wd6"},
        {"<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", "2045-03-26T01:00:00Z", "2045-03-25 23:00:00 -120 wd6"},
        {"IST-2IDT,M3.4.4/26,M10.5.0", "2045-03-23T23:59:59Z", "2045-03-24 01:59:59 +120 wd5"},
        {"IST-2IDT,M3.4.4/26,M10.5.0", "2045-03-24T00:00:00Z", "2045-03-24 03:00:00 +180 wd5"},
        // Daylight time all the year, the RFC's own example.
        {"EST5EDT,0/0,J365/25", "2045-01-01T04:00:00Z", "2045-01-01 00:00:00 -240 wd0"},
        {"EST5EDT,0/0,J365/25", "2045-12-31T23:59:59Z", "2045-12-31 19:59:59 -240 wd0"},
        {"XXX3EDT4,0/0,J365/23", "2044-12-31T23:00:00Z", "2044-12-31 19:00:00 -240 wd6"},
        {"XXX3EDT4,0/0,J365/23", "2045-01-01T03:30:00Z", "2044-12-31 23:30:00 -240 wd6"},
        // Jn leaves February 29 out, n counts it.
        {"AAA0BBB,J60/0,J300", "2044-02-29T23:59:59Z", "2044-02-29 23:59:59 +0 wd1"},
        {"AAA0BBB,J60/0,J300", "2044-03-01T00:00:00Z", "2044-03-01 01:00:00 +60 wd2"},
        {"AAA0BBB,J60/0,J300", "2045-03-01T00:00:00Z", "2045-03-01 01:00:00 +60 wd3"},
        {"AAA0BBB,59/0,300", "2044-02-29T00:00:00Z", "2044-02-29 01:00:00 +60 wd1"},
        {"AAA0BBB,59/0,300", "2045-03-01T00:00:00Z", "2045-03-01 01:00:00 +60 wd3"},
        {"AAA0BBB1:30,J1/0,J365", "2045-07-01T00:00:00Z", "2045-06-30 22:30:00 -90 wd5"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.footer);
        CAPTURE(row.utc);
        CHECK(local(by_rule(row.footer), row.utc) == row.local);
    }
}

TEST_CASE("Zone: footers that are no TZ string are refused") {
    for (const std::string_view footer : {"C"sv,
                                          "CE-1"sv,
                                          "CET"sv,
                                          "CET-"sv,
                                          "CET-25"sv,
                                          "CET-1:60"sv,
                                          "CET-1CEST"sv,
                                          "CET-1CEST,"sv,
                                          "CET-1CEST,M3.5.0"sv,
                                          "CET-1CEST,M3.5.0,M10.5.0/3x"sv,
                                          "CET-1CEST,M0.5.0,M10.5.0"sv,
                                          "CET-1CEST,M13.5.0,M10.5.0"sv,
                                          "CET-1CEST,M3.0.0,M10.5.0"sv,
                                          "CET-1CEST,M3.6.0,M10.5.0"sv,
                                          "CET-1CEST,M3.5.7,M10.5.0"sv,
                                          "CET-1CEST,J0,J1"sv,
                                          "CET-1CEST,J366,J1"sv,
                                          "CET-1CEST,366,1"sv,
                                          "CET-1CEST,M3.5.0/168,M10.5.0"sv,
                                          "CET-1CEST,M3.5,M10.5.0"sv,
                                          "<+07-7"sv,
                                          "<+0>-7"sv,
                                          "<+07>-7 "sv,
                                          "+07-7"sv,
                                          "CET-99999999999999999999"sv,
                                          "CET-1CEST,M3.5.0,M10.5.0,"sv}) {
        CAPTURE(footer);
        const auto zone = Zone::parse("Test/Bad", tzif({{0}}, {}, footer));
        REQUIRE(!zone.has_value());
        CHECK(zone.error().code == Errc::malformed);
    }
}

TEST_CASE("Zone: changes hold from their second on, before the first the first type, after the last the rule") {
    const auto bytes = tzif({{600}, {3600, true}, {7200}}, {{1000, 1}, {2000, 2}}, "AAA-3");
    const auto zone = Zone::parse("Test/Table", bytes).value();
    const auto offset = [&](std::int64_t ms) {
        return zone.to_local(TimePoint(std::chrono::milliseconds(ms))).offset.count();
    };
    CHECK(offset(-5) == 600);
    CHECK(offset(999999) == 600);
    CHECK(offset(1000000) == 3600);
    CHECK(offset(1999999) == 3600);
    CHECK(offset(2000000) == 10800);
    const auto no_rule =
        Zone::parse("Test/Table", tzif({{600}, {3600, true}, {7200}}, {{1000, 1}, {2000, 2}}, "")).value();
    CHECK(no_rule.to_local(TimePoint(std::chrono::hours(1000000))).offset.count() == 7200);
}

TEST_CASE("Zone: a version 1 file is read from its 32-bit part") {
    const auto zone = Zone::parse("Test/One", block('\0', 4, {{600}, {-3600}}, {{-1000, 1}})).value();
    CHECK(zone.to_local(TimePoint(std::chrono::seconds(-1001))).offset.count() == 600);
    CHECK(zone.to_local(TimePoint(std::chrono::seconds(-1000))).offset.count() == -3600);
}

TEST_CASE("Zone: a file cut anywhere is malformed, and never read past its end") {
    for (const std::string& bytes : {tzif({{600}, {3600, true}}, {{1000, 1}, {2000, 0}}, "CET-1CEST,M3.5.0,M10.5.0/3"),
                                     block('\0', 4, {{600}, {-3600}}, {{-1000, 1}})}) {
        REQUIRE(Zone::parse("Test/Whole", bytes).has_value());
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            const std::string cut(bytes.data(), size);
            CAPTURE(size);
            const auto zone = Zone::parse("Test/Cut", cut);
            REQUIRE(!zone.has_value());
            CHECK(zone.error().code == Errc::malformed);
        }
    }
}

TEST_CASE("Zone: bytes changed anywhere never crash") {
    const std::string whole = tzif({{600}, {3600, true}}, {{1000, 1}, {2000, 0}}, "CET-1CEST,M3.5.0,M10.5.0/3");
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (const char byte : {'\0', '\x01', '\x7f', '\x80', '\xff', '\n', '9'}) {
            std::string bytes = whole;
            bytes[at] = byte;
            if (const auto zone = Zone::parse("Test/Changed", bytes); zone.has_value()) {
                (void)zone->to_local(TimePoint(std::chrono::seconds(1500)));
                (void)zone->to_local(TimePoint::max());
                (void)zone->to_local(TimePoint::min());
            }
        }
    }
}

TEST_CASE("Zone: tables that contradict themselves are malformed") {
    const auto refused = [](const std::string& bytes) {
        const auto zone = Zone::parse("Test/Bad", bytes);
        return !zone.has_value() && zone.error().code == Errc::malformed;
    };
    CHECK(refused(""));
    CHECK(refused("not a zone file, though it is longer than a header is"));
    CHECK(refused(tzif({}, {}, "")));                         // no type
    CHECK(refused(tzif({{0}}, {{1000, 1}}, "")));             // type 1 of 1
    CHECK(refused(tzif({{0}}, {{1000, 0}, {1000, 0}}, "")));  // not ascending
    CHECK(refused(tzif({{0}}, {{2000, 0}, {1000, 0}}, "")));
    CHECK(refused(tzif({{100000}}, {}, "")));  // 27 hours
    CHECK(refused(tzif({{-2147483647 - 1}}, {}, "")));
    CHECK(refused(std::string(256 * 1024 + 1, 'T')));
    auto leaping = block('\0', 4, {{0}}, {});
    leaping[31] = 1;  // one leap second record
    CHECK(refused(leaping + std::string(8, '\0')));
    auto later = block('5', 4, {{0}}, {});
    CHECK(refused(later + later));
}

TEST_CASE("Zone: names that could leave the directory, or are none, are refused") {
    for (const std::string_view name :
         {""sv, "/"sv, "/etc/passwd"sv, "../../etc/passwd"sv, "Europe/../UTC"sv, "Europe//Vienna"sv, "Europe/"sv,
          "Europe/Vienna\0"sv, "Europe Vienna"sv, "Europe\\Vienna"sv, "."sv, "zone.tab"sv, "\u0110/x"sv, "Europe"sv,
          "Nowhere/Nothing"sv}) {
        CAPTURE(name);
        const auto zone = Zone::load(name);
        REQUIRE(!zone.has_value());
        CHECK(zone.error().code == Errc::invalid_argument);
    }
    CHECK(!Zone::load(std::string(5000, 'a')).has_value());
}

TEST_CASE("Zone: a file of the database that is no zone is malformed, and so is one too long") {
    const auto directory = std::filesystem::path(TKB_BINARY_DIR) / "test_zone_files";
    std::filesystem::create_directories(directory);
    std::ofstream(directory / "Text") << "hello";
    std::ofstream(directory / "Long") << tzif({{0}}, {}, "") << std::string(256 * 1024, 'x');
    std::ofstream(directory / "Good") << tzif({{3600}}, {}, "");
    CHECK(Zone::load("Text", directory.string()).error().code == Errc::malformed);
    CHECK(Zone::load("Long", directory.string()).error().code == Errc::malformed);
    CHECK(Zone::load("Good", directory.string())->name() == "Good");
    std::filesystem::remove_all(directory);
}

TEST_CASE("Zone: the ends of a TimePoint and years past 32767 have a date") {
    const Zone zone = by_rule("CET-1CEST,M3.5.0,M10.5.0/3");
    const auto year_ms = std::chrono::milliseconds(std::chrono::hours(24 * 146097LL)) * 250;  // 100,000 years
    const LocalTime far = zone.to_local(parse_iso8601("2025-03-30T01:00:00Z").value() + year_ms);
    CHECK(far.year == 102025);
    CHECK(far.month == 3);
    CHECK(far.day == 30);
    CHECK(far.hour == 3);
    CHECK(far.weekday == 0);
    const LocalTime before = zone.to_local(parse_iso8601("2025-10-26T01:00:00Z").value() - year_ms);
    CHECK(before.year == 2025 - 100000);
    CHECK(before.hour == 2);
    CHECK(before.offset == std::chrono::hours(1));
    CHECK(zone.to_local(TimePoint::max()).year > 290'000'000);
    CHECK(zone.to_local(TimePoint::min()).year < -290'000'000);
}
