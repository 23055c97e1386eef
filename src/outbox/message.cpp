#include <ticketbottle/core/trace_context.hpp>
#include <ticketbottle/outbox/message.hpp>

#include "core/format.hpp"
#include "outbox/text.hpp"

namespace ticketbottle::outbox {

Result<Message> to_message(const OutboxRow& row, const MessageOptions& options) {
    const auto topic = options.topics.find(row.event_type);
    if (topic == options.topics.end() || topic->second.empty()) {
        return fail(Errc::unsupported, "outbox.to_message",
                    formatted("unknown event type {}", clean_text(row.event_type, event_type_bytes_max)));
    }
    Message message;
    message.topic = topic->second;
    message.key = row.aggregate_id;
    message.value = row.payload;
    message.headers = {
        {"eventType", row.event_type},
        {"eventVersion", options.event_version},
        {"source", options.source},
        {"correlationId", row.aggregate_id},
        {"messageId", row.id},  // the row's own, the same at every attempt: a consumer recognises a repeat by it
        {"eventId", row.id},
        {"aggregateType", row.aggregate_type},
        {"ce_specversion", "1.0"},
        {"ce_id", row.id},
        {"ce_source", options.source},
        {"ce_type", row.event_type},
        {"ce_time", to_iso8601(row.created_at)},
    };
    if (std::string trace = passed_on_traceparent(row.traceparent); !trace.empty())
        message.headers.push_back({"traceparent", std::move(trace)});
    return message;
}

}  // namespace ticketbottle::outbox
