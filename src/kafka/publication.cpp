#include "kafka/publication.hpp"

#include "core/format.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace ticketbottle::kafka {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
// Within these librdkafka's threads look at what is taken back, unless one hangs in the system's resolver.
constexpr milliseconds settles{2000};
constexpr milliseconds settles_at_stop{500};  // a stop is to be done within a second
constexpr milliseconds glance{100};

// A batch's own head is 61 bytes; lengths and offsets of a record are variable numbers of at most 5 bytes, its time of at most 10.
constexpr std::size_t batch_head_bytes = 61;
constexpr std::size_t number_bytes = 5;
constexpr std::size_t record_head_bytes = number_bytes + 1 + 10 + number_bytes;

}  // namespace

std::size_t record_bytes(const Message& message) noexcept {
    std::size_t bytes = batch_head_bytes + record_head_bytes + 3 * number_bytes + message.key.size() + message.value.size();
    for (const MessageHeader& header : message.headers) bytes += 2 * number_bytes + header.name.size() + header.value.size();
    return bytes;
}

Publication::Publication(Producer& producer, std::span<const Message> messages, std::span<DeliveryReport> reports,
                         const Options& options, Observer& observer)
    : producer_(producer), messages_(messages.first(std::min({messages.size(), reports.size(), std::size_t{none - 1}}))),
      reports_(reports.first(messages_.size())), options_(options), observer_(observer),
      next_(messages_.size(), none), is_under_way_(messages_.size(), false) {
    link();
    producer_.listen(this);
}

Publication::~Publication() { producer_.listen(nullptr); }

void Publication::link() {
    std::unordered_map<std::string_view, Index> last;
    last.reserve(messages_.size());
    for (Index i = 0; i < messages_.size(); ++i) {
        const auto [at, is_first] = last.try_emplace(messages_[i].key, i);
        if (is_first) {
            ready_.push_back(i);
        } else {
            next_[std::exchange(at->second, i)] = i;
        }
    }
}

void Publication::run(Deadline deadline) {
    do {
        while (!ready_.empty() || under_way_ > 0) {
            hand_over_ready(deadline);
            if (ready_.empty() && under_way_ == 0) break;
            if (deadline.expired() || producer_.fatal().has_value()) return give_up(deadline);
            producer_.poll(deadline.slice(glance));
        }
    } while (next_group());
}

void Publication::hand_over_ready(Deadline deadline) {
    while (!ready_.empty() && hand_over(ready_.front(), deadline) == Handed::gone) ready_.pop_front();
}

Publication::Handed Publication::hand_over(Index i, Deadline deadline) {
    const Message& message = messages_[i];
    if (deadline.expired()) return Handed::wait;
    if (const Result<void> checked = check_message(message, options_.message_bytes_max); !checked.has_value()) {
        fail(i, Delivery::not_sent, checked.error().code, std::string(checked.error().detail_text()));
        return Handed::gone;
    }
    const std::size_t bytes = record_bytes(message);
    if (bytes > options_.message_bytes_max) {
        fail(i, Delivery::not_sent, Errc::malformed,
             formatted("a record of {} bytes is too large; {} are allowed", bytes, options_.message_bytes_max));
        return Handed::gone;
    }
    if (under_way_ > 0 && bytes_under_way_ + bytes > options_.queue_bytes_max) return Handed::wait;
    const Producer::TopicState topic = topic_of(message, deadline);
    if (topic.state == Producer::Topic::not_yet) return Handed::wait;
    if (topic.state == Producer::Topic::refused) {
        fail(i, Delivery::not_sent, topic.cause, topic.reason);
        return Handed::gone;
    }
    const rd_kafka_resp_err_t code = producer_.send(message, i);
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL || code == RD_KAFKA_RESP_ERR__FATAL) return Handed::wait;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        producer_.forget(message.topic);
        fail(i, Delivery::not_sent, errc_of(blame_of(code)), reason_of(i, code));
        return Handed::gone;
    }
    is_under_way_[i] = true;
    ++under_way_;
    bytes_under_way_ += bytes;
    ++group_size_;
    return Handed::gone;
}

Producer::TopicState Publication::topic_of(const Message& message, Deadline deadline) {
    if (const auto known = refused_.find(message.topic); known != refused_.end()) return known->second;
    Producer::TopicState topic = producer_.prepare(message.topic, deadline);
    if (topic.state == Producer::Topic::refused) refused_.try_emplace(message.topic, topic);
    return topic;
}

