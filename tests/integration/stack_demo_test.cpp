// `ticketbottle demo --stack postgres-kafka` on a real PostgreSQL server and a real Kafka broker, and what it leaves there looked at
// with other clients' eyes.

#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <set>

#include "support/kafka_reader.hpp"
#include "support/postgres_backends.hpp"
#include "support/program.hpp"
#include "support/server_process.hpp"
#include "support/temporary_folder.hpp"

namespace ticketbottle {
namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string header(const Message& message, std::string_view name) {
    for (const MessageHeader& one : message.headers)
        if (one.name == name) return one.value;
    return "(none)";
}

TEST_CASE("ticketbottle demo --stack postgres-kafka: the whole way on real servers, and it is as on files") {
    test::Server kafka("kafka.sh");
    const std::string broker = "127.0.0.1:" + kafka.port_text();
    const test::TemporaryFolder folder;
    const test::ProgramEnvironment environment = {{"DATABASE_URL", test::postgres_url("?schema=demo")}, {"KAFKA_BROKERS", broker}};
    const auto run = [&](const std::vector<std::string>& arguments) { return test::run_program(TKB_PROGRAM, arguments, environment, folder.path()); };

    const auto demo = run({"demo", "--stack", "postgres-kafka", "--data", "shown"});
    CAPTURE(demo.out);
    REQUIRE_MESSAGE(demo.code == 0, demo.err);
    CHECK(holds(demo.out, "All is as it must be"));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "shown/topics"));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "shown/ticketbottle.db"));

    test::KafkaReader reader({{"bootstrap.servers", broker}, {"log_level", "0"}});
    std::set<std::string> ids;
    for (const auto& [topic, count] : std::map<std::string, std::size_t>{{"payment.completed", 7}, {"payment.failed", 1}, {"payment.cancelled", 1}}) {
        CAPTURE(topic);
        const std::vector<Message> messages = reader.read(topic);
        CHECK(messages.size() == count);
        for (const Message& message : messages) {
            CHECK(holds(message.value, '"' + message.key + '"'));
            CHECK(header(message, "ce_id") == header(message, "messageId"));
            ids.insert(header(message, "messageId"));
        }
    }
    CHECK(ids.size() == 9);
    const auto rows = test::postgres_rows("SELECT id::text FROM demo.outbox WHERE published AND \"eventType\" LIKE 'PAYMENT%'");
    REQUIRE(rows.size() == 9);
    for (const auto& row : rows) CHECK(ids.contains(row[0]));
    CHECK(test::postgres_rows("SELECT count(*) FROM demo.payments WHERE status = 'COMPLETED'")[0][0] == "7");

    const auto again = run({"demo", "--stack", "postgres-kafka", "--data", "again"});
    CHECK(again.code != 0);
    CHECK(holds(again.err, "fresh database"));
}

TEST_CASE("ticketbottle relay and consume: a broker that is not there burns nothing, and its event goes out and becomes a mail when it is") {
    test::Server kafka("kafka.sh");
    const test::TemporaryFolder folder;
    test::ProgramEnvironment environment = {{"DATABASE_URL", test::postgres_url("?schema=outage")},
                                            {"KAFKA_BROKERS", "127.0.0.1:" + kafka.port_text()},
                                            {"TICKETBOTTLE_DATA", folder / "data"},
                                            {"QR_CODE_BASE_URL", "https://tickets.example/c"},
                                            {"SES_FROM_EMAIL", "tickets@example.com"},
                                            {"VNPAY_TMN_CODE", "EXAMPLE1"},
                                            {"VNPAY_HASH_SECRET", "fake-secret-fake-secret"},
                                            {"TICKETBOTTLE_LISTEN", "127.0.0.1:0"}};
    const auto run = [&](const std::vector<std::string>& arguments) { return test::run_program(TKB_PROGRAM, arguments, environment, folder.path()); };
    REQUIRE(run({"migrate", "--create-tables"}).code == 0);
    const std::string insert =
        "INSERT INTO outage.outbox (id, \"aggregateId\", \"aggregateType\", \"eventType\", payload) VALUES ('b6a1c1de-0000-4000-8000-00000000000a', "
        "'b6a1c1de-0000-4000-8000-000000000001', 'Payment', 'PAYMENT_COMPLETED', "
        "'{\"payment_id\":\"b6a1c1de-0000-4000-8000-000000000001\",\"order_code\":\"TB-TEST-20251121-00000001\",\"amount_cents\":250000,\"currency\":\"VND\","
        "\"provider\":\"vnpay\",\"transaction_id\":\"1\",\"completed_at\":\"2025-11-21T08:00:00.000Z\",\"customer_email\":\"an@example.com\"}')";
    (void)test::postgres_rows(insert);

    kafka.crash();
    const auto closed = run({"relay", "--once"});
    CHECK(closed.code == 1);
    CHECK(holds(closed.err, "kafka."));
    CHECK(test::postgres_rows("SELECT \"retryCount\" FROM outage.outbox WHERE \"eventType\" = 'PAYMENT_COMPLETED'")[0][0] == "0");
    const auto unread = run({"consume", "--once"});
    CHECK(unread.code == 1);
    CHECK(holds(unread.err, "broker"));

    kafka.restart();
    const auto open = run({"relay", "--once"});
    REQUIRE_MESSAGE(open.code == 0, open.err);
    CHECK(holds(open.out, "\"published\":1"));
    const auto consumed = run({"consume", "--once"});
    REQUIRE_MESSAGE(consumed.code == 0, consumed.err);
    CHECK(holds(consumed.out, "\"handled\":1"));
    CHECK(holds(run({"consume", "--once"}).out, "\"handled\":0"));
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path() / "data/mail/new"), std::filesystem::directory_iterator()) == 1);
}

TEST_CASE("ticketbottle demo --stack: what lacks or is unknown is named") {
    const test::TemporaryFolder folder;
    const auto lacks = test::run_program(TKB_PROGRAM, {"demo", "--stack", "postgres-kafka"}, {}, folder.path());
    CHECK(lacks.code == 2);
    CHECK(holds(lacks.err, "DATABASE_URL: is not set"));
    const auto unknown = test::run_program(TKB_PROGRAM, {"demo", "--stack", "oracle"}, {}, folder.path());
    CHECK(unknown.code == 2);
    CHECK(holds(unknown.err, "known are embedded, postgres-kafka and cachao"));
    const auto file = test::run_program(TKB_PROGRAM, {"demo", "--stack", "postgres-kafka"}, {{"DATABASE_URL", "file:x.db"}, {"KAFKA_BROKERS", "127.0.0.1:1"}},
                                        folder.path());
    CHECK(file.code == 2);
    CHECK(holds(file.err, "no PostgreSQL server"));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "ticketbottle-demo"));
}

}  // namespace
}  // namespace ticketbottle
