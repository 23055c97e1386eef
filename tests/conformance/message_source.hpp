#pragma once
/// \file
/// What every MessageSource does. A backend is done when it passes:
///
///     struct MyBackend {                                       // a system of its own per object, empty
///         MessageTransport& transport();                       // fills it
///         std::unique_ptr<MessageSource> open(std::string consumer, std::string topic);
///     };
///     TKB_MESSAGE_SOURCE_CONFORMANCE(MyBackend);

#include <ticketbottle/ports/message_source.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

namespace ticketbottle::conformance::source {

using Texts = std::vector<std::string>;

inline Deadline soon() { return Deadline::in(std::chrono::seconds(60)); }

template <class Backend>
void publish(Backend& backend, const std::vector<Message>& messages) {
    std::vector<DeliveryReport> reports(messages.size());
    backend.transport().publish(messages, reports, soon());
    for (const DeliveryReport& report : reports) REQUIRE_MESSAGE(report.delivery == Delivery::delivered, report.reason);
}

/// Of one key, and so of one partition.
template <class Backend>
void publish(Backend& backend, const std::string& topic, const Texts& values) {
    std::vector<Message> messages;
    for (const std::string& value : values) messages.push_back({topic, "order-1", value, {}});
    publish(backend, messages);
}

/// What is there, read in pages until nothing is new.
inline std::vector<ReceivedMessage> drain(MessageSource& source, std::size_t page_max = 100) {
    std::vector<ReceivedMessage> all;
    for (;;) {
        auto page = source.read(page_max, soon());
        REQUIRE_MESSAGE(page.has_value(), to_string(page.error()));
        CHECK(page->size() <= page_max);
        if (page->empty()) return all;
        for (ReceivedMessage& received : *page) all.push_back(std::move(received));
    }
}

/// As drain, but waits for the first: a topic may be seen a while after it was made.
inline std::vector<ReceivedMessage> drain_when_there(MessageSource& source) {
    for (const Deadline patience = soon(); !patience.expired();) {
        if (auto all = drain(source); !all.empty()) return all;
    }
    return {};
}

inline Texts values(const std::vector<ReceivedMessage>& received) {
    Texts out;
    for (const ReceivedMessage& one : received) out.push_back(one.message.value);
    return out;
}

TEST_CASE_TEMPLATE_DEFINE("MessageSource: what was published is read, byte for byte, and in order within a key", Backend, source_reads) {
    Backend backend;
    const std::string bytes("\0\xff\n\xc3\xa9", 5);
    publish(backend, {{"paid", "a", "1", {}}, {"paid", "b", "2", {}}, {"paid", "a", bytes, {{"eventType", "T"}, {"eventType", bytes}}}, {"paid", "a", "3", {}}});
    const auto source = backend.open("tester", "paid");
    CHECK(source->topic() == "paid");
    Texts of_a;
    for (const ReceivedMessage& one : drain(*source)) {
        CHECK(one.message.topic == "paid");
        CHECK_FALSE(one.position.empty());
        if (one.message.key != "a") continue;
        of_a.push_back(one.message.value);
        if (one.message.value != bytes) continue;
        REQUIRE(one.message.headers.size() == 2);
        CHECK(one.message.headers[0].value == "T");
        CHECK(one.message.headers[1].name == "eventType");
        CHECK(one.message.headers[1].value == bytes);
    }
    CHECK(of_a == Texts{"1", bytes, "3"});
}

TEST_CASE_TEMPLATE_DEFINE("MessageSource: nothing new is an empty page, and what comes later is read", Backend, source_follows) {
    Backend backend;
    publish(backend, "paid", {"1"});
    const auto source = backend.open("tester", "paid");
    CHECK(values(drain(*source)) == Texts{"1"});
    CHECK(source->read(10, soon()).value().empty());
    publish(backend, "paid", {"2", "3"});
    CHECK(values(drain_when_there(*source)) == Texts{"2", "3"});
}

TEST_CASE_TEMPLATE_DEFINE("MessageSource: what was saved is done with, and what was not comes again", Backend, source_saves) {
    Backend backend;
    publish(backend, "paid", {"1", "2", "3", "4"});
    {
        const auto source = backend.open("tester", "paid");
        const auto all = drain(*source);
        REQUIRE(all.size() == 4);
        CHECK(source->save(all[0].position, soon()).has_value());
        CHECK(source->save(all[1].position, soon()).has_value());
    }
    {
        const auto source = backend.open("tester", "paid");
        CHECK(values(drain(*source)) == Texts{"3", "4"});
    }
    const auto source = backend.open("tester", "paid");
    const auto rest = drain(*source);
    CHECK(values(rest) == Texts{"3", "4"});
    CHECK(source->save(rest.back().position, soon()).has_value());
    CHECK(drain(*backend.open("tester", "paid")).empty());
}

TEST_CASE_TEMPLATE_DEFINE("MessageSource: consumers of other names have positions of their own", Backend, source_names) {
    Backend backend;
    publish(backend, "paid", {"1", "2"});
    const auto first = backend.open("tickets", "paid");
    const auto all = drain(*first);
    REQUIRE(all.size() == 2);
    REQUIRE(first->save(all.back().position, soon()).has_value());
    CHECK(values(drain(*backend.open("mails", "paid"))) == Texts{"1", "2"});
}

TEST_CASE_TEMPLATE_DEFINE("MessageSource: a page is no longer than asked for", Backend, source_pages) {
    Backend backend;
    publish(backend, "paid", {"1", "2", "3", "4", "5"});
    const auto source = backend.open("tester", "paid");
    CHECK(values(drain(*source, 2)) == Texts{"1", "2", "3", "4", "5"});
}

TEST_CASE_TEMPLATE_DEFINE("MessageSource: a topic that is not there is empty, until it is", Backend, source_later) {
    Backend backend;
    publish(backend, "failed", {"x"});
    const auto source = backend.open("tester", "paid");
    CHECK(source->read(10, soon()).value().empty());
    publish(backend, "paid", {"1"});
    CHECK(values(drain_when_there(*source)) == Texts{"1"});
}

TEST_CASE_TEMPLATE_DEFINE("MessageSource: a deadline that has passed reads nothing and passes nothing over", Backend, source_deadline) {
    Backend backend;
    publish(backend, "paid", {"1"});
    const auto source = backend.open("tester", "paid");
    const auto late = source->read(10, Deadline::in(std::chrono::milliseconds(0)));
    REQUIRE_FALSE(late.has_value());
    CHECK(late.error().code == Errc::cancelled);
    CHECK(values(drain(*source)) == Texts{"1"});
}

TEST_CASE_TEMPLATE_DEFINE("MessageSource: a position that is none is refused", Backend, source_refuses) {
    Backend backend;
    publish(backend, "paid", {"1"});
    const auto source = backend.open("tester", "paid");
    REQUIRE(drain(*source).size() == 1);
    for (const char* position : {"", "nonsense", "-1:0"}) {
        const auto saved = source->save(position, soon());
        REQUIRE_FALSE(saved.has_value());
        CHECK(saved.error().code == Errc::invalid_argument);
    }
    CHECK(values(drain(*backend.open("tester", "paid"))) == Texts{"1"});
}

#define TKB_MESSAGE_SOURCE_CONFORMANCE(...)                                                        \
    TEST_CASE_TEMPLATE_INVOKE(ticketbottle::conformance::source::source_reads, __VA_ARGS__);       \
    TEST_CASE_TEMPLATE_INVOKE(ticketbottle::conformance::source::source_follows, __VA_ARGS__);     \
    TEST_CASE_TEMPLATE_INVOKE(ticketbottle::conformance::source::source_saves, __VA_ARGS__);       \
    TEST_CASE_TEMPLATE_INVOKE(ticketbottle::conformance::source::source_names, __VA_ARGS__);       \
    TEST_CASE_TEMPLATE_INVOKE(ticketbottle::conformance::source::source_pages, __VA_ARGS__);       \
    TEST_CASE_TEMPLATE_INVOKE(ticketbottle::conformance::source::source_later, __VA_ARGS__);       \
    TEST_CASE_TEMPLATE_INVOKE(ticketbottle::conformance::source::source_deadline, __VA_ARGS__);    \
    TEST_CASE_TEMPLATE_INVOKE(ticketbottle::conformance::source::source_refuses, __VA_ARGS__)

}  // namespace ticketbottle::conformance::source
