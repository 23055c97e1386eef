// MariaDB as it misbehaves: killed servers, locks held by others, transactions left open, wrong passwords, foreign certificates.
// TKB_SLOW=1 kills fifty times instead of five.
#include "support/child_process.hpp"
#include "support/history_checker.hpp"
#include "support/mariadb_backends.hpp"
#include "support/stop_soon.hpp"

#include <ticketbottle/outbox/relay.hpp>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <csignal>
#include <map>
#include <mutex>
#include <random>
#include <thread>

namespace ticketbottle {
namespace {

using namespace std::chrono_literals;
using test::mariadb_rows;
using test::MariadbDatabase;
using test::MariadbSession;
using What = RowSettlement::What;

Deadline soon() { return Deadline::in(60s); }

/// Remembers what it was given, in order.
class SeeingTransport final : public MessageTransport {
public:
    void publish(std::span<const Message> messages, std::span<DeliveryReport> reports, Deadline) override {
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < messages.size(); ++i) {
            const std::string& value = messages[i].value;
            const std::size_t colon = value.find(':');
            history_.push_back({messages[i].key, colon == std::string::npos ? 0 : std::strtoull(value.c_str() + colon + 1, nullptr, 10)});
            reports[i].delivery = Delivery::delivered;
        }
    }
    Result<void> flush(Deadline) override { return {}; }
    Result<void> close(Deadline) override { return {}; }
    std::vector<test::Seen> history() {
        const std::lock_guard lock(mutex_);
        return history_;
    }

private:
    std::mutex mutex_;
    std::vector<test::Seen> history_;
};

std::string id_of(std::uint64_t number) { return fmt::format("00000000-0000-4000-8000-{:012x}", number); }

/// The statement of an event's row, as a writer in another language has it.
std::string event_sql(const std::string& database, std::uint64_t number, const std::string& key, std::uint64_t version) {
    return fmt::format("INSERT INTO {}.outbox (id, aggregateId, aggregateType, eventType, payload, createdAt) VALUES "
                       "('{}', '{}', 'Payment', 'PAYMENT_COMPLETED', '{{\"version\": {}}}', UTC_TIMESTAMP(3))",
                       database, id_of(number), key, version);
}
void put_event(const MariadbDatabase& database, std::uint64_t number, const std::string& key, std::uint64_t version) {
    mariadb_rows(event_sql(database.name(), number, key, version));
}
/// Events 1..count, of `keys` keys in turn. What was written, for the judge.
std::map<std::string, std::uint64_t> put_many(const MariadbDatabase& database, int count, int keys) {
    mariadb_rows(fmt::format("INSERT INTO {}.outbox (id, aggregateId, aggregateType, eventType, payload, createdAt) SELECT "
                             "CONCAT('00000000-0000-4000-8000-', LPAD(HEX(seq), 12, '0')), CONCAT('pay-', seq % {}), 'Payment', 'PAYMENT_COMPLETED', "
                             "CONCAT('{{\"version\": ', (seq - 1) DIV {} + 1, '}}'), UTC_TIMESTAMP(3) FROM seq_1_to_{}",
                             database.name(), keys, keys, count));
    std::map<std::string, std::uint64_t> written;
    for (int n = 1; n <= count; ++n) ++written["pay-" + std::to_string(n % keys)];
    return written;
}

outbox::RelayOptions relay_options() {
    outbox::RelayOptions options;
    options.batch_rows_max = 50;
    options.lease = 2s;
    options.publish_timeout = 1s;
    options.store_timeout = 5s;
    options.poll_max = 20ms;
    options.backoff_max = 200ms;
    return options;
}

RelayLease lease_of(OutboxStore& store, const std::string& owner = "relay-1", std::chrono::milliseconds ttl = 60s) {
    const auto lease = store.acquire(owner, ttl, soon());
    REQUIRE_MESSAGE(lease.has_value(), to_string(lease.error()));
    REQUIRE(lease->has_value());
    return **lease;
}

template <class F>
bool eventually(F holds) {
    for (const Deadline patience = soon(); !patience.expired();) {
        if (holds()) return true;
        std::this_thread::sleep_for(5ms);
    }
    return false;
}

/// Does a session wait for a lock of InnoDB's?
bool somebody_waits() {
    std::this_thread::sleep_for(200ms);  // asked more often, the server gives what it gave before
    return mariadb_rows("SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'").at(0).at(0) != "0";
}

Error refused(const mariadb::Options& options) {
    const auto pool = mariadb::Pool::make(options);
    REQUIRE(pool.has_value());
    const auto looked = mariadb::inspect(**pool, soon());
    REQUIRE_FALSE(looked.has_value());
    return looked.error();
}

TEST_CASE("Connection: what is wrong is said, and no password with it") {
    MariadbDatabase database;
    mariadb_rows("CREATE USER shop@'127.0.0.1' IDENTIFIED BY 'not-a-real-one'");
    mariadb_rows("GRANT SELECT ON " + database.name() + ".* TO shop@'127.0.0.1'");
    mariadb::Options options = database.options();
    options.user = "shop";
    SUBCASE("a wrong password") {
        options.password = Secret("s3cr3t-but-wrong");
        const Error error = refused(options);
        CHECK(error.code == Errc::unavailable);
        CHECK(to_string(error).find("1045 ER_ACCESS_DENIED_ERROR") != std::string::npos);
        CHECK(to_string(error).find("password") != std::string::npos);
        CHECK(to_string(error).find("s3cr3t") == std::string::npos);
    }
    SUBCASE("an unknown database") {
        options.user = "root";
        options.database = "no_such_database";
        options.password = Secret("");
        const auto pool = mariadb::Pool::make(options).value();
        for (const char* which : {"asked", "told at once"}) {
            CAPTURE(which);
            const Error error = mariadb::inspect(*pool, soon()).error();
            CHECK(error.code == Errc::invalid_argument);
            CHECK(to_string(error).find("1049 ER_BAD_DB_ERROR (42000): unknown database") != std::string::npos);
        }
    }
    SUBCASE("a database that the user has no right to") {
        options.database = "mysql";
        options.password = Secret("not-a-real-one");
        const Error error = refused(options);
        CHECK(error.code == Errc::unsupported);
        CHECK(to_string(error).find("1044") != std::string::npos);
        CHECK(to_string(error).find("not-a-real-one") == std::string::npos);
    }
    SUBCASE("nobody there, and at once again: the pool does not ask twice") {
        options.port = test::free_port();
        const auto pool = mariadb::Pool::make(options).value();
        const Error error = mariadb::inspect(*pool, soon()).error();
        CHECK(error.code == Errc::unavailable);
        CHECK(to_string(error).find("2002") != std::string::npos);
        CHECK(to_string(mariadb::inspect(*pool, soon()).error()) == to_string(error));
    }
    SUBCASE("a right that is missing") {
        options.password = Secret("not-a-real-one");
        const auto pool = mariadb::Pool::make(options).value();
        CHECK(mariadb::inspect(*pool, soon()).value().outbox);
        const auto store = mariadb::outbox_store(pool);
        const auto lease = store->acquire("relay", 5s, soon());
        REQUIRE_FALSE(lease.has_value());
        CHECK(lease.error().code == Errc::unsupported);
        CHECK(to_string(lease.error()).find("1142") != std::string::npos);
    }
    SUBCASE("no tables") {
        MariadbDatabase empty(MariadbDatabase::Tables::none);
        const auto store = mariadb::outbox_store(empty.pool());
        CHECK(store->statistics(soon()).error().code == Errc::unsupported);
        CHECK(store->acquire("relay", 5s, soon()).error().code == Errc::unsupported);
    }
    mariadb_rows("DROP USER shop@'127.0.0.1'");
}

TEST_CASE("Connection: a server that says nothing ends at the deadline, at the stop, or at the connect timeout") {
    MariadbDatabase database;
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener, 8) == 0);
    REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    mariadb::Options options = database.options();
    options.port = ntohs(address.sin_port);
    options.connect_timeout = 300ms;
    const auto started = Deadline::Clock::now();
    CHECK(mariadb::inspect(*mariadb::Pool::make(options).value(), soon()).error().code == Errc::unavailable);
    options.connect_timeout = 60s;
    CHECK(mariadb::inspect(*mariadb::Pool::make(options).value(), Deadline::in(300ms)).error().code == Errc::cancelled);
    const test::StopSoon stop;
    CHECK(mariadb::inspect(*mariadb::Pool::make(options).value(), soon().or_stop(stop.token())).error().code == Errc::cancelled);
    CHECK(Deadline::Clock::now() - started < 20s);
    ::close(listener);
}

