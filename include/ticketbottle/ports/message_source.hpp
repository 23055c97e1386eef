#pragma once
/// \file
/// Where events are read from: one topic as one named consumer sees it, with the position it has saved.

#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>
#include <ticketbottle/ports/message_transport.hpp>

#include <string>
#include <vector>

namespace ticketbottle {

struct ReceivedMessage {
    Message message;
    std::string position;  ///< Behind it, as its source writes it. For save(), and for people; nobody else reads it.
};

/// At least once, and in order per key: what was read and not saved comes again to the next object of the same topic and consumer.
/// Backends: file (topic log), kafka. Contract: tests/conformance/message_source.hpp. Threads: one call at a time per object.
class MessageSource {
public:
    virtual ~MessageSource() = default;
    MessageSource(const MessageSource&) = delete;
    MessageSource& operator=(const MessageSource&) = delete;

    [[nodiscard]] virtual const std::string& topic() const noexcept = 0;
    /// The next ones, 1..max, and fewer when they are large. Nothing new, or a topic that is not there yet: empty, within 100 ms;
    /// while it is not known yet whether there is something, it waits. An error passes nothing over; what was returned and is not
    /// saved may then come again.
    /// Errors: unavailable, cancelled (the deadline passed).
    [[nodiscard]] virtual Result<std::vector<ReceivedMessage>> read(std::size_t max, Deadline deadline) = 0;
    /// Everything up to this position is done with, durably. \param position  Of a message that this object returned.
    /// Errors: invalid_argument (of no message of this object), unavailable, cancelled, outcome_unknown.
    [[nodiscard]] virtual Result<void> save(const std::string& position, Deadline deadline) = 0;

protected:
    MessageSource() = default;
};

}  // namespace ticketbottle
