// The Kafka source on Apache Kafka itself: groups, outages, retention. The contract is in tests/conformance.

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <thread>

#include "support/kafka_admin.hpp"
#include "support/recording_observer.hpp"
#include "support/server_process.hpp"

#include <ticketbottle/kafka/source.hpp>

namespace ticketbottle {
namespace {

using namespace std::chrono_literals;

Deadline soon() { return Deadline::in(60s); }

class Broker {
public:
    static Broker& get() {
        static Broker broker;
        return broker;
    }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + server.port_text(); }
    [[nodiscard]] kafka::Options options() const {
        kafka::Options options;
        options.brokers = {address()};
        options.security = kafka::Security::plaintext;
        return options;
    }
    [[nodiscard]] std::unique_ptr<MessageSource> open(const std::string& group, const std::string& topic, Observer* observer = nullptr) const {
        kafka::SourceOptions source;
        source.connection = options();
        source.connection.observer = observer;
        source.group = group;
        source.topic = topic;
        return kafka::open_source(source).value();
    }
    void make_topic(const std::string& topic, int partitions) const { test::KafkaAdmin(address()).make_topic(topic, partitions); }
    /// Messages "0", "1", ... each with a key of its own.
    void publish(const std::string& topic, int count) const {
        std::vector<Message> messages;
        for (int i = 0; i < count; ++i) messages.push_back({topic, "key-" + std::to_string(i), std::to_string(i), {}});
        std::vector<DeliveryReport> reports(messages.size());
        kafka::open_transport(options()).value()->publish(messages, reports, soon());
        for (const DeliveryReport& report : reports) REQUIRE_MESSAGE(report.delivery == Delivery::delivered, report.reason);
    }

    test::Server server{"kafka.sh"};
};

std::vector<ReceivedMessage> page_of(MessageSource& source, std::size_t max = 100) {
    auto page = source.read(max, soon());
    REQUIRE_MESSAGE(page.has_value(), to_string(page.error()));
    return std::move(*page);
}

TEST_CASE("Kafka source: two members of a group share the partitions, and together they read everything") {
    const Broker& broker = Broker::get();
    broker.make_topic("shared", 4);
    const auto first = broker.open("sharers", "shared");
    CHECK(page_of(*first).empty());  // has all partitions now
    const auto second = broker.open("sharers", "shared");
    // A member that joins waits for the others to notice, which they do inside their own calls.
    std::jthread notices([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) (void)first->read(1, Deadline::in(200ms));
    });
    CHECK(page_of(*second).empty());
    notices.request_stop();
    notices.join();

    broker.publish("shared", 40);
    std::set<std::string> of_first;
    std::set<std::string> of_second;
    for (const Deadline patience = soon(); of_first.size() + of_second.size() < 40 && !patience.expired();) {
        for (const ReceivedMessage& one : page_of(*first)) of_first.insert(one.message.value);
        for (const ReceivedMessage& one : page_of(*second)) of_second.insert(one.message.value);
    }
    CHECK(of_first.size() + of_second.size() == 40);
    CHECK_FALSE(of_first.empty());
    CHECK_FALSE(of_second.empty());
    for (const std::string& value : of_first) CHECK_FALSE(of_second.contains(value));
}

TEST_CASE("Kafka source: what a member had in hand and its successor has saved is not taken back") {
    const Broker& broker = Broker::get();
    broker.make_topic("handed-on", 1);
    broker.publish("handed-on", 5);
    const auto first = broker.open("heirs", "handed-on");
    const auto in_hand = page_of(*first);
    REQUIRE(in_hand.size() == 5);
    const auto second = broker.open("heirs", "handed-on");
    std::vector<ReceivedMessage> again;
    std::jthread notices([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) (void)first->read(1, Deadline::in(200ms));
    });
    // One partition: either member may get it, the other reads nothing.
    again = page_of(*second);
    notices.request_stop();
    notices.join();
    if (again.size() == 5) {
        REQUIRE(second->save(again.back().position, soon()).has_value());
        CHECK(first->save(in_hand.front().position, soon()).has_value());  // not its own any more: passed over
        second->read(1, soon()).value();
    } else {
        CHECK(again.empty());
        CHECK(first->save(in_hand.back().position, soon()).has_value());
    }
}

TEST_CASE("Kafka source: a broker that is away is an error in a sentence, within the deadline, and passes nothing over") {
    Broker& broker = Broker::get();
    broker.make_topic("outage", 2);
    broker.publish("outage", 10);
    broker.server.crash();
    const auto away = broker.open("patient", "outage");
    const auto began = std::chrono::steady_clock::now();
    const auto page = away->read(10, Deadline::in(2s));
    CHECK(std::chrono::steady_clock::now() - began < 10s);
    REQUIRE_FALSE(page.has_value());
    CHECK(page.error().code == Errc::unavailable);
    CHECK_MESSAGE(page.error().detail_text().find("broker") != std::string_view::npos, to_string(page.error()));

    std::stop_source stop;
    std::jthread stopper([&] {
        std::this_thread::sleep_for(100ms);
        stop.request_stop();
    });
    const auto asked = std::chrono::steady_clock::now();
    CHECK_FALSE(away->read(10, Deadline::in(60s).or_stop(stop.get_token())).has_value());
    CHECK(std::chrono::steady_clock::now() - asked < 10s);

    broker.server.restart();
    std::set<std::string> values;
    for (const Deadline patience = soon(); values.size() < 10 && !patience.expired();) {
        const auto found = away->read(10, soon());
        if (!found.has_value()) continue;
        for (const ReceivedMessage& one : *found) values.insert(one.message.value);
    }
    CHECK(values.size() == 10);
}

TEST_CASE("Kafka source: a saved position that retention has passed is an alert, and reading begins at the oldest message") {
    const Broker& broker = Broker::get();
    broker.make_topic("aged", 1);
    broker.publish("aged", 10);
    {
        const auto source = broker.open("sleeper", "aged");
        const auto page = page_of(*source, 2);
        REQUIRE(page.size() == 2);
        REQUIRE(source->save(page.back().position, soon()).has_value());
    }
    test::KafkaAdmin(broker.address()).delete_before("aged", 0, 6);
    test::RecordingObserver observer;
    const auto source = broker.open("sleeper", "aged", &observer);
    const auto page = page_of(*source);
    REQUIRE_FALSE(page.empty());
    CHECK(page.front().message.value == "6");
    REQUIRE(observer.records("consumer.position_lost").size() == 1);
    CHECK(observer.records("consumer.position_lost").front().severity == Severity::alert);
}

}  // namespace
}  // namespace ticketbottle
