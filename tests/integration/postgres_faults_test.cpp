// PostgreSQL as it misbehaves: killed servers, locks held by others, transactions left open, a deployed service beside ours.
// TKB_SLOW=1 kills fifty times instead of five.
#include "conformance/payment_values.hpp"
#include "postgres/pool.hpp"
#include "support/child_process.hpp"
#include "support/history_checker.hpp"
#include "support/postgres_backends.hpp"
#include "support/tcp_imposter.hpp"

#include <ticketbottle/memory/transports.hpp>
#include <ticketbottle/outbox/relay.hpp>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

namespace ticketbottle {
namespace {

using namespace std::chrono_literals;
using conformance::payments::command;
using conformance::payments::make_payment;
using conformance::payments::success;
using conformance::payments::with_status;
using test::Migrated;
using test::postgres_rows;
using test::PostgresSchema;

Deadline soon() { return Deadline::in(60s); }

std::string count(const PostgresSchema& schema, const std::string& table_and_condition) {
    return postgres_rows("SELECT count(*) FROM " + schema.name() + "." + table_and_condition).at(0).at(0);
}

/// A session that holds something open until it is let go.
class OtherSession {
public:
    explicit OtherSession(const std::string& sql) : handle_(PQconnectdb(test::postgres_url().c_str()), PQfinish) { execute(sql); }
    void execute(const std::string& sql) {
        const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(handle_.get(), sql.c_str()), PQclear);
        REQUIRE(PQresultStatus(result.get()) != PGRES_FATAL_ERROR);
    }
    void close() { handle_.reset(); }

private:
    std::unique_ptr<PGconn, void (*)(PGconn*)> handle_;
};

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

void put_event(const PostgresSchema& schema, std::uint64_t number, const std::string& key, std::uint64_t version) {
    postgres_rows(fmt::format(R"(INSERT INTO {}.outbox (id, "aggregateId", "aggregateType", "eventType", payload, "createdAt") VALUES
                                 ('00000000-0000-4000-8000-{:012x}', '{}', 'Payment', 'PAYMENT_COMPLETED', '{{"version": {}}}',
                                  clock_timestamp() AT TIME ZONE 'UTC'))",
                              schema.name(), number, key, version));
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

TEST_CASE("PaymentStore: on the deployed tables, without any migration, each payment is settled once") {
    PostgresSchema schema(Migrated::no);
    const auto store = postgres::payment_store(schema.pool());
    for (int n = 1; n <= 3; ++n) conformance::payments::create(*store, make_payment(n));
    const PaymentNotification paid = success(make_payment(1));
    CHECK(store->settle(command(paid), soon()).value().outcome == Outcome::applied);
    CHECK(store->settle(command(paid), soon()).value().outcome == Outcome::duplicate);
    CHECK(store->settle(command(with_status(paid, NotifiedStatus::failed)), soon()).value().refusal == Refusal::already_completed);
    PaymentNotification cheap = success(make_payment(2));
    cheap.amount->minor_units -= 1;
    CHECK(store->settle(command(cheap), soon()).value().refusal == Refusal::amount_mismatch);
    CHECK(store->settle(command(with_status(success(make_payment(3)), NotifiedStatus::failed)), soon()).value().outcome == Outcome::applied);
    CHECK(store->settle(command(success(make_payment(3))), soon()).value().refusal == Refusal::late_success);
    CHECK(count(schema, "outbox") == "2");
    CHECK(count(schema, "payments WHERE status = 'COMPLETED'") == "1");
    CHECK(count(schema, "payments WHERE status = 'FAILED'") == "1");
    CHECK(store->raised(10, soon()).value().empty());  // nowhere to keep them
    CHECK(store->counts(soon()).value().pending == 1);
}

TEST_CASE("PaymentStore: a row locked by somebody ends the call at its deadline, and nothing is half done") {
    PostgresSchema schema(Migrated::yes);
    const auto store = postgres::payment_store(schema.pool());
    conformance::payments::create(*store, make_payment(1));
    OtherSession other("BEGIN; SELECT * FROM " + schema.name() + ".payments FOR UPDATE");
    const auto started = Deadline::Clock::now();
    const auto blocked = store->settle(command(success(make_payment(1))), Deadline::in(300ms));
    REQUIRE_FALSE(blocked.has_value());
    CHECK(blocked.error().code == Errc::cancelled);  // the server said it stopped
    CHECK(Deadline::Clock::now() - started < 5s);
    CHECK(count(schema, "outbox") == "0");
    std::stop_source stop;
    std::jthread stopper([&] {
        std::this_thread::sleep_for(200ms);
        stop.request_stop();
    });
    CHECK_FALSE(store->settle(command(success(make_payment(1))), soon().or_stop(stop.get_token())).has_value());
    other.close();
    CHECK(store->settle(command(success(make_payment(1))), soon()).value().outcome == Outcome::applied);
}

/// Callers that all wait behind one who went alone and waits for a table lock: the next groups are of many.
class WaitingCallers {
public:
    /// \param connections  Half as many groups at a time, at most.
    WaitingCallers(PostgresSchema& schema, int callers, int connections = 4) : schema_(schema) {
        schema.options().url = Secret(test::postgres_url("?connection_limit=" + std::to_string(connections) + "&schema=" + schema.name()));
        pool_ = schema.pool();
        const auto store = postgres::payment_store(pool_);
        for (int n = 1; n <= callers; ++n) conformance::payments::create(*store, make_payment(n));
        (void)store->counts(soon());  // the layout is known from here on
        settled_.resize(static_cast<std::size_t>(callers), fail(Errc::internal, "test", "not called"));
    }
    /// Calls for payments 1, 2, ... of the given numbers, all at once behind the lock; then lets them go, and waits for all.
    void settle(const std::vector<int>& numbers, const std::function<void()>& while_held = [] {}) {
        OtherSession table("BEGIN; LOCK TABLE " + schema_.name() + ".payments IN ACCESS EXCLUSIVE MODE");
        std::atomic<std::size_t> called{0};
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            threads_.emplace_back([this, &called, i, number = numbers[i]] {
                const auto store = postgres::payment_store(pool_);
                ++called;
                settled_[i] = store->settle(command(success(make_payment(number))), soon());
            });
        }
        while (called < numbers.size()) std::this_thread::sleep_for(1ms);
        wait_for_waiting(1);
        std::this_thread::sleep_for(300ms);  // for the last of them to queue; were they late, the groups would be smaller and the test weaker
        while_held();
        table.close();
        for (auto& thread : threads_) thread.join();
    }
    /// Until so many sessions wait for the table.
    void wait_for_waiting(long sessions) const {
        const Deadline deadline = soon();
        while (!deadline.expired() && waiting() < sessions) std::this_thread::sleep_for(5ms);
    }
    [[nodiscard]] long waiting() const {
        return count_of("SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace"
                        " WHERE c.relname = 'payments' AND n.nspname = '" + schema_.name() + "' AND NOT l.granted");
    }
    [[nodiscard]] const std::vector<Result<Settled>>& settled() const { return settled_; }
    [[nodiscard]] static long count_of(const std::string& sql) { return std::stol(postgres_rows(sql).at(0).at(0)); }

private:
    const PostgresSchema& schema_;
    std::shared_ptr<postgres::Pool> pool_;
    std::vector<Result<Settled>> settled_;
    std::vector<std::thread> threads_;
};

