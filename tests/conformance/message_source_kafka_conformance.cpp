// The suite on librdkafka's own mock cluster.

#include "conformance/message_source.hpp"

#include "support/kafka_mock.hpp"

#include <ticketbottle/kafka/source.hpp>

namespace ticketbottle {
namespace {

class KafkaBackend {
public:
    KafkaBackend() { transport_ = kafka::open_transport(mock_.options()).value(); }
    MessageTransport& transport() { return *transport_; }
    std::unique_ptr<MessageSource> open(const std::string& consumer, const std::string& topic) {
        kafka::SourceOptions options;
        options.connection = mock_.options();
        options.group = consumer;
        options.topic = topic;
        return kafka::open_source(options).value();
    }

private:
    test::KafkaMock mock_{1};
    std::unique_ptr<MessageTransport> transport_;
};

}  // namespace
}  // namespace ticketbottle

TKB_MESSAGE_SOURCE_CONFORMANCE(ticketbottle::KafkaBackend);
