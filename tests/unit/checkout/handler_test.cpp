#include <ticketbottle/checkout/handler.hpp>

#include "core/json.hpp"
#include "support/recording_observer.hpp"
#include "support/scripted_desk.hpp"
#include "support/scripted_payment_store.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ticketbottle;
using namespace ticketbottle::checkout;
using namespace std::chrono_literals;
using test::Fault;

namespace {

constexpr const char* shop = "https://shop.example";
constexpr const char* token = "EXAMPLE-door-token-1";
constexpr const char* buyer = "buyer@secret.example";

class StandingClock final : public Clock {
public:
    TimePoint now() const override { return TimePoint(1765612800000ms); }
};

CheckoutOptions options() {
    CheckoutOptions options;
    options.origins = {shop, "http://localhost:5173"};
    options.check_in_token = Secret(token);
    options.cleanup_timeout = 2s;
    return options;
}

struct World {
    explicit World(const CheckoutOptions& chosen = options())
        : handler(CheckoutHandler::make(desk, store, pages.calls(), clock, chosen, observer).value()) {}

    test::Faults faults;
    test::ScriptedDesk desk{faults};
    test::ScriptedPages pages{faults};
    test::ScriptedPaymentStore store;
    StandingClock clock;
    test::RecordingObserver observer;
    std::unique_ptr<CheckoutHandler> handler;

    Answer buy(const std::string& body = R"({"email":"buyer@secret.example"})", std::vector<Header> headers = {{"Origin", shop}},
               const std::string& path = "/events/7/tickets/3/checkout", const std::string& method = "POST") {
        return handler->handle({method, path, "", std::move(headers), body}, caller, Deadline::in(20s));
    }
    Answer validate(const std::string& body = R"({"validated":true})", const std::string& authorization = std::string("Bearer ") + token,
                    const std::string& method = "PATCH") {
        std::vector<Header> headers{{"Origin", shop}};
        if (!authorization.empty()) headers.push_back({"Authorization", authorization});
        return handler->handle({method, "/Prod/events/7/ticket-orders/17/validate", "", headers, body}, caller, Deadline::in(20s));
    }
    Caller caller;
};

std::string header(const Answer& answer, std::string_view name) {
    for (const Header& h : answer.headers)
        if (h.name == name) return h.value;
    return "";
}

/// One member of the body, as JSON text.
std::string member(const Answer& answer, std::string_view name) {
    const auto document = json::parse(answer.reply.body);
    REQUIRE(document.has_value());
    std::string text;
    if (const json::Value value = document->root()[name]) json::write(value, text);
    return text;
}

std::string reason(const Answer& answer) { return member(answer, "reason"); }

/// Whatever happened: a buyer who was given a page can pay on it, and its order knows it; one who was not can pay nowhere that matters.
void check_whole(World& world, const Answer& answer) {
    if (answer.reply.http_status == 200) {
        REQUIRE(world.desk.orders.size() == 1);
        const auto& order = world.desk.orders.begin()->second;
        CHECK(order.status == "pending");
        CHECK("\"" + order.session + "\"" == member(answer, "session_id"));
        CHECK(world.pages.open.at(order.session));
        return;
    }
    CHECK(answer.reply.http_status >= 500);
    CHECK(answer.reply.body.find("http") == std::string::npos);  // no page's address
    CHECK_FALSE(reason(answer).empty());
    for (const auto& [id, order] : world.desk.orders) CHECK(order.status != "paid");
}

std::string everything_told(const World& world) {
    std::string text;
    for (const char* event : {"checkout.opened", "checkout.failed", "checkout.free", "checkout.release_failed", "checkout.page_left_open", "payment.applied",
                              "check_in.unauthorised", "check_in.failed"})
        for (const auto& record : world.observer.records(event))
            for (const auto& [name, value] : record.fields) text += name + "=" + value + "\n";
    return text;
}

}  // namespace

