#include <doctest/doctest.h>
#include <ticketbottle/email/mails.hpp>

#include <functional>
#include <string>
#include <vector>

#include "email/html.hpp"
#include "support/mail_judge.hpp"

using namespace ticketbottle;

namespace {

email::MailOptions options(Language language = Language::en) {
    email::MailOptions out;
    out.from = {"noreply@tickets.example", "TicketBottle"};
    out.language = language;
    return out;
}

email::MailRenderer renderer(const email::MailOptions& from) {
    auto made = email::MailRenderer::create(from);
    REQUIRE_MESSAGE(made.has_value(), to_string(made.error()));
    return *made;
}

TicketIssued ticket() {
    TicketIssued out;
    out.ticket_id = "T-0001";
    out.order_code = "TB-LTDTNL-20251213-8D39986M";
    out.event_id = "EV-7";
    out.event_name = "Liveshow Đêm Thành Phố";
    out.event_date = parse_iso8601("2025-12-13T13:00:00Z").value();
    out.event_venue = "Nhà hát Lớn, Hà Nội";
    out.ticket_type = "VIP";
    out.seat_info = "Hàng A, ghế 12";
    out.customer_name = "Nguyễn Thị Lan";
    out.customer_email = "lan@example.com";
    out.qr_code_data = "code";
    out.issued_at = parse_iso8601("2025-11-21T08:00:00Z").value();
    return out;
}

PaymentEvent payment() {
    PaymentEvent out;
    out.type = EventType::payment_completed;
    out.payment_id = "7a8f8d5e-0000-4000-8000-000000000001";
    out.order_code = "TB-LTDTNL-20251213-8D39986M";
    out.amount = {7200000, Currency::vnd()};
    out.provider = "zalopay";
    out.transaction_id = "251121000001";
    out.at = parse_iso8601("2025-11-21T08:00:00Z").value();
    out.customer_email = "lan@example.com";
    out.customer_name = "Nguyễn Thị Lan";
    out.event_name = "Liveshow Đêm Thành Phố";
    out.event_date = parse_iso8601("2025-12-13T13:00:00Z").value();
    out.tickets = {ticket()};
    return out;
}

email::RenderedMail confirmed(Language language, const PaymentEvent& event = payment()) {
    const auto mail = renderer(options(language)).confirmation(event);
    REQUIRE_MESSAGE(mail.has_value(), to_string(mail.error()));
    return *mail;
}

email::RenderedMail ticketed(const email::MailOptions& how, const TicketIssued& of, const email::TicketFiles& files) {
    const auto mail = renderer(how).ticket(of, files);
    REQUIRE_MESSAGE(mail.has_value(), to_string(mail.error()));
    return *mail;
}

const email::TicketFiles files{"%PDF-1.4 pdf", "\x89PNG png", ""};

void check_has(const std::string& text, std::string_view piece) {
    CAPTURE(piece);
    CHECK_MESSAGE(text.find(piece) != std::string::npos, text);
}

void check_has_not(const std::string& text, std::string_view piece) {
    CAPTURE(piece);
    CHECK_MESSAGE(text.find(piece) == std::string::npos, text);
}

}  // namespace

TEST_CASE("MailRenderer::confirmation: subject, amount in whole dong and zone times, in both languages and both parts") {
    const auto mails = test::judge({confirmed(Language::en).message, confirmed(Language::vi).message});
    for (const auto& mail : mails) {
        CHECK(test::faults(mail) == "");
        CHECK(mail.shape == "alternative(text/plain,text/html)");
        CHECK(mail.to == std::vector<test::JudgedAddress>{{"Nguyễn Thị Lan", "lan@example.com"}});
        CHECK(mail.date == "2025-11-21T08:00:00+00:00");
    }
    CHECK(mails[0].subject == "Order Confirmed - TB-LTDTNL-20251213-8D39986M");
    CHECK(mails[1].subject == "Xác nhận đơn hàng - TB-LTDTNL-20251213-8D39986M");
    for (const std::string_view type : {"text/plain", "text/html"}) {
        const std::string en = mails[0].part(type).content;
        for (const std::string_view fact :
             {"Hello Nguyễn Thị Lan,", "7,200,000\u00a0VND", "ZaloPay", "251121000001", "Liveshow Đêm Thành Phố",
              "Saturday, 13 December 2025, 20:00 (GMT+7)", "Friday, 21 November 2025, 15:00 (GMT+7)",
              "VIP, Seat: Hàng A, ghế 12 (Ticket ID: T-0001)", "Your e-tickets are sent"}) {
            check_has(en, fact);
        }
        const std::string vi = mails[1].part(type).content;
        for (const std::string_view fact : {"Xin chào Nguyễn Thị Lan,", "7.200.000\u00a0₫", "Thứ Bảy, 13/12/2025, 20:00 (GMT+7)",
                                            "Thứ Sáu, 21/11/2025, 15:00 (GMT+7)", "Mã đơn hàng", "VIP, Chỗ ngồi: Hàng A, ghế 12"}) {
            check_has(vi, fact);
        }
        check_has_not(vi, "72.000\u00a0₫");
    }
}

