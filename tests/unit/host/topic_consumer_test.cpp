#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <stdexcept>
#include <thread>
#include <ticketbottle/file/topic_log.hpp>
#include <ticketbottle/file/topic_source.hpp>
#include <ticketbottle/host/topic_consumer.hpp>

#include "support/file_bytes.hpp"
#include "support/recording_observer.hpp"
#include "support/temporary_folder.hpp"

using namespace ticketbottle;
using namespace std::chrono_literals;
using host::TopicConsumer;
using host::TopicConsumerOptions;

namespace {

Deadline soon() { return Deadline::in(20s); }

/// A log in a folder, and a consumer over it whose handler is scripted by value.
class World {
public:
    World() {
        file::TopicLogOptions options;
        options.directory = folder / "topics";
        log = file::open_topic_log(options).value();
    }
    void publish(const std::string& topic, const std::vector<std::string>& values) {
        std::vector<Message> messages;
        for (const std::string& value : values)
            messages.push_back({topic, "key-" + value, value, {{"eventType", "T"}}});
        std::vector<DeliveryReport> reports(messages.size());
        log->publish(messages, reports, soon());
        for (const DeliveryReport& report : reports) REQUIRE(report.delivery == Delivery::delivered);
    }
    [[nodiscard]] std::vector<std::unique_ptr<MessageSource>> sources(const std::vector<std::string>& topics) {
        std::vector<std::unique_ptr<MessageSource>> all;
        for (const std::string& topic : topics)
            all.push_back(
                file::open_topic_source({folder / "topics", folder / "cursors", "tester", topic, &observer}).value());
        return all;
    }
    [[nodiscard]] static TopicConsumerOptions options() {
        TopicConsumerOptions options;
        options.name = "tester";
        options.backoff_base = 5ms;
        options.backoff_max = 20ms;
        options.poll_min = 1ms;
        options.poll_max = 5ms;
        return options;
    }
    TopicConsumer consumer(const std::vector<std::string>& topics = {"paid"}) {
        const auto handle = [this](const Message& message, Deadline) -> Result<void> {
            handled.push_back(message.topic + "/" + message.value);
            const auto found = answers.find(message.value);
            if (found == answers.end()) return {};
            if (found->second == Errc::internal) throw std::runtime_error("the handler's own trouble");
            return fail(found->second, "test.handle", "as told");
        };
        return TopicConsumer::create(options(), sources(topics), handle, dead_letters ? *dead_letters : *log, observer)
            .value();
    }
    std::vector<file::LoggedMessage> read(const std::string& topic) const {
        return file::TopicLogReader::open(folder / "topics", topic, "").value().read(1000).value();
    }

    test::TemporaryFolder folder;
    test::RecordingObserver observer;
    std::unique_ptr<MessageTransport> log;
    MessageTransport* dead_letters = nullptr;
    std::map<std::string, Errc> answers;
    std::vector<std::string> handled;
};

using Strings = std::vector<std::string>;

class ClosedTransport final : public MessageTransport {
public:
    void publish(std::span<const Message>, std::span<DeliveryReport> reports, Deadline) override {
        for (DeliveryReport& report : reports) report = {Delivery::not_sent, Errc::unavailable, "disk full"};
    }
    Result<void> flush(Deadline) override { return {}; }
    Result<void> close(Deadline) override { return {}; }
};

/// Refuses any letter that carries a value, as a transport with a small limit would.
class SmallTransport final : public MessageTransport {
public:
    void publish(std::span<const Message> messages, std::span<DeliveryReport> reports, Deadline) override {
        for (std::size_t i = 0; i < messages.size(); ++i) {
            if (!messages[i].value.empty()) {
                reports[i] = {Delivery::not_sent, Errc::malformed, "too long"};
                continue;
            }
            reports[i] = {Delivery::delivered, Errc::internal, ""};
            letters.push_back(messages[i]);
        }
    }
    Result<void> flush(Deadline) override { return {}; }
    Result<void> close(Deadline) override { return {}; }
    std::vector<Message> letters;
};

std::string header(const Message& message, std::string_view name) {
    for (const MessageHeader& one : message.headers)
        if (one.name == name) return one.value;
    return "(none)";
}

}  // namespace

TEST_CASE(
    "TopicConsumer: every message is handled once and in order, and not again by the next consumer of that name") {
    World world;
    world.publish("paid", {"1", "2", "3"});
    world.publish("issued", {"a"});
    auto consumer = world.consumer({"paid", "issued"});
    CHECK(consumer.run_once(soon()).value().handled == 4);
    CHECK(world.handled == Strings{"paid/1", "paid/2", "paid/3", "issued/a"});
    CHECK(consumer.run_once(soon()).value().handled == 4);
    world.publish("paid", {"4"});
    auto next = world.consumer({"paid", "issued"});
    CHECK(next.run_once(soon()).value().handled == 1);
    CHECK(world.handled.back() == "paid/4");
}

