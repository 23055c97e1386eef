#include "file/topic_line.hpp"

#include "core/json.hpp"

#include <doctest/doctest.h>

namespace ticketbottle::file {
namespace {

const TimePoint time{std::chrono::milliseconds(1'763'712'000'123)};

std::string line_of(const Message& message) {
    std::string line;
    write_line(message, time, line);
    return line;
}

std::optional<TopicLine> round_trip(const Message& message) {
    const std::string line = line_of(message);
    CHECK(line.find('\n') == line.size() - 1);
    return parse_line(std::string_view(line).substr(0, line.size() - 1));
}

TEST_CASE("topic line: the documented form") {
    const Message message{"payment.completed", "p-1", R"({"a":1})", {{"eventType", "PAYMENT_COMPLETED"}, {"eventType", "x"}}};
    CHECK(line_of(message) ==
          R"({"topic":"payment.completed","key":"p-1","time":"2025-11-21T08:00:00.123Z","headers":[{"name":"eventType",)"
          R"("value":"PAYMENT_COMPLETED"},{"name":"eventType","value":"x"}],"value":"{\"a\":1}"})"
          "\n");
}

TEST_CASE("topic line: bytes that are no text, and text that is mostly escapes, are base64") {
    const std::string line = line_of({"t", "\xFF", std::string(9, '\x01'), {{"\xFE", "\xFD"}}});
    CHECK(line ==
          R"({"topic":"t","key_base64":"/w==","time":"2025-11-21T08:00:00.123Z","headers":[{"name_base64":"/g==",)"
          R"("value_base64":"/Q=="}],"value_base64":"AQEBAQEBAQEB"})"
          "\n");
    CHECK(line_of({"t", "", std::string(1000, '"'), {}}).find("base64") == std::string::npos);
}

TEST_CASE("topic line: what is written is read back, and no line passes the reader's limit") {
    for (const char fill : {'x', '"', '\x01', '\xFF', '\0', '\n'}) {
        const Message message{"t", std::string(30'000, fill), std::string(200'000, fill), {{std::string(9'000, fill), std::string(9'000, fill)}}};
        const std::optional<TopicLine> line = round_trip(message);
        REQUIRE(line.has_value());
        CHECK(line->time == time);
        CHECK(line->message.key == message.key);
        CHECK(line->message.value == message.value);
        REQUIRE(line->message.headers.size() == 1);
        CHECK(line->message.headers[0].name == message.headers[0].name);
        CHECK(line->message.headers[0].value == message.headers[0].value);
        CHECK(line_of(message).size() <= 2 * (30'000 + 200'000 + 18'000) + 256);
    }
    // The most headers an envelope can have: each one is all names and punctuation.
    const Message headers{"t", "", std::string(value_bytes_limit, '"'), std::vector<MessageHeader>(message_envelope_bytes_max, {"", ""})};
    REQUIRE(check_message(headers, value_bytes_limit).has_value());
    const std::string line = line_of(headers);
    CHECK(line.size() <= line_bytes_max);
    CHECK(parse_line(std::string_view(line).substr(0, line.size() - 1)).has_value());
}

TEST_CASE("topic line: members that later versions add are passed over") {
    CHECK(parse_line(R"({"topic":"t","key":"k","time":"2025-11-21T08:00:00Z","headers":[],"value":"v","new":{"a":[1]}})").has_value());
}

TEST_CASE("topic line: anything else is no line") {
    const std::string good = R"({"topic":"t","key":"k","time":"2025-11-21T08:00:00Z","headers":[],"value":"v"})";
    REQUIRE(parse_line(good).has_value());
    for (std::size_t cut = 0; cut < good.size(); ++cut) CHECK_FALSE(parse_line(good.substr(0, cut)).has_value());
    for (const char* bad : {"", "null", "[]", "7", "\"x\"", R"({"topic":"..","key":"k","time":"2025-11-21T08:00:00Z","headers":[],"value":"v"})",
                            R"({"topic":"t","key":7,"time":"2025-11-21T08:00:00Z","headers":[],"value":"v"})",
                            R"({"topic":"t","key":"k","time":"yesterday","headers":[],"value":"v"})",
                            R"({"topic":"t","key":"k","time":"2025-11-21T08:00:00Z","headers":{},"value":"v"})",
                            R"({"topic":"t","key":"k","time":"2025-11-21T08:00:00Z","headers":[7],"value":"v"})",
                            R"({"topic":"t","key":"k","time":"2025-11-21T08:00:00Z","headers":[{"name":"n"}],"value":"v"})",
                            R"({"topic":"t","key":"k","time":"2025-11-21T08:00:00Z","headers":[],"value":"v","value_base64":"dg=="})",
                            R"({"topic":"t","key":"k","time":"2025-11-21T08:00:00Z","headers":[],"value_base64":"not base64"})",
                            R"({"topic":"t","key":"k","key":"k","time":"2025-11-21T08:00:00Z","headers":[],"value":"v"})"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_line(bad).has_value());
    }
}

TEST_CASE("topic line: a line cut anywhere and closed by a writer is never a message") {
    const std::string line = line_of({"t", "k", "v \\ \" \x01", {{"a", "b"}}});
    for (std::size_t cut = 1; cut < line.size(); ++cut) {
        std::string closed = line.substr(0, cut).append(torn_line_end);
        REQUIRE(closed.back() == '\n');
        closed.pop_back();
        CHECK_FALSE(parse_line(closed).has_value());
    }
}

}  // namespace
}  // namespace ticketbottle::file
