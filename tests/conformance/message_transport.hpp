#pragma once
/// \file
/// What every MessageTransport does. A backend is done when it passes:
///
///     struct MyBackend {                          // a system of its own per object, empty
///         MessageTransport& transport();          // the same object each time
///         std::vector<Message> received();        // what arrived; within a topic in the order of arrival
///         static Message refused(Message);        // makes it one that the backend refuses for good (too large, say)
///     };
///     TKB_MESSAGE_TRANSPORT_CONFORMANCE(MyBackend);    // or ..._TEXT, for one that carries text only

#include <ticketbottle/ports/message_transport.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace ticketbottle::conformance {

inline Message message(std::string topic, std::string key, std::string value) {
    return {std::move(topic), std::move(key), std::move(value), {}};
}

inline std::vector<DeliveryReport> publish(MessageTransport& transport, const std::vector<Message>& messages,
                                           Deadline deadline = Deadline::in(std::chrono::seconds(60))) {
    std::vector<DeliveryReport> reports(messages.size());
    transport.publish(messages, reports, deadline);
    return reports;
}

/// Values of one topic and key, in the order of arrival.
inline std::vector<std::string> values(const std::vector<Message>& received, std::string_view topic, std::string_view key) {
    std::vector<std::string> found;
    for (const Message& m : received) {
        if (m.topic == topic && m.key == key) found.push_back(m.value);
    }
    return found;
}

inline bool all_are(const std::vector<DeliveryReport>& reports, Delivery delivery) {
    return std::all_of(reports.begin(), reports.end(), [&](const DeliveryReport& r) { return r.delivery == delivery; });
}

/// Does the cause say that the way is closed, and not that the message is at fault?
inline bool way_is_closed(Errc cause) {
    return cause == Errc::unavailable || cause == Errc::cancelled || cause == Errc::outcome_unknown;
}

using Texts = std::vector<std::string>;

TEST_CASE_TEMPLATE_DEFINE("MessageTransport: a batch arrives whole, and in order within a key", Backend, transport_order) {
    Backend backend;
    const auto reports = publish(backend.transport(), {message("paid", "order-1", "a"), message("paid", "order-2", "b"),
                                                       message("failed", "order-3", "c"), message("paid", "order-1", "d"),
                                                       message("paid", "order-2", "e"), message("paid", "order-1", "f")});
    CHECK(all_are(reports, Delivery::delivered));
    const std::vector<Message> received = backend.received();
    CHECK(received.size() == 6);
    CHECK(values(received, "paid", "order-1") == Texts{"a", "d", "f"});
    CHECK(values(received, "paid", "order-2") == Texts{"b", "e"});
    CHECK(values(received, "failed", "order-3") == Texts{"c"});
}

TEST_CASE_TEMPLATE_DEFINE("MessageTransport: batches follow each other", Backend, transport_batches) {
    Backend backend;
    Texts expected;
    for (int i = 0; i < 20; ++i) {
        expected.push_back(std::to_string(i));
        REQUIRE(all_are(publish(backend.transport(), {message("paid", "k", expected.back())}), Delivery::delivered));
    }
    CHECK(values(backend.received(), "paid", "k") == expected);
}

TEST_CASE_TEMPLATE_DEFINE("MessageTransport: an empty batch is nothing", Backend, transport_empty) {
    Backend backend;
    CHECK(publish(backend.transport(), {}).empty());
    CHECK(backend.received().empty());
}

TEST_CASE_TEMPLATE_DEFINE("MessageTransport: behind a refused message its key stops, other keys go on", Backend, transport_stop) {
    Backend backend;
    const auto reports =
        publish(backend.transport(), {message("paid", "k1", "1"), Backend::refused(message("paid", "k1", "2")),
                                      message("paid", "k2", "3"), message("paid", "k1", "4"), message("paid", "k2", "5"),
                                      message("paid", "k1", "6")});
    CHECK(reports[0].delivery == Delivery::delivered);
    CHECK(reports[1].delivery == Delivery::not_sent);
    CHECK_FALSE(way_is_closed(reports[1].cause));
    CHECK_FALSE(reports[1].reason.empty());
    CHECK(reports[2].delivery == Delivery::delivered);
    CHECK(reports[4].delivery == Delivery::delivered);
    for (const std::size_t behind : {3U, 5U}) {
        CHECK(reports[behind].delivery == Delivery::not_sent);
        CHECK(reports[behind].cause == reports[1].cause);
    }
    const std::vector<Message> received = backend.received();
    CHECK(values(received, "paid", "k1") == Texts{"1"});
    CHECK(values(received, "paid", "k2") == Texts{"3", "5"});
}

