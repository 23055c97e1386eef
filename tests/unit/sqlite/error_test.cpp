#include "sqlite/error.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <array>
#include <set>

using namespace ticketbottle;
using sqlite::CodeRow;

TEST_CASE("SQLite's codes: every row of the table, by number, says what the caller does next") {
    // Numbers from SQLite's documentation, not from its header, so that a slip in the table's names shows.
    struct Expected {
        int number;
        const char* name;
        Errc errc;
    };
    constexpr std::array expected{
        Expected{2067, "SQLITE_CONSTRAINT_UNIQUE", Errc::conflict},
        Expected{1555, "SQLITE_CONSTRAINT_PRIMARYKEY", Errc::conflict},
        Expected{2579, "SQLITE_CONSTRAINT_ROWID", Errc::conflict},
        Expected{264, "SQLITE_READONLY_RECOVERY", Errc::unavailable},
        Expected{520, "SQLITE_READONLY_CANTLOCK", Errc::unavailable},
        Expected{1288, "SQLITE_READONLY_CANTINIT", Errc::unavailable},
        Expected{1032, "SQLITE_READONLY_DBMOVED", Errc::unavailable},
        Expected{8458, "SQLITE_IOERR_CORRUPTFS", Errc::internal},
        Expected{8202, "SQLITE_IOERR_DATA", Errc::internal},
        Expected{526, "SQLITE_CANTOPEN_ISDIR", Errc::invalid_argument},
        Expected{513, "SQLITE_ERROR_RETRY", Errc::unavailable},
        Expected{769, "SQLITE_ERROR_SNAPSHOT", Errc::unavailable},
        Expected{1, "SQLITE_ERROR", Errc::internal},
        Expected{2, "SQLITE_INTERNAL", Errc::internal},
        Expected{3, "SQLITE_PERM", Errc::unsupported},
        Expected{4, "SQLITE_ABORT", Errc::unavailable},
        Expected{5, "SQLITE_BUSY", Errc::unavailable},
        Expected{6, "SQLITE_LOCKED", Errc::unavailable},
        Expected{7, "SQLITE_NOMEM", Errc::unavailable},
        Expected{8, "SQLITE_READONLY", Errc::unsupported},
        Expected{9, "SQLITE_INTERRUPT", Errc::cancelled},
        Expected{10, "SQLITE_IOERR", Errc::unavailable},
        Expected{11, "SQLITE_CORRUPT", Errc::internal},
        Expected{13, "SQLITE_FULL", Errc::unavailable},
        Expected{14, "SQLITE_CANTOPEN", Errc::unavailable},
        Expected{15, "SQLITE_PROTOCOL", Errc::unavailable},
        Expected{17, "SQLITE_SCHEMA", Errc::unavailable},
        Expected{18, "SQLITE_TOOBIG", Errc::invalid_argument},
        Expected{19, "SQLITE_CONSTRAINT", Errc::internal},
        Expected{20, "SQLITE_MISMATCH", Errc::internal},
        Expected{21, "SQLITE_MISUSE", Errc::internal},
        Expected{22, "SQLITE_NOLFS", Errc::unavailable},
        Expected{23, "SQLITE_AUTH", Errc::unsupported},
        Expected{25, "SQLITE_RANGE", Errc::internal},
        Expected{26, "SQLITE_NOTADB", Errc::internal},
    };
    REQUIRE(sqlite::code_table().size() == expected.size());
    std::set<int> seen;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const CodeRow& row = sqlite::code_table()[i];
        CAPTURE(expected[i].name);
        CHECK(row.code == expected[i].number);
        CHECK(row.name == expected[i].name);
        CHECK(row.errc == expected[i].errc);
        CHECK(sqlite::errc_of(row.code) == row.errc);
        CHECK(sqlite::code_name(row.code) == row.name);
        CHECK(seen.insert(row.code).second);
    }
}

TEST_CASE("SQLite's codes: an extended code the table does not name is as its class, and an unknown one internal") {
    CHECK(sqlite::errc_of(SQLITE_BUSY_SNAPSHOT) == Errc::unavailable);
    CHECK(sqlite::errc_of(SQLITE_IOERR_WRITE) == Errc::unavailable);
    CHECK(sqlite::errc_of(SQLITE_CORRUPT_INDEX) == Errc::internal);
    CHECK(sqlite::errc_of(SQLITE_CONSTRAINT_CHECK) == Errc::internal);
    CHECK(sqlite::errc_of(SQLITE_READONLY_DIRECTORY) == Errc::unsupported);
    CHECK(sqlite::errc_of(250) == Errc::internal);
    CHECK(sqlite::code_name(SQLITE_IOERR_WRITE) == "SQLITE_IOERR (778)");
    CHECK(sqlite::code_name(250) == "SQLite result 250");
}

TEST_CASE("make_error: says the code, the words and the file") {
    const Error error = sqlite::make_error(SQLITE_FULL, "payment.settle", "database or disk is full", "/var/lib/shop.db");
    CHECK(error.code == Errc::unavailable);
    CHECK(to_string(error) == "payment.settle: unavailable: SQLITE_FULL: database or disk is full (/var/lib/shop.db)");
}
