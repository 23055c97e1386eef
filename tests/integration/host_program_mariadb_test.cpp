// The program on a real MariaDB server with Cachao's tables: DB_* instead of a file, Stripe by webhook and by EventBridge.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "support/mariadb_backends.hpp"
#include "support/served.hpp"
#include "support/temporary_folder.hpp"

namespace ticketbottle {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Lines of a topic in the log, all of its files together.
std::vector<std::string> topic_lines(const fs::path& topic) {
    std::vector<std::string> lines;
    if (!fs::exists(topic)) return lines;
    for (const auto& file : fs::directory_iterator(topic)) {
        std::ifstream in(file.path());
        for (std::string line; std::getline(in, line);) lines.push_back(line);
    }
    return lines;
}

TEST_CASE("ticketbottle with DB_HOST and those with it: migrate, one order paid by both entries, sold once, published, swept") {
    const test::TemporaryFolder folder;
    const test::MariadbDatabase database(test::MariadbDatabase::Tables::none);
    test::ProgramEnvironment environment = test::fake_environment("data");
    environment["DB_HOST"] = "127.0.0.1";
    environment["DB_PORT"] = std::to_string(test::mariadb_server().port());
    environment["DB_NAME"] = database.name();
    environment["DB_USER"] = "root";
    environment["TICKETBOTTLE_INVOKE"] = "on";
    environment["STRIPE_EVENTBRIDGE_SOURCE"] = "aws.partner/stripe.com/ed_test";
    environment["STRIPE_EVENTBRIDGE_ACCOUNT"] = "000000000000";
    const auto run = [&](const std::vector<std::string>& arguments) {
        return test::run_program(TKB_PROGRAM, arguments, environment, folder.path());
    };

    const auto without_tables = run({"status"});
    CHECK(without_tables.code == 2);
    CHECK(holds(without_tables.err, "migrate --create-tables"));
    const auto migrated = run({"migrate", "--create-tables"});
    REQUIRE_MESSAGE(migrated.code == 0, migrated.err);
    CHECK(holds(migrated.out, "payment_inbox"));
    CHECK(holds(run({"migrate"}).out, "nothing to do"));

    const auto sql = [&database](const std::string& text) { return test::MariadbSession(test::mariadb_server().port(), database.name()).rows(text); };
    sql("INSERT INTO tickets (id, event_id, name, price, quantity, sold_quantity) VALUES (7, 3, 'Vé thường', 24.50, 3, 0)");
    for (const char* order : {"41", "42"})
        sql(std::string("INSERT INTO ticket_orders (id, event_id, ticket_id, email, quantity, unit_price, discount_amount, total_amount, status) VALUES (") +
            order + ", 3, 7, 'an@example.com', 2, 24.50, 0, 49.00, 'pending')");
    {
        const test::Served server(environment, folder.path());
        const auto send = [&](const std::string& gateway, const std::string& order, const std::string& amount) {
            return run({"send", gateway, "--order", order, "--amount", amount, "--currency", "EUR", "--event-id", "evt_" + order + "_" + amount, "--url", server.url()});
        };
        CHECK(holds(send("stripe", "41", "4900").out, R"({"received":true})"));
        CHECK(send("stripe-eventbridge", "41", "4900").code == 0);
        CHECK(send("stripe", "41", "4900").code == 0);
        CHECK(sql("SELECT status FROM ticket_orders WHERE id = 41")[0][0] == "paid");
        CHECK(sql("SELECT sold_quantity FROM tickets")[0][0] == "2");

        CHECK(send("stripe", "42", "100").code == 0);  // a euro for two tickets: told to a person, not to Stripe
        CHECK(sql("SELECT status FROM ticket_orders WHERE id = 42")[0][0] == "pending");
        CHECK(run({"send", "stripe", "--order", "42", "--amount", "4900", "--currency", "EUR", "--forge", "--url", server.url()}).code == 1);
        CHECK(sql("SELECT status FROM ticket_orders WHERE id = 42")[0][0] == "pending");

        CHECK(send("stripe-eventbridge", "42", "4900").code == 0);  // the fourth ticket of three: sold, and told
        CHECK(sql("SELECT sold_quantity FROM tickets")[0][0] == "4");
        const fs::path topics = folder.path() / "data/topics";
        for (const Deadline patience = Deadline::in(30s);
             !patience.expired() && (topic_lines(topics / "payment.completed").size() < 2 || topic_lines(topics / "order.alerts").empty());)
            std::this_thread::sleep_for(10ms);
        CHECK(topic_lines(topics / "payment.completed").size() == 2);
        REQUIRE(topic_lines(topics / "order.alerts").size() == 1);
        CHECK(holds(topic_lines(topics / "order.alerts")[0], "ORDER_OVERSOLD"));
    }
    CHECK(sql("SELECT COUNT(*) FROM outbox")[0][0] == "0");  // a queue: what is published is gone
    const auto status = run({"status", "--json"});
    CHECK(status.code == 0);
    CHECK(holds(status.out, R"("completed":2)"));
    CHECK(holds(run({"payment", "show", "41"}).out, "\"status\":\"COMPLETED\""));
    CHECK(run({"sweep"}).code == 0);

    const auto first = run({"check-in", "41"});
    CHECK(first.code == 0);
    CHECK(holds(first.out, R"("check_in":"done")"));
    const auto second = run({"check-in", "41"});
    CHECK(second.code == 1);
    CHECK(holds(second.out, R"("check_in":"already","at":"2)"));
    CHECK(holds(run({"check-in", "4100"}).out, R"("check_in":"unknown")"));

    environment["DB_PASSWORD"] = "not-a-real-password";
    const auto refused = run({"status"});
    CHECK(refused.code == 1);
    CHECK(holds(refused.err, "DB_HOST"));
    CHECK_FALSE(holds(refused.err + refused.out, "not-a-real-password"));
}

}  // namespace
}  // namespace ticketbottle
