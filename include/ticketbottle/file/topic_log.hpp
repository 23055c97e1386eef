#pragma once
/// \file
/// A message transport over files: one folder, one JSON line per message, fsync before "delivered", rotation by size.
/// Format: docs/topic-log.md.

#include <ticketbottle/ports/clock.hpp>
#include <ticketbottle/ports/message_transport.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ticketbottle::file {

struct TopicLogOptions {
    std::string directory;  ///< Made if it is not there.
    std::uint64_t segment_bytes_max = 64 * 1024 * 1024;  ///< A line that would pass it begins a new segment. 4 KiB .. 16 GiB.
    std::size_t message_bytes_max = 1024 * 1024;  ///< 1 .. 16 MiB. A longer value is refused: not_sent, malformed.
    const Clock* clock = nullptr;  ///< For the lines' time; nullptr: the system's. Borrowed.
};

/// A writer. Any number of objects and processes may write one folder (a lock per topic while appending). A batch is one write
/// and one fdatasync per topic. A line cut short by a crash or a full disk is closed before the next one is written;
/// readers skip it. Not to be used on both sides of a fork.
/// Reports: not_sent with malformed (ports/message_transport.hpp's limits), unavailable (disk), cancelled; when a write stops
/// half-way, the whole lines before it are synced and delivered. A failed fdatasync: unknown for every line it covered, and
/// the next batch begins a new segment.
/// Errors: invalid_argument (options), unavailable (cannot make or open the folder).
[[nodiscard]] Result<std::unique_ptr<MessageTransport>> open_topic_log(const TopicLogOptions& options);

struct LoggedMessage {
    Message message;
    TimePoint time;
    std::string position;  ///< Where the next message begins: pass it on to read from there.
};

/// Reads a topic in order, following rotation; takes no lock. Threads: one call at a time per object. Copies are independent.
class TopicLogReader {
public:
    /// \param position  "" reads from the oldest segment there is, else a LoggedMessage::position.
    /// Errors: invalid_argument (a topic or position that is none, or whose segment is gone), unavailable.
    [[nodiscard]] static Result<TopicLogReader> open(const std::string& directory, const std::string& topic, const std::string& position);
    /// The next whole messages, at most `max`, and fewer when they are large (it stops past 32 MiB); none yet: empty. They are
    /// durable: also when their writer died before its sync, no power cut takes back what was returned. A line that is not a
    /// message is skipped and counted; the last line, while it has no end, is left to be completed.
    /// Errors: unavailable (also: the segment under way was removed; open again).
    [[nodiscard]] Result<std::vector<LoggedMessage>> read(std::size_t max);
    /// Lines that are no messages, and unfinished ends of closed segments, since `open`.
    [[nodiscard]] std::uint64_t skipped() const noexcept { return skipped_; }

private:
    TopicLogReader() = default;
    class Pass;
    std::string directory_;
    std::string topic_;
    std::uint64_t segment_ = 0;  ///< 0: not begun.
    std::uint64_t offset_ = 0;
    std::uint64_t skipped_ = 0;
};

/// Remembers how far a consumer has read: the file <directory>/<consumer>/<topic>, replaced atomically and durably.
/// Threads: any; two that save the same cursor at once leave one of the two positions.
class TopicCursor {
public:
    /// \param directory  Made by the first save. Not the log's own. \param consumer, topic  Named as topics are.
    TopicCursor(std::string directory, std::string consumer, std::string topic);
    /// "" if nothing was saved. Errors: invalid_argument (names), unavailable, malformed (the file is not a position).
    [[nodiscard]] Result<std::string> load() const;
    /// Errors: invalid_argument (names, not a position), unavailable, outcome_unknown.
    [[nodiscard]] Result<void> save(const std::string& position) const;

private:
    std::string directory_;
    std::string consumer_;
    std::string topic_;
};

}  // namespace ticketbottle::file
