#pragma once
/// \file
/// A message source over one topic of Kafka, as a member of a consumer group. By task: docs/kafka.md.

#include <ticketbottle/kafka/kafka.hpp>
#include <ticketbottle/ports/message_source.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace ticketbottle::kafka {

struct SourceOptions {
    /// Where the brokers are, and the account. message_bytes_max bounds a fetch (one larger message still comes);
    /// compression and queue_bytes_max mean nothing here.
    Options connection;
    /// 1..249 of [A-Za-z0-9._-]. Its members share the topic's partitions, and its saved positions stay with the brokers. Members
    /// that read different topics belong in different groups, or each waits for the others when one comes or goes.
    std::string group;
    std::string topic;
    /// How long read() may stay away before the brokers give this member's partitions to another (max.poll.interval.ms).
    /// 10 s .. 24 h. Give the longest time a page takes to be handled.
    std::chrono::milliseconds silence_max = std::chrono::minutes(30);
};
/// Touches nothing outside. Errors: invalid_argument, naming the option.
[[nodiscard]] Result<void> check(const SourceOptions& options);

/// Joins the group when it is first read, and leaves it when it is destroyed (for at most half a second; then the brokers notice by
/// themselves within ten). A group without a position begins at the oldest message. Does not need a broker to be opened.
/// Order: within a partition, and so within a key. save() commits the positions of all partitions that were read up to there, but
/// for partitions that the group has given to another member since: there the messages come again.
/// A saved position that the topic's retention has passed: consumer.position_lost (alert), and reading begins at the oldest message.
/// A topic that does not exist is an empty one. Position: "<partition>:<offset>".
/// Threads: librdkafka's callbacks run inside the calls. It keeps one thread and one per broker.
/// Log events: consumer.position_lost; kafka.client, kafka.trouble, as open_transport().
/// Errors: invalid_argument (as check(), an unreadable file, what this librdkafka cannot do), unavailable (no threads, no memory).
[[nodiscard]] Result<std::unique_ptr<MessageSource>> open_source(const SourceOptions& options);

}  // namespace ticketbottle::kafka