std::vector<int> one_to(int last) {
    std::vector<int> numbers;
    for (int n = 1; n <= last; ++n) numbers.push_back(n);
    return numbers;
}

TEST_CASE("PaymentStore: settlements that wait for one another share a transaction") {
    PostgresSchema schema(Migrated::yes);
    WaitingCallers callers(schema, 18);
    callers.settle(one_to(18));
    for (const auto& settled : callers.settled()) CHECK(settled.value().outcome == Outcome::applied);
    CHECK(count(schema, "outbox") == "18");
    CHECK(count(schema, "payment_inbox") == "18");
    // One went by itself, four when they were as many, and the others waited for them.
    CHECK(WaitingCallers::count_of("SELECT count(DISTINCT xmin::text) FROM " + schema.name() + ".payment_inbox") <= 4);
}

TEST_CASE("PaymentStore: a group that is held up holds up nobody else while there is a connection for groups") {
    PostgresSchema schema(Migrated::yes);
    WaitingCallers callers(schema, 3, 8);
    callers.settle(one_to(3), [&] {
        callers.wait_for_waiting(2);
        CHECK(callers.waiting() >= 2);
    });
    CHECK(count(schema, "outbox") == "3");
}

TEST_CASE("Connection: queries that use one statement prepare it once, and later ones are prepared too") {
    PostgresSchema schema(Migrated::no);
    schema.options().url = Secret(test::postgres_url("?connection_limit=1&schema=" + schema.name()));
    const auto pool = schema.pool();
    const postgres::Statement first{"tkb_test_first", "SELECT $1::int + 1"}, second{"tkb_test_second", "SELECT $1::int + 2"};
    const auto run = [&](const std::vector<postgres::Query>& queries) {
        return pool->impl().run("test", queries, postgres::Effect::reads, soon()).value();
    };
    const auto answers = run({{&first, {"1"}}, {&second, {"1"}}, {&first, {"2"}}, {&second, {"2"}}});
    CHECK(answers[0].integer(0, 0) == 2);
    CHECK(answers[3].integer(0, 0) == 4);
    const postgres::Statement third{"tkb_test_third", "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'tkb\\_test\\_%'"};
    CHECK(run({{&third, {}}})[0].integer(0, 0) == 3);
}

