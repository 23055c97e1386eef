#include <doctest/doctest.h>
#include <ticketbottle/consumer/sqs.hpp>

#include <string>
#include <vector>

using namespace ticketbottle;

TEST_CASE("read_sqs_batch: id, body and the type beside it of every record") {
    const auto records = consumer::read_sqs_batch(
        R"({"Records":[{"messageId":"m1","body":"{\"a\":1}","messageAttributes":{"eventType":{"stringValue":"TICKET_ISSUED",)"
        R"("dataType":"String"}}},{"messageId":"m2","body":"x","messageAttributes":{}},{"messageId":"m3"}]})");
    REQUIRE(records.has_value());
    REQUIRE(records->size() == 3);
    CHECK((*records)[0].id == "m1");
    CHECK((*records)[0].body == R"({"a":1})");
    CHECK((*records)[0].type == "TICKET_ISSUED");
    CHECK((*records)[1].body == "x");
    CHECK((*records)[1].type == "");
    CHECK((*records)[2].body == "");  // fails alone, as malformed
}

TEST_CASE("read_sqs_batch: what could not be answered per record is refused whole") {
    for (const std::string_view bad : {"", "[]", "{}", R"({"Records":{}})", R"({"Records":[{"body":"x"}]})", R"({"Records":[{"messageId":""}]})",
                                       R"({"Records":[7]})", R"({"Records":[{"messageId":7}]})"}) {
        CAPTURE(bad);
        const auto records = consumer::read_sqs_batch(bad);
        REQUIRE_FALSE(records.has_value());
        CHECK(records.error().code == Errc::malformed);
    }
    CHECK_FALSE(consumer::read_sqs_batch(std::string(consumer::invocation_bytes_max + 1, ' ')).has_value());
}

TEST_CASE("write_sqs_failures: ids are quoted, none is an empty list") {
    CHECK(consumer::write_sqs_failures({}) == R"({"batchItemFailures":[]})");
    const std::vector<std::string> ids = {"m1", "a\"b"};
    CHECK(consumer::write_sqs_failures(ids) ==
          R"({"batchItemFailures":[{"itemIdentifier":"m1"},{"itemIdentifier":"a\"b"}]})");
}
