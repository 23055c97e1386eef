// The Kafka transport on Apache Kafka itself, one broker for all cases: what only a broker that checks can show.

#include "conformance/message_transport.hpp"
#include "support/child_process.hpp"
#include "support/history_checker.hpp"
#include "support/kafka_admin.hpp"
#include "support/kafka_reader.hpp"
#include "support/recording_observer.hpp"
#include "support/server_process.hpp"

#include <ticketbottle/kafka/kafka.hpp>

#include <atomic>
#include <chrono>
#include <thread>

namespace ticketbottle {
namespace {

using namespace std::chrono_literals;
using conformance::all_are;
using conformance::message;
using conformance::publish;
using conformance::Texts;
using conformance::values;

constexpr const char* account = "relay";
constexpr const char* password = "relay-secret";

/// The broker, with what the cases need: topics only if made, two authorities' certificates told apart, and access rules.
class Broker {
public:
    static Broker& get() {
        static Broker broker;
        return broker;
    }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + server.port_text(); }
    [[nodiscard]] kafka::Options plain() const {
        kafka::Options options;
        options.brokers = {address()};
        options.security = kafka::Security::plaintext;
        return options;
    }
    [[nodiscard]] kafka::Options secure(kafka::Sasl sasl) const {
        kafka::Options options;
        options.brokers = {"localhost:" + std::to_string(server.further_ports().at(0))};
        options.ca_file = server.folder() + "/tls/ca.crt";
        options.sasl = sasl;
        options.username = account;
        options.password = Secret(password);
        return options;
    }
    /// A topic of this name with so many partitions, and room for as much as the broker's default.
    void make_topic(const std::string& name, int partitions, const std::map<std::string, std::string>& settings = {}) const {
        test::KafkaAdmin(address()).make_topic(name, partitions, settings);
    }
    [[nodiscard]] std::vector<Message> received(const std::string& topic) const {
        return test::KafkaReader({{"bootstrap.servers", address()}, {"log_level", "0"}}).read(topic);
    }

    test::Server server{"kafka.sh",
                        {"--secure", "{port}", "-o", "auto.create.topics.enable=false", "-o",
                         "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer", "-o", "super.users=User:ANONYMOUS", "-o",
                         "allow.everyone.if.no.acl.found=true", "-o", "listener.name.sasl_ssl.ssl.client.auth=requested", "-o",
                         "ssl.truststore.type=PEM", "-o", "ssl.truststore.location={folder}/tls/ca.crt"}};
};

std::unique_ptr<MessageTransport> open(const kafka::Options& options) { return kafka::open_transport(options).value(); }

/// With openssl: a certificate authority's files <name>.crt and <name>.key in `folder`.
void make_authority(const std::string& folder, const std::string& name) {
    const auto made = test::run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + name, "-keyout",
                                 folder + "/" + name + ".key", "-out", folder + "/" + name + ".crt"});
    if (made.exit_code != 0) throw std::runtime_error(made.err);
}