/// Settles while `other` holds something back that the settlement has not seen; lets go when it waits, and gives what it came to.
Result<Settled> settle_behind(const PostgresSchema& schema, OtherSession& other, const PaymentNotification& notification) {
    Result<Settled> settled = fail(Errc::internal, "test", "not called");
    std::thread caller([&] { settled = postgres::payment_store(schema.pool())->settle(command(notification), soon()); });
    const Deadline deadline = soon();
    const auto waits = [&] {
        return postgres_rows("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%\"" + schema.name() + "\"%'")
                   .at(0).at(0) != "0";
    };
    while (!deadline.expired() && !waits()) std::this_thread::sleep_for(5ms);
    CHECK_FALSE(deadline.expired());
    other.execute("COMMIT");
    caller.join();
    return settled;
}

TEST_CASE("PaymentStore: what came between reading and writing is judged anew") {
    PostgresSchema schema(Migrated::yes);
    const auto store = postgres::payment_store(schema.pool());
    for (int n = 1; n <= 2; ++n) conformance::payments::create(*store, make_payment(n));
    const PaymentNotification paid = success(make_payment(1));
    const auto entry_of = [&](const Payment& payment, const char* status) {
        return fmt::format(R"(INSERT INTO "{}".payment_inbox (gateway, "dedupKey", "paymentId", "transactionId", "chargeId", status, amount,
                              currency, outcome, refusal, raised, "receivedAt")
                              VALUES ('{}', '{}', '{}', 't', '', '{}', {}, 'VND', 'applied', 'none', false, now()))",
                           schema.name(), to_string(paid.gateway), paid.dedup_key, payment.id, status, payment.amount.minor_units);
    };
    SUBCASE("the payment was closed") {
        OtherSession other("BEGIN; UPDATE " + schema.name() + ".payments SET status = 'FAILED', \"failedAt\" = now() WHERE id = '" +
                           make_payment(1).id + "'");
        CHECK(settle_behind(schema, other, paid).value().refusal == Refusal::late_success);
        CHECK(count(schema, "payments WHERE status = 'COMPLETED'") == "0");
        CHECK(count(schema, "outbox") == "0");
        CHECK(count(schema, "payment_inbox WHERE raised") == "1");
    }
    SUBCASE("another payment took the notification's key") {
        OtherSession other("BEGIN; " + entry_of(make_payment(2), "succeeded"));
        CHECK(settle_behind(schema, other, paid).value().refusal == Refusal::content_conflict);
        CHECK(count(schema, "payments WHERE status = 'COMPLETED'") == "0");
        CHECK(count(schema, "outbox") == "0");
    }
    SUBCASE("the entry of the key changed") {
        postgres_rows(entry_of(make_payment(1), "failed"));
        OtherSession other("BEGIN; UPDATE " + schema.name() + ".payment_inbox SET status = 'succeeded', \"paymentId\" = '" +
                           make_payment(2).id + "'");
        CHECK(settle_behind(schema, other, paid).value().refusal == Refusal::content_conflict);
        CHECK(count(schema, "payments WHERE status = 'COMPLETED'") == "0");
        CHECK(count(schema, "outbox") == "0");
    }
}

TEST_CASE("PaymentStore: in one group, repeats of one notification have one effect") {
    PostgresSchema schema(Migrated::yes);
    WaitingCallers callers(schema, 16);
    callers.settle({1, 1, 1, 1, 1, 1, 2, 2, 1, 1, 2, 1, 1, 1, 2, 2});
    long applied = 0;
    for (const auto& settled : callers.settled()) {
        REQUIRE(settled.has_value());
        CHECK((settled->outcome == Outcome::applied || settled->outcome == Outcome::duplicate));
        applied += settled->outcome == Outcome::applied ? 1 : 0;
    }
    CHECK(applied == 2);
    CHECK(count(schema, "outbox") == "2");
}

TEST_CASE("PaymentStore: a settlement that the server refuses spoils no other of its group") {
    PostgresSchema schema(Migrated::yes);
    WaitingCallers callers(schema, 16);
    const std::string code = make_payment(9).order_code;
    postgres_rows("CREATE FUNCTION " + schema.name() + ".refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.\"orderCode\" = '" + code +
                  "' THEN RAISE EXCEPTION 'not this one' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$; CREATE TRIGGER refuse BEFORE UPDATE ON " +
                  schema.name() + ".payments FOR EACH ROW EXECUTE FUNCTION " + schema.name() + ".refuse()");
    callers.settle(one_to(16));
    for (std::size_t i = 0; i < 16; ++i) {
        CAPTURE(i);
        if (i == 8) {
            CHECK_FALSE(callers.settled()[i].has_value());
        } else {
            CHECK(callers.settled()[i].value().outcome == Outcome::applied);
        }
    }
    CHECK(count(schema, "outbox") == "15");
    CHECK(count(schema, "payments WHERE status = 'COMPLETED'") == "15");
}