/// Greets as a server of that version, takes any password, and says no more.
class Greeter {
public:
    explicit Greeter(const std::string& version) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(listener_, 1) == 0);
        REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port_ = ntohs(address.sin_port);
        using namespace std::string_literals;
        const std::string greeting = "\x0a"s + version + "\0\x01\0\0\0abcdefgh\0\x0b\xa2\x2d\x02\0\x08\0\x15\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0mysql_native_password\0"s;
        greets_ = std::jthread([this, greeting] {
            const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (client < 0) return;
            std::array<char, 4096> bytes{};
            say(client, '\0', greeting);
            if (::recv(client, bytes.data(), bytes.size(), 0) > 0) say(client, '\x02', std::string("\0\0\0\x02\0\0\0", 7));
            while (::recv(client, bytes.data(), bytes.size(), 0) > 0) {}
            ::close(client);
        });
    }
    ~Greeter() {
        ::shutdown(listener_, SHUT_RDWR);
        greets_.join();
        ::close(listener_);
    }
    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    static void say(int client, char number, const std::string& text) {
        const std::string packet = std::string{static_cast<char>(text.size()), '\0', '\0', number} + text;
        (void)::send(client, packet.data(), packet.size(), MSG_NOSIGNAL);
    }
    int listener_;
    std::uint16_t port_ = 0;
    std::jthread greets_;
};

TEST_CASE("Connection: a server that is too old, or is MySQL, is turned away by its version") {
    for (const auto& [version, told] : {std::pair{"5.5.5-10.5.29-MariaDB", "MariaDB 10.5.29; MariaDB 10.6 is needed"}, {"8.0.36", "MySQL 8.0.36; MariaDB 10.6 is needed"},
                                        {"11.7.0", "MySQL 11.7.0; MariaDB 10.6 is needed"}}) {
        CAPTURE(version);
        const Greeter greeter(version);
        mariadb::Options options;
        options.host = "127.0.0.1";
        options.port = greeter.port();
        options.database = "shop";
        options.user = "shop";
        options.tls.mode = mariadb::TlsMode::off;
        const Error error = refused(options);
        CHECK(error.code == Errc::unsupported);
        CHECK(to_string(error).find(told) != std::string::npos);
    }
}

