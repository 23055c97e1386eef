#include <doctest/doctest.h>

#include <functional>
#include <set>
#include <string>
#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/memory/manual_clock.hpp>
#include <ticketbottle/sns/sns.hpp>
#include <vector>

#include "core/json.hpp"
#include "support/form_fields.hpp"
#include "support/recording_observer.hpp"

using namespace ticketbottle;
using namespace std::chrono_literals;

namespace {

const std::string arn = "arn:aws:sns:eu-central-1:123456789012:";

sns::Options options() {
    sns::Options made;
    made.credentials = {"AKIDEXAMPLE", Secret("EXAMPLE-secret"), Secret()};
    made.region = "eu-central-1";
    made.topic_arn = arn + "all.fifo";
    return made;
}

std::string fault(const std::function<void(sns::Options&)>& change) {
    auto changed = options();
    change(changed);
    const auto checked = sns::check(changed);
    return checked.has_value() ? "good" : to_string(checked.error());
}

HttpAnswer xml(int status, const std::string& body) { return {status, body}; }
HttpAnswer refusal(int status, const std::string& code) {
    return xml(status, "<ErrorResponse><Error><Type>Sender</Type><Code>" + code +
                           "</Code><Message>not for logs</Message></Error><RequestId>r</RequestId></ErrorResponse>");
}
HttpAnswer members(const std::string& successful, const std::string& failed = {}) {
    return xml(200, "<PublishBatchResponse><PublishBatchResult><Failed>" + failed + "</Failed><Successful>" +
                        successful + "</Successful></PublishBatchResult></PublishBatchResponse>");
}
std::string good(int id) { return "<member><Id>" + std::to_string(id) + "</Id><MessageId>m</MessageId></member>"; }
std::string bad(int id, const std::string& code, bool sender_fault) {
    return "<member><Id>" + std::to_string(id) + "</Id><Code>" + code + "</Code><SenderFault>" +
           (sender_fault ? "true" : "false") + "</SenderFault></member>";
}

Message event(const std::string& key, const std::string& id = "row-1") {
    return {"payment.completed",
            key,
            R"({"payment_id":"1"})",
            {{"eventType", "PAYMENT_COMPLETED"},
             {"eventVersion", "1.0"},
             {"source", "payment-service"},
             {"correlationId", key},
             {"messageId", id},
             {"eventId", id},
             {"aggregateType", "Payment"},
             {"ce_specversion", "1.0"},
             {"ce_id", id},
             {"ce_source", "payment-service"},
             {"ce_type", "PAYMENT_COMPLETED"},
             {"ce_time", "2025-11-21T08:00:00.000Z"}}};
}

/// A network that gives the answers in their order, the last one for ever; what was asked is kept.
struct Network {
    std::vector<Result<HttpAnswer>> answers;
    std::vector<OutgoingRequest> asked;

    [[nodiscard]] std::vector<DeliveryReport> publish(const std::vector<Message>& messages,
                                                      const sns::Options& with = options(),
                                                      Deadline deadline = Deadline::in(1h)) {
        auto transport = sns::open_transport(with, [this](const OutgoingRequest& request, Deadline) {
            const Result<HttpAnswer> answer = answers.at(std::min(asked.size(), answers.size() - 1));
            asked.push_back(request);
            return answer;
        });
        std::vector<DeliveryReport> reports(messages.size());
        transport.value()->publish(messages, reports, deadline);
        return reports;
    }
    [[nodiscard]] std::map<std::string, std::string> fields(std::size_t i) const {
        return test::form_fields(asked.at(i).body);
    }
};

}  // namespace