TEST_CASE("PaymentStore: a payment that another transaction holds delays itself alone") {
    PostgresSchema schema(Migrated::yes);
    WaitingCallers callers(schema, 16);
    std::optional<OtherSession> holder;
    std::thread letting_go;
    callers.settle(one_to(16), [&] {
        letting_go = std::thread([&] {
            holder.emplace("BEGIN; SELECT FROM " + schema.name() + ".payments WHERE \"orderCode\" = '" + make_payment(16).order_code + "' FOR UPDATE");
            const Deadline deadline = Deadline::in(30s);
            while (!deadline.expired() && std::stol(count(schema, "outbox")) < 15) std::this_thread::sleep_for(5ms);
            CHECK(std::stol(count(schema, "outbox")) >= 15);
            holder->close();
        });
        callers.wait_for_waiting(3);  // after the first two groups, before the third
    });
    letting_go.join();
    for (const auto& settled : callers.settled()) CHECK(settled.value().outcome == Outcome::applied);
    CHECK(count(schema, "outbox") == "16");
}

TEST_CASE("PaymentStore: callers that wait for a group leave at their own deadlines") {
    PostgresSchema schema(Migrated::yes);
    schema.options().url = Secret(test::postgres_url("?connection_limit=4&schema=" + schema.name()));
    const auto pool = schema.pool();
    for (int n = 1; n <= 6; ++n) conformance::payments::create(*postgres::payment_store(pool), make_payment(n));
    OtherSession table("BEGIN; LOCK TABLE " + schema.name() + ".payments IN ACCESS EXCLUSIVE MODE");
    std::vector<std::thread> threads;
    std::atomic<int> left{0};
    for (int n = 1; n <= 6; ++n) {
        threads.emplace_back([&, n] {
            const auto settled = postgres::payment_store(pool)->settle(command(success(make_payment(n))), Deadline::in(400ms));
            if (!settled.has_value() && (settled.error().code == Errc::cancelled || settled.error().code == Errc::outcome_unknown)) ++left;
        });
    }
    for (auto& thread : threads) thread.join();  // before the lock is let go
    CHECK(left == 6);
    table.close();
    for (int n = 1; n <= 6; ++n)
        CHECK(postgres::payment_store(pool)->settle(command(success(make_payment(n))), soon()).value().outcome == Outcome::applied);
    CHECK(count(schema, "outbox") == "6");
}

TEST_CASE("Pool: a caller whose deadline passes while it connects is told so, and nothing is held against the server") {
    const test::TcpImposter silent([](int fd) {  // takes connections, and says nothing
        char byte = 0;
        while (::recv(fd, &byte, 1, 0) > 0) continue;
    });
    postgres::Options options;
    options.url = Secret("postgresql://nobody@127.0.0.1:" + std::to_string(silent.port()) + "/none?sslmode=disable");
    const auto store = postgres::payment_store(postgres::Pool::make(options).value());
    for (int n = 0; n < 30; ++n) CHECK(store->find(PaymentKey::id, "p", Deadline::in(15ms)).error().code == Errc::cancelled);
}

TEST_CASE("Pool: more callers than connections wait for one another, and a broken connection is replaced") {
    PostgresSchema schema(Migrated::yes);
    schema.options().url = Secret(test::postgres_url("?connection_limit=2&schema=" + schema.name()));
    const auto pool = schema.pool();
    {
        const auto store = postgres::payment_store(pool);
        for (int n = 1; n <= 8; ++n) conformance::payments::create(*store, make_payment(n));
    }
    std::atomic<int> applied{0};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t) {
            threads.emplace_back([&] {
                const auto store = postgres::payment_store(pool);
                for (int n = 1; n <= 8; ++n) {
                    const auto settled = store->settle(command(success(make_payment(n))), soon());
                    if (settled.has_value() && settled->outcome == Outcome::applied) ++applied;
                }
            });
        }
    }
    CHECK(applied == 8);
    CHECK(count(schema, "outbox") == "8");
    postgres_rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ticketbottle'");
    const auto store = postgres::payment_store(pool);
    // The servers' farewells come when they come: a call may still meet one, and says so.
    auto counts = store->counts(soon());
    for (int tries = 0; tries < 3 && !counts.has_value() && counts.error().code == Errc::unavailable; ++tries) counts = store->counts(soon());
    CHECK(counts.value().completed == 8);
}