TEST_CASE("MailRenderer::confirmation: what the event does not carry leaves no trace") {
    PaymentEvent bare = payment();
    bare.customer_name.clear();
    bare.event_name.clear();
    bare.event_date.reset();
    bare.tickets.clear();
    const auto mail = test::judge(confirmed(Language::en, bare).message);
    const std::string text = mail.part("text/plain").content;
    check_has(text, "Hello,\r\n");
    check_has_not(text, "Event:");
    check_has_not(text, "Tickets:");
    check_has_not(text, "e-tickets");
    CHECK(mail.to == std::vector<test::JudgedAddress>{{"", "lan@example.com"}});
}

TEST_CASE("MailRenderer::confirmation: more tickets than are listed are counted") {
    PaymentEvent many = payment();
    many.tickets.assign(email::tickets_listed_max + 7, ticket());
    const auto mail = test::judge(confirmed(Language::en, many).message);
    check_has(mail.part("text/plain").content, "101. and 7 more");
}

TEST_CASE("MailRenderer::ticket: PDF, calendar and QR picture travel in their places") {
    const auto mail = test::judge(ticketed(options(Language::vi), ticket(), files).message);
    CHECK(test::faults(mail) == "");
    CHECK(mail.shape == "mixed(alternative(text/plain,related(text/html,image/png)),application/pdf,text/calendar)");
    CHECK(mail.subject == "Vé điện tử - Liveshow Đêm Thành Phố");
    CHECK(mail.part("application/pdf").name == "ticket-T-0001.pdf");
    CHECK(mail.part("application/pdf").content == files.pdf);
    CHECK(mail.part("image/png").content == files.qr_png);
    const std::string cid = mail.part("image/png").cid;
    check_has(mail.part("text/html").content, "<img src=\"cid:" + cid.substr(1, cid.size() - 2) + "\"");
    check_has_not(mail.part("text/html").content, "data:");
    check_has(mail.part("text/calendar").content, "DTSTART:20251213T130000Z\r\n");
    check_has(mail.part("text/calendar").content, "DTSTAMP:20251121T080000Z\r\n");
    for (const std::string_view type : {"text/plain", "text/html"}) {
        for (const std::string_view fact : {"Liveshow Đêm Thành Phố", "Nhà hát Lớn, Hà Nội", "VIP", "Hàng A, ghế 12", "Nguyễn Thị Lan",
                                            "T-0001", "TB-LTDTNL-20251213-8D39986M", "Thứ Bảy, 13/12/2025, 20:00 (GMT+7)",
                                            "ticket-T-0001.pdf"}) {
            check_has(mail.part(type).content, fact);
        }
    }
}

TEST_CASE("MailRenderer::ticket: without a picture or a calendar the levels are fewer") {
    email::MailOptions bare = options();
    bare.calendar = email::CalendarFile::leave_out;
    const auto mail = test::judge(ticketed(bare, ticket(), {"%PDF", "", ""}).message);
    CHECK(mail.shape == "mixed(alternative(text/plain,text/html),application/pdf)");
    check_has_not(mail.part("text/html").content, "<img");
}

TEST_CASE("MailRenderer::ticket: a PDF past the limit becomes a link, and an error where there is none") {
    email::MailOptions small = options();
    small.attachment_bytes_max = files.pdf.size() - 1;
    const std::string link = "https://files.example/tickets/a/b.pdf?x=1&y=2";
    const auto mail = test::judge(ticketed(small, ticket(), {files.pdf, files.qr_png, link}).message);
    CHECK(mail.shape == "mixed(alternative(text/plain,related(text/html,image/png)),text/calendar)");
    check_has(mail.part("text/plain").content, link);
    check_has(mail.part("text/html").content, "href=\"https://files.example/tickets/a/b.pdf?x=1&amp;y=2\"");
    check_has_not(mail.part("text/plain").content, "attached");

    const auto refused = renderer(small).ticket(ticket(), files);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Errc::malformed);

    small.attachment_bytes_max = files.pdf.size();
    const auto attached = test::judge(ticketed(small, ticket(), {files.pdf, files.qr_png, link}).message);
    CHECK(attached.part("application/pdf").content == files.pdf);
    check_has_not(attached.part("text/plain").content, link);
}

