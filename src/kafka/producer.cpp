#include "kafka/producer.hpp"

#include "core/format.hpp"
#include "kafka/error.hpp"
#include "kafka/trouble.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ticketbottle::kafka {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t topics_max = 1000;  // a deployment has three
// How long a first question waits: a topic that brokers make on demand is there within a tenth of that, a new leader mostly.
constexpr milliseconds topic_appears{1500};
constexpr milliseconds ask_again{50};
constexpr milliseconds patience_least{100};
constexpr milliseconds patience_most{800};  // a stop is to be done within a second

}  // namespace

Producer::Producer(const Options& options) : Client(options) {}

Producer::~Producer() {
    for (auto& [name, topic] : topics_) rd_kafka_topic_destroy(topic.handle);
}

Result<std::unique_ptr<Producer>> Producer::open(const Options& options) {
    Result<Config> conf = make_producer_config(options);
    if (!conf.has_value()) return conf.error();
    rd_kafka_conf_set_dr_msg_cb(conf->get(), [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
        if (DeliverySink* sink = static_cast<Producer*>(static_cast<Client*>(opaque))->sink_; sink != nullptr) {
            const auto token = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(message->_private));
            sink->settled(token, message->err, rd_kafka_message_status(message));
        }
    });
    std::unique_ptr<Producer> producer(new Producer(options));
    if (const Result<void> started = producer->start(RD_KAFKA_PRODUCER, std::move(*conf)); !started.has_value()) return started.error();
    return producer;
}

Producer::Known* Producer::known(const std::string& name) {
    const auto found = topics_.find(name);
    if (found != topics_.end()) return &found->second;
    if (topics_.size() >= topics_max) {
        for (auto& [other, topic] : topics_) rd_kafka_topic_destroy(topic.handle);
        topics_.clear();
    }
    rd_kafka_topic_t* const handle = rd_kafka_topic_new(handle_, name.c_str(), nullptr);
    if (handle == nullptr) return nullptr;
    return &topics_.try_emplace(name, Known{handle, false, false}).first->second;
}

Producer::Answer Producer::ask(Known& topic, milliseconds& patience, Deadline deadline, TopicState& state) {
    const struct rd_kafka_metadata* metadata = nullptr;
    const auto wait = static_cast<int>(std::max(deadline.slice(patience), milliseconds(1)).count());
    const rd_kafka_resp_err_t failed = rd_kafka_metadata(handle_, 0, topic.handle, &metadata, wait);
    poll(milliseconds(0));
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (failed == RD_KAFKA_RESP_ERR__TIMED_OUT) patience = std::min(patience * 2, patience_most);  // slow, or far away
        return Answer::later;
    }
    got_through();
    const bool told = metadata->topic_cnt == 1;
    const rd_kafka_resp_err_t code = told ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    const bool there = told && code == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topics[0].partition_cnt > 0;
    rd_kafka_metadata_destroy(metadata);
    if (there) return Answer::ready;
    const Errc cause = errc_of(blame_of(code));
    state = {Topic::refused, cause == Errc::unsupported ? cause : Errc::unavailable, describe(code)};
    if (cause != Errc::unsupported) return Answer::unsettled;
    return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ? Answer::missing : Answer::refused;
}

Producer::TopicState Producer::prepare(const std::string& name, Deadline deadline) {
    Known* const topic = known(name);
    if (topic == nullptr) return {Topic::refused, Errc::unsupported, formatted("{}: librdkafka does not take this topic's name", name)};
    if (topic->ready) return {Topic::ready, {}, {}};
    const Deadline appears = Deadline::in(topic->missed ? milliseconds(0) : topic_appears);
    milliseconds patience = patience_least;
    while (!deadline.expired() && !fatal().has_value()) {
        TopicState state;
        switch (ask(*topic, patience, deadline, state)) {
            case Answer::ready:
                topic->ready = true;
                topic->missed = false;
                return {Topic::ready, {}, {}};
            case Answer::missing:
                // Brokers that make topics on demand say so too, once, before they have made it.
                if (!appears.expired()) break;
                topic->missed = true;
                state.reason = formatted("topic {} does not exist, and the brokers do not make it ({})", name, state.reason);
                return state;
            case Answer::unsettled:
                if (!appears.expired()) break;
                topic->missed = true;
                state.reason = formatted("topic {} cannot be had for now: {}", name, state.reason);
                return state;
            case Answer::refused: state.reason = formatted("topic {}: {}", name, state.reason); return state;
            case Answer::later: break;
        }
        poll(deadline.slice(ask_again));
    }
    return {};
}

