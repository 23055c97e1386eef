#pragma once
/// \file
/// librdkafka's message as ours. Internal: not installed.

#include <ticketbottle/ports/message_transport.hpp>

#include <librdkafka/rdkafka.h>

#include <string>

namespace ticketbottle::kafka {

/// A copy. A value that is null, as compacted topics have it for what was deleted, is empty.
[[nodiscard]] Message message_of(const std::string& topic, const rd_kafka_message_t& got);

}  // namespace ticketbottle::kafka
