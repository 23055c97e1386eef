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
    std::uint64_t segment_bytes_max = 64 * 1024 * 1024;  ///< A segment past this is closed and a new one begun. 4 KiB .. 16 GiB.
    std::size_t message_bytes_max = 1024 * 1024;         ///< A longer value is refused: not_sent, malformed.
    const Clock* clock = nullptr;                        ///< For the lines' time; nullptr: the system's.
};

/// A writer. Any number of processes may write one folder (a lock per topic while appending). A line cut short by a crash
/// is ended before the next one is written; readers skip it.
/// Errors: invalid_argument (options), unavailable (cannot make or write the folder).
[[nodiscard]] Result<std::unique_ptr<MessageTransport>> open_topic_log(const TopicLogOptions& options);

struct LoggedMessage {
    Message message;
    TimePoint time;
    std::string position;  ///< Where the next message begins: pass it on to read from there.
};

/// Reads a topic in order, following rotation. Threads: one call at a time per object.
class TopicLogReader {
public:
    /// \param position  "" reads from the beginning, else a LoggedMessage::position.
    /// Errors: invalid_argument (a position that is none, or whose segment is gone).
    [[nodiscard]] static Result<TopicLogReader> open(const std::string& directory, const std::string& topic, const std::string& position);
    /// The next whole messages, at most `max`; none yet: empty. A line that is not a message is skipped and counted.
    /// Errors: unavailable.
    [[nodiscard]] Result<std::vector<LoggedMessage>> read(std::size_t max);
    [[nodiscard]] std::uint64_t skipped() const noexcept { return skipped_; }

private:
    TopicLogReader() = default;
    std::string directory_;
    std::string topic_;
    std::uint64_t segment_ = 0;
    std::uint64_t offset_ = 0;
    std::uint64_t skipped_ = 0;
};

/// Remembers how far a consumer has read: one small file per consumer and topic, replaced atomically and durably.
class TopicCursor {
public:
    TopicCursor(std::string directory, std::string consumer, std::string topic);
    /// "" if nothing was saved. Errors: unavailable, malformed (the file is not a position).
    [[nodiscard]] Result<std::string> load() const;
    [[nodiscard]] Result<void> save(const std::string& position) const;

private:
    std::string path_;
};

}  // namespace ticketbottle::file