TEST_CASE_TEMPLATE_DEFINE("MessageTransport: a key stops in every topic", Backend, transport_stop_topics) {
    Backend backend;
    const auto reports =
        publish(backend.transport(), {message("a", "k", "1"), message("b", "k", "2"), message("a", "k", "3"),
                                      Backend::refused(message("b", "k", "4")), message("a", "k", "5"), message("a", "other", "6")});
    CHECK(reports[2].delivery == Delivery::delivered);
    CHECK(reports[3].delivery == Delivery::not_sent);
    CHECK(reports[4].delivery == Delivery::not_sent);
    CHECK(reports[5].delivery == Delivery::delivered);
    const std::vector<Message> received = backend.received();
    CHECK(values(received, "a", "k") == Texts{"1", "3"});
    CHECK(values(received, "b", "k") == Texts{"2"});
}

TEST_CASE_TEMPLATE_DEFINE("MessageTransport: a stop ends with its batch", Backend, transport_stop_ends) {
    Backend backend;
    CHECK(all_are(publish(backend.transport(), {Backend::refused(message("paid", "k", "1"))}), Delivery::not_sent));
    CHECK(all_are(publish(backend.transport(), {message("paid", "k", "2")}), Delivery::delivered));
    CHECK(values(backend.received(), "paid", "k") == Texts{"2"});
}

TEST_CASE_TEMPLATE_DEFINE("MessageTransport: keys, values and headers arrive byte for byte", Backend, transport_bytes) {
    Backend backend;
    std::string every_byte;
    for (int c = 0; c < 256; ++c) every_byte += static_cast<char>(c);
    const Texts texts{"",          "{\"id\":\"1\"}", "line\r\nbreaks\n", "quote \" and \\ slash", std::string(1, '\0'),
                      every_byte,  "\xC3",           "\xED\xA0\x80",     "Nguy\xE1\xBB\x85n V\xC4\x83n \xC4\x90\xE1\xBB\xA9" "c",
                      "\xE2\x80\xA8", "\xF0\x9F\x8E\xAB", std::string(100000, '\x01')};
    std::vector<Message> sent;
    for (const std::string& text : texts) {
        const std::string part = text.substr(0, 300);
        sent.push_back({"bytes", part, text, {{"eventType", part}, {"eventType", "again"}, {"empty", ""}}});
    }
    REQUIRE(all_are(publish(backend.transport(), sent), Delivery::delivered));
    for (const Message& expected : sent) {
        const std::vector<Message> received = backend.received();
        const auto at = std::find_if(received.begin(), received.end(), [&](const Message& m) { return m.key == expected.key; });
        REQUIRE(at != received.end());
        CHECK(at->value == expected.value);
        REQUIRE(at->headers.size() == expected.headers.size());
        for (std::size_t i = 0; i < expected.headers.size(); ++i) {
            CHECK(at->headers[i].name == expected.headers[i].name);
            CHECK(at->headers[i].value == expected.headers[i].value);
        }
    }
}

/// In place of the last one, for a backend that carries text only: what is none is refused, never changed.
TEST_CASE_TEMPLATE_DEFINE("MessageTransport: text arrives byte for byte, and what is no text is refused", Backend, transport_text) {
    Backend backend;
    const Texts texts{"{\"id\":\"1\"}", "line\r\nbreaks\n\ttab", "quote \" ' and \\ slash <&amp;>", " spaces ", "a=b&c=d%20+;",
                      "Nguy\xE1\xBB\x85n V\xC4\x83n \xC4\x90\xE1\xBB\xA9" "c", "\xE2\x80\xA8", "\xF0\x9F\x8E\xAB", std::string(100000, 'x')};
    const Texts others{"", std::string(1, '\0'), "\x01", "\xC3", "\xED\xA0\x80", "\xEF\xBF\xBF", std::string(1000, '\x1F')};
    std::vector<Message> sent;
    for (const std::string& text : texts) sent.push_back({"bytes", "key-" + std::to_string(sent.size()), text, {{"eventType", text.substr(0, 300)}, {"source", "a"}}});
    REQUIRE(all_are(publish(backend.transport(), sent), Delivery::delivered));
    for (const std::string& text : others) {
        for (const Message& bad : {Message{"bytes", "bad", text, {}}, Message{"bytes", "bad", "x", {{"eventType", text}}}}) {
            if (text.empty() && !bad.headers.empty()) continue;  // a header that says nothing may be left out
            const auto reports = publish(backend.transport(), {bad});
            CHECK(reports[0].delivery == Delivery::not_sent);
            CHECK_FALSE(way_is_closed(reports[0].cause));
            CHECK_FALSE(reports[0].reason.empty());
        }
    }
    const std::vector<Message> received = backend.received();
    REQUIRE(received.size() == sent.size());
    for (const Message& expected : sent) {
        const auto at = std::find_if(received.begin(), received.end(), [&](const Message& m) { return m.key == expected.key; });
        REQUIRE(at != received.end());
        CHECK(at->value == expected.value);
        REQUIRE(at->headers.size() == 2);
        for (std::size_t i = 0; i < 2; ++i) {
            CHECK(at->headers[i].name == expected.headers[i].name);
            CHECK(at->headers[i].value == expected.headers[i].value);
        }
    }
}

