#include "kafka/received.hpp"

#include <cstddef>

namespace ticketbottle::kafka {
namespace {

std::string bytes(const void* data, std::size_t size) {
    return data == nullptr ? std::string() : std::string(static_cast<const char*>(data), size);
}

}  // namespace

Message message_of(const std::string& topic, const rd_kafka_message_t& got) {
    Message message{topic, bytes(got.key, got.key_len), bytes(got.payload, got.len), {}};
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&got, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return message;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
        message.headers.push_back({name, bytes(value, size)});
    return message;
}

}  // namespace ticketbottle::kafka