TEST_CASE("Connection: values come back exactly, of any length, and an answer that is too long is refused") {
    MariadbDatabase database;
    const auto pool = database.pool();
    mariadb_rows("CREATE TABLE " + database.name() + ".exact (amount DECIMAL(30,4), big BIGINT UNSIGNED, text MEDIUMTEXT, at DATETIME(3) NULL)");
    const std::string text = std::string(300, 'a') + "Trần Thị Bưởi 🎫" + std::string(1, '\0') + "\\'\"";
    auto& impl = pool->impl();
    mariadb::Query insert{"INSERT INTO exact VALUES (?, ?, ?, ?)",
                          {"12345678901234567890123456.7890", "18446744073709551615", text, mariadb::Parameter()}};
    CHECK(impl.run("test", insert, mariadb::Effect::writes, soon()).value().matched() == 1);
    insert.parameters = {std::int64_t{-5}, std::int64_t{INT64_MAX}, "", "2026-11-21 08:00:00.123"};
    CHECK(impl.run("test", insert, mariadb::Effect::writes, soon()).value().matched() == 1);
    const mariadb::Query select{"SELECT amount, big, text, at, " TKB_MS("at") " FROM exact ORDER BY big DESC", {}};
    const mariadb::Rows rows = impl.run("test", select, mariadb::Effect::reads, soon()).value();
    REQUIRE(rows.size() == 2);
    CHECK(rows.view(0, 0) == "12345678901234567890123456.7890");
    CHECK(rows.view(0, 1) == "18446744073709551615");
    CHECK(rows.view(0, 2) == text);
    CHECK(rows.is_null(0, 3));
    CHECK_FALSE(rows.optional_time(0, 4).has_value());
    CHECK(rows.view(1, 0) == "-5.0000");
    CHECK(rows.integer(1, 1) == INT64_MAX);
    CHECK(rows.view(1, 2).empty());
    CHECK_FALSE(rows.is_null(1, 2));
    CHECK(rows.view(1, 3) == "2026-11-21 08:00:00.123");
    CHECK(to_iso8601(rows.time(1, 4)) == "2026-11-21T08:00:00.123Z");

    mariadb::Query longer{"SELECT REPEAT('x', 1000) FROM seq_1_to_100", {}, 10'000, mariadb::Query::Overflow::cut};
    const mariadb::Rows cut = impl.run("test", longer, mariadb::Effect::reads, soon()).value();
    CHECK(cut.cut());
    CHECK(cut.size() == 11);
    longer.overflow = mariadb::Query::Overflow::fail;
    CHECK(impl.run("test", longer, mariadb::Effect::reads, soon()).error().code == Errc::malformed);
    // One row that is longer than any may be ends its connection; the next call has another.
    mariadb_rows("SET GLOBAL max_allowed_packet = 64 * 1024 * 1024");
    const auto fresh = database.pool();
    CHECK(fresh->impl().run("test", {"SELECT REPEAT('x', 40 * 1024 * 1024)", {}}, mariadb::Effect::reads, soon()).error().code == Errc::unavailable);
    CHECK(fresh->impl().run("test", {"SELECT 1", {}}, mariadb::Effect::reads, soon()).value().integer(0, 0) == 1);
    // Strict: nothing is cut or rounded into its column.
    insert.parameters = {"x", std::int64_t{0}, "", mariadb::Parameter()};
    CHECK(impl.run("test", insert, mariadb::Effect::writes, soon()).error().code == Errc::invalid_argument);
    insert.parameters = {std::int64_t{1}, std::int64_t{-1}, "", mariadb::Parameter()};
    CHECK(impl.run("test", insert, mariadb::Effect::writes, soon()).error().code == Errc::invalid_argument);
}

TEST_CASE("Connection: a duplicate is named without its value") {
    MariadbDatabase database;
    put_event(database, 1, "pay-1", 1);
    const std::string again = event_sql(database.name(), 1, "s3cr3t", 1);
    const Error error = database.pool()->impl().run("test", {again, {}}, mariadb::Effect::writes, soon()).error();
    CHECK(error.code == Errc::conflict);
    CHECK(to_string(error).find("1062 ER_DUP_ENTRY") != std::string::npos);
    CHECK(to_string(error).find("00000000") == std::string::npos);
}

TEST_CASE("Connection: more statements than are kept, and a table that changes under one, are no trouble") {
    MariadbDatabase database;
    database.options().connections_max = 1;
    const auto pool = database.pool();
    const auto value = [&](const std::string& text) {
        const auto rows = pool->impl().run("test", {text, {}}, mariadb::Effect::reads, soon());
        REQUIRE_MESSAGE(rows.has_value(), to_string(rows.error()));
        return rows->text(0, 0);
    };
    for (int n = 0; n < 450; ++n) REQUIRE(value("SELECT " + std::to_string(n)) == std::to_string(n));
    mariadb_rows("CREATE TABLE " + database.name() + ".changing SELECT 1 AS a");
    CHECK(value("SELECT * FROM changing") == "1");
    mariadb_rows("ALTER TABLE " + database.name() + ".changing ADD COLUMN b INT NOT NULL DEFAULT 7 FIRST");
    // With other columns than were expected the call fails, its connection with it; the next one is right.
    const auto first = pool->impl().run("test", {"SELECT * FROM changing", {}}, mariadb::Effect::reads, soon());
    if (!first.has_value()) CHECK(first.error().code == Errc::unavailable);
    CHECK(value("SELECT * FROM changing") == "7");
    auto lease = pool->impl().borrow("test", soon()).value();
    CHECK(lease->run("test", {"SELECT a FROM changing", {}}, mariadb::Effect::reads, soon()).value().integer(0, 0) == 1);
    mariadb_rows("ALTER TABLE " + database.name() + ".changing MODIFY COLUMN a BIGINT");
    CHECK(lease->run("test", {"SELECT a FROM changing", {}}, mariadb::Effect::reads, soon()).value().integer(0, 0) == 1);
}

TEST_CASE("Transaction: it is rolled back unless it was committed, and stands as one") {
    MariadbDatabase database;
    const auto pool = database.pool();
    const std::string first = event_sql(database.name(), 1, "pay-1", 1);
    const std::string second = event_sql(database.name(), 2, "pay-1", 2);
    {
        auto transaction = mariadb::Transaction::begin(pool->impl(), "test", soon()).value();
        CHECK(transaction.run({first, {}}).has_value());
    }
    CHECK(database.count("outbox") == "0");
    {
        auto transaction = mariadb::Transaction::begin(pool->impl(), "test", soon()).value();
        CHECK(transaction.run({first, {}}).has_value());
        CHECK(transaction.run({first, {}}).error().code == Errc::conflict);
        // Nothing more runs in it, for it would stand alone.
        CHECK(transaction.run({second, {}}).error().code == Errc::internal);
        CHECK(transaction.commit().error().code == Errc::internal);
    }
    CHECK(database.count("outbox") == "0");
    auto transaction = mariadb::Transaction::begin(pool->impl(), "test", soon()).value();
    CHECK(transaction.run({first, {}}).has_value());
    CHECK(transaction.run({second, {}}).has_value());
    CHECK(transaction.commit().has_value());
    CHECK(database.count("outbox") == "2");
}

TEST_CASE("Transaction: statements that go together answer each, stand as one, and the first that fails takes all with it") {
    for (const mariadb::Trip trips : {mariadb::Trip::together, mariadb::Trip::each}) {
        CAPTURE(trips == mariadb::Trip::together);
        MariadbDatabase database;
        const auto pool = database.pool();
        mariadb_rows("CREATE TABLE " + database.name() + ".things (id BIGINT PRIMARY KEY, n INT, name TEXT) ENGINE=InnoDB");
        const std::string hostile = "'; COMMIT; DROP TABLE things; -- \\ \" ` ? END " + std::string(5000, 'x');
        const auto begin = [&](const std::vector<mariadb::Query>& queries, std::vector<mariadb::Rows>& answers) {
            return mariadb::Transaction::begin(pool->impl(), "test", queries, trips, answers, soon());
        };
        constexpr std::string_view put = "INSERT INTO things (id, n, name) VALUES (?, ?, ?)";
        constexpr std::string_view tell = "UPDATE things SET n = n + LAST_INSERT_ID(?) WHERE id = ?";
        using mariadb::Parameter;
        std::vector<mariadb::Rows> answers;
        {
            const mariadb::Query put_hostile{put, {std::int64_t{1}, std::int64_t{40}, hostile}};
            auto transaction = begin({put_hostile, {"SELECT name, n FROM things", {}}, {tell, {std::int64_t{2}, std::int64_t{1}}}, {tell, {std::int64_t{3}, std::int64_t{9}}},
                                      {"SELECT n FROM things WHERE id = ?", {std::int64_t{7}}}}, answers);
            REQUIRE_MESSAGE(transaction.has_value(), to_string(transaction.error()));
            REQUIRE(answers.size() == 5);
            CHECK(answers[0].matched() == 1);
            REQUIRE(answers[1].size() == 1);
            CHECK(answers[1].view(0, 0) == hostile);
            CHECK(answers[2].matched() == 1);
            CHECK(answers[2].insert_id() == 2);
            CHECK(answers[3].matched() == 0);
            CHECK(answers[3].insert_id() == 0);  // not the one before's
            CHECK(answers[4].size() == 0);
            CHECK(database.count("things") == "0");  // nobody else sees it yet
            const auto more = transaction->run_all({{put, {std::int64_t{2}, std::int64_t{1}, Parameter()}}, {"SELECT COUNT(*) FROM things", {}}}, trips);
            REQUIRE(more.has_value());
            CHECK((*more)[1].integer(0, 0) == 2);  // it did not begin anew
            CHECK(transaction->commit().has_value());
        }
        CHECK(database.count("things WHERE n IN (42, 1)") == "2");
        for (const bool begun : {false, true}) {
            CAPTURE(begun);
            const std::vector<mariadb::Query> fails = {{put, {std::int64_t{3}, std::int64_t{1}, Parameter()}}, {"SELECT 1", {}}, {put, {std::int64_t{1}, std::int64_t{1}, Parameter()}},
                                                       {"DELETE FROM things", {}}};
            auto transaction = begin(begun ? std::vector<mariadb::Query>{{"SELECT 1", {}}} : fails, answers);
            if (begun) {
                CHECK(transaction->run_all(fails, trips).error().code == Errc::conflict);
                CHECK(transaction->run({"SELECT 1", {}}).error().code == Errc::internal);
            } else {
                CHECK(transaction.error().code == Errc::conflict);
            }
            CHECK(database.count("things") == "2");
        }
        // The same connection serves on, alone and in a transaction.
        CHECK(pool->impl().run("test", {"SELECT COUNT(*) FROM things", {}}, mariadb::Effect::reads, soon()).value().integer(0, 0) == 2);
        CHECK(begin({{"SELECT 1", {}}, {"DELETE FROM things", {}}}, answers).value().commit().has_value());
        CHECK(database.count("things") == "0");
    }
}

TEST_CASE("Outbox: a row locked by somebody ends the settle at its deadline or stop, and nothing is half done") {
    MariadbDatabase database;
    put_event(database, 1, "pay-1", 1);
    put_event(database, 2, "pay-2", 1);
    const auto store = mariadb::outbox_store(database.pool());
    const RelayLease lease = lease_of(*store);
    REQUIRE(store->fetch(lease, 10, soon()).value().rows.size() == 2);
    const std::vector<RowSettlement> rows = {{id_of(1), What::published, "", 0ms}, {id_of(2), What::published, "", 0ms}};
    MariadbSession other(test::mariadb_server().port(), database.name());
    other.rows("BEGIN");
    other.rows("SELECT * FROM outbox WHERE id = '" + id_of(2) + "' FOR UPDATE");
    const auto started = Deadline::Clock::now();
    CHECK(store->settle(lease, 60s, rows, Deadline::in(300ms)).error().code == Errc::cancelled);
    const test::StopSoon stop;
    CHECK(store->settle(lease, 60s, rows, soon().or_stop(stop.token())).error().code == Errc::cancelled);
    CHECK(Deadline::Clock::now() - started < 20s);
    CHECK(database.count("outbox") == "2");
    // With patience it is the server that ends the wait, after 5 s.
    CHECK(store->settle(lease, 60s, rows, soon()).error().code == Errc::unavailable);
    CHECK(database.count("outbox") == "2");
    other.rows("COMMIT");
    CHECK(store->settle(lease, 60s, rows, soon()).has_value());
    CHECK(database.count("outbox") == "0");
}

TEST_CASE("Outbox: a settle that is the victim of a deadlock did nothing, and can be repeated") {
    MariadbDatabase database;
    (void)put_many(database, 200, 200);
    const auto store = mariadb::outbox_store(database.pool());
    const RelayLease lease = lease_of(*store);
    REQUIRE(store->fetch(lease, 1, soon()).value().rows.at(0).id == id_of(1));
    MariadbSession other(test::mariadb_server().port(), database.name());
    other.rows("BEGIN");
    other.rows("UPDATE outbox SET lastError = 'x' WHERE sequence > 1");  // much to undo: the other one is rolled back
    other.rows("SELECT * FROM outbox WHERE sequence = 1 FOR UPDATE");
    Result<void> settled;
    std::jthread settling([&] { settled = store->settle(lease, 60s, std::vector<RowSettlement>{{id_of(1), What::published, "", 0ms}}, soon()); });
    REQUIRE(eventually(somebody_waits));
    other.rows("UPDATE relay_lease SET generation = generation + 1");
    settling.join();
    REQUIRE_FALSE(settled.has_value());
    CHECK(settled.error().code == Errc::unavailable);
    CHECK(to_string(settled.error()).find("1213") != std::string::npos);
    other.rows("ROLLBACK");
    CHECK(database.count("outbox") == "200");
    CHECK(store->settle(lease, 60s, std::vector<RowSettlement>{{id_of(1), What::published, "", 0ms}}, soon()).has_value());
    CHECK(database.count("outbox") == "199");
}

TEST_CASE("Outbox: a server that is killed in a settle did nothing of it, and it can be repeated when the server is back") {
    MariadbDatabase database;
    put_event(database, 1, "pay-1", 1);
    put_event(database, 2, "pay-2", 1);
    const auto store = mariadb::outbox_store(database.pool());
    const RelayLease lease = lease_of(*store);
    REQUIRE(store->fetch(lease, 10, soon()).value().rows.size() == 2);
    const std::vector<RowSettlement> rows = {{id_of(1), What::published, "", 0ms}, {id_of(2), What::retry, "broker: busy", 1ms}};
    auto other = std::make_unique<MariadbSession>(test::mariadb_server().port(), database.name());
    other->rows("BEGIN");
    other->rows("SELECT * FROM outbox WHERE id = '" + id_of(2) + "' FOR UPDATE");
    Result<void> settled;
    std::jthread settling([&] { settled = store->settle(lease, 60s, rows, soon()); });
    REQUIRE(eventually(somebody_waits));  // the first row is deleted, the second one waited for
    test::mariadb_server().crash();
    settling.join();
    REQUIRE_FALSE(settled.has_value());
    CHECK(settled.error().code == Errc::unavailable);
    CHECK(store->statistics(Deadline::in(5s)).error().code == Errc::unavailable);
    test::mariadb_server().restart();
    REQUIRE(eventually([&] { return store->statistics(soon()).has_value(); }));
    CHECK(database.count("outbox WHERE retryCount = 0") == "2");
    CHECK(store->settle(lease, 60s, rows, soon()).has_value());
    CHECK(database.count("outbox") == "1");
    CHECK(database.count("outbox WHERE retryCount = 1 AND lastError = 'broker: busy'") == "1");
}

TEST_CASE("Outbox: a server that stops answering in a commit leaves the outcome open, and in a fetch nothing") {
    MariadbDatabase database;
    put_event(database, 1, "pay-1", 1);
    const auto pool = database.pool();
    const auto store = mariadb::outbox_store(pool);
    const RelayLease lease = lease_of(*store);
    std::stop_source stop;
    auto transaction = mariadb::Transaction::begin(pool->impl(), "test", soon().or_stop(stop.get_token())).value();
    CHECK(transaction.run({"DELETE FROM outbox", {}}).value().matched() == 1);
    const auto other = mariadb::outbox_store(database.pool());
    REQUIRE(other->fetch(lease, 10, soon()).has_value());
    const auto writer = pool->impl().borrow("test", soon()).value();
    const auto second_writer = pool->impl().borrow("test", soon()).value();
    const mariadb::Query write{"UPDATE relay_lease SET owner = owner", {}};
    REQUIRE(writer->run("test", write, mariadb::Effect::writes, soon()).has_value());
    test::mariadb_server().pause();
    Result<OutboxPage> fetched = other->fetch(lease, 10, Deadline::in(300ms));
    while (fetched.has_value()) fetched = other->fetch(lease, 10, Deadline::in(300ms));  // it stops soon, not at once
    CHECK(fetched.error().code == Errc::cancelled);
    CHECK(store->fetch(lease, 10, Deadline::in(300ms)).error().code == Errc::cancelled);  // on a connection to be made
    const auto written = writer->run("test", write, mariadb::Effect::writes, Deadline::in(300ms));
    const auto unprepared = second_writer->run("test", write, mariadb::Effect::writes, Deadline::in(300ms));
    CHECK(written.error().code == Errc::outcome_unknown);
    CHECK(unprepared.error().code == Errc::cancelled);  // it was not even prepared
    std::jthread stopping([&] {
        std::this_thread::sleep_for(500ms);
        stop.request_stop();
    });
    const Error error = transaction.commit().error();
    test::mariadb_server().resume();
    CHECK(error.code == Errc::outcome_unknown);
    // The server may have read it before the connection was closed, or not.
    CHECK(store->settle(lease, 60s, std::vector<RowSettlement>{{id_of(1), What::published, "", 0ms}}, soon()).has_value());
    CHECK(database.count("outbox") == "0");
}

TEST_CASE("Pool: more callers than connections wait for one another, and killed connections are replaced") {
    MariadbDatabase database;
    database.options().connections_max = 2;
    const auto pool = database.pool();
    std::atomic<int> counted{0};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t) {
            threads.emplace_back([&] {
                const auto store = mariadb::outbox_store(pool);
                for (int n = 0; n < 20; ++n) counted += store->statistics(soon()).has_value() ? 1 : 0;
            });
        }
    }
    CHECK(counted == 160);
    const auto ours = mariadb_rows("SELECT id FROM information_schema.processlist WHERE db = '" + database.name() + "'");
    CHECK(ours.size() == 2);
    for (const auto& row : ours) mariadb_rows("KILL " + row[0]);
    const auto store = mariadb::outbox_store(pool);
    // The servers' farewells come when they come: a call may still meet one, and says so.
    auto statistics = store->statistics(soon());
    for (int tries = 0; tries < 3 && !statistics.has_value() && statistics.error().code == Errc::unavailable; ++tries)
        statistics = store->statistics(soon());
    CHECK(statistics.has_value());
    // None comes free: the deadline ends the wait.
    const auto one = pool->impl().borrow("test", soon()).value();
    const auto two = pool->impl().borrow("test", soon()).value();
    CHECK(store->statistics(Deadline::in(200ms)).error().code == Errc::cancelled);
}

