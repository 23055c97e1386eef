#include "kafka/config.hpp"

#include "support/temporary_folder.hpp"

#include <ticketbottle/kafka/kafka.hpp>

#include <doctest/doctest.h>

#include <array>
#include <fstream>
#include <functional>

namespace ticketbottle::kafka {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view secret = "not-a-real-password";

Options good() {
    Options options;
    options.brokers = {"b-1.example.com:9096"};
    options.sasl = Sasl::scram_sha_512;
    options.username = "relay";
    options.password = Secret(secret);
    return options;
}

std::string value(const rd_kafka_conf_t* conf, const char* name) {
    std::array<char, 512> text{};
    std::size_t size = text.size();
    REQUIRE(rd_kafka_conf_get(conf, name, text.data(), &size) == RD_KAFKA_CONF_OK);
    return text.data();
}

}  // namespace

TEST_CASE("Kafka options: a broker is a host and perhaps a port, nothing else") {
    for (const char* broker : {"kafka", "kafka:9092", "b-1.example.com:9096", "10.0.0.1:1", "[::1]:65535", "[2001:db8::1]", "a_b:9092"}) {
        Options options = good();
        options.brokers = {broker};
        CAPTURE(broker);
        CHECK(check(options).has_value());
    }
    for (const char* broker : {"", ":9092", "kafka:", "kafka:0", "kafka:65536", "kafka:9092x", "SSL://kafka:9092", "kafka:9092,other:9092", "ka fka", "::1",
                               "[::1", "[]:9092", "[::1]9092", "k\n"}) {
        Options options = good();
        options.brokers = {"kafka:9092", broker};
        CAPTURE(broker);
        const auto checked = check(options);
        REQUIRE_FALSE(checked.has_value());
        CHECK(checked.error().code == Errc::invalid_argument);
        CHECK(checked.error().detail_text().starts_with("brokers[1]: "));
    }
}

TEST_CASE("Kafka options: what is wrong is refused by the option's name, and no error shows the password") {
    struct Case {
        std::string_view option;
        std::function<void(Options&)> spoil;
    };
    const Case cases[] = {
        {"brokers", [](Options& o) { o.brokers.clear(); }},
        {"brokers", [](Options& o) { o.brokers.assign(101, "kafka"); }},
        {"security", [](Options& o) { o.security = static_cast<Security>(9); }},
        {"ca_file", [](Options& o) { o.security = Security::plaintext; o.ca_file = "/ca.pem"; }},
        {"ca_file", [](Options& o) { o.ca_file = "a\nb"; }},
        {"client_certificate_file", [](Options& o) { o.security = Security::plaintext; o.client_certificate_file = "/c.pem"; }},
        {"client_key_file", [](Options& o) { o.client_certificate_file = "/c.pem"; }},
        {"client_certificate_file", [](Options& o) { o.client_key_file = "/c.key"; }},
        {"sasl", [](Options& o) { o.sasl = static_cast<Sasl>(9); }},
        {"sasl", [](Options& o) { o.security = Security::plaintext; o.sasl = Sasl::plain; }},
        {"username", [](Options& o) { o.username.clear(); }},
        {"username", [](Options& o) { o.username = "a\x01"; }},
        {"username", [](Options& o) { o.username.assign(1025, 'a'); }},
        {"username", [](Options& o) { o.sasl = Sasl::none; }},
        {"password", [](Options& o) { o.sasl = Sasl::none; o.username.clear(); }},
        {"password", [](Options& o) { o.password = {}; }},
        {"password", [](Options& o) { o.password = Secret(std::string(secret) + '\0' + "x"); }},
        {"password", [](Options& o) { o.password = Secret(std::string(1025, 'p')); }},
        {"compression", [](Options& o) { o.compression = static_cast<Compression>(9); }},
        {"client_id", [](Options& o) { o.client_id.clear(); }},
        {"client_id", [](Options& o) { o.client_id = "a b"; }},
        {"client_id", [](Options& o) { o.client_id.assign(101, 'a'); }},
        {"message_bytes_max", [](Options& o) { o.message_bytes_max = 4095; }},
        {"message_bytes_max", [](Options& o) { o.message_bytes_max = 16 * 1024 * 1024 + 1; }},
        {"queue_bytes_max", [](Options& o) { o.queue_bytes_max = o.message_bytes_max - 1; }},
        {"queue_bytes_max", [](Options& o) { o.queue_bytes_max = 1024UL * 1024 * 1024 + 1; }},
        {"connect_timeout", [](Options& o) { o.connect_timeout = 999ms; }},
        {"connect_timeout", [](Options& o) { o.connect_timeout = 6min; }},
        {"request_timeout", [](Options& o) { o.request_timeout = 0ms; }},
    };
    REQUIRE(check(good()).has_value());
    for (const Case& one : cases) {
        Options options = good();
        one.spoil(options);
        CAPTURE(one.option);
        const auto checked = check(options);
        REQUIRE_FALSE(checked.has_value());
        CHECK(checked.error().code == Errc::invalid_argument);
        CHECK_MESSAGE(checked.error().detail_text().starts_with(std::string(one.option) + ": "), to_string(checked.error()));
        CHECK(to_string(checked.error()).find(secret) == std::string::npos);
        CHECK(open_transport(options).error().detail_text() == checked.error().detail_text());
        CHECK(probe(options, Deadline::in(1s)).error().detail_text() == checked.error().detail_text());
    }
}

