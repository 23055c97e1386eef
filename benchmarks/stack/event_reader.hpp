#pragma once
/// \file
/// A consumer that counts the events of a topic, and what is wrong with them. An event is known by the number in "seq" of its value; its key
/// is that number modulo event_keys.

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ticketbottle::benchmarks {

inline constexpr std::size_t event_keys = 5000;

class EventReader {
public:
    using Clock = std::chrono::steady_clock;

    /// From the topic's beginning, all partitions.
    EventReader(const std::string& broker, const std::string& topic, int partitions);
    ~EventReader();
    EventReader(const EventReader&) = delete;
    EventReader& operator=(const EventReader&) = delete;

    struct Count {
        std::size_t events = 0;        ///< Distinct ones.
        std::size_t duplicates = 0;
        std::size_t out_of_order = 0;  ///< After a later one of its key.
        Clock::time_point first, last;
    };
    /// Until `count` distinct events 0 .. count-1 came, or a minute passed without one.
    /// \param arrived  Told each of them as it comes.
    Count read(std::size_t count, const std::function<void(std::size_t number, Clock::time_point)>& arrived = {});

private:
    rd_kafka_t* client_;
};

}  // namespace ticketbottle::benchmarks
