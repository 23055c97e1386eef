#include "sqlite/connection.hpp"

#include "support/stop_soon.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>

using namespace ticketbottle;
using sqlite::Connection;
using sqlite::Query;
using sqlite::Transaction;
using std::chrono::milliseconds;

namespace {

struct World {
    test::TemporaryFolder folder;
    std::unique_ptr<Connection> connection = open(sqlite::OpenMode::create);

    std::unique_ptr<Connection> open(sqlite::OpenMode mode) {
        sqlite::Options options;
        options.path = folder / "shop.db";
        options.mode = mode;
        options.synchronous = sqlite::Synchronous::normal;
        auto opened = Connection::open(options, Deadline::in(std::chrono::seconds(30)));
        REQUIRE_MESSAGE(opened.has_value(), to_string(opened.error()));
        return std::move(*opened);
    }
    std::int64_t rows() {
        Query query = connection->query("SELECT count(*) FROM t");
        REQUIRE(query.step().value());
        return query.integer(0);
    }
};

constexpr const char* endless =
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n WHERE x < 0";

}  // namespace

TEST_CASE("Connection: a statement that runs past the deadline is stopped, as cancelled, and the connection goes on") {
    World world;
    const auto began = std::chrono::steady_clock::now();
    REQUIRE(world.connection->start("test.endless", Deadline::in(milliseconds(60))).has_value());
    const Result<bool> row = world.connection->query(endless).step();
    const auto took = std::chrono::steady_clock::now() - began;
    REQUIRE_FALSE(row.has_value());
    CHECK(row.error().code == Errc::cancelled);
    CHECK(row.error().operation == "test.endless");
    CHECK(took >= milliseconds(60));
    CHECK(took < milliseconds(2000));
    REQUIRE(world.connection->start("test.next", Deadline::in(milliseconds(10000))).has_value());
    CHECK(world.connection->query("SELECT 1").step().value());
}