TEST_CASE_TEMPLATE_DEFINE("MessageTransport: a big batch keeps every key's order", Backend, transport_big) {
    Backend backend;
    constexpr std::size_t keys = 37;
    std::vector<Message> sent;
    for (std::size_t i = 0; i < 2000; ++i)
        sent.push_back(message(i % 3 == 0 ? "paid" : "failed", "key-" + std::to_string(i % keys), std::to_string(i)));
    REQUIRE(all_are(publish(backend.transport(), sent), Delivery::delivered));
    const std::vector<Message> received = backend.received();
    REQUIRE(received.size() == sent.size());
    for (std::size_t k = 0; k < keys; ++k) {
        const std::string key = "key-" + std::to_string(k);
        for (const char* topic : {"paid", "failed"}) CHECK(values(received, topic, key) == values(sent, topic, key));
    }
}

TEST_CASE_TEMPLATE_DEFINE("MessageTransport: past the deadline nothing is sent", Backend, transport_deadline) {
    Backend backend;
    const auto reports = publish(backend.transport(), {message("paid", "k", "1"), message("paid", "k2", "2")},
                                 Deadline::in(std::chrono::milliseconds(-1)));
    CHECK(all_are(reports, Delivery::not_sent));
    for (const DeliveryReport& report : reports) CHECK(report.cause == Errc::cancelled);
    CHECK(backend.received().empty());
}

TEST_CASE_TEMPLATE_DEFINE("MessageTransport: closed it sends nothing, and closes again", Backend, transport_close) {
    Backend backend;
    const Deadline soon = Deadline::in(std::chrono::seconds(60));
    REQUIRE(all_are(publish(backend.transport(), {message("paid", "k", "1")}), Delivery::delivered));
    CHECK(backend.transport().flush(soon).has_value());
    CHECK(backend.transport().close(soon).has_value());
    CHECK(backend.transport().close(soon).has_value());
    const auto reports = publish(backend.transport(), {message("paid", "k", "2"), message("paid", "k", "3")});
    CHECK(all_are(reports, Delivery::not_sent));
    for (const DeliveryReport& report : reports) CHECK(report.cause == Errc::unavailable);
    CHECK(values(backend.received(), "paid", "k") == Texts{"1"});
}

}  // namespace ticketbottle::conformance

#define TKB_MESSAGE_TRANSPORT_CASES(contents, ...)                 \
    namespace ticketbottle::conformance {                          \
    TEST_CASE_TEMPLATE_INVOKE(transport_order, __VA_ARGS__);       \
    TEST_CASE_TEMPLATE_INVOKE(transport_batches, __VA_ARGS__);     \
    TEST_CASE_TEMPLATE_INVOKE(transport_empty, __VA_ARGS__);       \
    TEST_CASE_TEMPLATE_INVOKE(transport_stop, __VA_ARGS__);        \
    TEST_CASE_TEMPLATE_INVOKE(transport_stop_topics, __VA_ARGS__); \
    TEST_CASE_TEMPLATE_INVOKE(transport_stop_ends, __VA_ARGS__);   \
    TEST_CASE_TEMPLATE_INVOKE(contents, __VA_ARGS__);              \
    TEST_CASE_TEMPLATE_INVOKE(transport_big, __VA_ARGS__);         \
    TEST_CASE_TEMPLATE_INVOKE(transport_deadline, __VA_ARGS__);    \
    TEST_CASE_TEMPLATE_INVOKE(transport_close, __VA_ARGS__);       \
    }                                                              \
    static_assert(true)
#define TKB_MESSAGE_TRANSPORT_CONFORMANCE(...) TKB_MESSAGE_TRANSPORT_CASES(transport_bytes, __VA_ARGS__)
/// For a backend that carries text only.
#define TKB_MESSAGE_TRANSPORT_CONFORMANCE_TEXT(...) TKB_MESSAGE_TRANSPORT_CASES(transport_text, __VA_ARGS__)