TEST_CASE("Checkout: a buyer is sent to a page for the order that was reserved") {
    World world;
    world.desk.offer.price = {1999, 300, 1699, 3398, true};
    world.caller.cognito_sub = "sub-1";
    const Answer answer = world.buy(R"({"quantity":2,"email":"buyer@secret.example","discount_code":"summer 2024","more":[1]})");
    CHECK(answer.reply.http_status == 200);
    CHECK(answer.reply.content_type == "application/json; charset=utf-8");
    CHECK(answer.reply.body ==
          R"({"success":true,"checkout_url":"https://checkout.stripe.example/c/cs_test_17","session_id":"cs_test_17","discount_code_applied":true})");
    CHECK(header(answer, "Access-Control-Allow-Origin") == shop);
    CHECK(header(answer, "Vary") == "Origin");
    check_whole(world, answer);

    CHECK(world.desk.asked.event == EventId{7});
    CHECK(world.desk.asked.ticket == TicketId{3});
    CHECK(world.desk.asked.quantity == 2);
    CHECK(world.desk.asked.email == buyer);
    CHECK(world.desk.asked.code == "SUMMER 2024");
    CHECK(world.desk.asked.cognito_sub == "sub-1");
    CHECK(world.desk.asked.reserved_for == 45min);

    REQUIRE(world.pages.asked.size() == 1);
    const stripe::CheckoutSessionRequest& page = world.pages.asked[0];
    CHECK(page.order_id == "17");
    CHECK(page.event_id == "7");
    CHECK(page.ticket_id == "3");
    CHECK(page.product_name == "Balcony - Concert");
    CHECK(page.unit_amount == 1699);
    CHECK(page.currency.code() == "EUR");
    CHECK(page.quantity == 2);
    CHECK(page.customer_email == buyer);
    CHECK(page.success_url == "https://shop.example/events/7?payment=success&session_id={CHECKOUT_SESSION_ID}");
    CHECK(page.cancel_url == "https://shop.example/events/7?payment=cancelled");
    CHECK(page.expires_at == world.clock.now() + 35min);
    CHECK(page.idempotency_key.starts_with("checkout-"));
    CHECK(stripe::create_checkout_session(page, {.endpoint_secrets = {}, .mode = {}, .api_key = Secret("sk_test_EXAMPLE")}, world.clock.now()).has_value());

    CHECK(world.observer.records("checkout.opened").size() == 1);
    CHECK(world.observer.value("ticketbottle_checkouts_total") == 1);
    CHECK(everything_told(world).find("secret.example") == std::string::npos);
    CHECK(everything_told(world).find("SUMMER") == std::string::npos);
    CHECK(everything_told(world).find("stripe.example") == std::string::npos);
}

TEST_CASE("Checkout: what is left out is one ticket and no code; nobody known is nobody") {
    World world;
    CHECK(world.buy(R"({"email":"buyer@secret.example","quantity":null,"discount_code":""})").reply.http_status == 200);
    CHECK(world.desk.asked.quantity == 1);
    CHECK(world.desk.asked.code.empty());
    CHECK(world.desk.asked.cognito_sub.empty());
    World signed_in;  // what a token in the request says is not looked at
    CHECK(signed_in.buy(R"({"email":"buyer@secret.example"})", {{"Origin", shop}, {"Authorization", "Bearer e30.eyJzdWIiOiJ4In0.e30"}}).reply.http_status == 200);
    CHECK(signed_in.desk.asked.cognito_sub.empty());
}

TEST_CASE("Checkout: two calls have two idempotency keys") {
    World world;
    (void)world.buy();
    (void)world.buy();
    REQUIRE(world.pages.asked.size() == 2);
    CHECK(world.pages.asked[0].idempotency_key != world.pages.asked[1].idempotency_key);
}

TEST_CASE("Checkout: a body that says something else is refused with a reason, and nothing is begun") {
    const std::string long_body = R"({"email":"buyer@secret.example","x":")" + std::string(checkout_body_bytes_max, 'x') + "\"}";
    const std::string long_code = R"({"email":"a@b.cc","discount_code":")" + std::string(65, 'A') + "\"}";
    const std::string long_email = R"({"email":")" + std::string(250, 'a') + R"(@b.cc"})";
    const struct {
        std::string body;
        int status;
        const char* reason;
    } cases[] = {
        {"", 400, "body_malformed"},
        {"[]", 400, "body_malformed"},
        {"{", 400, "body_malformed"},
        {R"({"email":"a@b.cc","email":"x@y.cc"})", 400, "body_malformed"},
        {R"({"email":"a@b.cc"} )" "\xff", 400, "body_malformed"},
        {std::string(5000, '['), 400, "body_malformed"},
        {"{}", 400, "email_missing"},
        {R"({"email":null})", 400, "email_missing"},
        {R"({"email":17})", 400, "email_missing"},
        {R"({"email":"nobody"})", 400, "email_invalid"},
        {R"({"email":"a@localhost"})", 400, "email_invalid"},
        {R"({"email":"a.b@localhost"})", 400, "email_invalid"},
        {R"({"email":" a@b.cc"})", 400, "email_invalid"},
        {R"({"email":"a@b.cc\r\nBcc: x@y.cc"})", 400, "email_invalid"},
        {R"({"email":"a@b.cc,x@y.cc"})", 400, "email_invalid"},
        {long_email, 400, "email_invalid"},
        {R"({"email":"a@b.cc","quantity":0})", 400, "quantity_invalid"},
        {R"({"email":"a@b.cc","quantity":-1})", 400, "quantity_invalid"},
        {R"({"email":"a@b.cc","quantity":11})", 400, "quantity_invalid"},
        {R"({"email":"a@b.cc","quantity":1.5})", 400, "quantity_invalid"},
        {R"({"email":"a@b.cc","quantity":"2"})", 400, "quantity_invalid"},
        {R"({"email":"a@b.cc","quantity":99999999999999999999})", 400, "quantity_invalid"},
        {R"({"email":"a@b.cc","discount_code":7})", 400, "code_malformed"},
        {R"({"email":"a@b.cc","discount_code":"a\u0000b"})", 400, "code_malformed"},
        {R"({"email":"a@b.cc","discount_code":"ü"})", 400, "code_malformed"},
        {long_code, 400, "code_malformed"},
        {long_body, 413, "body_too_large"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.body.substr(0, 80));
        World world;
        const Answer answer = world.buy(one.body);
        CHECK(answer.reply.http_status == one.status);
        CHECK(reason(answer) == "\"" + std::string(one.reason) + "\"");
        CHECK(member(answer, "success") == "false");
        CHECK(header(answer, "Access-Control-Allow-Origin") == shop);
        CHECK(answer.reply.body.find("a@b.cc") == std::string::npos);
        CHECK(world.faults.calls.empty());
    }
}

