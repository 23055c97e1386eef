#include <doctest/doctest.h>
#include <ticketbottle/email/message.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "support/mail_judge.hpp"

using namespace ticketbottle;

namespace {

email::Letter letter() {
    email::Letter out;
    out.from = {"noreply@tickets.example", "TicketBottle"};
    out.to = {{"lan@example.com", "Nguyễn Thị Lan"}};
    out.subject = "Xác nhận đơn hàng - TB-1";
    out.date = parse_iso8601("2025-12-13T13:00:00Z").value();
    out.message_id = "1f0e@tickets.example";
    out.text = "Xin chào,\n\nVé của bạn.\n";
    out.html = "<p>Xin chào</p>\n";
    return out;
}

email::Letter full_letter() {
    email::Letter out = letter();
    out.images = {{"qr@tickets.example", "qr.png", "image/png", std::string("\x89PNG\r\n\0\xff", 8)}};
    out.attachments = {{"ticket-T1.pdf", "application/pdf", {}, std::string("%PDF-1.4\r\n\0\xff", 12)},
                       {"event.ics", "text/calendar", {{"charset", "utf-8"}, {"method", "PUBLISH"}}, "BEGIN:VCALENDAR\r\n"}};
    return out;
}

std::string built(const email::Letter& from) {
    const auto message = email::build_message(from);
    REQUIRE_MESSAGE(message.has_value(), to_string(message.error()));
    return *message;
}

}  // namespace

TEST_CASE("build_message: a foreign strict parser reads the whole structure back without a defect") {
    const auto mail = test::judge(built(full_letter()));
    CHECK(test::faults(mail) == "");
    CHECK(mail.shape == "mixed(alternative(text/plain,related(text/html,image/png)),application/pdf,text/calendar)");
    CHECK(mail.subject == "Xác nhận đơn hàng - TB-1");
    CHECK(mail.from == std::vector<test::JudgedAddress>{{"TicketBottle", "noreply@tickets.example"}});
    CHECK(mail.to == std::vector<test::JudgedAddress>{{"Nguyễn Thị Lan", "lan@example.com"}});
    CHECK(mail.date == "2025-12-13T13:00:00+00:00");
    CHECK(mail.message_id == "<1f0e@tickets.example>");
    CHECK(mail.longest_header_line <= 78);
    CHECK(mail.part("text/plain").content == "Xin chào,\r\n\r\nVé của bạn.\r\n");
    CHECK(mail.part("text/html").content == "<p>Xin chào</p>\r\n");
    CHECK(mail.part("image/png").content == full_letter().images[0].bytes);
    CHECK(mail.part("image/png").cid == "<qr@tickets.example>");
    CHECK(mail.part("image/png").disposition == "inline");
    CHECK(mail.part("application/pdf").content == full_letter().attachments[0].bytes);
    CHECK(mail.part("application/pdf").name == "ticket-T1.pdf");
    CHECK(mail.part("application/pdf").disposition == "attachment");
    CHECK(mail.part("text/calendar").method == "PUBLISH");
    CHECK(mail.names == std::vector<std::string>{"Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Auto-Submitted",
                                                 "Content-Language", "Content-Type"});
}

TEST_CASE("build_message: only the levels that are needed are there") {
    email::Letter plain = letter();
    plain.html.clear();
    email::Letter image = full_letter();
    image.attachments.clear();
    email::Letter attached = letter();
    attached.attachments = {{"a.bin", "application/octet-stream", {}, ""}};
    const auto mails = test::judge({built(plain), built(letter()), built(image), built(attached)});
    CHECK(mails[0].shape == "text/plain");
    CHECK(mails[1].shape == "alternative(text/plain,text/html)");
    CHECK(mails[2].shape == "alternative(text/plain,related(text/html,image/png))");
    CHECK(mails[3].shape == "mixed(alternative(text/plain,text/html),application/octet-stream)");
    CHECK(mails[3].part("application/octet-stream").content == "");
    for (const auto& mail : mails) {
        CHECK(test::faults(mail) == "");
    }
}

