// Writing: an event's JSON text.
#include "event/fields.hpp"

#include "core/utf8.hpp"

#include <algorithm>
#include <array>

namespace ticketbottle {
namespace {

/// No passed-through member may stand for one of these, of whichever payment event, nor claim another type.
constexpr std::array<std::string_view, 10> fixed_members{"payment_id",   "order_code",   "amount_cents", "currency",     "provider",
                                                         "transaction_id", "completed_at", "failed_at",    "cancelled_at", "eventType"};

/// Each byte that is not UTF-8 becomes U+FFFD: a row that some other program filled must not stop a settlement.
std::string repaired(std::string_view text) {
    if (utf8::valid(text)) return std::string(text);
    std::string out;
    while (!text.empty()) {
        if (const auto code_point = utf8::take(text)) {
            utf8::append(*code_point, out);
        } else {
            utf8::append(U'\uFFFD', out);
            text.remove_prefix(1);
        }
    }
    return out;
}

bool passes(std::string_view name, const std::vector<std::string>& pass_through) {
    return std::ranges::find(fixed_members, name) == fixed_members.end() &&
           std::ranges::find(pass_through, name) != pass_through.end();
}

}  // namespace

Result<std::string> to_payload(const PaymentEvent& event, std::string_view optional_members,
                               const std::vector<std::string>& pass_through) {
    constexpr std::string_view operation = "event.to_payload";
    json::Document optional;
    if (!optional_members.empty()) {
        Result<json::Document> parsed = event::parse_object(optional_members, operation);
        if (!parsed.has_value()) return fail(Errc::malformed, operation, "metadata: " + std::string(parsed.error().detail_text()));
        optional = std::move(*parsed);
    }
    std::string out;
    out.reserve(320 + optional_members.size());
    json::ObjectWriter writer(out);
    writer.string("payment_id", repaired(event.payment_id));
    writer.string("order_code", repaired(event.order_code));
    writer.integer("amount_cents", event.amount.minor_units);
    writer.string("currency", event.amount.currency.code());
    writer.string("provider", repaired(event.provider));
    writer.string("transaction_id", repaired(event.transaction_id));
    writer.string(event::time_member(event.type), to_iso8601(event.at));
    if (const json::Value members = optional.root()) {
        for (const json::Value member : members) {
            if (passes(member.key(), pass_through)) writer.value(member.key(), member);
        }
    }
    writer.finish();
    return out;
}

std::string to_payload(const TicketIssued& ticket) {
    std::string out;
    json::ObjectWriter writer(out);
    writer.string("ticket_id", repaired(ticket.ticket_id));
    writer.string("order_code", repaired(ticket.order_code));
    writer.string("event_id", repaired(ticket.event_id));
    writer.string("event_name", repaired(ticket.event_name));
    writer.string("event_date", to_iso8601(ticket.event_date));
    writer.string("event_venue", repaired(ticket.event_venue));
    writer.string("ticket_type", repaired(ticket.ticket_type));
    if (!ticket.seat_info.empty()) writer.string("seat_info", repaired(ticket.seat_info));
    writer.string("customer_name", repaired(ticket.customer_name));
    writer.string("customer_email", repaired(ticket.customer_email));
    writer.string("qr_code_data", repaired(ticket.qr_code_data));
    writer.string("issued_at", to_iso8601(ticket.issued_at));
    writer.finish();
    return out;
}

const std::vector<std::string>& default_pass_through() {
    static const std::vector<std::string> members{"customer_email", "customer_name", "event_name", "event_date",
                                                  "event_id",       "event_venue",   "tickets"};
    return members;
}

}  // namespace ticketbottle
