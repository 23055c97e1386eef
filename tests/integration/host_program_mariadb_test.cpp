// The program on a real MariaDB server with Cachao's tables: DB_* instead of a file, Stripe by webhook and by EventBridge.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "support/imposter_gateway.hpp"
#include "support/imposter_stripe.hpp"
#include "support/mariadb_backends.hpp"
#include "support/served.hpp"
#include "support/tcp_client.hpp"
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
        for (const Deadline patience = Deadline::in(30s); !patience.expired() && sql("SELECT COUNT(*) FROM outbox")[0][0] != "0";)
            std::this_thread::sleep_for(10ms);  // what is in the topic is deleted a moment later
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

TEST_CASE("ticketbottle serve: a browser checks out, Stripe opens a page and tells of the payment, and the door validates once") {
    const test::TemporaryFolder folder;
    const test::MariadbDatabase database(test::MariadbDatabase::Tables::none);
    test::ImposterStripe stripe(folder / "ca.pem");
    test::ProgramEnvironment environment = test::fake_environment("data");
    for (const auto& [name, value] : test::ProgramEnvironment{{"DB_HOST", "127.0.0.1"}, {"DB_PORT", std::to_string(test::mariadb_server().port())},
                                                              {"DB_NAME", database.name()}, {"DB_USER", "root"}, {"STRIPE_SECRET_KEY", test::ImposterStripe::key},
                                                              {"TICKETBOTTLE_STRIPE_API_BASE", stripe.url()}, {"SSL_CERT_FILE", folder / "ca.pem"}, {"TICKETBOTTLE_INVOKE", "on"},
                                                              {"TICKETBOTTLE_CHECKOUT_ORIGINS", "https://shop.example,https://other.example"},
                                                              {"TICKETBOTTLE_CHECK_IN_TOKEN", "EXAMPLE-door-token-1"}})
        environment[name] = value;
    const auto run = [&](const std::vector<std::string>& arguments) { return test::run_program(TKB_PROGRAM, arguments, environment, folder.path()); };
    REQUIRE(run({"migrate", "--create-tables"}).code == 0);
    const auto sql = [&database](const std::string& text) { return test::MariadbSession(test::mariadb_server().port(), database.name()).rows(text); };
    sql("INSERT INTO events (id, name) VALUES (3, 'Concert')");
    sql("INSERT INTO tickets (id, event_id, name, price, quantity) VALUES (7, 3, 'Vé thường', 24.50, 2)");
    {
        const test::Served server(environment, folder.path());
        const std::string path = "/Prod/events/3/tickets/7/checkout";
        const std::string body = R"({"quantity":2,"email":"an@example.com"})";
        const auto bought = http::perform({"POST", server.url() + path, {{"Origin", "https://other.example"}}, body}, Deadline::in(30s));
        REQUIRE(bought.has_value());
        CHECK(bought->status == 200);
        const std::string id = sql("SELECT id FROM ticket_orders")[0][0];
        const std::string session = sql("SELECT stripe_checkout_session_id FROM ticket_orders")[0][0];
        CHECK(holds(bought->body, "\"session_id\":\"" + session + "\""));
        CHECK(sql("SELECT CONCAT(status, ' ', unit_price, ' ', total_amount, ' ', email) FROM ticket_orders")[0][0] == "pending 24.50 49.00 an@example.com");
        CHECK(stripe.status_of(session) == "open");
        const auto fields = test::form_fields(stripe.requests().at(0).body);
        CHECK(fields.at("success_url") == "https://other.example/events/3?payment=success&session_id={CHECKOUT_SESSION_ID}");
        CHECK(fields.at("metadata[order_id]") == id);

        // The second buyer, over a function invocation, and by a browser that wants to see why.
        const auto invoked = server.post("/invoke", R"({"httpMethod":"POST","path":")" + path + R"(","headers":{},"body":"{\"email\":\"b@example.com\"}","isBase64Encoded":false,"requestContext":{}})");
        REQUIRE(invoked.has_value());
        CHECK(holds(invoked->body, R"("statusCode":400)"));
        CHECK(holds(invoked->body, "not_enough"));
        test::TcpClient browser(static_cast<std::uint16_t>(std::stoi(server.url().substr(server.url().rfind(':') + 1))));
        browser.send("OPTIONS " + path + " HTTP/1.1\r\nHost: x\r\nOrigin: https://shop.example\r\nAccess-Control-Request-Method: POST\r\nConnection: close\r\n\r\n");
        const std::string preflight = browser.read_all();
        CHECK(preflight.starts_with("HTTP/1.1 204"));
        CHECK(holds(preflight, "Access-Control-Allow-Origin: https://shop.example\r\n"));

        const auto validate = [&](const std::string& token) {
            return http::perform({"PATCH", server.url() + "/events/3/ticket-orders/" + id + "/validate", {{"Authorization", "Bearer " + token}}, R"({"validated":true})"}, Deadline::in(10s)).value();
        };
        CHECK(validate("EXAMPLE-door-token-1").status == 409);
        CHECK(run({"send", "stripe", "--order", id, "--amount", "4900", "--currency", "EUR", "--url", server.url()}).code == 0);
        CHECK(sql("SELECT sold_quantity FROM tickets")[0][0] == "2");
        CHECK(validate("EXAMPLE-door-token-2").status == 401);
        CHECK(validate("EXAMPLE-door-token-1").status == 200);
        CHECK(holds(validate("EXAMPLE-door-token-1").body, "already_validated"));

        // Stripe will not have it: the order is let go, and the ticket can be had.
        sql("UPDATE tickets SET quantity = 3");
        stripe.twist([](const std::string&) { return test::ImposterReply{test::ImposterStripe::refusal(400, "invalid_request_error")}; }, test::ImposterStripe::Work::left_out);
        CHECK(server.post(path, R"({"email":"an@example.com"})").value().status == 502);
        CHECK(sql("SELECT COUNT(*) FROM ticket_orders WHERE status = 'failed'")[0][0] == "1");
        CHECK(server.post(path, R"({"email":"an@example.com"})").value().status == 200);
        CHECK(holds(server.get("/metrics").value().body, "ticketbottle_checkouts_total{outcome=\"opened\""));
    }
    sql("ALTER TABLE tickets DROP COLUMN is_active");
    const auto refused = run({"serve"});
    CHECK(refused.code == 2);
    CHECK(holds(refused.err, "tickets.is_active"));
    environment.erase("TICKETBOTTLE_CHECKOUT_ORIGINS");
    environment.erase("TICKETBOTTLE_CHECK_IN_TOKEN");
    const test::Served without(environment, folder.path(), "without", {"serve"});
    CHECK(without.post("/events/3/tickets/7/checkout", R"({"email":"an@example.com"})").value().status == 404);
}

