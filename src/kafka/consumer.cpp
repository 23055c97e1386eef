#include "kafka/consumer.hpp"

#include "core/format.hpp"
#include "kafka/error.hpp"
#include "kafka/received.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace ticketbottle::kafka {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds one_wait{50};       // read() is to come back soon when there is nothing
constexpr milliseconds answer_wait{5000};  // for partitions that have not said whether there is something, or brokers that are all down
constexpr milliseconds committed_wait{2000};
constexpr milliseconds leave_wait{500};
constexpr std::size_t page_bytes_max = 8 * 1024 * 1024;

struct FreePartitions {
    void operator()(rd_kafka_topic_partition_list_t* list) const noexcept { rd_kafka_topic_partition_list_destroy(list); }
};
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, FreePartitions>;

struct FreeQueue {
    void operator()(rd_kafka_queue_t* queue) const noexcept { rd_kafka_queue_destroy(queue); }
};
struct FreeMessage {
    void operator()(rd_kafka_message_t* message) const noexcept { rd_kafka_message_destroy(message); }
};
struct FreeEvent {
    void operator()(rd_kafka_event_t* event) const noexcept { rd_kafka_event_destroy(event); }
};

int in_ms(milliseconds time) { return static_cast<int>(std::max(time, milliseconds(0)).count()); }

std::string position_of(std::int32_t partition, std::int64_t offset) { return formatted("{}:{}", partition, offset); }

}  // namespace

Consumer::Consumer(const SourceOptions& options) : Client(options.connection), source_(options) {}

Consumer::~Consumer() {
    if (!subscribed_) return;
    // Leaving says at once that others may have the partitions; without an answer the brokers notice later.
    const std::unique_ptr<rd_kafka_queue_t, FreeQueue> queue(rd_kafka_queue_new(handle_));
    if (rd_kafka_error_t* const error = rd_kafka_consumer_close_queue(handle_, queue.get()); error != nullptr) {
        rd_kafka_error_destroy(error);
        return;
    }
    for (const Deadline deadline = Deadline::in(leave_wait); rd_kafka_consumer_closed(handle_) == 0 && !deadline.expired();) {
        const std::unique_ptr<rd_kafka_event_t, FreeEvent> event(rd_kafka_queue_poll(queue.get(), in_ms(deadline.slice(milliseconds(20)))));
        if (event && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_REBALANCE) rd_kafka_assign(handle_, nullptr);
    }
}

Result<std::unique_ptr<Consumer>> Consumer::open(const SourceOptions& options) {
    Result<Config> conf = make_consumer_config(options);
    if (!conf.has_value()) return conf.error();
    rd_kafka_conf_set_rebalance_cb(conf->get(), [](rd_kafka_t*, rd_kafka_resp_err_t code, Partitions* partitions, void* opaque) {
        static_cast<Consumer*>(static_cast<Client*>(opaque))->rebalance(code, partitions);
    });
    std::unique_ptr<Consumer> consumer(new Consumer(options));
    if (const Result<void> started = consumer->start(RD_KAFKA_CONSUMER, std::move(*conf)); !started.has_value()) return started.error();
    rd_kafka_poll_set_consumer(consumer->handle_);
    return consumer;
}

Result<void> Consumer::subscribe() {
    if (subscribed_) return {};
    const PartitionList topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), source_.topic.c_str(), RD_KAFKA_PARTITION_UA);
    const rd_kafka_resp_err_t failed = rd_kafka_subscribe(handle_, topics.get());
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(Errc::unavailable, "kafka.read", describe(failed));
    subscribed_ = true;
    return {};
}

void Consumer::rebalance(rd_kafka_resp_err_t code, Partitions* partitions) {
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        find_lost_positions(*partitions);
        rd_kafka_assign(handle_, partitions);
        joined_ = true;
        for (int i = 0; i < partitions->cnt; ++i) unread_.insert(partitions->elems[i].partition);
    } else {
        joined_ = false;
        unread_.clear();
        ++assignment_;
        rd_kafka_assign(handle_, nullptr);
    }
}

