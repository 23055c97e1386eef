#pragma once
/// \file
/// The events of the deployed systems: what the payment room writes into the outbox and what consumers read back.
/// Field names and types are fixed by their consumers. Source: docs/events.md.

#include <ticketbottle/core/money.hpp>
#include <ticketbottle/core/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ticketbottle {

enum class EventType : std::uint8_t { payment_completed, payment_failed, payment_cancelled, ticket_issued };
/// "PAYMENT_COMPLETED", "PAYMENT_FAILED", "PAYMENT_CANCELLED", "TICKET_ISSUED".
[[nodiscard]] std::string_view to_string(EventType type) noexcept;
/// Exact spelling. nullopt: a type this version does not know.
[[nodiscard]] std::optional<EventType> parse_event_type(std::string_view name) noexcept;

/// Longest event body read, bytes. Ours; SQS allows 256 KiB, Kafka 1 MiB by default.
inline constexpr std::size_t event_bytes_max = 1024 * 1024;

/// One ticket, TICKET_ISSUED's shape. All text is UTF-8.
struct TicketIssued {
    std::string ticket_id;
    std::string order_code;
    std::string event_id;
    std::string event_name;
    TimePoint event_date;
    std::string event_venue;
    std::string ticket_type;
    std::string seat_info;  ///< Optional: empty when there is no seat.
    std::string customer_name;
    std::string customer_email;  ///< Empty: no mail is sent.
    std::string qr_code_data;    ///< The `code` of the QR's URL, not encoded.
    TimePoint issued_at;
};

/// PAYMENT_COMPLETED, PAYMENT_FAILED, PAYMENT_CANCELLED.
struct PaymentEvent {
    EventType type = EventType::payment_completed;
    std::string payment_id;
    std::string order_code;
    Money amount;  ///< `amount_cents` and `currency`; minor units, so whole dong for VND.
    std::string provider;
    std::string transaction_id;
    TimePoint at;  ///< completed_at, failed_at or cancelled_at.
    // Optional fields, passed through from the payment's metadata.
    std::string customer_email;
    std::string customer_name;
    std::string event_name;
    std::optional<TimePoint> event_date;
    /// The elements of `tickets` that are whole tickets: each needs ticket_id, ticket_type and qr_code_data of its own; event_id,
    /// event_name, event_date, event_venue, customer_name and customer_email fall back to the event's own members.
    std::vector<TicketIssued> tickets;
};

/// The payload's JSON text, members in the documented order. Reads the fixed fields of `event` only.
/// \param optional_members  A JSON object (or "") whose members named in `pass_through` are appended as they stand: number
///                          tokens unchanged, members that would repeat a fixed one left out.
/// \par Errors  malformed: optional_members is not a JSON object.
[[nodiscard]] Result<std::string> to_payload(const PaymentEvent& event, std::string_view optional_members,
                                             const std::vector<std::string>& pass_through);

/// customer_email, customer_name, event_name, event_date, tickets; and event_id, event_venue for the tickets.
[[nodiscard]] const std::vector<std::string>& default_pass_through();

/// \par Errors  malformed, naming the member: not JSON, a required member absent or of the wrong type, over event_bytes_max.
///              Unknown members are ignored.
[[nodiscard]] Result<PaymentEvent> parse_payment_event(EventType type, std::string_view payload);
[[nodiscard]] Result<TicketIssued> parse_ticket_issued(std::string_view payload);
/// TICKET_ISSUED's JSON text, members in the documented order.
[[nodiscard]] std::string to_payload(const TicketIssued& ticket);

/// What a queue delivers: the event itself (its `eventType` member, or the type beside it), or a pipe's envelope
/// {"value": "<json>"}, the value possibly base64.
struct IncomingEvent {
    EventType type = EventType::payment_completed;
    std::string payload;
};
/// \param type_beside  messageAttributes.eventType.stringValue, a Kafka header eventType, or "" if there is none.
/// \par Errors  malformed: not JSON, or no type anywhere; unsupported: a type this version does not know.
[[nodiscard]] Result<IncomingEvent> open_event(std::string_view body, std::string_view type_beside);

}  // namespace ticketbottle