TEST_CASE("Migration: twice, and two at once, make the tables once; a table that is not ours is left alone") {
    MariadbDatabase database(MariadbDatabase::Tables::none);
    mariadb_rows("CREATE TABLE " + database.name() + ".ticket_orders (id BIGINT AUTO_INCREMENT PRIMARY KEY, status VARCHAR(20))");
    mariadb_rows("INSERT INTO " + database.name() + ".ticket_orders VALUES (1, 'pending')");
    const auto tables = [&] { return mariadb_rows("SHOW CREATE TABLE " + database.name() + ".ticket_orders"); };
    const auto before = tables();
    CHECK_FALSE(mariadb::inspect(*database.pool(), soon()).value().outbox);
    std::vector<Result<mariadb::MigrationReport>> reports(4);
    {
        std::vector<std::jthread> threads;
        for (auto& report : reports) threads.emplace_back([&] { report = mariadb::migrate(*database.pool(), soon()); });
    }
    for (const auto& report : reports) CHECK_MESSAGE(report.has_value(), to_string(report.error()));
    CHECK(mariadb::migrate(*database.pool(), soon()).value().done.empty());
    const mariadb::Layout layout = mariadb::inspect(*database.pool(), soon()).value();
    CHECK(layout.outbox);
    CHECK(layout.inbox);
    CHECK_FALSE(layout.orders);  // two of the three are missing
    CHECK(layout.server.starts_with("MariaDB "));
    CHECK(database.count("relay_lease") == "1");
    CHECK(tables() == before);
    // Times do not depend on the writer's time zone, nor names on their case.
    MariadbSession writer(test::mariadb_server().port(), database.name());
    writer.rows("SET time_zone = '+07:00'");
    writer.rows("INSERT INTO outbox (id, aggregateId, aggregateType, eventType, payload) VALUES "
                "('a', 'k', 'P', 'T', '{}'), ('A', 'k ', 'P', 'T', '{}')");
    const OutboxStatistics counted = mariadb::outbox_store(database.pool())->statistics(soon()).value();
    CHECK(counted.total == 2);
    CHECK(counted.oldest_pending_age.value() < 60s);

    MariadbDatabase foreign(MariadbDatabase::Tables::none);
    mariadb_rows("CREATE TABLE " + foreign.name() + ".outbox (id INT PRIMARY KEY)");
    const auto foreign_table = [&] { return mariadb_rows("SHOW CREATE TABLE " + foreign.name() + ".outbox"); };
    const auto foreign_before = foreign_table();
    const auto refused_there = mariadb::migrate(*foreign.pool(), soon());
    REQUIRE_FALSE(refused_there.has_value());
    CHECK(refused_there.error().code == Errc::unsupported);
    CHECK(to_string(refused_there.error()).find("table outbox") != std::string::npos);
    CHECK(foreign_table() == foreign_before);
}