void Publication::settled(std::uint32_t token, rd_kafka_resp_err_t code, rd_kafka_msg_status_t status) {
    const Index i = token;
    if (i >= messages_.size() || !is_under_way_[i]) return;
    is_under_way_[i] = false;
    --under_way_;
    bytes_under_way_ -= record_bytes(messages_[i]);
    const Delivery delivery = code == RD_KAFKA_RESP_ERR_NO_ERROR ? Delivery::delivered : delivery_of(status);
    if (delivery == Delivery::delivered) {
        producer_.got_through();
        reports_[i] = {Delivery::delivered, Errc::outcome_unknown, {}};
        return follow(i);
    }
    producer_.forget(messages_[i].topic);
    if (delivery == Delivery::unknown) return fail(i, delivery, Errc::outcome_unknown, reason_of(i, code));
    const Blame blame = blame_of(code);
    if (blame == Blame::batch && group_size_ > 1) return refuse_batch(i, code);
    const bool taken_back = code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
    fail(i, delivery, taken_back ? given_up_cause_ : errc_of(blame), reason_of(i, code));
}

void Publication::follow(Index i) {
    if (next_[i] == none) return;
    if (narrowing_) {
        later_.push_back(next_[i]);
    } else {
        ready_.push_back(next_[i]);
    }
}

void Publication::refuse_batch(Index i, rd_kafka_resp_err_t code) {
    if (suspects_.empty() && !narrowing_) {
        const std::string_view topic = messages_[i].topic;
        const std::string_view name = rd_kafka_err2name(code);
        observer_.log(Severity::warning, "kafka.batch_refused", "sending it again in parts, to find the message at fault",
                      {{"topic", topic}, {"code", name}});
    }
    suspects_.push_back(i);
}

bool Publication::next_group() {
    group_size_ = 0;
    if (!suspects_.empty()) {
        const auto half = suspects_.begin() + static_cast<std::ptrdiff_t>(suspects_.size() / 2);
        groups_.emplace_back(half, suspects_.end());
        if (half != suspects_.begin()) groups_.emplace_back(suspects_.begin(), half);
        suspects_.clear();
    }
    narrowing_ = !groups_.empty();
    if (narrowing_) {
        ready_.assign(groups_.back().begin(), groups_.back().end());
        groups_.pop_back();
        return true;
    }
    ready_.assign(later_.begin(), later_.end());
    later_.clear();
    return !ready_.empty();
}

void Publication::fail(Index i, Delivery delivery, Errc cause, const std::string& reason) {
    reports_[i] = {delivery, cause, reason};
    if (next_[i] == none) return;
    const std::string behind = "an earlier message of this key was not delivered: " + reason;
    for (Index j = next_[i]; j != none; j = next_[j]) reports_[j] = {Delivery::not_sent, cause, behind};
}

void Publication::give_up(Deadline deadline) {
    const std::optional<std::string> fatal = producer_.fatal();
    const bool stopped = deadline.stop_token().stop_requested();
    if (fatal.has_value()) {
        given_up_reason_ = *fatal;
    } else if (stopped) {
        given_up_cause_ = Errc::cancelled;
        given_up_reason_ = "a stop was requested";
    } else {
        given_up_reason_ = producer_.trouble().empty() ? "the brokers did not acknowledge it before the deadline (so do too few in-sync replicas, a full "
                                                         "disk and too much load look from here: see the brokers' own logs)"
                                                       : "the deadline passed: " + producer_.trouble();
    }
    took_back_ = under_way_ > 0;
    if (took_back_) producer_.take_back();
    const Deadline grace = Deadline::in(stopped ? settles_at_stop : settles);
    while (under_way_ > 0 && !grace.expired()) producer_.poll(grace.slice(glance));
    for (Index i = 0; i < messages_.size() && under_way_ > 0; ++i) {
        if (is_under_way_[i]) fail(i, Delivery::unknown, Errc::outcome_unknown, given_up_reason_);
    }
    // The rest never left: no trouble of the way explains them if there was none.
    if (!fatal.has_value() && !stopped && producer_.trouble().empty()) {
        given_up_cause_ = Errc::cancelled;
        given_up_reason_ = "the deadline passed";
    }
    for (;;) {
        for (const Index i : ready_) fail(i, Delivery::not_sent, given_up_cause_, given_up_reason_);
        if (!next_group()) return;
    }
}

std::string Publication::reason_of(Index i, rd_kafka_resp_err_t code) const {
    const bool taken_back = code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
    if (taken_back && !given_up_reason_.empty()) return given_up_reason_;
    // librdkafka gives back by itself what it held when it failed for good.
    if (taken_back || code == RD_KAFKA_RESP_ERR__FATAL) return producer_.fatal().value_or(describe(code));
    if (blame_of(code) == Blame::batch) return formatted("{} (a record of {} bytes)", describe(code), record_bytes(messages_[i]));
    return describe(code);
}

}  // namespace ticketbottle::kafka