TEST_CASE("Migration: twice, while rows wait and writers write, keeps every row and its order") {
    PostgresSchema schema(Migrated::no);
    std::map<std::string, std::uint64_t> written;
    std::uint64_t number = 0;
    for (int i = 0; i < 50; ++i) {
        const std::string key = "pay-" + std::to_string(i % 5);
        put_event(schema, 1000 - ++number, key, ++written[key]);  // ids run backwards
        std::this_thread::sleep_for(1ms);
    }
    std::atomic<bool> enough{false};
    std::jthread writer([&] {
        while (!enough) {
            const std::string key = "pay-" + std::to_string(number % 5);
            put_event(schema, 1000 + ++number, key, ++written[key]);
            std::this_thread::sleep_for(2ms);
        }
    });
    const auto pool = schema.pool();
    const auto first = postgres::migrate(*pool, soon());
    REQUIRE_MESSAGE(first.has_value(), to_string(first.error()));
    CHECK(first->backfilled >= 50);
    CHECK(first->done.size() == 5);
    const auto second = postgres::migrate(*pool, soon());
    REQUIRE(second.has_value());
    CHECK(second->done.empty());
    CHECK(second->backfilled == 0);
    enough = true;
    writer.join();
    const postgres::Layout layout = postgres::inspect(*pool, soon()).value();
    CHECK(layout.ordered);
    CHECK(layout.inbox);
    CHECK(count(schema, "outbox WHERE sequence IS NULL") == "0");

    const auto store = postgres::outbox_store(pool);
    SeeingTransport transport;
    outbox::Relay relay(*store, transport, relay_options());
    REQUIRE(relay.run_once(soon()).has_value());
    const test::Verdict verdict = test::judge(written, transport.history(), 0);
    CHECK(verdict.lost == 0);
    CHECK(verdict.inverted == 0);
    CHECK(verdict.duplicates == 0);
}

TEST_CASE("Migration: tables of an earlier version settle and publish as deployed ones until they are brought up to date") {
    PostgresSchema schema(Migrated::yes);
    postgres_rows("ALTER TABLE " + schema.name() + ".outbox DROP COLUMN traceparent");
    const auto pool = schema.pool();
    const postgres::Layout before = postgres::inspect(*pool, soon()).value();
    CHECK_FALSE(before.ordered);
    CHECK_FALSE(before.inbox);
    const auto payments = postgres::payment_store(pool);
    const auto outbox = postgres::outbox_store(pool);
    const auto settle_one = [&](int n) {
        conformance::payments::create(*payments, make_payment(n));
        CHECK(conformance::payments::settle(*payments, success(make_payment(n))).outcome == Outcome::applied);
        const RelayLease lease = outbox->acquire("relay", 5s, soon()).value().value();
        const OutboxPage page = outbox->fetch(lease, 10, soon()).value();
        REQUIRE(page.rows.size() == 1);
        REQUIRE(outbox->settle(lease, 5s, std::vector{RowSettlement{page.rows[0].id, RowSettlement::What::published, "", 0ms}}, soon()).has_value());
        REQUIRE(outbox->release(lease, soon()).has_value());
        return page.rows[0].traceparent;
    };
    CHECK(settle_one(1).empty());
    CHECK(postgres::migrate(*pool, soon()).value().done.size() == 2);
    CHECK(postgres::inspect(*pool, soon()).value().ordered);
    CHECK(settle_one(2) == conformance::payments::trace_of(success(make_payment(2))));
    CHECK(postgres::migrate(*pool, soon()).value().done.empty());
}

TEST_CASE("Outbox: rows of no finite time are published, given up, counted and migrated as the others") {
    for (const Migrated migrated : {Migrated::no, Migrated::yes}) {
        CAPTURE(migrated == Migrated::yes);
        PostgresSchema schema(migrated);
        const auto pool = schema.pool();
        for (std::uint64_t n = 1; n <= 6; ++n) put_event(schema, n, "pay-" + std::to_string(n), 1);
        const std::string table = schema.name() + ".outbox";
        postgres_rows("UPDATE " + table + R"( SET "createdAt" = 'infinity' WHERE "aggregateId" IN ('pay-2', 'pay-3'))");
        postgres_rows("UPDATE " + table + R"( SET "createdAt" = '-infinity' WHERE "aggregateId" IN ('pay-5', 'pay-6'))");
        const auto store = postgres::outbox_store(pool);
        const RelayLease lease = store->acquire("relay", 5s, soon()).value().value();
        std::vector<RowSettlement> gone;
        for (const std::uint32_t rows_max : {1U, 100U}) {  // one by one, and as they come
            const auto page = store->fetch(lease, rows_max, soon());
            REQUIRE_MESSAGE(page.has_value(), to_string(page.error()));
            CHECK(page->rows.size() == std::min(rows_max, 6U));
            gone.clear();
            for (const OutboxRow& row : page->rows) {
                const bool dead = row.aggregate_id == "pay-3" || row.aggregate_id == "pay-6";
                if (dead) gone.push_back({row.id, RowSettlement::What::dead, "test", 0ms});
            }
        }
        REQUIRE(store->settle(lease, 5s, gone, soon()).has_value());
        CHECK(store->dead(10, soon()).value().size() == 2);
        const OutboxStatistics counted = store->statistics(soon()).value();
        CHECK(counted.pending == 4);
        CHECK(counted.dead == 2);
        if (migrated == Migrated::no) CHECK(postgres::migrate(*pool, soon()).value().backfilled == 6);
    }
}

