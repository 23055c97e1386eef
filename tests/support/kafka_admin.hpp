#pragma once
/// \file
/// Makes topics and forbids them on a Kafka broker, with librdkafka's admin calls.

#include "support/kafka_reader.hpp"

#include <map>
#include <memory>
#include <stdexcept>
#include <string>

namespace ticketbottle::test {

class KafkaAdmin {
public:
    explicit KafkaAdmin(const std::string& broker)
        : client_(make_kafka_client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", broker}, {"log_level", "0"}})), queue_(rd_kafka_queue_new(client_)) {}
    ~KafkaAdmin() {
        rd_kafka_queue_destroy(queue_);
        rd_kafka_destroy(client_);
    }
    KafkaAdmin(const KafkaAdmin&) = delete;
    KafkaAdmin& operator=(const KafkaAdmin&) = delete;

    void make_topic(const std::string& name, int partitions, const std::map<std::string, std::string>& settings = {}) {
        char text[512];
        rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(name.c_str(), partitions, 1, text, sizeof text);
        if (topic == nullptr) throw std::runtime_error(text);
        for (const auto& [key, value] : settings) rd_kafka_NewTopic_set_config(topic, key.c_str(), value.c_str());
        rd_kafka_CreateTopics(client_, &topic, 1, nullptr, queue_);
        rd_kafka_NewTopic_destroy(topic);
        const Event event = wait();
        const rd_kafka_CreateTopics_result_t* const result = rd_kafka_event_CreateTopics_result(event.get());
        std::size_t count = 0;
        const rd_kafka_topic_result_t** const topics = rd_kafka_CreateTopics_result_topics(result, &count);
        if (count != 1 || rd_kafka_topic_result_error(topics[0]) != RD_KAFKA_RESP_ERR_NO_ERROR)
            throw std::runtime_error(count == 1 ? rd_kafka_topic_result_error_string(topics[0]) : "no result");
    }
    /// As retention does: what is before `offset` is gone.
    void delete_before(const std::string& topic, int partition, std::int64_t offset) {
        rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = offset;
        rd_kafka_DeleteRecords_t* records = rd_kafka_DeleteRecords_new(list);
        rd_kafka_topic_partition_list_destroy(list);
        rd_kafka_DeleteRecords(client_, &records, 1, nullptr, queue_);
        rd_kafka_DeleteRecords_destroy(records);
        (void)wait();
    }
    /// The account may not write to the topic. \param account  "User:relay".
    void forbid_writing(const std::string& topic, const std::string& account) {
        char text[512];
        rd_kafka_AclBinding_t* binding =
            rd_kafka_AclBinding_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str(), RD_KAFKA_RESOURCE_PATTERN_LITERAL, account.c_str(), "*",
                                    RD_KAFKA_ACL_OPERATION_WRITE, RD_KAFKA_ACL_PERMISSION_TYPE_DENY, text, sizeof text);
        if (binding == nullptr) throw std::runtime_error(text);
        rd_kafka_CreateAcls(client_, &binding, 1, nullptr, queue_);
        rd_kafka_AclBinding_destroy(binding);
        const Event event = wait();
        std::size_t count = 0;
        const rd_kafka_acl_result_t** const results =
            rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(event.get()), &count);
        if (count != 1 || rd_kafka_acl_result_error(results[0]) != nullptr) throw std::runtime_error("the ACL was not made");
    }

private:
    using Event = std::unique_ptr<rd_kafka_event_t, void (*)(rd_kafka_event_t*)>;
    [[nodiscard]] Event wait() {
        Event event(rd_kafka_queue_poll(queue_, 60000), &rd_kafka_event_destroy);
        if (!event) throw std::runtime_error("the broker does not answer");
        if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_event_error_string(event.get()));
        return event;
    }
    rd_kafka_t* client_;
    rd_kafka_queue_t* queue_;
};

}  // namespace ticketbottle::test
