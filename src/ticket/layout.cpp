#include "ticket/layout.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "core/format.hpp"
#include "core/utf8.hpp"

namespace ticketbottle::ticket {

namespace {

// The page: a band on top; below it, left of a perforation, what people read, and right of it what the gate reads.
constexpr double margin = 30;
constexpr double band_height = 50;
constexpr double stripe_height = 3;
constexpr double body_top = page_height - band_height - 20;
constexpr double main_width = 335;
constexpr double stub_width = 170;
constexpr double stub_left = page_width - margin - stub_width;
constexpr double perforation = (margin + main_width + stub_left) / 2;
constexpr double column_gap = 15;
constexpr double half_width = (main_width - column_gap) / 2;
constexpr double main_bottom = 66;
constexpr double footer_rule = 61;
constexpr double footer_top = 56;
constexpr double label_size = 7;
constexpr double label_height = 11;
constexpr double stub_text_top = body_top - stub_width - 2;
constexpr double gap_smallest = 6;
constexpr double gap_largest = 17;
constexpr double stub_gap = 5;

// Heights of the boxes when full; main_tallest must fit between body_top and main_bottom, stub_tallest below the code.
constexpr double name_height = 78;
constexpr double when_height = 17;
constexpr double venue_height = 40;
constexpr double type_height = 38;
constexpr double attendee_height = 40;
constexpr double main_tallest =
    name_height + when_height + venue_height + type_height + attendee_height + 4 * label_height + 4 * gap_smallest;
static_assert(main_tallest <= body_top - main_bottom);
constexpr double scan_height = 11;
constexpr double id_height = 36;
constexpr double issued_height = 11;
constexpr double stub_tallest = scan_height + 2 * id_height + issued_height + 3 * label_height + 3 * stub_gap;
static_assert(stub_tallest <= stub_text_top - margin + 1);

constexpr Sizes name_sizes{24, 13, 6.5};
constexpr Sizes value_sizes{12.5, 9, 6};
constexpr Sizes id_sizes{10, 7.5, 5.5};
constexpr Sizes small_sizes{8.5, 7, 6};
constexpr Sizes notice_sizes{7.5, 6.5, 6};
constexpr Sizes brand_sizes{17, 11, 7};
constexpr Sizes label_sizes{label_size, 6, 5};

constexpr Colour navy{0.063, 0.161, 0.278};
constexpr Colour teal{0.0, 0.62, 0.576};
constexpr Colour white{1, 1, 1};
constexpr Colour ink{0.086, 0.094, 0.114};
constexpr Colour grey{0.38, 0.416, 0.467};
constexpr Colour pale{0.8, 0.82, 0.85};

/// Text set into its box.
struct Set {
    FittedText text;
    double ascent = 0;  ///< Em.
    Colour colour;
};

/// A label with its value, or a value alone.
struct Entry {
    std::optional<Set> label;
    Set value;
    [[nodiscard]] double height() const { return value.text.height() + (label ? label_height : 0); }
};

/// What one column draws, top to bottom; a row is one entry or two side by side.
using Row = std::vector<Entry>;

double height(const Row& row) {
    double tallest = 0;
    for (const Entry& entry : row) tallest = std::max(tallest, entry.height());
    return tallest;
}

/// The labels' own text is ours: it is valid UTF-8.
std::u32string decoded(std::string_view utf8) {
    std::u32string out;
    while (!utf8.empty()) {
        const std::optional<char32_t> c = utf8::take(utf8);
        if (!c) break;
        out += *c;
    }
    return out;
}

class Drawer {
public:
    Drawer(Canvas& canvas, const FontSet& fonts, const Labels& words, const TicketText& text, const QrDrawing& code)
        : canvas_(canvas), fonts_(fonts), words_(words), text_(text), code_(code) {}

    Result<void> run() {
        for (const auto part : {&Drawer::draw_band, &Drawer::draw_main, &Drawer::draw_stub, &Drawer::draw_footer}) {
            if (Result<void> done = (this->*part)(); !done.has_value()) return done;
        }
        return {};
    }

private:
    struct Style {
        Face face;
        Sizes sizes;
        Colour colour;
    };

    Result<Set> set(std::string_view field, std::u32string_view text, const Box& box, const Style& style) const {
        const Result<Glyphs> glyphs = fonts_.glyphs({field, 0}, text, style.face);
        if (!glyphs.has_value()) return glyphs.error();
        std::optional<FittedText> fitted = fit(*glyphs, box, style.sizes, fonts_.line_height(style.face));
        if (!fitted)
            return fail(Errc::unsupported, "ticket.render", formatted("{} is too wide for the ticket", field));
        return Set{std::move(*fitted), fonts_.ascent(style.face), style.colour};
    }

    /// Appends an entry to `row`, unless the text is empty.
    Result<void> add(Row& row, std::string_view field, std::string_view label, std::u32string_view text, const Box& box,
                     const Style& style) const {
        if (text.empty()) return {};
        Result<Set> value = set(field, text, box, style);
        if (!value.has_value()) return value.error();
        Entry entry{std::nullopt, std::move(*value)};
        if (!label.empty()) {
            Result<Set> heading =
                set("label", decoded(label), {box.width, label_height}, {Face::regular, label_sizes, grey});
            if (!heading.has_value()) return heading.error();
            entry.label = std::move(*heading);
        }
        row.push_back(std::move(entry));
        return {};
    }