TEST_CASE("Outbox: a transaction left open elsewhere stalls nobody, and its own rows come when it commits") {
    for (const Migrated migrated : {Migrated::no, Migrated::yes}) {
        CAPTURE(migrated == Migrated::yes);
        PostgresSchema schema(migrated);
        const std::unique_ptr<PGconn, void (*)(PGconn*)> late(PQconnectdb(test::postgres_url().c_str()), PQfinish);
        const auto execute = [&](const std::string& sql) { PQclear(PQexec(late.get(), sql.c_str())); };
        execute("BEGIN");
        execute("INSERT INTO " + schema.name() + R"(.outbox (id, "aggregateId", "aggregateType", "eventType", payload) VALUES
                 ('00000000-0000-4000-8000-0000000000ff', 'late', 'Payment', 'PAYMENT_COMPLETED', '{"version": 1}'))");
        std::map<std::string, std::uint64_t> written;
        const auto store = postgres::outbox_store(schema.pool());
        SeeingTransport transport;
        outbox::BackgroundRelay relay(*store, transport, relay_options());
        for (std::uint64_t n = 1; n <= 100; ++n) put_event(schema, 0x1000 + n, "pay-" + std::to_string(n % 3), ++written["pay-" + std::to_string(n % 3)]);
        const auto seen = [&](std::size_t events) {
            for (const Deadline patience = soon(); transport.history().size() < events && !patience.expired();) std::this_thread::sleep_for(5ms);
            return transport.history().size();
        };
        CHECK(seen(100) == 100);
        execute("COMMIT");
        written["late"] = 1;
        CHECK(seen(101) == 101);
        relay.stop();
        const test::Verdict verdict = test::judge(written, transport.history(), 0);
        CHECK(verdict.lost == 0);
        CHECK(verdict.inverted == 0);
        CHECK(verdict.duplicates == 0);
    }
}

TEST_CASE("Outbox: a row that is committed behind what was read goes before the later rows of its key") {
    for (const Migrated migrated : {Migrated::no, Migrated::yes}) {
        CAPTURE(migrated == Migrated::yes);
        PostgresSchema schema(migrated);
        const std::unique_ptr<PGconn, void (*)(PGconn*)> late(PQconnectdb(test::postgres_url().c_str()), PQfinish);
        const auto execute = [&](const std::string& sql) { PQclear(PQexec(late.get(), sql.c_str())); };
        execute("BEGIN");
        execute("INSERT INTO " + schema.name() + R"(.outbox (id, "aggregateId", "aggregateType", "eventType", payload) VALUES
                 ('00000000-0000-4000-8000-0000000000ff', 'late', 'Payment', 'PAYMENT_COMPLETED', '{"version": 1}'))");
        std::this_thread::sleep_for(2ms);  // createdAt is in milliseconds
        put_event(schema, 1, "a", 1);
        put_event(schema, 2, "b", 1);
        const auto store = postgres::outbox_store(schema.pool());
        const RelayLease lease = store->acquire("relay", 60s, soon()).value().value();
        const auto fetched = [&](std::uint32_t rows_max) {
            const OutboxPage page = store->fetch(lease, rows_max, soon()).value();
            std::vector<RowSettlement> published;
            std::vector<std::string> events;
            for (const OutboxRow& row : page.rows) {
                events.push_back(row.aggregate_id + " " + row.id.substr(34));
                published.push_back({row.id, RowSettlement::What::published, "", 0ms});
            }
            REQUIRE(store->settle(lease, 60s, published, soon()).has_value());
            return events;
        };
        CHECK(fetched(1) == std::vector<std::string>{"a 01"});  // a whole page: there is more behind it
        execute("COMMIT");
        std::this_thread::sleep_for(2ms);
        put_event(schema, 4, "late", 2);
        CHECK(fetched(3) == std::vector<std::string>{"late ff", "b 02", "late 04"});
    }
}

