// The program between a real PostgreSQL and a real Kafka while all three are killed: what a consumer of the topic saw is judged
// event by event. TKB_SLOW=1: fifty kills instead of six, and a transaction that stays open for ten minutes.
#include "support/child_process.hpp"
#include "support/history_checker.hpp"
#include "support/kafka_admin.hpp"
#include "support/kafka_reader.hpp"
#include "support/kafka_tail.hpp"
#include "support/postgres_writers.hpp"
#include "support/relays.hpp"
#include "support/versioned_messages.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <future>

namespace ticketbottle {
namespace {

using namespace std::chrono_literals;
using test::history_of;
using test::PostgresWriters;
using test::version_of;
using Clock = std::chrono::steady_clock;

constexpr std::size_t batch_rows = 50;
constexpr std::size_t under_way_rows = 2 * batch_rows;  // one that is sent, and one that is marked
constexpr int partitions = 4;

std::chrono::milliseconds since(Clock::time_point begin) { return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin); }

test::Server& kafka_server() {
    static test::Server server("kafka.sh", {"-o", "auto.create.topics.enable=false"});
    return server;
}
/// Both at once: a broker takes its time.
void start_servers() {
    const auto broker = std::async(std::launch::async, [] { (void)kafka_server(); });
    (void)test::postgres_server();
}
std::string kafka_address() { return "127.0.0.1:" + kafka_server().port_text(); }

/// Tables, topics and an environment of its own for each case; the servers are shared.
class Stack {
public:
    Stack() {
        test::make_business(schema.name());
        admin().make_topic(topic("completed"), partitions);
        environment = {{"TICKETBOTTLE_DATA", folder / "data"},
                       {"DATABASE_URL", test::postgres_url("?connection_limit=3&schema=" + schema.name())},
                       {"KAFKA_BROKERS", kafka_address()},
                       {"KAFKA_SSL", "false"},
                       {"KAFKA_TOPIC_PAYMENT_COMPLETED", topic("completed")},
                       {"KAFKA_TOPIC_PAYMENT_FAILED", topic("failed")},
                       {"KAFKA_TOPIC_PAYMENT_CANCELLED", topic("cancelled")},
                       {"OUTBOX_BATCH_SIZE", std::to_string(batch_rows)}};
    }
    [[nodiscard]] static test::KafkaAdmin admin() { return test::KafkaAdmin(kafka_address()); }
    [[nodiscard]] std::string topic(const std::string& kind) const { return schema.name() + "." + kind; }
    [[nodiscard]] std::uint64_t count(const std::string& condition) const {
        return std::stoull(test::postgres_rows("SELECT count(*) FROM " + schema.name() + ".outbox WHERE id <> 'ticketbottle-relay-lease' AND (" +
                                               condition + ")").at(0).at(0));
    }
    [[nodiscard]] std::uint64_t waiting() const { return count(R"(NOT published AND "publishedAt" IS NULL)"); }
    [[nodiscard]] std::uint64_t published() const { return count("published"); }
    [[nodiscard]] static std::vector<Message> read(const std::string& topic) {
        return test::KafkaReader({{"bootstrap.servers", kafka_address()}, {"log_level", "0"}}).read(topic);
    }

    test::PostgresSchema schema = make_schema();
    test::TemporaryFolder folder;
    test::ProgramEnvironment environment;

private:
    static test::PostgresSchema make_schema() {
        start_servers();
        return test::PostgresSchema(test::Migrated::yes);
    }
};

/// A repeat is known by its messageId, and nothing else has that id.
void check_ids(const std::vector<Message>& messages) {
    std::map<std::string, std::string> event_of_id;
    std::map<std::string, std::string> id_of_event;
    for (const Message& message : messages) {
        const auto header = std::ranges::find(message.headers, "messageId", &MessageHeader::name);
        REQUIRE(header != message.headers.end());
        const std::string event = message.key + "/" + std::to_string(version_of(message));
        REQUIRE(event_of_id.try_emplace(header->value, event).first->second == event);
        REQUIRE(id_of_event.try_emplace(event, header->value).first->second == header->value);
    }
}

/// However much waits and however slow the machine is: as long as it goes on.
[[nodiscard]] bool all_published(const Stack& stack, test::Relays& relays) {
    while (stack.waiting() > 0) {
        const std::uint64_t before = stack.published();
        // The last may have been marked between the two looks: then no more will be.
        if (!relays.tend_until([&] { return stack.published() > before || stack.waiting() == 0; }, 60s)) return false;
    }
    return true;
}

void check_relays(test::Relays& relays) {
    relays.stop();
    for (const std::string& trouble : relays.trouble()) FAIL_CHECK(trouble);
}

/// Nothing lost, nothing out of order; repeats only of what was under way when something died.
/// \param times  How often that may have come again.
void check_history(const Stack& stack, std::size_t times) {
    const auto messages = Stack::read(stack.topic("completed"));
    check_ids(messages);
    const auto written = test::committed_changes(stack.schema.name());
    // What is under way is some rows of the last time, whose fate was unknown, and some new ones; and the second of its batches comes again
    // after the first, which comes once more for each death in a row before it was marked.
    const test::Verdict verdict = test::judge(written, history_of(messages), 3 * under_way_rows);
    std::uint64_t events = 0;
    for (const auto& [key, versions] : written) events += versions;
    MESSAGE("events " << events << ", seen " << messages.size() << ", repeats " << verdict.duplicates << " of at most " << under_way_rows * times);
    CHECK(events > 0);
    CHECK(verdict.lost == 0);
    CHECK(verdict.inverted == 0);
    CHECK(verdict.skipped == 0);
    CHECK(verdict.stale == 0);
    CHECK(verdict.foreign == 0);
    CHECK(verdict.returns <= times);
    CHECK(verdict.duplicates <= under_way_rows * times);
    CHECK(stack.count(R"("retryCount" > 0)") == 0);  // what dies around an event is not its fault
}

}  // namespace