TEST_CASE("Checkout: what the desk refuses is told with its reason, and no page is opened") {
    for (int i = 1; i <= static_cast<int>(NoSale::amount_too_large); ++i) {
        const auto why = static_cast<NoSale>(i);
        CAPTURE(to_string(why));
        World world;
        world.desk.offer.no_sale = why;
        world.desk.offer.tickets_left = 4;
        const Answer answer = world.buy();
        CHECK(answer.reply.http_status == (why == NoSale::ticket_unknown ? 404 : 400));
        CHECK(reason(answer) == "\"" + std::string(to_string(why)) + "\"");
        if (why == NoSale::not_enough) CHECK(member(answer, "error") == "\"Only 4 tickets available\"");
        if (why == NoSale::not_enough) CHECK(member(answer, "available") == "4");
        CHECK(world.pages.asked.empty());
    }
}

TEST_CASE("Checkout: each step in turn fails, once or for good, before or after its work, and nothing is left half done") {
    using Effect = Fault::Effect;
    const Fault faults[] = {{Errc::unavailable, Effect::none}, {Errc::outcome_unknown, Effect::none}, {Errc::outcome_unknown, Effect::done},
                            {Errc::cancelled, Effect::none},   {Errc::internal, Effect::none},        {Errc::invalid_argument, Effect::none},
                            {Errc::conflict, Effect::none},    {Errc::malformed, Effect::done},       {Errc::unsupported, Effect::none}};
    for (const std::string step : {"reserve", "create", "attach"}) {
        for (const Fault& fault : faults) {
            for (const bool for_ever : {false, true}) {
                CAPTURE(step);
                CAPTURE(to_string(fault.code));
                CAPTURE(for_ever);
                World world;
                if (for_ever)
                    world.faults.for_ever(step, fault);
                else
                    world.faults.next(step, fault);
                const Answer answer = world.buy();
                check_whole(world, answer);
                const bool transient = fault.code == Errc::unavailable || fault.code == Errc::outcome_unknown;
                // A page is asked for again by the client below, under the one idempotency key; a reservation only if none was made.
                const bool mended = !for_ever && ((step == "reserve" && fault.code == Errc::unavailable) || (step == "attach" && transient));
                CHECK((answer.reply.http_status == 200) == mended);
                if (mended) continue;
                CHECK((header(answer, "Retry-After") == "5") == (answer.reply.http_status == 503));
                const bool kept = step == "create" && fault.code == Errc::outcome_unknown;
                for (const auto& [id, order] : world.desk.orders)
                    CHECK(order.status == (kept || step == "reserve" ? "pending" : "failed"));
                if (step == "attach")
                    for (const auto& [id, open] : world.pages.open) CHECK_FALSE(open);
                const auto told = world.observer.records("checkout.failed");
                REQUIRE(told.size() == 1);
                CHECK(told[0].fields.at("code") == to_string(fault.code));
            }
        }
    }
}