TEST_CASE("Kafka options: the limits themselves are allowed") {
    Options options = good();
    options.message_bytes_max = options.queue_bytes_max = 16 * 1024 * 1024;
    options.connect_timeout = 1s;
    options.request_timeout = 5min;
    options.brokers.assign(100, "kafka:9092");
    CHECK(make_producer_config(options).has_value());
    options.message_bytes_max = options.queue_bytes_max = 4096;
    CHECK(make_producer_config(options).has_value());
}

TEST_CASE("Kafka configuration: nothing is lost without all replicas, repeated by the client, or sent to an unverified broker") {
    const auto conf = make_producer_config(good());
    REQUIRE(conf.has_value());
    CHECK(value(conf->get(), "enable.idempotence") == "true");
    CHECK(value(conf->get(), "security.protocol") == "sasl_ssl");
    CHECK(value(conf->get(), "ssl.endpoint.identification.algorithm") == "https");
    CHECK(value(conf->get(), "enable.ssl.certificate.verification") == "true");
    CHECK(value(conf->get(), "sasl.mechanisms") == "SCRAM-SHA-512");
    CHECK(value(conf->get(), "sasl.username") == "relay");
    CHECK(value(conf->get(), "message.max.bytes") == "1048588");
    CHECK(value(conf->get(), "queue.buffering.max.kbytes") == "8192");
    CHECK(value(conf->get(), "socket.nagle.disable") == "true");
    CHECK(value(conf->get(), "bootstrap.servers") == "b-1.example.com:9096");
}

TEST_CASE("Kafka configuration: security and mechanism are as told") {
    struct Case {
        Security security;
        Sasl sasl;
        const char* protocol;
        const char* mechanism;
    };
    for (const Case& one : {Case{Security::plaintext, Sasl::scram_sha_256, "sasl_plaintext", "SCRAM-SHA-256"},
                            Case{Security::tls, Sasl::plain, "sasl_ssl", "PLAIN"}, Case{Security::tls, Sasl::scram_sha_256, "sasl_ssl", "SCRAM-SHA-256"}}) {
        Options options = good();
        options.security = one.security;
        options.sasl = one.sasl;
        const auto conf = make_producer_config(options);
        REQUIRE(conf.has_value());
        CHECK(value(conf->get(), "security.protocol") == one.protocol);
        CHECK(value(conf->get(), "sasl.mechanisms") == one.mechanism);
    }
    Options options;
    options.brokers = {"a:1", "[::1]:2"};
    CHECK(value(make_producer_config(options)->get(), "security.protocol") == "ssl");
    options.security = Security::plaintext;
    CHECK(value(make_producer_config(options)->get(), "security.protocol") == "plaintext");
    CHECK(value(make_producer_config(options)->get(), "bootstrap.servers") == "a:1,[::1]:2");
}

TEST_CASE("Kafka configuration: a file that cannot be read is named, with its option") {
    const test::TemporaryFolder folder;
    const std::string there = folder / "there.pem";
    std::ofstream(there) << "no certificate\n";
    Options options = good();
    options.ca_file = folder / "absent.pem";
    auto opened = open_transport(options);
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().code == Errc::invalid_argument);
    CHECK(opened.error().detail_text() == "ca_file: " + options.ca_file + " cannot be read: No such file or directory");
    options.ca_file.clear();
    options.client_certificate_file = there;
    options.client_key_file = folder / "absent.key";
    CHECK(open_transport(options).error().detail_text().starts_with("client_key_file: "));
    options.client_key_file = there;
    CHECK(open_transport(options).error().code == Errc::invalid_argument);
    options = good();
    options.ca_file = there;
    CHECK(open_transport(options).error().code == Errc::invalid_argument);
}

TEST_CASE("Kafka: opening waits for no broker") {
    Options options = good();
    options.brokers = {"127.0.0.1:1"};
    const auto begin = Deadline::Clock::now();
    auto opened = open_transport(options);
    REQUIRE(opened.has_value());
    CHECK((*opened)->flush(Deadline::in(5s)).has_value());
    CHECK((*opened)->close(Deadline::in(5s)).has_value());
    CHECK(Deadline::Clock::now() - begin < 5s);
    CHECK_FALSE(client_version().empty());
}

}  // namespace ticketbottle::kafka
