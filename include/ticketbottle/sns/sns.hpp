#pragma once
/// \file
/// A message transport to Amazon SNS, over its Query API and a network of the host's. By task: docs/sns.md.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <ticketbottle/aws/sigv4.hpp>
#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/gateway/query.hpp>
#include <ticketbottle/ports/clock.hpp>
#include <ticketbottle/ports/message_transport.hpp>

namespace ticketbottle::sns {

/// SNS's limits (developer guide, "Amazon SNS message batching", "message attributes").
inline constexpr std::size_t batch_entries_max = 10;
inline constexpr std::size_t batch_bytes_max =
    256 * 1024;  ///< Of all messages of a batch with their attributes, and so of one.
/// A subscription with raw delivery to SQS discards what has more.
inline constexpr std::size_t attributes_max = 10;

enum class Ordering : std::uint8_t {
    fifo,     ///< Every topic must be a FIFO topic.
    may_lose  ///< Standard topics too: SNS then keeps no order, and may deliver twice.
};

struct Options {
    aws::Credentials credentials;
    std::string region;  ///< "eu-central-1"
    /// "https://sns.eu-central-1.amazonaws.com" by default, from the region. Ours to set for a private endpoint or a
    /// test.
    std::string endpoint;
    /// By Message::topic: "arn:aws:sns:eu-central-1:123456789012:payments.fifo".
    std::map<std::string, std::string, std::less<>> topic_arns;
    std::string topic_arn;  ///< For topics that are not in topic_arns. "": those are refused.
    Ordering ordering = Ordering::fifo;
    const Clock* clock =
        nullptr;  ///< Borrowed; nullptr: the system's. AWS refuses a signature more than 5 minutes off.
    Observer* observer = nullptr;  ///< Borrowed, must outlive the transport. nullptr: nobody is told.
};
/// Touches nothing outside. Errors: invalid_argument, naming the option; never a value that could be a key.
[[nodiscard]] Result<void> check(const Options& options);

/// Publishes in batches of up to ten, of each key one message at a time: SNS takes or refuses each entry of a batch by
/// itself, so a second message of a key in one batch could overtake the first
/// (docs/adr/0014-sns-one-per-key-and-batch.md). What is sent: the value as the message; as attributes the headers but
/// eventId, ce_source and ce_type where they repeat messageId, source and eventType, and those without a value. To a
/// FIFO topic MessageGroupId is the key (its SHA-256 where SNS does not take it) and MessageDeduplicationId the header
/// messageId: SNS drops a repeat within 5 minutes. Deadline: the last batch begun before it; a batch whose answer is
/// not there by then is unknown. Reports: not_sent with
///   unavailable   the way is closed: no connection, throttled, credentials or permission refused, SNS cannot now,
///   closed; cancelled     the deadline passed, or a stop was requested, before it was sent; malformed     this message
///   cannot be carried or is refused: not XML text (UTF-8 without control characters), empty, over
///                 batch_bytes_max, more than attributes_max attributes, a header twice or with a name SNS does not
///                 take;
///   unsupported   its topic: none is configured, or it does not exist.
/// unknown (outcome_unknown): no answer, an unreadable one, or a server's error (5xx). delivered: SNS has it.
/// When the way is closed the rest of the page is not_sent with the same cause: it would fare no better.
/// A batch that SNS refuses as a whole for what it holds is sent again message by message, to find the one at fault.
/// Threads: as the port. Metrics: ticketbottle_sns_messages_total{outcome}. Log events: sns.batch_refused.
/// Errors: invalid_argument, as check().
/// \param exchange  host::gateway_exchange(), or one of the host's own; owned.
[[nodiscard]] Result<std::unique_ptr<MessageTransport>> open_transport(const Options& options, HttpExchange exchange);

}  // namespace ticketbottle::sns
