#include <ticketbottle/event/events.hpp>

#include "core/crypto.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

using namespace ticketbottle;

namespace {

const TimePoint when(std::chrono::milliseconds(1765612923456));  // 2025-12-13T08:02:03.456Z

PaymentEvent completed() {
    PaymentEvent event;
    event.payment_id = "p-1";
    event.order_code = "TB-1";
    event.amount = {7200000, Currency::vnd()};
    event.provider = "zalopay";
    event.transaction_id = "251213000000001";
    event.at = when;
    return event;
}

const std::string fixed =
    R"({"payment_id":"p-1","order_code":"TB-1","amount_cents":7200000,"currency":"VND","provider":"zalopay",)"
    R"("transaction_id":"251213000000001","completed_at":"2025-12-13T08:02:03.456Z")";

const std::string ticket_json =
    R"({"ticket_id":"T-1","order_code":"TB-1","event_id":"E-1","event_name":"Đêm nhạc","event_date":"2026-01-01T12:00:00.000Z",)"
    R"("event_venue":"Nhà hát","ticket_type":"VIP","seat_info":"A1","customer_name":"Ánh","customer_email":"a@b.example",)"
    R"("qr_code_data":"QR/1+2","issued_at":"2025-12-13T08:02:03.456Z"})";

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t place = text.find(from);
    REQUIRE(place != std::string::npos);
    return text.replace(place, from.size(), to);
}

std::string detail(const Error& error) { return std::string(error.detail_text()); }

}  // namespace

TEST_CASE("EventType: every name reads back, and only the exact spelling") {
    for (const EventType type :
         {EventType::payment_completed, EventType::payment_failed, EventType::payment_cancelled, EventType::ticket_issued}) {
        CHECK(parse_event_type(to_string(type)) == type);
    }
    for (const char* name : {"", "payment_completed", "PAYMENT_COMPLETED ", "PAYMENT_REFUNDED"}) CHECK_FALSE(parse_event_type(name));
}

TEST_CASE("to_payload: the fixed members stand in their order, with the time of their type") {
    PaymentEvent event = completed();
    CHECK(to_payload(event, "", {}).value() == fixed + "}");
    event.type = EventType::payment_failed;
    CHECK(to_payload(event, "", {}).value() == replaced(fixed, "completed_at", "failed_at") + "}");
    event.type = EventType::payment_cancelled;
    CHECK(to_payload(event, "", {}).value() == replaced(fixed, "completed_at", "cancelled_at") + "}");
}

TEST_CASE("to_payload: named members of the metadata pass through as they stand, the rest does not") {
    const std::string metadata =
        R"({"secret":1, "customer_name":"Nguyễn \"Ánh\"", "tickets":[ {"n": 1.50, "big":12345678901234567890} ], "event_name":null})";
    CHECK(to_payload(completed(), metadata, default_pass_through()).value() ==
          fixed + R"(,"customer_name":"Nguyễn \"Ánh\"","tickets":[{"n":1.50,"big":12345678901234567890}],"event_name":null})");
    CHECK(to_payload(completed(), metadata, {}).value() == fixed + "}");
    CHECK(to_payload(completed(), "{}", default_pass_through()).value() == fixed + "}");
}

TEST_CASE("to_payload: no member passes for a fixed one or for another type") {
    const std::string metadata =
        R"({"payment_id":"x","order_code":"x","amount_cents":1,"currency":"x","provider":"x","transaction_id":"x",)"
        R"("completed_at":"x","failed_at":"x","cancelled_at":"x","eventType":"TICKET_ISSUED","event_name":"kept"})";
    const std::vector<std::string> every{"payment_id",     "order_code",   "amount_cents", "currency",     "provider",  "event_name",
                                         "transaction_id", "completed_at", "failed_at",    "cancelled_at", "eventType"};
    CHECK(to_payload(completed(), metadata, every).value() == fixed + R"(,"event_name":"kept"})");
}

