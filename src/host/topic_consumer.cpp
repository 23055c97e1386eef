#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>
#include <ticketbottle/host/topic_consumer.hpp>

#include "host/topic_lane.hpp"

namespace ticketbottle::host {

namespace {

using std::chrono::milliseconds;
using Clock = Deadline::Clock;

constexpr std::string_view create_operation = "topic_consumer.create";

Result<void> check(const TopicConsumerOptions& options) {
    const auto invalid = [](const char* text) { return fail(Errc::invalid_argument, create_operation, text); };
    if (options.log_directory.empty() || options.cursor_directory.empty())
        return invalid("log_directory and cursor_directory must be set");
    if (!is_topic_name(options.name)) return invalid("name must be named as a topic is");
    if (options.topics.empty() || options.topics.size() > 100) return invalid("topics must be 1 to 100");
    for (std::size_t i = 0; i < options.topics.size(); ++i) {
        if (!is_topic_name(options.topics[i])) return invalid("a topic's name is none");
        if (std::find(options.topics.begin(), options.topics.begin() + static_cast<std::ptrdiff_t>(i),
                      options.topics[i]) != options.topics.begin() + static_cast<std::ptrdiff_t>(i))
            return invalid("a topic is listed twice");
    }
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
    State(TopicConsumerOptions given, MessageHandler handle, MessageTransport& dead, Observer& watch)
        : options(std::move(given)), handler(std::move(handle)), dead_letters(dead), observer(watch) {
        for (const std::string& topic : options.topics)
            lanes.emplace_back(topic, options, handler, dead_letters, observer, counters);
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

Result<TopicConsumer> TopicConsumer::create(TopicConsumerOptions options, MessageHandler handler,
                                            MessageTransport& dead_letters, Observer& observer) {
    if (const Result<void> checked = check(options); !checked.has_value()) return checked.error();
    if (!handler) return fail(Errc::invalid_argument, create_operation, "no handler");
    return TopicConsumer(std::make_unique<State>(std::move(options), std::move(handler), dead_letters, observer));
}

Result<TopicConsumerReport> TopicConsumer::run_once(Deadline deadline) {
    const auto go_on = [deadline] { return !deadline.expired(); };
    for (TopicLane& lane : state_->lanes) {
        TopicLane::Progress progress = TopicLane::Progress::some;
        while (progress == TopicLane::Progress::some && go_on()) progress = lane.step(go_on);
        if (progress == TopicLane::Progress::stuck) return lane.trouble();
    }
    return report();
}

void TopicConsumer::run(std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any sleep;
    const auto go_on = [&stop] { return !stop.stop_requested(); };
    milliseconds poll = state_->options.poll_min;
    while (go_on()) {
        bool some = false;
        Clock::time_point next = Clock::now() + poll;
        for (TopicLane& lane : state_->lanes) {
            if (!go_on()) break;
            if (lane.due() <= Clock::now()) some = lane.step(go_on) == TopicLane::Progress::some || some;
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
