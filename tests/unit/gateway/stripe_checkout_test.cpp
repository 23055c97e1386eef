#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <ticketbottle/gateway/stripe_checkout.hpp>
#include <vector>

#include "core/json.hpp"
#include "support/command.hpp"
#include "support/file_bytes.hpp"

using namespace ticketbottle;
using namespace std::chrono_literals;
namespace stripe = ticketbottle::stripe;

namespace {

const TimePoint now{std::chrono::seconds(1'763'712'000)};
constexpr const char* api_key = "sk_test_EXAMPLE_unit";

stripe::Config config() { return {.endpoint_secrets = {}, .mode = stripe::Mode::test, .api_key = Secret(api_key)}; }

stripe::CheckoutSessionRequest request() {
    return {.order_id = "17",
            .event_id = "7",
            .ticket_id = "3",
            .product_name = "Standing",
            .product_description = "Two evenings",
            .unit_amount = 2450,
            .currency = Currency::parse("EUR").value(),
            .quantity = 2,
            .customer_email = "payer@example.com",
            .success_url = "https://shop.example/thanks?session={CHECKOUT_SESSION_ID}",
            .cancel_url = "https://shop.example/cart",
            .expires_at = now + 45min,
            .idempotency_key = "order-17-try-1"};
}

using Change = std::function<void(stripe::CheckoutSessionRequest&)>;

Result<OutgoingRequest> made(const Change& change, const stripe::Config& with = config()) {
    auto changed = request();
    change(changed);
    return stripe::create_checkout_session(changed, with, now);
}

std::string fault(const Change& change, const stripe::Config& with = config()) {
    const auto refused = made(change, with);
    return refused.has_value() ? "accepted" : to_string(refused.error());
}

std::string header(const OutgoingRequest& sent, std::string_view name) {
    const auto found = std::ranges::find(sent.headers, name, &Header::name);
    return found == sent.headers.end() ? "" : found->value;
}

/// What Python's parser makes of a form's body, strictly read.
std::map<std::string, std::string> judged(const std::string& body) {
    const auto judge =
        test::run({"python3", "-c",
                   "import sys,json,urllib.parse as u\n"
                   "pairs=u.parse_qsl(sys.stdin.read(),keep_blank_values=True,strict_parsing=True,errors='strict')\n"
                   "assert len(pairs)==len(dict(pairs))\n"
                   "print(json.dumps(dict(pairs)))"},
                  body);
    REQUIRE_MESSAGE(judge.exit_code == 0, judge.err);
    const auto document = json::parse(judge.out);
    REQUIRE(document.has_value());
    std::map<std::string, std::string> fields;
    for (const json::Value member : document->root()) fields[std::string(member.key())] = std::string(member.text());
    return fields;
}

bool has_word(json::Value list, std::string_view word) {
    for (const json::Value entry : list) {
        if (entry.text() == word) return true;
    }
    return false;
}

/// Is `value` of the type that a parameter's entry in the vector file names?
bool fits(json::Value entry, const std::string& value) {
    const std::string_view type = entry["type"].text();
    const auto all_in = [&](char least, char most) {
        return !value.empty() && std::ranges::all_of(value, [&](char c) { return c >= least && c <= most; });
    };
    if (type == "enum") return has_word(entry["values"], value);
    if (type == "boolean") return value == "true" || value == "false";
    if (type == "integer") return all_in('0', '9');
    if (type == "unix_seconds") return all_in('0', '9') && value.size() == 10;
    if (type == "currency") return all_in('a', 'z') && value.size() == 3;
    if (type == "url") return value.starts_with("https://");
    return type == "string" &&
           value.size() <= static_cast<std::size_t>(entry["chars_max"].as_int64().value_or(INT32_MAX));
}

json::Document vector_file(std::string& bytes) {
    bytes = test::read_file(std::string(TKB_SOURCE_DIR) + "/tests/vectors/stripe_checkout_parameters.json");
    auto document = json::parse(bytes);
    REQUIRE(document.has_value());
    return std::move(*document);
}

std::map<std::string, std::string> session_members() {
    return {{"id", R"("cs_test_a1EXAMPLE")"},
            {"object", R"("checkout.session")"},
            {"livemode", "false"},
            {"expires_at", "1763714700"},
            {"status", R"("open")"},
            {"payment_status", R"("unpaid")"},
            {"url", R"("https://checkout.stripe.com/c/pay/cs_test_a1EXAMPLE#fid")"},
            {"amount_total", "4900"},
            {"currency", R"("eur")"},
            {"client_reference_id", R"("17")"},
            {"metadata", R"({"order_id":"17"})"}};
}

std::string object(const std::map<std::string, std::string>& members) {
    std::string text;
    for (const auto& [name, value] : members) text += (text.empty() ? "{\"" : ",\"") + name + "\":" + value;
    return text + "}";
}

std::string session_with(const std::string& name, const std::string& value) {
    auto members = session_members();
    members[name] = value;
    return object(members);
}

Result<stripe::CheckoutSession> created(const std::string& body, int status = 200) {
    return stripe::parse_created_session({status, body}, request(), config());
}
Result<stripe::CheckoutSession> parsed(const std::string& body, int status = 200) {
    return stripe::parse_checkout_session({status, body}, config());
}

std::string error_body(const std::string& members) {
    return R"({"error":{"message":"about payer@example.com",)" + members + "}}";
}

}  // namespace

TEST_CASE("StripeCheckout: a request is what Stripe documents, read back by Python") {
    const auto sent = stripe::create_checkout_session(request(), config(), now).value();
    CHECK(sent.method == "POST");
    CHECK(sent.url == "https://api.stripe.com/v1/checkout/sessions");
    CHECK(header(sent, "Authorization") == "Bearer " + std::string(api_key));
    CHECK(header(sent, "Idempotency-Key") == "order-17-try-1");
    CHECK(header(sent, "Stripe-Version") == "2024-11-20.acacia");
    CHECK(header(sent, "Content-Type") == "application/x-www-form-urlencoded");
    const std::map<std::string, std::string> expected{
        {"mode", "payment"},
        {"payment_method_types[0]", "card"},
        {"adaptive_pricing[enabled]", "false"},
        {"client_reference_id", "17"},
        {"customer_email", "payer@example.com"},
        {"success_url", "https://shop.example/thanks?session={CHECKOUT_SESSION_ID}"},
        {"cancel_url", "https://shop.example/cart"},
        {"expires_at", "1763714700"},
        {"line_items[0][price_data][currency]", "eur"},
        {"line_items[0][price_data][unit_amount]", "2450"},
        {"line_items[0][price_data][product_data][name]", "Standing"},
        {"line_items[0][price_data][product_data][description]", "Two evenings"},
        {"line_items[0][quantity]", "2"},
        {"metadata[order_id]", "17"},
        {"metadata[event_id]", "7"},
        {"metadata[ticket_id]", "3"},
        {"payment_intent_data[metadata][order_id]", "17"},
    };
    CHECK(judged(sent.body) == expected);
    CHECK(sent.body.find(api_key) == std::string::npos);
}

TEST_CASE("StripeCheckout: what is left empty is not sent, and a free order has no payment intent") {
    const auto fields = judged(made([](auto& r) {
                                   r.event_id = r.ticket_id = r.product_description = r.customer_email = r.cancel_url =
                                       "";
                                   r.unit_amount = 0;
                               })
                                   .value()
                                   .body);
    CHECK(fields.size() == 11);
    CHECK(fields.at("line_items[0][price_data][unit_amount]") == "0");
    CHECK_FALSE(fields.contains("customer_email"));
    CHECK_FALSE(fields.contains("payment_intent_data[metadata][order_id]"));
}

TEST_CASE("StripeCheckout: no value can end itself and begin a parameter") {
    for (const std::string name : {"a&b=c[d]", "50% + 10 = 60; \"quoted\"", "\xF0\x9F\x8E\xAB vé vào cửa",
                                   "mode=setup&line_items[0][quantity]=9", "%41+%zz", "\xE2\x80\xA8"}) {
        CAPTURE(name);
        const auto sent = made([&](auto& r) {
            r.product_name = r.order_id = r.event_id = name;
            r.customer_email = name;
        });
        const auto fields = judged(sent.value().body);
        CHECK(fields.size() == 17);
        CHECK(fields.at("line_items[0][price_data][product_data][name]") == name);
        CHECK(fields.at("metadata[order_id]") == name);
        CHECK(fields.at("line_items[0][quantity]") == "2");
        CHECK(fields.at("mode") == "payment");
    }
}

TEST_CASE("StripeCheckout: control characters and broken UTF-8 are refused in every text") {
    using Member = std::string stripe::CheckoutSessionRequest::*;
    using Request = stripe::CheckoutSessionRequest;
    const std::map<std::string, Member> texts{{"order_id", &Request::order_id},
                                              {"event_id", &Request::event_id},
                                              {"ticket_id", &Request::ticket_id},
                                              {"product_name", &Request::product_name},
                                              {"product_description", &Request::product_description},
                                              {"customer_email", &Request::customer_email}};
    const std::vector<std::string> bad{std::string("a\0b", 3), "a\r\nb", "a\nb", "\x7f", "\xC2\x85", "\xff", "\xC0\xAF",
                                       "\xED\xA0\x80",         "a\tb"};
    for (const auto& [name, member] : texts) {
        for (const std::string& text : bad) {
            const std::string told = fault([&, member = member](auto& r) { r.*member = text; });
            CHECK_MESSAGE(told.starts_with("stripe.create_checkout_session: invalid_argument: " + name + ": "), told);
        }
    }
    for (const std::string& text : bad) {
        for (const Member member : {&Request::success_url, &Request::cancel_url, &Request::idempotency_key}) {
            CHECK(fault([&](auto& r) { r.*member = "https://shop.example/" + text; }).find("invalid_argument") !=
                  std::string::npos);
        }
    }
}

TEST_CASE("StripeCheckout: every limit holds at its last good value and not one further") {
    const auto text = [](std::size_t chars, const std::string& one = "\xC3\xA9") {
        std::string out;
        for (std::size_t i = 0; i < chars; ++i) out += one;
        return out;
    };
    const std::vector<std::tuple<std::string, Change, Change>> limits{
        {"product_name", [&](auto& r) { r.product_name = text(250); }, [&](auto& r) { r.product_name = text(251); }},
        {"product_name", [&](auto& r) { r.product_name = "x"; }, [&](auto& r) { r.product_name = ""; }},
        {"product_description", [&](auto& r) { r.product_description = text(1000); },
         [&](auto& r) { r.product_description = text(1001); }},
        {"order_id", [&](auto& r) { r.order_id = text(100); }, [&](auto& r) { r.order_id = text(100) + "x"; }},
        {"order_id", [&](auto& r) { r.order_id = "0"; }, [&](auto& r) { r.order_id = ""; }},
        {"event_id", [&](auto& r) { r.event_id = text(500); }, [&](auto& r) { r.event_id = text(501); }},
        {"ticket_id", [&](auto& r) { r.ticket_id = text(500); }, [&](auto& r) { r.ticket_id = text(501); }},
        {"customer_email", [&](auto& r) { r.customer_email = text(254, "e"); },
         [&](auto& r) { r.customer_email = text(255, "e"); }},
        {"unit_amount", [](auto& r) { r.unit_amount = 99'999'999, r.quantity = 1; },
         [](auto& r) { r.unit_amount = 100'000'000, r.quantity = 1; }},
        {"unit_amount", [](auto& r) { r.unit_amount = 0; }, [](auto& r) { r.unit_amount = -1; }},
        {"unit_amount", [](auto& r) { r.unit_amount = 99, r.quantity = 999'999; },
         [](auto& r) { r.unit_amount = 50'000'000; }},
        {"unit_amount", [](auto& r) { r.unit_amount = 0; },
         [](auto& r) { r.unit_amount = INT64_MAX, r.quantity = UINT32_MAX; }},
        {"quantity", [](auto& r) { r.quantity = 1; }, [](auto& r) { r.quantity = 0; }},
        {"quantity", [](auto& r) { r.quantity = 999'999, r.unit_amount = 1; },
         [](auto& r) { r.quantity = 1'000'000, r.unit_amount = 1; }},
        {"expires_at", [](auto& r) { r.expires_at = now + 30min; }, [](auto& r) { r.expires_at = now + 30min - 1ms; }},
        {"expires_at", [](auto& r) { r.expires_at = now + 24h + 999ms; },
         [](auto& r) { r.expires_at = now + 24h + 1s; }},
        {"success_url", [&](auto& r) { r.success_url = "https://x/" + text(4990, "a"); },
         [&](auto& r) { r.success_url = "https://x/" + text(4991, "a"); }},
        {"idempotency_key", [&](auto& r) { r.idempotency_key = text(255, "k"); },
         [&](auto& r) { r.idempotency_key = text(256, "k"); }},
        {"idempotency_key", [&](auto& r) { r.idempotency_key = "k"; }, [&](auto& r) { r.idempotency_key = ""; }},
        {"cancel_url", [&](auto& r) { r.cancel_url = ""; }, [&](auto& r) { r.cancel_url = "shop.example"; }},
    };
    for (const auto& [name, good, bad] : limits) {
        CAPTURE(name);
        CHECK(fault(good) == "accepted");
        const std::string told = fault(bad);
        CHECK_MESSAGE(told.starts_with("stripe.create_checkout_session: invalid_argument: " + name + ": "), told);
    }
}

TEST_CASE("StripeCheckout: a customer returns over TLS, or in test mode to this machine") {
    auto live = config();
    live.mode = stripe::Mode::live;
    auto any = config();
    any.mode.reset();
    const auto takes = [](const std::string& url, const stripe::Config& with) {
        return fault([&](auto& r) { r.success_url = url; }, with) == "accepted";
    };
    for (const char* local :
         {"http://localhost:3000/x", "http://127.0.0.1/x", "http://[::1]:8080", "http://localhost"}) {
        CHECK(takes(local, config()));
        CHECK(takes(local, any));
        CHECK_FALSE(takes(local, live));
    }
    CHECK(takes("https://shop.example", live));
    for (const char* bad :
         {"", "http://shop.example/", "http://localhost.shop.example/", "javascript:alert(1)", "https://", "https:///x",
          "//shop.example", "HTTPS ://x", "https://sh op.example", "http://127.0.0.1.shop.example"})
        CHECK_FALSE(takes(bad, any));
}

TEST_CASE("StripeCheckout: currencies that Stripe counts otherwise than ISO 4217 are unsupported") {
    const auto told = [](const char* code, std::int64_t amount = 500) {
        return fault([&](auto& r) { r.currency = Currency::parse(code).value(), r.unit_amount = amount; });
    };
    for (const char* good : {"EUR", "VND", "USD", "JPY", "CHF", "KWD"}) CHECK(told(good) == "accepted");
    for (const char* bad : {"ISK", "MGA", "UGX", "CLF", "UYW", "XXX"})
        CHECK(told(bad).find(": unsupported: currency: ") != std::string::npos);
    CHECK(told("KWD", 5125).find("invalid_argument: unit_amount") != std::string::npos);
}

TEST_CASE("StripeCheckout: without a key or an address nothing is built, and an id that is no session's neither") {
    auto keyless = config();
    keyless.api_key = Secret();
    auto broken = config();
    broken.api_key = Secret("sk_test_EXAMPLE\r\nX: y");
    auto homeless = config();
    homeless.api_base = "";
    for (const auto& bad : {keyless, broken, homeless}) {
        CHECK(fault([](auto&) {}, bad).find("invalid_argument: api_") != std::string::npos);
        CHECK(stripe::expire_checkout_session("cs_test_a", "k", bad).error().code == Errc::invalid_argument);
        CHECK(stripe::retrieve_checkout_session("cs_test_a", bad).error().code == Errc::invalid_argument);
    }
    for (const std::string id : {"", "pi_1", "cs_/../x", "cs_a?b", "cs_a b", "cs_\xC3\xA9"}) {
        CHECK(stripe::expire_checkout_session(id, "k", config()).error().code == Errc::invalid_argument);
        CHECK(stripe::retrieve_checkout_session(id, config()).error().code == Errc::invalid_argument);
    }
    const auto expire = stripe::expire_checkout_session("cs_test_a1", "k1", config()).value();
    CHECK(expire.method + " " + expire.url + expire.body ==
          "POST https://api.stripe.com/v1/checkout/sessions/cs_test_a1/expire");
    CHECK(header(expire, "Idempotency-Key") == "k1");
    const auto retrieve = stripe::retrieve_checkout_session("cs_test_a1", config()).value();
    CHECK(retrieve.method + " " + retrieve.url == "GET https://api.stripe.com/v1/checkout/sessions/cs_test_a1");
    CHECK(header(retrieve, "Authorization") == "Bearer " + std::string(api_key));
}

TEST_CASE("StripeCheckout: every parameter sent is one of Stripe's, of its type, and none that is needed is missing") {
    std::string bytes;
    const auto document = vector_file(bytes);
    CHECK(document.root()["api_version"].text() == stripe::api_version);
    const auto fields = judged(stripe::create_checkout_session(request(), config(), now).value().body);
    std::size_t known = 0;
    for (const json::Value entry : document.root()["sent"]) {
        const auto sent = fields.find(std::string(entry["path"].text()));
        REQUIRE_MESSAGE(sent != fields.end(), "not sent: ", entry["path"].text());
        ++known;
        const std::string& value = sent->second;
        CHECK_MESSAGE(fits(entry, value), sent->first, "=", value);
    }
    CHECK(known == fields.size());
    const auto least = judged(
        made([](auto& r) { r.event_id = r.ticket_id = r.product_description = r.customer_email = r.cancel_url = ""; })
            .value()
            .body);
    for (const json::Value entry : document.root()["sent"]) {
        if (entry["needed"].as_bool().value()) CHECK(least.contains(std::string(entry["path"].text())));
    }
}

TEST_CASE("StripeCheckout: an answer gives id, url, end, state and amount") {
    const auto session = created(object(session_members())).value();
    CHECK(session.id == "cs_test_a1EXAMPLE");
    CHECK(session.url == "https://checkout.stripe.com/c/pay/cs_test_a1EXAMPLE#fid");
    CHECK(session.expires_at == TimePoint(1'763'714'700s));
    CHECK(session.status == stripe::SessionStatus::open);
    CHECK(session.payment_status == stripe::SessionPayment::unpaid);
    CHECK(session.order_id == "17");
    CHECK(session.amount == Money{4900, Currency::parse("EUR").value()});
    auto closed = session_members();
    closed["status"] = R"("complete")";
    closed["payment_status"] = R"("no_payment_required")";
    const auto complete = parsed(object(closed)).value();
    CHECK(to_string(complete.status) == "complete");
    CHECK(to_string(complete.payment_status) == "no_payment_required");
    CHECK(complete.url.empty());
}

TEST_CASE("StripeCheckout: members are read as Stripe types them, and a wrong type is never taken for an answer") {
    std::string bytes;
    const auto document = vector_file(bytes);
    const std::vector<std::pair<std::string, std::string>> kinds{{"string", R"("cs_test_x")"},
                                                                 {"integer", "5"},
                                                                 {"boolean", "true"},
                                                                 {"object", "{}"},
                                                                 {"array", "[]"},
                                                                 {"null", "null"},
                                                                 {"fraction", "1.5"}};
    std::size_t read = 0;
    for (const json::Value entry : document.root()["read"]) {
        const std::string member(entry["member"].text());
        const std::string type(entry["type"].text());
        CAPTURE(member);
        REQUIRE(session_members().contains(member));
        ++read;
        const bool may_lack = entry["nullable"].as_bool().value() && !entry["demanded"].as_bool().value_or(false);
        auto without = session_members();
        without.erase(member);
        CHECK(parsed(object(without)).has_value() == may_lack);
        for (const auto& [kind, value] : kinds) {
            CAPTURE(kind);
            if (kind == type) continue;
            const auto session = parsed(session_with(member, value));
            // With metadata.order_id there, client_reference_id is not looked at.
            const bool unread = member == "client_reference_id";
            CHECK(session.has_value() == ((kind == "null" && may_lack) || unread));
            if (!session.has_value()) CHECK(session.error().code == Errc::outcome_unknown);
        }
        for (const json::Value word : entry["values"]) {
            const auto session = parsed(session_with(member, "\"" + std::string(word.text()) + "\""));
            CHECK(session.has_value());
        }
        if (entry["values"]) CHECK_FALSE(parsed(session_with(member, R"("another")")).has_value());
    }
    CHECK(read ==
          session_members().size());  // and nothing else is needed: the sessions of these tests have no other member
}

TEST_CASE("StripeCheckout: an answer that lies is no session") {
    const std::vector<std::pair<std::string, std::string>> lies{
        {"id", R"("pi_1")"},
        {"id", R"("cs_../../x")"},
        {"id", "\"cs_" + std::string(300, 'a') + "\""},
        {"livemode", "true"},
        {"url", R"("http://checkout.stripe.com/")"},
        {"url", "\"javascript:alert(1)\""},
        {"url", R"("https://")"},
        {"url", R"("https://x/\r\nSet-Cookie: a")"},
        {"url", "\"https://x/" + std::string(5000, 'a') + "\""},
        {"expires_at", "-1"},
        {"expires_at", "0"},
        {"expires_at", "253402300800"},
        {"expires_at", "99999999999999999999"},
        {"amount_total", "-1"},
        {"metadata", R"({"order_id":"1\u00007"})"},
    };
    for (const auto& [member, value] : lies) {
        CAPTURE(member);
        CAPTURE(value);
        CHECK(parsed(session_with(member, value)).error().code == Errc::outcome_unknown);
    }
    // True sessions, but not the one that was asked for.
    for (const auto& [member, value] :
         std::vector<std::pair<std::string, std::string>>{{"metadata", R"({"order_id":"18"})"},
                                                          {"amount_total", "4901"},
                                                          {"currency", R"("usd")"},
                                                          {"status", R"("expired")"},
                                                          {"url", "null"}}) {
        CAPTURE(member);
        CAPTURE(value);
        CHECK(parsed(session_with(member, value)).has_value());
        CHECK(created(session_with(member, value)).error().code == Errc::outcome_unknown);
    }
    auto referred = session_members();
    referred["metadata"] = "{}";
    CHECK(created(object(referred)).has_value());
    referred["client_reference_id"] = "17";
    CHECK(parsed(object(referred)).error().code == Errc::outcome_unknown);
    for (const std::string body :
         {"", "{}", "[]", "null", "<html>", "{\"id\":\"cs_a\"", R"({"id":"cs_a","id":"cs_b"})", "\xff"})
        CHECK(created(body).error().code == Errc::outcome_unknown);
    auto large = session_members();
    large["note"] = "\"" + std::string(query_answer_bytes_max, 'a') + "\"";
    CHECK(created(object(large)).error().code == Errc::outcome_unknown);
}

TEST_CASE("StripeCheckout: a refusal says what to do next, in Stripe's words but never in a sentence of its") {
    struct Row {
        int status;
        std::string members;
        Errc code;
    };
    const std::vector<Row> rows{
        {400, R"("type":"invalid_request_error","code":"email_invalid","param":"customer_email")",
         Errc::invalid_argument},
        {402, R"("type":"card_error","code":"card_declined")", Errc::invalid_argument},
        {404, R"("type":"invalid_request_error","code":"resource_missing","param":"session")", Errc::invalid_argument},
        {401, R"("type":"invalid_request_error")", Errc::invalid_argument},
        {403, R"("type":"invalid_request_error")", Errc::invalid_argument},
        {400, R"("type":"idempotency_error")", Errc::conflict},
        {409, R"("type":"idempotency_error")", Errc::conflict},
        {409, R"("type":"invalid_request_error","code":"idempotency_key_in_use")", Errc::outcome_unknown},
        {409, R"("type":"invalid_request_error","code":"lock_timeout")", Errc::unavailable},
        {429, R"("type":"invalid_request_error","code":"lock_timeout")", Errc::unavailable},
        {429, R"("type":"invalid_request_error","code":"rate_limit")", Errc::unavailable},
        {424, R"("type":"api_error")", Errc::unavailable},
        {500, R"("type":"api_error")", Errc::outcome_unknown},
        {503, R"("type":"api_error")", Errc::outcome_unknown},
        {408, R"("type":"api_error")", Errc::outcome_unknown},
        {302, R"("type":"api_error")", Errc::outcome_unknown},
        {202, R"("type":"api_error")", Errc::outcome_unknown},
    };
    for (const Row& row : rows) {
        CAPTURE(row.status);
        CAPTURE(row.members);
        const Error error = created(error_body(row.members), row.status).error();
        CHECK(error.code == row.code);
        CHECK(error.detail_text().starts_with("HTTP " + std::to_string(row.status)));
        CHECK(to_string(error).find("payer@") == std::string::npos);
        CHECK(to_string(error).find(api_key) == std::string::npos);
    }
    CHECK(to_string(created(error_body(rows[0].members), 400).error()) ==
          "stripe.checkout_session: invalid_argument: HTTP 400, type invalid_request_error, code email_invalid, param "
          "customer_email");
    // Words that are none of Stripe's are not repeated, and a page that some proxy made is no refusal of Stripe's.
    CHECK(
        to_string(created(error_body(R"("type":"invalid_request_error","code":"payer@example.com","param":"a b")"), 400)
                      .error()) == "stripe.checkout_session: invalid_argument: HTTP 400, type invalid_request_error");
    for (const std::string page : {"<html>Bad Request</html>", "", R"({"error":"payer"})", R"({"error":{"type":7}})"})
        CHECK(created(page, 400).error().code == Errc::outcome_unknown);
    CHECK(created("<html>", 429).error().code == Errc::unavailable);
    CHECK(created("<html>", 401).error().code == Errc::invalid_argument);
}
