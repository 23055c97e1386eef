#include <doctest/doctest.h>
#include <ticketbottle/consumer/consumer.hpp>
#include <ticketbottle/ticket/qr.hpp>

#include <string>
#include <vector>

#include "core/crypto.hpp"
#include "support/mail_judge.hpp"
#include "unit/consumer/scripted_ports.hpp"

using namespace ticketbottle;
using namespace std::chrono_literals;
using consumer::Disposition;
using consumer::EventConsumer;
using test::Fault;

namespace {

constexpr std::string_view qr_base = "https://tickets.example/check";

const TicketRenderer& tickets() {
    static const TicketRenderer renderer = [] {
        TicketOptions options;
        options.fonts = load_default_fonts().value();
        options.qr_base_url = qr_base;
        return TicketRenderer::create(std::move(options)).value();
    }();
    return renderer;
}

email::MailRenderer mails(std::size_t attachment_bytes_max = 5 * 1024 * 1024) {
    email::MailOptions options;
    options.from = {"noreply@tickets.example", "TicketBottle"};
    options.attachment_bytes_max = attachment_bytes_max;
    return email::MailRenderer::create(std::move(options)).value();
}

consumer::ConsumerOptions consumer_options() {
    consumer::ConsumerOptions options;
    options.qr_base_url = qr_base;
    return options;
}

TicketIssued ticket(const std::string& id = "T-0001") {
    TicketIssued out;
    out.ticket_id = id;
    out.order_code = "TB-LTDTNL-20251213-8D39986M";
    out.event_id = "EV-7";
    out.event_name = "Liveshow Đêm Thành Phố";
    out.event_date = parse_iso8601("2025-12-13T13:00:00Z").value();
    out.event_venue = "Nhà hát Lớn, Hà Nội";
    out.ticket_type = "VIP";
    out.customer_name = "Nguyễn Thị Lan";
    out.customer_email = "lan@example.com";
    out.qr_code_data = "fake-code-" + id;
    out.issued_at = parse_iso8601("2025-11-21T08:00:00Z").value();
    return out;
}

PaymentEvent payment() {
    PaymentEvent out;
    out.payment_id = "7a8f8d5e-0000-4000-8000-000000000001";
    out.order_code = "TB-LTDTNL-20251213-8D39986M";
    out.amount = {7200000, Currency::vnd()};
    out.provider = "zalopay";
    out.transaction_id = "251121000001";
    out.at = parse_iso8601("2025-11-21T08:00:00Z").value();
    out.customer_email = "lan@example.com";
    out.customer_name = "Nguyễn Thị Lan";
    out.tickets = {ticket("T-0001"), ticket("T-0002"), ticket("T-0003")};
    return out;
}

std::string payment_body() {
    return R"({"eventType":"PAYMENT_COMPLETED","payment_id":"7a8f8d5e-0000-4000-8000-000000000001",)"
           R"("order_code":"TB-LTDTNL-20251213-8D39986M","amount_cents":7200000,"currency":"VND","provider":"zalopay",)"
           R"("transaction_id":"251121000001","completed_at":"2025-11-21T08:00:00.000Z","customer_email":"lan@example.com",)"
           R"("event_id":"EV-7","event_name":"Liveshow","event_date":"2025-12-13T13:00:00Z","event_venue":"Hà Nội",)"
           R"("customer_name":"Lan","tickets":[{"ticket_id":"T-1","ticket_type":"VIP","qr_code_data":"c1"}]})";
}

/// The ports, and a consumer over them.
struct World {
    explicit World(const consumer::ConsumerOptions& options = consumer_options(),
                   const email::MailRenderer& renderer = mails())
        : consumer(EventConsumer::create(options, tickets(), renderer, store, mail, &observer).value()) {}

    test::Script script;
    test::ScriptedStore store{script};
    test::ScriptedMail mail{script};
    test::RecordingObserver observer;
    EventConsumer consumer;
};

Deadline soon() { return Deadline::in(60s); }

void check_same_end(const World& world, const World& happy) {
    REQUIRE(world.store.objects.size() == happy.store.objects.size());
    for (const auto& [key, object] : happy.store.objects) {
        REQUIRE(world.store.objects.count(key) == 1);
        CHECK(world.store.objects.at(key).etag == object.etag);
        CHECK(world.store.objects.at(key).attributes.metadata == object.attributes.metadata);
    }
    REQUIRE(world.mail.accepted.size() == happy.mail.accepted.size());
    for (const auto& [key, mail] : happy.mail.accepted) {
        REQUIRE(world.mail.accepted.count(key) == 1);
        CHECK(world.mail.accepted.at(key).message == mail.message);
    }
}

}  // namespace

