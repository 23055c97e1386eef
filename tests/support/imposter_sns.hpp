#pragma once
/// \file
/// Amazon SNS's PublishBatch on loopback, as strict about a batch as SNS, and with answers that a test may twist.
/// Signatures are kept for a judge (tests/support/judge_sigv4.py); this one only asks for one.

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <ticketbottle/ports/message_transport.hpp>
#include <vector>

#include "support/form_fields.hpp"
#include "support/tcp_imposter.hpp"

namespace ticketbottle::test {

struct SnsRequest {
    std::string line;
    std::string headers;
    std::string body;
};

class ImposterSns {
public:
    static constexpr const char* region = "eu-central-1";
    /// Given the honest answer, whole; what it returns is sent.
    using Twist = std::function<std::string(const std::string& honest)>;
    enum class Work : std::uint8_t { done, left_out };

    [[nodiscard]] static std::string arn(const std::string& name) {
        return std::string("arn:aws:sns:") + region + ":123456789012:" + name;
    }
    [[nodiscard]] static std::string http(int status, const std::string& body) {
        return "HTTP/1.1 " + std::to_string(status) +
               " -\r\nConnection: close\r\nContent-Type: text/xml\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    [[nodiscard]] static std::string refusal(int status, const std::string& code) {
        return http(status,
                    "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\n  <Error>\n    "
                    "<Type>Sender</Type>\n    <Code>" +
                        code +
                        "</Code>\n    <Message>not for logs</Message>\n  </Error>\n  "
                        "<RequestId>r</RequestId>\n</ErrorResponse>\n");
    }

    [[nodiscard]] std::string url() const {
        const std::string url = server_.url();
        return url.substr(0, url.size() - 1);
    }
    void twist(Twist twist, Work work = Work::done) {
        const std::scoped_lock lock(mutex_);
        twists_.emplace_back(std::move(twist), work);
    }
    /// A message of this value is refused in every batch, by itself.
    void refuse_message(std::string value, std::string code, bool sender_fault) {
        const std::scoped_lock lock(mutex_);
        refused_[std::move(value)] = {std::move(code), sender_fault};
    }
    void remove_topic(const std::string& name) {
        const std::scoped_lock lock(mutex_);
        missing_.insert(arn(name));
    }
    [[nodiscard]] std::vector<SnsRequest> requests() const {
        const std::scoped_lock lock(mutex_);
        return requests_;
    }
    /// Topic without ".fifo", key = MessageGroupId, headers = attributes; a repeat by its deduplication id is dropped.
    [[nodiscard]] std::vector<Message> received() const {
        const std::scoped_lock lock(mutex_);
        return received_;
    }

private:
    struct Refused {
        std::string code;
        bool sender_fault = false;
    };

    void serve(int fd) {
        SnsRequest request;
        std::string got = receive_until(fd, "\r\n\r\n");
        const auto end = got.find("\r\n\r\n");
        if (end == std::string::npos) return;
        const std::string mark = "Content-Length: ";
        const auto at = got.find(mark);
        const std::size_t size = at == std::string::npos || at > end ? 0 : std::stoul(got.substr(at + mark.size()));
        char block[65536];
        while (got.size() < end + 4 + size) {
            const ssize_t bytes = ::recv(fd, block, sizeof block, 0);
            if (bytes <= 0) return;
            got.append(block, static_cast<std::size_t>(bytes));
        }
        request.line = got.substr(0, got.find("\r\n"));
        request.headers = got.substr(request.line.size(), end - request.line.size());
        request.body = got.substr(end + 4);
        send_all(fd, answer(request));
    }

    std::string answer(const SnsRequest& request) {
        const std::scoped_lock lock(mutex_);
        requests_.push_back(request);
        if (twists_.empty()) return honest(request);
        const auto [twist, work] = std::move(twists_.front());
        twists_.pop_front();
        return twist(work == Work::done ? honest(request) : std::string());
    }

    std::string honest(const SnsRequest& request) {
        if (request.headers.find("\r\nAuthorization: AWS4-HMAC-SHA256 Credential=") == std::string::npos)
            return refusal(403, "MissingAuthenticationToken");
        const auto fields = form_fields(request.body);
        const auto field = [&](const std::string& name) {
            return fields.contains(name) ? fields.at(name) : std::string();
        };
        if (field("Action") != "PublishBatch" || field("Version") != "2010-03-31") return refusal(400, "InvalidAction");
        const std::string arn = field("TopicArn");
        if (missing_.contains(arn)) return refusal(404, "NotFound");
        std::string successful;
        std::string failed;
        std::set<std::string> ids;
        std::size_t bytes = 0;
        for (int i = 1;; ++i) {
            const std::string member = "PublishBatchRequestEntries.member." + std::to_string(i) + ".";
            if (!fields.contains(member + "Id")) break;
            Message message;
            message.topic = arn.substr(arn.rfind(':') + 1);
            const bool fifo = message.topic.ends_with(".fifo");
            if (fifo) message.topic.resize(message.topic.size() - 5);
            message.key = field(member + "MessageGroupId");
            message.value = field(member + "Message");
            if (fifo == message.key.empty() || fifo == field(member + "MessageDeduplicationId").empty() ||
                message.value.empty())
                return refusal(400, "InvalidParameter");
            if (!ids.insert(field(member + "Id")).second) return refusal(400, "BatchEntryIdsNotDistinct");
            bytes += message.value.size();
            for (int a = 1;; ++a) {
                const std::string attribute = member + "MessageAttributes.entry." + std::to_string(a) + ".";
                if (!fields.contains(attribute + "Name")) break;
                if (field(attribute + "Value.DataType") != "String" || field(attribute + "Value.StringValue").empty())
                    return refusal(400, "ParameterValueInvalid");
                message.headers.push_back({field(attribute + "Name"), field(attribute + "Value.StringValue")});
                bytes += message.headers.back().name.size() + message.headers.back().value.size() + 6;
            }
            const auto refused = refused_.find(message.value);
            if (refused != refused_.end()) {
                failed += "<member><Id>" + field(member + "Id") + "</Id><Code>" + refused->second.code +
                          "</Code><Message>no</Message><SenderFault>" +
                          (refused->second.sender_fault ? "true" : "false") + "</SenderFault></member>";
                continue;
            }
            const std::string deduplication = arn + "\n" + field(member + "MessageDeduplicationId");
            if (!fifo || deduplicated_.insert(deduplication).second) received_.push_back(message);
            successful += "<member><Id>" + field(member + "Id") +
                          "</Id><MessageId>m</MessageId><SequenceNumber>1</SequenceNumber></member>";
        }
        if (ids.empty()) return refusal(400, "EmptyBatchRequest");
        if (ids.size() > 10) return refusal(400, "TooManyEntriesInBatchRequest");
        if (bytes > 262144) return refusal(400, "BatchRequestTooLong");
        return http(
            200,
            "<PublishBatchResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishBatchResult><Failed>" +
                failed + "</Failed><Successful>" + successful +
                "</Successful></PublishBatchResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></"
                "PublishBatchResponse>");
    }

    mutable std::mutex mutex_;
    std::deque<std::pair<Twist, Work>> twists_;
    std::map<std::string, Refused> refused_;
    std::set<std::string> missing_;
    std::set<std::string> deduplicated_;
    std::vector<SnsRequest> requests_;
    std::vector<Message> received_;
    TcpImposter server_{[this](int fd) { serve(fd); }};  // last: its thread uses everything above
};

}  // namespace ticketbottle::test