TEST_CASE("to_payload: metadata that is no object is malformed") {
    for (const char* metadata : {"[]", "1", "null", "{", R"({"a":1,"a":2})", "\"x\""}) {
        CAPTURE(metadata);
        const auto payload = to_payload(completed(), metadata, default_pass_through());
        REQUIRE_FALSE(payload.has_value());
        CHECK(payload.error().code == Errc::malformed);
    }
}

TEST_CASE("to_payload: text that is not UTF-8 is repaired, not refused: money does not wait for it") {
    PaymentEvent event = completed();
    event.transaction_id = "a\xff\xc3z\xe1\xba\xa0";
    const auto payload = to_payload(event, "", {});
    REQUIRE(payload.has_value());
    CHECK(payload->find("\"a\xef\xbf\xbd\xef\xbf\xbdz\xe1\xba\xa0\"") != std::string::npos);
    CHECK(parse_payment_event(EventType::payment_completed, *payload).has_value());
}

TEST_CASE("parse_payment_event: reads what to_payload writes") {
    const std::string metadata =
        R"({"customer_email":"a@b.example","customer_name":"Ánh","event_name":"Đêm","event_date":"2026-01-01T12:00:00Z"})";
    for (const EventType type : {EventType::payment_completed, EventType::payment_failed, EventType::payment_cancelled}) {
        PaymentEvent event = completed();
        event.type = type;
        const auto read = parse_payment_event(type, to_payload(event, metadata, default_pass_through()).value());
        REQUIRE(read.has_value());
        CHECK(read->type == type);
        CHECK(read->payment_id == event.payment_id);
        CHECK(read->order_code == event.order_code);
        CHECK(read->amount == event.amount);
        CHECK(read->provider == event.provider);
        CHECK(read->transaction_id == event.transaction_id);
        CHECK(read->at == event.at);
        CHECK(read->customer_email == "a@b.example");
        CHECK(read->customer_name == "Ánh");
        CHECK(read->event_name == "Đêm");
        CHECK(to_iso8601(read->event_date.value()) == "2026-01-01T12:00:00.000Z");
        CHECK(read->tickets.empty());
    }
}

TEST_CASE("parse_payment_event: a required member that is absent or of another type is named") {
    const std::string whole = fixed + "}";
    struct Case {
        const char *from, *to, *named;
    };
    for (const Case& c : {Case{R"("payment_id":"p-1")", R"("x":1)", "payment_id"}, Case{R"("p-1")", "1", "payment_id"},
                          Case{R"("p-1")", R"("")", "payment_id"}, Case{R"("TB-1")", "null", "order_code"},
                          Case{"7200000", R"("7200000")", "amount_cents"}, Case{"7200000", "7200000.0", "amount_cents"},
                          Case{"7200000", "1e6", "amount_cents"}, Case{"7200000", "9223372036854775808", "amount_cents"},
                          Case{"7200000", "-1", "amount_cents"}, Case{R"("VND")", R"("DONG")", "currency"},
                          Case{R"("zalopay")", "[]", "provider"}, Case{R"("251213000000001")", "251213000000001", "transaction_id"},
                          Case{"completed_at", "failed_at", "completed_at"}, Case{"2025-12-13T", "2025-13-13T", "completed_at"},
                          Case{R"("currency")", R"("customer_email":5,"currency")", "customer_email"}}) {
        CAPTURE(c.to);
        const auto read = parse_payment_event(EventType::payment_completed, replaced(whole, c.from, c.to));
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().code == Errc::malformed);
        CHECK(detail(read.error()).find(c.named) != std::string::npos);
    }
}