TEST_CASE("ticketbottle serve --all with DB_HOST: an order whose callback never came is asked about at Stripe, and sold once") {
    const test::TemporaryFolder folder;
    const test::MariadbDatabase database(test::MariadbDatabase::Tables::none);
    test::ImposterGateway stripe("DNS:localhost", folder / "ca.pem", [](const test::ImposterRequest&) {
        return test::ImposterReply{test::http_answer(
            200, R"({"id":"cs_test_17","object":"checkout.session","mode":"payment","livemode":false,"status":"complete","payment_status":"paid",)"
                 R"("amount_total":4900,"currency":"eur","payment_intent":"pi_17","metadata":{"order_id":"17"},"created":1765612000})")};
    });
    test::ProgramEnvironment environment = test::fake_environment("data");
    for (const auto& [name, value] : test::ProgramEnvironment{{"DB_HOST", "127.0.0.1"}, {"DB_PORT", std::to_string(test::mariadb_server().port())},
                                                              {"DB_NAME", database.name()}, {"DB_USER", "root"}, {"STRIPE_SECRET_KEY", "sk_not_a_real_key"},
                                                              {"TICKETBOTTLE_STRIPE_API_BASE", stripe.url()}, {"SSL_CERT_FILE", folder / "ca.pem"},
                                                              {"TICKETBOTTLE_RECONCILE", "on"}})
        environment[name] = value;
    const auto run = [&](const std::vector<std::string>& arguments) { return test::run_program(TKB_PROGRAM, arguments, environment, folder.path()); };
    REQUIRE(run({"migrate", "--create-tables"}).code == 0);
    const auto sql = [&database](const std::string& text) { return test::MariadbSession(test::mariadb_server().port(), database.name()).rows(text); };
    sql("INSERT INTO tickets (id, event_id, name, price, quantity) VALUES (7, 3, 'Vé thường', 24.50, 9)");
    sql("INSERT INTO ticket_orders (id, event_id, ticket_id, email, quantity, unit_price, discount_amount, total_amount, status, stripe_checkout_session_id, created_at) "
        "VALUES (17, 3, 7, 'an@example.com', 2, 24.50, 0, 49.00, 'pending', 'cs_test_17', UTC_TIMESTAMP(3) - INTERVAL 20 MINUTE)");
    test::Served server(environment, folder.path());
    const fs::path topic = folder.path() / "data/topics/payment.completed";
    for (const Deadline patience = Deadline::in(30s); !patience.expired() && topic_lines(topic).empty();) std::this_thread::sleep_for(10ms);
    CHECK(topic_lines(topic).size() == 1);
    CHECK(sql("SELECT CONCAT(status, ' ', stripe_payment_intent_id) FROM ticket_orders")[0][0] == "paid pi_17");
    CHECK(run({"send", "stripe", "--order", "17", "--amount", "4900", "--currency", "EUR", "--transaction", "pi_17", "--url", server.url()}).code == 0);
    CHECK(sql("SELECT sold_quantity FROM tickets")[0][0] == "2");
    CHECK(stripe.requests().size() == 1);
    server.program().signal(SIGTERM);
    CHECK(server.program().wait(20s) == 0);
    CHECK(holds(server.program().err(), "reconcile.healed"));
    CHECK_FALSE(holds(server.program().err(), "sk_not_a_real_key"));
    CHECK(topic_lines(topic).size() == 1);
}

