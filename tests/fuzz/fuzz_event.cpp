// Whatever a queue delivers is an event within its rules or an error without payload; what is read is written back as it was read.
#include <ticketbottle/event/events.hpp>

#include "core/utf8.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace ticketbottle;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

void check(const Error& error) {
    must(error.code == Errc::malformed || error.code == Errc::unsupported);
    must(!error.detail_text().empty() && error.detail_text().size() < 200);
}

void check(const TicketIssued& ticket) {
    must(!ticket.ticket_id.empty() && !ticket.order_code.empty() && !ticket.event_name.empty() && !ticket.qr_code_data.empty());
    const std::string text = to_payload(ticket);
    must(utf8::valid(text));
    const auto again = parse_ticket_issued(text);
    must(again.has_value());
    must(to_payload(*again) == text);
}

void check(const PaymentEvent& event, std::string_view payload) {
    must(event.amount.minor_units >= 0 && !event.payment_id.empty() && !event.order_code.empty());
    for (const TicketIssued& ticket : event.tickets) check(ticket);
    const auto text = to_payload(event, payload, default_pass_through());
    must(text.has_value());
    if (text->size() > event_bytes_max) return;  // a long text can grow by its escapes
    const auto again = parse_payment_event(event.type, *text);
    must(again.has_value());
    must(again->payment_id == event.payment_id && again->order_code == event.order_code && again->amount == event.amount);
    must(again->provider == event.provider && again->transaction_id == event.transaction_id && again->at == event.at);
    must(again->customer_email == event.customer_email && again->customer_name == event.customer_name);
    must(again->event_name == event.event_name && again->event_date == event.event_date);
    must(again->tickets.size() == event.tickets.size());
    must(to_payload(*again, *text, default_pass_through()).value() == *text);
}

void check_payment(EventType type, std::string_view payload) {
    const auto event = parse_payment_event(type, payload);
    if (event.has_value()) {
        check(*event, payload);
    } else {
        check(event.error());
    }
}

void check_ticket(std::string_view payload) {
    const auto ticket = parse_ticket_issued(payload);
    if (ticket.has_value()) {
        check(*ticket);
    } else {
        check(ticket.error());
    }
}

void check_opened(std::string_view body, std::string_view type_beside) {
    const auto opened = open_event(body, type_beside);
    if (!opened.has_value()) return check(opened.error());
    if (opened->type == EventType::ticket_issued) {
        check_ticket(opened->payload);
    } else {
        check_payment(opened->type, opened->payload);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    check_opened(input, "");
    check_opened(input, "PAYMENT_COMPLETED");
    check_opened(input, "TICKET_ISSUED");
    check_payment(EventType::payment_failed, input);
    check_payment(EventType::payment_cancelled, input);
    return 0;
}
