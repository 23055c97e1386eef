#include <ticketbottle/consumer/consumer.hpp>

#include <algorithm>
#include <optional>

#include <ticketbottle/ticket/qr.hpp>

#include "core/format.hpp"

namespace ticketbottle::consumer {

static_assert(email::message_bytes_max <= mail_bytes_max, "every mail made can be sent");

namespace {

constexpr std::size_t link_base_bytes_max = 512;  // ours; a key adds at most 3 * 270, and a mail's link takes 2048

bool is_transient(Errc code) noexcept {
    return code == Errc::unavailable || code == Errc::outcome_unknown || code == Errc::cancelled;
}

/// Percent-encodes what could end or change a URL's path; '/' stays.
std::string encoded_path(std::string_view key) {
    std::string out;
    for (const char c : key) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                           c == '_' || c == '~' || c == '/';
        out += plain ? std::string(1, c) : formatted("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

Result<void> check_link_base(std::string_view base) {
    const bool scheme = base.starts_with("https://") || base.starts_with("http://");
    const bool plain = std::all_of(base.begin(), base.end(), [](char c) {
        return c > 0x20 && c < 0x7f && std::string_view("\"'<>\\^`{|}?#").find(c) == std::string_view::npos;
    });
    if (base.empty() || (scheme && plain && base.size() <= link_base_bytes_max)) {
        return {};
    }
    return fail(Errc::invalid_argument, "consumer.options",
                formatted("link_base: not an http or https URL of at most {} bytes of ASCII without query and fragment",
                            link_base_bytes_max));
}

enum class MailKind : std::uint8_t { confirmation, ticket };
std::string_view to_string(MailKind kind) noexcept { return kind == MailKind::ticket ? "ticket" : "confirmation"; }

/// Ids that follow from hostile input go into logs only if they are plain.
std::string_view loggable(std::string_view id) noexcept {
    const bool plain = !id.empty() && id.size() <= 128 &&
                       std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '@'; });
    return plain ? id : std::string_view("(not plain)");
}

}  // namespace

/// The handling of one event.
class EventConsumer::Run {
public:
    Run(EventConsumer& consumer, EventType type, Deadline deadline) : self_(consumer), deadline_(deadline) { consumed_.type = type; }

    /// False: stop, a transient error has come.
    bool confirmation(const PaymentEvent& event) {
        if (event.customer_email.empty()) {
            return skip(MailKind::confirmation, event.order_code);
        }
        if (!in_time()) {
            return false;
        }
        const auto mail = self_.mails_.confirmation(event);
        if (!mail.has_value()) {
            return failed("consumer.mail_failed", event.order_code, mail.error(), MailKind::confirmation);
        }
        return send(MailKind::confirmation, event.order_code, *mail);
    }

    bool ticket(const TicketIssued& ticket) {
        if (!in_time()) {
            return false;
        }
        const auto key = ticket_object_key(ticket.order_code, ticket.ticket_id);
        if (!key.has_value()) {
            return ticket_failed(ticket, key.error());
        }
        const auto pdf = self_.tickets_.render(ticket);
        if (!pdf.has_value()) {
            return ticket_failed(ticket, pdf.error());
        }
        if (!in_time()) {
            return false;
        }
        const auto stored = self_.store_->put(*key, *pdf, attributes(ticket), deadline_);
        if (!stored.has_value()) {
            return ticket_failed(ticket, stored.error());
        }
        ++consumed_.tickets_stored;
        self_.observer_->count("ticketbottle_tickets_total", {{"result", "stored"}});
        self_.observer_->log(Severity::info, "consumer.ticket_stored", "",
                             {{"order_code", loggable(ticket.order_code)}, {"ticket_id", loggable(ticket.ticket_id)}});
        return ticket_mail(ticket, *key, *pdf);
    }

    [[nodiscard]] Result<Consumed> result() const {
        if (error_) {
            return *error_;
        }
        return consumed_;
    }

private:
    /// generatedAt is the time of issue, not of rendering: a redelivery must store the same object again.
    static ObjectAttributes attributes(const TicketIssued& ticket) {
        return {"application/pdf",
                {{"ticketId", ticket.ticket_id},
                 {"orderCode", ticket.order_code},
                 {"eventId", ticket.event_id},
                 {"generatedAt", to_iso8601(ticket.issued_at)}}};
    }

