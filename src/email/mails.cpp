#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/email/calendar.hpp>
#include <ticketbottle/email/mails.hpp>

#include <algorithm>

#include "core/format.hpp"
#include "email/check.hpp"
#include "email/content.hpp"
#include "email/html.hpp"
#include "email/phrases.hpp"

namespace ticketbottle::email {

namespace {

constexpr std::size_t attachment_limit = std::size_t{16} * 1024 * 1024;
constexpr std::size_t brand_bytes_max = 200;
constexpr std::size_t link_bytes_max = 2048;
constexpr std::size_t png_bytes_max = 1024 * 1024;  // ours: a QR code is a few KiB
constexpr std::size_t ticket_id_bytes_max = 128;
constexpr std::chrono::minutes event_length_max = std::chrono::days{31};
/// Names are cut in headers; the bodies have them whole.
constexpr std::size_t subject_name_bytes_max = 200;

Error bad_option(std::string_view option, std::string_view what) {
    return fail(Errc::invalid_argument, "email.options", formatted("{}: {}", option, what));
}

Result<void> check_option_mailbox(std::string_view option, const Mailbox& mailbox) {
    if (!is_address(mailbox.address)) {
        return bad_option(option, "not an ASCII address of the form dot-atom@domain");
    }
    if (!check_line("name", mailbox.name, display_name_bytes_max).has_value()) {
        return bad_option(option, formatted("its name is not one line of UTF-8 of at most {} bytes", display_name_bytes_max));
    }
    return {};
}

enum class Breaks { refuse, allow };

/// Text of an event on its way into a mail. Fields that a header carries refuse control characters; of the others, line breaks
/// become spaces when they are shown.
struct EventField {
    std::string_view name;
    std::string_view value;
    Breaks breaks = Breaks::allow;
};

Result<void> check_fields(std::initializer_list<EventField> fields) {
    for (const EventField& field : fields) {
        auto checked = field.breaks == Breaks::refuse ? check_line(field.name, field.value, field_bytes_max)
                                                      : check_text(field.name, field.value, field_bytes_max);
        if (!checked.has_value()) {
            return checked;
        }
    }
    return {};
}

Result<void> check_recipient(std::string_view address) {
    if (address.empty()) {
        return fail(Errc::invalid_argument, "email.render", "customer_email: none, so there is nobody to write to");
    }
    return check_mail_address("customer_email", address);
}

/// It becomes part of a file's name.
Result<void> check_ticket_id(std::string_view id) {
    const bool plain = std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    });
    if (id.empty() || id.size() > ticket_id_bytes_max || id.front() == '.' || !plain) {
        return fail(Errc::malformed, "email.render",
                    formatted("ticket_id: not 1 to {} of letters, digits, '.', '_' and '-'", ticket_id_bytes_max));
    }
    return {};
}

/// Printable ASCII without what would end an attribute or a line of text.
Result<void> check_link(std::string_view link) {
    const bool scheme = link.starts_with("https://") || link.starts_with("http://");
    const bool plain = std::all_of(link.begin(), link.end(), [](char c) {
        return c > 0x20 && c < 0x7f && std::string_view("\"'<>\\^`{|}").find(c) == std::string_view::npos;
    });
    if (!scheme || !plain || link.size() > link_bytes_max) {
        return fail(Errc::invalid_argument, "email.render",
                    formatted("link: not an http or https URL of at most {} bytes of ASCII", link_bytes_max));
    }
    return {};
}

std::string_view domain_of(std::string_view address) { return address.substr(address.rfind('@') + 1); }

/// Parts of a name for derived_uuid: each with its length before it, so that no two lists give one name.
std::string joined(std::initializer_list<std::string_view> parts) {
    std::string out;
    for (const std::string_view part : parts) {
        out += formatted("{}:{}", part.size(), part);
    }
    return out;
}

void add_fact(Content& content, std::string_view label, std::string_view value) {
    std::string line = one_line(value);
    if (!line.empty()) {
        content.facts.push_back({std::string(label), std::move(line)});
    }
}

