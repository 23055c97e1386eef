#include <ticketbottle/host/settings.hpp>

#include <doctest/doctest.h>

#include <string>

namespace ticketbottle {
namespace {

using host::Environment;
using host::KafkaSettings;

KafkaSettings good(Environment environment) {
    environment.emplace("KAFKA_BROKERS", "b-1.example.com:9096");
    const auto settings = host::read_settings(environment);
    REQUIRE_MESSAGE(settings.has_value(), (settings.has_value() ? std::string() : to_string(settings.error())));
    REQUIRE(settings->kafka.has_value());
    return *settings->kafka;
}

std::string problem(Environment environment) {
    environment.emplace("KAFKA_BROKERS", "b-1.example.com:9096");
    const auto settings = host::read_settings(environment);
    REQUIRE_FALSE(settings.has_value());
    CHECK(settings.error().code == Errc::invalid_argument);
    return std::string(settings.error().detail_text());
}

}  // namespace

TEST_CASE("Settings of Kafka: without brokers there are none, and their other names mean nothing") {
    const auto settings = host::read_settings({{"KAFKA_SSL", "perhaps"}, {"KAFKA_SASL_USERNAME", "relay"}, {"KAFKA_SASL_MECHANISM", "x"}});
    REQUIRE(settings.has_value());
    CHECK_FALSE(settings->kafka.has_value());
    const auto half = host::read_settings({{"TICKETBOTTLE_KAFKA_COMPRESSION", "lz4"}});
    REQUIRE_FALSE(half.has_value());
    CHECK(half.error().detail_text().starts_with("KAFKA_BROKERS: is not set, but TICKETBOTTLE_KAFKA_COMPRESSION is"));
}

TEST_CASE("Settings of Kafka: brokers alone are spoken to in the clear, without an account") {
    const KafkaSettings kafka = good({{"KAFKA_BROKERS", "b-1.example.com:9092, 10.0.0.2:9092 ,[::1]:9092,kafka"}});
    CHECK(kafka.brokers == std::vector<std::string>{"b-1.example.com:9092", "10.0.0.2:9092", "[::1]:9092", "kafka"});
    CHECK(kafka.security == host::KafkaSecurity::plaintext);
    CHECK(kafka.sasl == host::KafkaSasl::none);
    CHECK(kafka.compression == host::KafkaCompression::none);
    CHECK(kafka.username.empty());
    CHECK(kafka.password.empty());
}

TEST_CASE("Settings of Kafka: each variable changes what it says") {
    const KafkaSettings kafka = good({{"KAFKA_SSL", "TRUE"}, {"KAFKA_SASL_USERNAME", "relay"}, {"KAFKA_SASL_PASSWORD", "not, a real: password"},
                                      {"KAFKA_SASL_MECHANISM", "SCRAM-SHA-512"}, {"TICKETBOTTLE_KAFKA_CA", "/ca.pem"},
                                      {"TICKETBOTTLE_KAFKA_COMPRESSION", "zstd"}});
    CHECK(kafka.security == host::KafkaSecurity::tls);
    CHECK(kafka.sasl == host::KafkaSasl::scram_sha_512);
    CHECK(kafka.username == "relay");
    CHECK(kafka.password.expose() == "not, a real: password");
    CHECK(kafka.ca_file == "/ca.pem");
    CHECK(kafka.compression == host::KafkaCompression::zstd);
    for (const auto& [word, security] : {std::pair{"1", host::KafkaSecurity::tls}, std::pair{"on", host::KafkaSecurity::tls},
                                         std::pair{"false", host::KafkaSecurity::plaintext}, std::pair{"0", host::KafkaSecurity::plaintext}})
        CHECK(good({{"KAFKA_SSL", word}}).security == security);
}

TEST_CASE("Settings of Kafka: an account's mechanism is SCRAM-SHA-256 unless told, and both spellings of the account do") {
    const KafkaSettings kafka = good({{"KAFKA_USERNAME", "relay"}, {"KAFKA_PASSWORD", "not-a-real-password"}});
    CHECK(kafka.sasl == host::KafkaSasl::scram_sha_256);
    CHECK(kafka.username == "relay");
    CHECK(kafka.password.expose() == "not-a-real-password");
    CHECK(good({{"KAFKA_USERNAME", "relay"}, {"KAFKA_SASL_USERNAME", "relay"}, {"KAFKA_SASL_PASSWORD", "p"}}).username == "relay");
    CHECK(good({{"KAFKA_SSL", "true"}, {"KAFKA_USERNAME", "relay"}, {"KAFKA_PASSWORD", "p"}, {"KAFKA_SASL_MECHANISM", "Plain"}}).sasl ==
          host::KafkaSasl::plain);
}

TEST_CASE("Settings of Kafka: what is wrong is said by name, and never shows the password") {
    struct Case {
        Environment environment;
        const char* says;
    };
    const std::string secret = "not-a-real-password";
    const Case cases[] = {
        {{{"KAFKA_BROKERS", "SSL://b-1:9092"}}, "KAFKA_BROKERS: is not 1 to 100"},
        {{{"KAFKA_BROKERS", "b-1:9092,"}}, "KAFKA_BROKERS: is not 1 to 100"},
        {{{"KAFKA_BROKERS", "b 1:9092"}}, "KAFKA_BROKERS: is not 1 to 100"},
        {{{"KAFKA_SSL", "perhaps"}}, "KAFKA_SSL: is not true or false"},
        {{{"KAFKA_SASL_USERNAME", "relay"}}, "KAFKA_SASL_PASSWORD: is not set, but KAFKA_SASL_USERNAME is"},
        {{{"KAFKA_PASSWORD", secret}}, "KAFKA_SASL_USERNAME: is not set, but KAFKA_PASSWORD is"},
        {{{"KAFKA_SASL_MECHANISM", "plain"}}, "KAFKA_SASL_USERNAME: is not set, but KAFKA_SASL_MECHANISM is"},
        {{{"KAFKA_USERNAME", "a"}, {"KAFKA_SASL_USERNAME", "b"}, {"KAFKA_PASSWORD", secret}}, "KAFKA_USERNAME: is not what"},
        {{{"KAFKA_USERNAME", "a"}, {"KAFKA_SASL_PASSWORD", secret}, {"KAFKA_PASSWORD", secret + "2"}}, "KAFKA_PASSWORD: is not what"},
        {{{"KAFKA_USERNAME", "a"}, {"KAFKA_PASSWORD", secret + "\n"}}, "KAFKA_PASSWORD: is longer than 1024 bytes or holds a control"},
        {{{"KAFKA_USERNAME", "a"}, {"KAFKA_PASSWORD", secret}, {"KAFKA_SASL_MECHANISM", "gssapi"}}, "KAFKA_SASL_MECHANISM: is not scram-sha-256"},
        {{{"KAFKA_USERNAME", "a"}, {"KAFKA_PASSWORD", secret}, {"KAFKA_SASL_MECHANISM", "plain"}}, "KAFKA_SSL: is not true, but KAFKA_SASL_MECHANISM"},
        {{{"TICKETBOTTLE_KAFKA_CA", "/ca.pem"}}, "KAFKA_SSL: is not true, but TICKETBOTTLE_KAFKA_CA"},
        {{{"TICKETBOTTLE_KAFKA_COMPRESSION", "brotli"}}, "TICKETBOTTLE_KAFKA_COMPRESSION: is not none or"},
    };
    for (const Case& one : cases) {
        const std::string text = problem(one.environment);
        CAPTURE(one.says);
        CHECK_MESSAGE(text.find(one.says) != std::string::npos, text);
        CHECK(text.find("not-a-real") == std::string::npos);
    }
}

TEST_CASE("Settings of Kafka: the password is wiped from the process's environment, and counts as a secret") {
    int secrets = 0;
    for (const host::Variable& variable : host::known_variables())
        secrets += variable.secret && (variable.name == "KAFKA_SASL_PASSWORD" || variable.name == "KAFKA_PASSWORD") ? 1 : 0;
    CHECK(secrets == 2);
}

}  // namespace ticketbottle
