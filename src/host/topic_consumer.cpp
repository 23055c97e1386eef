#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>
#include <set>
#include <ticketbottle/host/topic_consumer.hpp>

#include "host/topic_lane.hpp"

namespace ticketbottle::host {

namespace {

using std::chrono::milliseconds;
using Clock = Deadline::Clock;

constexpr std::string_view create_operation = "topic_consumer.create";

Error invalid(const char* text) { return fail(Errc::invalid_argument, create_operation, text); }

Result<void> check(const std::vector<std::unique_ptr<MessageSource>>& sources) {
    if (sources.empty() || sources.size() > 100) return invalid("sources must be 1 to 100");
    std::set<std::string_view> topics;
    for (const std::unique_ptr<MessageSource>& source : sources) {
        if (!source) return invalid("a source is none");
        if (!topics.insert(source->topic()).second) return invalid("two sources are of one topic");
    }
    return {};
}

Result<void> check(const TopicConsumerOptions& options) {
    if (!is_topic_name(options.name)) return invalid("name must be named as a topic is");
    if (options.batch_max < 1 || options.batch_max > 10000) return invalid("batch_max must be 1 to 10000");
    if (options.handle_timeout < milliseconds(1)) return invalid("handle_timeout must be positive");
    if (options.poll_min < milliseconds(1) || options.poll_max < options.poll_min ||
        options.poll_max > std::chrono::hours(1))
        return invalid("1 ms <= poll_min <= poll_max <= 1 h must hold");
    if (options.backoff_base < milliseconds(1) || options.backoff_max < options.backoff_base ||
        options.backoff_max > std::chrono::hours(24))
        return invalid("1 ms <= backoff_base <= backoff_max <= 24 h must hold");
    return {};
}

}  // namespace

std::string dead_letter_topic(std::string_view topic, std::string_view consumer) {
    const std::string ending = (".dead." + std::string(consumer)).substr(0, topic_bytes_max - 1);
    return std::string(topic.substr(0, topic_bytes_max - ending.size())) + ending;
}

struct TopicConsumer::State {
    State(TopicConsumerOptions given, std::vector<std::unique_ptr<MessageSource>> sources, MessageHandler handle,
          MessageTransport& dead, Observer& watch)
        : options(std::move(given)), handler(std::move(handle)), dead_letters(dead), observer(watch) {
        for (std::unique_ptr<MessageSource>& source : sources)
            lanes.emplace_back(std::move(source), options, handler, dead_letters, observer, counters);
    }

    const TopicConsumerOptions options;
    const MessageHandler handler;
    MessageTransport& dead_letters;
    Observer& observer;
    TopicCounters counters;
    std::list<TopicLane> lanes;
};

TopicConsumer::TopicConsumer(std::unique_ptr<State> state) : state_(std::move(state)) {}
TopicConsumer::TopicConsumer(TopicConsumer&&) noexcept = default;
TopicConsumer& TopicConsumer::operator=(TopicConsumer&&) noexcept = default;
TopicConsumer::~TopicConsumer() = default;

Result<TopicConsumer> TopicConsumer::create(TopicConsumerOptions options,
                                            std::vector<std::unique_ptr<MessageSource>> sources, MessageHandler handler,
                                            MessageTransport& dead_letters, Observer& observer) {
    if (const Result<void> checked = check(options); !checked.has_value()) return checked.error();
    if (const Result<void> checked = check(sources); !checked.has_value()) return checked.error();
    if (!handler) return invalid("no handler");
    return TopicConsumer(
        std::make_unique<State>(std::move(options), std::move(sources), std::move(handler), dead_letters, observer));
}

Result<TopicConsumerReport> TopicConsumer::run_once(Deadline deadline) {
    for (TopicLane& lane : state_->lanes) {
        TopicLane::Progress progress = TopicLane::Progress::some;
        while (progress == TopicLane::Progress::some && !deadline.expired()) progress = lane.step(deadline);
        if (progress == TopicLane::Progress::stuck) return lane.trouble();
    }
    return report();
}

void TopicConsumer::run(std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any sleep;
    const Deadline until = Deadline::never().or_stop(stop);
    milliseconds poll = state_->options.poll_min;
    while (!until.expired()) {
        bool some = false;
        Clock::time_point next = Clock::now() + poll;
        for (TopicLane& lane : state_->lanes) {
            if (until.expired()) break;
            if (lane.due() <= Clock::now()) some = lane.step(until) == TopicLane::Progress::some || some;
            if (lane.due() > Clock::now()) next = std::min(next, lane.due());
        }
        if (some) {
            poll = state_->options.poll_min;
            continue;
        }
        std::unique_lock lock(mutex);
        sleep.wait_until(lock, stop, next, [] { return false; });
        poll = std::min(poll * 2, state_->options.poll_max);
    }
    for (TopicLane& lane : state_->lanes) lane.save_position();
}

TopicConsumerReport TopicConsumer::report() const {
    const TopicCounters& counters = state_->counters;
    return {counters.handled, counters.dead, counters.retried};
}

}  // namespace ticketbottle::host