/// librdkafka begins at the oldest message by itself where a position is gone; that events were lost to this group must be told.
void Consumer::find_lost_positions(const Partitions& assigned) {
    const PartitionList committed(rd_kafka_topic_partition_list_copy(&assigned));
    const Deadline deadline = Deadline::in(committed_wait);
    if (rd_kafka_committed(handle_, committed.get(), in_ms(committed_wait)) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    for (int i = 0; i < committed->cnt && !deadline.expired(); ++i) {
        const rd_kafka_topic_partition_t& saved = committed->elems[i];
        std::int64_t oldest = 0;
        std::int64_t end = 0;
        if (saved.offset < 0 || rd_kafka_query_watermark_offsets(handle_, saved.topic, saved.partition, &oldest, &end,
                                                                 in_ms(deadline.slice(committed_wait))) != RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        if (saved.offset >= oldest && saved.offset <= end) continue;
        observer_->log(Severity::alert, "consumer.position_lost", "Reading starts again at the oldest message there is.",
                       {{"consumer", source_.group},
                        {"topic", source_.topic},
                        {"partition", static_cast<std::int64_t>(saved.partition)},
                        {"saved_offset", saved.offset},
                        {"oldest_offset", oldest}});
    }
}

Result<void> Consumer::take_one(milliseconds wait, std::vector<ReceivedMessage>& page) {
    const std::unique_ptr<rd_kafka_message_t, FreeMessage> got(rd_kafka_consumer_poll(handle_, in_ms(wait)));
    if (!got) return {};
    switch (got->err) {
        case RD_KAFKA_RESP_ERR_NO_ERROR: break;
        case RD_KAFKA_RESP_ERR__PARTITION_EOF: got_through(); unread_.erase(got->partition); return {};
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:  // not there yet: an empty topic
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: joined_ = true; return {};
        case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED: return {};  // it joins again by itself
        default: return fail(Errc::unavailable, "kafka.read", formatted("topic {}: {}", source_.topic, describe(got->err)));
    }
    got_through();
    unread_.insert(got->partition);
    page.push_back({message_of(source_.topic, *got), position_of(got->partition, got->offset)});
    given_.push_back({page.back().position, got->partition, got->offset + 1, assignment_});
    return {};
}

Error Consumer::no_answer(Deadline deadline) const {
    if (!trouble().empty()) return fail(Errc::unavailable, "kafka.read", trouble());
    if (deadline.expired()) return fail(Errc::cancelled, "kafka.read", joined_ ? "the deadline passed" : "the group did not answer before the deadline");
    return fail(Errc::unavailable, "kafka.read", formatted("topic {}: {} partitions do not answer", source_.topic, unread_.size()));
}

Result<std::vector<ReceivedMessage>> Consumer::read(std::size_t max, Deadline deadline) {
    if (deadline.expired()) return fail(Errc::cancelled, "kafka.read", "the deadline has passed");
    if (const Result<void> subscribed = subscribe(); !subscribed.has_value()) return subscribed.error();
    std::vector<ReceivedMessage> page;
    std::optional<Deadline> answer;  // runs from when the group has given us partitions, or there is nobody to ask
    for (std::size_t bytes = 0; page.size() < max && bytes < page_bytes_max;) {
        const std::size_t before = page.size();
        if (Result<void> taken = take_one(page.empty() ? deadline.slice(one_wait) : milliseconds(0), page); !taken.has_value()) {
            if (page.empty()) return taken.error();
            break;  // it comes again with the next call, or is over by then
        }
        if (page.size() > before) {
            bytes += page.back().message.value.size() + page.back().message.key.size();
            continue;
        }
        if (!page.empty() || at_end()) break;
        if ((joined_ || all_down_) && !answer) answer = Deadline::in(answer_wait);
        if (deadline.expired() || (answer && answer->expired())) return no_answer(deadline);
    }
    return page;
}

Result<void> Consumer::save(const std::string& position, Deadline deadline) {
    // The last of that name: after a rebalance a message may have been given out twice.
    const auto found = std::find_if(given_.rbegin(), given_.rend(), [&position](const Given& given) { return given.position == position; });
    if (found == given_.rend()) return fail(Errc::invalid_argument, "kafka.save", "a position that this source did not give out, or that is saved");
    const auto behind = found.base();
    Offsets offsets;
    for (auto given = given_.begin(); given != behind; ++given)
        if (given->assignment == assignment_) offsets[given->partition] = given->next_offset;
    if (!offsets.empty()) {
        if (Result<void> done = commit(offsets, deadline); !done.has_value()) return done;
    }
    given_.erase(given_.begin(), behind);
    return {};
}

Result<void> Consumer::commit(const Offsets& offsets, Deadline deadline) {
    const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
    for (const auto& [partition, offset] : offsets)
        rd_kafka_topic_partition_list_add(list.get(), source_.topic.c_str(), partition)->offset = offset;
    const std::unique_ptr<rd_kafka_queue_t, FreeQueue> queue(rd_kafka_queue_new(handle_));
    rd_kafka_resp_err_t code = rd_kafka_commit_queue(handle_, list.get(), queue.get(), nullptr, nullptr);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(Errc::unavailable, "kafka.save", describe(code));
    while (!deadline.expired()) {
        const std::unique_ptr<rd_kafka_event_t, FreeEvent> event(rd_kafka_queue_poll(queue.get(), in_ms(deadline.slice(one_wait))));
        if (!event || rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_OFFSET_COMMIT) continue;
        code = rd_kafka_event_error(event.get());
        // The group has gone on without this member: others have its partitions, and what is in hand comes again there.
        const bool gone = code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION || code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID;
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR || gone) return {};
        return fail(Errc::unavailable, "kafka.save", describe(code));
    }
    return fail(Errc::outcome_unknown, "kafka.save", "the brokers did not answer before the deadline");
}

}  // namespace ticketbottle::kafka