TEST_CASE("EventConsumer: a ticket is stored under its key and mailed with the stored bytes and the same code") {
    World world;
    const auto consumed = world.consumer.handle(to_payload(ticket()), "TICKET_ISSUED", soon());
    REQUIRE_MESSAGE(consumed.has_value(), to_string(consumed.error()));
    CHECK(consumed->type == EventType::ticket_issued);
    CHECK(consumed->tickets_stored == 1);
    CHECK(consumed->mails_accepted == 1);

    REQUIRE(world.store.objects.count("tickets/TB-LTDTNL-20251213-8D39986M/T-0001.pdf") == 1);
    const Object& object = world.store.objects.begin()->second;
    CHECK(object.bytes.starts_with("%PDF-"));
    CHECK(object.attributes.content_type == "application/pdf");
    CHECK(object.attributes.metadata == std::map<std::string, std::string>{{"ticketId", "T-0001"},
                                                                           {"orderCode", "TB-LTDTNL-20251213-8D39986M"},
                                                                           {"eventId", "EV-7"},
                                                                           {"generatedAt", "2025-11-21T08:00:00.000Z"}});
    REQUIRE(world.mail.accepted.size() == 1);
    const Mail& mail = world.mail.accepted.begin()->second;
    CHECK(mail.sender == "noreply@tickets.example");
    CHECK(mail.recipients == std::vector<std::string>{"lan@example.com"});
    CHECK(mail.idempotency_key.starts_with("ticket-"));
    const auto judged = test::judge(mail.message);
    CHECK(test::faults(judged) == "");
    CHECK(judged.shape == "mixed(alternative(text/plain,related(text/html,image/png)),application/pdf,text/calendar)");
    CHECK(judged.part("application/pdf").content == object.bytes);
    CHECK(judged.part("image/png").content == qr_png(std::string(qr_base) + "?code=fake-code-T-0001").value());
}

TEST_CASE("EventConsumer: a completed payment gives a confirmation and, for each whole ticket, a PDF and a mail") {
    World world;
    const auto consumed = world.consumer.handle(payment_body(), "", soon());
    REQUIRE_MESSAGE(consumed.has_value(), to_string(consumed.error()));
    CHECK(consumed->tickets_stored == 1);
    CHECK(consumed->mails_accepted == 2);
    CHECK(world.store.objects.count("tickets/TB-LTDTNL-20251213-8D39986M/T-1.pdf") == 1);
    CHECK(world.observer.counts["ticketbottle_tickets_total,result=stored"] == 1);
    CHECK(world.observer.counts["ticketbottle_mails_total,kind=confirmation,result=accepted"] == 1);
    CHECK(world.observer.counts["ticketbottle_mails_total,kind=ticket,result=accepted"] == 1);
}

TEST_CASE("EventConsumer: a pipe's envelope means the same event") {
    World plain;
    World piped;
    REQUIRE(plain.consumer.handle(payment_body(), "", soon()).has_value());
    const auto consumed =
        piped.consumer.handle(R"({"value":")" + crypto::base64(payment_body()) + R"("})", "PAYMENT_COMPLETED", soon());
    REQUIRE_MESSAGE(consumed.has_value(), to_string(consumed.error()));
    check_same_end(piped, plain);
}

TEST_CASE("EventConsumer: redelivery changes nothing and mails nobody twice") {
    World once;
    World thrice;
    REQUIRE(once.consumer.handle_payment(payment(), soon()).has_value());
    for (int i = 0; i < 3; ++i) {
        const auto consumed = thrice.consumer.handle_payment(payment(), soon());
        REQUIRE(consumed.has_value());
        CHECK(consumed->mails_accepted == (i == 0 ? 4u : 0u));
        CHECK(consumed->mails_repeated == (i == 0 ? 0u : 4u));
    }
    check_same_end(thrice, once);
}

TEST_CASE("EventConsumer: whichever step fails, the retry completes, loses nothing and mails nobody twice") {
    World happy;
    REQUIRE(happy.consumer.handle_payment(payment(), soon()).has_value());
    const int steps = happy.script.step;
    REQUIRE(steps == 7);  // a confirmation, and a put and a mail for each of three tickets
    for (const Fault fault : {Fault::not_done, Fault::unknown_not_done, Fault::unknown_done}) {
        for (int step = 0; step < steps; ++step) {
            CAPTURE(step);
            World world;
            world.script.fault_at = step;
            world.script.fault = fault;
            const auto first = world.consumer.handle_payment(payment(), soon());
            REQUIRE_FALSE(first.has_value());
            CHECK(consumer::disposition(first) == Disposition::retry);
            CHECK(world.script.step == step + 1);  // nothing is tried past a closed way
            const auto second = world.consumer.handle_payment(payment(), soon());
            REQUIRE(second.has_value());
            check_same_end(world, happy);
        }
    }
}