    bool ticket_mail(const TicketIssued& ticket, std::string_view key, std::string_view pdf) {
        if (ticket.customer_email.empty()) {
            return skip(MailKind::ticket, ticket.order_code);
        }
        std::string qr;
        if (self_.options_.inline_qr == InlineQr::show) {
            const auto url = ticket_qr_url(self_.options_.qr_base_url, ticket.qr_code_data);
            auto png = url.has_value() ? qr_png(*url) : Result<std::string>(url.error());
            if (!png.has_value()) {
                return failed("consumer.mail_failed", ticket.order_code, png.error(), MailKind::ticket);
            }
            qr = std::move(*png);
        }
        const std::string link = self_.options_.link_base.empty()
                                     ? std::string()
                                     : formatted("{}/{}", self_.options_.link_base, encoded_path(key));
        const auto mail = self_.mails_.ticket(ticket, {pdf, qr, link});
        if (!mail.has_value()) {
            return failed("consumer.mail_failed", ticket.order_code, mail.error(), MailKind::ticket);
        }
        return send(MailKind::ticket, ticket.order_code, *mail);
    }

    bool send(MailKind kind, std::string_view order_code, const email::RenderedMail& rendered) {
        if (!in_time()) {
            return false;
        }
        const Mail mail{rendered.sender, {rendered.recipient}, rendered.message, rendered.idempotency_key};
        const auto receipt = self_.transport_->send(mail, deadline_);
        if (!receipt.has_value()) {
            return failed("consumer.mail_failed", order_code, receipt.error(), kind);
        }
        const bool repeated = *receipt == MailReceipt::already_accepted;
        ++(repeated ? consumed_.mails_repeated : consumed_.mails_accepted);
        count_mail(kind, repeated ? "repeated" : "accepted");
        self_.observer_->log(Severity::info, "consumer.mail_sent", "",
                             {{"kind", to_string(kind)},
                              {"order_code", loggable(order_code)},
                              {"idempotency_key", rendered.idempotency_key},
                              {"repeated", repeated}});
        return true;
    }

    bool skip(MailKind kind, std::string_view order_code) {
        ++consumed_.mails_skipped;
        count_mail(kind, "skipped");
        self_.observer_->log(Severity::info, "consumer.mail_skipped", "the event carries no address",
                             {{"kind", to_string(kind)}, {"order_code", loggable(order_code)}});
        return true;
    }

    bool ticket_failed(const TicketIssued& ticket, const Error& error) {
        self_.observer_->count("ticketbottle_tickets_total", {{"result", is_transient(error.code) ? "retry" : "failed"}});
        return note(error, "consumer.ticket_failed", "ticket", ticket.order_code);
    }

    bool failed(std::string_view event, std::string_view order_code, const Error& error, MailKind kind) {
        count_mail(kind, is_transient(error.code) ? "retry" : "failed");
        return note(error, event, to_string(kind), order_code);
    }

    /// Transient errors stop the run; of permanent ones the first is kept.
    bool note(const Error& error, std::string_view event, std::string_view kind, std::string_view order_code) {
        const bool transient = is_transient(error.code);
        const std::string text = ticketbottle::to_string(error);
        self_.observer_->log(transient ? Severity::warning : Severity::error, event, text,
                             {{"kind", kind}, {"order_code", loggable(order_code)}, {"code", ticketbottle::to_string(error.code)}});
        if (transient || !error_) {
            error_ = error;
        }
        return !transient;
    }

    bool in_time() {
        if (!deadline_.expired()) {
            return true;
        }
        error_ = fail(Errc::cancelled, "consumer.handle", "the deadline passed");
        return false;
    }

    void count_mail(MailKind kind, std::string_view result) {
        self_.observer_->count("ticketbottle_mails_total", {{"kind", to_string(kind)}, {"result", result}});
    }

