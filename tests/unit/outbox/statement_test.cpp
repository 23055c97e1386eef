#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/outbox/message.hpp>
#include <ticketbottle/outbox/statement.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <map>

namespace ticketbottle::outbox {
namespace {

const TimePoint at = std::chrono::sys_days(std::chrono::year(2025) / 11 / 21) + std::chrono::hours(8) + std::chrono::milliseconds(7);

Event event() {
    return {"0a1b2c3d-0000-4000-8000-00000000000f", "pay-1", "Payment", "PAYMENT_COMPLETED", R"({"amount_cents":7200000})", at};
}

TEST_CASE("insert_statement: each dialect has its own placeholders, quotes and time") {
    struct Case {
        Dialect dialect;
        const char* text;
        const char* time;
    };
    for (const auto& [dialect, text, time] : {
             Case{Dialect::postgresql,
                  R"(INSERT INTO "outbox" ("id", "aggregateId", "aggregateType", "eventType", "payload", "createdAt") )"
                  R"(VALUES ($1, $2, $3, $4, $5::jsonb, $6::timestamp(3)))",
                  "2025-11-21 08:00:00.007"},
             Case{Dialect::mariadb,
                  "INSERT INTO `outbox` (`id`, `aggregateId`, `aggregateType`, `eventType`, `payload`, `createdAt`) "
                  "VALUES (?, ?, ?, ?, ?, ?)",
                  "2025-11-21 08:00:00.007"},
             Case{Dialect::sqlite,
                  R"(INSERT INTO "outbox" ("id", "aggregateId", "aggregateType", "eventType", "payload", "createdAt") )"
                  R"(VALUES (?1, ?2, ?3, ?4, ?5, CAST(?6 AS INTEGER)))",
                  "1763712000007"},
         }) {
        const auto statement = insert_statement(event(), dialect);
        REQUIRE(statement.has_value());
        CHECK(statement->text == text);
        CHECK(statement->id == event().id);
        CHECK(statement->parameters == std::vector<std::string>{event().id, "pay-1", "Payment", "PAYMENT_COMPLETED",
                                                                R"({"amount_cents":7200000})", time});
    }
}

TEST_CASE("insert_statement: a table may be schema-qualified, and nothing else gets into the text") {
    CHECK(insert_statement(event(), Dialect::postgresql, "app.Outbox_2")->text.starts_with(R"(INSERT INTO "app"."Outbox_2" ()"));
    CHECK(insert_statement(event(), Dialect::mariadb, "app.outbox")->text.starts_with("INSERT INTO `app`.`outbox` ("));
    const std::vector<std::string> bad = {"", ".", "a.", ".a", "a.b.c", "out box", "outbox\"", "o`x", "o;--", "1x", "oütbox",
                                          std::string("a\0b", 3), std::string(64, 'x')};
    for (const std::string& table : bad) {
        CAPTURE(table);
        for (const Dialect dialect : {Dialect::postgresql, Dialect::mariadb, Dialect::sqlite}) {
            const auto statement = insert_statement(event(), dialect, table);
            REQUIRE_FALSE(statement.has_value());
            CHECK(statement.error().code == Errc::invalid_argument);
        }
    }
}

TEST_CASE("insert_statement: an id is derived from aggregate and type, or taken in one spelling") {
    Event made = event();
    made.id = "";
    CHECK(insert_statement(made, Dialect::sqlite)->id == derived_uuid("pay-1", "PAYMENT_COMPLETED"));
    made.event_type = "PAYMENT_FAILED";
    CHECK(insert_statement(made, Dialect::sqlite)->id != derived_uuid("pay-1", "PAYMENT_COMPLETED"));
    made.id = "0A1B2C3D-0000-4000-8000-00000000000F";
    CHECK(insert_statement(made, Dialect::sqlite)->id == event().id);
}

TEST_CASE("insert_statement: what cannot be a row is refused, and the payload is not told") {
    struct Case {
        const char* named;
        std::function<void(Event&)> spoil;
    };
    const std::vector<Case> cases = {
        {"aggregate_id", [](Event& e) { e.aggregate_id.clear(); }},
        {"aggregate_id", [](Event& e) { e.aggregate_id = std::string("a\0b", 3); }},
        {"aggregate_id", [](Event& e) { e.aggregate_id = "\xff"; }},
        {"aggregate_id", [](Event& e) { e.aggregate_id.assign(256, 'x'); }},
        {"aggregate_type", [](Event& e) { e.aggregate_type.clear(); }},
        {"event_type", [](Event& e) { e.event_type.clear(); }},
        {"id", [](Event& e) { e.id = "not-a-uuid"; }},
        {"created_at", [](Event& e) { e.created_at = {}; }},
        {"created_at", [](Event& e) { e.created_at = std::chrono::sys_days(std::chrono::year(12000) / 1 / 1); }},
        {"traceparent", [](Event& e) { e.traceparent = "secret"; }},
        {"traceparent", [](Event& e) { e.traceparent = "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"; }},
        {"payload", [](Event& e) { e.payload.clear(); }},
        {"payload", [](Event& e) { e.payload = "{\"secret\":"; }},
        {"payload", [](Event& e) { e.payload = "{}secret"; }},
        {"payload", [](Event& e) { e.payload = "\"" + std::string(1024 * 1024, 's') + "\""; }},
        {"payload", [](Event& e) { e.payload = "\"\xff\""; }},
    };
    for (const Case& c : cases) {
        CAPTURE(c.named);
        Event spoiled = event();
        c.spoil(spoiled);
        const auto statement = insert_statement(spoiled, Dialect::mariadb);
        REQUIRE_FALSE(statement.has_value());
        CHECK(statement.error().code == Errc::invalid_argument);
        CHECK(statement.error().detail_text().starts_with(c.named));
        CHECK(statement.error().detail_text().find("secret") == std::string_view::npos);
    }
}

TEST_CASE("insert_statement: an escaped NUL is refused for jsonb, which has no place for it, and only there") {
    for (const char* payload : {R"("\u0000")", R"({"a":["x\u0000"]})", R"({"\u0000":1})"}) {
        Event odd = event();
        odd.payload = payload;
        CHECK_FALSE(insert_statement(odd, Dialect::postgresql).has_value());
        CHECK(insert_statement(odd, Dialect::sqlite).has_value());
    }
}

TEST_CASE("to_message: topic by type, key is the aggregate, every header is there") {
    const OutboxRow row{"id-1", "pay-1", "payment", "PAYMENT_CANCELLED", R"({"x":1})", at, 3};
    const auto message = to_message(row, {});
    REQUIRE(message.has_value());
    CHECK(message->topic == "payment.cancelled");
    CHECK(message->key == "pay-1");
    CHECK(message->value == R"({"x":1})");
    std::map<std::string, std::string> headers;
    for (const MessageHeader& header : message->headers) headers[header.name] = header.value;
    CHECK(headers.size() == message->headers.size());
    CHECK(headers == std::map<std::string, std::string>{{"eventType", "PAYMENT_CANCELLED"},
                                                        {"eventVersion", "1.0"},
                                                        {"source", "payment-service"},
                                                        {"correlationId", "pay-1"},
                                                        {"messageId", "id-1"},
                                                        {"eventId", "id-1"},
                                                        {"aggregateType", "payment"},
                                                        {"ce_specversion", "1.0"},
                                                        {"ce_id", "id-1"},
                                                        {"ce_source", "payment-service"},
                                                        {"ce_type", "PAYMENT_CANCELLED"},
                                                        {"ce_time", "2025-11-21T08:00:00.007Z"}});
}

TEST_CASE("insert_statement: a trace has its column, and only an event with one names it") {
    Event traced = event();
    traced.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const std::map<Dialect, std::pair<std::string, std::string>> ends{
        {Dialect::postgresql, {R"("createdAt", "traceparent") VALUES ()", "$6::timestamp(3), $7)"}},
        {Dialect::mariadb, {"`createdAt`, `traceparent`) VALUES (", "?, ?, ?, ?, ?, ?, ?)"}},
        {Dialect::sqlite, {R"("createdAt", "traceparent") VALUES ()", "CAST(?6 AS INTEGER), ?7)"}}};
    for (const auto& [dialect, texts] : ends) {
        const auto statement = insert_statement(traced, dialect);
        REQUIRE(statement.has_value());
        CHECK(statement->text.find(texts.first) != std::string::npos);
        CHECK(statement->text.ends_with(texts.second));
        REQUIRE(statement->parameters.size() == 7);
        CHECK(statement->parameters[6] == traced.traceparent);
        const auto plain = insert_statement(event(), dialect);
        REQUIRE(plain.has_value());
        CHECK(plain->text.find("traceparent") == std::string::npos);
        CHECK(plain->parameters.size() == 6);
    }
}

TEST_CASE("to_message: the row's trace is a header; what is none in the table is left out") {
    OutboxRow row{"id-1", "pay-1", "payment", "PAYMENT_CANCELLED", R"({"x":1})", at, 3};
    const auto trace_in = [&row](std::string text) -> std::optional<std::string> {
        row.traceparent = std::move(text);
        const auto message = to_message(row, {});
        REQUIRE(message.has_value());
        const auto& header = message->headers.back();
        return header.name == "traceparent" ? std::optional(header.value) : std::nullopt;
    };
    CHECK(trace_in("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01") == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    CHECK_FALSE(trace_in("").has_value());
    CHECK_FALSE(trace_in("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nx: y").has_value());
}

TEST_CASE("to_message: a renamed topic is used, an unknown type is an error that names it") {
    MessageOptions options;
    options.topics = {{"PAYMENT_FAILED", "shop.failed"}};
    options.source = "shop";
    const auto renamed = to_message({"i", "k", "Payment", "PAYMENT_FAILED", "{}", at, 0}, options);
    REQUIRE(renamed.has_value());
    CHECK(renamed->topic == "shop.failed");
    const auto unknown = to_message({"i", "k", "Payment", "PAYMENT_COMPLETED", "{}", at, 0}, options);
    REQUIRE_FALSE(unknown.has_value());
    CHECK(unknown.error().code == Errc::unsupported);
    CHECK(unknown.error().detail_text() == "unknown event type PAYMENT_COMPLETED");
}

}  // namespace
}  // namespace ticketbottle::outbox
