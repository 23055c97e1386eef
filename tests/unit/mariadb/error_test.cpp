#include "mariadb/error.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace ticketbottle;
namespace db = ticketbottle::mariadb;

TEST_CASE("Error numbers: each is in the table once, with a name, a meaning and something to do") {
    std::set<unsigned> numbers;
    for (const db::ErrorRow& row : db::error_table()) {
        CAPTURE(row.number);
        CHECK(numbers.insert(row.number).second);
        CHECK_FALSE(row.name.empty());
        CHECK_FALSE(row.meaning.empty());
        CHECK(db::errc_of(row.number, "HY000") == row.errc);
        CHECK(row.errc != Errc::outcome_unknown);  // that depends on what was asked, not on the number
        CHECK(row.errc != Errc::cancelled);        // nor is an interruption by the server the caller's deadline
    }
}

TEST_CASE("Error numbers: what the caller does next") {
    struct Case {
        unsigned number;
        const char* sqlstate;
        Errc errc;
    };
    for (const Case& c : {Case{1213, "40001", Errc::unavailable}, Case{1205, "HY000", Errc::unavailable}, Case{1021, "HY000", Errc::unavailable},
                          Case{1290, "HY000", Errc::unavailable}, Case{1836, "HY000", Errc::unavailable}, Case{1040, "08004", Errc::unavailable},
                          Case{1317, "70100", Errc::unavailable}, Case{3024, "HY000", Errc::unavailable}, Case{1969, "70100", Errc::unavailable},
                          Case{1045, "28000", Errc::unavailable}, Case{2006, "HY000", Errc::unavailable}, Case{2013, "HY000", Errc::unavailable},
                          Case{1049, "42000", Errc::invalid_argument}, Case{1406, "22001", Errc::invalid_argument},
                          Case{1062, "23000", Errc::conflict}, Case{1142, "42000", Errc::unsupported}, Case{1146, "42S02", Errc::unsupported},
                          Case{1054, "42S22", Errc::unsupported}, Case{1665, "HY000", Errc::unsupported}, Case{1064, "42000", Errc::internal},
                          // Not in the table: by the class of the SQLSTATE, else internal.
                          Case{65000, "08S01", Errc::unavailable}, Case{65000, "40000", Errc::unavailable},
                          Case{65000, "22007", Errc::invalid_argument}, Case{65000, "23000", Errc::invalid_argument},
                          Case{65000, "42000", Errc::internal}, Case{65000, "HY000", Errc::internal}, Case{0, "", Errc::internal}}) {
        CAPTURE(c.number);
        CAPTURE(c.sqlstate);
        CHECK(db::errc_of(c.number, c.sqlstate) == c.errc);
    }
}

TEST_CASE("Error numbers: what is known of a statement and of its session") {
    CHECK(db::answer_lost(2013));
    CHECK(db::answer_lost(1180));
    CHECK_FALSE(db::answer_lost(2006));  // not sent whole
    CHECK_FALSE(db::answer_lost(1213));
    CHECK(db::commit_undone(1213));
    CHECK(db::commit_undone(2006));
    for (const unsigned open : {2013U, 1053U, 1180U, 1317U, 1927U, 1290U, 65000U}) CHECK_FALSE(db::commit_undone(open));
    for (const unsigned over : {2006U, 2013U, 1053U, 1290U, 1836U, 1927U, 5013U}) CHECK(db::ends_session(over));
    for (const unsigned stays : {1062U, 1213U, 1205U, 1146U}) CHECK_FALSE(db::ends_session(stays));
    CHECK(db::message_helps(2002));
    for (const unsigned quotes : {1062U, 1045U, 2059U, 2061U, 5010U, 65000U}) CHECK_FALSE(db::message_helps(quotes));
    CHECK(db::lost_statement(1243));
    CHECK(db::lost_statement(1615));
    CHECK_FALSE(db::lost_statement(1064));
    CHECK(db::error_name(1213, "40001") == "1213 ER_LOCK_DEADLOCK (40001): deadlock");
    CHECK(db::error_name(65000, "HY000") == "65000 (HY000)");
    CHECK(db::one_line("no\n\tsuch thing\r\n") == "no such thing");
    CHECK(db::one_line("\xfe\xffno") == "??no");
    CHECK(db::one_line(std::string(1000, 'x')).size() == 300);
}