Content begin_content(const MailOptions& options, std::string_view customer_name) {
    const Phrases& words = phrases(options.language);
    Content content;
    content.language = options.language;
    content.brand = options.brand;
    const std::string name = one_line(customer_name);
    content.greeting = name.empty() ? std::string(words.greeting_nameless) : formatted(fmt::runtime(words.greeting), name);
    content.footer = formatted(fmt::runtime(words.footer), options.brand);
    return content;
}

Content confirmation_content(const MailOptions& options, const PaymentEvent& event) {
    const Phrases& words = phrases(options.language);
    Content content = begin_content(options, event.customer_name);
    content.heading = words.confirmation_heading;
    content.intro = words.confirmation_intro;
    add_fact(content, words.order_code, event.order_code);
    add_fact(content, words.event, event.event_name);
    if (event.event_date) {
        add_fact(content, words.starts, format_time(*event.event_date, options.zone, options.language));
    }
    // Not through add_fact: the no-break space before the unit is meant.
    content.facts.push_back({std::string(words.amount), format_money(event.amount, options.language)});
    add_fact(content, words.provider, provider_name(event.provider));
    add_fact(content, words.transaction, event.transaction_id);
    add_fact(content, words.paid, format_time(event.at, options.zone, options.language));
    if (!event.tickets.empty()) {
        content.notes.emplace_back(words.confirmation_note);
    }
    return content;
}

/// Type, seat and id of each ticket. Errors: malformed.
Result<void> list_tickets(const MailOptions& options, const PaymentEvent& event, Content& content) {
    const Phrases& words = phrases(options.language);
    content.list_heading = words.tickets;
    const std::size_t listed = std::min(event.tickets.size(), tickets_listed_max);
    for (std::size_t i = 0; i < listed; ++i) {
        const TicketIssued& ticket = event.tickets[i];
        auto checked = check_fields({{"tickets.ticket_type", ticket.ticket_type},
                                     {"tickets.seat_info", ticket.seat_info},
                                     {"tickets.ticket_id", ticket.ticket_id}});
        if (!checked.has_value()) {
            return checked;
        }
        std::string line = one_line(ticket.ticket_type);
        if (const std::string seat = one_line(ticket.seat_info); !seat.empty()) {
            line += formatted(", {}: {}", words.seat, seat);
        }
        line += formatted(" ({}: {})", words.ticket_id, one_line(ticket.ticket_id));
        content.list.push_back(std::move(line));
    }
    if (listed < event.tickets.size()) {
        content.list.push_back(formatted(fmt::runtime(words.more_tickets), event.tickets.size() - listed));
    }
    return {};
}

Content ticket_content(const MailOptions& options, const TicketIssued& ticket) {
    const Phrases& words = phrases(options.language);
    Content content = begin_content(options, ticket.customer_name);
    content.heading = one_line(ticket.event_name);
    content.intro = words.ticket_intro;
    add_fact(content, words.event, ticket.event_name);
    add_fact(content, words.starts, format_time(ticket.event_date, options.zone, options.language));
    add_fact(content, words.venue, ticket.event_venue);
    add_fact(content, words.ticket_type, ticket.ticket_type);
    add_fact(content, words.seat, ticket.seat_info);
    add_fact(content, words.attendee, ticket.customer_name);
    add_fact(content, words.ticket_id, ticket.ticket_id);
    add_fact(content, words.order_code, ticket.order_code);
    add_fact(content, words.issued, format_time(ticket.issued_at, options.zone, options.language));
    content.notes.emplace_back(words.ticket_entry);
    return content;
}

/// The parts of a letter both mails share.
Letter begin_letter(const MailOptions& options, std::string_view address, std::string_view name, std::string_view uuid) {
    Letter letter;
    letter.from = options.from;
    letter.reply_to = options.reply_to;
    letter.to.push_back({std::string(address), shortened(one_line(name), subject_name_bytes_max)});
    letter.language = options.language;
    letter.message_id = formatted("{}@{}", uuid, domain_of(options.from.address));
    return letter;
}