TEST_CASE("SNS options: what is wrong is named, and no key is told") {
    CHECK(fault([](auto&) {}) == "good");
    CHECK(fault([](auto& o) {
              o.credentials.access_key_id = "";
          }).starts_with("sns.options: invalid_argument: access_key_id"));
    CHECK(fault([](auto& o) {
              o.credentials.secret_access_key = Secret();
          }).starts_with("sns.options: invalid_argument: secret_access_key"));
    CHECK(fault([](auto& o) { o.region = "eu central"; }).starts_with("sns.options: invalid_argument: region"));
    for (const std::string endpoint : {"sns.example", "https://x/", "https://a@b", "ftp://x", "https://x y"})
        CHECK(fault([&](auto& o) { o.endpoint = endpoint; }).starts_with("sns.options: invalid_argument: endpoint"));
    for (const std::string topic :
         {"payments.fifo", "arn:aws:sqs:eu-central-1:123456789012:q.fifo", "arn:aws:sns:us-east-1:123456789012:t.fifo",
          "arn:aws:sns:eu-central-1:12345:t.fifo", "arn:aws:sns:eu-central-1:123456789012:.fifo",
          "arn:aws:sns:eu-central-1:123456789012:a:b.fifo", "arn:aws:sns:eu-central-1:123456789012:a b.fifo",
          "arn:gcp:sns:eu-central-1:123456789012:t.fifo"}) {
        CHECK_MESSAGE(fault([&](auto& o) { o.topic_arn = topic; }).find("topic_arn: is not a topic of region") !=
                          std::string::npos,
                      topic);
        CHECK(fault([&](auto& o) {
                  o.topic_arns["payment.completed"] = topic;
              }).find("topic_arns[payment.completed]: is not") != std::string::npos);
    }
    CHECK(fault([](auto& o) { o.topic_arn = arn + "standard"; }).find("is not a FIFO topic") != std::string::npos);
    CHECK(fault([](auto& o) { o.topic_arn = arn + "standard", o.ordering = sns::Ordering::may_lose; }) == "good");
    CHECK(fault([](auto& o) { o.topic_arn = ""; }).find("topic_arn: is not set") != std::string::npos);
    CHECK(fault([](auto& o) { o.topic_arns["a b"] = o.topic_arn; }).find("topic_arns: a topic") != std::string::npos);
}

