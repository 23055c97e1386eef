#pragma once
/// \file
/// Reads topics and hands each message to a handler, at least once, in the order its source has. A position is saved
/// only when what is before it was handled or set aside, so nothing is lost whenever the process ends.
/// Documentation: docs/program.md.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>
#include <ticketbottle/ports/message_source.hpp>
#include <ticketbottle/ports/message_transport.hpp>
#include <vector>

namespace ticketbottle::host {

struct TopicConsumerOptions {
    std::string name;  ///< Of this consumer, as a topic is named. Dead letters and log lines carry it.
    std::uint32_t batch_max = 100;    ///< Messages read at once, and handled again at most after a crash. 1..10000.
    std::chrono::milliseconds handle_timeout{30000};  ///< The deadline of one call of the handler, or the source. From 1 ms.
    std::chrono::milliseconds poll_min{
        20};  ///< Looks for new messages this often after activity, then ever more seldom ...
    std::chrono::milliseconds poll_max{500};  ///< ... down to this.
    /// After a transient error the message waits this long, doubled each time up to the maximum, and its topic with it.
    std::chrono::milliseconds backoff_base{200};
    std::chrono::milliseconds backoff_max{60000};
};

struct TopicConsumerReport {
    std::uint64_t handled = 0;
    std::uint64_t dead = 0;     ///< Set aside: on the dead-letter topic.
    std::uint64_t retried = 0;  ///< Transient errors.
};

/// Success: the message is done. unavailable, outcome_unknown and cancelled: it is handed over again later. Any other
/// error: it is set aside as a dead letter. Must be repeatable: a message comes again when the process ended before the
/// position was saved.
using MessageHandler = std::function<Result<void>(const Message& message, Deadline deadline)>;

/// "<topic>.dead.<consumer>": where dead letters of a topic go, with their key, value and headers, and the headers
/// deadReason, deadTopic, deadConsumer, deadAt added. Shortened to a topic's longest name.
[[nodiscard]] std::string dead_letter_topic(std::string_view topic, std::string_view consumer);

/// Threads: run and run_once on one thread at a time; report from any. Lifetimes: dead_letters and observer are
/// borrowed.
/// Log events: consumer.dead_letter (alert), consumer.stalled, consumer.retry, consumer.recovered, and the sources' own.
/// Metrics: ticketbottle_consumer_handled_total{topic},
/// _dead_total{topic}, _retried_total{topic}.
class TopicConsumer {
public:
    /// \param sources  1..100, each of another topic. \param dead_letters  A message that cannot be written there stays in
    /// front of its topic. \par Errors  invalid_argument: an option, or the sources.
    [[nodiscard]] static Result<TopicConsumer> create(TopicConsumerOptions options,
                                                      std::vector<std::unique_ptr<MessageSource>> sources,
                                                      MessageHandler handler, MessageTransport& dead_letters,
                                                      Observer& observer = Observer::none());
    TopicConsumer(TopicConsumer&&) noexcept;
    TopicConsumer& operator=(TopicConsumer&&) noexcept;
    ~TopicConsumer();

    /// Handles what is there, once through every topic until it is empty, stuck on a transient error, or the deadline.
    /// Errors: unavailable (a topic is stuck, or the log or a position cannot be read or saved). What was done stays
    /// done.
    [[nodiscard]] Result<TopicConsumerReport> run_once(Deadline deadline);

    /// Until stopped; trouble is logged and retried. Returns after the call of the handler that is under way.
    void run(std::stop_token stop);

    /// Since this object was made.
    [[nodiscard]] TopicConsumerReport report() const;

private:
    struct State;
    explicit TopicConsumer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ticketbottle::host