TEST_CASE("EventConsumer: a step that never works leaves the others their tickets and mails, and the event is dead") {
    World happy;
    REQUIRE(happy.consumer.handle_payment(payment(), soon()).has_value());
    for (int step = 0; step < happy.script.step; ++step) {
        CAPTURE(step);
        World world;
        world.script.fault_at = step;
        world.script.fault = Fault::refused;
        const auto result = world.consumer.handle_payment(payment(), soon());
        REQUIRE_FALSE(result.has_value());
        CHECK(consumer::disposition(result) == Disposition::dead);
        const bool put = step % 2 == 1;
        CHECK(world.store.objects.size() == (put ? 2u : 3u));
        CHECK(world.mail.accepted.size() == 3u);  // a ticket that was not stored is not mailed either
    }
}

TEST_CASE("EventConsumer: a bad ticket among good ones is told, and the good ones are served") {
    World world;
    PaymentEvent event = payment();
    event.tickets[1].ticket_id = "../../etc/passwd";
    const auto result = world.consumer.handle_payment(event, soon());
    REQUIRE_FALSE(result.has_value());
    CHECK(consumer::disposition(result) == Disposition::dead);
    CHECK(world.store.objects.size() == 2);
    for (const auto& [key, object] : world.store.objects) {
        CHECK(key.starts_with("tickets/TB-LTDTNL-20251213-8D39986M/T-"));
    }
}

TEST_CASE("EventConsumer: a transient error after a permanent one asks for a retry") {
    World world;
    PaymentEvent event = payment();
    event.tickets[0].ticket_id = "../x";
    world.script.fault_at = 1;
    world.script.fault = Fault::not_done;
    CHECK(consumer::disposition(world.consumer.handle_payment(event, soon())) == Disposition::retry);
}

TEST_CASE("EventConsumer: without an address the ticket is stored and no mail is tried") {
    World world;
    TicketIssued nameless = ticket();
    nameless.customer_email.clear();
    const auto consumed = world.consumer.handle_ticket(nameless, soon());
    REQUIRE(consumed.has_value());
    CHECK(consumed->tickets_stored == 1);
    CHECK(consumed->mails_skipped == 1);
    CHECK(world.mail.accepted.empty());
    CHECK(world.observer.counts["ticketbottle_mails_total,kind=ticket,result=skipped"] == 1);
}

TEST_CASE("EventConsumer: an address that is none keeps the ticket and dead-letters the event") {
    World world;
    TicketIssued bad = ticket();
    bad.customer_email = "lan@example.com\r\nBcc: x@y.example";
    const auto result = world.consumer.handle_ticket(bad, soon());
    CHECK(consumer::disposition(result) == Disposition::dead);
    CHECK(world.store.objects.size() == 1);
    CHECK(world.mail.accepted.empty());
}

TEST_CASE("EventConsumer: failed and cancelled payments are read and nothing is done") {
    for (const EventType type : {EventType::payment_failed, EventType::payment_cancelled}) {
        World world;
        PaymentEvent event = payment();
        event.type = type;
        const auto consumed = world.consumer.handle_payment(event, soon());
        REQUIRE(consumed.has_value());
        CHECK(consumed->type == type);
        CHECK(world.script.step == 0);
    }
}

TEST_CASE("EventConsumer: parts can be left out by the options") {
    consumer::ConsumerOptions options = consumer_options();
    options.confirmation = consumer::ConfirmationMail::leave_out;
    options.inline_qr = consumer::InlineQr::leave_out;
    World tickets_only(options);
    REQUIRE(tickets_only.consumer.handle_payment(payment(), soon()).has_value());
    CHECK(tickets_only.mail.accepted.size() == 3);
    for (const auto& [key, mail] : tickets_only.mail.accepted) {
        CHECK(mail.message.find("multipart/related") == std::string::npos);
    }
    options = consumer_options();
    options.embedded_tickets = consumer::EmbeddedTickets::leave_out;
    World mail_only(options);
    REQUIRE(mail_only.consumer.handle_payment(payment(), soon()).has_value());
    CHECK(mail_only.mail.accepted.size() == 1);
    CHECK(mail_only.store.objects.empty());
}

TEST_CASE("EventConsumer: a PDF over the attachment limit is linked to under its key") {
    consumer::ConsumerOptions options = consumer_options();
    options.link_base = "https://files.example/bucket/";
    World world(options, mails(100));
    REQUIRE(world.consumer.handle_ticket(ticket(), soon()).has_value());
    const auto judged = test::judge(world.mail.accepted.begin()->second.message);
    CHECK(judged.part("text/plain").content.find(
              "https://files.example/bucket/tickets/TB-LTDTNL-20251213-8D39986M/T-0001.pdf") != std::string::npos);
    World linkless(consumer_options(), mails(100));
    CHECK(consumer::disposition(linkless.consumer.handle_ticket(ticket(), soon())) == Disposition::dead);
    CHECK(linkless.store.objects.size() == 1);
}