TEST_CASE("build_message: hostile and foreign names and subjects come back as they were") {
    const std::vector<std::string> names = {
        "Nguyễn Văn A",
        "Đặng Thị Thuỳ Trâm, <admin@bank.example>",
        "\"quoted\" \\ back",
        "a@b.example",
        "Smith, John (VIP); group:",
        "=?UTF-8?Q?evil=0D=0ABcc:_x@y.example?=",
        "--=_m_boundary",
        "O'Brien & <script>alert(1)</script>",
        "🎫🎫🎫 日本語 한국어",
        "Ng. V. A.",
        std::string(200, 'x'),
        "Tôn Nữ Thị Công Tằng Huyền Tôn Nữ Thị Công Tằng Huyền Tôn Nữ Thị Công Tằng Huyền Tôn Nữ Thị Công Tằng Huyền",
    };
    std::vector<std::string> messages;
    for (const std::string& name : names) {
        email::Letter hostile = letter();
        hostile.to = {{"first@example.com", name}, {"second@example.com", ""}, {"third@example.com", name}};
        hostile.reply_to = email::Mailbox{"help@tickets.example", name};
        hostile.subject = name;
        messages.push_back(built(hostile));
    }
    const auto mails = test::judge(messages);
    for (std::size_t i = 0; i < names.size(); ++i) {
        CAPTURE(names[i]);
        CHECK(test::faults(mails[i]) == "");
        CHECK(mails[i].subject == names[i]);
        CHECK(test::listed(mails[i].to) ==
              "[" + names[i] + "|first@example.com][|second@example.com][" + names[i] + "|third@example.com]");
        CHECK(test::listed(mails[i].reply_to) == "[" + names[i] + "|help@tickets.example]");
        CHECK(mails[i].longest_header_line <= 78);
        CHECK(std::count(mails[i].names.begin(), mails[i].names.end(), "Bcc") == 0);
    }
}

TEST_CASE("build_message: file names of every kind come back, with an ASCII stand-in") {
    struct Row {
        std::string name;
        std::string stand_in;
    };
    const std::vector<Row> rows = {
        {"ticket-T1.pdf", "ticket-T1.pdf"},
        {"vé điện tử.pdf", "v_ _i_n t_.pdf"},
        {"a \"b\" ;c=d.pdf", "a _b_ ;c_d.pdf"},
        {"=?UTF-8?Q?x?=.pdf", "_?UTF-8?Q?x?_.pdf"},
        {"it's 100%.pdf", "it's 100%.pdf"},
        {std::string(150, 'y') + ".pdf", std::string(150, 'y') + ".pdf"},
    };
    std::vector<std::string> messages;
    for (const Row& row : rows) {
        email::Letter named = letter();
        named.attachments = {{row.name, "application/pdf", {}, "x"}};
        messages.push_back(built(named));
    }
    email::Letter longest = letter();
    std::string long_name;
    for (int i = 0; i < 80; ++i) {
        long_name += "ễ";  // 240 bytes: RFC 2231 continuations
    }
    longest.attachments = {{long_name + ".pdf", "application/pdf", {}, "x"}};
    messages.push_back(built(longest));

    const auto mails = test::judge(messages);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        CAPTURE(rows[i].name);
        CHECK(test::faults(mails[i]) == "");
        CHECK(mails[i].part("application/pdf").name == rows[i].name);
        CHECK(mails[i].part("application/pdf").stand_in == rows[i].stand_in);
    }
    CHECK(test::faults(mails.back()) == "");
    CHECK(mails.back().part("application/pdf").name == long_name + ".pdf");
}

TEST_CASE("build_message: a body that tries to end its part does not") {
    const std::string message = built(full_letter());
    const auto begin = message.find("boundary=\"") + 10;
    const std::string boundary = message.substr(begin, message.find('"', begin) - begin);
    email::Letter hostile = full_letter();
    const std::string attack = "\r\n--" + boundary + "\r\nContent-Type: text/html\r\n\r\nevil\r\n--" + boundary + "--\r\n";
    hostile.text = "x" + attack;
    hostile.html = "<p>" + attack;
    hostile.attachments[0].bytes = attack;
    const auto mail = test::judge(built(hostile));
    CHECK(test::faults(mail) == "");
    CHECK(mail.shape == "mixed(alternative(text/plain,related(text/html,image/png)),application/pdf,text/calendar)");
    CHECK(mail.part("text/plain").content == "x" + attack);
    CHECK(mail.part("application/pdf").content == attack);
}

TEST_CASE("build_message: the same letter gives the same bytes; another id gives other boundaries") {
    CHECK(built(full_letter()) == built(full_letter()));
    email::Letter other = full_letter();
    other.message_id = "2f0e@tickets.example";
    const std::string a = built(full_letter());
    const std::string b = built(other);
    const auto boundary = [](const std::string& text) { return text.substr(text.find("boundary="), 50); };
    CHECK(boundary(a) != boundary(b));
}