TEST_CASE("Checkout: what takes back fails too, and is tried again or told") {
    for (const Errc code : {Errc::unavailable, Errc::outcome_unknown}) {
        CAPTURE(to_string(code));
        World once;
        once.faults.for_ever("create", {Errc::unavailable});
        once.faults.next("release", {code});
        check_whole(once, once.buy());
        CHECK(once.desk.orders.at(17).status == "failed");

        World never;
        never.faults.for_ever("attach", {Errc::unavailable});
        never.faults.for_ever("release", {code});
        never.faults.for_ever("expire", {code});
        const Answer answer = never.buy();
        check_whole(never, answer);
        CHECK(answer.reply.http_status == 503);
        CHECK(never.desk.orders.at(17).status == "pending");
        CHECK(never.observer.records("checkout.release_failed").size() == 1);
        CHECK(never.observer.records("checkout.page_left_open").size() == 1);
        CHECK(never.observer.records("checkout.failed").at(0).fields.at("order_left") == "pending");
    }
}

TEST_CASE("Checkout: what was begun is taken back also when the time is over") {
    World world;
    world.faults.for_ever("create", {Errc::cancelled});
    const Answer answer = world.handler->handle({"POST", "/events/7/tickets/3/checkout", "", {}, R"({"email":"buyer@secret.example"})"}, {}, Deadline::in(0ms));
    CHECK(answer.reply.http_status == 503);
    CHECK(world.desk.orders.at(17).status == "failed");
}