Result<RenderedMail> finish(const MailOptions& options, Letter& letter, const Content& content, std::string idempotency_key) {
    letter.text = to_text(content);
    letter.html = to_html(content);
    auto message = build_message(letter);
    if (!message.has_value()) {
        return message.error();
    }
    return RenderedMail{options.from.address, letter.to.front().address, std::move(*message), std::move(idempotency_key)};
}

/// One entry per ticket in the receiver's calendar: its uid does not follow the time of issue, so a ticket issued anew
/// replaces the entry.
Result<Attachment> calendar_file(const MailOptions& options, const TicketIssued& ticket) {
    const Phrases& words = phrases(options.language);
    CalendarEvent event;
    event.uid = formatted("{}@{}",
                            derived_uuid("ticketbottle.calendar.ticket", joined({ticket.order_code, ticket.ticket_id})),
                            domain_of(options.from.address));
    event.summary = one_line(ticket.event_name);
    event.location = one_line(ticket.event_venue);
    event.description = formatted("{}: {}\n", words.ticket_type, one_line(ticket.ticket_type));
    if (const std::string seat = one_line(ticket.seat_info); !seat.empty()) {
        event.description += formatted("{}: {}\n", words.seat, seat);
    }
    event.description += formatted("{}: {}\n{}: {}", words.order_code, one_line(ticket.order_code), words.ticket_id, ticket.ticket_id);
    event.starts_at = ticket.event_date;
    event.length = options.event_length;
    event.stamped_at = ticket.issued_at;
    auto bytes = build_calendar(event);
    if (!bytes.has_value()) {
        return bytes.error();
    }
    return Attachment{"event.ics", "text/calendar", {{"charset", "utf-8"}, {"method", "PUBLISH"}}, std::move(*bytes)};
}

Result<void> check_ticket(const TicketIssued& ticket) {
    if (auto recipient = check_recipient(ticket.customer_email); !recipient.has_value()) {
        return recipient;
    }
    if (auto id = check_ticket_id(ticket.ticket_id); !id.has_value()) {
        return id;
    }
    return check_fields({{"event_name", ticket.event_name, Breaks::refuse},
                         {"customer_name", ticket.customer_name, Breaks::refuse},
                         {"order_code", ticket.order_code},
                         {"event_venue", ticket.event_venue},
                         {"ticket_type", ticket.ticket_type},
                         {"seat_info", ticket.seat_info}});
}

Result<void> check_files(const TicketFiles& files) {
    if (files.pdf.empty()) {
        return fail(Errc::invalid_argument, "email.render", "pdf: empty");
    }
    if (files.qr_png.size() > png_bytes_max) {
        return fail(Errc::invalid_argument, "email.render",
                    formatted("qr_png: {} bytes, at most {} are taken", files.qr_png.size(), png_bytes_max));
    }
    return files.link.empty() ? Result<void>() : check_link(files.link);
}

/// The PDF goes along, or a link to it does.
Result<void> add_pdf(const MailOptions& options, const TicketIssued& ticket, const TicketFiles& files, Letter& letter,
                     Content& content) {
    const Phrases& words = phrases(options.language);
    if (files.pdf.size() <= options.attachment_bytes_max) {
        const std::string filename = formatted("ticket-{}.pdf", ticket.ticket_id);
        content.notes.push_back(formatted(fmt::runtime(words.ticket_attached), filename));
        letter.attachments.push_back({filename, "application/pdf", {}, std::string(files.pdf)});
        return {};
    }
    if (files.link.empty()) {
        return fail(Errc::malformed, "email.render",
                    formatted("pdf: {} bytes, at most {} are attached, and there is no link to it", files.pdf.size(),
                                options.attachment_bytes_max));
    }
    content.link = files.link;
    content.link_label = words.ticket_link;
    return {};
}

}  // namespace

