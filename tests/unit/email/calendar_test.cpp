#include <doctest/doctest.h>
#include <ticketbottle/email/calendar.hpp>

#include <map>
#include <string>
#include <vector>

#include "core/utf8.hpp"

using namespace ticketbottle;
using namespace std::chrono_literals;

namespace {

email::CalendarEvent event() {
    email::CalendarEvent out;
    out.uid = "1f0e@tickets.example";
    out.summary = "Đêm nhạc";
    out.starts_at = parse_iso8601("2025-12-13T13:00:00.500Z").value();
    out.stamped_at = parse_iso8601("2025-11-21T08:00:00Z").value();
    return out;
}

/// Strict unfolding, RFC 5545 3.1: CRLF only, at most 75 octets, every physical line valid UTF-8 by itself.
std::vector<std::string> unfold(const std::string& text) {
    std::vector<std::string> lines;
    std::size_t begin = 0;
    REQUIRE(text.ends_with("\r\n"));
    while (begin < text.size()) {
        const auto end = text.find("\r\n", begin);
        const std::string line = text.substr(begin, end - begin);
        REQUIRE(line.size() <= 75);
        REQUIRE(!line.empty());
        REQUIRE(line.find_first_of("\r\n") == std::string::npos);
        REQUIRE(utf8::valid(line));
        if (line.front() == ' ') {
            REQUIRE(!lines.empty());
            lines.back() += line.substr(1);
        } else {
            lines.push_back(line);
        }
        begin = end + 2;
    }
    return lines;
}

std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            REQUIRE(text[i] != ';');
            REQUIRE(text[i] != ',');
            out += text[i];
            continue;
        }
        REQUIRE(i + 1 < text.size());
        const char next = text[++i];
        REQUIRE(std::string_view("\\;,nN").find(next) != std::string_view::npos);
        out += next == 'n' || next == 'N' ? '\n' : next;
    }
    return out;
}

std::map<std::string, std::string> properties(const std::string& text) {
    std::map<std::string, std::string> out;
    for (const std::string& line : unfold(text)) {
        const auto colon = line.find(':');
        REQUIRE(colon != std::string::npos);
        out[line.substr(0, colon)] = line.substr(colon + 1);
    }
    return out;
}

}  // namespace

TEST_CASE("build_calendar: one event, in order, times in UTC") {
    const auto lines = unfold(email::build_calendar(event()).value());
    const std::vector<std::string> expected = {
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//TicketBottle//TicketBottle//EN", "METHOD:PUBLISH", "BEGIN:VEVENT",
        "UID:1f0e@tickets.example", "DTSTAMP:20251121T080000Z", "DTSTART:20251213T130000Z", "SUMMARY:Đêm nhạc", "END:VEVENT",
        "END:VCALENDAR"};
    CHECK(lines == expected);
}

TEST_CASE("build_calendar: hostile text comes back as it was and adds no property") {
    auto hostile = event();
    hostile.summary = "a,b;c\\d\r\nATTENDEE:mailto:x@y.example\nEND:VEVENT\\n\x01";
    hostile.location = "Nhà hát; Hà Nội, Việt Nam";
    const auto read = properties(email::build_calendar(hostile).value());
    CHECK(unescape(read.at("SUMMARY")) == "a,b;c\\d\nATTENDEE:mailto:x@y.example\nEND:VEVENT\\n");
    CHECK(unescape(read.at("LOCATION")) == hostile.location);
    CHECK(read.count("ATTENDEE") == 0);
}

TEST_CASE("build_calendar: at every fold position lines are at most 75 octets of whole characters") {
    for (std::size_t shift = 0; shift < 160; ++shift) {
        auto shifted = event();
        shifted.summary = std::string(shift, 'a') + "ễ🎫é,;ễễễễễễễễễễễễễễễễễễễễễễễễễễễễễễ";
        const auto read = properties(email::build_calendar(shifted).value());
        REQUIRE(unescape(read.at("SUMMARY")) == shifted.summary);
    }
}

TEST_CASE("build_calendar: a known length is written, an unknown one is not invented") {
    auto timed = event();
    CHECK(properties(email::build_calendar(timed).value()).count("DURATION") == 0);
    timed.length = 150min;
    CHECK(properties(email::build_calendar(timed).value()).at("DURATION") == "PT150M");
}

TEST_CASE("build_calendar: what has no place in a calendar is refused by name") {
    const auto detail = [](const email::CalendarEvent& bad) {
        const auto made = email::build_calendar(bad);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().code == Errc::malformed);
        return std::string(made.error().detail_text());
    };
    auto bad = event();
    bad.uid = "a\r\nb";
    CHECK(detail(bad).starts_with("uid:"));
    bad = event();
    bad.summary = "\xff";
    CHECK(detail(bad).starts_with("summary:"));
    bad = event();
    bad.location = std::string("a\0b", 3);
    CHECK(detail(bad).starts_with("location:"));
    bad = event();
    bad.length = -1min;
    CHECK(detail(bad).starts_with("length:"));
}