TEST_CASE("Stack: relays, PostgreSQL and Kafka killed at random under load, and no event is lost or out of order") {
    enum class Victim : std::uint8_t { relay, database, broker };
    const Stack stack;
    const auto seed = std::random_device{}();
    std::mt19937 random(seed);
    MESSAGE("seed " << seed);
    const auto some_time = [&](int most_ms) { return std::chrono::milliseconds(random() % static_cast<unsigned>(most_ms)); };
    std::vector<Victim> victims;
    for (int each = 0; each < test::rounds(2, 17); ++each) victims.insert(victims.end(), {Victim::relay, Victim::database, Victim::broker});
    std::shuffle(victims.begin(), victims.end(), random);

    PostgresWriters writers(stack.schema.name(), 2);
    test::Relays relays(stack.environment, stack.folder.path(), 2);
    std::size_t times = 0;
    const auto kill_relay = [&] {
        relays.kill(relays.leader().value_or(random() % 2));
        times += 1;
    };
    // By chance a page is rarely on its way: every other kill waits until one is at a broker that does not answer.
    bool page_in_hand = false;
    const auto kill = [&](auto one) {
        page_in_hand = !page_in_hand;
        if (page_in_hand) kafka_server().pause();
        if (page_in_hand) std::this_thread::sleep_for(100ms + some_time(200));
        one();
        if (page_in_hand) kafka_server().resume();
    };
    const auto start_again = [&](test::Server& server) {
        if (random() % 3 == 0) kill_relay();  // while it is away
        std::this_thread::sleep_for(some_time(800));
        server.restart();
    };
    REQUIRE(relays.tend_until([&] { return stack.published() > 0; }, 60s));
    for (const Victim victim : victims) {
        relays.tend_for(200ms + some_time(800));
        switch (victim) {
            case Victim::relay: kill(kill_relay); break;
            case Victim::database:
                kill([] { test::postgres_server().crash(); });
                times += 1;
                start_again(test::postgres_server());
                break;
            case Victim::broker:
                // What was on the wire is unknown and comes again, and a broker that has just started may break off once more.
                kafka_server().crash();
                times += 2;
                start_again(kafka_server());
                break;
        }
    }
    writers.stop();
    CHECK(all_published(stack, relays));
    check_relays(relays);
    CHECK(writers.transactions() > 0);
    check_history(stack, times);
}

TEST_CASE("Stack: when the leading relay is killed the other one publishes as soon as the lease is over") {
    const Stack stack;
    PostgresWriters writers(stack.schema.name(), 1);
    test::add_business(stack.schema.name(), "marker");
    test::Relays relays(stack.environment, stack.folder.path(), 2);
    const int kills = test::rounds(1, 10);
    auto longest = 0ms;
    for (int kill = 0; kill < kills; ++kill) {
        REQUIRE(relays.tend_until([&] { return relays.leader().has_value() && stack.published() > 0; }, 60s));
        relays.tend_for(500ms);
        test::KafkaTail tail(kafka_address(), stack.topic("completed"), partitions);
        test::BusinessSession session(stack.schema.name());
        REQUIRE(relays.leader().has_value());
        const auto begin = Clock::now();
        relays.kill(*relays.leader());
        session.execute("BEGIN");
        session.change("marker");
        session.execute("COMMIT");
        REQUIRE(tail.await_key("marker", 60s));  // the killed one is started again after that
        longest = std::max(longest, since(begin));
    }
    MESSAGE("kill -9 of the leader to the first new event, at most: " << longest.count() << " ms");
    CHECK(longest <= 15s);  // 5 s of lease, and time for a busy machine
    writers.stop();
    CHECK(all_published(stack, relays));
    check_relays(relays);
    check_history(stack, static_cast<std::size_t>(kills));
}

