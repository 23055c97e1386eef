// Reading: an event's JSON text, from a queue, so hostile.
#include "event/fields.hpp"

#include "core/format.hpp"

#include <array>

namespace ticketbottle {
namespace {

constexpr std::array<EventType, 4> every_type{EventType::payment_completed, EventType::payment_failed, EventType::payment_cancelled,
                                              EventType::ticket_issued};

using event::Presence;

std::string text_or(json::Value object, std::string_view name, std::string_view otherwise) {
    const std::string_view own = object[name].as_string().value_or(std::string_view());
    return std::string(own.empty() ? otherwise : own);
}

std::optional<TimePoint> time_of(json::Value value) {
    const auto text = value.as_string();
    if (!text) return std::nullopt;
    const Result<TimePoint> time = parse_iso8601(*text);
    return time.has_value() ? std::optional(*time) : std::nullopt;
}

/// One element of `tickets`, or nullopt where it is less than a whole ticket.
std::optional<TicketIssued> ticket_of(json::Value element, json::Value around, const PaymentEvent& payment) {
    TicketIssued ticket;
    ticket.ticket_id = text_or(element, "ticket_id", "");
    ticket.ticket_type = text_or(element, "ticket_type", "");
    ticket.qr_code_data = text_or(element, "qr_code_data", "");
    ticket.order_code = payment.order_code;
    ticket.event_id = text_or(element, "event_id", around["event_id"].as_string().value_or(std::string_view()));
    ticket.event_name = text_or(element, "event_name", payment.event_name);
    ticket.event_venue = text_or(element, "event_venue", around["event_venue"].as_string().value_or(std::string_view()));
    ticket.seat_info = text_or(element, "seat_info", "");
    ticket.customer_name = text_or(element, "customer_name", payment.customer_name);
    ticket.customer_email = text_or(element, "customer_email", payment.customer_email);
    const auto date = element["event_date"] ? time_of(element["event_date"]) : payment.event_date;
    if (!date) return std::nullopt;
    ticket.event_date = *date;
    ticket.issued_at = time_of(element["issued_at"]).value_or(payment.at);
    for (const std::string* needed : {&ticket.ticket_id, &ticket.ticket_type, &ticket.qr_code_data, &ticket.event_id,
                                      &ticket.event_name, &ticket.event_venue}) {
        if (needed->empty()) return std::nullopt;
    }
    return ticket;
}

}  // namespace

std::string_view to_string(EventType type) noexcept {
    switch (type) {
        case EventType::payment_completed:
            return "PAYMENT_COMPLETED";
        case EventType::payment_failed:
            return "PAYMENT_FAILED";
        case EventType::payment_cancelled:
            return "PAYMENT_CANCELLED";
        case EventType::ticket_issued:
            return "TICKET_ISSUED";
    }
    return "UNKNOWN";
}

std::optional<EventType> parse_event_type(std::string_view name) noexcept {
    for (const EventType type : every_type) {
        if (to_string(type) == name) return type;
    }
    return std::nullopt;
}

Result<PaymentEvent> parse_payment_event(EventType type, std::string_view payload) {
    constexpr std::string_view operation = "event.parse_payment_event";
    if (type == EventType::ticket_issued) return fail(Errc::invalid_argument, operation, "TICKET_ISSUED is not a payment event");
    const Result<json::Document> document = event::parse_object(payload, operation);
    if (!document.has_value()) return document.error();
    const json::Value root = document->root();
    event::Reader reader(root, operation);
    PaymentEvent read;
    read.type = type;
    read.payment_id = reader.text("payment_id", Presence::not_empty);
    read.order_code = reader.text("order_code", Presence::not_empty);
    read.amount.minor_units = reader.integer("amount_cents");
    read.amount.currency = reader.currency("currency");
    read.provider = reader.text("provider", Presence::required);
    read.transaction_id = reader.text("transaction_id", Presence::required);
    read.at = reader.time(event::time_member(type));
    read.customer_email = reader.text("customer_email", Presence::optional);
    read.customer_name = reader.text("customer_name", Presence::optional);
    read.event_name = reader.text("event_name", Presence::optional);
    if (!reader.outcome().has_value()) return reader.outcome().error();
    if (read.amount.minor_units < 0) return fail(Errc::malformed, operation, "amount_cents: below zero");
    read.event_date = time_of(root["event_date"]);
    if (const json::Value tickets = root["tickets"]; tickets.is(json::Kind::array)) {
        for (const json::Value element : tickets) {
            if (auto ticket = ticket_of(element, root, read)) read.tickets.push_back(std::move(*ticket));
        }
    }
    return read;
}

Result<TicketIssued> parse_ticket_issued(std::string_view payload) {
    constexpr std::string_view operation = "event.parse_ticket_issued";
    const Result<json::Document> document = event::parse_object(payload, operation);
    if (!document.has_value()) return document.error();
    event::Reader reader(document->root(), operation);
    TicketIssued ticket;
    ticket.ticket_id = reader.text("ticket_id", Presence::not_empty);
    ticket.order_code = reader.text("order_code", Presence::not_empty);
    ticket.event_id = reader.text("event_id", Presence::required);
    ticket.event_name = reader.text("event_name", Presence::not_empty);
    ticket.event_date = reader.time("event_date");
    ticket.event_venue = reader.text("event_venue", Presence::required);
    ticket.ticket_type = reader.text("ticket_type", Presence::required);
    ticket.seat_info = reader.text("seat_info", Presence::optional);
    ticket.customer_name = reader.text("customer_name", Presence::required);
    ticket.customer_email = reader.text("customer_email", Presence::optional);
    ticket.qr_code_data = reader.text("qr_code_data", Presence::not_empty);
    ticket.issued_at = reader.time("issued_at");
    if (!reader.outcome().has_value()) return reader.outcome().error();
    return ticket;
}

}  // namespace ticketbottle
