#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/email/message.hpp>

#include "core/format.hpp"
#include "email/check.hpp"
#include "email/header.hpp"
#include "email/transfer.hpp"

namespace ticketbottle::email {

namespace {

constexpr std::string_view operation = "email.build";
constexpr TimePoint date_min{std::chrono::milliseconds{0}};
constexpr TimePoint date_max = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};

Error malformed(std::string detail) { return fail(Errc::malformed, operation, std::move(detail)); }

Result<void> check_mailbox(const std::string& field, const Mailbox& mailbox) {
    if (auto address = check_mail_address(field, mailbox.address); !address.has_value()) {
        return address;
    }
    return check_line(field + " name", mailbox.name, display_name_bytes_max);
}

Result<void> check_header(const Letter& letter) {
    if (auto from = check_mailbox("from", letter.from); !from.has_value()) {
        return from;
    }
    if (letter.to.empty() || letter.to.size() > recipients_max) {
        return malformed(formatted("to: {} recipients, 1 to {} are taken", letter.to.size(), recipients_max));
    }
    for (const Mailbox& to : letter.to) {
        if (auto checked = check_mailbox("to", to); !checked.has_value()) {
            return checked;
        }
    }
    if (letter.reply_to) {
        if (auto reply_to = check_mailbox("reply_to", *letter.reply_to); !reply_to.has_value()) {
            return reply_to;
        }
    }
    if (auto subject = check_line("subject", letter.subject, subject_bytes_max); !subject.has_value()) {
        return subject;
    }
    if (letter.date < date_min || letter.date > date_max) {
        return malformed("date: outside the years 1970 to 9999");
    }
    return check_id("message_id", letter.message_id);
}

Result<void> check_image(const InlineImage& image) {
    if (auto id = check_id("image content_id", image.content_id); !id.has_value()) {
        return id;
    }
    if (auto filename = check_filename("image filename", image.filename); !filename.has_value()) {
        return filename;
    }
    return check_media_type("image media_type", image.media_type);
}

Result<void> check_attachment(const Attachment& attachment) {
    if (auto filename = check_filename("attachment filename", attachment.filename); !filename.has_value()) {
        return filename;
    }
    for (const Parameter& parameter : attachment.parameters) {
        if (!is_token(parameter.name) || !is_token(parameter.value)) {
            return malformed("attachment parameter: not a token");
        }
    }
    return check_media_type("attachment media_type", attachment.media_type);
}

Result<void> check_bodies(const Letter& letter) {
    if (letter.text.empty()) {
        return malformed("text: empty");
    }
    if (auto text = check_text("text", letter.text, message_bytes_max); !text.has_value()) {
        return text;
    }
    if (auto html = check_text("html", letter.html, message_bytes_max); !html.has_value()) {
        return html;
    }
    if (letter.html.empty() && !letter.images.empty()) {
        return malformed("images: no HTML to show them");
    }
    const std::size_t files = letter.images.size() + letter.attachments.size();
    if (files > files_max) {
        return malformed(formatted("attachments: {} files, at most {} are taken", files, files_max));
    }
    std::size_t bytes = letter.text.size() + letter.html.size();
    for (const InlineImage& image : letter.images) {
        if (auto checked = check_image(image); !checked.has_value()) {
            return checked;
        }
        bytes += image.bytes.size();
    }
    for (const Attachment& attachment : letter.attachments) {
        if (auto checked = check_attachment(attachment); !checked.has_value()) {
            return checked;
        }
        bytes += attachment.bytes.size();
    }
    if (bytes > message_bytes_max) {  // before the work of encoding; build_message checks the result
        return malformed(formatted("message: {} bytes before encoding, at most {} are taken", bytes, message_bytes_max));
    }
    return {};
}

/// Writes the parts of a checked letter. A boundary holds "=_", which neither quoted-printable nor base64 can produce, so none
/// can occur in a body; each level has a letter of its own, so none begins another.
class Writer {
public:
    Writer(const Letter& letter, std::string& out)
        : letter_(letter), out_(out), stem_(derived_uuid("ticketbottle.email.boundary", letter.message_id)) {}