TEST_CASE("MailRenderer: every field of an event is escaped in HTML and cannot add a line to the text") {
    const std::string evil = "<img src=x onerror=\"alert('1')\">&amp;";
    TicketIssued hostile = ticket();
    hostile.event_name = hostile.customer_name = hostile.ticket_type = hostile.order_code = evil;
    hostile.event_venue = hostile.seat_info = evil + "\r\nTicket ID: FAKE\n";
    const auto ticket_mail = test::judge(ticketed(options(), hostile, files).message);
    CHECK(test::faults(ticket_mail) == "");
    const std::string html = ticket_mail.part("text/html").content;
    check_has_not(html, "<img src=x");
    check_has_not(html, "onerror=\"");
    check_has(html, "&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;");
    check_has_not(ticket_mail.part("text/plain").content, "\nTicket ID: FAKE");
    check_has(ticket_mail.part("text/plain").content, evil);

    PaymentEvent bad = payment();
    bad.order_code = bad.customer_name = bad.event_name = bad.provider = bad.transaction_id = evil;
    bad.tickets[0].ticket_type = bad.tickets[0].seat_info = bad.tickets[0].ticket_id = evil;
    const auto confirmation = test::judge(confirmed(Language::vi, bad).message);
    CHECK(test::faults(confirmation) == "");
    check_has_not(confirmation.part("text/html").content, "<img");
}

TEST_CASE("MailRenderer: bytes, keys and ids repeat for the same event and differ for another") {
    const auto a = ticketed(options(), ticket(), files);
    const auto b = ticketed(options(), ticket(), files);
    CHECK(a.message == b.message);
    CHECK(a.idempotency_key == b.idempotency_key);
    CHECK(a.sender == "noreply@tickets.example");
    CHECK(a.recipient == "lan@example.com");
    check_has(a.message, "Message-ID: <" + a.idempotency_key.substr(7) + "@tickets.example>\r\n");

    std::vector<std::string> keys = {a.idempotency_key};
    const auto differs = [&keys](const std::string& key) {
        CHECK(std::find(keys.begin(), keys.end(), key) == keys.end());
        keys.push_back(key);
    };
    TicketIssued other = ticket();
    other.ticket_id = "T-0002";
    differs(ticketed(options(), other, files).idempotency_key);
    other = ticket();
    other.customer_email = "minh@example.com";
    differs(ticketed(options(), other, files).idempotency_key);
    other = ticket();
    other.issued_at += std::chrono::seconds(1);
    differs(ticketed(options(), other, files).idempotency_key);
    differs(confirmed(Language::en).idempotency_key);
    PaymentEvent later = payment();
    later.payment_id = "7a8f8d5e-0000-4000-8000-000000000002";
    differs(confirmed(Language::en, later).idempotency_key);
    CHECK(confirmed(Language::en).idempotency_key == confirmed(Language::vi).idempotency_key);
}

TEST_CASE("MailRenderer: hostile events are refused by the field's name, never by its content") {
    using Spoil = std::function<void(TicketIssued&)>;
    struct Row {
        Errc code;
        std::string_view detail;
        Spoil spoil;
    };
    const std::vector<Row> rows = {
        {Errc::invalid_argument, "customer_email: none", [](TicketIssued& t) { t.customer_email.clear(); }},
        {Errc::malformed, "customer_email: not an address", [](TicketIssued& t) { t.customer_email = "a@b.example\r\nBcc: c@d"; }},
        {Errc::malformed, "customer_email: not an address", [](TicketIssued& t) { t.customer_email = "a@b.example,c@d.example"; }},
        {Errc::malformed, "customer_email: not an ASCII address", [](TicketIssued& t) { t.customer_email = "lân@b.example"; }},
        {Errc::malformed, "customer_name: holds a control", [](TicketIssued& t) { t.customer_name = "a\r\nBcc: c@d.example"; }},
        {Errc::malformed, "event_name: holds a control", [](TicketIssued& t) { t.event_name = "a\nb"; }},
        {Errc::malformed, "event_name: 4097 bytes", [](TicketIssued& t) { t.event_name.assign(4097, 'a'); }},
        {Errc::malformed, "ticket_id: ", [](TicketIssued& t) { t.ticket_id = "../x"; }},
        {Errc::malformed, "ticket_id: ", [](TicketIssued& t) { t.ticket_id = "a\"b"; }},
        {Errc::malformed, "ticket_id: ", [](TicketIssued& t) { t.ticket_id = ".a"; }},
        {Errc::malformed, "ticket_id: ", [](TicketIssued& t) { t.ticket_id.clear(); }},
        {Errc::malformed, "event_venue: not UTF-8", [](TicketIssued& t) { t.event_venue = "\xff"; }},
        {Errc::malformed, "seat_info: holds a control", [](TicketIssued& t) { t.seat_info = std::string("a\0", 2); }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.detail);
        TicketIssued bad = ticket();
        row.spoil(bad);
        const auto mail = renderer(options()).ticket(bad, files);
        REQUIRE_FALSE(mail.has_value());
        CHECK(mail.error().code == row.code);
        CHECK(std::string(mail.error().detail_text()).starts_with(row.detail));
        check_has_not(std::string(mail.error().detail_text()), "Bcc");
    }
}

