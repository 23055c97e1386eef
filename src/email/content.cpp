#include "email/content.hpp"

#include "core/format.hpp"
#include "email/html.hpp"

namespace ticketbottle::email {

namespace {

/// Opens at 600 pixels, the width desktop readers leave; narrower on a phone.
constexpr std::string_view frame_begin =
    "<body style=\"margin:0;padding:0;background:#f2f4f7;\">\n"
    "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" style=\"background:#f2f4f7;\"><tr>"
    "<td align=\"center\" style=\"padding:24px 12px;\">\n"
    "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" style=\"max-width:600px;background:#ffffff;"
    "border-radius:8px;font-family:Arial,Helvetica,sans-serif;font-size:15px;line-height:1.5;color:#1f2933;\">\n";
constexpr std::string_view frame_end = "</table>\n</td></tr></table>\n</body>\n</html>\n";

void row(std::string& out, std::string_view style, std::string_view inner) {
    out += formatted("<tr><td style=\"{}\">{}</td></tr>\n", style, inner);
}

std::string facts_table(const Content& content) {
    std::string table = "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\">\n";
    for (const Fact& fact : content.facts) {
        table += formatted(
            "<tr><td style=\"padding:6px 12px 6px 0;color:#616e7c;width:38%;vertical-align:top;border-bottom:1px solid #e4e7eb;\">{}"
            "</td><td style=\"padding:6px 0;vertical-align:top;word-break:break-word;border-bottom:1px solid #e4e7eb;\"><strong>{}"
            "</strong></td></tr>\n",
            escape_html(fact.label), escape_html(fact.value));
    }
    return table + "</table>";
}

std::string list_block(const Content& content) {
    std::string block = formatted("<strong>{}</strong><ol style=\"margin:8px 0 0 0;padding-left:22px;\">", 
                                    escape_html(content.list_heading));
    for (const std::string& item : content.list) {
        block += formatted("<li style=\"word-break:break-word;\">{}</li>", escape_html(item));
    }
    return block + "</ol>";
}

void body_rows(const Content& content, std::string& out) {
    row(out, "padding:18px 28px;background:#1b4965;border-radius:8px 8px 0 0;color:#ffffff;font-size:17px;font-weight:bold;",
        escape_html(content.brand));
    row(out, "padding:26px 28px 0 28px;font-size:22px;font-weight:bold;word-break:break-word;", escape_html(content.heading));
    row(out, "padding:14px 28px 0 28px;", escape_html(content.greeting));
    row(out, "padding:8px 28px 0 28px;", escape_html(content.intro));
    row(out, "padding:18px 28px 0 28px;", facts_table(content));
    if (!content.list.empty()) {
        row(out, "padding:18px 28px 0 28px;", list_block(content));
    }
    if (!content.image_id.empty()) {
        // A white margin of its own: a dark theme must not swallow the code's quiet zone.
        row(out, "padding:22px 28px 0 28px;text-align:center;",
            formatted("<img src=\"cid:{}\" alt=\"{}\" width=\"220\" height=\"220\" style=\"width:220px;height:220px;"
                        "background:#ffffff;padding:8px;image-rendering:pixelated;\">",
                        escape_html(content.image_id), escape_html(content.image_alt)));
    }
    if (!content.link.empty()) {
        row(out, "padding:22px 28px 0 28px;",
            formatted("<a href=\"{}\" style=\"display:inline-block;padding:11px 20px;background:#1b4965;border-radius:6px;"
                        "color:#ffffff;text-decoration:none;\">{}</a>",
                        escape_html(content.link), escape_html(content.link_label)));
    }
    for (const std::string& note : content.notes) {
        row(out, "padding:16px 28px 0 28px;", escape_html(note));
    }
    row(out, "padding:26px 28px 22px 28px;font-size:12px;color:#616e7c;", escape_html(content.footer));
}

}  // namespace

std::string to_text(const Content& content) {
    std::string out = formatted("{}\n\n{}\n\n{}\n{}\n\n", content.brand, content.heading, content.greeting, content.intro);
    for (const Fact& fact : content.facts) {
        out += formatted("{}: {}\n", fact.label, fact.value);
    }
    if (!content.list.empty()) {
        out += formatted("\n{}:\n", content.list_heading);
        for (std::size_t i = 0; i < content.list.size(); ++i) {
            out += formatted("{}. {}\n", i + 1, content.list[i]);
        }
    }
    if (!content.link.empty()) {
        out += formatted("\n{}:\n{}\n", content.link_label, content.link);
    }
    for (const std::string& note : content.notes) {
        out += formatted("\n{}\n", note);
    }
    // "-- " is the mark of a signature; readers show what follows it in grey.
    out += formatted("\n-- \n{}\n", content.footer);
    return out;
}

std::string to_html(const Content& content) {
    std::string out = formatted(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n</head>\n",
        content.language == Language::vi ? "vi" : "en", escape_html(content.heading));
    out += frame_begin;
    body_rows(content, out);
    out += frame_end;
    return out;
}

}  // namespace ticketbottle::email
