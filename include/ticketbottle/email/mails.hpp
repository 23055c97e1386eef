#pragma once
/// \file
/// The two mails: an order's confirmation and an e-ticket, in Vietnamese or English. Pure: the same event gives the same bytes
/// and the same idempotency key, so a redelivered event can be mailed again without harm. Documentation: docs/email.md.

#include <ticketbottle/core/zone.hpp>
#include <ticketbottle/email/message.hpp>
#include <ticketbottle/event/events.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ticketbottle::email {

/// Longest text field of an event that goes into a mail, bytes. Ours.
inline constexpr std::size_t field_bytes_max = 4096;
/// Most tickets listed in a confirmation; the rest are counted in one line. Ours.
inline constexpr std::size_t tickets_listed_max = 100;

enum class CalendarFile : std::uint8_t { attach, leave_out };

struct MailOptions {
    Mailbox from;  ///< Required. The domain also ends every Message-ID.
    std::optional<Mailbox> reply_to;
    std::string brand = "TicketBottle";  ///< Shown in the header bar. UTF-8, 1..200 bytes, no control characters.
    Language language = Language::en;    ///< English, as deployed ("Order Confirmed - <order code>").
    Zone zone = Zone::load("Asia/Ho_Chi_Minh").value();  ///< Of the times shown. Needs no zone database.
    /// A longer PDF is not attached but linked to; without a link that is an error. 1 byte .. 16 MiB (base64 must leave room
    /// within message_bytes_max).
    std::size_t attachment_bytes_max = std::size_t{5} * 1024 * 1024;
    CalendarFile calendar = CalendarFile::attach;  ///< Tickets only.
    std::chrono::minutes event_length{0};          ///< For the calendar file; 0: unknown. At most 31 days.
};

/// A finished mail; a consumer hands it to a MailTransport.
struct RenderedMail {
    std::string sender;     ///< Envelope sender: the address of MailOptions::from.
    std::string recipient;  ///< Envelope recipient: the customer's address. Personal: never logged.
    std::string message;    ///< RFC 5322 bytes.
    /// Stable per event and recipient: "confirmation-<uuid>", "ticket-<uuid>". The message's id holds the same UUID.
    std::string idempotency_key;
};

/// What goes with a ticket. Views: read during the call only.
struct TicketFiles {
    std::string_view pdf;     ///< Never empty. Attached as ticket-<ticket_id>.pdf, unless longer than attachment_bytes_max.
    std::string_view qr_png;  ///< The code as a PNG image, shown in the HTML part; empty: left out.
    std::string_view link;    ///< Where the PDF can be had: http or https, ASCII, at most 2048 bytes. Empty: none.
};

/// Immutable, cheap to copy. Threads: any, at once.
class MailRenderer {
public:
    /// \par Errors  invalid_argument, naming the option.
    [[nodiscard]] static Result<MailRenderer> create(MailOptions options);

    /// For PAYMENT_COMPLETED. Order code, amount (ISO 4217 minor units: whole dong for VND), provider, transaction, time paid; event
    /// and tickets when the event carries them. Keyed by payment and recipient. Date: when it was paid.
    /// \par Errors  invalid_argument: another event type, or no customer_email (ask first: a mail without a recipient is skipped).
    ///              malformed, naming the member: a bad address, control characters where a header would carry them
    ///              (order_code, customer_name), a field past field_bytes_max, not UTF-8.
    [[nodiscard]] Result<RenderedMail> confirmation(const PaymentEvent& event) const;

    /// For TICKET_ISSUED: mixed(alternative(text, related(html, QR)), PDF, calendar). Keyed by order, ticket, time of issue and
    /// recipient: a ticket issued anew is mailed anew. Date: when it was issued.
    /// \par Errors  as confirmation (header fields here: event_name, customer_name, ticket_id); malformed also: a ticket_id that
    ///              is not 1..128 of [A-Za-z0-9._-] or begins with '.', a PDF over attachment_bytes_max and no link.
    ///              invalid_argument also: no PDF, a link or an image outside the shapes above.
    [[nodiscard]] Result<RenderedMail> ticket(const TicketIssued& ticket, const TicketFiles& files) const;

private:
    explicit MailRenderer(std::shared_ptr<const MailOptions> options) : options_(std::move(options)) {}
    std::shared_ptr<const MailOptions> options_;
};

}  // namespace ticketbottle::email
