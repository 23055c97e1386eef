#include <chrono>
#include <string_view>
#include <ticketbottle/core/version.hpp>
#include <ticketbottle/ticket/ticket.hpp>
#include <utility>

#include "core/format.hpp"
#include "core/utf8.hpp"
#include "ticket/canvas.hpp"
#include "ticket/fields.hpp"
#include "ticket/labels.hpp"
#include "ticket/layout.hpp"
#include "ticket/pdf.hpp"
#include "ticket/text.hpp"

namespace ticketbottle {

namespace {

using ticket::clean_text;
using ticket::Face;

constexpr std::size_t brand_chars_max = 80;
constexpr std::size_t notice_chars_max = 200;
/// The letters of Vietnamese beyond ASCII, small; the capitals are checked with them.
constexpr std::u32string_view vietnamese_small = U"àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ";
constexpr std::u32string_view vietnamese_capital =
    U"ÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬĐÈÉẺẼẸÊỀẾỂỄỆÌÍỈĨỊÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢÙÚỦŨỤƯỪỨỬỮỰỲÝỶỸỴ";

Error bad_option(std::string_view option, const Error& why) {
    return fail(Errc::invalid_argument, "ticket.create", formatted("{}: {}", option, why.detail_text()));
}

Result<ticket::FontSet> parse_fonts(TicketFonts files) {
    std::vector<ticket::Font> fonts;
    const auto add = [&](std::string_view option, std::string file) -> Result<void> {
        if (file.size() > font_bytes_max)
            return fail(Errc::invalid_argument, "ticket.create", formatted("{}: over 32 MiB", option));
        Result<ticket::Font> font = ticket::Font::parse(std::move(file));
        if (!font.has_value()) return bad_option(option, font.error());
        fonts.push_back(std::move(*font));
        return {};
    };
    if (Result<void> ok = add("fonts.regular", std::move(files.regular)); !ok.has_value()) return ok.error();
    const ticket::Bold bold = files.bold.empty() ? ticket::Bold::absent : ticket::Bold::present;
    if (bold == ticket::Bold::present) {
        if (Result<void> ok = add("fonts.bold", std::move(files.bold)); !ok.has_value()) return ok.error();
    }
    for (std::size_t i = 0; i < files.fallback.size(); ++i) {
        Result<void> ok = add(formatted("fonts.fallback[{}]", i), std::move(files.fallback[i]));
        if (!ok.has_value()) return ok.error();
    }
    return ticket::FontSet(std::move(fonts), bold);
}

Result<void> check_vietnamese(const ticket::FontSet& fonts) {
    for (const std::u32string_view letters : {vietnamese_small, vietnamese_capital}) {
        for (const Face face : {Face::regular, Face::bold}) {
            const Result<ticket::Glyphs> found = fonts.glyphs({"Vietnamese", 0}, letters, face);
            if (!found.has_value()) return bad_option("fonts", found.error());
        }
    }
    return {};
}

/// Within what a date on a ticket can print: years 1970 to 9999.
Result<void> check_time(std::string_view field, TimePoint time) {
    constexpr auto end = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);  // a day's room for any zone
    if (time >= TimePoint{} && time < end) return {};
    return fail(Errc::malformed, "ticket.render", formatted("{} is outside the years 1970 to 9999", field));
}

/// Collects cleaned text; the first error stays.
class Cleaner {
public:
    std::u32string operator()(std::string_view field, std::size_t chars_max, std::string_view text) {
        if (error_) return {};
        Result<std::u32string> clean = clean_text({field, chars_max}, text);
        if (clean.has_value()) return std::move(*clean);
        error_ = clean.error();
        return {};
    }
    std::u32string required(std::string_view field, std::size_t chars_max, std::string_view text) {
        std::u32string clean = (*this)(field, chars_max, text);
        if (!error_ && clean.empty())
            error_ = fail(Errc::malformed, "ticket.render", formatted("{} is empty", field));
        return clean;
    }
    [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }

private:
    std::optional<Error> error_;
};

std::string to_utf8(std::u32string_view text) {
    std::string out;
    for (const char32_t c : text) utf8::append(c, out);
    return out;
}

/// "D:20251121080000Z" (ISO 32000-1 section 7.9.4).
std::string pdf_date(TimePoint time) {
    const LocalTime t = Zone().to_local(time);
    return formatted("D:{:04}{:02}{:02}{:02}{:02}{:02}Z", t.year, t.month, t.day, t.hour, t.minute, t.second);
}

/// Exercises everything the options bring in.
TicketIssued specimen() {
    TicketIssued ticket;
    ticket.ticket_id = "specimen";
    ticket.order_code = "specimen";
    ticket.event_name = "Specimen";
    ticket.event_venue = "0123456789";
    ticket.ticket_type = "-";
    ticket.seat_info = "-";
    ticket.customer_name = "-";
    ticket.qr_code_data = "specimen";
    return ticket;
}

}  // namespace