TEST_CASE("build_message: nothing can begin a header of its own; the error names the field and not its content") {
    using Spoil = std::function<void(email::Letter&, const std::string&)>;
    struct Row {
        std::string_view field;
        Spoil spoil;
    };
    const std::vector<Row> rows = {
        {"from name", [](email::Letter& l, const std::string& s) { l.from.name = s; }},
        {"from", [](email::Letter& l, const std::string& s) { l.from.address = "a@b.example" + s; }},
        {"to name", [](email::Letter& l, const std::string& s) { l.to[0].name = s; }},
        {"to", [](email::Letter& l, const std::string& s) { l.to[0].address = s + "a@b.example"; }},
        {"reply_to name", [](email::Letter& l, const std::string& s) { l.reply_to = email::Mailbox{"a@b.example", s}; }},
        {"reply_to", [](email::Letter& l, const std::string& s) { l.reply_to = email::Mailbox{"a@b.example" + s, ""}; }},
        {"subject", [](email::Letter& l, const std::string& s) { l.subject = s; }},
        {"message_id", [](email::Letter& l, const std::string& s) { l.message_id = "a" + s + "@b.example"; }},
        {"image content_id", [](email::Letter& l, const std::string& s) { l.images[0].content_id = "a@b" + s; }},
        {"image filename", [](email::Letter& l, const std::string& s) { l.images[0].filename = s; }},
        {"image media_type", [](email::Letter& l, const std::string& s) { l.images[0].media_type = "image/png" + s; }},
        {"attachment filename", [](email::Letter& l, const std::string& s) { l.attachments[0].filename = s; }},
        {"attachment media_type", [](email::Letter& l, const std::string& s) { l.attachments[0].media_type = "a/b" + s; }},
        {"attachment parameter", [](email::Letter& l, const std::string& s) { l.attachments[0].parameters = {{"a", s}}; }},
        {"attachment parameter", [](email::Letter& l, const std::string& s) { l.attachments[0].parameters = {{s, "a"}}; }},
    };
    for (const std::string& evil : {std::string("x\r\nBcc: y@z.example"), std::string("x\ny"), std::string("x\ry"), std::string("x\0y", 3),
                                    std::string("x\x7fy"), std::string("x\xc2\x85y"), std::string("x\xe2\x80\xa8y"),
                                    std::string("x\xff")}) {
        for (const Row& row : rows) {
            CAPTURE(row.field);
            email::Letter bad = full_letter();
            row.spoil(bad, evil);
            const auto message = email::build_message(bad);
            REQUIRE_FALSE(message.has_value());
            CHECK(message.error().code == Errc::malformed);
            const std::string detail(message.error().detail_text());
            CHECK(detail.starts_with(std::string(row.field) + ": "));
            CHECK(detail.find("Bcc") == std::string::npos);
        }
    }
}

TEST_CASE("build_message: letters outside the shapes are refused by name") {
    using Spoil = std::function<void(email::Letter&)>;
    struct Row {
        std::string_view detail;
        Spoil spoil;
    };
    const std::vector<Row> rows = {
        {"to: 0 recipients", [](email::Letter& l) { l.to.clear(); }},
        {"to: 51 recipients", [](email::Letter& l) { l.to.resize(51, l.to[0]); }},
        {"subject: 2001 bytes", [](email::Letter& l) { l.subject.assign(2001, 'a'); }},
        {"to name: 501 bytes", [](email::Letter& l) { l.to[0].name.assign(501, 'a'); }},
        {"date: outside", [](email::Letter& l) { l.date -= std::chrono::hours(24 * 365 * 100); }},
        {"text: empty", [](email::Letter& l) { l.text.clear(); }},
        {"text: not UTF-8 at byte 1", [](email::Letter& l) { l.text = "a\xff"; }},
        {"html: holds a control character at byte 1", [](email::Letter& l) { l.html = std::string("a\0", 2); }},
        {"images: no HTML", [](email::Letter& l) { l.html.clear(); }},
        {"attachments: 51 files", [](email::Letter& l) { l.attachments.resize(50, l.attachments[0]); }},
        {"attachment filename: empty, or a path", [](email::Letter& l) { l.attachments[0].filename = "a/b"; }},
        {"attachment filename: empty, or a path", [](email::Letter& l) { l.attachments[0].filename = ".."; }},
        {"message: ", [](email::Letter& l) { l.attachments[0].bytes.assign(email::message_bytes_max, 'a'); }},
        {"message: ", [](email::Letter& l) { l.attachments[0].bytes.assign(email::message_bytes_max * 3 / 4, 'a'); }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.detail);
        email::Letter bad = full_letter();
        row.spoil(bad);
        const auto message = email::build_message(bad);
        REQUIRE_FALSE(message.has_value());
        CHECK(message.error().code == Errc::malformed);
        CHECK(std::string(message.error().detail_text()).starts_with(row.detail));
    }
}

TEST_CASE("is_address: dot-atoms at host names, nothing that could mean two things") {
    for (const std::string_view good : {"a@b", "a.b+c@mail.example.com", "o'brien@example.com", "x_y-z@xn--bcher-kva.example"}) {
        CAPTURE(good);
        CHECK(email::is_address(good));
    }
    for (const std::string_view bad : {"", "a", "@b", "a@", "a b@c", "a@b c", "a@b@c", "\"a\"@b", "a@[127.0.0.1]", "a@b..c", ".a@b", "a.@b",
                                       "a..b@c", "a@-b", "a@b-", "<a@b>", "a@b,c@d", "a@b\r\n", "lân@b", "a@bé"}) {
        CAPTURE(bad);
        CHECK_FALSE(email::is_address(bad));
    }
    CHECK(email::is_address(std::string(64, 'a') + "@b.example"));
    CHECK_FALSE(email::is_address(std::string(65, 'a') + "@b.example"));
    CHECK_FALSE(email::is_address("a@" + std::string(64, 'b')));
}
