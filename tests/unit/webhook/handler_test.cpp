#include <ticketbottle/webhook/handler.hpp>

#include "core/json.hpp"
#include "support/recording_observer.hpp"
#include "support/scripted_payment_store.hpp"
#include "support/test_gateways.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ticketbottle;
using test::every_gateway;

namespace {

class StandingClock final : public Clock {
public:
    TimePoint now() const override { return TimePoint(std::chrono::milliseconds(1765612800000)); }
};

struct World {
    test::ScriptedPaymentStore store;
    StandingClock clock;
    test::RecordingObserver observer;
    Gateways gateways = test::test_gateways();
    WebhookHandler handler{gateways, store, clock, {}, observer};

    Request request(Gateway gateway, NotifiedStatus status = NotifiedStatus::succeeded) {
        return test::signed_request(gateways, gateway, test::notification_of(gateway, status), clock.now());
    }
    Handled handle(const Request& request) { return handler.handle(request, Deadline::never()); }
};

Settled settled(Outcome outcome, Refusal refusal = Refusal::none) {
    Settled s;
    s.outcome = outcome;
    s.refusal = refusal;
    return s;
}

}  // namespace

TEST_CASE("WebhookHandler: every gateway's genuine callback is settled and answered in its words") {
    for (const Gateway gateway : every_gateway) {
        CAPTURE(to_string(gateway));
        World world;
        for (const auto& [outcome, situation] : {std::pair(settled(Outcome::applied), Situation::applied),
                                                 std::pair(settled(Outcome::duplicate), Situation::duplicate),
                                                 std::pair(settled(Outcome::refused, Refusal::amount_mismatch), Situation::amount_mismatch),
                                                 std::pair(settled(Outcome::refused, Refusal::late_success), Situation::applied)}) {
            world.store.answer = outcome;
            const Handled handled = world.handle(world.request(gateway));
            CHECK(handled.gateway == gateway);
            CHECK(handled.situation == situation);
            CHECK_FALSE(handled.rejected);
            CHECK(handled.settled.outcome == outcome.outcome);
            const Reply expected = reply(gateway, situation);
            CHECK(handled.reply.http_status == expected.http_status);
            CHECK(handled.reply.content_type == expected.content_type);
            CHECK(handled.reply.body == expected.body);
        }
        CHECK(world.observer.value("ticketbottle_callbacks_total") == 4);
        CHECK(world.observer.reported("ticketbottle_callback_seconds"));
    }
}

TEST_CASE("WebhookHandler: the request's trace goes to the store with the notification, and what is none does not") {
    const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (const auto& [fields, passed] : {std::pair(std::vector<std::string>{}, std::string()), std::pair(std::vector{trace}, trace),
                                         std::pair(std::vector{trace, trace}, std::string()),
                                         std::pair(std::vector<std::string>{"nonsense"}, std::string())}) {
        World world;
        Request request = world.request(Gateway::vnpay);
        for (const std::string& field : fields) request.headers.push_back({"TraceParent", field});
        world.store.answer = settled(Outcome::applied);
        CHECK(world.handle(request).situation == Situation::applied);
        CHECK(world.store.asked.traceparent == passed);
    }
}

TEST_CASE("WebhookHandler: whatever the store's error, every gateway is asked to call again") {
    for (const Gateway gateway : every_gateway) {
        for (const Errc code : {Errc::unavailable, Errc::outcome_unknown, Errc::cancelled, Errc::internal, Errc::malformed}) {
            CAPTURE(to_string(gateway));
            CAPTURE(to_string(code));
            World world;
            world.store.answer = fail(code, "payment.settle", "scripted");
            const Handled handled = world.handle(world.request(gateway));
            CHECK(handled.situation == Situation::transient_error);
            CHECK(handled.settled.outcome == Outcome::retry);
            // In the gateway's own words, written out: what makes it call again.
            switch (gateway) {
                case Gateway::zalopay:
                    CHECK(handled.reply.http_status == 200);
                    CHECK(handled.reply.body.find(R"("return_code":0)") != std::string::npos);
                    break;
                case Gateway::vnpay:
                    CHECK(handled.reply.http_status == 200);
                    CHECK(handled.reply.body.find(R"("RspCode":"99")") != std::string::npos);
                    break;
                default:
                    CHECK(handled.reply.http_status == 500);
            }
        }
    }
}

