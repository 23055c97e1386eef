#include <doctest/doctest.h>

#include <string>
#include <ticketbottle/host/settings.hpp>

using namespace ticketbottle;

namespace {

const std::string arn = "arn:aws:sns:eu-central-1:123456789012:payments.fifo";

host::Environment environment() {
    return {{"TICKETBOTTLE_SNS_TOPIC_ARN", arn},
            {"AWS_REGION", "eu-central-1"},
            {"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
            {"AWS_SECRET_ACCESS_KEY", "EXAMPLE/key+"}};
}

std::string fault(const std::string& name, const std::string& value) {
    auto with = environment();
    with[name] = value;
    const auto settings = host::read_settings(with);
    return settings.has_value() ? "good" : std::string(settings.error().detail_text());
}

}  // namespace

TEST_CASE("Settings of SNS: topics, region and credentials by AWS's names") {
    auto with = environment();
    with["AWS_SESSION_TOKEN"] = std::string(2000, 't');
    with["TICKETBOTTLE_SNS_TOPIC_ARNS"] = "payment.completed=" + arn + ",payment.failed=" + arn + "x";
    with["TICKETBOTTLE_SNS_ORDERING"] = "may_lose";
    with["TICKETBOTTLE_SNS_API_BASE"] = "https://vpce-1.sns.eu-central-1.vpce.amazonaws.com";
    const auto settings = host::read_settings(with);
    REQUIRE_MESSAGE(settings.has_value(), to_string(settings.error()));
    REQUIRE(settings->sns.has_value());
    CHECK(settings->sns->topic_arn == arn);
    CHECK(settings->sns->topic_arns.size() == 2);
    CHECK(settings->sns->topic_arns.at("payment.failed") == arn + "x");
    CHECK(settings->sns->ordering == host::SnsOrdering::may_lose);
    CHECK(settings->sns->region == "eu-central-1");
    CHECK(settings->sns->access_key_id == "AKIDEXAMPLE");
    CHECK(settings->sns->secret_access_key == Secret("EXAMPLE/key+"));
    CHECK(settings->sns->session_token == Secret(std::string(2000, 't')));
    CHECK(host::read_settings(environment())->sns->session_token.empty());
}

TEST_CASE("Settings of SNS: AWS's names alone mean nothing, SNS's names without a topic are told") {
    auto with = environment();
    with.erase("TICKETBOTTLE_SNS_TOPIC_ARN");
    CHECK_FALSE(host::read_settings(with)->sns.has_value());
    with["TICKETBOTTLE_SNS_ORDERING"] = "fifo";
    CHECK(std::string(host::read_settings(with).error().detail_text())
              .starts_with("TICKETBOTTLE_SNS_TOPIC_ARN: is not set, but TICKETBOTTLE_SNS_ORDERING is"));
}

TEST_CASE("Settings of SNS: what is wrong is named, and no key is shown") {
    CHECK(fault("KAFKA_BROKERS", "b:9092").find("KAFKA_BROKERS: events go to one place") != std::string::npos);
    CHECK(fault("AWS_REGION", "") ==
          "AWS_REGION: is not set, but AWS_ACCESS_KEY_ID is: Amazon SNS needs both, or neither");
    CHECK(fault("AWS_SECRET_ACCESS_KEY", "PRI VATE").starts_with("AWS_SECRET_ACCESS_KEY: "));
    CHECK(fault("AWS_SECRET_ACCESS_KEY", "PRI VATE").find("VATE") == std::string::npos);
    CHECK(fault("AWS_SESSION_TOKEN", std::string(8193, 't')).starts_with("AWS_SESSION_TOKEN: is longer"));
    CHECK(fault("TICKETBOTTLE_SNS_ORDERING", "any").starts_with("TICKETBOTTLE_SNS_ORDERING: is not fifo or may_lose"));
    CHECK(fault("TICKETBOTTLE_SNS_API_BASE", "http://sns.example").starts_with("TICKETBOTTLE_SNS_API_BASE: "));
    for (const std::string arns : {"payment.completed", "=x", "a b=x", "a=x,a=y", ",", "a=x,,b=y"})
        CHECK(fault("TICKETBOTTLE_SNS_TOPIC_ARNS", arns).starts_with("TICKETBOTTLE_SNS_TOPIC_ARNS: "));
    host::Environment alone{{"TICKETBOTTLE_SNS_TOPIC_ARN", arn}};
    CHECK(std::string(host::read_settings(alone).error().detail_text()).starts_with("AWS_REGION: is not set, nor are"));
}
