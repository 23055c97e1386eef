#include <ticketbottle/kafka/kafka.hpp>

int main() {
    ticketbottle::kafka::Options options;
    options.brokers = {"127.0.0.1:9092"};
    const auto transport = ticketbottle::kafka::open_transport(options);  // needs no broker
    return transport.has_value() && (*transport)->close(ticketbottle::Deadline::in(std::chrono::seconds(5))).has_value() ? 0 : 2;
}
