#pragma once
/// \file
/// One librdkafka producer: its handle, callbacks, topics and what was last wrong. Internal: not installed.
/// Threads: one call at a time; librdkafka's callbacks run inside poll(), but for the certificate's.

#include <ticketbottle/kafka/kafka.hpp>

#include <librdkafka/rdkafka.h>

#include <atomic>
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

class Producer {
public:
    /// Errors: as open_transport().
    [[nodiscard]] static Result<std::unique_ptr<Producer>> open(const Options& options);
    ~Producer();
    Producer(const Producer&) = delete;
    Producer& operator=(const Producer&) = delete;

    enum class Topic : std::uint8_t { ready, refused, not_yet };
    struct TopicState {
        Topic state = Topic::not_yet;
        Errc cause = Errc::unavailable;  ///< Of `refused`.
        std::string reason;
    };
    /// Asks the brokers about a topic before the first message to it, and after one that did not get through. not_yet: the
    /// deadline passed first.
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

    /// What was last wrong on the way, until something gets through. "": nothing.
    [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }
    void got_through() noexcept {
        trouble_.clear();
        x509_error_ = 0;
    }
    /// Can this producer send no more? Why.
    [[nodiscard]] std::optional<std::string> fatal() const;
    /// Nobody is told anything any more.
    void silence() noexcept;

private:
    explicit Producer(const Options& options);
    struct Known {
        rd_kafka_topic_t* handle = nullptr;
        bool ready = false;
        bool missed = false;  ///< Was not there when last asked for.
    };
    enum class Answer : std::uint8_t { ready, refused, missing, later };
    [[nodiscard]] Known* known(const std::string& topic);
    [[nodiscard]] Answer ask(Known& topic, std::chrono::milliseconds& patience, Deadline deadline, TopicState& state);
    [[nodiscard]] Result<void> failed_to_reach(Deadline deadline) const;
    void on_error(rd_kafka_resp_err_t code, std::string_view text);
    static void log_callback(const rd_kafka_t* handle, int level, const char* facility, const char* text);

    Options options_;
    Observer* observer_;
    DeliverySink* sink_ = nullptr;
    rd_kafka_t* handle_ = nullptr;
    std::map<std::string, Known, std::less<>> topics_;
    std::string trouble_;
    bool specific_ = false;  ///< Does trouble_ say more than that all brokers are down?
    bool all_down_ = false;
    std::atomic<int> x509_error_{0};
};

}  // namespace ticketbottle::kafka