struct TicketRenderer::State {
    ticket::FontSet fonts;
    std::string qr_base_url;
    std::string brand;
    std::u32string brand_text;
    std::u32string notice_vi;
    std::u32string notice_en;
    Language language;
    Zone zone;
    double scale;
};

Result<TicketRenderer> TicketRenderer::create(TicketOptions options) {
    if (Result<void> ok = ticket::check_qr_base(options.qr_base_url); !ok.has_value()) return ok.error();
    Result<ticket::FontSet> fonts = parse_fonts(std::move(options.fonts));
    if (!fonts.has_value()) return fonts.error();
    if (Result<void> ok = check_vietnamese(*fonts); !ok.has_value()) return ok.error();
    if (!options.zone) {
        Result<Zone> zone = Zone::load(options.zone_name);
        if (!zone.has_value()) return bad_option("zone_name", zone.error());
        options.zone = std::move(*zone);
    }
    Cleaner clean;
    std::u32string brand = clean.required("brand", brand_chars_max, options.brand);
    std::u32string notice_vi = clean("notice_vi", notice_chars_max, options.notice_vi);
    std::u32string notice_en = clean("notice_en", notice_chars_max, options.notice_en);
    if (clean.error()) return bad_option("text", *clean.error());

    const double scale = options.paper == TicketPaper::a4_landscape ? 1.4142136 : 1;
    TicketRenderer renderer(std::make_shared<const State>(
        State{std::move(*fonts), std::move(options.qr_base_url), to_utf8(brand), std::move(brand), std::move(notice_vi),
              std::move(notice_en), options.language, std::move(*options.zone), scale}));
    for (const Language language : {Language::vi, Language::en}) {
        const Result<std::string> page = renderer.render(specimen(), language);
        if (!page.has_value()) return bad_option("page", page.error());
    }
    return renderer;
}

Result<std::string> TicketRenderer::render(const TicketIssued& ticket) const {
    return render(ticket, state_->language);
}

Result<std::string> TicketRenderer::render(const TicketIssued& issued, Language language) const {
    const State& state = *state_;
    if (Result<void> ok = ticket::check_id("ticket_id", issued.ticket_id); !ok.has_value()) return ok.error();
    if (Result<void> ok = ticket::check_id("order_code", issued.order_code); !ok.has_value()) return ok.error();
    if (Result<void> ok = check_time("event_date", issued.event_date); !ok.has_value()) return ok.error();
    if (Result<void> ok = check_time("issued_at", issued.issued_at); !ok.has_value()) return ok.error();
    Cleaner clean;
    ticket::TicketText text;
    text.brand = state.brand_text;
    text.notice = language == Language::vi ? state.notice_vi : state.notice_en;
    text.event_name = clean.required("event_name", event_name_chars_max, issued.event_name);
    text.when = clean("event_date", 80, ticket::event_time(state.zone.to_local(issued.event_date), language));
    text.venue = clean("event_venue", event_venue_chars_max, issued.event_venue);
    text.ticket_type = clean("ticket_type", ticket_type_chars_max, issued.ticket_type);
    text.seat = clean("seat_info", seat_info_chars_max, issued.seat_info);
    text.attendee = clean("customer_name", customer_name_chars_max, issued.customer_name);
    text.ticket_id = clean("ticket_id", ticket_id_bytes_max, issued.ticket_id);
    text.order_code = clean("order_code", ticket_id_bytes_max, issued.order_code);
    text.issued = clean("issued_at", 80, ticket::plain_time(state.zone.to_local(issued.issued_at), language));
    if (clean.error()) return *clean.error();

    const Result<std::string> url = ticket_qr_url(state.qr_base_url, issued.qr_code_data);
    if (!url.has_value()) return url.error();
    const Result<ticket::QrDrawing> code = ticket::draw_qr(*url);
    if (!code.has_value()) return code.error();

    const ticket::Labels& words = ticket::labels(language);
    ticket::Canvas canvas(state.fonts, state.scale);
    if (Result<void> ok = ticket::draw_ticket(canvas, state.fonts, words, text, *code); !ok.has_value())
        return ok.error();
    Result<std::vector<ticket::PdfFont>> fonts = canvas.fonts();
    if (!fonts.has_value()) return fonts.error();

    ticket::PdfDocumentParts parts;
    parts.width = ticket::page_width * state.scale;
    parts.height = ticket::page_height * state.scale;
    parts.content = canvas.content();
    parts.fonts = std::move(*fonts);
    parts.title = formatted("{} - {}", to_utf8(text.event_name), issued.ticket_id);
    parts.author = state.brand;
    parts.subject = issued.order_code;
    parts.producer = "TicketBottle";
    parts.language = words.language;
    parts.date = pdf_date(issued.issued_at);
    return ticket::write_pdf(parts);
}

}  // namespace ticketbottle
