// The program publishes to SNS as a user runs it.

#include <doctest/doctest.h>

#include "support/imposter_sns.hpp"
#include "support/served.hpp"
#include "support/temporary_folder.hpp"

namespace ticketbottle {
namespace {

using test::ImposterSns;
using test::run_program;

TEST_CASE("ticketbottle relay: with TICKETBOTTLE_SNS_TOPIC_ARN a payment's event goes to SNS, once") {
    test::TemporaryFolder folder;
    ImposterSns imposter;
    test::ProgramEnvironment environment = test::fake_environment("data");
    environment["TICKETBOTTLE_SNS_TOPIC_ARN"] = ImposterSns::arn("payments.fifo");
    environment["TICKETBOTTLE_SNS_API_BASE"] = imposter.url();
    environment["AWS_REGION"] = ImposterSns::region;
    environment["AWS_ACCESS_KEY_ID"] = "AKIDEXAMPLE";
    environment["AWS_SECRET_ACCESS_KEY"] = "EXAMPLE-secret";
    const auto run = [&](const std::vector<std::string>& arguments, const test::ProgramEnvironment& with) {
        return run_program(TKB_PROGRAM, arguments, with, folder.path());
    };

    const auto made = run({"payment", "create", "vnpay", "--order", "TB-SNS-1", "--amount", "250000"}, environment);
    REQUIRE_MESSAGE(made.code == 0, made.err);
    {
        test::Served server(environment, folder.path(), "serve", {"serve"});
        CHECK(server.paid("TB-SNS-1", 250000).value().status == 200);
    }
    for (int times = 0; times < 2; ++times) {
        const auto relayed = run({"relay", "--once"}, environment);
        CHECK_MESSAGE(relayed.code == 0, relayed.err);
    }
    const auto received = imposter.received();
    REQUIRE(received.size() == 1);
    CHECK(received[0].topic == "payments");
    CHECK(received[0].value.find("TB-SNS-1") != std::string::npos);
    CHECK(received[0].headers[0].value == "PAYMENT_COMPLETED");

    auto both = environment;
    both["KAFKA_BROKERS"] = "127.0.0.1:1";
    CHECK(run({"relay", "--once"}, both).err.find("KAFKA_BROKERS") != std::string::npos);
    const auto consuming = run({"consume", "--once"}, environment);
    CHECK(consuming.code != 0);
    CHECK_MESSAGE(consuming.err.find("Amazon SNS") != std::string::npos, consuming.err);
}

}  // namespace
}  // namespace ticketbottle
