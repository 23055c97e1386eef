// The Kafka transport against brokers that answer with errors, late, or not at all: librdkafka's mock cluster.

#include "conformance/message_transport.hpp"
#include "support/kafka_mock.hpp"
#include "support/recording_observer.hpp"

#include <algorithm>
#include <chrono>
#include <stop_token>
#include <thread>

namespace ticketbottle {
namespace {

using namespace std::chrono_literals;
using conformance::all_are;
using conformance::message;
using conformance::publish;
using conformance::Texts;
using conformance::values;
using test::KafkaMock;
using test::KafkaRequest;

// Bounds on time are far above what is promised and far below what a missing wake-up would take: this machine may be busy.

std::unique_ptr<MessageTransport> open(const kafka::Options& options) { return kafka::open_transport(options).value(); }

std::chrono::milliseconds since(Deadline::Clock::time_point begin) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Deadline::Clock::now() - begin);
}

/// Nothing is delivered, and no attempt is burned. A connection that is lost while a message is on it leaves that unknown; the
/// client may learn of the loss after it has sent.
void check_way_is_closed(const std::vector<DeliveryReport>& reports) {
    for (const DeliveryReport& report : reports) {
        CHECK(report.delivery != Delivery::delivered);
        CHECK(conformance::way_is_closed(report.cause));
        CHECK_FALSE(report.reason.empty());
    }
}

}  // namespace

TEST_CASE("Kafka: too few replicas, a new leader and a failing disk are waited for") {
    KafkaMock mock(3);
    const auto transport = open(mock.options());
    mock.answer(KafkaRequest::produce, {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                        RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND});
    CHECK(all_are(publish(*transport, {message("paid", "k", "1"), message("paid", "k", "2")}), Delivery::delivered));
    CHECK(values(mock.received(), "paid", "k") == Texts{"1", "2"});
}