    void header() {
        HeaderField(out_, "Date").atom(rfc5322_date(letter_.date));
        HeaderField(out_, "From").mailbox(letter_.from);
        {
            HeaderField to(out_, "To");
            for (std::size_t i = 0; i < letter_.to.size(); ++i) {
                to.mailbox(letter_.to[i], i + 1 < letter_.to.size() ? "," : "");
            }
        }
        if (letter_.reply_to) {
            HeaderField(out_, "Reply-To").mailbox(*letter_.reply_to);
        }
        HeaderField(out_, "Subject").text(letter_.subject);
        HeaderField(out_, "Message-ID").atom(formatted("<{}>", letter_.message_id));
        HeaderField(out_, "MIME-Version").atom("1.0");
        HeaderField(out_, "Auto-Submitted").atom("auto-generated");
        HeaderField(out_, "Content-Language").atom(letter_.language == Language::vi ? "vi" : "en");
    }

    void mixed() {
        if (letter_.attachments.empty()) {
            return alternative();
        }
        const std::string boundary = open("multipart/mixed", 'm');
        begin_part(boundary);
        alternative();
        for (const Attachment& attachment : letter_.attachments) {
            begin_part(boundary);
            this->attachment(attachment);
        }
        close(boundary);
    }

private:
    void alternative() {
        if (letter_.html.empty()) {
            return text_part("text/plain", letter_.text);
        }
        const std::string boundary = open("multipart/alternative", 'a');
        begin_part(boundary);
        text_part("text/plain", letter_.text);
        begin_part(boundary);
        related();
        close(boundary);
    }

    void related() {
        if (letter_.images.empty()) {
            return text_part("text/html", letter_.html);
        }
        const std::string boundary = open("multipart/related", 'r');
        begin_part(boundary);
        text_part("text/html", letter_.html);
        for (const InlineImage& image : letter_.images) {
            begin_part(boundary);
            this->image(image);
        }
        close(boundary);
    }

    std::string open(std::string_view media_type, char level) {
        std::string boundary = formatted("=_{}_{}", level, stem_);
        HeaderField field(out_, "Content-Type");
        field.atom(media_type);
        if (level == 'r') {
            field.parameter("type", "text/html");  // RFC 2387 3.1: required
        }
        field.parameter("boundary", boundary);
        return boundary;
    }

    /// What comes before ends with CRLF already; this one belongs to the boundary (RFC 2046 5.1.1).
    void begin_part(const std::string& boundary) { out_ += formatted("\r\n--{}\r\n", boundary); }
    void close(const std::string& boundary) { out_ += formatted("\r\n--{}--\r\n", boundary); }

    void text_part(std::string_view media_type, std::string_view text) {
        HeaderField(out_, "Content-Type").atom(media_type).parameter("charset", "utf-8");
        const Encoded encoded = encode_text(text);
        body(encoded.encoding, encoded.body);
    }

    void image(const InlineImage& image) {
        HeaderField(out_, "Content-Type").atom(image.media_type).parameter("name", ascii_filename(image.filename));
        HeaderField(out_, "Content-ID").atom(formatted("<{}>", image.content_id));
        HeaderField(out_, "Content-Disposition").atom("inline").filename(image.filename);
        body("base64", base64_lines(image.bytes));
    }

    void attachment(const Attachment& attachment) {
        {
            HeaderField type(out_, "Content-Type");
            type.atom(attachment.media_type);
            for (const Parameter& parameter : attachment.parameters) {
                type.parameter(parameter.name, parameter.value);
            }
            // Readers that do not know RFC 2231 take this one. It is not a second `filename`: that would be a defect.
            type.parameter("name", ascii_filename(attachment.filename));
        }
        HeaderField(out_, "Content-Disposition").atom("attachment").filename(attachment.filename);
        body("base64", base64_lines(attachment.bytes));
    }

    void body(std::string_view encoding, std::string_view encoded) {
        HeaderField(out_, "Content-Transfer-Encoding").atom(encoding);
        out_ += "\r\n";
        out_ += encoded;
    }

    const Letter& letter_;
    std::string& out_;
    std::string stem_;
};

}  // namespace

Result<std::string> build_message(const Letter& letter) {
    if (auto header = check_header(letter); !header.has_value()) {
        return header.error();
    }
    if (auto bodies = check_bodies(letter); !bodies.has_value()) {
        return bodies.error();
    }
    std::string out;
    Writer writer(letter, out);
    writer.header();
    writer.mixed();
    if (out.size() > message_bytes_max) {
        return malformed(formatted("message: {} bytes, at most {} are taken", out.size(), message_bytes_max));
    }
    return out;
}

}  // namespace ticketbottle::email