/// A relay to which every read is dear, as it is while an old snapshot keeps published rows from being cleaned away: the server's
/// clock, which each fetch asks, takes its time.
class DearReads {
public:
    explicit DearReads(Migrated migrated) : schema(migrated) {
        clock.tells("SELECT pg_catalog.clock_timestamp() FROM pg_sleep(0.2)");
        store = postgres::outbox_store(schema.pool());
        lease = store->acquire("relay", 300s, soon()).value().value();
    }

    std::vector<std::string> fetched() {
        auto page = store->fetch(lease, 100, soon());
        // After a crash a call may still meet the old server's farewell.
        for (int tries = 0; tries < 3 && !page.has_value() && page.error().code == Errc::unavailable; ++tries)
            page = store->fetch(lease, 100, soon());
        std::vector<RowSettlement> published;
        std::vector<std::string> events;
        for (const OutboxRow& row : page.value().rows) {
            events.push_back(row.aggregate_id + " " + row.id.substr(34));
            published.push_back({row.id, RowSettlement::What::published, "", 0ms});
        }
        if (!published.empty()) REQUIRE(store->settle(lease, 300s, published, soon()).has_value());
        return events;
    }

    PostgresSchema schema;
    test::ServersClock clock{schema};
    std::unique_ptr<OutboxStore> store;
    RelayLease lease;
};

/// A transaction that writes the first event of "late", 00000000-0000-4000-8000-0000000000ff. Ends with this.
class LateWriter {
public:
    explicit LateWriter(const PostgresSchema& schema) : name_(schema.name()) {
        session_.execute("BEGIN; INSERT INTO " + name_ + R"(.outbox (id, "aggregateId", "aggregateType", "eventType", payload) VALUES
                         ('00000000-0000-4000-8000-0000000000ff', 'late', 'Payment', 'PAYMENT_COMPLETED', '{"version": 1}'))");
    }
    ~LateWriter() {
        try {
            if (prepared_) commit();
        } catch (...) {  // a failed requirement
        }
    }
    LateWriter(const LateWriter&) = delete;
    LateWriter& operator=(const LateWriter&) = delete;
    void prepare() {
        session_.execute("PREPARE TRANSACTION '" + name_ + "'");
        prepared_ = true;
    }
    void commit() {
        if (std::exchange(prepared_, false)) {
            postgres_rows("COMMIT PREPARED '" + name_ + "'");
        } else {
            session_.execute("COMMIT");
        }
    }

private:
    std::string name_;
    OtherSession session_{"SELECT 1"};
    bool prepared_ = false;
};

TEST_CASE("Outbox: where reading is dear too, a row that was in flight for long goes before the later rows of its key") {
    Migrated migrated = Migrated::yes;
    bool prepares = false, looks = true;
    SUBCASE("migrated") {}
    SUBCASE("prepared meanwhile, and back after a crash") { prepares = true; }
    SUBCASE("nobody may see who writes") { looks = false; }
    SUBCASE("the table as it is") { migrated = Migrated::no; }
    DearReads relay(migrated);
    if (!looks) postgres_rows("CREATE VIEW " + relay.clock.schema() + ".pg_locks AS SELECT 1 AS nothing");
    LateWriter late(relay.schema);
    std::this_thread::sleep_for(2ms);  // createdAt is in milliseconds
    std::uint64_t number = 0;
    for (const auto began = Deadline::Clock::now(); Deadline::Clock::now() - began < 7s;) {
        const std::string id = fmt::format("{:02x}", ++number);
        put_event(relay.schema, number, "other", number);
        CHECK(relay.fetched() == std::vector{"other " + id});
        if (!prepares || number != 4) continue;
        late.prepare();
        test::postgres_server().crash();
        test::postgres_server().restart();
    }
    late.commit();
    std::this_thread::sleep_for(2ms);
    put_event(relay.schema, 0xfe, "late", 2);
    CHECK(relay.fetched() == std::vector<std::string>{"late ff", "late fe"});
}

TEST_CASE("Outbox: where reading is dear it begins at the floor; what is put below by hand comes later") {
    DearReads relay(Migrated::yes);
    std::vector<std::string> passed_over;
    std::uint64_t number = 0;
    for (const Deadline patience = soon(); passed_over.empty() && !patience.expired();) {
        const std::string id = fmt::format("{:02x}", ++number), below = fmt::format("{:02x}", 0x80 + number);
        put_event(relay.schema, number, "a", number);
        const std::vector<std::string> events = relay.fetched();
        REQUIRE_FALSE(events.empty());
        CHECK(events.back() == "a " + id);
        put_event(relay.schema, 0x80 + number, "below", number);
        postgres_rows("UPDATE " + relay.schema.name() + ".outbox SET sequence = -abs(sequence) WHERE \"aggregateId\" = 'below'");
        if (relay.fetched().empty()) passed_over.push_back("below " + below);
    }
    REQUIRE(passed_over.size() == 1);
    std::vector<std::string> found;
    for (const Deadline patience = soon(); found.empty() && !patience.expired();) found = relay.fetched();
    CHECK(found == passed_over);
}