TEST_CASE("WebhookHandler: what is refused before the store is not settled, and the log holds neither body nor key") {
    for (const Gateway gateway : every_gateway) {
        if (gateway == Gateway::stripe_eventbridge) continue;  // there is no signature to break
        CAPTURE(to_string(gateway));
        World world;
        world.store.answer = fail(Errc::internal, "test", "must not be asked");
        Gateways other_keys = world.gateways;
        other_keys.zalopay->key2 = {Secret("another-key")};
        other_keys.payos->checksum_keys = {Secret("another-key")};
        other_keys.vnpay->hash_secrets = {Secret("another-key")};
        other_keys.stripe->endpoint_secrets = {Secret("whsec_another_key")};
        other_keys.momo->secret_keys = {Secret("another-key")};
        other_keys.standard_webhooks->secrets = {Secret("whsec_YW5vdGhlci1zZWNyZXQtMDEyMzQ1Njc4OWFiY2RlZg==")};
        Request forged = test::signed_request(other_keys, gateway, test::notification_of(gateway), world.clock.now());
        forged.headers.push_back({"User-Agent", "curl\r\nx: y"});
        const Handled handled = world.handle(forged);
        CHECK(handled.situation == Situation::bad_signature);
        CHECK(handled.rejected == Reason::bad_signature);
        CHECK(handled.settled.outcome == Outcome::refused);
        CHECK(world.store.asked.notification.dedup_key.empty());
        const auto records = world.observer.records("callback.rejected");
        REQUIRE(records.size() == 1);
        CHECK(records[0].severity == Severity::warning);
        CHECK(records[0].fields.at("reason") == "bad_signature");
        CHECK(records[0].fields.at("user_agent") == "curl??x: y");
        for (const auto& [name, value] : records[0].fields) {
            CHECK(value.find("LTDTNL") == std::string::npos);
            CHECK(value.find("not-a-real") == std::string::npos);
        }
    }
}

TEST_CASE("WebhookHandler: a gateway that is not configured is our fault, so it calls again") {
    for (const Gateway gateway : every_gateway) {
        CAPTURE(to_string(gateway));
        World world;
        const Request genuine = world.request(gateway);
        const Gateways none;
        WebhookHandler handler(none, world.store, world.clock, {}, world.observer);
        const Handled handled = handler.handle(genuine, Deadline::never());
        CHECK(handled.rejected == Reason::config_error);
        CHECK(handled.situation == Situation::transient_error);
        CHECK(world.observer.records("callback.rejected").at(0).severity == Severity::error);
    }
}

TEST_CASE("WebhookHandler: nobody's request is 404, one too long 413, no invocation 400; none is settled") {
    World world;
    world.store.answer = fail(Errc::internal, "test", "must not be asked");
    Request request;
    request.method = "POST";
    request.path = "/healthz";
    CHECK(world.handle(request).reply.http_status == 404);
    CHECK_FALSE(world.handle(request).gateway);
    request.path = "/webhook/payos";
    request.body = std::string(callback_body_bytes_max + 1, 'x');
    CHECK(world.handle(request).reply.http_status == 413);
    request.body.clear();
    request.query = std::string(callback_query_bytes_max + 1, 'x');
    CHECK(world.handle(request).reply.http_status == 413);
    const Handled none = world.handler.handle_invocation("{}", Deadline::never());
    CHECK(none.reply.http_status == 400);
    CHECK(none.settled.outcome == Outcome::refused);
    CHECK(world.observer.records("payment.settle_failed").empty());
    CHECK(world.observer.value("ticketbottle_callbacks_total") == 5);
}

TEST_CASE("WebhookHandler: an invocation is the request inside it") {
    World world;
    world.store.answer = settled(Outcome::applied);
    const Request request = world.request(Gateway::momo);
    std::string event;
    json::ObjectWriter writer(event);
    writer.string("httpMethod", request.method);
    writer.string("path", "/prod" + request.path);
    writer.raw("headers", R"({"content-type":"application/json"})");
    writer.string("body", request.body);
    writer.boolean("isBase64Encoded", false);
    writer.finish();
    const Handled handled = world.handler.handle_invocation(event, Deadline::never());
    CHECK(handled.gateway == Gateway::momo);
    CHECK(handled.situation == Situation::applied);
}

TEST_CASE("WebhookHandler: an event that says nothing of a payment is answered as done with") {
    World world;
    world.store.answer = settled(Outcome::ignored);
    const Handled handled = world.handle(world.request(Gateway::stripe, NotifiedStatus::ignored));
    CHECK(handled.situation == Situation::not_for_us);
    CHECK(handled.reply.http_status == 200);
}