TEST_CASE("Connection: a stop ends a statement and a wait for the lock, long before the deadline") {
    World world;
    auto other = world.open(sqlite::OpenMode::existing);
    const auto began = std::chrono::steady_clock::now();
    const test::StopSoon stop;
    REQUIRE(world.connection->start("test.stopped", Deadline::in(milliseconds(60'000)).or_stop(stop.token())).has_value());
    SUBCASE("a statement") { CHECK(world.connection->query(endless).step().error().code == Errc::cancelled); }
    SUBCASE("a wait for the lock") {
        REQUIRE(other->start("test.other", Deadline::never()).has_value());
        const auto held = Transaction::begin(*other);
        REQUIRE(held.has_value());
        CHECK_FALSE(Transaction::begin(*world.connection).has_value());
    }
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(20));
}

TEST_CASE("Connection: past its deadline a call does not start") {
    World world;
    const Result<void> late = world.connection->start("test.late", Deadline::in(milliseconds(-1)));
    REQUIRE_FALSE(late.has_value());
    CHECK(late.error().code == Errc::cancelled);
}

TEST_CASE("Connection: opened read-only, a call that writes does not start") {
    World world;
    auto reader = world.open(sqlite::OpenMode::read_only);
    CHECK(reader->start("test.read", Deadline::never()).has_value());
    CHECK(reader->start_write("test.write", Deadline::never()).error().code == Errc::unsupported);
    CHECK_FALSE(reader->execute("CREATE TABLE x (y)").has_value());
}

TEST_CASE("Transaction: what is not committed is taken back, also past the deadline") {
    World world;
    REQUIRE(world.connection->execute("CREATE TABLE t (x)").has_value());
    REQUIRE(world.connection->start("test.write", Deadline::in(milliseconds(50))).has_value());
    {
        auto transaction = Transaction::begin(*world.connection);
        REQUIRE(transaction.has_value());
        REQUIRE(world.connection->query("INSERT INTO t VALUES (1)").run().has_value());
        CHECK_FALSE(world.connection->query(endless).step().has_value());
    }
    CHECK(world.rows() == 0);
    REQUIRE(world.connection->start("test.write", Deadline::never()).has_value());
    auto transaction = Transaction::begin(*world.connection);
    REQUIRE_MESSAGE(transaction.has_value(), to_string(transaction.error()));
    REQUIRE(world.connection->query("INSERT INTO t VALUES (1)").run().has_value());
    CHECK(transaction->commit().has_value());
    CHECK(world.rows() == 1);
}

TEST_CASE("Transaction: a commit that has begun is not stopped by the deadline") {
    World world;
    REQUIRE(world.connection->execute("CREATE TABLE t (x)").has_value());
    for (int round = 0; round < 400; ++round) {  // a progress check falls into the statement's run now and then
        REQUIRE(world.connection->start("test.write", Deadline::in(milliseconds(1000))).has_value());
        auto transaction = Transaction::begin(*world.connection);
        REQUIRE(transaction.has_value());
        REQUIRE(world.connection->query("INSERT INTO t VALUES (1)").run().has_value());
        (void)world.connection->start("test.write", Deadline::in(milliseconds(-1)));
        REQUIRE(transaction->commit().has_value());
    }
    REQUIRE(world.connection->start("test.read", Deadline::never()).has_value());
    CHECK(world.rows() == 400);
}

TEST_CASE("Transaction: readers do not wait for a writer, writers wait for each other") {
    World world;
    REQUIRE(world.connection->execute("CREATE TABLE t (x)").has_value());
    auto other = world.open(sqlite::OpenMode::existing);
    auto transaction = Transaction::begin(*world.connection);
    REQUIRE(transaction.has_value());
    REQUIRE(other->start("test.read", Deadline::in(milliseconds(1000))).has_value());
    CHECK(other->query("SELECT count(*) FROM t").step().value());
    CHECK(Transaction::begin(*other, sqlite::TransactionKind::read).has_value());
    REQUIRE(other->start("test.write", Deadline::in(milliseconds(30))).has_value());
    const auto locked_out = Transaction::begin(*other);
    REQUIRE_FALSE(locked_out.has_value());
    CHECK(locked_out.error().code == Errc::unavailable);
}

TEST_CASE("Query: values come back as they went in, and a parameter's text is copied") {
    World world;
    REQUIRE(world.connection->execute("CREATE TABLE t (a, b, c, d, e)").has_value());
    constexpr const char* insert = "INSERT INTO t VALUES (?1, ?2, ?3, ?4, ?5)";
    const std::string odd("a\0'\"; DROP TABLE t; --\xc3\x81", 25);
    {
        Query query = world.connection->query(insert);
        query.bind(odd).bind(std::string_view()).bind_or_null("").bind(std::int64_t{9223372036854775807});
        query.bind(std::optional<TimePoint>());
        REQUIRE(query.run().has_value());
    }
    Query query = world.connection->query("SELECT a, b, c, d, e FROM t");
    REQUIRE(query.step().value());
    CHECK(query.text(0) == odd);
    CHECK_FALSE(query.is_null(1));
    CHECK(query.text(1).empty());
    CHECK(query.is_null(2));
    CHECK(query.integer(3) == 9223372036854775807);
    CHECK_FALSE(query.optional_time(4));
    CHECK_FALSE(query.step().value());
}

TEST_CASE("Query: what cannot be prepared or bound is told by step, naming no value") {
    World world;
    CHECK(world.connection->query("SELECT nothing FROM nowhere").step().error().code == Errc::internal);
    Query query = world.connection->query("SELECT ?1");
    query.bind(std::int64_t{1}).bind("SECRET");
    const Result<bool> row = query.step();
    REQUIRE_FALSE(row.has_value());
    CHECK(to_string(row.error()).find("SECRET") == std::string::npos);
}