TEST_CASE("Migration: an outbox of an earlier version gets the column it lacks, at once, and keeps its rows") {
    MariadbDatabase database;
    mariadb_rows("ALTER TABLE " + database.name() + ".outbox DROP COLUMN traceparent");
    mariadb_rows("INSERT INTO " + database.name() + ".outbox (id, aggregateId, aggregateType, eventType, payload) VALUES ('a', 'k', 'P', 'T', '{}')");
    CHECK_FALSE(mariadb::inspect(*database.pool(), soon()).value().outbox);
    CHECK(mariadb::migrate(*database.pool(), soon()).value().done == std::vector<std::string>{"added column traceparent to outbox"});
    CHECK(mariadb::inspect(*database.pool(), soon()).value().outbox);
    CHECK(mariadb::migrate(*database.pool(), soon()).value().done.empty());
    const auto store = mariadb::outbox_store(database.pool());
    const OutboxPage page = store->fetch(lease_of(*store), 10, soon()).value();
    REQUIRE(page.rows.size() == 1);
    CHECK(page.rows[0].traceparent.empty());
}

TEST_CASE("Outbox: payloads of many MiB come in pages that are cut, none is left out, and the longest possible stands in nobody's way") {
    MariadbDatabase database;
    const auto put = [&](int number, const std::string& key, int bytes) {
        mariadb_rows(fmt::format("INSERT INTO {}.outbox (id, aggregateId, aggregateType, eventType, payload) VALUES ('{}', '{}', 'Payment', 'T', "
                                 "CONCAT('\"', REPEAT('x', {} - 2), '\"'))", database.name(), id_of(static_cast<std::uint64_t>(number)), key, bytes));
    };
    mariadb_rows("SET GLOBAL max_allowed_packet = 64 * 1024 * 1024");
    constexpr int longest = 16 * 1024 * 1024 - 1;
    std::jthread([&] {  // on a session that knows of it
        put(1, "longest", longest);
        for (int n = 2; n <= 5; ++n) put(n, "long", 5 * 1024 * 1024);
        for (int n = 6; n <= 30; ++n) put(n, "short", 10);
    }).join();
    const auto store = mariadb::outbox_store(database.pool());
    const RelayLease lease = lease_of(*store);
    std::vector<std::string> seen;
    int pages = 0;
    for (; pages < 30; ++pages) {
        const OutboxPage page = store->fetch(lease, 100, soon()).value();
        if (page.rows.empty()) break;
        std::vector<RowSettlement> rows;
        std::size_t bytes = 0;
        for (const OutboxRow& row : page.rows) {
            bytes += row.payload.size();
            seen.push_back(row.id);
            rows.push_back({row.id, What::published, "", 0ms});
        }
        CHECK(bytes - page.rows.back().payload.size() <= 8U * 1024 * 1024);
        REQUIRE(store->settle(lease, 60s, rows, soon()).has_value());
    }
    std::vector<std::string> expected;
    for (std::uint64_t n = 1; n <= 30; ++n) expected.push_back(id_of(n));
    CHECK(seen == expected);
    CHECK(pages <= 12);
}

