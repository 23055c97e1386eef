#pragma once
/// \file
/// Follows one topic as it grows, from where it ends now: what a consumer sees, and when.

#include "support/kafka_reader.hpp"

#include <optional>

namespace ticketbottle::test {

class KafkaTail {
public:
    KafkaTail(const std::string& broker, const std::string& topic, int partitions)
        : client_(make_kafka_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", broker},
                                                        {"group.id", "tail"},
                                                        {"fetch.wait.max.ms", "10"},
                                                        {"reconnect.backoff.max.ms", "500"},
                                                        {"log_level", "0"}})) {
        rd_kafka_poll_set_consumer(client_);
        rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(partitions);
        for (int partition = 0; partition < partitions; ++partition) {
            std::int64_t begin = 0;
            std::int64_t end = 0;
            if (rd_kafka_query_watermark_offsets(client_, topic.c_str(), partition, &begin, &end, 30000) != RD_KAFKA_RESP_ERR_NO_ERROR)
                throw std::runtime_error("the broker does not tell where " + topic + " ends");
            rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = end;
        }
        rd_kafka_assign(client_, list);
        rd_kafka_topic_partition_list_destroy(list);
    }
    ~KafkaTail() {
        rd_kafka_consumer_close(client_);
        rd_kafka_destroy(client_);
    }
    KafkaTail(const KafkaTail&) = delete;
    KafkaTail& operator=(const KafkaTail&) = delete;

    /// Waits until a message of this key arrives; those of others are passed over. False: none in time.
    [[nodiscard]] bool await_key(const std::string& key, std::chrono::milliseconds at_most) {
        const auto patience = std::chrono::steady_clock::now() + at_most;
        while (std::chrono::steady_clock::now() < patience) {
            const std::unique_ptr<rd_kafka_message_t, void (*)(rd_kafka_message_t*)> got(rd_kafka_consumer_poll(client_, 20),
                                                                                       &rd_kafka_message_destroy);
            if (!got || got->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
            if (std::string(static_cast<const char*>(got->key), got->key_len) == key) return true;
        }
        return false;
    }

private:
    rd_kafka_t* client_;
};

}  // namespace ticketbottle::test