    EventConsumer& self_;
    Deadline deadline_;
    Consumed consumed_;
    std::optional<Error> error_;
};

std::string_view to_string(Disposition disposition) noexcept {
    switch (disposition) {
        case Disposition::done: return "done";
        case Disposition::retry: return "retry";
        case Disposition::dead: break;
    }
    return "dead";
}

Disposition disposition(const Result<Consumed>& result) noexcept {
    if (result.has_value()) {
        return Disposition::done;
    }
    return is_transient(result.error().code) ? Disposition::retry : Disposition::dead;
}

EventConsumer::EventConsumer(ConsumerOptions options, TicketRenderer tickets, email::MailRenderer mails, ObjectStore& store,
                             MailTransport& transport, Observer& observer)
    : options_(std::move(options)),
      tickets_(std::move(tickets)),
      mails_(std::move(mails)),
      store_(&store),
      transport_(&transport),
      observer_(&observer) {}

Result<EventConsumer> EventConsumer::create(ConsumerOptions options, TicketRenderer tickets, email::MailRenderer mails,
                                            ObjectStore& store, MailTransport& transport, Observer* observer) {
    if (options.inline_qr == InlineQr::show) {
        if (auto url = ticket_qr_url(options.qr_base_url, "code"); !url.has_value()) {
            return fail(Errc::invalid_argument, "consumer.options", "qr_base_url: " + std::string(url.error().detail_text()));
        }
    }
    while (options.link_base.ends_with('/')) {
        options.link_base.pop_back();
    }
    if (auto link = check_link_base(options.link_base); !link.has_value()) {
        return link.error();
    }
    return EventConsumer(std::move(options), std::move(tickets), std::move(mails), store, transport,
                         observer != nullptr ? *observer : Observer::none());
}

Result<Consumed> EventConsumer::handle(std::string_view body, std::string_view type_beside, Deadline deadline) {
    const auto refused = [this](const Error& error) {
        observer_->log(Severity::error, "consumer.event_refused", ticketbottle::to_string(error),
                       {{"code", ticketbottle::to_string(error.code)}});
        return error;
    };
    auto opened = open_event(body, type_beside);
    if (!opened.has_value()) {
        return refused(opened.error());
    }
    if (opened->type == EventType::ticket_issued) {
        auto ticket = parse_ticket_issued(opened->payload);
        if (!ticket.has_value()) {
            return refused(ticket.error());
        }
        return handle_ticket(*ticket, deadline);
    }
    auto event = parse_payment_event(opened->type, opened->payload);
    if (!event.has_value()) {
        return refused(event.error());
    }
    return handle_payment(*event, deadline);
}

Result<Consumed> EventConsumer::handle_ticket(const TicketIssued& ticket, Deadline deadline) {
    Run run(*this, EventType::ticket_issued, deadline);
    run.ticket(ticket);
    return run.result();
}

Result<Consumed> EventConsumer::handle_payment(const PaymentEvent& event, Deadline deadline) {
    Run run(*this, event.type, deadline);
    if (event.type != EventType::payment_completed) {
        return run.result();
    }
    if (options_.confirmation == ConfirmationMail::send && !run.confirmation(event)) {
        return run.result();
    }
    if (options_.embedded_tickets == EmbeddedTickets::issue) {
        for (const TicketIssued& ticket : event.tickets) {
            if (!run.ticket(ticket)) {
                break;
            }
        }
    }
    return run.result();
}

std::vector<RecordResult> EventConsumer::handle_batch(std::span<const Record> records, Deadline deadline) {
    std::vector<RecordResult> results;
    results.reserve(records.size());
    for (const Record& record : records) {
        if (deadline.expired()) {
            results.push_back({record.id, fail(Errc::cancelled, "consumer.handle", "the deadline passed")});
        } else {
            results.push_back({record.id, handle(record.body, record.type, deadline)});
        }
    }
    return results;
}

std::vector<std::string> ids_with(std::span<const RecordResult> results, Disposition wanted) {
    std::vector<std::string> ids;
    for (const RecordResult& result : results) {
        if (disposition(result.result) == wanted) {
            ids.push_back(result.id);
        }
    }
    return ids;
}

}  // namespace ticketbottle::consumer
