#pragma once
/// \file
/// One librdkafka producer: the topics it knows, and the way a message goes. Internal: not installed.
/// Threads: as Client.

#include "kafka/client.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ticketbottle::kafka {

/// Is told each message's fate, once, inside Producer::poll().
class DeliverySink {
public:
    virtual void settled(std::uint32_t token, rd_kafka_resp_err_t code, rd_kafka_msg_status_t status) = 0;

protected:
    ~DeliverySink() = default;
};

class Producer final : public Client {
public:
    /// Errors: as open_transport().
    [[nodiscard]] static Result<std::unique_ptr<Producer>> open(const Options& options);
    ~Producer() override;

    enum class Topic : std::uint8_t { ready, refused, not_yet };
    struct TopicState {
        Topic state = Topic::not_yet;
        Errc cause = Errc::unavailable;  ///< Of `refused`.
        std::string reason;
    };
    /// Asks the brokers about a topic before the first message to it, and after one that did not get through. not_yet: the
    /// deadline passed first. What is only this topic's trouble is `refused` soon, so that other topics' messages need not wait.
    [[nodiscard]] TopicState prepare(const std::string& topic, Deadline deadline);
    void forget(const std::string& topic);

    /// Hands over a copy; its fate comes to the sink. The topic is prepared.
    [[nodiscard]] rd_kafka_resp_err_t send(const Message& message, std::uint32_t token);
    void listen(DeliverySink* sink) noexcept { sink_ = sink; }
    /// Serves what has come, waiting at most so long for the first.
    void poll(std::chrono::milliseconds at_most);
    /// What was handed over and has no fate yet gets one soon, and is not sent any more. The producer is used up then.
    void take_back();

    /// One request to whichever broker answers. Errors: unavailable, cancelled.
    [[nodiscard]] Result<void> reach(Deadline deadline);

    /// Can this producer send no more? Why.
    [[nodiscard]] std::optional<std::string> fatal() const;
    void silence() noexcept override;

private:
    explicit Producer(const Options& options);
    struct Known {
        rd_kafka_topic_t* handle = nullptr;
        bool ready = false;
        bool missed = false;  ///< Was not there when last asked for.
    };
    enum class Answer : std::uint8_t {
        ready,
        refused,
        missing,
        unsettled,  ///< The brokers speak, but the topic cannot be had for now.
        later,      ///< No broker spoke.
    };
    [[nodiscard]] Known* known(const std::string& topic);
    [[nodiscard]] Answer ask(Known& topic, std::chrono::milliseconds& patience, Deadline deadline, TopicState& state);
    [[nodiscard]] Result<void> failed_to_reach(Deadline deadline) const;

    DeliverySink* sink_ = nullptr;
    std::map<std::string, Known, std::less<>> topics_;
};

}  // namespace ticketbottle::kafka
