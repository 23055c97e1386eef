#include <ticketbottle/ports/message_transport.hpp>

#include <doctest/doctest.h>

namespace ticketbottle {
namespace {

TEST_CASE("is_topic_name: Kafka's rule") {
    for (const std::string& topic : {std::string("payment.completed"), std::string("a"), std::string("A-Z_0.9"), std::string("..."),
                                     std::string(249, 'x')}) {
        CAPTURE(topic);
        CHECK(is_topic_name(topic));
    }
    for (const std::string& topic : {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("a b"),
                                     std::string("\xE1\xBB\x91"), std::string("a\0", 2), std::string(250, 'x'), std::string("a\n")}) {
        CAPTURE(topic);
        CHECK_FALSE(is_topic_name(topic));
    }
}

TEST_CASE("check_message: value and envelope have limits, inclusive, and the error does not repeat them") {
    Message message{"t", "key", std::string(100, 'v'), {}};
    CHECK(check_message(message, 100).has_value());
    const Result<void> checked = check_message(message, 99);
    REQUIRE_FALSE(checked.has_value());
    CHECK(checked.error().code == Errc::malformed);
    CHECK(checked.error().detail_text() == "the value has 100 bytes, over the limit of 99");

    message.key.clear();
    message.headers = {{"name", std::string(message_envelope_bytes_max - 5, 'h')}};
    CHECK(check_message(message, 100).has_value());
    message.key = "k";
    CHECK(check_message(message, 100).error().code == Errc::malformed);
    message.headers.assign(message_envelope_bytes_max + 1, {});  // empty headers count too
    CHECK(check_message(message, 100).error().code == Errc::malformed);
}

TEST_CASE("check_message: a topic must be a topic's name") {
    CHECK(check_message({"../x", "k", "v", {}}, 100).error().code == Errc::malformed);
}

}  // namespace
}  // namespace ticketbottle
