#include <ticketbottle/file/topic_source.hpp>

#include <ticketbottle/file/topic_log.hpp>

#include <optional>
#include <utility>

namespace ticketbottle::file {
namespace {

Result<void> check(const TopicSourceOptions& options) {
    const auto invalid = [](const char* text) { return fail(Errc::invalid_argument, "topic_source.open", text); };
    if (options.log_directory.empty()) return invalid("log_directory must be set");
    if (options.cursor_directory.empty()) return invalid("cursor_directory must be set");
    if (!is_topic_name(options.consumer)) return invalid("consumer must be named as a topic is");
    if (!is_topic_name(options.topic)) return invalid("the topic's name is none");
    return {};
}

class TopicSource final : public MessageSource {
public:
    explicit TopicSource(const TopicSourceOptions& options)
        : options_(options),
          observer_(options.observer != nullptr ? *options.observer : Observer::none()),
          cursor_(options.cursor_directory, options.consumer, options.topic) {}

    [[nodiscard]] const std::string& topic() const noexcept override { return options_.topic; }

    [[nodiscard]] Result<std::vector<ReceivedMessage>> read(std::size_t max, Deadline deadline) override {
        if (deadline.expired()) return fail(Errc::cancelled, "topic_source.read", "the deadline has passed");
        if (!reader_) {
            if (const Result<void> opened = open(); !opened.has_value()) return opened.error();
        }
        Result<std::vector<LoggedMessage>> page = reader_->read(max);
        if (!page.has_value()) {
            reader_.reset();
            return page.error();
        }
        tell_skipped();
        std::vector<ReceivedMessage> messages;
        messages.reserve(page->size());
        for (LoggedMessage& logged : *page) messages.push_back({std::move(logged.message), std::move(logged.position)});
        return messages;
    }

    [[nodiscard]] Result<void> save(const std::string& position, Deadline deadline) override {
        if (deadline.expired()) return fail(Errc::cancelled, "topic_source.save", "the deadline has passed");
        return cursor_.save(position);
    }

private:
    [[nodiscard]] Result<void> open() {
        skipped_ = 0;
        const Result<std::string> saved = cursor_.load();
        if (!saved.has_value()) return saved.error().code == Errc::unavailable ? saved.error() : open_at_oldest(saved.error());
        Result<TopicLogReader> reader = TopicLogReader::open(options_.log_directory, options_.topic, *saved);
        if (!reader.has_value()) return reader.error().code == Errc::unavailable ? reader.error() : open_at_oldest(reader.error());
        reader_ = std::move(*reader);
        return {};
    }

    /// Messages come again, which a handler must bear; those of segments that were removed do not, which a person must know.
    [[nodiscard]] Result<void> open_at_oldest(const Error& why) {
        const std::string reason = to_string(why);
        observer_.log(Severity::alert, "consumer.position_lost", "Reading starts again at the oldest message there is.",
                      {{"consumer", options_.consumer}, {"topic", options_.topic}, {"reason", reason}});
        Result<TopicLogReader> reader = TopicLogReader::open(options_.log_directory, options_.topic, "");
        if (!reader.has_value()) return reader.error();
        reader_ = std::move(*reader);
        return {};
    }

    void tell_skipped() {
        const std::uint64_t skipped = reader_->skipped();
        if (skipped <= skipped_) return;
        observer_.log(Severity::warning, "consumer.lines_skipped", "Lines of the log are no messages, most likely cut short by a crash.",
                      {{"consumer", options_.consumer}, {"topic", options_.topic}, {"lines", static_cast<std::int64_t>(skipped - skipped_)}});
        skipped_ = skipped;
    }

    const TopicSourceOptions options_;
    Observer& observer_;
    const TopicCursor cursor_;
    std::optional<TopicLogReader> reader_;
    std::uint64_t skipped_ = 0;
};

}  // namespace

Result<std::unique_ptr<MessageSource>> open_topic_source(const TopicSourceOptions& options) {
    if (const Result<void> checked = check(options); !checked.has_value()) return checked.error();
    return std::unique_ptr<MessageSource>(std::make_unique<TopicSource>(options));
}

}  // namespace ticketbottle::file
