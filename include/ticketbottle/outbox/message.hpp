#pragma once
/// \file
/// From an outbox row to the message that is published. Source of topics and headers: docs/events.md.

#include <ticketbottle/ports/message_transport.hpp>
#include <ticketbottle/ports/outbox_store.hpp>

#include <map>
#include <string>

namespace ticketbottle::outbox {

struct MessageOptions {
    /// Event type -> topic. A row of a type that is not here fails with "unknown event type".
    std::map<std::string, std::string, std::less<>> topics = {{"PAYMENT_COMPLETED", "payment.completed"},
                                                              {"PAYMENT_FAILED", "payment.failed"},
                                                              {"PAYMENT_CANCELLED", "payment.cancelled"},
                                                              // An order that was paid all the same (docs/cachao.md).
                                                              {"ORDER_OVERSOLD", "order.alerts"},
                                                              {"DISCOUNT_CODE_EXCEEDED", "order.alerts"}};
    std::string source = "payment-service";
    std::string event_version = "1.0";
};

/// Key = aggregate id. Headers: eventType, eventVersion, source, correlationId (aggregate id), messageId and eventId (row id, so a
/// repeat can be recognised), aggregateType; ce_specversion, ce_id, ce_source, ce_type, ce_time (CloudEvents 1.0, Kafka binary mode);
/// and `traceparent` (W3C Trace Context) where the row has one.
/// Errors: unsupported ("unknown event type X").
[[nodiscard]] Result<Message> to_message(const OutboxRow& row, const MessageOptions& options);

}  // namespace ticketbottle::outbox