TEST_CASE("Outbox: what the deployed relay gave up is dead to ours, and its reset by hand is seen") {
    PostgresSchema schema(Migrated::yes);
    schema.options().attempts_max = 5;
    const auto store = postgres::outbox_store(schema.pool());
    put_event(schema, 1, "a", 1);
    put_event(schema, 2, "a", 2);
    put_event(schema, 3, "b", 1);
    postgres_rows("UPDATE " + schema.name() + R"(.outbox SET "retryCount" = 5, "lastError" = 'Unknown topic' WHERE payload->>'version' = '1' AND "aggregateId" = 'a')");
    SeeingTransport transport;
    outbox::BackgroundRelay relay(*store, transport, relay_options());
    const auto keys = [&](std::size_t events) {
        for (const Deadline patience = soon(); transport.history().size() < events && !patience.expired();) std::this_thread::sleep_for(5ms);
        std::string all;
        for (const test::Seen& seen : transport.history()) all += seen.key + std::to_string(seen.version) + " ";
        return all;
    };
    CHECK(keys(1) == "b1 ");
    const auto operators = postgres::outbox_store(schema.pool());
    const auto dead = operators->dead(10, soon()).value();
    REQUIRE(dead.size() == 1);
    CHECK(dead[0].attempts == 5);
    CHECK(dead[0].reason == "Unknown topic");
    // As the operator's handbook of the deployed service says it. Noticed within seconds, though nobody tells.
    postgres_rows("UPDATE " + schema.name() + R"(.outbox SET "retryCount" = 0, "lastError" = NULL WHERE "aggregateId" = 'a')");
    CHECK(keys(3) == "b1 a1 a2 ");
}

TEST_CASE("PostgreSQL killed again and again: each payment settled once, each event told in order") {
    PostgresSchema schema(Migrated::yes);
    schema.options().attempts_max = 5;
    constexpr int payments = 400;
    {
        const auto store = postgres::payment_store(schema.pool());
        for (int n = 0; n < payments; ++n) conformance::payments::create(*store, make_payment(n));
    }
    std::atomic<bool> enough{false};
    std::atomic<int> settled{0};
    std::vector<std::jthread> gateways;
    for (int t = 0; t < 3; ++t) {
        gateways.emplace_back([&, t] {
            const auto store = postgres::payment_store(schema.pool());
            // Three gateways' retries of every payment, in orders of their own; each is told again until it is answered.
            std::vector<int> order(payments);
            for (int n = 0; n < payments; ++n) order[static_cast<std::size_t>(n)] = n;
            std::shuffle(order.begin(), order.end(), std::mt19937(static_cast<unsigned>(t)));
            for (const int n : order) {
                for (const Deadline patience = soon(); !patience.expired();) {
                    const auto answer = store->settle(command(success(make_payment(n))), Deadline::in(5s));
                    if (answer.has_value()) break;
                    std::this_thread::sleep_for(20ms);
                }
                ++settled;
                std::this_thread::sleep_for(3ms);
            }
        });
    }
    const auto store = postgres::outbox_store(schema.pool());
    const auto second_store = postgres::outbox_store(schema.pool());
    SeeingTransport transport;
    outbox::BackgroundRelay relay(*store, transport, relay_options());
    outbox::BackgroundRelay stand_by(*second_store, transport, relay_options());
    const int kills = test::rounds(5, 50);
    std::mt19937 random(3);
    for (int kill = 0; kill < kills; ++kill) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50 + random() % 400));
        test::postgres_server().crash();
        test::postgres_server().restart();
    }
    gateways.clear();
    for (const Deadline patience = soon(); !patience.expired();) {
        const auto left = store->statistics(soon());
        if (left.has_value() && left->pending == 0) break;
        std::this_thread::sleep_for(50ms);
    }
    relay.stop();
    stand_by.stop();
    CHECK(count(schema, "payments WHERE status = 'COMPLETED'") == std::to_string(payments));
    CHECK(count(schema, "outbox WHERE id <> 'ticketbottle-relay-lease'") == std::to_string(payments));
    CHECK(count(schema, "payment_inbox") == std::to_string(payments));
    std::map<std::string, int> told;
    for (const test::Seen& seen : transport.history()) ++told[seen.key];
    CHECK(told.size() == payments);
    int repeats = 0;
    for (const auto& [key, times] : told) repeats += times - 1;
    CHECK(repeats <= 2 * kills * 50);  // a page per relay and death
    const OutboxStatistics left = store->statistics(soon()).value();
    CHECK(left.dead == 0);  // no attempt was burned
    CHECK(left.pending == 0);
}

}  // namespace
}  // namespace ticketbottle
