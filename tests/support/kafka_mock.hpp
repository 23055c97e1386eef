#pragma once
/// \file
/// A Kafka cluster inside this process, as librdkafka brings one for tests: real sockets on loopback, errors on demand.

#include "support/kafka_reader.hpp"

#include <ticketbottle/kafka/kafka.hpp>

#include <librdkafka/rdkafka_mock.h>

#include <initializer_list>
#include <string>
#include <vector>

namespace ticketbottle::test {

/// Kafka's numbers of requests.
enum class KafkaRequest : std::int16_t { produce = 0, metadata = 3, init_producer_id = 22 };

class KafkaMock {
public:
    explicit KafkaMock(int brokers = 1) : brokers_(brokers) {
        owner_ = make_kafka_client(RD_KAFKA_PRODUCER, {{"log_level", "0"}});
        cluster_ = rd_kafka_mock_cluster_new(owner_, brokers);
        if (cluster_ == nullptr) throw std::runtime_error("no mock cluster");
    }
    ~KafkaMock() {
        rd_kafka_mock_cluster_destroy(cluster_);
        rd_kafka_destroy(owner_);
    }
    KafkaMock(const KafkaMock&) = delete;
    KafkaMock& operator=(const KafkaMock&) = delete;

    [[nodiscard]] kafka::Options options() const {
        kafka::Options options;
        const std::string list = rd_kafka_mock_cluster_bootstraps(cluster_);
        for (std::size_t begin = 0; begin < list.size();) {
            const std::size_t end = std::min(list.find(',', begin), list.size());
            options.brokers.push_back(list.substr(begin, end - begin));
            begin = end + 1;
        }
        options.security = kafka::Security::plaintext;
        return options;
    }
    void make_topic(const std::string& name, int partitions) {
        rd_kafka_mock_topic_create(cluster_, name.c_str(), partitions, brokers_);
    }
    /// The next requests of that kind are answered so, one each.
    void answer(KafkaRequest request, std::initializer_list<rd_kafka_resp_err_t> errors) {
        rd_kafka_mock_push_request_errors_array(cluster_, static_cast<std::int16_t>(request), errors.size(), errors.begin());
    }
    /// All of them, until answer_as_usual().
    void answer_always(KafkaRequest request, rd_kafka_resp_err_t error) {
        const std::vector<rd_kafka_resp_err_t> errors(10'000, error);
        rd_kafka_mock_push_request_errors_array(cluster_, static_cast<std::int16_t>(request), errors.size(), errors.data());
    }
    void answer_as_usual(KafkaRequest request) { rd_kafka_mock_clear_request_errors(cluster_, static_cast<std::int16_t>(request)); }
    void topic_error(const std::string& topic, rd_kafka_resp_err_t error) { rd_kafka_mock_topic_set_error(cluster_, topic.c_str(), error); }
    void set_down() { each([this](int broker) { rd_kafka_mock_broker_set_down(cluster_, broker); }); }
    void set_up() { each([this](int broker) { rd_kafka_mock_broker_set_up(cluster_, broker); }); }
    /// How long every answer takes.
    void set_delay(int ms) { each([this, ms](int broker) { rd_kafka_mock_broker_set_rtt(cluster_, broker, ms); }); }

    /// All topics' messages.
    [[nodiscard]] std::vector<Message> received() const {
        KafkaReader reader({{"bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster_)}, {"log_level", "0"}});
        std::vector<Message> all;
        for (const std::string& topic : reader.topics()) {
            for (Message& message : reader.read(topic)) all.push_back(std::move(message));
        }
        return all;
    }

private:
    template <class F>
    void each(F with) {
        for (int broker = 1; broker <= brokers_; ++broker) with(broker);
    }
    int brokers_;
    rd_kafka_t* owner_ = nullptr;
    rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

}  // namespace ticketbottle::test
