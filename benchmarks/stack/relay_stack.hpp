#pragma once
/// \file
/// A PostgreSQL server and a Kafka broker, and a relay between them: ours or the floor.

#include "stack/database.hpp"
#include "stack/event_reader.hpp"
#include "stack/figures.hpp"

#include "support/kafka_admin.hpp"

namespace ticketbottle::benchmarks {

inline constexpr int partitions = 4;

/// How a run is relayed.
struct RelayKind {
    std::string name;
    enum class Program { ours, floor } program = Program::ours;
    int batch = 1000;
    std::string done = "mark";      ///< Of the floor: or "delete".
    std::string content = "bare";   ///< Of the floor: or "headers".
};

class RelayStack {
public:
    RelayStack() = default;

    [[nodiscard]] Database& database() { return database_; }
    [[nodiscard]] const std::string& broker() const { return broker_; }
    /// An empty outbox and a new topic. \return the topic's name.
    std::string clear() {
        const std::string topic = "benchmark-" + std::to_string(++runs_);
        test::KafkaAdmin(broker_).make_topic(topic, partitions);
        database_.sql("TRUNCATE outbox");
        return topic;
    }
    [[nodiscard]] test::Program start(const RelayKind& kind, const std::string& topic) const {
        const std::string folder = folder_.path().string();
        const std::string batch = std::to_string(kind.batch);
        if (kind.program == RelayKind::Program::floor) {
            return {TKB_RELAY_FLOOR, {broker_, database_.url(), topic, batch, kind.done, kind.content, "10"}, {}, folder, "relay"};
        }
        return {TKB_PROGRAM,
                {"relay"},
                {{"DATABASE_URL", database_.url()},
                 {"TICKETBOTTLE_DATA", folder},
                 {"KAFKA_BROKERS", broker_},
                 {"KAFKA_TOPIC_PAYMENT_COMPLETED", topic},
                 {"OUTBOX_BATCH_SIZE", batch},
                 {"LOG_LEVEL", "warning"}},
                folder,
                "relay"};
    }

private:
    test::TemporaryFolder folder_;
    Database database_{folder_.path().string()};
    test::Server kafka_{"kafka.sh"};
    std::string broker_ = "127.0.0.1:" + kafka_.port_text();
    int runs_ = 0;
};

/// An event of about 600 bytes, in SQL; `number` is an expression of type bigint.
inline std::string insert_events(const std::string& number, const std::string& from) {
    const std::string key = "'payment-' || (" + number + " % " + std::to_string(event_keys) + ")";
    return R"(INSERT INTO outbox (id, "aggregateId", "aggregateType", "eventType", payload) SELECT gen_random_uuid()::text, )" + key +
           ", 'Payment', 'PAYMENT_COMPLETED', jsonb_build_object('seq', " + number + ", 'payment_id', " + key +
           ", 'amount_cents', 250000, 'currency', 'VND', 'filler', repeat('x', 480)) " + from;
}

}  // namespace ticketbottle::benchmarks
