// SNS over HTTP: the transport's suite with FIFO topics, an imposter that answers late, brokenly and not at all, and a
// judge of our signatures.
#include <memory>
#include <semaphore>
#include <string>
#include <ticketbottle/http/client.hpp>
#include <ticketbottle/sns/sns.hpp>

#include "conformance/message_transport.hpp"
#include "core/json.hpp"
#include "support/command.hpp"
#include "support/imposter_sns.hpp"

namespace ticketbottle {
namespace {

using namespace std::chrono_literals;
using test::ImposterSns;

constexpr const char* secret = "EXAMPLE-secret";

Result<HttpAnswer> perform(const OutgoingRequest& request, Deadline deadline) {
    return http::perform(request, deadline);
}

class SnsBackend {
public:
    SnsBackend() {
        sns::Options options;
        options.credentials = {"AKIDEXAMPLE", Secret("EXAMPLE-secret"), Secret()};
        options.region = ImposterSns::region;
        options.endpoint = imposter_.url();
        for (const char* topic : {"paid", "failed", "a", "b", "bytes"})
            options.topic_arns[topic] = ImposterSns::arn(std::string(topic) + ".fifo");
        transport_ = sns::open_transport(options, perform).value();
    }
    MessageTransport& transport() { return *transport_; }
    std::vector<Message> received() { return imposter_.received(); }
    static Message refused(Message message) {
        message.value.assign(sns::batch_bytes_max + 1, 'x');
        return message;
    }

private:
    ImposterSns imposter_;
    std::unique_ptr<MessageTransport> transport_;
};

struct Desk {
    ImposterSns imposter;
    std::unique_ptr<MessageTransport> transport;

    explicit Desk(const std::string& token = {}) {
        sns::Options options;
        options.credentials = {"AKIDEXAMPLE", Secret(secret), token.empty() ? Secret() : Secret(token)};
        options.region = ImposterSns::region;
        options.endpoint = imposter.url();
        options.topic_arn = ImposterSns::arn("all.fifo");
        transport = sns::open_transport(options, perform).value();
    }
    std::vector<DeliveryReport> publish(const std::vector<Message>& messages, Deadline deadline = Deadline::in(60s)) {
        std::vector<DeliveryReport> reports(messages.size());
        transport->publish(messages, reports, deadline);
        return reports;
    }
};

Message message(const std::string& key, const std::string& id) {
    return {"payment.completed",
            key,
            R"({"name":"Nguyễn 🎫 & = +%"})",
            {{"messageId", id}, {"eventType", "PAYMENT_COMPLETED"}}};
}

TEST_CASE("SNS over HTTP: what arrives is signed, as Python works it out") {
    for (const std::string token : {"", "EXAMPLE/token+=="}) {
        Desk desk(token);
        REQUIRE(desk.publish({message("k1", "1"), message("k2", "2")})[1].delivery == Delivery::delivered);
        const auto request = desk.imposter.requests().at(0);
        CHECK((request.headers.find("\r\nX-Amz-Security-Token: ") != std::string::npos) == !token.empty());
        std::string given;
        json::ObjectWriter out(given);
        out.string("secret", secret);
        out.string("request", request.line);
        out.string("headers", request.headers);
        out.string("body", request.body);
        out.finish();
        const auto judge = test::run({"python3", std::string(TKB_SOURCE_DIR) + "/tests/support/judge_sigv4.py"}, given);
        REQUIRE_MESSAGE(judge.exit_code == 0, judge.err);
        CHECK(judge.out.substr(0, 64) == judge.out.substr(65));
    }
}

TEST_CASE("SNS over HTTP: an answer that is lost is unknown, and the repeat is dropped by SNS") {
    for (const auto& twist :
         std::vector<ImposterSns::Twist>{[](const std::string&) { return std::string(); },
                                         [](const std::string& honest) { return honest.substr(0, honest.size() / 2); },
                                         [](const std::string&) { return ImposterSns::http(200, "<html>"); }}) {
        Desk desk;
        desk.imposter.twist(twist);
        const auto reports = desk.publish({message("k1", "1"), message("k2", "2"), message("k1", "3")});
        CHECK(reports[0].delivery == Delivery::unknown);
        CHECK(reports[1].delivery == Delivery::unknown);
        CHECK(reports[2].delivery == Delivery::not_sent);
        CHECK(desk.imposter.received().size() == 2);
        for (const DeliveryReport& report : desk.publish({message("k1", "1"), message("k2", "2"), message("k1", "3")}))
            CHECK(report.delivery == Delivery::delivered);
        CHECK(desk.imposter.received().size() == 3);
    }
}

TEST_CASE("SNS over HTTP: a topic that is not there stops its events, a throttled entry its key") {
    Desk desk;
    desk.imposter.refuse_message("slow down", "Throttled", true);
    Message throttled = message("k1", "1");
    throttled.value = "slow down";
    const auto reports = desk.publish({throttled, message("k1", "2"), message("k2", "3")});
    CHECK(reports[0].cause == Errc::unavailable);
    CHECK(reports[1].delivery == Delivery::not_sent);
    CHECK(reports[2].delivery == Delivery::delivered);
    desk.imposter.remove_topic("all.fifo");
    CHECK(desk.publish({message("k3", "4")})[0].cause == Errc::unsupported);
}

TEST_CASE("SNS over HTTP: the deadline ends a batch that hangs, and nobody listening is unavailable") {
    Desk desk;
    std::binary_semaphore let_go(0);
    desk.imposter.twist([&](const std::string& honest) {
        let_go.acquire();
        return honest;
    });
    const auto began = std::chrono::steady_clock::now();
    const auto reports = desk.publish({message("k1", "1"), message("k1", "2")}, Deadline::in(300ms));
    let_go.release();
    CHECK(reports[0].delivery == Delivery::unknown);
    CHECK(reports[1].delivery == Delivery::not_sent);
    CHECK(std::chrono::steady_clock::now() - began < 30s);

    sns::Options options;
    options.credentials = {"AKIDEXAMPLE", Secret(secret), Secret()};
    options.region = ImposterSns::region;
    options.topic_arn = ImposterSns::arn("all.fifo");
    {
        const test::TcpImposter gone([](int) {});
        options.endpoint = "http://127.0.0.1:" + std::to_string(gone.port());
    }
    const auto transport = sns::open_transport(options, perform).value();
    std::vector<DeliveryReport> refused(1);
    const std::vector<Message> one{message("k1", "1")};
    transport->publish(one, refused, Deadline::in(30s));
    CHECK(refused[0].delivery == Delivery::not_sent);
    CHECK(refused[0].cause == Errc::unavailable);
}

}  // namespace
}  // namespace ticketbottle

TKB_MESSAGE_TRANSPORT_CONFORMANCE_TEXT(SnsBackend);
