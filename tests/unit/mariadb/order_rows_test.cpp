#include "mariadb/order_rows.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace ticketbottle;
using namespace ticketbottle::mariadb;

TEST_CASE("Orders: a name is an order's number only as the database would write it") {
    CHECK(order_number("1") == 1);
    CHECK(order_number("4000000000") == 4000000000);
    CHECK(order_number("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
    for (const char* name : {"", "0", "01", "017", "+1", "-1", " 1", "1 ", "1.0", "1e1", "0x1", "1_000", "9223372036854775808",
                             "99999999999999999999999", "\xd9\xa1", "1\n"})
        CHECK_MESSAGE(!order_number(name), name);
    CHECK_FALSE(order_number(std::string_view("1\0", 2)));
}

TEST_CASE("Orders: only what can be a checkout session is looked for") {
    CHECK(is_session_id("cs_test_a1B2"));
    for (const std::string& name : {std::string(), std::string("cs"), std::string("pi_1"), std::string("CS_test"), std::string("cs_a b"),
                                    std::string("cs_\xc3\xa9"), std::string("cs_a\0", 5), "cs_" + std::string(253, 'a'), std::string("17")})
        CHECK_MESSAGE(!is_session_id(name), name);
}

TEST_CASE("Orders: an amount is read exactly, or not at all") {
    struct Case {
        const char* text;
        int exponent;
        std::optional<std::int64_t> units;
    };
    for (const Case& c : {Case{"19.99", 2, 1999},
                          {"0.00", 2, 0},
                          {"0.29", 2, 29},
                          {"1234567.10", 2, 123456710},
                          {"19", 2, 1900},
                          {"19.9", 2, 1990},
                          {"19.990", 2, 1999},
                          {"250000.00", 0, 250000},
                          {"250000", 0, 250000},
                          {"1.234", 3, 1234},
                          {"1.23", 3, 1230},
                          {"1.5", 4, 15000},
                          {"00019.99", 2, 1999},
                          {"92233720368547758.07", 2, std::numeric_limits<std::int64_t>::max()},
                          {"92233720368547758.08", 2, std::nullopt},
                          {"99999999999999999999", 2, std::nullopt},
                          {"250000.50", 0, std::nullopt},
                          {"19.995", 2, std::nullopt},
                          {"-19.99", 2, std::nullopt},
                          {"+19.99", 2, std::nullopt},
                          {"19,99", 2, std::nullopt},
                          {"1e3", 2, std::nullopt},
                          {"", 2, std::nullopt},
                          {".", 2, std::nullopt},
                          {".5", 2, std::nullopt},
                          {"19.", 2, std::nullopt},
                          {"1.2.3", 2, std::nullopt},
                          {" 19.99", 2, std::nullopt},
                          {"19.9x", 2, std::nullopt},
                          {"NaN", 2, std::nullopt}}) {
        CAPTURE(c.text);
        CHECK(minor_units(c.text, c.exponent) == c.units);
    }
}

TEST_CASE("Orders: an amount is written as it is read") {
    CHECK(decimal_text(0, 2) == "0.00");
    CHECK(decimal_text(5, 2) == "0.05");
    CHECK(decimal_text(1999, 2) == "19.99");
    CHECK(decimal_text(9'999'999'999, 2) == "99999999.99");
    CHECK(decimal_text(250000, 0) == "250000");
    CHECK(decimal_text(1, 3) == "0.001");
    for (const int exponent : {0, 2, 3, 4})
        for (const std::int64_t units : {std::int64_t{0}, std::int64_t{7}, std::int64_t{99}, std::int64_t{100}, std::int64_t{123456}, INT64_MAX})
            CHECK(minor_units(decimal_text(units, exponent), exponent) == units);
}

TEST_CASE("Orders: what passes into events is JSON whatever the row holds") {
    Order order;
    order.quantity = 2;
    CHECK(metadata_of(order) == R"({"quantity":2})");
    order.email = "\"a\\b\"@shop.example";
    order.event_id = "7";
    order.ticket_id = 3;
    CHECK(metadata_of(order) == R"({"customer_email":"\"a\\b\"@shop.example","event_id":"7","ticket_id":"3","quantity":2})");
    CHECK(metadata_of(order, "payer@shop.example") == R"({"customer_email":"payer@shop.example","event_id":"7","ticket_id":"3","quantity":2})");
}
