#include "stack/event_reader.hpp"

#include "support/kafka_reader.hpp"

#include <charconv>
#include <memory>
#include <string_view>

namespace ticketbottle::benchmarks {
namespace {

constexpr std::chrono::seconds patience{60};

/// The number after "seq"; or none.
std::size_t number_of(std::string_view value) {
    std::size_t number = SIZE_MAX;
    auto at = value.find("\"seq\"");
    if (at == std::string_view::npos) return number;
    at = value.find_first_of("0123456789", at);
    if (at != std::string_view::npos) std::from_chars(value.data() + at, value.data() + value.size(), number);
    return number;
}

}  // namespace

EventReader::EventReader(const std::string& broker, const std::string& topic, int partitions)
    : client_(test::make_kafka_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", broker},
                                                          {"group.id", "benchmark"},
                                                          {"enable.auto.commit", "false"},
                                                          {"fetch.wait.max.ms", "20"},
                                                          {"fetch.error.backoff.ms", "5"}})) {
    rd_kafka_poll_set_consumer(client_);
    rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(partitions);
    for (int i = 0; i < partitions; ++i) rd_kafka_topic_partition_list_add(list, topic.c_str(), i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    const auto failed = rd_kafka_assign(client_, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(failed));
}

EventReader::~EventReader() {
    rd_kafka_consumer_close(client_);
    rd_kafka_destroy(client_);
}

EventReader::Count EventReader::read(std::size_t count, const std::function<void(std::size_t, Clock::time_point)>& arrived) {
    Count counted;
    std::vector<bool> seen(count, false);
    std::vector<std::size_t> latest(event_keys, 0);
    for (auto heard = Clock::now(); counted.events < count && Clock::now() - heard < patience;) {
        const std::unique_ptr<rd_kafka_message_t, void (*)(rd_kafka_message_t*)> message(rd_kafka_consumer_poll(client_, 200), [](rd_kafka_message_t* m) {
            if (m != nullptr) rd_kafka_message_destroy(m);
        });
        if (!message || message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
        heard = Clock::now();
        const std::size_t number = number_of({static_cast<const char*>(message->payload), message->len});
        if (number >= count) continue;
        if (seen[number]) {
            ++counted.duplicates;
            continue;
        }
        seen[number] = true;
        if (counted.events++ == 0) counted.first = heard;
        counted.last = heard;
        std::size_t& before = latest[number % event_keys];
        if (number < before) ++counted.out_of_order;
        before = std::max(before, number);
        if (arrived) arrived(number, heard);
    }
    return counted;
}

}  // namespace ticketbottle::benchmarks
