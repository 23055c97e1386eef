#pragma once
/// \file
/// Where events go: a topic log, Kafka, SNS, a host's own callback.

#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ticketbottle {

/// Longest topic name, bytes. Kafka's limit.
inline constexpr std::size_t topic_bytes_max = 249;
/// Key, header names and header values together, one byte added per header. Ours: far above what events carry.
inline constexpr std::size_t message_envelope_bytes_max = 64 * 1024;

struct MessageHeader {
    std::string name;
    std::string value;
};

struct Message {
    std::string topic;
    std::string key;    ///< Ordering key.
    std::string value;  ///< Payload bytes.
    std::vector<MessageHeader> headers;
};

/// 1..249 of [A-Za-z0-9._-], not "." or ".." (Kafka's rule, and safe as a file's name).
[[nodiscard]] bool is_topic_name(std::string_view topic) noexcept;
/// Is this a message every backend takes? Topic name, envelope and value within their limits. Errors: malformed.
[[nodiscard]] Result<void> check_message(const Message& message, std::size_t value_bytes_max);

/// ABI values (the C transport fills bytes with them).
enum class Delivery : std::uint8_t {
    unknown = 0,    ///< Perhaps sent. The default: what a transport leaves unset is unknown.
    delivered = 1,  ///< The other side has it durably.
    not_sent = 2,   ///< Certainly not there.
};

/// One message's fate. `cause` matters when it was not delivered:
///   unavailable, cancelled, outcome_unknown  the way is closed (broker down, disk full): no attempt is burned;
///   anything else                            this message is at fault (too large, refused): an attempt is burned.
struct DeliveryReport {
    Delivery delivery = Delivery::unknown;
    Errc cause = Errc::outcome_unknown;
    std::string reason;  ///< For people: "disk full (ENOSPC) writing payment.completed.log". No payload.
};

/// Backends: memory, file (topic log), kafka, callbacks through C. Contract: tests/conformance/message_transport.hpp.
/// Threads: one call at a time per object. Never retries by itself. Lifetimes: views are read during the call only.
class MessageTransport {
public:
    virtual ~MessageTransport() = default;
    MessageTransport(const MessageTransport&) = delete;
    MessageTransport& operator=(const MessageTransport&) = delete;

    /// Publishes in order and returns when every message's fate is known or the deadline has passed.
    /// Within a key: after a message that was not delivered, no later one of that key is sent (they are not_sent, with the same
    /// cause), so order holds whatever fails. `reports.size() == messages.size()`, all default at entry.
    virtual void publish(std::span<const Message> messages, std::span<DeliveryReport> reports, Deadline deadline) = 0;

    /// Returns when everything handed over is durable. Errors: unavailable, cancelled.
    [[nodiscard]] virtual Result<void> flush(Deadline deadline) = 0;
    /// Flushes and lets go of files and sockets. publish after close: not_sent, unavailable. Idempotent.
    [[nodiscard]] virtual Result<void> close(Deadline deadline) = 0;

protected:
    MessageTransport() = default;
};

}  // namespace ticketbottle