TEST_CASE("TopicConsumer: a topic that nobody has written to is nothing yet") {
    World world;
    auto consumer = world.consumer({"paid", "later"});
    CHECK(consumer.run_once(soon()).value().handled == 0);
    world.publish("later", {"1"});
    CHECK(consumer.run_once(soon()).value().handled == 1);
}

TEST_CASE("TopicConsumer: a transient error keeps the message in front of its topic and other topics going") {
    for (const Errc code : {Errc::unavailable, Errc::outcome_unknown, Errc::cancelled}) {
        CAPTURE(to_string(code));
        World world;
        world.publish("paid", {"1", "2", "3"});
        world.publish("issued", {"a"});
        world.answers["2"] = code;
        auto consumer = world.consumer({"paid", "issued"});
        const auto stuck = consumer.run_once(soon());
        REQUIRE_FALSE(stuck.has_value());
        CHECK(stuck.error().code == code);
        CHECK(world.handled == Strings{"paid/1", "paid/2"});
        CHECK(world.observer.records("consumer.stalled").size() == 1);

        // What was handled before it is saved: another process goes on with the message that failed.
        world.answers.clear();
        world.handled.clear();
        auto other = world.consumer({"paid", "issued"});
        CHECK(other.run_once(soon()).value().handled == 3);
        CHECK(world.handled == Strings{"paid/2", "paid/3", "issued/a"});
    }
}

TEST_CASE(
    "TopicConsumer: a message that can never be handled becomes a dead letter with its reason, and the next one goes "
    "on") {
    for (const Errc code : {Errc::malformed, Errc::unsupported, Errc::invalid_argument,
                            Errc::internal}) {  // internal: the handler throws
        CAPTURE(to_string(code));
        World world;
        world.publish("paid", {"1", "2", "3"});
        world.answers["2"] = code;
        auto consumer = world.consumer();
        const auto report = consumer.run_once(soon()).value();
        CHECK(report.handled == 2);
        CHECK(report.dead == 1);
        const auto letters = world.read("paid.dead.tester");
        REQUIRE(letters.size() == 1);
        const Message& letter = letters.front().message;
        CHECK(letter.key == "key-2");
        CHECK(letter.value == "2");
        CHECK(header(letter, "eventType") == "T");
        CHECK(header(letter, "deadTopic") == "paid");
        CHECK(header(letter, "deadConsumer") == "tester");
        CHECK(header(letter, "deadReason").find(to_string(code)) != std::string::npos);
        CHECK(parse_iso8601(header(letter, "deadAt")).has_value());
        const auto alerts = world.observer.records("consumer.dead_letter");
        REQUIRE(alerts.size() == 1);
        CHECK(alerts.front().severity == Severity::alert);
    }
}

TEST_CASE("TopicConsumer: a dead letter that cannot be written leaves its message in front") {
    World world;
    ClosedTransport closed;
    world.dead_letters = &closed;
    world.publish("paid", {"1", "2"});
    world.answers["1"] = Errc::malformed;
    auto consumer = world.consumer();
    CHECK(consumer.run_once(soon()).error().code == Errc::unavailable);
    CHECK(consumer.report().dead == 0);
    CHECK(world.handled == Strings{"paid/1"});
}

TEST_CASE("TopicConsumer: a dead letter too long to write says where its message stands") {
    World world;
    SmallTransport small;
    world.dead_letters = &small;
    world.publish("paid", {"1", "2"});
    world.answers["1"] = Errc::malformed;
    auto consumer = world.consumer();
    CHECK(consumer.run_once(soon()).value().dead == 1);
    REQUIRE(small.letters.size() == 1);
    CHECK(header(small.letters.front(), "deadPositionAfter") == world.read("paid").front().position);
    CHECK(small.letters.front().key == "key-1");
}

