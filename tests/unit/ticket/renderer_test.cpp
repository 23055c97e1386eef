#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <ticketbottle/ticket/ticket.hpp>
#include <vector>

#include "support/file_bytes.hpp"
#include "ticket/qr.hpp"
#include "unit/ticket/pdf_reader.hpp"
#include "unit/ticket/tiny_font.hpp"
#include "unit/ticket/vietnamese_letters.hpp"

using namespace ticketbottle;
using test::PdfReader;

namespace {

constexpr std::string_view base_url = "https://checkin.example.com/verify";

TicketOptions options() {
    TicketOptions out;
    out.fonts = load_default_fonts().value();
    out.qr_base_url = base_url;
    return out;
}

/// Parsed once: parsing fonts anew in each case would be most of the time.
const TicketRenderer& renderer() {
    static const TicketRenderer made = TicketRenderer::create(options()).value();
    return made;
}

TicketIssued a_ticket() {
    TicketIssued out;
    out.ticket_id = "TCK-8D39986M-0001";
    out.order_code = "TB-LTDTNL-20251213-8D39986M";
    out.event_id = "event-1";
    out.event_name = "Đêm nhạc Trịnh Công Sơn";
    out.event_date = parse_iso8601("2025-11-21T08:00:00Z").value();
    out.event_venue = "Nhà hát Lớn Hà Nội, 1 Tràng Tiền";
    out.ticket_type = "VIP hàng đầu";
    out.seat_info = "Khu A, hàng 3, ghế 12";
    out.customer_name = "Nguyễn Thị Ánh Nguyệt";
    out.customer_email = "nguyet@example.com";
    out.qr_code_data = "abc123";
    out.issued_at = parse_iso8601("2025-11-13T19:30:05.123Z").value();
    return out;
}

std::string rendered(const TicketIssued& issued, Language language = Language::vi) {
    const Result<std::string> pdf = renderer().render(issued, language);
    REQUIRE_MESSAGE(pdf.has_value(), (pdf.has_value() ? std::string() : to_string(pdf.error())));
    return *pdf;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Words off the page or its margins, on the QR code, or over each other. Points, page coordinates of A5.
std::string misplaced(const PdfReader& pdf, double scale = 1) {
    const double page_right = 595.3 * scale;
    const double page_bottom = 419.6 * scale;
    const double margin = 20 * scale;
    std::string bad;
    const std::vector<test::PlacedWord> words = pdf.words();
    for (std::size_t i = 0; i < words.size(); ++i) {
        const test::PlacedWord& word = words[i];
        if (word.left < margin || word.right > page_right - margin || word.top < 0 ||
            word.bottom > page_bottom - margin) {
            bad += "outside: " + word.text + "\n";
        }
        const bool on_code =
            word.right > 395 * scale && word.bottom > 71 * scale && word.top < 238 * scale && word.top > 55 * scale;
        if (on_code) bad += "on the code: " + word.text + "\n";
        for (std::size_t j = i + 1; j < words.size(); ++j) {
            const double across = std::min(word.right, words[j].right) - std::max(word.left, words[j].left);
            const double down = std::min(word.bottom, words[j].bottom) - std::max(word.top, words[j].top);
            if (across > 0.5 && down > 1.5) bad += word.text + " over " + words[j].text + "\n";
        }
    }
    return words.empty() ? "no words" : bad;
}

}  // namespace

TEST_CASE("Ticket: other programs read back everything that should be on it") {
    const PdfReader pdf(rendered(a_ticket()));
    CHECK(pdf.complaints().empty());
    const std::string text = pdf.text();
    for (const std::string_view part :
         {"TicketBottle", "VÉ ĐIỆN TỬ", "Đêm nhạc Trịnh Công Sơn", "THỜI GIAN Thứ Sáu, 21/11/2025, 15:00",
          "ĐỊA ĐIỂM Nhà hát Lớn Hà Nội, 1 Tràng Tiền", "LOẠI VÉ VIP hàng đầu", "CHỖ NGỒI Khu A, hàng 3, ghế 12",
          "NGƯỜI THAM DỰ Nguyễn Thị Ánh Nguyệt", "MÃ VÉ TCK-8D39986M-0001", "MÃ ĐƠN HÀNG TB-LTDTNL-20251213-8D39986M",
          "PHÁT HÀNH LÚC 14/11/2025, 02:30", "Mỗi vé chỉ có giá trị cho một lượt vào cửa."}) {
        CAPTURE(part);
        CHECK(has(text, part));
    }
    CHECK_FALSE(has(text, "nguyet@example.com"));
    CHECK(misplaced(pdf).empty());
    const std::string information = pdf.information();
    CHECK(has(information, "Đêm nhạc Trịnh Công Sơn - TCK-8D39986M-0001"));
    CHECK(has(information, "595.276 x 419.528 pts"));
    CHECK(has(information, "Pages:           1\n"));
}

TEST_CASE("Ticket: English labels and dates") {
    const PdfReader pdf(rendered(a_ticket(), Language::en));
    const std::string text = pdf.text();
    for (const std::string_view part :
         {"E-TICKET", "DATE AND TIME Friday, 21 November 2025, 15:00", "ATTENDEE Nguyễn Thị Ánh Nguyệt",
          "ISSUED 14 November 2025, 02:30", "This ticket admits once."}) {
        CAPTURE(part);
        CHECK(has(text, part));
    }
    CHECK_FALSE(has(text, "THỜI GIAN"));
}

TEST_CASE("Ticket: fonts are embedded as subsets with Unicode maps, and the file is small") {
    const std::string bytes = rendered(a_ticket());
    CHECK(bytes.size() < 30 * 1024);
    std::istringstream lines(PdfReader(bytes).fonts());
    std::string line;
    std::getline(lines, line);
    std::getline(lines, line);
    int fonts = 0;
    while (std::getline(lines, line)) {
        CAPTURE(line);
        ++fonts;
        CHECK(has(line, "+DejaVuSans"));
        CHECK(has(line, "Identity-H       yes yes yes"));
    }
    CHECK(fonts == 2);
}

TEST_CASE("Ticket: all 134 Vietnamese letters come back, composed or not, in both faces") {
    // Five letters to a word, so that line breaks fall between words only.
    for (std::size_t start = 0; start < test::vietnamese_letters.size(); start += 67) {
        std::string composed;
        std::string decomposed;
        for (std::size_t i = start; i < start + 67; ++i) {
            if (i > start && i % 5 == 0) composed += ' ', decomposed += ' ';
            composed += test::vietnamese_letters[i].composed;
            decomposed += test::vietnamese_letters[i].decomposed;
        }
        for (const std::string& name : {composed, decomposed}) {
            TicketIssued issued = a_ticket();
            issued.customer_name = name;  // bold
            issued.event_venue = name;    // regular
            const PdfReader pdf(rendered(issued));
            const std::string text = pdf.text();
            CHECK(has(text, "ĐỊA ĐIỂM " + composed));
            CHECK(has(text, "NGƯỜI THAM DỰ " + composed));
            CHECK(misplaced(pdf).empty());
        }
    }
}

TEST_CASE("Ticket: the QR code on the rendered page says exactly the URL") {
    struct Case {
        std::string code;
        std::string url;
    };
    const std::vector<Case> cases{
        {"abc123", "https://checkin.example.com/verify?code=abc123"},
        {"a b&c=ư/?#%", "https://checkin.example.com/verify?code=a%20b%26c%3D%C6%B0%2F%3F%23%25"},
        {std::string(120, '0'), "https://checkin.example.com/verify?code=" + std::string(120, '0')},
        {std::string(472, 'x'), "https://checkin.example.com/verify?code=" + std::string(472, 'x')},  // the longest
    };
    for (const Case& c : cases) {
        CAPTURE(c.code);
        TicketIssued issued = a_ticket();
        issued.qr_code_data = c.code;
        CHECK(PdfReader(rendered(issued)).qr() == c.url);
    }
}

TEST_CASE("Ticket: the QR code fills its square but for a quiet zone of four modules") {
    const test::Picture page = PdfReader(rendered(a_ticket())).picture();
    REQUIRE(page.pixels.size() == static_cast<std::size_t>(page.width * page.height));
    // The square of 170 points at the right margin, and what surrounds it, in pixels.
    const int left = 791;
    const int top = 139;
    const int side = 340;
    int first_x = left + side;
    int first_y = top + side;
    int last_x = 0;
    int last_y = 0;
    for (int y = top - 20; y < top + side + 5; ++y) {
        for (int x = left - 20; x < left + side + 5; ++x) {
            if (!page.dark(x, y)) continue;
            first_x = std::min(first_x, x);
            first_y = std::min(first_y, y);
            last_x = std::max(last_x, x);
            last_y = std::max(last_y, y);
        }
    }
    const int modules = ticketbottle::ticket::draw_qr(ticket_qr_url(base_url, a_ticket().qr_code_data).value())->side;
    const double module = side / double(modules + 8);
    CHECK(first_x - left == doctest::Approx(4 * module).epsilon(0.07));
    CHECK(first_y - top == doctest::Approx(4 * module).epsilon(0.07));
    CHECK(left + side - 1 - last_x == doctest::Approx(4 * module).epsilon(0.07));
    CHECK(top + side - 1 - last_y == doctest::Approx(4 * module).epsilon(0.07));
}

TEST_CASE("Ticket: many codes all decode with the fixed mask") {
    for (int i = 0; i < 12; ++i) {
        TicketIssued issued = a_ticket();
        issued.qr_code_data.clear();
        for (int j = 0; j < 10 + 13 * i; ++j) issued.qr_code_data += static_cast<char>('0' + (i * 31 + j * j * 7) % 75);
        CAPTURE(issued.qr_code_data);
        CHECK(PdfReader(rendered(issued)).qr(150) == ticket_qr_url(base_url, issued.qr_code_data).value());
    }
}

TEST_CASE("Ticket: the longest texts stay whole, on the page, off the code and off each other") {
    const std::string words = "Nguyễn Phước Hồng Đăng Khoa ";
    const auto of_words = [&](std::size_t chars_max) {
        std::string out;
        const std::size_t word_chars = 28;
        for (std::size_t i = 0; i + word_chars <= chars_max; i += word_chars) out += words;
        out.pop_back();
        return out;
    };
    const auto wide = [](std::size_t chars) { return std::string(chars, 'W'); };
    struct Case {
        std::string what;
        std::function<std::string(std::size_t)> fill;
        bool whole_lines;  ///< pdftotext puts a split word's parts on lines of their own.
    };
    for (const Case& c : {Case{"words", of_words, true}, Case{"one wide word", wide, false}}) {
        CAPTURE(c.what);
        TicketIssued issued = a_ticket();
        issued.event_name = c.fill(event_name_chars_max);
        issued.event_venue = c.fill(event_venue_chars_max);
        issued.ticket_type = c.fill(ticket_type_chars_max);
        issued.seat_info = c.fill(seat_info_chars_max);
        issued.customer_name = c.fill(customer_name_chars_max);
        issued.ticket_id = wide(ticket_id_bytes_max);
        issued.order_code = wide(ticket_id_bytes_max);
        for (const Language language : {Language::vi, Language::en}) {
            const PdfReader pdf(rendered(issued, language));
            CHECK(misplaced(pdf).empty());
            const std::string text = pdf.text();
            if (c.whole_lines) {
                for (const std::string& part : {issued.event_name, issued.event_venue, issued.customer_name})
                    CHECK(has(text, part));
            } else {
                const auto w = std::count(text.begin(), text.end(), 'W');
                CHECK(w == 300 + 250 + 120 + 120 + 250 + 128 + 128);
            }
            CHECK(pdf.qr() == "https://checkin.example.com/verify?code=abc123");
        }
    }
}

TEST_CASE("Ticket: optional lines that are empty are left out with their labels") {
    TicketIssued issued = a_ticket();
    issued.seat_info.clear();
    issued.customer_name = "  ";
    const std::string text = PdfReader(rendered(issued)).text();
    CHECK_FALSE(has(text, "CHỖ NGỒI"));
    CHECK_FALSE(has(text, "NGƯỜI THAM DỰ"));
    CHECK(has(text, "LOẠI VÉ VIP hàng đầu"));
}

TEST_CASE("Ticket: the same ticket gives the same bytes, from any renderer at any time") {
    const std::string first = rendered(a_ticket());
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // a clock's second must not show
    CHECK(TicketRenderer::create(options()).value().render(a_ticket(), Language::vi).value() == first);
    TicketIssued other = a_ticket();
    other.ticket_id = "TCK-8D39986M-0002";
    CHECK(rendered(other) != first);
    CHECK(rendered(a_ticket(), Language::en) != first);
    CHECK(has(PdfReader(first).information(), "CreationDate:    Thu Nov 13 19:30:05 2025 UTC"));
}

TEST_CASE("Ticket: a character no font has is an error that names it and the field") {
    struct Case {
        std::string TicketIssued::*field;
        std::string_view name;
    };
    for (const Case& c :
         {Case{&TicketIssued::event_name, "event_name"}, Case{&TicketIssued::event_venue, "event_venue"},
          Case{&TicketIssued::ticket_type, "ticket_type"}, Case{&TicketIssued::seat_info, "seat_info"},
          Case{&TicketIssued::customer_name, "customer_name"}}) {
        CAPTURE(c.name);
        TicketIssued issued = a_ticket();
        issued.*c.field = "Secret 漢字";
        Result<std::string> pdf = renderer().render(issued, Language::vi);
        REQUIRE_FALSE(pdf.has_value());
        CHECK(pdf.error().code == Errc::unsupported);
        CHECK(pdf.error().detail_text() == std::string(c.name) + " has U+6F22, which no font has");

        issued.*c.field = "a\nb";
        pdf = renderer().render(issued, Language::vi);
        REQUIRE_FALSE(pdf.has_value());
        CHECK(pdf.error().code == Errc::malformed);
        CHECK(pdf.error().detail_text() == std::string(c.name) + " has control character U+000A");

        issued.*c.field = std::string(301, 'a');
        pdf = renderer().render(issued, Language::vi);
        REQUIRE_FALSE(pdf.has_value());
        CHECK(pdf.error().detail_text().starts_with(std::string(c.name) + " is longer than "));
    }
}

TEST_CASE("Ticket: required fields, ids and dates are checked") {
    struct Case {
        std::function<void(TicketIssued&)> spoil;
        std::string_view detail;
    };
    const std::vector<Case> cases{
        {[](TicketIssued& t) { t.ticket_id.clear(); }, "ticket_id is empty"},
        {[](TicketIssued& t) { t.ticket_id = "../../x"; },
         "ticket_id has a character other than A-Z, a-z, 0-9, '.', '_', '-'"},
        {[](TicketIssued& t) { t.order_code = ".."; }, "order_code begins with a dot"},
        {[](TicketIssued& t) { t.event_name = "   "; }, "event_name is empty"},
        {[](TicketIssued& t) { t.qr_code_data.clear(); }, "qr_code_data is empty"},
        {[](TicketIssued& t) { t.qr_code_data = std::string(500, 'x'); },
         "qr_code_data makes a URL of more than 512 bytes"},
        {[](TicketIssued& t) { t.event_date = TimePoint::max(); }, "event_date is outside the years 1970 to 9999"},
        {[](TicketIssued& t) { t.issued_at = TimePoint::min(); }, "issued_at is outside the years 1970 to 9999"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.detail);
        TicketIssued issued = a_ticket();
        c.spoil(issued);
        const Result<std::string> pdf = renderer().render(issued, Language::vi);
        REQUIRE_FALSE(pdf.has_value());
        CHECK(pdf.error().code == Errc::malformed);
        CHECK(pdf.error().detail_text() == c.detail);
    }
}

TEST_CASE("Ticket: text cannot become PDF syntax") {
    TicketIssued issued = a_ticket();
    issued.event_name = "(\\) >> endobj stream <41> Tj ET % /F0";
    issued.customer_name = "<feff> \\( ${x} {{y}}";
    const PdfReader pdf(rendered(issued));
    CHECK(pdf.complaints().empty());
    const std::string text = pdf.text();
    CHECK(has(text, issued.event_name));
    CHECK(has(text, issued.customer_name));
    CHECK(has(pdf.information(), issued.event_name));
}

TEST_CASE("Ticket: characters the bold font lacks come from the others and copy out right") {
    TicketOptions with_fallback = options();
    with_fallback.fonts.fallback.push_back(
        test::TinyFont{.outlines = {"", test::square_outline(), test::square_outline()}, .first_character = 0x6f22}
            .file());
    const TicketRenderer three = TicketRenderer::create(with_fallback).value();
    TicketIssued issued = a_ticket();
    issued.event_name = "Tết 漢漣 ở Huế 😀";  // the emoji is in the regular font only
    const PdfReader pdf(three.render(issued).value());
    CHECK(pdf.complaints().empty());
    CHECK(has(pdf.text(), issued.event_name));
    CHECK(has(pdf.fonts(), "+Tiny"));
    CHECK(misplaced(pdf).empty());
}

TEST_CASE("Ticket: two characters that share a glyph copy out as what they are") {
    TicketOptions sharing = options();
    sharing.fonts.fallback.push_back(test::TinyFont{
        .outlines = {"", test::square_outline()}, .first_character = 0x6f22, .long_map = true, .also_glyph_1 = 0x7530}
                                         .file());
    TicketIssued issued = a_ticket();
    issued.customer_name = "漢田漢";
    CHECK(has(PdfReader(TicketRenderer::create(sharing).value().render(issued).value()).text(), "漢田漢"));
}

TEST_CASE("Ticket: one font serves as both faces") {
    TicketOptions regular_only = options();
    regular_only.fonts.bold.clear();
    const PdfReader pdf(TicketRenderer::create(regular_only).value().render(a_ticket()).value());
    CHECK(has(pdf.text(), "Nguyễn Thị Ánh Nguyệt"));
    CHECK_FALSE(has(pdf.fonts(), "Bold"));
}

TEST_CASE("Ticket: brand, notice, zone, language and paper are options") {
    TicketOptions chosen = options();
    chosen.brand = "Rạp Hát 42";
    chosen.notice_en = "Doors close at eight.";
    chosen.language = Language::en;
    chosen.zone = Zone();
    chosen.paper = TicketPaper::a4_landscape;
    chosen.qr_base_url = "https://t.example/v?lang=vi";
    const PdfReader pdf(TicketRenderer::create(chosen).value().render(a_ticket()).value());
    const std::string text = pdf.text();
    CHECK(has(text, "Rạp Hát 42"));
    CHECK(has(text, "Doors close at eight."));
    CHECK(has(text, "Friday, 21 November 2025, 08:00"));
    CHECK(has(pdf.information(), "841.847 x 593.302 pts"));
    CHECK(misplaced(pdf, 1.4142).empty());
    CHECK(pdf.qr() == "https://t.example/v?lang=vi&code=abc123");
}

TEST_CASE("Ticket: bad options are refused when the renderer is made, and named") {
    struct Case {
        std::function<void(TicketOptions&)> spoil;
        std::string_view detail;
    };
    const std::vector<Case> cases{
        {[](TicketOptions& o) { o.qr_base_url.clear(); }, "qr_base_url does not begin with https:// or http://"},
        {[](TicketOptions& o) { o.fonts.regular = "no font"; }, "fonts.regular: not a TrueType font"},
        {[](TicketOptions& o) { o.fonts.bold = "no font"; }, "fonts.bold: not a TrueType font"},
        {[](TicketOptions& o) { o.fonts.fallback = {"no font"}; }, "fonts.fallback[0]: not a TrueType font"},
        {[](TicketOptions& o) {
             o.fonts = {test::TinyFont{}.file(), "", {}};
         },
         "fonts: Vietnamese has U+00E0, which no font has"},
        {[](TicketOptions& o) { o.brand = " "; }, "text: brand is empty"},
        {[](TicketOptions& o) { o.brand = "a\nb"; }, "text: brand has control character U+000A"},
        {[](TicketOptions& o) { o.notice_vi = "漢"; }, "page: notice has U+6F22, which no font has"},
        {[](TicketOptions& o) {
             o.fonts.fallback = {test::TinyFont{.first_character = 0x6f22, .advance = 9000}.file()};
             o.notice_en = "漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢";
         },
         "page: notice is too wide for the ticket"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.detail);
        TicketOptions bad = options();
        c.spoil(bad);
        const Result<TicketRenderer> made = TicketRenderer::create(bad);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().code == Errc::invalid_argument);
        CHECK(made.error().detail_text() == c.detail);
    }
    TicketOptions nowhere = options();
    nowhere.zone_name = "Mars/Olympus";
    const Result<TicketRenderer> made = TicketRenderer::create(nowhere);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == Errc::invalid_argument);
    CHECK(made.error().detail_text().starts_with("zone_name: "));
}

