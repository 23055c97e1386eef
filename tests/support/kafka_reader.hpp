#pragma once
/// \file
/// Reads whole topics from a Kafka cluster, from the first message to the last there is now.

#include <ticketbottle/ports/message_transport.hpp>

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace ticketbottle::test {

using KafkaSettings = std::map<std::string, std::string>;  ///< librdkafka's names.

inline rd_kafka_t* make_kafka_client(rd_kafka_type_t type, const KafkaSettings& settings) {
    char text[512];
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    for (const auto& [name, value] : settings) {
        if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text, sizeof text) != RD_KAFKA_CONF_OK) throw std::runtime_error(text);
    }
    rd_kafka_t* const client = rd_kafka_new(type, conf, text, sizeof text);
    if (client == nullptr) throw std::runtime_error(text);
    return client;
}

class KafkaReader {
public:
    explicit KafkaReader(KafkaSettings settings) {
        settings.emplace("group.id", "reader");
        settings.emplace("enable.partition.eof", "false");
        settings.emplace("check.crcs", "true");
        settings.emplace("fetch.wait.max.ms", "10");
        client_ = make_kafka_client(RD_KAFKA_CONSUMER, settings);
        rd_kafka_poll_set_consumer(client_);
    }
    ~KafkaReader() {
        rd_kafka_consumer_close(client_);
        rd_kafka_destroy(client_);
    }
    KafkaReader(const KafkaReader&) = delete;
    KafkaReader& operator=(const KafkaReader&) = delete;

    /// Every partition of the topic after the other, each in its order.
    [[nodiscard]] std::vector<Message> read(const std::string& topic) {
        std::vector<Message> all;
        for (int partition = 0, partitions = partition_count(topic); partition < partitions; ++partition) read(topic, partition, all);
        return all;
    }
    /// Of the cluster, but those of Kafka itself.
    [[nodiscard]] std::vector<std::string> topics() {
        std::vector<std::string> names;
        const struct rd_kafka_metadata* const metadata = ask(nullptr);
        for (int i = 0; i < metadata->topic_cnt; ++i) {
            const std::string name = metadata->topics[i].topic;
            if (!name.starts_with("__")) names.push_back(name);
        }
        rd_kafka_metadata_destroy(metadata);
        return names;
    }

private:
    /// Of a topic, or of all. One long wait now and then sleeps for a second where two short ones do not.
    const struct rd_kafka_metadata* ask(rd_kafka_topic_t* topic) {
        const struct rd_kafka_metadata* metadata = nullptr;
        rd_kafka_resp_err_t failed = RD_KAFKA_RESP_ERR_NO_ERROR;
        for (int wait = 50; wait < 30000; wait += wait / 2) {
            failed = rd_kafka_metadata(client_, topic == nullptr ? 1 : 0, topic, &metadata, wait);
            if (failed == RD_KAFKA_RESP_ERR_NO_ERROR) return metadata;
        }
        throw std::runtime_error(rd_kafka_err2str(failed));
    }
    int partition_count(const std::string& topic) {
        rd_kafka_topic_t* const handle = rd_kafka_topic_new(client_, topic.c_str(), nullptr);
        const struct rd_kafka_metadata* const metadata = ask(handle);
        rd_kafka_topic_destroy(handle);
        const int count = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
        rd_kafka_metadata_destroy(metadata);
        return count;
    }
    void read(const std::string& topic, int partition, std::vector<Message>& all) {
        std::int64_t begin = 0;
        std::int64_t end = 0;
        const auto failed = rd_kafka_query_watermark_offsets(client_, topic.c_str(), partition, &begin, &end, 30000);
        if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(failed));
        if (begin >= end) return;
        rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = begin;
        rd_kafka_assign(client_, list);
        rd_kafka_topic_partition_list_destroy(list);
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        for (std::int64_t at = begin; at < end;) {
            if (std::chrono::steady_clock::now() > patience) throw std::runtime_error("reading " + topic + " takes too long");
            const std::unique_ptr<rd_kafka_message_t, void (*)(rd_kafka_message_t*)> got(rd_kafka_consumer_poll(client_, 100),
                                                                                       &rd_kafka_message_destroy);
            if (!got || got->err != RD_KAFKA_RESP_ERR_NO_ERROR || got->partition != partition) continue;
            at = got->offset + 1;
            all.push_back(message_of(topic, *got));
        }
        rd_kafka_assign(client_, nullptr);
    }
    static std::string bytes(const void* data, std::size_t size) {
        return data == nullptr ? std::string() : std::string(static_cast<const char*>(data), size);
    }
    static Message message_of(const std::string& topic, const rd_kafka_message_t& got) {
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

    rd_kafka_t* client_ = nullptr;
};

}  // namespace ticketbottle::test