TEST_CASE("Stack: events that can never go are given up after their attempts, and other payments flow") {
    Stack stack;
    stack.environment["OUTBOX_MAX_RETRIES"] = "3";
    Stack::admin().make_topic(stack.topic("failed"), 1, {{"max.message.bytes", "10000"}});  // "cancelled" is not there
    PostgresWriters writers(stack.schema.name(), 1);
    test::BusinessSession session(stack.schema.name());
    for (const auto& [key, type, bytes] : {std::tuple{"large", "PAYMENT_FAILED", 30'000U}, std::tuple{"homeless", "PAYMENT_CANCELLED", 10U}}) {
        test::add_business(stack.schema.name(), key);
        session.execute("BEGIN");
        session.change(key);
        session.change(key, type, std::string(bytes, 'x'));
        session.change(key);  // waits behind it
        session.execute("COMMIT");
    }
    test::Relays relays(stack.environment, stack.folder.path(), 1);
    const std::string dead = R"("retryCount" >= 3 AND NOT published)";
    CHECK(relays.tend_until([&] { return stack.count(dead) == 2; }, 90s));
    const auto reasons = test::postgres_rows("SELECT \"aggregateId\", \"retryCount\", \"lastError\", id FROM " + stack.schema.name() + ".outbox WHERE " + dead +
                                             " ORDER BY \"aggregateId\" DESC");
    REQUIRE(reasons.size() == 2);
    CHECK(reasons[0][0] == "large");
    CHECK(reasons[0][1] == "3");
    CHECK_MESSAGE(reasons[0][2].find("MSG_SIZE_TOO_LARGE") != std::string::npos, reasons[0][2]);
    CHECK(reasons[1][0] == "homeless");
    CHECK_MESSAGE(reasons[1][2].find("does not exist") != std::string::npos, reasons[1][2]);
    const std::uint64_t before = stack.published();
    CHECK(relays.tend_until([&] { return stack.published() > before + 50; }, 60s));
    writers.stop();
    CHECK(relays.tend_until([&] { return stack.waiting() == 4; }, 60s));  // two dead, and one behind each

    Stack::admin().make_topic(stack.topic("cancelled"), 1);
    const auto requeued = test::run_program(TKB_PROGRAM, {"outbox", "requeue", reasons[1][3]}, stack.environment, stack.folder.path());
    CHECK_MESSAGE(requeued.code == 0, requeued.err);
    CHECK(relays.tend_until([&] { return stack.waiting() == 2; }, 60s));
    check_relays(relays);

    std::vector<test::Seen> history = history_of(Stack::read(stack.topic("completed")));
    const auto versions = [&](const std::string& key) {
        std::vector<std::uint64_t> found;
        for (const test::Seen& seen : history)
            if (seen.key == key) found.push_back(seen.version);
        return found;
    };
    CHECK(versions("large") == std::vector<std::uint64_t>{1});
    CHECK(versions("homeless") == std::vector<std::uint64_t>{1, 3});
    CHECK(Stack::read(stack.topic("failed")).empty());
    CHECK(Stack::read(stack.topic("cancelled")).size() == 1);
    auto written = test::committed_changes(stack.schema.name());
    for (const char* key : {"large", "homeless"}) {
        written.erase(key);
        std::erase_if(history, [&](const test::Seen& seen) { return seen.key == key; });
    }
    const test::Verdict verdict = test::judge(written, history, 0);
    CHECK(verdict.lost == 0);
    CHECK(verdict.inverted == 0);
    CHECK(verdict.duplicates == 0);
}

TEST_CASE("Stack: a transaction left open elsewhere holds up nobody, and its events come when it commits, in order") {
    const Stack stack;
    test::Relays relays(stack.environment, stack.folder.path(), 1);
    PostgresWriters writers(stack.schema.name(), 2);
    test::add_business(stack.schema.name(), "late");
    test::BusinessSession session(stack.schema.name());
    session.execute("BEGIN");
    session.change("late");
    session.change("late");
    // Later rows than its own are committed and published all the time.
    const auto end = Clock::now() + std::chrono::seconds(test::rounds(3, 600));
    do {
        const std::uint64_t before = stack.published();
        REQUIRE(relays.tend_until([&] { return stack.published() > before; }, 60s));
        relays.tend_for(200ms);
    } while (Clock::now() < end);
    const std::uint64_t others = stack.published();
    CHECK(others > 0);
    session.execute("COMMIT");
    session.execute("BEGIN");
    session.change("late");
    session.execute("COMMIT");
    writers.stop();
    CHECK(all_published(stack, relays));
    check_relays(relays);
    check_history(stack, 0);
    const auto written = test::committed_changes(stack.schema.name());
    CHECK(written.at("late") == 3);
}

}  // namespace ticketbottle