void Producer::forget(const std::string& name) {
    if (const auto found = topics_.find(name); found != topics_.end()) found->second.ready = false;
}

rd_kafka_resp_err_t Producer::send(const Message& message, std::uint32_t token) {
    const auto topic = topics_.find(message.topic);
    if (topic == topics_.end()) return RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
    rd_kafka_headers_t* headers = rd_kafka_headers_new(message.headers.size());
    for (const MessageHeader& header : message.headers) {
        (void)rd_kafka_header_add(headers, header.name.data(), static_cast<ssize_t>(header.name.size()), header.value.data(),
                                  static_cast<ssize_t>(header.value.size()));
    }
    std::array<rd_kafka_vu_t, 7> parts{};
    parts[0].vtype = RD_KAFKA_VTYPE_RKT;
    parts[0].u.rkt = topic->second.handle;
    parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    parts[1].u.i32 = RD_KAFKA_PARTITION_UA;
    parts[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[2].u.i = RD_KAFKA_MSG_F_COPY;
    parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[3].u.mem = {const_cast<char*>(message.value.data()), message.value.size()};
    parts[4].vtype = RD_KAFKA_VTYPE_KEY;
    parts[4].u.mem = {const_cast<char*>(message.key.data()), message.key.size()};
    parts[5].vtype = RD_KAFKA_VTYPE_HEADERS;
    parts[5].u.headers = headers;
    parts[6].vtype = RD_KAFKA_VTYPE_OPAQUE;
    parts[6].u.ptr = reinterpret_cast<void*>(static_cast<std::uintptr_t>(token));
    rd_kafka_error_t* const error = rd_kafka_produceva(handle_, parts.data(), parts.size());
    if (error == nullptr) return RD_KAFKA_RESP_ERR_NO_ERROR;
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    rd_kafka_headers_destroy(headers);
    return code;
}

void Producer::poll(milliseconds at_most) { (void)rd_kafka_poll(handle_, static_cast<int>(at_most.count())); }

void Producer::take_back() {
    (void)rd_kafka_purge(handle_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
}

Result<void> Producer::reach(Deadline deadline) {
    milliseconds patience = patience_least;
    while (!deadline.expired()) {
        const struct rd_kafka_metadata* metadata = nullptr;
        const auto wait = static_cast<int>(std::max(deadline.slice(patience), milliseconds(1)).count());
        const rd_kafka_resp_err_t failed = rd_kafka_metadata(handle_, 0, nullptr, &metadata, wait);
        if (failed == RD_KAFKA_RESP_ERR_NO_ERROR) {
            rd_kafka_metadata_destroy(metadata);
            return {};
        }
        if (failed == RD_KAFKA_RESP_ERR__TIMED_OUT) patience = std::min(patience * 2, patience_most);
        poll(milliseconds(0));
        if (all_down_) {  // each of them was tried; what was wrong with the last may come behind
            if (!specific_) poll(deadline.slice(patience_least));
            break;
        }
    }
    return failed_to_reach(deadline);
}

Result<void> Producer::failed_to_reach(Deadline deadline) const {
    if (!trouble_.empty()) return fail(Errc::unavailable, "kafka.probe", trouble_);
    const bool stopped = deadline.stop_token().stop_requested();
    return fail(Errc::cancelled, "kafka.probe", stopped ? "a stop was requested" : "no broker answered before the deadline, and none refused");
}

std::optional<std::string> Producer::fatal() const {
    std::array<char, 512> text{};
    const rd_kafka_resp_err_t code = rd_kafka_fatal_error(handle_, text.data(), text.size());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
    return formatted("librdkafka gave its producer up: {}: {}", rd_kafka_err2name(code), clean(text.data(), options_.password));
}

void Producer::silence() noexcept {
    Client::silence();
    sink_ = nullptr;
}

}  // namespace ticketbottle::kafka
