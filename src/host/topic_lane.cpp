#include "host/topic_lane.hpp"

#include <chrono>
#include <new>

#include "core/retry.hpp"
#include "core/utf8.hpp"

namespace ticketbottle::host {

namespace {

constexpr std::size_t reason_bytes_max = 500;

bool is_transient(Errc code) noexcept {
    return code == Errc::unavailable || code == Errc::outcome_unknown || code == Errc::cancelled;
}

std::string reason_of(const Error& error) { return std::string(utf8::prefix(to_string(error), reason_bytes_max)); }

TimePoint wall_clock() { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

}  // namespace

TopicLane::TopicLane(std::unique_ptr<MessageSource> source, const TopicConsumerOptions& options,
                     const MessageHandler& handler, MessageTransport& dead_letters, Observer& observer,
                     TopicCounters& counters)
    : source_(std::move(source)),
      topic_(source_->topic()),
      options_(options),
      handler_(handler),
      dead_letters_(dead_letters),
      observer_(observer),
      counters_(counters) {}

TopicLane::Progress TopicLane::step(Deadline until) {
    if (const Result<void> filled = fill(until); !filled.has_value())
        return until.expired() ? Progress::none : stuck(filled.error());
    if (page_.empty()) {
        recovered();
        return Progress::none;
    }
    while (next_ < page_.size() && !until.expired()) {
        if (const Result<void> taken = take(page_[next_]); !taken.has_value()) {
            save_position();  // what was handled before need not come again
            return stuck(taken.error());
        }
        position_ = page_[next_].position;
        unsaved_ = true;
        ++next_;
        recovered();
    }
    if (const Result<void> saved = save(); !saved.has_value()) return stuck(saved.error());
    return Progress::some;
}

void TopicLane::save_position() {
    if (const Result<void> saved = save(); !saved.has_value()) {
        observer_.log(Severity::warning, "consumer.stalled", "A position could not be saved.",
                      {{"consumer", options_.name}, {"topic", topic_}, {"reason", reason_of(saved.error())}});
    }
}

/// Saves what is handled, then reads on. An empty page: nothing new.
Result<void> TopicLane::fill(Deadline until) {
    if (const Result<void> saved = save(); !saved.has_value()) return saved;
    if (next_ < page_.size()) return {};
    page_.clear();
    next_ = 0;
    Result<std::vector<ReceivedMessage>> page = source_->read(options_.batch_max, bounded(until, options_.handle_timeout));
    if (!page.has_value()) return page.error();
    page_ = std::move(*page);
    return {};
}

Result<void> TopicLane::save() {
    if (!unsaved_) return {};
    if (Result<void> saved = source_->save(position_, Deadline::in(options_.handle_timeout)); !saved.has_value()) return saved;
    unsaved_ = false;
    return {};
}

/// Handled, or set aside; an error leaves the message in front.
Result<void> TopicLane::take(const ReceivedMessage& logged) {
    const Result<void> done = call(logged.message);
    if (done.has_value()) {
        ++counters_.handled;
        observer_.count("ticketbottle_consumer_handled_total", {{"topic", topic_}});
        return {};
    }
    if (is_transient(done.error().code)) {
        ++counters_.retried;
        observer_.count("ticketbottle_consumer_retried_total", {{"topic", topic_}});
        return done;
    }
    return set_aside(logged, done.error());
}

Result<void> TopicLane::call(const Message& message) {
    constexpr std::string_view operation = "topic_consumer.handle";
    try {
        return handler_(message, Deadline::in(options_.handle_timeout));
    } catch (const std::bad_alloc&) {
        return fail(Errc::unavailable, operation, "out of memory");
    } catch (...) {  // a host's own handler broke its word
        return fail(Errc::internal, operation, "the handler threw an exception");
    }
}

Result<void> TopicLane::set_aside(const ReceivedMessage& logged, const Error& why) {
    const std::string reason = reason_of(why);
    Message letter = logged.message;
    letter.topic = dead_letter_topic(topic_, options_.name);
    const std::vector<MessageHeader> added = {{"deadReason", reason},
                                              {"deadTopic", topic_},
                                              {"deadConsumer", options_.name},
                                              {"deadAt", to_iso8601(wall_clock())}};
    letter.headers.insert(letter.headers.end(), added.begin(), added.end());
    DeliveryReport report = publish_dead(letter);
    if (report.delivery == Delivery::not_sent && !is_transient(report.cause)) {
        // Too large with what was added: the letter then says where the message stands instead of repeating it.
        letter.headers = added;
        letter.headers.push_back({"deadPositionAfter", logged.position});
        letter.value.clear();
        report = publish_dead(letter);
    }
    if (report.delivery != Delivery::delivered)
        return fail(Errc::unavailable, "topic_consumer.set_aside",
                    "the dead letter could not be written: " + report.reason);
    ++counters_.dead;
    observer_.count("ticketbottle_consumer_dead_total", {{"topic", topic_}});
    observer_.log(Severity::alert, "consumer.dead_letter", "A message can never be handled as it is and was set aside.",
                  {{"consumer", options_.name},
                   {"topic", topic_},
                   {"dead_topic", letter.topic},
                   {"key", letter.key},
                   {"reason", reason}});
    return {};
}

DeliveryReport TopicLane::publish_dead(const Message& letter) {
    DeliveryReport report;
    dead_letters_.publish({&letter, 1}, {&report, 1}, Deadline::in(options_.handle_timeout));
    return report;
}

TopicLane::Progress TopicLane::stuck(const Error& error) {
    trouble_ = error;
    const std::chrono::milliseconds wait = Backoff{options_.backoff_base, options_.backoff_max}.whole(failures_);
    due_ = Deadline::Clock::now() + wait;
    // The first failure is told as such; the next ones only as they become rare.
    const bool first = failures_ == 0;
    observer_.log(first ? Severity::warning : Severity::info, first ? "consumer.stalled" : "consumer.retry",
                  "A topic waits: its next message could not be handled now.",
                  {{"consumer", options_.name},
                   {"topic", topic_},
                   {"retry_in_ms", static_cast<std::int64_t>(wait.count())},
                   {"reason", reason_of(error)}});
    ++failures_;
    return Progress::stuck;
}

void TopicLane::recovered() {
    if (failures_ == 0) return;
    failures_ = 0;
    due_ = {};
    observer_.log(Severity::info, "consumer.recovered", "A topic goes on.",
                  {{"consumer", options_.name}, {"topic", topic_}});
}

}  // namespace ticketbottle::host
