#include "postgres/error.hpp"
#include "postgres/outbox_marks.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace ticketbottle;
namespace pg = ticketbottle::postgres;

TEST_CASE("SQLSTATE: every class of PostgreSQL is mapped, each row once") {
    std::set<std::string_view> states;
    for (const pg::StateRow& row : pg::state_table()) {
        CAPTURE(row.state);
        CHECK((row.state.size() == 2 || row.state.size() == 5));
        CHECK(states.insert(row.state).second);
    }
    for (const char* state_class :
         {"00", "01", "02", "03", "08", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "20", "21", "22", "23", "24", "25", "26", "27", "28", "2B",
          "2D", "2F", "34", "38", "39", "3B", "3D", "3F", "40", "42", "44", "53", "54", "55", "57", "58", "HV", "P0", "XX"}) {
        CAPTURE(state_class);
        CHECK(states.contains(state_class));
    }
}

TEST_CASE("SQLSTATE: what the caller does next") {
    struct Case {
        const char* state;
        Errc errc;
    };
    for (const Case& c :
         {Case{"40P01", Errc::unavailable}, Case{"40001", Errc::unavailable}, Case{"53100", Errc::unavailable}, Case{"53300", Errc::unavailable},
          Case{"57P01", Errc::unavailable}, Case{"25006", Errc::unavailable}, Case{"55P03", Errc::unavailable}, Case{"08006", Errc::unavailable},
          Case{"28P01", Errc::unavailable}, Case{"57014", Errc::cancelled}, Case{"40003", Errc::outcome_unknown}, Case{"08007", Errc::outcome_unknown},
          Case{"23505", Errc::conflict}, Case{"23514", Errc::invalid_argument}, Case{"22P02", Errc::invalid_argument},
          Case{"42P01", Errc::unsupported}, Case{"42501", Errc::unsupported}, Case{"42601", Errc::internal}, Case{"XX001", Errc::internal},
          Case{"ZZ999", Errc::internal}}) {
        CAPTURE(c.state);
        CHECK(pg::errc_of(c.state) == c.errc);
    }
    CHECK(pg::state_name("23505") == "23505 unique_violation");
    CHECK(pg::state_name("42601") == "42601 (syntax_error_or_access_rule_violation)");
    CHECK(pg::ends_session("25006"));
    CHECK(pg::ends_session("57P01"));
    CHECK_FALSE(pg::ends_session("23505"));
    CHECK(pg::one_line("FATAL:  no\n\tsuch thing\n") == "FATAL:  no such thing");
}

TEST_CASE("Marks: what waits or is dead is read back, and nothing else is taken for it") {
    const auto waits = pg::read_mark("[retry #2 at 2026-11-21T12:00:05.250Z] broker: too large");
    REQUIRE(waits.has_value());
    CHECK_FALSE(waits->dead);
    CHECK(waits->attempts == 2);
    CHECK(to_iso8601(waits->due) == "2026-11-21T12:00:05.250Z");
    CHECK(waits->reason == "broker: too large");
    const auto dead = pg::read_mark("[dead #5] ");
    REQUIRE(dead.has_value());
    CHECK(dead->dead);
    CHECK(dead->attempts == 5);
    CHECK(dead->reason.empty());
    for (const char* other : {"", "broker: [dead #5] x", "[dead #] x", "[dead #5]", "[dead #99999999999] x", "[retry #2] x", "[retry #2 at ] x",
                              "[retry #2 at yesterday] x", "[retry #2 at 2026-11-21T12:00:05.250Z]", "[retry #2 at 2026-11-21T12:00:05.250Z"}) {
        CAPTURE(other);
        CHECK_FALSE(pg::read_mark(other).has_value());
    }
}
