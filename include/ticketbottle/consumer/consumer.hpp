#pragma once
/// \file
/// What happens after an event was published: tickets are drawn and stored, mails are sent. A queue delivers at least once;
/// here every step may be repeated: the same event gives the same object under the same key and a mail with the same
/// idempotency key. Documentation: docs/consumers.md.

#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/email/mails.hpp>
#include <ticketbottle/event/events.hpp>
#include <ticketbottle/ports/mail_transport.hpp>
#include <ticketbottle/ports/object_store.hpp>
#include <ticketbottle/ticket/ticket.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ticketbottle::consumer {

enum class InlineQr : std::uint8_t { show, leave_out };
enum class ConfirmationMail : std::uint8_t { send, leave_out };
/// What becomes of the whole tickets inside a PAYMENT_COMPLETED. Issue them there or by TICKET_ISSUED events, not both.
enum class EmbeddedTickets : std::uint8_t { issue, leave_out };

struct ConsumerOptions {
    /// The same as TicketOptions::qr_base_url: the mail shows the code that the PDF shows.
    std::string qr_base_url;
    /// Where stored objects can be had, for a PDF too long to attach: "https://tickets.example/files". The link is this, "/"
    /// and the percent-encoded key. Empty: no link.
    std::string link_base;
    InlineQr inline_qr = InlineQr::show;
    ConfirmationMail confirmation = ConfirmationMail::send;
    EmbeddedTickets embedded_tickets = EmbeddedTickets::issue;
};

/// What one event led to.
struct Consumed {
    EventType type = EventType::payment_completed;
    std::uint32_t tickets_stored = 0;
    std::uint32_t mails_accepted = 0;
    std::uint32_t mails_repeated = 0;  ///< The transport had accepted them before: a redelivery.
    std::uint32_t mails_skipped = 0;   ///< Without an address.
};

/// What a queue should do with an event.
enum class Disposition : std::uint8_t {
    done,   ///< Acknowledge.
    retry,  ///< Deliver again later: nothing of it is lost, and what is done stays done.
    dead,   ///< Never succeeds as it is: dead-letter, alert.
};
[[nodiscard]] std::string_view to_string(Disposition disposition) noexcept;
/// unavailable, outcome_unknown, cancelled: retry. Every other error: dead.
[[nodiscard]] Disposition disposition(const Result<Consumed>& result) noexcept;

/// One event as a queue delivers it.
struct Record {
    std::string id;    ///< The queue's id for it; handed back, never interpreted.
    std::string body;  ///< See open_event.
    std::string type;  ///< The type beside the body (messageAttributes.eventType, header eventType), or "".
};

struct RecordResult {
    std::string id;
    Result<Consumed> result;
};

/// TICKET_ISSUED: PDF -> store at tickets/<order_code>/<ticket_id>.pdf -> e-ticket mail.
/// PAYMENT_COMPLETED: confirmation mail; then the same for each whole ticket it carries.
/// PAYMENT_FAILED, PAYMENT_CANCELLED: read, checked, nothing done.
/// Threads: one call at a time per object (its ports are that way); objects are independent.
class EventConsumer {
public:
    /// \param tickets, mails  Copied (they share their state).
    /// \param store, transport, observer  Borrowed; must outlive this. observer may be null.
    /// \par Errors  invalid_argument: qr_base_url (with InlineQr::show), link_base.
    [[nodiscard]] static Result<EventConsumer> create(ConsumerOptions options, TicketRenderer tickets, email::MailRenderer mails,
                                                      ObjectStore& store, MailTransport& transport, Observer* observer);

    /// \param type_beside  As open_event.
    /// A transient error ends the call at once; a permanent one of one ticket or mail lets the others go on and is
    /// returned at the end, so that one bad address does not keep the rest of an order from its tickets.
    /// \par Errors  malformed, unsupported: the event, or a ticket or address in it (disposition: dead). unavailable, outcome_unknown,
    ///              cancelled (deadline; checked before each step): retry. invalid_argument, conflict, internal: a setting
    ///              or a bug; dead, so that the queue goes on. The event can be replayed.
    [[nodiscard]] Result<Consumed> handle(std::string_view body, std::string_view type_beside, Deadline deadline);

    /// The same for events that are not in a queue's wrapping.
    [[nodiscard]] Result<Consumed> handle_ticket(const TicketIssued& ticket, Deadline deadline);
    [[nodiscard]] Result<Consumed> handle_payment(const PaymentEvent& event, Deadline deadline);

    /// Each record by itself, in order: a failed one does not touch the others. Past the deadline the rest are cancelled.
    [[nodiscard]] std::vector<RecordResult> handle_batch(std::span<const Record> records, Deadline deadline);

private:
    class Run;
    EventConsumer(ConsumerOptions options, TicketRenderer tickets, email::MailRenderer mails, ObjectStore& store,
                  MailTransport& transport, Observer& observer);
    ConsumerOptions options_;
    TicketRenderer tickets_;
    email::MailRenderer mails_;
    ObjectStore* store_;
    MailTransport* transport_;
    Observer* observer_;
};

/// Ids of the records to deliver again, and of those to dead-letter.
[[nodiscard]] std::vector<std::string> ids_with(std::span<const RecordResult> results, Disposition wanted);

}  // namespace ticketbottle::consumer