Result<MailRenderer> MailRenderer::create(MailOptions options) {
    if (auto from = check_option_mailbox("from", options.from); !from.has_value()) {
        return from.error();
    }
    if (options.reply_to) {
        if (auto reply_to = check_option_mailbox("reply_to", *options.reply_to); !reply_to.has_value()) {
            return reply_to.error();
        }
    }
    if (one_line(options.brand).empty() || !check_line("brand", options.brand, brand_bytes_max).has_value()) {
        return bad_option("brand", formatted("not one line of 1 to {} bytes of UTF-8", brand_bytes_max));
    }
    if (options.attachment_bytes_max < 1 || options.attachment_bytes_max > attachment_limit) {
        return bad_option("attachment_bytes_max", formatted("not between 1 and {}", attachment_limit));
    }
    if (options.event_length.count() < 0 || options.event_length > event_length_max) {
        return bad_option("event_length", "not between 0 and 31 days");
    }
    return MailRenderer(std::make_shared<const MailOptions>(std::move(options)));
}

Result<RenderedMail> MailRenderer::confirmation(const PaymentEvent& event) const {
    if (event.type != EventType::payment_completed) {
        return fail(Errc::invalid_argument, "email.render", formatted("no mail is sent for {}", to_string(event.type)));
    }
    if (auto recipient = check_recipient(event.customer_email); !recipient.has_value()) {
        return recipient.error();
    }
    auto checked = check_fields({{"order_code", event.order_code, Breaks::refuse},
                                 {"customer_name", event.customer_name, Breaks::refuse},
                                 {"event_name", event.event_name},
                                 {"provider", event.provider},
                                 {"transaction_id", event.transaction_id}});
    if (!checked.has_value()) {
        return checked.error();
    }
    Content content = confirmation_content(*options_, event);
    if (auto listed = list_tickets(*options_, event, content); !listed.has_value()) {
        return listed.error();
    }
    const std::string uuid = derived_uuid("ticketbottle.mail.confirmation", joined({event.payment_id, event.customer_email}));
    Letter letter = begin_letter(*options_, event.customer_email, event.customer_name, uuid);
    letter.subject = formatted(fmt::runtime(phrases(options_->language).confirmation_subject),
                                 shortened(one_line(event.order_code), subject_name_bytes_max));
    letter.date = event.at;
    return finish(*options_, letter, content, "confirmation-" + uuid);
}

Result<RenderedMail> MailRenderer::ticket(const TicketIssued& ticket, const TicketFiles& files) const {
    if (auto checked = check_ticket(ticket); !checked.has_value()) {
        return checked.error();
    }
    if (auto checked = check_files(files); !checked.has_value()) {
        return checked.error();
    }
    const Phrases& words = phrases(options_->language);
    const std::string uuid =
        derived_uuid("ticketbottle.mail.ticket",
                     joined({ticket.order_code, ticket.ticket_id, to_iso8601(ticket.issued_at), ticket.customer_email}));
    Letter letter = begin_letter(*options_, ticket.customer_email, ticket.customer_name, uuid);
    letter.subject = formatted(fmt::runtime(words.ticket_subject), shortened(one_line(ticket.event_name), subject_name_bytes_max));
    letter.date = ticket.issued_at;

    Content content = ticket_content(*options_, ticket);
    if (auto added = add_pdf(*options_, ticket, files, letter, content); !added.has_value()) {
        return added.error();
    }
    if (!files.qr_png.empty()) {
        content.image_id = formatted("qr-{}@{}", uuid, domain_of(options_->from.address));
        content.image_alt = words.qr_alt;
        letter.images.push_back({content.image_id, formatted("qr-{}.png", ticket.ticket_id), "image/png", std::string(files.qr_png)});
    }
    if (options_->calendar == CalendarFile::attach) {
        auto calendar = calendar_file(*options_, ticket);
        if (!calendar.has_value()) {
            return calendar.error();
        }
        letter.attachments.push_back(std::move(*calendar));
    }
    return finish(*options_, letter, content, "ticket-" + uuid);
}

}  // namespace ticketbottle::email