TEST_CASE("Ticket: fonts that are not there are reported with the paths tried") {
    const test::TemporaryFolder empty;
    const Result<TicketFonts> none = load_default_fonts({empty.path().string(), "/nowhere"});
    REQUIRE_FALSE(none.has_value());
    CHECK(none.error().code == Errc::invalid_argument);
    CHECK(has(none.error().detail_text(), empty / "DejaVuSans.ttf"));
    CHECK(has(none.error().detail_text(), "/nowhere/NotoSans-Regular.ttf"));
    CHECK(load_font(empty / "absent.ttf").error().detail_text() == (empty / "absent.ttf") + ": no such file");
    test::write_file(empty / "NotoSans-Regular.ttf", "regular");
    CHECK(load_default_fonts({empty.path().string()})->regular == "regular");
    CHECK(load_default_fonts({empty.path().string()})->bold.empty());
    CHECK(load_font(empty.path().string()).error().code == Errc::invalid_argument);
}

TEST_CASE("Ticket: eight threads share one renderer") {
    constexpr int threads = 8;
    constexpr int tickets = 6;
    std::vector<std::string> expected;
    for (int i = 0; i < tickets; ++i) {
        TicketIssued issued = a_ticket();
        issued.ticket_id = "T-" + std::to_string(i);
        expected.push_back(rendered(issued, i % 2 == 0 ? Language::vi : Language::en));
    }
    std::vector<int> right(threads, 0);
    {
        std::vector<std::jthread> running;
        for (int t = 0; t < threads; ++t) {
            running.emplace_back([&, t] {
                for (int i = 0; i < tickets; ++i) {
                    TicketIssued issued = a_ticket();
                    issued.ticket_id = "T-" + std::to_string(i);
                    const Result<std::string> pdf = renderer().render(issued, i % 2 == 0 ? Language::vi : Language::en);
                    if (pdf.has_value() && *pdf == expected[static_cast<std::size_t>(i)])
                        ++right[static_cast<std::size_t>(t)];
                }
            });
        }
    }
    CHECK(right == std::vector<int>(threads, tickets));
}
