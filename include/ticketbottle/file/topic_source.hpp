#pragma once
/// \file
/// A message source over a topic log: its reader, and the file that remembers how far one consumer is. Format: docs/topic-log.md.

#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/ports/message_source.hpp>

#include <memory>
#include <string>

namespace ticketbottle::file {

struct TopicSourceOptions {
    std::string log_directory;     ///< The topic log's folder. It may appear later.
    std::string cursor_directory;  ///< Where positions are kept. Not the log's own.
    std::string consumer;          ///< Named as a topic is. Two of one name share a position: run one at a time.
    std::string topic;
    Observer* observer = nullptr;  ///< Borrowed, must outlive the source. nullptr: nobody is told.
};

/// A saved position that cannot be read, or whose segment was removed, is not an end: reading starts again at the oldest message
/// there is, with an alert.
/// Log events: consumer.position_lost (alert), consumer.lines_skipped (warning: lines that are no messages).
/// Errors: invalid_argument, naming the option.
[[nodiscard]] Result<std::unique_ptr<MessageSource>> open_topic_source(const TopicSourceOptions& options);

}  // namespace ticketbottle::file
