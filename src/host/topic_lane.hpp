#pragma once
/// \file
/// One topic of a TopicConsumer: its source, the messages in hand, and how long it waits after trouble. Internal: not
/// installed.

#include <atomic>
#include <memory>
#include <string>
#include <ticketbottle/host/topic_consumer.hpp>
#include <vector>

namespace ticketbottle::host {

struct TopicCounters {
    std::atomic<std::uint64_t> handled{0};
    std::atomic<std::uint64_t> dead{0};
    std::atomic<std::uint64_t> retried{0};
};

class TopicLane {
public:
    /// All borrowed but the source.
    TopicLane(std::unique_ptr<MessageSource> source, const TopicConsumerOptions& options, const MessageHandler& handler,
              MessageTransport& dead_letters, Observer& observer, TopicCounters& counters);

    enum class Progress : std::uint8_t { none, some, stuck };
    /// Reads a page and handles it, until `until` has passed. stuck: see trouble(); not due again before due().
    [[nodiscard]] Progress step(Deadline until);
    [[nodiscard]] Deadline::Clock::time_point due() const noexcept { return due_; }
    [[nodiscard]] const Error& trouble() const noexcept { return trouble_; }
    /// Of what was handled. A failure is logged; the messages then come again.
    void save_position();

private:
    [[nodiscard]] Result<void> fill(Deadline until);
    [[nodiscard]] Result<void> save();
    [[nodiscard]] Result<void> take(const ReceivedMessage& logged);
    [[nodiscard]] Result<void> call(const Message& message);
    [[nodiscard]] Result<void> set_aside(const ReceivedMessage& logged, const Error& why);
    [[nodiscard]] DeliveryReport publish_dead(const Message& letter);
    [[nodiscard]] Progress stuck(const Error& error);
    void recovered();

    const std::unique_ptr<MessageSource> source_;
    const std::string topic_;
    const TopicConsumerOptions& options_;
    const MessageHandler& handler_;
    MessageTransport& dead_letters_;
    Observer& observer_;
    TopicCounters& counters_;
    std::vector<ReceivedMessage> page_;
    std::size_t next_ = 0;  ///< Of page_.
    std::string position_;  ///< Behind what was handled.
    bool unsaved_ = false;
    std::uint32_t failures_ = 0;  ///< In a row.
    Error trouble_;
    Deadline::Clock::time_point due_{};
};

}  // namespace ticketbottle::host