TEST_CASE("EventConsumer: one bad record does not make the others retry") {
    World world;
    TicketIssued bad_id = ticket();
    bad_id.ticket_id = "a/b";
    const std::vector<consumer::Record> records = {
        {"1", to_payload(ticket("T-1")), "TICKET_ISSUED"},
        {"2", "not json", "TICKET_ISSUED"},
        {"3", "{}", "PAYMENT_REFUNDED"},
        {"4", to_payload(bad_id), "TICKET_ISSUED"},
        {"5", to_payload(ticket("T-5")), "TICKET_ISSUED"},
        {"6", to_payload(ticket("T-6")), "TICKET_ISSUED"},
        {"7", "", ""},
    };
    world.script.fault_at = 2;  // the put of record 5
    world.script.fault = Fault::not_done;
    const auto results = world.consumer.handle_batch(records, soon());
    REQUIRE(results.size() == records.size());
    CHECK(consumer::ids_with(results, Disposition::done) == std::vector<std::string>{"1", "6"});
    CHECK(consumer::ids_with(results, Disposition::retry) == std::vector<std::string>{"5"});
    CHECK(consumer::ids_with(results, Disposition::dead) == std::vector<std::string>{"2", "3", "4", "7"});
    CHECK(results[2].result.error().code == Errc::unsupported);
    CHECK(world.mail.accepted.size() == 2);
}

TEST_CASE("EventConsumer: past the deadline nothing is begun, and everything is to be retried") {
    World world;
    const Deadline past = Deadline::in(-1ms);
    CHECK(world.consumer.handle_payment(payment(), past).error().code == Errc::cancelled);
    const std::vector<consumer::Record> records = {{"1", payment_body(), ""}, {"2", payment_body(), ""}};
    const auto results = world.consumer.handle_batch(records, past);
    CHECK(consumer::ids_with(results, Disposition::retry) == std::vector<std::string>{"1", "2"});
    CHECK(world.script.step == 0);
}

TEST_CASE("EventConsumer: logs name orders and tickets, never people, addresses or codes") {
    World world;
    TicketIssued bad = ticket("T-bad");
    bad.customer_email = "lan@example.com,x@example.com";
    TicketIssued evil = ticket();
    evil.order_code = "lan@example.com";
    REQUIRE(world.consumer.handle_payment(payment(), soon()).has_value());
    CHECK_FALSE(world.consumer.handle_ticket(bad, soon()).has_value());
    CHECK_FALSE(world.consumer.handle_ticket(evil, soon()).has_value());
    CHECK_FALSE(world.consumer.handle(R"({"eventType":"TICKET_ISSUED","customer_email":"lan@example.com"})", "", soon()).has_value());
    CHECK(world.observer.lines.size() >= 10);
    for (const std::string& line : world.observer.lines) {
        CAPTURE(line);
        for (const std::string_view personal : {"example.com", "Nguyễn", "Lan", "fake-code"}) {
            CHECK(line.find(personal) == std::string::npos);
        }
    }
}

TEST_CASE("EventConsumer::create: bad settings are named") {
    test::Script script;
    test::ScriptedStore store{script};
    test::ScriptedMail mail{script};
    const auto detail = [&](const consumer::ConsumerOptions& options) {
        const auto made = EventConsumer::create(options, tickets(), mails(), store, mail, nullptr);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().code == Errc::invalid_argument);
        return std::string(made.error().detail_text());
    };
    consumer::ConsumerOptions bad = consumer_options();
    bad.qr_base_url = "ftp://x";
    CHECK(detail(bad).starts_with("qr_base_url:"));
    bad.inline_qr = consumer::InlineQr::leave_out;
    CHECK(EventConsumer::create(bad, tickets(), mails(), store, mail, nullptr).has_value());
    for (const std::string_view link : {"files", "https://a b", "https://a?x=1", "javascript:x"}) {
        bad = consumer_options();
        bad.link_base = link;
        CHECK(detail(bad).starts_with("link_base:"));
    }
}

TEST_CASE("disposition: every code has its consequence") {
    struct Row {
        Errc code;
        Disposition wanted;
    };
    for (const Row& row : {Row{Errc::invalid_argument, Disposition::dead}, Row{Errc::malformed, Disposition::dead},
                           Row{Errc::unauthentic, Disposition::dead}, Row{Errc::conflict, Disposition::dead},
                           Row{Errc::unavailable, Disposition::retry}, Row{Errc::outcome_unknown, Disposition::retry},
                           Row{Errc::cancelled, Disposition::retry}, Row{Errc::unsupported, Disposition::dead},
                           Row{Errc::internal, Disposition::dead}}) {
        CHECK(consumer::disposition(fail(row.code, "test.step")) == row.wanted);
    }
    CHECK(consumer::disposition(consumer::Consumed{}) == Disposition::done);
}
