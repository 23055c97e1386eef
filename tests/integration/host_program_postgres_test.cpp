// The program on a real PostgreSQL server: DATABASE_URL instead of a file, and everything else as it was.
#include <doctest/doctest.h>

#include <filesystem>

#include "support/file_bytes.hpp"
#include "support/postgres_backends.hpp"
#include "support/served.hpp"
#include "support/temporary_folder.hpp"

namespace ticketbottle {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("ticketbottle with DATABASE_URL=postgresql://...: migrate, serve --all, send, status, and the events in the topic log") {
    const test::TemporaryFolder folder;
    test::ProgramEnvironment environment = test::fake_environment("data");
    environment["DATABASE_URL"] = test::postgres_url("?schema=program&connection_limit=6");
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

    const std::string order = "TB-TEST-20251121-00000001";
    const auto created = run({"payment", "create", "vnpay", "--amount", "250000", "--order", order, "--email", "an@example.com"});
    REQUIRE_MESSAGE(created.code == 0, created.err);
    const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    {
        test::Served server(environment, folder.path());
        CHECK(holds(server.paid(order, 250000, {{"traceparent", trace}}).value().body, "\"00\""));
        CHECK(holds(server.paid(order, 250000).value().body, "\"02\""));
        const fs::path mails = folder.path() / "data/mail/new";
        for (const Deadline patience = Deadline::in(30s); !patience.expired() && (!fs::exists(mails) || fs::is_empty(mails));)
            std::this_thread::sleep_for(10ms);
        CHECK((fs::exists(mails) && !fs::is_empty(mails)));
        const auto status = run({"status"});
        CHECK(status.code == 0);
        CHECK(holds(status.out, "1"));
        server.program().signal(SIGTERM);
        CHECK(server.program().wait(20s) == 0);
        CHECK_FALSE(holds(server.program().err(), "postgres.not_migrated"));
    }
    test::postgres_rows("ALTER TABLE program.outbox DROP COLUMN traceparent");  // as an earlier version left it
    {
        test::Served server(environment, folder.path(), "earlier");
        CHECK(holds(server.program().err(), "postgres.not_migrated"));
        server.program().signal(SIGTERM);
        CHECK(server.program().wait(20s) == 0);
    }
    CHECK(holds(run({"relay", "--once"}).err, "postgres.not_migrated"));
    CHECK(holds(run({"migrate"}).out, "traceparent"));
    CHECK_FALSE(holds(run({"relay", "--once"}).err, "postgres.not_migrated"));
    CHECK(holds(run({"payment", "show", order}).out, "\"status\":\"COMPLETED\""));
    CHECK(test::postgres_rows("SELECT count(*) FROM program.outbox WHERE published AND \"eventType\" = 'PAYMENT_COMPLETED'")[0][0] == "1");
    std::string topic;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path() / "data")) {
        if (entry.is_regular_file() && holds(entry.path(), "payment.completed")) topic += test::read_file(entry.path());
    }
    CHECK(holds(topic, R"({"name":"traceparent","value":")" + trace + "\"}"));
    environment["CLOUDWATCH_NAMESPACE"] = "TicketBottle/Outbox";
    environment["TICKETBOTTLE_OUTBOX_COUNT"] = "estimate";
    const auto swept = run({"sweep"});
    CHECK(swept.code == 0);
    for (const char* metric : {"EventsDeleted", "FailedEvents"}) CHECK(holds(swept.err, std::string("\"Name\":\"") + metric + '"'));
    CHECK(holds(swept.err, R"("Service":"outbox-cleanup")"));
    CHECK(holds(swept.out, R"("failedEvents":0)"));
    const std::string secret = "not-a-real-password";
    environment["DATABASE_URL"] = "postgresql://app:" + secret + "@127.0.0.1:1/app";
    const auto unreachable = run({"status"});
    CHECK(unreachable.code == 1);
    CHECK(holds(unreachable.err, "DATABASE_URL"));
    CHECK_FALSE(holds(unreachable.err + unreachable.out, secret));
}

}  // namespace
}  // namespace ticketbottle
