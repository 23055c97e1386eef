#pragma once
/// \file
/// librdkafka's result codes as Errc. Internal: not installed.

#include <ticketbottle/core/result.hpp>
#include <ticketbottle/ports/message_transport.hpp>

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <span>
#include <string>

namespace ticketbottle::kafka {

/// What a code speaks of, and so what it says about the next message.
enum class Blame : std::uint8_t {
    way,    ///< The way to the broker, or the cluster: nothing gets through for now. unavailable: no attempt is burned.
    topic,  ///< This topic and all messages to it. unsupported.
    batch,  ///< A message of the batch that was refused; which one is not said. malformed.
    ours,   ///< A call that should not have been made. internal.
};

struct CodeRow {
    rd_kafka_resp_err_t code;
    Blame blame;
};

/// Every code that a producer of ours can meet.
[[nodiscard]] std::span<const CodeRow> code_table() noexcept;
/// A code that is not in the table blames the way: what is not understood must not cost an event its attempts.
[[nodiscard]] Blame blame_of(rd_kafka_resp_err_t code) noexcept;
[[nodiscard]] Errc errc_of(Blame blame) noexcept;
/// librdkafka's knowledge of where a message is.
[[nodiscard]] Delivery delivery_of(rd_kafka_msg_status_t status) noexcept;
/// "MSG_SIZE_TOO_LARGE: Broker: Message size too large".
[[nodiscard]] std::string describe(rd_kafka_resp_err_t code);

}  // namespace ticketbottle::kafka
