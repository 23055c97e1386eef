#include <ticketbottle/file/topic_log.hpp>

#include "core/format.hpp"
#include "file/line_scanner.hpp"
#include "file/posix.hpp"
#include "file/topic_line.hpp"
#include "file/topic_segments.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>

namespace ticketbottle::file {
namespace {

constexpr std::string_view operation = "topic_log.read";
constexpr std::size_t answer_bytes_max = 32 * 1024 * 1024;

std::size_t weight(const Message& message) {
    std::size_t bytes = message.key.size() + message.value.size() + sizeof(Message);
    for (const MessageHeader& header : message.headers) bytes += header.name.size() + header.value.size() + sizeof header;
    return bytes;
}

Error bad_position(std::string_view why) {
    return fail(Errc::invalid_argument, "topic_log.open_reader", std::string("the position ").append(why));
}

/// A position is right behind a '\n' (or at the beginning) of a segment that is there.
Result<void> check_position(const std::string& directory, const std::string& topic, TopicPosition position) {
    const posix::Outcome<posix::Fd> root = posix::open_root(directory);
    if (!root.has_value()) return bad_position("is of a log that is not there");
    const posix::Outcome<posix::Fd> folder = posix::open_folder(root->get(), topic);
    if (!folder.has_value()) return bad_position("is of a topic that is not there");
    const posix::Outcome<posix::Fd> segment = posix::open_file(folder->get(), segment_name(position.segment), O_RDONLY);
    if (!segment.has_value()) {
        if (segment.error().number == ENOENT) return bad_position("is in a segment that is gone");
        return posix::failure("topic_log.open_reader", segment.error(), "opening " + topic + "/" + segment_name(position.segment));
    }
    if (position.offset == 0) return {};
    char before = '\0';
    const posix::Outcome<std::size_t> read = posix::read_at(segment->get(), &before, 1, position.offset - 1);
    if (!read.has_value()) return posix::failure("topic_log.open_reader", read.error(), "reading " + topic);
    if (*read != 1 || before != '\n') return bad_position("is not at the beginning of a line");
    return {};
}

}  // namespace

/// One call of read: the reader moves only when the call succeeds.
class TopicLogReader::Pass {
public:
    Pass(const TopicLogReader& reader, std::size_t max)
        : topic_(reader.topic_), max_(max), segment_(reader.segment_), offset_(reader.offset_), skipped_(reader.skipped_) {}

    [[nodiscard]] Result<void> run(int folder);
    void commit(TopicLogReader& reader) const {
        reader.segment_ = segment_;
        reader.offset_ = offset_;
        reader.skipped_ = skipped_;
    }
    [[nodiscard]] std::vector<LoggedMessage>& messages() { return messages_; }

private:
    enum class Stop : std::uint8_t { full, end, torn_end };
    [[nodiscard]] Result<Stop> drain(int folder);
    void take(std::string_view text);
    [[nodiscard]] bool full() const { return messages_.size() >= max_ || bytes_ >= answer_bytes_max; }
    [[nodiscard]] Error failed(posix::Errno error, std::string_view doing) const {
        return posix::failure(operation, error, formatted("{} {}/{}", doing, topic_, segment_name(segment_)));
    }

    const std::string& topic_;
    std::size_t max_;
    std::uint64_t segment_;
    std::uint64_t offset_;
    std::uint64_t skipped_;
    std::size_t bytes_ = 0;
    std::vector<LoggedMessage> messages_;
};

void TopicLogReader::Pass::take(std::string_view text) {
    std::optional<TopicLine> line = parse_line(text);
    if (!line || line->message.topic != topic_) {
        ++skipped_;
        return;
    }
    bytes_ += weight(line->message);
    messages_.push_back({std::move(line->message), line->time, to_string(TopicPosition{segment_, offset_})});
}

Result<TopicLogReader::Pass::Stop> TopicLogReader::Pass::drain(int folder) {
    const posix::Outcome<posix::Fd> file = posix::open_file(folder, segment_name(segment_), O_RDONLY);
    if (!file.has_value()) return failed(file.error(), "opening");
    LineScanner scanner(file->get(), offset_, line_bytes_max);
    const std::size_t had = messages_.size();
    Stop stop = Stop::full;
    while (!full()) {
        const posix::Outcome<std::optional<LineScanner::Line>> line = scanner.next();
        if (!line.has_value()) return failed(line.error(), "reading");
        if (!line->has_value()) {
            stop = scanner.tail_bytes() > 0 ? Stop::torn_end : Stop::end;
            break;
        }
        offset_ = (*line)->end;
        take((*line)->text);
    }
    if (messages_.size() == had) return stop;
    // The writer may have died between its write and its sync, and a position must not outlive what it counts.
    const posix::Errno error = posix::sync_data(file->get());
    if (error.number != 0 && error.number != EROFS && error.number != EINVAL) return failed(error, "syncing");
    return stop;
}

Result<void> TopicLogReader::Pass::run(int folder) {
    while (!full()) {
        // First look for later segments, then read this one: once a later one is there, nothing is added to this one,
        // so its end is then its end.
        const posix::Outcome<std::vector<std::uint64_t>> numbers = list_segments(folder);
        if (!numbers.has_value()) return posix::failure(operation, numbers.error(), "listing " + topic_);
        if (segment_ == 0 && numbers->empty()) return {};
        if (segment_ == 0) segment_ = numbers->front();
        const auto later = std::upper_bound(numbers->begin(), numbers->end(), segment_);
        const Result<Stop> stop = drain(folder);
        if (!stop.has_value()) return stop.error();
        if (*stop == Stop::full || later == numbers->end()) return {};
        if (*stop == Stop::torn_end) ++skipped_;
        segment_ = *later;
        offset_ = 0;
    }
    return {};
}

Result<TopicLogReader> TopicLogReader::open(const std::string& directory, const std::string& topic, const std::string& position) {
    if (!is_topic_name(topic)) return fail(Errc::invalid_argument, "topic_log.open_reader", "not the name of a topic");
    TopicLogReader reader;
    reader.directory_ = directory;
    reader.topic_ = topic;
    if (position.empty()) return reader;
    const std::optional<TopicPosition> at = parse_position(position);
    if (!at) return bad_position("is not of the form <segment>:<offset>");
    if (const Result<void> checked = check_position(directory, topic, *at); !checked.has_value()) return checked.error();
    reader.segment_ = at->segment;
    reader.offset_ = at->offset;
    return reader;
}

Result<std::vector<LoggedMessage>> TopicLogReader::read(std::size_t max) {
    const posix::Outcome<posix::Fd> root = posix::open_root(directory_);
    const posix::Outcome<posix::Fd> folder = root.has_value() ? posix::open_folder(root->get(), topic_) : root.error();
    if (!folder.has_value()) {
        if (folder.error().number == ENOENT && segment_ == 0) return std::vector<LoggedMessage>();
        return posix::failure(operation, folder.error(), "opening " + topic_);
    }
    Pass pass(*this, max);
    if (const Result<void> done = pass.run(folder->get()); !done.has_value()) return done.error();
    pass.commit(*this);
    return std::move(pass.messages());
}

}  // namespace ticketbottle::file