TEST_CASE("Outbox: a lease whose row somebody deleted can be taken, with a higher epoch") {
    MariadbDatabase database;
    const auto store = mariadb::outbox_store(database.pool());
    const RelayLease lease = lease_of(*store);
    mariadb_rows("DELETE FROM " + database.name() + ".relay_lease");
    CHECK(store->fetch(lease, 10, soon()).error().code == Errc::conflict);
    CHECK(lease_of(*store, "relay-2").epoch > lease.epoch);
}

TEST_CASE("Outbox: what commits late is sent soon after, in its key's order, whatever was sent meanwhile") {
    for (const bool pinned : {false, true}) {
        CAPTURE(pinned);
        MariadbDatabase database;
        // A reader that is open keeps deleted rows in the index: the state in which reading from the start costs most.
        MariadbSession backup(test::mariadb_server().port(), database.name());
        if (pinned) {
            backup.rows("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
            backup.rows("START TRANSACTION WITH CONSISTENT SNAPSHOT");
            backup.rows("SELECT COUNT(*) FROM outbox");
        }
        MariadbSession late(test::mariadb_server().port(), database.name());
        late.rows("BEGIN");
        late.rows(event_sql(database.name(), 0xffff01, "late", 1));
        auto written = put_many(database, 20'000, 7);
        written["late"] = 2;
        const auto store = mariadb::outbox_store(database.pool());
        SeeingTransport transport;
        outbox::RelayOptions options = relay_options();
        options.batch_rows_max = 200;
        options.lease = 10s;
        outbox::BackgroundRelay relay(*store, transport, options);
        REQUIRE(eventually([&] { return transport.history().size() >= 2000; }));
        const std::size_t before = transport.history().size();
        late.rows("COMMIT");
        put_event(database, 0xffff02, "late", 2);
        REQUIRE(eventually([&] { return transport.history().size() >= 20'002; }));
        relay.stop();
        const auto history = transport.history();
        const auto place = std::ranges::find(history, "late", &test::Seen::key) - history.begin();
        MESSAGE("committed when " << before << " were sent; was number " << place);
        CHECK(place < 20'000);  // not behind the whole backlog
        const test::Verdict verdict = test::judge(written, history, 0);
        CHECK(verdict.lost == 0);
        CHECK(verdict.inverted == 0);
        CHECK(verdict.duplicates == 0);
        CHECK(database.count("outbox") == "0");
    }
}

TEST_CASE("MariaDB killed again and again: each event is told, in order, and no attempt is burned") {
    MariadbDatabase database;
    database.options().connect_timeout = 1s;
    std::atomic<bool> enough{false};
    std::array<std::map<std::string, std::uint64_t>, 3> written;
    std::vector<std::jthread> writers;
    for (std::size_t w = 0; w < written.size(); ++w) {
        writers.emplace_back([&, w] {
            const auto pool = database.pool();
            for (std::uint64_t number = 1; !enough; ++number) {
                const std::string key = fmt::format("key-{}-{}", w, number % 5);
                const std::uint64_t version = written[w][key] + 1;
                const std::string sql = event_sql(database.name(), w * 0x1000000 + number, key, version);
                for (const Deadline patience = soon(); !patience.expired();) {
                    const auto put = pool->impl().run("test.put", {sql, {}}, mariadb::Effect::writes, Deadline::in(5s));
                    if (put.has_value() || put.error().code == Errc::conflict) {  // it is there
                        written[w][key] = version;
                        break;
                    }
                    std::this_thread::sleep_for(10ms);
                }
                std::this_thread::sleep_for(1ms);
            }
        });
    }
    const auto store = mariadb::outbox_store(database.pool());
    const auto second_store = mariadb::outbox_store(database.pool());
    SeeingTransport transport;
    outbox::BackgroundRelay relay(*store, transport, relay_options());
    outbox::BackgroundRelay stand_by(*second_store, transport, relay_options());
    const int kills = test::rounds(5, 50);
    std::mt19937 random(3);
    for (int kill = 0; kill < kills; ++kill) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50 + random() % 400));
        test::mariadb_server().crash();
        test::mariadb_server().restart();
    }
    enough = true;
    writers.clear();
    CHECK(eventually([&] {
        const auto left = store->statistics(Deadline::in(5s));
        return left.has_value() && left->total == 0;
    }));
    relay.stop();
    stand_by.stop();
    std::map<std::string, std::uint64_t> all;
    for (const auto& some : written) all.insert(some.begin(), some.end());
    const auto history = transport.history();
    const test::Verdict verdict = test::judge(all, history, static_cast<std::size_t>(2 * kills) * 2 * 50);
    MESSAGE(history.size() << " events told, " << verdict.duplicates << " of them again");
    CHECK(history.size() > 100);
    CHECK(verdict.lost == 0);
    CHECK(verdict.inverted == 0);
    CHECK(verdict.foreign == 0);
    CHECK(verdict.duplicates <= static_cast<std::uint64_t>(2 * kills) * 2 * 50);  // two batches per relay and death
}

/// An authority of its own, a certificate of its for `name`, and files of both.
struct Certificates {
    explicit Certificates(const std::string& name) {
        // The server's account must be able to pass through.
        std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
        const auto make = [&](const std::string& command) {
            const auto made = test::run({"bash", "-c", "cd '" + folder.path().string() + "' && " + command});
            REQUIRE_MESSAGE(made.exit_code == 0, made.err);
        };
        make("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=test authority' -keyout ca.key -out ca.pem");
        make("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=" + name + "' -keyout server.key -out server.csr");
        make("openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out server.pem "
             "-extfile <(echo 'subjectAltName=DNS:" + name + "')");
        make("chmod 644 *");
    }
    [[nodiscard]] std::string file(const std::string& name) const { return folder.path() / name; }
    test::TemporaryFolder folder;
};

TEST_CASE("TLS: a certificate of the named authority for the host is accepted, any other refused, and the clear never taken instead") {
    const Certificates certificates("localhost");
    test::Server server("mariadb.sh", {"--no-fsync", "--ssl-ca=" + certificates.file("ca.pem"), "--ssl-cert=" + certificates.file("server.pem"),
                                       "--ssl-key=" + certificates.file("server.key")});
    mariadb::Options options;
    options.host = "localhost";
    options.port = server.port();
    options.database = "test";
    options.user = "root";
    SUBCASE("verified") {
        options.tls.ca_file = certificates.file("ca.pem");
        const auto pool = mariadb::Pool::make(options).value();
        const auto rows = pool->impl().run("test", {"SHOW STATUS LIKE 'Ssl_version'", {}}, mariadb::Effect::reads, soon());
        REQUIRE_MESSAGE(rows.has_value(), to_string(rows.error()));
        CHECK(rows->view(0, 1).starts_with("TLSv1."));
        REQUIRE(mariadb::migrate(*pool, soon()).has_value());
        const auto store = mariadb::outbox_store(pool);
        const RelayLease lease = lease_of(*store);
        auto* const handler = std::signal(SIGPIPE, SIG_DFL);  // which would end this program if one came when the other end is gone
        for (int kill = 0; kill < 2; ++kill) {
            server.crash();
            CHECK(store->fetch(lease, 10, soon()).error().code == Errc::unavailable);
            server.restart();
            CHECK(eventually([&] { return store->fetch(lease, 10, soon()).has_value(); }));
        }
        CHECK((std::signal(SIGPIPE, handler) == SIG_DFL));
    }
    SUBCASE("another authority") {
        const Certificates others("localhost");
        options.tls.ca_file = others.file("ca.pem");
        const Error error = refused(options);
        CHECK(error.code == Errc::unavailable);
        CHECK(to_string(error).find("2026") != std::string::npos);
    }
    SUBCASE("the system's authorities do not know it either") { CHECK(refused(options).code == Errc::unavailable); }
    SUBCASE("made out to another name") {
        options.tls.ca_file = certificates.file("ca.pem");
        options.host = "127.0.0.1";
        CHECK(refused(options).code == Errc::unavailable);
    }
    SUBCASE("an authority's file that is not there") {
        options.tls.ca_file = certificates.file("no-such.pem");
        CHECK_FALSE(mariadb::inspect(*mariadb::Pool::make(options).value(), soon()).has_value());
    }
    SUBCASE("encrypted, whoever it is") {
        options.tls.mode = mariadb::TlsMode::required;
        options.host = "127.0.0.1";
        const auto pool = mariadb::Pool::make(options).value();
        const auto rows = pool->impl().run("test", {"SHOW STATUS LIKE 'Ssl_version'", {}}, mariadb::Effect::reads, soon());
        REQUIRE_MESSAGE(rows.has_value(), to_string(rows.error()));
        CHECK(rows->view(0, 1).starts_with("TLSv1."));
    }
    SUBCASE("a server that does not encrypt") {
        MariadbDatabase clear;
        mariadb::Options there = clear.options();
        for (const mariadb::TlsMode mode : {mariadb::TlsMode::required, mariadb::TlsMode::verify}) {
            there.tls.mode = mode;
            CHECK(refused(there).code == Errc::unavailable);
        }
    }
}

TEST_CASE("Connection: the password is not given in the clear to whoever asks for it") {
    // A server that greets, and asks for the password as it is: mysql_clear_password.
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener, 8) == 0);
    REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    std::string heard;
    std::jthread imposter([&] {
        const int fd = ::accept(listener, nullptr, nullptr);
        const auto say = [&](char number, const std::string& body) {
            std::string packet{static_cast<char>(body.size()), 0, 0, number};
            packet += body;
            (void)::send(fd, packet.data(), packet.size(), MSG_NOSIGNAL);
        };
        const std::string version = std::string("10.11.0-MariaDB") + '\0';
        const std::string greeting = std::string("\x0a") + version + std::string("\x01\0\0\0", 4) + "12345678" + '\0' +
                                     std::string("\x0d\xa2\x2d\x02\0\x0b\0\x15", 8) + std::string(10, '\0') + "123456789012" + '\0' +
                                     "mysql_native_password" + '\0';
        say(0, greeting);
        char block[4096];
        (void)::recv(fd, block, sizeof block, 0);
        say(2, std::string("\xfe") + "mysql_clear_password" + '\0');
        for (ssize_t got = 0; (got = ::recv(fd, block, sizeof block, 0)) > 0;) heard.append(block, static_cast<std::size_t>(got));
        ::close(fd);
    });
    mariadb::Options options;
    options.host = "127.0.0.1";
    options.port = ntohs(address.sin_port);
    options.database = "test";
    options.user = "shop";
    options.password = Secret("s3cr3t");
    options.tls.mode = mariadb::TlsMode::off;
    const Error error = refused(options);
    imposter.join();
    ::close(listener);
    MESSAGE(to_string(error));
    CHECK(to_string(error).find("5010") != std::string::npos);
    CHECK(heard.find("s3cr3t") == std::string::npos);
}

}  // namespace
}  // namespace ticketbottle