    void draw(const Set& set, double x, double top, Align align = Align::left) {
        double baseline = top - set.ascent * set.text.size;
        for (const Glyphs& line : set.text.lines) {
            canvas_.text(line, x, baseline, set.text.size, set.colour, align);
            baseline -= set.text.line_height;
        }
    }

    void draw(const Row& row, double x, double top) {
        for (const Entry& entry : row) {
            if (entry.label) draw(*entry.label, x, top);
            draw(entry.value, x, top - (entry.label ? label_height : 0));
            x += half_width + column_gap;
        }
    }

    Result<void> draw_band() {
        const Result<Set> brand = set("brand", text_.brand, {main_width, 36}, {Face::bold, brand_sizes, white});
        if (!brand.has_value()) return brand.error();
        const Result<Set> kind = set("label", decoded(words_.kind), {stub_width, 16}, {Face::bold, {10, 8, 6}, white});
        if (!kind.has_value()) return kind.error();
        canvas_.fill(0, page_height - band_height, page_width, band_height, navy);
        canvas_.fill(0, page_height - band_height - stripe_height, page_width, stripe_height, teal);
        const double middle = page_height - band_height / 2;
        draw(*brand, margin, middle + brand->text.height() / 2);
        draw(*kind, page_width - margin, middle + kind->text.height() / 2, Align::right);
        return {};
    }

    Result<void> draw_main() {
        const Style heading{Face::bold, name_sizes, navy};
        const Style strong{Face::bold, value_sizes, ink};
        const Style plain{Face::regular, value_sizes, ink};
        // Alone in its row, either of the two may use the whole width.
        const double half = text_.ticket_type.empty() || text_.seat.empty() ? main_width : half_width;
        std::vector<Row> rows(5);
        for (const Result<void>& done : {
                 add(rows[0], "event_name", "", text_.event_name, {main_width, name_height}, heading),
                 add(rows[1], "event_date", words_.when, text_.when, {main_width, when_height}, strong),
                 add(rows[2], "event_venue", words_.venue, text_.venue, {main_width, venue_height}, plain),
                 add(rows[3], "ticket_type", words_.ticket_type, text_.ticket_type, {half, type_height}, plain),
                 add(rows[3], "seat_info", words_.seat, text_.seat, {half, type_height}, plain),
                 add(rows[4], "customer_name", words_.attendee, text_.attendee, {main_width, attendee_height}, strong),
             }) {
            if (!done.has_value()) return done;
        }
        std::erase_if(rows, [](const Row& row) { return row.empty(); });
        double used = 0;
        for (const Row& row : rows) used += height(row);
        const double spare = body_top - main_bottom - used;
        const double gap =
            std::clamp(spare / double(std::max<std::size_t>(rows.size() - 1, 1)), gap_smallest, gap_largest);
        double top = body_top;
        for (const Row& row : rows) {
            draw(row, margin, top);
            top -= height(row) + gap;
        }
        return {};
    }

    Result<void> draw_stub() {
        const Style strong{Face::bold, id_sizes, ink};
        const Style plain{Face::regular, small_sizes, ink};
        const Result<Set> scan =
            set("label", decoded(words_.scan), {stub_width, scan_height}, {Face::regular, {8, 7, 5}, grey});
        if (!scan.has_value()) return scan.error();
        std::vector<Row> rows(3);
        for (const Result<void>& done : {
                 add(rows[0], "ticket_id", words_.ticket_id, text_.ticket_id, {stub_width, id_height}, strong),
                 add(rows[1], "order_code", words_.order_code, text_.order_code, {stub_width, id_height}, plain),
                 add(rows[2], "issued_at", words_.issued, text_.issued, {stub_width, issued_height}, plain),
             }) {
            if (!done.has_value()) return done;
        }
        canvas_.dashed_line(perforation, margin, perforation, body_top, pale);
        canvas_.qr(code_, stub_left, body_top - stub_width, stub_width);
        draw(*scan, stub_left + stub_width / 2, stub_text_top, Align::centre);
        double used = scan_height;
        for (const Row& row : rows) used += height(row);
        const double gap = std::clamp((stub_text_top - margin - used) / double(rows.size()), stub_gap, gap_largest - 4);
        double top = stub_text_top - scan_height - gap;
        for (const Row& row : rows) {
            draw(row, stub_left, top);
            top -= height(row) + gap;
        }
        return {};
    }

    Result<void> draw_footer() {
        if (text_.notice.empty()) return {};
        const Result<Set> notice =
            set("notice", text_.notice, {main_width, footer_top - margin + 3}, {Face::regular, notice_sizes, grey});
        if (!notice.has_value()) return notice.error();
        canvas_.fill(margin, footer_rule, main_width, 0.6, pale);
        draw(*notice, margin, footer_top);
        return {};
    }

    Canvas& canvas_;
    const FontSet& fonts_;
    const Labels& words_;
    const TicketText& text_;
    const QrDrawing& code_;
};

}  // namespace

Result<void> draw_ticket(Canvas& canvas, const FontSet& fonts, const Labels& words, const TicketText& text,
                         const QrDrawing& code) {
    return Drawer(canvas, fonts, words, text, code).run();
}

}  // namespace ticketbottle::ticket
