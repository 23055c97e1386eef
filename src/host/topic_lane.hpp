#pragma once
/// \file
/// One topic of a TopicConsumer: its position, the messages in hand, and how long it waits after trouble. Internal: not
/// installed.

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <ticketbottle/file/topic_log.hpp>
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
    /// All borrowed.
    TopicLane(const std::string& topic, const TopicConsumerOptions& options, const MessageHandler& handler,
              MessageTransport& dead_letters, Observer& observer, TopicCounters& counters);

    enum class Progress : std::uint8_t { none, some, stuck };
    /// Reads a page and handles it, while `go_on` says so. stuck: see trouble(); not due again before due().
    [[nodiscard]] Progress step(const std::function<bool()>& go_on);
    [[nodiscard]] Deadline::Clock::time_point due() const noexcept { return due_; }
    [[nodiscard]] const Error& trouble() const noexcept { return trouble_; }
    /// Of what was handled. A failure is logged; the messages then come again.
    void save_position();

private:
    [[nodiscard]] Result<void> open();
    [[nodiscard]] Result<void> open_at_oldest(const Error& why);
    [[nodiscard]] Result<void> fill();
    [[nodiscard]] Result<void> save();
    [[nodiscard]] Result<void> take(const file::LoggedMessage& logged);
    [[nodiscard]] Result<void> call(const Message& message);
    [[nodiscard]] Result<void> set_aside(const file::LoggedMessage& logged, const Error& why);
    [[nodiscard]] DeliveryReport publish_dead(const Message& letter);
    [[nodiscard]] Progress stuck(const Error& error);
    void recovered();

    const std::string& topic_;
    const TopicConsumerOptions& options_;
    const MessageHandler& handler_;
    MessageTransport& dead_letters_;
    Observer& observer_;
    TopicCounters& counters_;
    file::TopicCursor cursor_;
    std::optional<file::TopicLogReader> reader_;
    std::uint64_t skipped_ = 0;
    std::vector<file::LoggedMessage> page_;
    std::size_t next_ = 0;  ///< Of page_.
    std::string position_;  ///< Behind what was handled.
    bool unsaved_ = false;
    std::uint32_t failures_ = 0;  ///< In a row.
    Error trouble_;
    Deadline::Clock::time_point due_{};
};

}  // namespace ticketbottle::host
