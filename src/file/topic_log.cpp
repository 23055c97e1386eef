#include <ticketbottle/file/topic_log.hpp>

#include "core/format.hpp"
#include "file/posix.hpp"
#include "file/topic_line.hpp"
#include "file/topic_writer.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

namespace ticketbottle::file {
namespace {

constexpr std::uint64_t segment_bytes_least = 4 * 1024;
constexpr std::uint64_t segment_bytes_most = 16ULL * 1024 * 1024 * 1024;
constexpr std::size_t open_topics_max = 64;  // each holds three descriptors

const Clock& system_clock() {
    static const SystemClock clock;
    return clock;
}

/// One publish call. A batch is cut into rounds in which each key has one topic only: inside a round every topic is one
/// write and one sync, in any order of topics, and still no message overtakes an earlier one of its key.
class Batch {
public:
    Batch(std::span<const Message> messages, std::span<DeliveryReport> reports) : messages_(messages), reports_(reports) {}

    struct Round {
        std::vector<std::string_view> topics;  ///< In order of first appearance.
        std::unordered_map<std::string_view, std::vector<std::size_t>> of_topic;
        std::unordered_map<std::string_view, std::string_view> topic_of_key;
    };

    [[nodiscard]] std::size_t size() const { return std::min(messages_.size(), reports_.size()); }
    [[nodiscard]] bool stopped_before(std::size_t i);
    void refuse(std::size_t i, Errc cause, std::string reason);
    /// False: it belongs to the next round.
    [[nodiscard]] static bool add(Round& round, const Message& message, std::size_t i);
    void settle(std::span<const std::size_t> indices, const TopicWriter::Appended& appended);
    [[nodiscard]] const Message& message(std::size_t i) const { return messages_[i]; }

private:
    void fail(std::size_t i, Delivery delivery, Errc cause, std::string reason);

    std::span<const Message> messages_;
    std::span<DeliveryReport> reports_;
    std::unordered_map<std::string_view, std::size_t> stopped_;  ///< Key -> its message that was not delivered.
};

bool Batch::stopped_before(std::size_t i) {
    const auto at = stopped_.find(messages_[i].key);
    if (at == stopped_.end()) return false;
    const DeliveryReport& first = reports_[at->second];
    reports_[i] = {Delivery::not_sent, first.cause, "an earlier message of this key was not delivered: " + first.reason};
    return true;
}

void Batch::fail(std::size_t i, Delivery delivery, Errc cause, std::string reason) {
    reports_[i] = {delivery, cause, std::move(reason)};
    stopped_.emplace(messages_[i].key, i);
}

void Batch::refuse(std::size_t i, Errc cause, std::string reason) { fail(i, Delivery::not_sent, cause, std::move(reason)); }

bool Batch::add(Round& round, const Message& message, std::size_t i) {
    const auto [at, is_new] = round.topic_of_key.emplace(message.key, message.topic);
    if (!is_new && at->second != message.topic) return false;
    std::vector<std::size_t>& indices = round.of_topic[message.topic];
    if (indices.empty()) round.topics.push_back(message.topic);
    indices.push_back(i);
    return true;
}

void Batch::settle(std::span<const std::size_t> indices, const TopicWriter::Appended& appended) {
    for (std::size_t n = 0; n < indices.size(); ++n) {
        if (n < appended.delivered) {
            reports_[indices[n]] = {Delivery::delivered, Errc::outcome_unknown, {}};
        } else if (n < appended.delivered + appended.unknown) {
            fail(indices[n], Delivery::unknown, appended.cause, appended.reason);
        } else {
            fail(indices[n], Delivery::not_sent, appended.cause, appended.reason);
        }
    }
}

class TopicLog final : public MessageTransport {
public:
    TopicLog(const TopicLogOptions& options, posix::Fd root)
        : options_(options), clock_(options.clock != nullptr ? *options.clock : system_clock()), root_(std::move(root)) {}

    void publish(std::span<const Message> messages, std::span<DeliveryReport> reports, Deadline deadline) override;
    Result<void> flush(Deadline deadline) override;
    Result<void> close(Deadline deadline) override;

private:
    void write(Batch& batch, Batch::Round& round, Deadline deadline);
    TopicWriter& writer(std::string_view topic);

    TopicLogOptions options_;
    const Clock& clock_;
    posix::Fd root_;
    std::map<std::string, TopicWriter, std::less<>> writers_;
};

TopicWriter& TopicLog::writer(std::string_view topic) {
    const auto at = writers_.find(topic);
    if (at != writers_.end()) return at->second;
    if (writers_.size() >= open_topics_max) writers_.clear();
    return writers_.try_emplace(std::string(topic), root_.get(), std::string(topic), options_.segment_bytes_max).first->second;
}

void TopicLog::write(Batch& batch, Batch::Round& round, Deadline deadline) {
    for (const std::string_view topic : round.topics) {
        const std::vector<std::size_t>& indices = round.of_topic[topic];
        std::vector<const Message*> messages;
        messages.reserve(indices.size());
        for (const std::size_t i : indices) messages.push_back(&batch.message(i));
        batch.settle(indices, writer(topic).append(messages, clock_.now(), deadline));
    }
    round = {};
}

void TopicLog::publish(std::span<const Message> messages, std::span<DeliveryReport> reports, Deadline deadline) {
    Batch batch(messages, reports);
    Batch::Round round;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const Message& message = batch.message(i);
        if (batch.stopped_before(i)) continue;
        if (!root_) {
            batch.refuse(i, Errc::unavailable, "the topic log is closed");
        } else if (deadline.expired()) {
            batch.refuse(i, Errc::cancelled, "the deadline passed");
        } else if (const Result<void> checked = check_message(message, options_.message_bytes_max); !checked.has_value()) {
            batch.refuse(i, checked.error().code, std::string(checked.error().detail_text()));
        } else if (!Batch::add(round, message, i)) {
            write(batch, round, deadline);
            if (!batch.stopped_before(i)) (void)Batch::add(round, message, i);
        }
    }
    write(batch, round, deadline);
}

Result<void> TopicLog::flush(Deadline deadline) {
    if (deadline.expired()) return fail(Errc::cancelled, "topic_log.flush", "the deadline passed");
    return {};  // publish returns only after its sync
}

Result<void> TopicLog::close(Deadline) {
    writers_.clear();
    root_.reset();
    return {};
}

}  // namespace

Result<std::unique_ptr<MessageTransport>> open_topic_log(const TopicLogOptions& options) {
    const auto refuse = [](std::string why) { return fail(Errc::invalid_argument, "topic_log.open", std::move(why)); };
    if (options.directory.empty()) return refuse("no directory is named");
    if (options.segment_bytes_max < segment_bytes_least || options.segment_bytes_max > segment_bytes_most)
        return refuse("segment_bytes_max must be 4 KiB to 16 GiB");
    if (options.message_bytes_max < 1 || options.message_bytes_max > value_bytes_limit)
        return refuse("message_bytes_max must be 1 byte to 16 MiB");
    posix::Outcome<posix::Fd> root = posix::make_root(options.directory);
    if (!root.has_value()) return posix::failure("topic_log.open", root.error(), "opening " + options.directory);
    return std::unique_ptr<MessageTransport>(std::make_unique<TopicLog>(options, std::move(*root)));
}

}  // namespace ticketbottle::file
