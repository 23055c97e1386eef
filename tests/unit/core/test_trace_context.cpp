#include <ticketbottle/core/trace_context.hpp>

#include <doctest/doctest.h>

#include <string>

using ticketbottle::passed_on_traceparent;

namespace {

// The specification's own example (section 3.2.2.5).
const std::string example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::string with(std::size_t at, std::string_view text) {
    std::string changed = example;
    return changed.replace(at, text.size(), text);
}

}  // namespace

TEST_CASE("traceparent: one of version 00 is passed on as it is, with whatever flags") {
    CHECK(passed_on_traceparent(example) == example);
    for (const char* flags : {"00", "02", "03", "ff"}) CHECK(passed_on_traceparent(with(53, flags)) == with(53, flags));
}

TEST_CASE("traceparent: what is none is not passed on") {
    for (const std::string& none : {
             std::string(),
             std::string("00"),
             example.substr(0, 54),
             example + "-",
             example + "-00",
             example + " ",
             " " + example,
             example + ", " + example,  // the field twice
             with(2, "_"),
             with(35, "_"),
             with(52, "_"),
             with(0, "0x"),
             with(0, "ff"),
             with(3, "4BF9"),
             with(3, "4bg9"),
             with(36, "00F0"),
             with(53, "0g"),
             with(3, std::string(32, '0')),
             with(36, std::string(16, '0')),
             with(10, std::string(1, '\0')),
         }) {
        CAPTURE(none);
        CHECK(passed_on_traceparent(none).empty());
    }
}

TEST_CASE("traceparent: of a later version goes on what version 00 knows of it") {
    CHECK(passed_on_traceparent(with(0, "01")) == example);
    CHECK(passed_on_traceparent(with(0, "cc") + "-what-the-future-will-be-like") == example);
    CHECK(passed_on_traceparent(with(0, "cc") + "-") == example);
    CHECK(passed_on_traceparent(with(0, "cc").replace(53, 2, "fe")) == with(53, "00"));
    CHECK(passed_on_traceparent(with(0, "cc").replace(53, 2, "7f")) == with(53, "01"));
    CHECK(passed_on_traceparent(with(0, "cc") + "x").empty());
    CHECK(passed_on_traceparent(with(0, "cc") + ".what").empty());
}
