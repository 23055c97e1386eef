// The suite on librdkafka's own mock cluster; what needs a broker that checks is in tests/integration/kafka_broker_test.cpp.

#include "conformance/message_transport.hpp"

#include "support/kafka_mock.hpp"

namespace ticketbottle {
namespace {

class KafkaBackend {
public:
    KafkaBackend() {
        kafka::Options options = mock_.options();
        options.message_bytes_max = message_bytes_max;
        transport_ = kafka::open_transport(options).value();
    }
    MessageTransport& transport() { return *transport_; }
    std::vector<Message> received() { return mock_.received(); }
    static Message refused(Message message) {
        message.value.assign(message_bytes_max + 1, 'x');
        return message;
    }

private:
    static constexpr std::size_t message_bytes_max = 200'000;
    test::KafkaMock mock_{3};
    std::unique_ptr<MessageTransport> transport_;
};

}  // namespace
}  // namespace ticketbottle

TKB_MESSAGE_TRANSPORT_CONFORMANCE(KafkaBackend);
