// Whatever an event's fields hold, a mail is ASCII with CRLF lines of at most 998, and its header has our fields and no other;
// where a field cannot be carried, the mail is refused as malformed.
#include <ticketbottle/email/calendar.hpp>
#include <ticketbottle/email/mails.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace ticketbottle;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

/// Takes the input apart at 0x1e bytes; what is left over is empty.
class Fields {
public:
    explicit Fields(std::string_view rest) : rest_(rest) {}
    std::string next() {
        const auto end = rest_.find('\x1e');
        std::string field(rest_.substr(0, end));
        rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
        return field;
    }

private:
    std::string_view rest_;
};

void check_lines(std::string_view message, std::size_t columns_max) {
    must(message.ends_with("\r\n"));
    while (!message.empty()) {
        const auto end = message.find("\r\n");
        must(end != std::string_view::npos && end <= columns_max);
        must(message.substr(0, end).find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
        message.remove_prefix(end + 2);
    }
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Names of the top header's fields are ours, each once.
void check_header(std::string_view message) {
    constexpr std::array<std::string_view, 11> ours = {"Date", "From", "To", "Reply-To", "Subject", "Message-ID", "MIME-Version",
                                                       "Auto-Submitted", "Content-Language", "Content-Type",
                                                       "Content-Transfer-Encoding"};
    std::array<int, ours.size()> seen{};
    std::string_view header = message.substr(0, message.find("\r\n\r\n") + 2);
    while (!header.empty()) {
        const std::string_view line = header.substr(0, header.find("\r\n"));
        header.remove_prefix(line.size() + 2);
        must(!line.empty());
        if (line.front() == ' ') continue;
        const auto* field = std::find(ours.begin(), ours.end(), line.substr(0, line.find(':')));
        must(field != ours.end());
        must(++seen[static_cast<std::size_t>(field - ours.begin())] == 1);
    }
}

void check(const Result<std::string>& message) {
    if (!message.has_value()) {
        must(message.error().code == Errc::malformed);
        must(!message.error().detail_text().empty());
        return;
    }
    must(is_ascii(*message));
    check_lines(*message, 998);
    check_header(*message);
}

void check(const Result<email::RenderedMail>& mail) {
    if (!mail.has_value()) {
        must(mail.error().code == Errc::malformed || mail.error().code == Errc::invalid_argument);
        return;
    }
    check(Result<std::string>(mail->message));
    must(email::is_address(mail->recipient));
}

void fuzz_mails(std::string_view input, Language language) {
    Fields fields(input);
    TicketIssued ticket;
    ticket.event_name = fields.next();
    ticket.customer_name = fields.next();
    ticket.event_venue = fields.next();
    ticket.ticket_type = fields.next();
    ticket.seat_info = fields.next();
    ticket.order_code = fields.next();
    const std::string id = fields.next();
    ticket.ticket_id = id.empty() ? "T1" : id;
    const std::string address = fields.next();
    ticket.customer_email = address.empty() ? "a@b.example" : address;

    PaymentEvent event;
    event.order_code = ticket.order_code;
    event.amount = {7200000, Currency::vnd()};
    event.provider = ticket.ticket_type;
    event.transaction_id = ticket.seat_info;
    event.customer_email = ticket.customer_email;
    event.customer_name = ticket.customer_name;
    event.event_name = ticket.event_name;
    event.tickets = {ticket, ticket};

    email::MailOptions options;
    options.from = {"noreply@tickets.example", "TicketBottle"};
    options.language = language;
    const auto renderer = email::MailRenderer::create(options);
    must(renderer.has_value());
    check(renderer->ticket(ticket, {"%PDF", "png", ""}));
    check(renderer->confirmation(event));
}

void fuzz_message(std::string_view input) {
    Fields fields(input);
    email::Letter letter;
    letter.subject = fields.next();
    const std::string name = fields.next();
    letter.from = {"noreply@tickets.example", name};
    letter.to = {{"a@b.example", name}, {"c@d.example", ""}, {"e@f.example", name}};
    letter.message_id = "1@b.example";
    letter.text = "x" + fields.next();
    letter.html = fields.next();
    const std::string filename = fields.next();
    letter.attachments = {{filename.empty() ? "a.bin" : filename, "application/pdf", {}, std::string(input)}};
    check(email::build_message(letter));

    email::CalendarEvent event;
    event.uid = "1@b.example";
    event.summary = letter.subject;
    event.location = name;
    event.description = letter.text;
    if (const auto calendar = email::build_calendar(event); calendar.has_value()) {
        check_lines(*calendar, 75);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    fuzz_mails(input, size % 2 == 0 ? Language::vi : Language::en);
    fuzz_message(input);
    return 0;
}