TEST_CASE(
    "TopicConsumer: run retries until it succeeds, says once that it stalls and once that it goes on, and stops at "
    "once") {
    World world;
    world.publish("paid", {"1", "2"});
    std::atomic<int> tries{0};
    std::atomic<int> done{0};
    const auto handle = [&](const Message& message, Deadline) -> Result<void> {
        if (message.value == "1" && ++tries < 4) return fail(Errc::unavailable, "test.handle");
        ++done;
        return {};
    };
    auto consumer = TopicConsumer::create(world.options(), world.sources({"paid"}), handle, *world.log, world.observer).value();
    std::jthread thread([&](const std::stop_token& stop) { consumer.run(stop); });
    for (int i = 0; i < 2000 && done < 2; ++i) std::this_thread::sleep_for(1ms);
    world.publish("paid", {"3"});
    for (int i = 0; i < 2000 && done < 3; ++i) std::this_thread::sleep_for(1ms);
    const auto began = std::chrono::steady_clock::now();
    thread.request_stop();
    thread.join();
    CHECK(std::chrono::steady_clock::now() - began < 1s);
    CHECK(done == 3);
    CHECK(tries == 4);
    CHECK(consumer.report().retried == 3);
    CHECK(world.observer.records("consumer.stalled").size() == 1);
    CHECK(world.observer.records("consumer.recovered").size() == 1);

    world.handled.clear();
    auto next = world.consumer();
    CHECK(next.run_once(soon()).value().handled == 0);
}

TEST_CASE(
    "TopicConsumer: a position that is unreadable, or whose segment is gone, starts again at the oldest message with "
    "an alert") {
    World world;
    world.publish("paid", {"1"});
    auto consumer = world.consumer();
    REQUIRE(consumer.run_once(soon()).has_value());
    const auto cursor = world.folder.path() / "cursors" / "tester" / "paid";
    REQUIRE(std::filesystem::exists(cursor));
    SUBCASE("unreadable") { test::write_file(cursor, "nonsense\n"); }
    SUBCASE("of a segment that is gone") { test::write_file(cursor, "77:0\n"); }
    world.handled.clear();
    auto next = world.consumer();
    REQUIRE(next.run_once(soon()).has_value());
    CHECK(world.handled == Strings{"paid/1"});
    REQUIRE(world.observer.records("consumer.position_lost").size() == 1);
    CHECK(world.observer.records("consumer.position_lost").front().severity == Severity::alert);
}

TEST_CASE("TopicConsumer: lines that are no messages are passed over and told") {
    World world;
    world.publish("paid", {"1"});
    for (const auto& entry : std::filesystem::recursive_directory_iterator(world.folder.path() / "topics" / "paid"))
        if (entry.is_regular_file() && entry.file_size() > 0) test::append_file(entry.path(), "half a li\n");
    world.publish("paid", {"2"});
    auto consumer = world.consumer();
    CHECK(consumer.run_once(soon()).value().handled == 2);
    CHECK(world.observer.records("consumer.lines_skipped").size() == 1);
}

TEST_CASE("TopicConsumer: options that cannot be are refused by name") {
    World world;
    struct Case {
        const char* word;
        void (*change)(TopicConsumerOptions&);
    };
    const Case cases[] = {
        {"name", [](TopicConsumerOptions& o) { o.name = "a/b"; }},
        {"batch_max", [](TopicConsumerOptions& o) { o.batch_max = 0; }},
        {"handle_timeout", [](TopicConsumerOptions& o) { o.handle_timeout = 0ms; }},
        {"poll", [](TopicConsumerOptions& o) { o.poll_max = 0ms; }},
        {"backoff", [](TopicConsumerOptions& o) { o.backoff_max = 1ms; }},
    };
    const auto nothing = [](const Message&, Deadline) -> Result<void> { return {}; };
    for (const Case& one : cases) {
        CAPTURE(one.word);
        TopicConsumerOptions options = World::options();
        one.change(options);
        const auto consumer = TopicConsumer::create(options, world.sources({"paid"}), nothing, *world.log);
        REQUIRE_FALSE(consumer.has_value());
        CHECK(consumer.error().code == Errc::invalid_argument);
        CHECK(consumer.error().detail_text().find(one.word) != std::string_view::npos);
    }
}

TEST_CASE("TopicConsumer: no source, one that is none, and two of one topic are refused") {
    World world;
    const auto nothing = [](const Message&, Deadline) -> Result<void> { return {}; };
    std::vector<std::vector<std::unique_ptr<MessageSource>>> cases(2);
    cases[1].push_back(nullptr);
    cases.push_back(world.sources({"paid", "paid"}));
    for (auto& sources : cases) {
        const auto consumer = TopicConsumer::create(World::options(), std::move(sources), nothing, *world.log);
        REQUIRE_FALSE(consumer.has_value());
        CHECK(consumer.error().code == Errc::invalid_argument);
    }
}

TEST_CASE("TopicConsumer: a dead-letter topic's name is a topic's name, however long the others are") {
    CHECK(host::dead_letter_topic("paid", "tester") == "paid.dead.tester");
    const std::string longest(topic_bytes_max, 'a');
    for (const std::string& topic : {std::string("t"), longest})
        for (const std::string& consumer : {std::string("c"), longest})
            CHECK(is_topic_name(host::dead_letter_topic(topic, consumer)));
}
