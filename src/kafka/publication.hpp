#pragma once
/// \file
/// One publish call. Of each key at most one message is under way: its next one goes when it is acknowledged. Internal: not installed.

#include "kafka/error.hpp"
#include "kafka/producer.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ticketbottle::kafka {

/// What Kafka counts of a message in a batch of its own: an upper bound, by some bytes.
[[nodiscard]] std::size_t record_bytes(const Message& message) noexcept;

class Publication final : DeliverySink {
public:
    /// At most 2^32 - 2 messages; all reports default.
    Publication(Producer& producer, std::span<const Message> messages, std::span<DeliveryReport> reports, const Options& options,
                Observer& observer);
    ~Publication();
    Publication(const Publication&) = delete;
    Publication& operator=(const Publication&) = delete;

    /// Returns when every report is filled.
    void run(Deadline deadline);
    /// Messages were taken back. The numbers they had in the producer's sequence are missing then, which a broker takes for a loss:
    /// the producer must not be used again.
    [[nodiscard]] bool took_back() const noexcept { return took_back_; }

private:
    using Index = std::uint32_t;
    enum class Handed : std::uint8_t { gone, wait };

    void link();
    void settled(std::uint32_t token, rd_kafka_resp_err_t code, rd_kafka_msg_status_t status) override;
    void follow(Index i);
    void hand_over_ready(Deadline deadline);
    [[nodiscard]] Handed hand_over(Index i, Deadline deadline);
    [[nodiscard]] Producer::TopicState topic_of(const Message& message, Deadline deadline);
    /// Not delivered, and so none behind it.
    void fail(Index i, Delivery delivery, Errc cause, const std::string& reason);
    void refuse_batch(Index i, rd_kafka_resp_err_t code);
    [[nodiscard]] bool next_group();
    void give_up(Deadline deadline);
    [[nodiscard]] std::string reason_of(Index i, rd_kafka_resp_err_t code) const;

    Producer& producer_;
    std::span<const Message> messages_;
    std::span<DeliveryReport> reports_;
    const Options& options_;
    Observer& observer_;
    std::vector<Index> next_;         ///< The next message of the same key, or none.
    std::vector<bool> is_under_way_;  ///< Handed over, and no fate yet.
    std::size_t under_way_ = 0;
    std::size_t bytes_under_way_ = 0;  ///< With keys and headers, which librdkafka's own bound leaves out.
    std::map<std::string_view, Producer::TopicState> refused_;  ///< Topics of this call: asked for once, however many messages there are.
    std::deque<Index> ready_;
    // A broker that refuses a batch does not say for which message. Those of it that are certainly not there are sent again in
    // ever smaller groups, until the one at fault is alone.
    std::size_t group_size_ = 0;  ///< Handed over since the group began: 1 means that a refusal is this message's own.
    std::vector<Index> suspects_;
    std::vector<std::vector<Index>> groups_;
    std::vector<Index> later_;  ///< What follows those of a group, which must not grow.
    bool narrowing_ = false;
    bool took_back_ = false;
    // Once given up: what is said of those that come back unsent.
    Errc given_up_cause_ = Errc::unavailable;
    std::string given_up_reason_;
};

}  // namespace ticketbottle::kafka