TEST_CASE("SNS: an event is one entry, its headers, with a trace, ten attributes, its id the deduplication") {
    Network network{{members(good(0))}, {}};
    memory::ManualClock clock{TimePoint(1'763'712'000s)};
    auto with = options();
    with.clock = &clock;
    Message traced = event("pay-1");
    traced.headers.push_back({"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"});
    const auto reports = network.publish({traced}, with);
    CHECK(reports[0].delivery == Delivery::delivered);
    REQUIRE(network.asked.size() == 1);
    CHECK(network.asked[0].url == "https://sns.eu-central-1.amazonaws.com/");
    const auto fields = network.fields(0);
    const std::string member = "PublishBatchRequestEntries.member.1.";
    CHECK(fields.at("Action") == "PublishBatch");
    CHECK(fields.at("Version") == "2010-03-31");
    CHECK(fields.at("TopicArn") == arn + "all.fifo");
    CHECK(fields.at(member + "Message") == R"({"payment_id":"1"})");
    CHECK(fields.at(member + "MessageGroupId") == "pay-1");
    CHECK(fields.at(member + "MessageDeduplicationId") == "row-1");
    std::map<std::string, std::string> attributes;
    for (int i = 1; fields.contains(member + "MessageAttributes.entry." + std::to_string(i) + ".Name"); ++i) {
        const std::string attribute = member + "MessageAttributes.entry." + std::to_string(i) + ".";
        CHECK(fields.at(attribute + "Value.DataType") == "String");
        attributes[fields.at(attribute + "Name")] = fields.at(attribute + "Value.StringValue");
    }
    CHECK(attributes == std::map<std::string, std::string>{{"eventType", "PAYMENT_COMPLETED"},
                                                           {"eventVersion", "1.0"},
                                                           {"source", "payment-service"},
                                                           {"correlationId", "pay-1"},
                                                           {"messageId", "row-1"},
                                                           {"aggregateType", "Payment"},
                                                           {"ce_specversion", "1.0"},
                                                           {"ce_id", "row-1"},
                                                           {"ce_time", "2025-11-21T08:00:00.000Z"},
                                                           {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}});
    bool signed_then = false;
    for (const Header& header : network.asked[0].headers)
        signed_then |= header.name == "X-Amz-Date" && header.value == "20251121T080000Z";
    CHECK(signed_then);
}

TEST_CASE("SNS: a batch has ten entries, 256 KiB, one topic, and of each key one message") {
    std::string ten;
    for (int i = 0; i < 10; ++i) ten += good(i);
    auto with = options();
    with.topic_arns["other"] = arn + "other.fifo";
    Network network{{members(ten)}, {}};
    std::vector<Message> messages;
    for (int i = 0; i < 25; ++i)
        messages.push_back(
            {i % 5 == 4 ? "other" : "payment.completed", "k" + std::to_string(i % 13), "m" + std::to_string(i), {}});
    for (const DeliveryReport& report : network.publish(messages, with)) CHECK(report.delivery == Delivery::delivered);
    for (std::size_t i = 0; i < network.asked.size(); ++i) {
        const auto fields = network.fields(i);
        std::set<std::string> keys;
        std::size_t entries = 0;
        for (const auto& [name, value] : fields) {
            if (name.ends_with(".MessageGroupId")) CHECK(keys.insert(value).second);
            if (!name.ends_with(".Message")) continue;
            ++entries;
            const bool of_other = std::stoi(value.substr(1)) % 5 == 4;
            CHECK(fields.at("TopicArn") == arn + (of_other ? "other.fifo" : "all.fifo"));
        }
        CHECK(entries <= 10);
        CHECK(entries == keys.size());
    }
    CHECK(network.asked.size() == 3);

    Network large{{members(ten)}, {}};
    const std::string value(100'000, 'x');
    for (const DeliveryReport& report : large.publish({{"a", "1", value, {}},
                                                       {"a", "2", value, {}},
                                                       {"a", "3", value, {}},
                                                       {"a", "4", std::string(sns::batch_bytes_max, 'x'), {}}}))
        CHECK(report.delivery == Delivery::delivered);
    CHECK(large.asked.size() == 3);
}

TEST_CASE("SNS: keys and ids that SNS does not take are hashed, and a standard topic gets neither") {
    Network network{{members(good(0))}, {}};
    (void)network.publish({event("", "row 1")});
    (void)network.publish({event(std::string(129, 'k'))});
    (void)network.publish({event(std::string(128, 'k'))});
    CHECK(network.fields(0).at("PublishBatchRequestEntries.member.1.MessageGroupId") ==
          "sha256-e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(network.fields(0).at("PublishBatchRequestEntries.member.1.MessageDeduplicationId").starts_with("sha256-"));
    CHECK(network.fields(1).at("PublishBatchRequestEntries.member.1.MessageGroupId").starts_with("sha256-"));
    CHECK(network.fields(2).at("PublishBatchRequestEntries.member.1.MessageGroupId") == std::string(128, 'k'));
    auto with = options();
    with.topic_arn = arn + "standard";
    with.ordering = sns::Ordering::may_lose;
    (void)network.publish({event("k")}, with);
    CHECK_FALSE(network.fields(3).contains("PublishBatchRequestEntries.member.1.MessageGroupId"));
    Network nameless{{members(good(0))}, {}};
    (void)nameless.publish({{"a", "k", "same", {}}});
    (void)nameless.publish({{"a", "k", "same", {}}});
    CHECK(nameless.fields(0).at("PublishBatchRequestEntries.member.1.MessageDeduplicationId") !=
          nameless.fields(1).at("PublishBatchRequestEntries.member.1.MessageDeduplicationId"));
}

TEST_CASE("SNS: what a message may not have holds its key only") {
    Network network{{members(good(0) + good(1))}, {}};
    std::vector<MessageHeader> eleven;
    for (int i = 0; i < 11; ++i) eleven.push_back({"h" + std::to_string(i), "x"});
    for (const std::vector<MessageHeader>& headers :
         std::vector<std::vector<MessageHeader>>{eleven,
                                                 {{"a", "1"}, {"a", "2"}},
                                                 {{"a b", "1"}},
                                                 {{".a", "1"}},
                                                 {{"a..b", "1"}},
                                                 {{"AWS.a", "1"}},
                                                 {{"", "1"}},
                                                 {{"a", "\x01"}},
                                                 {{"a", std::string(sns::batch_bytes_max, 'x')}}}) {
        const auto reports = network.publish({{"a", "k1", "1", headers}, {"a", "k1", "2", {}}, {"a", "k2", "3", {}}});
        CHECK(reports[0].delivery == Delivery::not_sent);
        CHECK(reports[0].cause == Errc::malformed);
        CHECK(reports[1].cause == Errc::malformed);
        CHECK(reports[2].delivery == Delivery::delivered);
    }
    auto with = options();
    with.topic_arn.clear();
    with.topic_arns["b"] = arn + "b.fifo";
    const auto reports = network.publish({{"a", "k1", "1", {}}, {"b", "k2", "2", {}}}, with);
    CHECK(reports[0].cause == Errc::unsupported);
    CHECK(reports[1].delivery == Delivery::delivered);
}

TEST_CASE("SNS: each entry's report is its own") {
    Network network{{members(good(0) + good(3) + good(3), bad(1, "InvalidParameter", true) + bad(2, "Throttled", true) +
                                                              bad(5, "InternalError", false) + bad(6, "NewCode", true) +
                                                              bad(7, "NotFound", true)),
                     members("")},
                    {}};
    std::vector<Message> messages;
    for (int i = 0; i < 8; ++i) messages.push_back({"a", "k" + std::to_string(i), "m", {}});
    messages.push_back({"a", "k1", "behind", {}});
    const auto reports = network.publish(messages);
    const auto is = [&](std::size_t i, Delivery delivery, Errc cause) {
        return reports[i].delivery == delivery && (delivery == Delivery::delivered || reports[i].cause == cause);
    };
    CHECK(is(0, Delivery::delivered, {}));
    CHECK(is(1, Delivery::not_sent, Errc::malformed));
    CHECK(is(2, Delivery::not_sent, Errc::unavailable));
    CHECK(is(3, Delivery::unknown, Errc::outcome_unknown));  // told of twice
    CHECK(is(4, Delivery::unknown, Errc::outcome_unknown));  // not told of
    CHECK(is(5, Delivery::not_sent, Errc::unavailable));
    CHECK(is(6, Delivery::not_sent, Errc::malformed));
    CHECK(is(7, Delivery::not_sent, Errc::unsupported));
    CHECK(is(8, Delivery::not_sent, Errc::malformed));
    CHECK(network.asked.size() == 1);
}

TEST_CASE("SNS: an answer to the whole batch is about message, topic or way") {
    struct Row {
        Result<HttpAnswer> answer;
        Delivery delivery;
        Errc cause;
        bool ends_page;
    };
    using enum Errc;
    const std::vector<Row> rows{
        {refusal(400, "Throttling"), Delivery::not_sent, unavailable, true},
        {refusal(429, "KMSThrottling"), Delivery::not_sent, unavailable, true},
        {refusal(403, "AuthorizationError"), Delivery::not_sent, unavailable, true},
        {refusal(403, "AuthorizationErrorException"), Delivery::not_sent, unavailable, true},
        {refusal(403, "SignatureDoesNotMatch"), Delivery::not_sent, unavailable, true},
        {refusal(403, "ExpiredToken"), Delivery::not_sent, unavailable, true},
        {refusal(404, "NotFound"), Delivery::not_sent, unsupported, false},
        {refusal(400, "InvalidParameter"), Delivery::not_sent, malformed, false},
        {refusal(400, "SomethingNew"), Delivery::not_sent, malformed, false},
        {refusal(418, "SomethingNew"), Delivery::not_sent, unavailable, true},
        {refusal(500, "InternalFailure"), Delivery::unknown, outcome_unknown, true},
        {refusal(503, "ServiceUnavailable"), Delivery::unknown, outcome_unknown, true},
        {xml(302, ""), Delivery::unknown, outcome_unknown, true},
        {xml(400, "<html>"), Delivery::unknown, outcome_unknown, true},
        {xml(403, "<html>"), Delivery::not_sent, unavailable, true},
        {xml(200, ""), Delivery::unknown, outcome_unknown, true},
        {xml(200, "<PublishBatchResponse></PublishBatchResponse>"), Delivery::unknown, outcome_unknown, true},
        {xml(200, "<PublishResponse><PublishBatchResult/></PublishResponse>"), Delivery::unknown, outcome_unknown,
         true},
        {fail(unavailable, "test", "refused"), Delivery::not_sent, unavailable, true},
        {fail(cancelled, "test", "late"), Delivery::not_sent, cancelled, true},
        {fail(outcome_unknown, "test", "broke"), Delivery::unknown, outcome_unknown, true},
        {fail(malformed, "test", "not HTTP"), Delivery::unknown, outcome_unknown, true},
        {fail(invalid_argument, "test", "ca_file"), Delivery::not_sent, unavailable, true},
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        CAPTURE(i);
        Network network{{rows[i].answer}, {}};
        std::vector<Message> messages;
        for (int k = 0; k < 12; ++k) messages.push_back({"a", "k" + std::to_string(k), "m", {}});
        const auto reports = network.publish(messages);
        CHECK(reports[0].delivery == rows[i].delivery);
        CHECK(reports[0].cause == rows[i].cause);
        CHECK_FALSE(reports[0].reason.empty());
        CHECK(reports[0].reason.find("not for logs") == std::string::npos);
        CHECK(reports[11].delivery == (rows[i].ends_page ? Delivery::not_sent : rows[i].delivery));
        if (rows[i].ends_page) CHECK(network.asked.size() == 1);
        if (rows[i].ends_page) CHECK((reports[11].cause == unavailable || reports[11].cause == cancelled));
    }
}

TEST_CASE("SNS: a batch refused for what it holds is sent message by message, and the one at fault is found") {
    test::RecordingObserver observer;
    auto with = options();
    with.observer = &observer;
    Network network{
        {refusal(400, "InvalidParameter"), members(good(0)), refusal(400, "InvalidParameter"), members(good(0))}, {}};
    const auto reports = network.publish(
        {{"a", "k1", "1", {}}, {"a", "k2", "2", {}}, {"a", "k3", "3", {}}, {"a", "k2", "4", {}}, {"a", "k1", "5", {}}},
        with);
    CHECK(reports[0].delivery == Delivery::delivered);
    CHECK(reports[1].cause == Errc::malformed);
    CHECK(reports[2].delivery == Delivery::delivered);
    CHECK(reports[3].delivery == Delivery::not_sent);
    CHECK(reports[4].delivery == Delivery::delivered);
    CHECK(network.asked.size() == 5);
    CHECK(observer.records("sns.batch_refused").size() == 1);
    Network dying{{refusal(400, "InvalidParameter"), members(good(0)), fail(Errc::unavailable, "test", "gone")}, {}};
    const auto ended =
        dying.publish({{"a", "k1", "1", {}}, {"a", "k2", "2", {}}, {"a", "k3", "3", {}}, {"a", "k1", "4", {}}});
    CHECK(ended[0].delivery == Delivery::delivered);
    for (const std::size_t i : {1U, 2U, 3U}) CHECK(ended[i].cause == Errc::unavailable);
    CHECK(dying.asked.size() == 3);
}