TEST_CASE("Kafka: what the brokers do not take before the deadline costs no attempt, and is not sent behind our back") {
    KafkaMock mock;
    const auto transport = open(mock.options());
    REQUIRE(all_are(publish(*transport, {message("paid", "k", "0")}), Delivery::delivered));
    const std::vector<Message> sent = {message("paid", "k", "1"), message("paid", "k", "2")};
    Texts expected{"0"};
    // It is refused at once and waits 100 ms for the next try: nearly always the deadline meets it waiting, and not on the wire.
    for (int tries = 0; tries < 20; ++tries) {
        mock.answer_always(KafkaRequest::produce, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
        const auto reports = publish(*transport, sent, Deadline::in(550ms));
        mock.answer_as_usual(KafkaRequest::produce);
        check_way_is_closed(reports);
        CHECK(reports[1].delivery == Delivery::not_sent);
        std::this_thread::sleep_for(500ms);  // long enough for a try that was not taken back
        const Texts arrived = values(mock.received(), "paid", "k");
        if (reports[0].delivery == Delivery::not_sent) {
            CHECK(reports[0].cause == Errc::unavailable);
            CHECK(arrived == expected);
            break;
        }
        REQUIRE(tries < 19);
        expected = arrived;  // it was on the wire, and perhaps came through
    }
    CHECK(all_are(publish(*transport, sent), Delivery::delivered));
    expected.insert(expected.end(), {"1", "2"});
    CHECK(values(mock.received(), "paid", "k") == expected);
}

TEST_CASE("Kafka: a message that the broker refuses stops its key in the middle, and no other") {
    KafkaMock mock;
    const auto transport = open(mock.options());
    REQUIRE(all_are(publish(*transport, {message("paid", "k", "0")}), Delivery::delivered));
    // The message, and then the message alone, to be sure that it is this one.
    for (const auto refusal : {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_RECORD}) {
        mock.answer(KafkaRequest::produce, {RD_KAFKA_RESP_ERR_NO_ERROR, refusal, refusal});
        const auto reports = publish(*transport, {message("paid", "k", "1"), message("paid", "k", "2"), message("paid", "k", "3")});
        CHECK(reports[0].delivery == Delivery::delivered);
        CHECK(reports[1].delivery == Delivery::not_sent);
        CHECK(reports[1].cause == Errc::malformed);
        CHECK(reports[1].reason.find(rd_kafka_err2name(refusal)) != std::string::npos);
        CHECK(reports[2].delivery == Delivery::not_sent);
        CHECK(reports[2].cause == Errc::malformed);
    }
    CHECK(values(mock.received(), "paid", "k") == Texts{"0", "1", "1"});
    CHECK(all_are(publish(*transport, {message("paid", "k", "2")}), Delivery::delivered));
}

TEST_CASE("Kafka: an answer that does not come in time leaves the message unknown, and its key stops") {
    KafkaMock mock;
    const auto transport = open(mock.options());
    REQUIRE(all_are(publish(*transport, {message("paid", "k", "0")}), Delivery::delivered));
    mock.set_delay(20'000);
    const auto begin = Deadline::Clock::now();
    const auto reports = publish(*transport, {message("paid", "k", "1"), message("paid", "k", "2")}, Deadline::in(2s));
    CHECK(since(begin) < 15s);
    CHECK(reports[0].delivery == Delivery::unknown);
    CHECK(reports[0].cause == Errc::outcome_unknown);
    CHECK_FALSE(reports[0].reason.empty());
    CHECK(reports[1].delivery == Delivery::not_sent);
    CHECK(reports[1].cause == Errc::outcome_unknown);
    mock.set_delay(0);
    // As a relay would: from the one that is not known.
    CHECK(all_are(publish(*transport, {message("paid", "k", "1"), message("paid", "k", "2")}), Delivery::delivered));
    Texts arrived = values(mock.received(), "paid", "k");
    CHECK(arrived.back() == "2");
    arrived.erase(std::unique(arrived.begin(), arrived.end()), arrived.end());
    CHECK(arrived == Texts{"0", "1", "2"});
}

TEST_CASE("Kafka: brokers that are down cost no attempt, nothing is sent when they are back, and then the lane is open") {
    KafkaMock mock(3);
    for (const bool connected_before : {false, true}) {
        CAPTURE(connected_before);
        const auto transport = open(mock.options());
        if (connected_before) REQUIRE(all_are(publish(*transport, {message("paid", "k", "first")}), Delivery::delivered));
        const std::size_t before = mock.received().size();
        mock.set_down();
        const auto reports = publish(*transport, {message("paid", "k", "1"), message("paid", "k2", "2")}, Deadline::in(3s));
        check_way_is_closed(reports);
        if (!connected_before) {
            CHECK(all_are(reports, Delivery::not_sent));
            CHECK(reports[0].cause == Errc::unavailable);
        }
        mock.set_up();
        std::this_thread::sleep_for(1500ms);  // longer than librdkafka waits before it connects again
        CHECK(mock.received().size() == before);
        CHECK(all_are(publish(*transport, {message("paid", "k", "1"), message("paid", "k2", "2")}), Delivery::delivered));
        CHECK(mock.received().size() == before + 2);
    }
}

TEST_CASE("Kafka: a stop ends a publish that waits for brokers, within the second, as cancelled") {
    KafkaMock mock;
    const auto transport = open(mock.options());
    for (const bool topic_is_known : {true, false}) {
        CAPTURE(topic_is_known);
        if (topic_is_known) REQUIRE(all_are(publish(*transport, {message("paid", "k", "0")}), Delivery::delivered));
        mock.set_down();
        std::stop_source stop;
        Deadline::Clock::time_point stopped;
        std::jthread later([&] {
            std::this_thread::sleep_for(200ms);
            stopped = Deadline::Clock::now();
            stop.request_stop();
        });
        const char* topic = topic_is_known ? "paid" : "other";
        const auto reports = publish(*transport, {message(topic, "k", "1")}, Deadline::in(60s).or_stop(stop.get_token()));
        later.join();
        CHECK(since(stopped) < 5s);
        check_way_is_closed(reports);
        if (!topic_is_known) CHECK(reports[0].delivery == Delivery::not_sent);
        if (reports[0].delivery == Delivery::not_sent) CHECK(reports[0].cause == Errc::cancelled);
        mock.set_up();
    }
}

TEST_CASE("Kafka: after a fatal error the page ends honestly, and the next one goes through a new producer") {
    KafkaMock mock;
    test::RecordingObserver observer;
    kafka::Options options = mock.options();
    options.observer = &observer;
    const auto transport = open(options);
    REQUIRE(all_are(publish(*transport, {message("paid", "k", "0")}), Delivery::delivered));
    mock.answer(KafkaRequest::produce, {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER});
    const auto reports = publish(*transport, {message("paid", "k", "1"), message("paid", "k", "2")});
    check_way_is_closed(reports);
    CHECK(reports[1].delivery == Delivery::not_sent);
    CHECK(observer.value("ticketbottle_kafka_rebuilds_total") == 1);
    CHECK(observer.records("kafka.rebuilt").size() == 1);
    CHECK(all_are(publish(*transport, {message("paid", "k", "1"), message("paid", "k", "2")}), Delivery::delivered));
    CHECK(values(mock.received(), "paid", "k").back() == "2");
}

TEST_CASE("Kafka: an account that may not produce at all closes the way, and is tried again") {
    KafkaMock mock;
    // Before there is a transport: librdkafka asks for its number as soon as there is a producer, not when it first sends.
    mock.answer(KafkaRequest::init_producer_id, {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED});
    const auto transport = open(mock.options());
    const auto reports = publish(*transport, {message("paid", "k", "1")});
    CHECK(reports[0].delivery == Delivery::not_sent);
    CHECK(reports[0].cause == Errc::unavailable);
    CHECK_MESSAGE(reports[0].reason.find("CLUSTER_AUTHORIZATION_FAILED") != std::string::npos, reports[0].reason);
    CHECK(all_are(publish(*transport, {message("paid", "k", "1")}), Delivery::delivered));
}

TEST_CASE("Kafka: a topic that is not there, or not ours, is at fault, and other topics go on") {
    KafkaMock mock;
    mock.make_topic("bad", 1);
    for (const auto& [error, word] : {std::pair{RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "does not exist"},
                                      std::pair{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "TOPIC_AUTHORIZATION_FAILED"}}) {
        const auto transport = open(mock.options());
        mock.topic_error("bad", error);
        auto fastest = std::chrono::milliseconds::max();
        for (int again = 0; again < 4; ++again) {
            const auto begin = Deadline::Clock::now();
            const auto reports = publish(*transport, {message("bad", "k", "1"), message("good", "k2", "2"), message("good", "k", "3")});
            if (again > 0) fastest = std::min(fastest, since(begin));
            CHECK(reports[0].delivery == Delivery::not_sent);
            CHECK(reports[0].cause == Errc::unsupported);
            CHECK(reports[0].reason.find(word) != std::string::npos);
            CHECK(reports[0].reason.find("bad") != std::string::npos);
            CHECK(reports[1].delivery == Delivery::delivered);
            CHECK(reports[2].delivery == Delivery::not_sent);
        }
        CHECK(fastest < 1s);  // waits for a topic to appear, but once
        mock.topic_error("bad", RD_KAFKA_RESP_ERR_NO_ERROR);
        CHECK(all_are(publish(*transport, {message("bad", "k", "1")}), Delivery::delivered));
    }
    CHECK(values(mock.received(), "good", "k").empty());
}

TEST_CASE("Kafka: a page for a topic that is not there is refused whole, and asks for it no oftener than a few times") {
    KafkaMock mock;
    mock.make_topic("bad", 1);
    mock.topic_error("bad", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    const auto transport = open(mock.options());
    REQUIRE(all_are(publish(*transport, {message("good", "k", "0")}), Delivery::delivered));
    mock.set_delay(50);  // an answer a message would be more than the time there is
    std::vector<Message> page;
    for (int i = 0; i < 600; ++i) page.push_back(message("bad", "key-" + std::to_string(i), "1"));
    page.push_back(message("good", "k", "1"));
    const auto reports = publish(*transport, page, Deadline::in(20s));
    for (std::size_t i = 0; i < 600; ++i) REQUIRE(reports[i].cause == Errc::unsupported);
    CHECK(reports.back().delivery == Delivery::delivered);
}

TEST_CASE("Kafka: a topic that cannot be had for now holds up no other one, and costs no attempt") {
    KafkaMock mock;
    mock.make_topic("bad", 1);
    mock.topic_error("bad", RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE);
    const auto transport = open(mock.options());
    const auto reports = publish(*transport, {message("bad", "k", "1"), message("good", "k", "2"), message("good", "k2", "3")}, Deadline::in(20s));
    CHECK(reports[0].delivery == Delivery::not_sent);
    CHECK(reports[0].cause == Errc::unavailable);
    CHECK_MESSAGE(reports[0].reason.find("LEADER_NOT_AVAILABLE") != std::string::npos, reports[0].reason);
    CHECK(reports[1].delivery == Delivery::not_sent);
    CHECK(reports[2].delivery == Delivery::delivered);
    mock.topic_error("bad", RD_KAFKA_RESP_ERR_NO_ERROR);
    CHECK(all_are(publish(*transport, {message("bad", "k", "1")}), Delivery::delivered));
}

TEST_CASE("Kafka: a disk that stays full costs no attempt, and everything goes when there is room") {
    KafkaMock mock;
    const auto transport = open(mock.options());
    REQUIRE(all_are(publish(*transport, {message("paid", "k", "0")}), Delivery::delivered));
    for (int again = 0; again < 2; ++again) {
        mock.answer_always(KafkaRequest::produce, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR);
        check_way_is_closed(publish(*transport, {message("paid", "k", "1"), message("paid", "k", "2")}, Deadline::in(1s)));
    }
    mock.answer_as_usual(KafkaRequest::produce);
    CHECK(all_are(publish(*transport, {message("paid", "k", "1"), message("paid", "k", "2")}), Delivery::delivered));
    Texts arrived = values(mock.received(), "paid", "k");
    arrived.erase(std::unique(arrived.begin(), arrived.end()), arrived.end());
    CHECK(arrived == Texts{"0", "1", "2"});
}

TEST_CASE("Kafka: more than the queue holds goes through it, one key's hundreds in order too") {
    KafkaMock mock(3);
    kafka::Options options = mock.options();
    options.message_bytes_max = 4096;
    options.queue_bytes_max = 4096;
    const auto transport = open(options);
    std::vector<Message> sent;
    for (int i = 0; i < 300; ++i) {
        sent.push_back(message("paid", "hot", std::to_string(i)));
        sent.push_back(message("paid", "key-" + std::to_string(i % 50), std::to_string(i) + std::string(3000, 'x')));
    }
    CHECK(all_are(publish(*transport, sent), Delivery::delivered));
    const auto received = mock.received();
    CHECK(received.size() == sent.size());
    CHECK(values(received, "paid", "hot") == values(sent, "paid", "hot"));
    CHECK(values(received, "paid", "key-7") == values(sent, "paid", "key-7"));
}

TEST_CASE("Kafka: the queue's bound counts headers, and not values alone") {
    KafkaMock mock;
    kafka::Options options = mock.options();
    options.message_bytes_max = 4096;
    options.queue_bytes_max = 4096;  // room for one
    const auto transport = open(options);
    REQUIRE(all_are(publish(*transport, {message("paid", "k", "0")}), Delivery::delivered));
    std::vector<Message> sent;
    for (int i = 0; i < 4; ++i) {
        sent.push_back(message("paid", "key-" + std::to_string(i), "1"));
        sent.back().headers = {{"traceparent", std::string(3000, 'y')}};
    }
    mock.set_delay(300);
    const auto begin = Deadline::Clock::now();
    CHECK(all_are(publish(*transport, sent), Delivery::delivered));
    CHECK(since(begin) >= 4 * 300ms);  // one after the other
}

TEST_CASE("Kafka: size counts headers and the record's frame, before anything is sent") {
    KafkaMock mock;
    kafka::Options options = mock.options();
    options.message_bytes_max = 4096;
    const auto transport = open(options);
    Message with_headers = message("paid", "k", std::string(3000, 'x'));
    with_headers.headers = {{"traceparent", std::string(1000, 'y')}};
    const auto reports = publish(*transport, {with_headers, message("paid", "k2", std::string(4096, 'x')), message("paid", "k3", std::string(3900, 'x'))});
    CHECK(reports[0].cause == Errc::malformed);
    CHECK(reports[1].cause == Errc::malformed);
    CHECK(reports[2].delivery == Delivery::delivered);
    CHECK(mock.received().size() == 1);
}

TEST_CASE("Kafka: outcomes are counted, and what librdkafka says reaches the observer") {
    KafkaMock mock;
    test::RecordingObserver observer;
    kafka::Options options = mock.options();
    options.observer = &observer;
    const auto transport = open(options);
    REQUIRE(all_are(publish(*transport, {message("paid", "k", "1")}), Delivery::delivered));
    mock.set_down();
    const auto reports = publish(*transport, {message("paid", "k", "2"), message("..", "k2", "3")}, Deadline::in(3s));
    CHECK(reports[0].delivery != Delivery::delivered);
    CHECK(reports[1].cause == Errc::malformed);
    CHECK(observer.value("ticketbottle_kafka_messages_total") == 3);
    CHECK_FALSE(observer.records("kafka.client").empty());
    CHECK_FALSE(observer.records("kafka.trouble").empty());
}

TEST_CASE("Kafka: closing while brokers are down is quick") {
    KafkaMock mock;
    const auto transport = open(mock.options());
    mock.set_down();
    CHECK(publish(*transport, {message("paid", "k", "1")}, Deadline::in(200ms))[0].delivery != Delivery::delivered);
    const auto begin = Deadline::Clock::now();
    CHECK(transport->close(Deadline::in(60s)).has_value());
    CHECK(since(begin) < 10s);
}

TEST_CASE("Kafka: a probe says that a cluster is there, and in a sentence why it is not") {
    KafkaMock mock;
    kafka::Options options = mock.options();
    CHECK(kafka::probe(options, Deadline::in(20s)).has_value());
    options.brokers = {"127.0.0.1:1"};
    auto probed = kafka::probe(options, Deadline::in(20s));
    REQUIRE_FALSE(probed.has_value());
    CHECK(probed.error().code == Errc::unavailable);
    CHECK(probed.error().detail_text().find("no connection to the broker") != std::string_view::npos);
    CHECK(probed.error().detail_text().find("refused") != std::string_view::npos);
    options.brokers = {"no-such-host.invalid:9092"};
    probed = kafka::probe(options, Deadline::in(60s));
    REQUIRE_FALSE(probed.has_value());
    CHECK(probed.error().code == Errc::unavailable);
    CHECK(probed.error().detail_text().find("no-such-host.invalid") != std::string_view::npos);
    CHECK(probed.error().detail_text().find("does not resolve") != std::string_view::npos);
}

}  // namespace ticketbottle