TEST_CASE("parse_payment_event: what is no JSON object, or too long, is malformed") {
    for (const std::string& body : {std::string(), std::string("x"), std::string("[]"), std::string("null"), fixed, fixed + "}}",
                                    fixed + R"(,"note":")" + std::string(event_bytes_max, 'x') + "\"}"}) {
        CHECK(parse_payment_event(EventType::payment_completed, body).error().code == Errc::malformed);
    }
    CHECK(parse_payment_event(EventType::ticket_issued, fixed + "}").error().code == Errc::invalid_argument);
}

TEST_CASE("parse_payment_event: only whole tickets are taken, and they fall back to the event's own members") {
    const std::string payload = fixed +
        R"(,"customer_name":"Ánh","customer_email":"a@b.example","event_name":"Đêm","event_id":"E-1","event_venue":"Nhà hát",)"
        R"("event_date":"2026-01-01T12:00:00Z","tickets":[)"
        R"({"ticket_id":"T-1","ticket_type":"VIP","qr_code_data":"Q1"},)"
        R"({"ticket_id":"T-2","ticket_type":"VIP","qr_code_data":"Q2","event_name":"Khác","seat_info":"B2","customer_name":"Bình",)"
        R"("customer_email":"b@b.example","event_date":"2026-02-01T12:00:00Z","event_id":"E-2","event_venue":"Sân"},)"
        R"({"ticket_id":"T-3","ticket_type":"VIP"},{"ticket_type":"VIP","qr_code_data":"Q"},{"ticket_id":"T-4","qr_code_data":"Q"},)"
        R"({"ticket_id":"T-5","ticket_type":"VIP","qr_code_data":"Q","event_date":"soon"},)"
        R"({"ticket_id":"T-6","ticket_type":"VIP","qr_code_data":5},"T-7",null]})";
    const auto read = parse_payment_event(EventType::payment_completed, payload);
    REQUIRE(read.has_value());
    REQUIRE(read->tickets.size() == 2);
    const TicketIssued& first = read->tickets[0];
    CHECK(first.ticket_id == "T-1");
    CHECK(first.order_code == "TB-1");
    CHECK(first.event_id == "E-1");
    CHECK(first.event_name == "Đêm");
    CHECK(first.event_venue == "Nhà hát");
    CHECK(first.customer_name == "Ánh");
    CHECK(first.customer_email == "a@b.example");
    CHECK(first.issued_at == when);
    CHECK(first.seat_info.empty());
    const TicketIssued& second = read->tickets[1];
    CHECK(second.event_name == "Khác");
    CHECK(second.event_id == "E-2");
    CHECK(second.customer_name == "Bình");
    CHECK(second.seat_info == "B2");
    CHECK(to_iso8601(second.event_date) == "2026-02-01T12:00:00.000Z");

    const auto dateless = parse_payment_event(
        EventType::payment_completed, replaced(payload, R"("event_date":"2026-01-01T12:00:00Z",)", ""));
    REQUIRE(dateless.has_value());
    CHECK(dateless->tickets.size() == 1);
}

TEST_CASE("parse_ticket_issued: reads a ticket and writes it back as it stood") {
    const auto ticket = parse_ticket_issued(ticket_json);
    REQUIRE(ticket.has_value());
    CHECK(ticket->qr_code_data == "QR/1+2");
    CHECK(to_payload(*ticket) == ticket_json);
    const auto seatless = parse_ticket_issued(replaced(ticket_json, R"("seat_info":"A1",)", ""));
    REQUIRE(seatless.has_value());
    CHECK(to_payload(*seatless) == replaced(ticket_json, R"("seat_info":"A1",)", ""));
    const auto mailless = parse_ticket_issued(replaced(ticket_json, R"("customer_email":"a@b.example",)", ""));
    REQUIRE(mailless.has_value());
    CHECK(mailless->customer_email.empty());
}

TEST_CASE("parse_ticket_issued: each required member is missed by name") {
    for (const char* name : {"ticket_id", "order_code", "event_id", "event_name", "event_date", "event_venue", "ticket_type",
                             "customer_name", "qr_code_data", "issued_at"}) {
        CAPTURE(name);
        const auto read = parse_ticket_issued(replaced(ticket_json, "\"" + std::string(name) + "\"", "\"other\""));
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().code == Errc::malformed);
        CHECK(detail(read.error()).find(name) != std::string::npos);
    }
}