TEST_CASE("ticketbottle demo --stack cachao: the whole way on a real MariaDB, looked at with another client's eyes") {
    const test::TemporaryFolder folder;
    const test::MariadbDatabase database(test::MariadbDatabase::Tables::none);
    test::ProgramEnvironment environment = {{"DB_HOST", "127.0.0.1"},
                                            {"DB_PORT", std::to_string(test::mariadb_server().port())},
                                            {"DB_NAME", database.name()},
                                            {"DB_USER", "root"}};
    const auto demo = [&](const std::string& name) {
        return test::run_program(TKB_PROGRAM, {"demo", "--stack", "cachao", "--data", name}, environment, folder.path());
    };
    const auto shown = demo("shown");
    CAPTURE(shown.out);
    REQUIRE_MESSAGE(shown.code == 0, shown.err);
    CHECK(holds(shown.out, "All is as it must be"));
    CHECK_FALSE(fs::exists(folder.path() / "shown/ticketbottle.db"));

    const auto sql = [&database](const std::string& text) { return test::MariadbSession(test::mariadb_server().port(), database.name()).rows(text); };
    CHECK(sql("SELECT status, COUNT(*) FROM ticket_orders GROUP BY status ORDER BY status") ==
          std::vector<std::vector<std::string>>{{"cancelled", "1"}, {"failed", "1"}, {"paid", "6"}, {"pending", "1"}});
    CHECK(sql("SELECT sold_quantity FROM tickets ORDER BY id") == std::vector<std::vector<std::string>>{{"5"}, {"3"}});
    CHECK(sql("SELECT used_count FROM discount_codes")[0][0] == "2");
    CHECK(sql("SELECT COUNT(*) FROM outbox")[0][0] == "0");
    const fs::path topics = folder.path() / "shown/topics";
    CHECK(topic_lines(topics / "payment.completed").size() == 6);
    CHECK(topic_lines(topics / "order.alerts").size() == 2);
    CHECK(topic_lines(topics / "ticket.issued").size() == 8);
    std::size_t tickets = 0;
    for (const auto& file : fs::recursive_directory_iterator(folder.path() / "shown/tickets")) tickets += file.path().extension() == ".pdf" ? 1 : 0;
    CHECK(tickets == 8);

    const auto again = demo("again");
    CHECK(again.code != 0);
    CHECK(holds(again.err, "fresh database"));
    environment.erase("DB_NAME");
    const auto lacks = demo("lacks");
    CHECK(lacks.code == 2);
    CHECK(holds(lacks.err, "DB_NAME: is not set"));
}

}  // namespace
}  // namespace ticketbottle