TEST_CASE("MailRenderer: links and files that are none are the caller's fault") {
    email::MailOptions small = options();
    small.attachment_bytes_max = 1;
    for (const std::string_view link : {"javascript:alert(1)", "https://a b", "https://a\"onclick=", "https://a\r\nb", "//a", "https://é"}) {
        CAPTURE(link);
        const auto mail = renderer(small).ticket(ticket(), {"%PDF", "", link});
        REQUIRE_FALSE(mail.has_value());
        CHECK(mail.error().code == Errc::invalid_argument);
    }
    CHECK(renderer(options()).ticket(ticket(), {"", "", ""}).error().code == Errc::invalid_argument);
}

TEST_CASE("MailRenderer: long names are cut in headers between characters and whole in the bodies") {
    TicketIssued wordy = ticket();
    wordy.event_name.clear();
    for (int i = 0; i < 300; ++i) {
        wordy.event_name += "ễ";
    }
    wordy.customer_name = wordy.event_name;
    const auto mail = test::judge(ticketed(options(), wordy, files).message);
    CHECK(test::faults(mail) == "");
    CHECK(mail.subject.ends_with("ễ…"));
    CHECK(mail.to[0].name.ends_with("ễ…"));
    check_has(mail.part("text/plain").content, wordy.event_name);
}

TEST_CASE("MailRenderer::create: bad options are named") {
    using Spoil = std::function<void(email::MailOptions&)>;
    struct Row {
        std::string_view detail;
        Spoil spoil;
    };
    const std::vector<Row> rows = {
        {"from: ", [](email::MailOptions& o) { o.from.address.clear(); }},
        {"from: ", [](email::MailOptions& o) { o.from.name = "a\r\nb"; }},
        {"reply_to: ", [](email::MailOptions& o) { o.reply_to = email::Mailbox{"nobody", ""}; }},
        {"brand: ", [](email::MailOptions& o) { o.brand = " "; }},
        {"brand: ", [](email::MailOptions& o) { o.brand = "a\nb"; }},
        {"attachment_bytes_max: ", [](email::MailOptions& o) { o.attachment_bytes_max = 0; }},
        {"attachment_bytes_max: ", [](email::MailOptions& o) { o.attachment_bytes_max = 17 * 1024 * 1024; }},
        {"event_length: ", [](email::MailOptions& o) { o.event_length = std::chrono::minutes(-1); }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.detail);
        email::MailOptions bad = options();
        row.spoil(bad);
        const auto made = email::MailRenderer::create(bad);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().code == Errc::invalid_argument);
        CHECK(std::string(made.error().detail_text()).starts_with(row.detail));
    }
}

TEST_CASE("MailRenderer::create: the largest attachment allowed fits the message limit") {
    email::MailOptions large = options();
    large.attachment_bytes_max = std::size_t{16} * 1024 * 1024;
    const std::string pdf(large.attachment_bytes_max, '\x80');
    CHECK(renderer(large).ticket(ticket(), {pdf, files.qr_png, ""}).has_value());
}

TEST_CASE("MailRenderer::confirmation: other events have no mail") {
    PaymentEvent failed = payment();
    failed.type = EventType::payment_failed;
    CHECK(renderer(options()).confirmation(failed).error().code == Errc::invalid_argument);
}

TEST_CASE("one_line: breaks become spaces, direction marks go, letters stay") {
    CHECK(email::one_line("  a\r\n\tb\xc2\xa0 c  ") == "a b c");
    CHECK(email::one_line("evil\xe2\x80\xaegnp.exe") == "evilgnp.exe");
    CHECK(email::one_line("Nguyễn\xe2\x80\xa8Lan 🎫") == "Nguyễn Lan 🎫");
    CHECK(email::one_line("\x01\x02") == "");
}