TEST_CASE("open_event: the type is in the event, or beside it") {
    const std::string inside = fixed + R"(,"eventType":"PAYMENT_COMPLETED"})";
    const auto own = open_event(inside, "");
    REQUIRE(own.has_value());
    CHECK(own->type == EventType::payment_completed);
    CHECK(own->payload == inside);
    const auto beside = open_event(ticket_json, "TICKET_ISSUED");
    REQUIRE(beside.has_value());
    CHECK(beside->type == EventType::ticket_issued);
    CHECK(open_event(inside, "TICKET_ISSUED")->type == EventType::payment_completed);  // the event knows best
}

TEST_CASE("open_event: a pipe's envelope is opened, its value plain or base64") {
    const std::string inner = fixed + R"(,"eventType":"PAYMENT_COMPLETED"})";
    std::string plain = R"({"topic":"payment.completed","offset":5,"value":")";
    for (const char c : inner) plain += c == '"' ? std::string("\\\"") : std::string(1, c);
    plain += "\"}";
    const std::string encoded = R"({"value":")" + crypto::base64(inner) + R"("})";
    for (const std::string& body : {plain, encoded}) {
        const auto opened = open_event(body, "");
        REQUIRE_MESSAGE(opened.has_value(), detail(opened.error()));
        CHECK(opened->type == EventType::payment_completed);
        CHECK(opened->payload == inner);
    }
}

TEST_CASE("open_event: an envelope's type may stand in its Kafka headers, which are bytes") {
    const std::string value = R"("value":")" + crypto::base64(ticket_json) + "\"";
    const std::string name = "[84,73,67,75,69,84,95,73,83,83,85,69,68]";  // TICKET_ISSUED
    const auto opened = open_event("{" + value + R"(,"headers":[{"source":[120]},{"eventType":)" + name + "}]}", "");
    REQUIRE_MESSAGE(opened.has_value(), detail(opened.error()));
    CHECK(opened->type == EventType::ticket_issued);
    CHECK(opened->payload == ticket_json);
    CHECK(open_event("{" + value + R"(,"eventType":"TICKET_ISSUED"})", "")->type == EventType::ticket_issued);
    CHECK(open_event("{" + value + "}", "TICKET_ISSUED")->type == EventType::ticket_issued);
    for (const char* headers : {"{}", "[]", "[1]", R"([{"eventType":"TICKET_ISSUED"}])", R"([{"eventType":[340]}])", R"([{"eventType":[-172]}])"}) {
        CAPTURE(headers);
        CHECK(open_event("{" + value + ",\"headers\":" + headers + "}", "").error().code == Errc::malformed);
    }
}

TEST_CASE("open_event: nothing without a type, and nothing that is not JSON") {
    CHECK(open_event(fixed + "}", "").error().code == Errc::malformed);
    CHECK(open_event(fixed + R"(,"eventType":"PAYMENT_REFUNDED"})", "PAYMENT_COMPLETED").error().code == Errc::unsupported);
    CHECK(open_event(fixed + "}", "nonsense").error().code == Errc::unsupported);
    for (const char* body : {"", "x", "[]", R"({"value":"x"})", R"({"value":"{"})", R"({"value":"eA=="})", R"({"value":"e30"})",
                             R"({"value":5})", R"({"value":"[1]"})"}) {
        CAPTURE(body);
        CHECK(open_event(body, "PAYMENT_COMPLETED").has_value() == (std::string_view(body) == R"({"value":5})"));
    }
    const auto odd = open_event(fixed + R"(,"eventType":"<script>alert(1)</script>"})", "");
    CHECK(detail(odd.error()).find("script") == std::string::npos);
}