TEST_CASE("Checkout: an order that costs nothing is settled at once, and Stripe is not asked") {
    World world;
    world.desk.offer.price = {1999, 1999, 0, 0, true};
    world.store.answer = Settled{Outcome::applied, Refusal::none, "17", "17", PaymentStatus::pending, PaymentStatus::completed, "outbox-1"};
    const Answer answer = world.buy();
    CHECK(answer.reply.http_status == 200);
    CHECK(member(answer, "checkout_url") == R"("https://shop.example/events/7?payment=success&session_id=free-17")");
    CHECK(member(answer, "session_id") == R"("free-17")");
    CHECK(world.pages.asked.empty());
    CHECK(world.faults.calls.count("release") == 0);
    const PaymentNotification& told = world.store.asked.notification;
    CHECK(told.gateway == Gateway::stripe);
    CHECK(told.status == NotifiedStatus::succeeded);
    CHECK(told.order_id == "17");
    CHECK(told.dedup_key == "free-17");
    CHECK(told.amount == Money{0, *Currency::parse("EUR")});
    CHECK(world.store.asked.lookup.order_codes == std::vector<std::string>{"17"});
}

TEST_CASE("Checkout: a free order that cannot be settled is let go, unless it was settled after all") {
    for (const Errc code : {Errc::unavailable, Errc::outcome_unknown, Errc::internal}) {
        World world;
        world.desk.offer.price = {1999, 1999, 0, 0, false};
        world.store.answer = fail(code, "payment.settle", "scripted");
        const Answer answer = world.buy();
        CHECK(answer.reply.http_status == 503);
        CHECK(world.desk.orders.at(17).status == "failed");
    }
    World refused;
    refused.desk.offer.price = {0, 0, 0, 0, false};
    Settled mismatch;
    mismatch.outcome = Outcome::refused;
    mismatch.refusal = Refusal::amount_mismatch;
    refused.store.answer = mismatch;
    CHECK(refused.buy().reply.http_status == 500);
    CHECK(refused.desk.orders.at(17).status == "failed");

    class PaidDesk final : public Desk {  // the commit was done, and its answer lost
    public:
        Result<Reserved> reserve(const Wanted&, Deadline) override {
            Reserved reserved;
            reserved.order = OrderId{17};
            reserved.currency = *Currency::parse("EUR");
            return reserved;
        }
        Result<void> attach_session(OrderId, std::string_view, Deadline) override { return fail(Errc::internal, "test"); }
        Result<Release> release(OrderId, Deadline) override { return Release::paid; }
        Result<CheckIn> check_in(EventId, OrderId, TimePoint, Deadline) override { return CheckIn(); }
    } paid;
    World world;
    world.store.answer = fail(Errc::outcome_unknown, "payment.settle", "scripted");
    const auto handler = CheckoutHandler::make(paid, world.store, world.pages.calls(), world.clock, options()).value();
    CHECK(handler->handle({"POST", "/events/7/tickets/3/checkout", "", {}, R"({"email":"a@b.cc"})"}, {}, Deadline::in(5s)).reply.http_status == 200);
}

TEST_CASE("Checkout: buyers come back only to a front end of ours, and other web sites may not call") {
    World world;
    (void)world.buy(R"({"email":"a@b.cc"})", {{"Origin", "http://localhost:5173"}});
    CHECK(world.pages.asked.back().success_url.starts_with("http://localhost:5173/events/7?"));
    const Answer without = world.buy(R"({"email":"a@b.cc"})", {{"Referer", "https://evil.example"}, {"X-Forwarded-Host", "evil.example"}});
    CHECK(world.pages.asked.back().success_url.starts_with("https://shop.example/events/7?"));
    CHECK(header(without, "Access-Control-Allow-Origin").empty());
    const std::size_t asked = world.pages.asked.size();
    for (const char* origin : {"https://evil.example", "https://shop.example.evil.example", "https://shop.example/", "null", "https://SHOP.example", "https://shop.example,https://evil.example"}) {
        CAPTURE(origin);
        for (const char* method : {"POST", "OPTIONS"}) {
            const Answer answer = world.buy(R"({"email":"a@b.cc"})", {{"Origin", origin}}, "/events/7/tickets/3/checkout", method);
            CHECK(answer.reply.http_status == 403);
            CHECK(header(answer, "Access-Control-Allow-Origin").empty());
        }
    }
    CHECK(world.pages.asked.size() == asked);
}

TEST_CASE("Checkout: who is turned away can read it, and may come again") {
    World world;
    const Answer answer = world.handler->turn_away({"POST", "/events/7/tickets/3/checkout", "", {{"Origin", shop}}, "{}"});
    CHECK(answer.reply.http_status == 503);
    CHECK(reason(answer) == "\"try_again\"");
    CHECK(header(answer, "Retry-After") == "5");
    CHECK(header(answer, "Access-Control-Allow-Origin") == shop);
    CHECK(header(world.handler->turn_away({"POST", "/", "", {{"Origin", "https://evil.example"}}, ""}), "Access-Control-Allow-Origin").empty());
    CHECK(world.faults.calls.empty());
}

TEST_CASE("Checkout: a browser asks first, and hears what it may send") {
    World world;
    const Answer answer = world.buy("", {{"Origin", shop}, {"Access-Control-Request-Method", "POST"}}, "/Prod/events/7/tickets/3/checkout", "OPTIONS");
    CHECK(answer.reply.http_status == 204);
    CHECK(answer.reply.body.empty());
    CHECK(header(answer, "Access-Control-Allow-Origin") == shop);
    CHECK(header(answer, "Access-Control-Allow-Methods") == "POST, OPTIONS");
    CHECK(header(answer, "Access-Control-Allow-Headers") == "Content-Type, Authorization");
    const Answer door = world.buy("", {{"Origin", shop}}, "/events/7/ticket-orders/17/validate", "OPTIONS");
    CHECK(header(door, "Access-Control-Allow-Methods") == "PATCH, POST, OPTIONS");
    for (const char* method : {"GET", "PUT", "PATCH", "DELETE", ""}) {
        const Answer other = world.buy("", {{"Origin", shop}}, "/events/7/tickets/3/checkout", method);
        CHECK(other.reply.http_status == 405);
        CHECK(header(other, "Allow") == "POST, OPTIONS");
    }
    CHECK(world.faults.calls.empty());
}

TEST_CASE("Checkout: paths by their last segments, ids in one spelling") {
    CHECK(endpoint_of("/events/7/tickets/3/checkout") == Endpoint::checkout);
    CHECK(endpoint_of("/Prod/events/7/tickets/3/checkout") == Endpoint::checkout);
    CHECK(endpoint_of("/a/b/events/7/ticket-orders/9223372036854775807/validate") == Endpoint::check_in);
    for (const char* path : {"", "/", "checkout", "/events/7/tickets/3", "/events/7/tickets/3/checkout/", "/events/07/tickets/3/checkout", "/events/0/tickets/3/checkout",
                             "/events/-7/tickets/3/checkout", "/events/7/tickets/+3/checkout", "/events/7/tickets/3x/checkout", "/events/7/tickets//checkout",
                             "/events/7/tickets/9223372036854775808/checkout", "/events/7/ticket-orders/3/checkout", "/events/7/tickets/3/validate",
                             "/Events/7/tickets/3/checkout", "events/7/tickets/3/checkout", "/xevents/7/tickets/3/checkout", "/events/7/tickets/3%20/checkout"}) {
        CAPTURE(path);
        CHECK_FALSE(endpoint_of(path));
        World world;
        CHECK(world.buy(R"({"email":"a@b.cc"})", {{"Origin", shop}}, path).reply.http_status == 404);
    }
}

TEST_CASE("Check-in: a paid order of that event is validated, and each other end has its own answer") {
    World world;
    const Answer answer = world.validate();
    CHECK(answer.reply.http_status == 200);
    CHECK(answer.reply.body == R"({"success":true,"order":{"id":17,"validated":true,"validated_at":"2025-12-13T08:00:00.000Z"}})");
    CHECK(header(answer, "Access-Control-Allow-Origin") == shop);
    CHECK(world.desk.asked_event == EventId{7});
    CHECK(world.desk.asked_order == OrderId{17});
    CHECK(world.validate("", std::string("bearer ") + token, "POST").reply.http_status == 200);

    world.desk.check_in_answer = {CheckIn::What::already, TimePoint(1765612700000ms)};
    const Answer again = world.validate();
    CHECK(again.reply.http_status == 409);
    CHECK(reason(again) == "\"already_validated\"");
    CHECK(member(again, "order") == R"({"id":17,"validated":true,"validated_at":"2025-12-13T07:58:20.000Z"})");
    world.desk.check_in_answer = {CheckIn::What::not_paid, {}};
    CHECK(world.validate().reply.http_status == 409);
    CHECK(reason(world.validate()) == "\"not_paid\"");
    world.desk.check_in_answer = {CheckIn::What::unknown, {}};
    CHECK(world.validate().reply.http_status == 404);
}

TEST_CASE("Check-in: an undo, or a body that is none, is refused") {
    World world;
    CHECK(reason(world.validate(R"({"validated":false})")) == "\"undo_unsupported\"");
    for (const char* body : {"[]", "x", R"({"validated":1})", R"({"validated":"true"})"}) CHECK(world.validate(body).reply.http_status == 400);
    CHECK(world.validate("{}").reply.http_status == 200);
    CHECK(world.validate(R"({"validated":null})").reply.http_status == 200);
    CHECK(world.faults.calls["check_in"] == 2);
}

TEST_CASE("Check-in: without the token, or the host's word, the desk is not asked; without a token there is no such address") {
    World world;
    for (const char* authorization : {"", "Bearer", "Bearer ", "Bearer EXAMPLE-door-token-2", "Bearer EXAMPLE-door-token-1x", "Basic EXAMPLE-door-token-1", "EXAMPLE-door-token-1"}) {
        CAPTURE(authorization);
        const Answer answer = world.validate(R"({"validated":true})", authorization);
        CHECK(answer.reply.http_status == 401);
        CHECK(header(answer, "WWW-Authenticate") == "Bearer");
    }
    CHECK(world.faults.calls.empty());
    CHECK(everything_told(world).find("EXAMPLE") == std::string::npos);

    CheckoutOptions closed = options();
    closed.check_in_token = Secret();
    World without(closed);
    CHECK(without.validate().reply.http_status == 404);
    CHECK(without.validate("", "Bearer ").reply.http_status == 404);
    CHECK(without.validate("", "").reply.http_status == 404);
    CHECK(without.faults.calls.empty());
    without.caller.check_in = Caller::CheckIn::granted;
    CHECK(without.validate().reply.http_status == 200);
}

TEST_CASE("Check-in: a desk that fails is tried again if nothing was done, else the door is told to") {
    World world;
    world.faults.next("check_in", {Errc::unavailable});
    CHECK(world.validate().reply.http_status == 200);
    world.faults.next("check_in", {Errc::outcome_unknown});
    const Answer unknown = world.validate();
    CHECK(unknown.reply.http_status == 503);
    CHECK(header(unknown, "Retry-After") == "5");
    world.faults.next("check_in", {Errc::internal});
    CHECK(world.validate().reply.http_status == 500);
}

TEST_CASE("Checkout: one function invocation, base64 body and stage and all, is answered as a proxy reply") {
    World world;
    const std::string event = R"({"httpMethod":"POST","path":"/Prod/events/7/tickets/3/checkout","headers":{"Origin":"https://shop.example"},)"
                              R"("queryStringParameters":null,"requestContext":{"stage":"Prod"},"isBase64Encoded":true,"body":"eyJlbWFpbCI6ImJ1eWVyQHNlY3JldC5leGFtcGxlIn0="})";
    const std::string reply = world.handler->handle_invocation(event, {}, Deadline::in(5s));
    const auto document = json::parse(reply);
    REQUIRE(document.has_value());
    CHECK(document->root()["statusCode"].as_int64() == 200);
    CHECK(document->root()["headers"]["Access-Control-Allow-Origin"].text() == shop);
    CHECK(document->root()["headers"]["Content-Type"].text() == "application/json; charset=utf-8");
    CHECK(document->root()["body"].text().find("cs_test_17") != std::string_view::npos);
    CHECK(world.desk.asked.email == buyer);
    CHECK(world.handler->handle_invocation("{}", {}, Deadline::in(5s)).starts_with(R"({"statusCode":400)"));
    CHECK(world.handler->handle_invocation(R"({"source":"aws.partner/stripe.com/x","detail-type":"x","detail":{}})", {}, Deadline::in(5s)).starts_with(R"({"statusCode":400)"));
}

TEST_CASE("Checkout: a ticket's name makes one line that Stripe takes") {
    World world;
    world.desk.offer.ticket_name = "Vé\nthường\x7f " + std::string(300, 'x');
    world.desk.offer.event_name = "\xff";
    CHECK(world.buy().reply.http_status == 200);
    const std::string& name = world.pages.asked.at(0).product_name;
    CHECK(name.starts_with("Vé thường  xxx"));
    CHECK(name.size() <= 250 + 10);
    CHECK(stripe::create_checkout_session(world.pages.asked[0], {.endpoint_secrets = {}, .mode = {}, .api_key = Secret("sk_test_EXAMPLE")}, world.clock.now()).has_value());
}

TEST_CASE("Checkout: options that cannot be meant are refused by name") {
    const auto problem = [](auto change) {
        CheckoutOptions changed = options();
        change(changed);
        const auto checked = check(changed);
        return checked.has_value() ? std::string() : std::string(checked.error().detail_text());
    };
    CHECK(problem([](CheckoutOptions&) {}).empty());
    CHECK(problem([](CheckoutOptions& o) { o.origins.clear(); }).starts_with("origins"));
    CHECK(problem([](CheckoutOptions& o) { o.origins.assign(33, "https://a.example"); }).starts_with("origins"));
    for (const char* origin : {"", "*", "shop.example", "https://", "http://shop.example", "https://shop.example/", "https://shop.example/x", "https://Shop.example", "https://a@b.example",
                               "https://shop.example:", "https://shop.example:0", "https://shop.example:65536", "https://shop.example:1x", "https://shop.example?", "https://shop.example#",
                               "https://shop example", "ftp://shop.example", "https://[::1", "http://localhost.evil.example", "https://.example", "https://shop.example\n"})
        CHECK_MESSAGE(problem([&](CheckoutOptions& o) { o.origins = {origin}; }).starts_with("origins"), origin);
    for (const char* origin : {"https://shop.example", "https://shop.example:8443", "http://localhost:3000", "http://127.0.0.1", "http://[::1]:80", "https://a-b.c.example"})
        CHECK_MESSAGE(problem([&](CheckoutOptions& o) { o.origins = {origin}; }).empty(), origin);
    CHECK(problem([](CheckoutOptions& o) { o.quantity_max = 0; }).starts_with("quantity_max"));
    CHECK(problem([](CheckoutOptions& o) { o.quantity_max = 1001; }).starts_with("quantity_max"));
    CHECK(problem([](CheckoutOptions& o) { o.session_life = 30min; }).starts_with("session_life"));
    CHECK(problem([](CheckoutOptions& o) { o.session_life = 24h; }).starts_with("session_life"));
    CHECK(problem([](CheckoutOptions& o) { o.reservation_grace = 0min; }).starts_with("reservation_grace"));
    CHECK(problem([](CheckoutOptions& o) { o.cleanup_timeout = 0ms; }).starts_with("cleanup_timeout"));
    CHECK(problem([](CheckoutOptions& o) { o.check_in_token = Secret("short"); }).starts_with("check_in_token"));
    CHECK(problem([](CheckoutOptions& o) { o.check_in_token = Secret("with a space in the middle"); }).starts_with("check_in_token"));
    World world;
    CHECK_FALSE(CheckoutHandler::make(world.desk, world.store, {}, world.clock, options()).has_value());
}
