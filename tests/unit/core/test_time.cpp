#include <doctest/doctest.h>

#include <string>
#include <ticketbottle/core/time.hpp>

using namespace ticketbottle;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

TEST_CASE("Iso8601: what is read is written in UTC with milliseconds") {
    const struct {
        std::string_view text, written;
    } rows[] = {
        {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
        {"2025-11-21T08:00:00.000Z", "2025-11-21T08:00:00.000Z"},
        {"2025-11-21T08:00Z", "2025-11-21T08:00:00.000Z"},
        {"2025-11-21T15:00:00+07:00", "2025-11-21T08:00:00.000Z"},
        {"2025-11-20T22:30-09:30", "2025-11-21T08:00:00.000Z"},
        {"2025-11-21T08:00:00-00:00", "2025-11-21T08:00:00.000Z"},
        {"2025-01-01T00:00:00+23:59", "2024-12-31T00:01:00.000Z"},
        {"2025-11-21T08:00:00.1Z", "2025-11-21T08:00:00.100Z"},
        {"2025-11-21T08:00:00.12Z", "2025-11-21T08:00:00.120Z"},
        {"2025-11-21T08:00:00.123999999Z", "2025-11-21T08:00:00.123Z"},
        {"2025-11-21T08:00:00.000999+07:00", "2025-11-21T01:00:00.000Z"},
        {"2024-02-29T23:59:59.999Z", "2024-02-29T23:59:59.999Z"},
        {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"},
        {"0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"},
        {"9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"},
        {"1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto time = parse_iso8601(row.text);
        REQUIRE(time.has_value());
        CHECK(to_iso8601(*time) == row.written);
    }
    CHECK(parse_iso8601("1970-01-01T00:00:01.005Z")->time_since_epoch() == 1005ms);
    CHECK(parse_iso8601("1969-12-31T23:59:59.999Z")->time_since_epoch() == -1ms);
}

TEST_CASE("Iso8601: anything else is malformed") {
    for (const std::string_view text : {""sv,
                                        "2025"sv,
                                        "2025-11-21"sv,
                                        "2025-11-21T08:00:00"sv,
                                        "2025-11-21 08:00:00Z"sv,
                                        "2025-11-21t08:00:00Z"sv,
                                        "2025-11-21T08:00:00z"sv,
                                        "2025-02-29T00:00:00Z"sv,
                                        "2025-02-30T00:00:00Z"sv,
                                        "1900-02-29T00:00:00Z"sv,
                                        "2025-04-31T00:00:00Z"sv,
                                        "2025-00-01T00:00:00Z"sv,
                                        "2025-13-01T00:00:00Z"sv,
                                        "2025-01-00T00:00:00Z"sv,
                                        "2025-01-32T00:00:00Z"sv,
                                        "2025-11-21T24:00:00Z"sv,
                                        "2025-11-21T08:60:00Z"sv,
                                        "2025-11-21T08:00:60Z"sv,
                                        "2025-11-21T08:00:00.Z"sv,
                                        "2025-11-21T08:00:00.1234567890Z"sv,
                                        "2025-11-21T08:00.5Z"sv,
                                        "2025-11-21T08:00:00,5Z"sv,
                                        "2025-11-21T08:00:00+7:00"sv,
                                        "2025-11-21T08:00:00+0700"sv,
                                        "2025-11-21T08:00:00+07"sv,
                                        "2025-11-21T08:00:00+24:00"sv,
                                        "2025-11-21T08:00:00+07:60"sv,
                                        "2025-11-21T08:00:00Z "sv,
                                        " 2025-11-21T08:00:00Z"sv,
                                        "2025-11-21T08:00:00Z\0"sv,
                                        "2025-11-21T08Z"sv,
                                        "+2025-11-21T08:00:00Z"sv,
                                        "-001-11-21T08:00:00Z"sv,
                                        "12025-11-21T08:00:00Z"sv,
                                        "2025-1-21T08:00:00Z"sv,
                                        "2025-11-21T8:00:00Z"sv,
                                        "2025-11-21T08:00:0xZ"sv,
                                        "2025-11-21T08:00:00+-7:00"sv,
                                        "2025/11/21T08:00:00Z"sv}) {
        CAPTURE(text);
        const auto time = parse_iso8601(text);
        REQUIRE(!time.has_value());
        CHECK(time.error().code == Errc::malformed);
    }
}

TEST_CASE("Iso8601: a time outside years 0000 to 9999 is written as the nearest inside") {
    CHECK(to_iso8601(TimePoint::max()) == "9999-12-31T23:59:59.999Z");
    CHECK(to_iso8601(TimePoint::min()) == "0000-01-01T00:00:00.000Z");
    CHECK(to_iso8601(*parse_iso8601("9999-12-31T23:59:59-01:00")) == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("Deadline: what remains is within 0 and an hour, and never ends only when asked not to") {
    CHECK(Deadline::never().remaining() == 1h);
    CHECK(!Deadline::never().expired());
    CHECK(Deadline::in(48h).remaining() == 1h);
    CHECK(Deadline::in(-5s).expired());
    CHECK(Deadline::in(-5s).remaining() == 0ms);
    CHECK(Deadline::in(0ms).expired());
    const Deadline soon = Deadline::in(10s);
    CHECK(!soon.expired());
    CHECK(soon.remaining() > 5s);
    CHECK(soon.remaining() <= 10s);
    CHECK(!Deadline::in(std::chrono::milliseconds::max()).expired());  // no overflow into the past
    CHECK(Deadline::in(std::chrono::milliseconds::min()).expired());
}

TEST_CASE("Deadline: a stop ends it at once, in every copy, whatever time was left") {
    std::stop_source stop;
    const Deadline never = Deadline::never().or_stop(stop.get_token());
    const Deadline soon = Deadline::in(10s).or_stop(stop.get_token());
    const Deadline copy = soon;  // NOLINT(performance-unnecessary-copy-initialization)
    CHECK(!never.expired());
    CHECK(soon.remaining() > 5s);
    CHECK(Deadline::in(0ms).or_stop(stop.get_token()).expired());
    stop.request_stop();
    for (const Deadline& deadline : {never, soon, copy}) {
        CHECK(deadline.expired());
        CHECK(deadline.remaining() == 0ms);
        CHECK(deadline.slice() == 0ms);
    }
    CHECK(never.at() == Deadline::never().at());
    CHECK(!soon.or_stop({}).expired());
}

TEST_CASE("Deadline: one wait is short when a stop may come, and as long as it can be when none may") {
    std::stop_source stop;
    CHECK(Deadline::never().slice() == 1h);
    CHECK(Deadline::in(10s).slice() > 5s);
    CHECK(Deadline::in(10s).slice(20ms) == 20ms);
    CHECK(Deadline::in(10s).slice(-1ms) == 0ms);
    CHECK(Deadline::in(-1ms).slice() == 0ms);
    const Deadline stoppable = Deadline::in(10s).or_stop(stop.get_token());
    CHECK(stoppable.slice() == 100ms);
    CHECK(stoppable.slice(20ms) == 20ms);
    CHECK(Deadline::in(10ms).or_stop(stop.get_token()).slice() <= 10ms);
}