/// A client's certificate of that authority: <name>.crt and <name>.key in `folder`.
void make_client(const std::string& folder, const std::string& name, const std::string& authority) {
    const std::string at = folder + "/" + name;
    const auto asked = test::run({"openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + name, "-keyout", at + ".key", "-out", at + ".csr"});
    const auto made = test::run({"openssl", "x509", "-req", "-in", at + ".csr", "-CA", authority + ".crt", "-CAkey", authority + ".key", "-set_serial", "7",
                                 "-days", "2", "-out", at + ".crt"});
    if (asked.exit_code != 0 || made.exit_code != 0) throw std::runtime_error(asked.err + made.err);
}

void check_goes_through(const kafka::Options& options) {
    const auto probed = kafka::probe(options, Deadline::in(30s));
    CHECK_MESSAGE(probed.has_value(), (probed.has_value() ? std::string() : to_string(probed.error())));
    const auto reports = publish(*open(options), {message("secure", "k", "1"), message("secure", "k", "2")}, Deadline::in(30s));
    CHECK_MESSAGE(all_are(reports, Delivery::delivered), reports[0].reason);
}

/// Both the probe and a publish say why not, and neither shows the password.
void check_closed(const kafka::Options& options, std::string_view why) {
    const auto probed = kafka::probe(options, Deadline::in(30s));
    REQUIRE_FALSE(probed.has_value());
    CHECK(probed.error().code == Errc::unavailable);
    const std::string said(probed.error().detail_text());
    CHECK_MESSAGE(said.find(why) != std::string::npos, said);
    const std::string secret(options.password.empty() ? "there is none" : options.password.expose());
    CHECK(said.find(secret) == std::string::npos);
    const auto transport = open(options);
    auto reports = publish(*transport, {message("secure", "k", "never")}, Deadline::in(1s));
    // On a busy machine a second may be over before anything was tried.
    for (int tries = 0; tries < 20 && reports[0].cause == Errc::cancelled; ++tries)
        reports = publish(*transport, {message("secure", "k", "never")}, Deadline::in(1s));
    CHECK(reports[0].delivery == Delivery::not_sent);
    CHECK(reports[0].cause == Errc::unavailable);
    CHECK_MESSAGE(reports[0].reason.find(why) != std::string::npos, reports[0].reason);
    CHECK(reports[0].reason.find(secret) == std::string::npos);
}

}  // namespace

TEST_CASE("Kafka broker: keys, values and headers arrive, in order within a key") {
    const Broker& broker = Broker::get();
    broker.make_topic("plain", 4);
    for (const auto compression : {kafka::Compression::none, kafka::Compression::gzip, kafka::Compression::lz4, kafka::Compression::snappy,
                                   kafka::Compression::zstd}) {
        kafka::Options options = broker.plain();
        options.compression = compression;
        const auto transport = open(options);
        const std::string batch = std::to_string(static_cast<int>(compression));
        std::vector<Message> sent;
        for (int i = 0; i < 200; ++i) {
            sent.push_back({"plain", "key-" + std::to_string(i % 20), batch + "/" + std::to_string(i), {{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, {"ce_id", std::to_string(i)}, {"empty", ""}}});
        }
        REQUIRE(all_are(publish(*transport, sent), Delivery::delivered));
        Texts expected = values(sent, "plain", "key-3");
        const auto received = broker.received("plain");
        Texts arrived = values(received, "plain", "key-3");
        CHECK(std::equal(expected.rbegin(), expected.rend(), arrived.rbegin()));
        CHECK(received.back().headers.size() == 3);
        CHECK(received.back().headers[0].value == sent[0].headers[0].value);
    }
    CHECK(broker.received("plain").size() == 1000);
}

TEST_CASE("Kafka broker: the largest message there may be goes through, and one byte more is refused here") {
    const Broker& broker = Broker::get();
    broker.make_topic("largest", 1);
    const auto transport = open(broker.plain());
    Message large = message("largest", "k", "");
    const auto fits = [&](std::size_t bytes) {
        large.value.assign(bytes, 'x');
        return publish(*transport, {large})[0];
    };
    std::size_t most = 1'048'588;
    while (fits(most).delivery == Delivery::not_sent && most > 1'048'400) --most;
    CHECK(most > 1'048'400);
    CHECK(fits(most).delivery == Delivery::delivered);
    CHECK(fits(most + 1).cause == Errc::malformed);
    CHECK(broker.received("largest").size() == 2);
}

TEST_CASE("Kafka broker: the one message that a topic's limit refuses is found among a thousand, and stops its key alone") {
    const Broker& broker = Broker::get();
    // Batches of small messages are beyond it, too, as long as several are sent together.
    broker.make_topic("narrow", 4, {{"max.message.bytes", "20000"}});
    test::RecordingObserver observer;
    kafka::Options options = broker.plain();
    options.observer = &observer;
    const auto transport = open(options);
    std::vector<Message> sent;
    for (int i = 0; i < 1000; ++i) {
        Message m = message("narrow", "key-" + std::to_string(i % 300), std::to_string(i) + "/" + std::string(300, 'x'));
        if (i == 437) m.value = std::string(30000, 'y');  // of key-137, after 137 and before 737
        sent.push_back(m);
    }
    for (int again = 0; again < 2; ++again) {
        const auto reports = publish(*transport, sent);
        for (std::size_t i = 0; i < sent.size(); ++i) {
            CAPTURE(i);
            if (i == 437 || i == 737) {
                CHECK(reports[i].delivery == Delivery::not_sent);
                CHECK(reports[i].cause == Errc::malformed);
                CHECK(reports[i].reason.find("MSG_SIZE_TOO_LARGE") != std::string::npos);
            } else {
                CHECK_MESSAGE(reports[i].delivery == Delivery::delivered, reports[i].reason);
            }
        }
    }
    CHECK_FALSE(observer.records("kafka.batch_refused").empty());
    CHECK(observer.value("ticketbottle_kafka_rebuilds_total") == 0);
    const auto received = broker.received("narrow");
    CHECK(received.size() == 2 * 998);
    CHECK(values(received, "narrow", "key-137") == Texts{sent[137].value, sent[137].value});
    Texts twice = values(sent, "narrow", "key-5");
    const Texts once = twice;
    twice.insert(twice.end(), once.begin(), once.end());
    CHECK(values(received, "narrow", "key-5") == twice);
}

TEST_CASE("Kafka broker: a topic that nobody made is at fault, until somebody makes it") {
    const Broker& broker = Broker::get();
    broker.make_topic("there", 1);
    const auto transport = open(broker.plain());
    const auto reports = publish(*transport, {message("missing", "k", "1"), message("there", "k2", "2")});
    CHECK(reports[0].delivery == Delivery::not_sent);
    CHECK(reports[0].cause == Errc::unsupported);
    CHECK(reports[0].reason.find("topic missing does not exist") != std::string::npos);
    CHECK(reports[1].delivery == Delivery::delivered);
    broker.make_topic("missing", 1);
    CHECK(all_are(publish(*transport, {message("missing", "k", "1")}), Delivery::delivered));
}

TEST_CASE("Kafka broker: TLS with SCRAM-SHA-256, SCRAM-SHA-512 and PLAIN") {
    const Broker& broker = Broker::get();
    broker.make_topic("secure", 1);
    for (const auto sasl : {kafka::Sasl::scram_sha_256, kafka::Sasl::scram_sha_512, kafka::Sasl::plain}) check_goes_through(broker.secure(sasl));
    CHECK(broker.received("secure").size() == 6);
}

TEST_CASE("Kafka broker: a wrong password, authority or host name closes the way, and is said in a sentence") {
    const Broker& broker = Broker::get();
    for (const auto sasl : {kafka::Sasl::scram_sha_256, kafka::Sasl::plain}) {
        kafka::Options options = broker.secure(sasl);
        options.password = Secret("not-the-password");
        check_closed(options, "the broker refuses this account");
    }
    kafka::Options options = broker.secure(kafka::Sasl::scram_sha_512);
    options.ca_file.clear();  // the system's authorities do not know ours
    check_closed(options, "no authority that is trusted here");
    const test::TemporaryFolder folder;
    make_authority(folder.path().string(), "other");
    options.ca_file = folder / "other.crt";
    check_closed(options, "no authority that is trusted here");
    options = broker.secure(kafka::Sasl::scram_sha_512);
    options.brokers = {"127.1:" + std::to_string(broker.server.further_ports().at(0))};  // the same address by another name
    check_closed(options, "names another host");
    options = broker.plain();
    options.security = kafka::Security::tls;
    check_closed(options, "no TLS with the broker");
    options = broker.secure(kafka::Sasl::none);
    options.username.clear();
    options.password = {};
    CHECK_FALSE(kafka::probe(options, Deadline::in(5s)).has_value());  // the listener wants an account
    for (const Message& m : broker.received("secure")) CHECK(m.value != "never");
}

TEST_CASE("Kafka broker: a client's certificate is shown, and judged") {
    const Broker& broker = Broker::get();
    const test::TemporaryFolder folder;
    const std::string at = folder.path().string();
    make_authority(at, "stranger");
    make_client(at, "ours", broker.server.folder() + "/tls/ca");
    make_client(at, "theirs", at + "/stranger");
    kafka::Options options = broker.secure(kafka::Sasl::scram_sha_256);
    options.client_certificate_file = folder / "ours.crt";
    options.client_key_file = folder / "ours.key";
    check_goes_through(options);
    options.client_certificate_file = folder / "theirs.crt";
    options.client_key_file = folder / "theirs.key";
    CHECK_FALSE(kafka::probe(options, Deadline::in(10s)).has_value());
    options.client_key_file = folder / "ours.key";  // of another certificate
    CHECK(kafka::open_transport(options).error().code == Errc::invalid_argument);
}

TEST_CASE("Kafka broker: a topic this account may not write to is at fault, others are not") {
    const Broker& broker = Broker::get();
    broker.make_topic("forbidden", 1);
    broker.make_topic("allowed", 1);
    test::KafkaAdmin(broker.address()).forbid_writing("forbidden", std::string("User:") + account);
    const auto transport = open(broker.secure(kafka::Sasl::scram_sha_512));
    const auto reports = publish(*transport, {message("allowed", "k", "1"), message("forbidden", "k", "2"), message("allowed", "k", "3"),
                                              message("allowed", "k2", "4")});
    CHECK(reports[0].delivery == Delivery::delivered);
    CHECK(reports[1].delivery == Delivery::not_sent);
    CHECK(reports[1].cause == Errc::unsupported);
    CHECK_MESSAGE(reports[1].reason.find("TOPIC_AUTHORIZATION_FAILED") != std::string::npos, reports[1].reason);
    CHECK(reports[2].delivery == Delivery::not_sent);
    CHECK(reports[3].delivery == Delivery::delivered);
    CHECK(broker.received("forbidden").empty());
}

TEST_CASE("Kafka broker: one that hangs leaves what was sent unknown and the rest unsent, and takes the page at once when it wakes") {
    Broker& broker = Broker::get();
    broker.make_topic("hanging", 1);
    test::RecordingObserver observer;
    kafka::Options options = broker.plain();
    options.observer = &observer;
    const auto transport = open(options);
    std::vector<Message> sent;
    for (int i = 0; i < 40; ++i) sent.push_back(message("hanging", "key-" + std::to_string(i % 30), std::to_string(i) + "/" + std::string(200'000, 'x')));
    REQUIRE(all_are(publish(*transport, {sent[0]}), Delivery::delivered));
    broker.server.pause();
    const auto reports = publish(*transport, sent, Deadline::in(2s));
    broker.server.resume();
    std::size_t unknown = 0;
    for (const auto& report : reports) {
        CHECK(conformance::way_is_closed(report.cause));
        CHECK(report.delivery != Delivery::delivered);
        unknown += report.delivery == Delivery::unknown ? 1U : 0U;
    }
    CHECK(unknown > 0);
    CHECK(unknown < 30);
    // A new producer, and not one that meets a hole in its sequence first.
    CHECK(all_are(publish(*transport, sent), Delivery::delivered));
    CHECK(observer.value("ticketbottle_kafka_rebuilds_total") == 1);
    const auto received = broker.received("hanging");
    CHECK(received.size() <= 1 + sent.size() + unknown);
    CHECK(values(received, "hanging", "key-7").back() == sent[37].value);
}

TEST_CASE("Kafka broker: killed and started again under load, nothing is lost or out of order, and repeats are of the page in hand") {
    Broker& broker = Broker::get();
    broker.make_topic("history", 4);
    const int kills = test::rounds(2, 30);
    constexpr std::size_t keys = 60;
    constexpr std::size_t page = 100;
    const auto transport = open(broker.plain());
    std::atomic<bool> over{false};
    std::jthread killer([&] {
        for (int kill = 0; kill < kills; ++kill) {
            std::this_thread::sleep_for(std::chrono::milliseconds(300 + 137 * (kill % 7)));
            broker.server.crash();
            broker.server.restart();
        }
        std::this_thread::sleep_for(500ms);
        over = true;
    });
    // A relay in small: what was not delivered, and all behind it of its key, comes again.
    std::map<std::string, std::uint64_t> done;
    std::uint64_t pages_failed = 0;
    std::uint64_t at = 0;
    const auto overall = Deadline::in(std::chrono::seconds(60 + 30 * kills));
    while (!over && !overall.expired()) {
        std::vector<Message> messages;
        std::map<std::string, std::uint64_t> planned = done;
        for (std::size_t i = 0; i < page; ++i) {
            const std::string key = "key-" + std::to_string(at++ % keys);
            messages.push_back({"history", key, std::to_string(++planned[key]), {}});
        }
        const auto reports = publish(*transport, messages, Deadline::in(2s));
        bool failed = false;
        for (std::size_t i = 0; i < page; ++i) {
            if (reports[i].delivery == Delivery::delivered) {
                REQUIRE(std::to_string(++done[messages[i].key]) == messages[i].value);
            } else {
                failed = true;
                REQUIRE(conformance::way_is_closed(reports[i].cause));
            }
        }
        pages_failed += failed ? 1U : 0U;
    }
    CHECK(over);
    killer.join();
    // The last page may have ended unknown: what the topic holds beyond what is known to be there is no fault.
    std::map<std::string, std::uint64_t> written = done;
    std::vector<test::Seen> history;
    for (const Message& m : broker.received("history")) history.push_back({m.key, std::stoull(m.value)});
    for (const test::Seen& seen : history) written[seen.key] = std::max(written[seen.key], std::min(seen.version, done[seen.key] + 2));
    const test::Verdict verdict = test::judge(written, history, page * (pages_failed + 1));
    CHECK(verdict.lost == 0);
    CHECK(verdict.inverted == 0);
    CHECK(verdict.foreign == 0);
    CHECK(verdict.stale == 0);
    CHECK(verdict.duplicates <= page * pages_failed);
    CHECK(pages_failed > 0);
    MESSAGE("events " << history.size() << ", repeats " << verdict.duplicates << ", pages that failed " << pages_failed);
}

}  // namespace ticketbottle
