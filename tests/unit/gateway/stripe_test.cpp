#include <doctest/doctest.h>

#include <string>
#include <ticketbottle/gateway/stripe.hpp>
#include <vector>

#include "core/crypto.hpp"
#include "unit/gateway/outcome.hpp"

namespace crypto = ticketbottle::crypto;
namespace stripe = ticketbottle::stripe;
using namespace ticketbottle;
using test::outcome;
using test::with;

namespace {

constexpr std::int64_t now_seconds = 1763712000;
constexpr std::string_view secret_text = "whsec_fake_unit_test";

stripe::Config config() {
    return {.endpoint_secrets = {Secret(secret_text)}, .mode = std::nullopt, .api_key = Secret("sk_test_fake")};
}

std::string v1(std::string_view timestamp, std::string_view body, std::string_view secret = secret_text) {
    return crypto::lower_hex(crypto::hmac_sha256(secret, {timestamp, ".", body}));
}

Request request(std::string body, std::string header) {
    return {.method = "POST",
            .path = "/webhooks/stripe",
            .query = {},
            .headers = {{"stripe-signature", std::move(header)}},
            .body = std::move(body)};
}

Verdict verify_header(const std::string& body, const std::string& header, std::int64_t now = now_seconds) {
    return stripe::verify(request(body, header), config(), test::at_second(now));
}

/// Signed well, at `now_seconds`.
Verdict verify_body(const std::string& body, const stripe::Config& with_config = config()) {
    return stripe::verify(request(body, "t=1763712000,v1=" + v1("1763712000", body)), with_config,
                          test::at_second(now_seconds));
}

const std::string session =
    R"({"id":"cs_test_fake1","object":"checkout.session","amount_total":250000,"client_reference_id":"ref-1","currency":"vnd",)"
    R"("customer_details":{"email":"details@example.com"},"customer_email":"payer@example.com","metadata":{"order_id":"TB-1"},)"
    R"("mode":"payment","payment_intent":"pi_fake1","payment_status":"paid","status":"complete"})";
const std::string intent =
    R"({"id":"pi_fake2","object":"payment_intent","amount":300,"amount_received":200,"currency":"usd","metadata":{"order_id":"TB-2"}})";
const std::string invoice =
    R"({"id":"in_fake3","object":"invoice","amount_paid":500,"currency":"eur","metadata":{"order_id":"TB-3"}})";

std::string event(const std::string& type, const std::string& object) {
    return R"({"id":"evt_fake1","object":"event","created":1763711995,"data":{"object":)" + object +
           R"(},"livemode":false,"type":")" + type + "\"}";
}

const std::string paid_event = event("checkout.session.completed", session);

}  // namespace

TEST_CASE("Stripe signature: one made by the Node SDK is accepted") {
    // stripe 23.1.0, webhooks.generateTestHeaderString({payload, secret: "whsec_fake_unit_test", timestamp:
    // 1763712000}).
    const std::string body = R"({"id":"evt_fake_1","object":"event","note":"Đà Nẵng"})";
    const std::string header = "t=1763712000,v1=55a33767c8a38b399af070bd356f2370c5ca59a71997d357fa8dbd9c3849d029";
    CHECK(outcome(verify_header(body, header)) == "missing_field");  // authentic, and has no type
    CHECK(outcome(verify_header(body + "\n", header)) == "bad_signature");
}

TEST_CASE("Stripe signature: each form of the header") {
    const std::string t = "1763712000";
    const std::string good = v1(t, paid_event);
    const std::string other = v1(t, paid_event, "whsec_other");
    std::string upper = good;
    for (char& letter : upper) {
        letter = letter >= 'a' ? static_cast<char>(letter - 'a' + 'A') : letter;
    }
    struct Case {
        std::string header, expected;
    };
    const std::vector<Case> cases = {
        {"t=" + t + ",v1=" + good, "ok"},
        {"v1=" + good + ",t=" + t, "ok"},
        {"t=" + t + ",v1=" + other + ",v1=" + good, "ok"},
        {"t=" + t + ",v1=" + good + ",v1=" + other, "ok"},
        {"t=" + t + ",v1=,v1=" + good, "ok"},
        {"t=" + t + ",v1=" + good + ",v0=666,junk,=,,", "ok"},
        {"", "missing_signature"},
        {"t=" + t + ",v0=" + good, "missing_signature"},
        {"t=" + t + ",V1=" + good, "missing_signature"},
        {"t=" + t + ", v1=" + good, "missing_signature"},
        {"t=" + t, "missing_signature"},
        {"t=" + t + ",v1=", "bad_signature"},
        {"t=" + t + ",v1=" + upper, "bad_signature"},
        {"t=" + t + ",v1=" + other, "bad_signature"},
        {"t=" + t + ",v1=" + good + "=", "bad_signature"},
        {"t=" + t + ",v1=" + good.substr(1), "bad_signature"},
        {"t=1763712001,v1=" + good, "bad_signature"},
        {"v1=" + good, "malformed_header"},
        {"garbage", "malformed_header"},
        {"t=,v1=" + good, "malformed_header"},
        {"t=abc,v1=" + good, "malformed_header"},
        {"t=1763712000abc,v1=" + good, "malformed_header"},
        {"t=-1763712000,v1=" + good, "malformed_header"},
        {"t= 1763712000,v1=" + good, "malformed_header"},
        {"t=1763712000.0,v1=" + good, "malformed_header"},
        {"t=01763712000,v1=" + good, "malformed_header"},
        {"t=" + t + ",t=" + t + ",v1=" + good, "malformed_header"},
        {"t=１７６３７１２０００,v1=" + good, "malformed_header"},
        {"t=" + t + ",v1=" + good + "," + std::string(8 * 1024, 'x'), "malformed_header"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.header.substr(0, 300));
        CHECK(outcome(verify_header(paid_event, c.header)) == c.expected);
    }
    Request none = request(paid_event, "");
    none.headers.clear();
    CHECK(outcome(stripe::verify(none, config(), test::at_second(now_seconds))) == "missing_signature");
}

TEST_CASE("Stripe signature: fresh within 300 seconds both ways, judged after the signature and before the body") {
    const auto at = [](const std::string& t, const std::string& body, std::int64_t now) {
        return outcome(verify_header(body, "t=" + t + ",v1=" + v1(t, body), now));
    };
    CHECK(at("1763711700", paid_event, now_seconds) == "ok");
    CHECK(at("1763711699", paid_event, now_seconds) == "timestamp_expired");
    CHECK(at("1763712300", paid_event, now_seconds) == "ok");
    CHECK(at("1763712301", paid_event, now_seconds) == "timestamp_future");
    CHECK(at("0", paid_event, now_seconds) == "timestamp_expired");
    CHECK(at("9223372036854775807", paid_event, now_seconds) == "timestamp_future");
    CHECK(at("99999999999999999999999", paid_event, now_seconds) == "timestamp_future");
    CHECK(at("1763711699", "not json", now_seconds) == "timestamp_expired");
    CHECK(outcome(verify_header("not json", "t=1763711699,v1=00")) == "bad_signature");
    // Whole seconds, as the SDKs count: 300.999 s is 300.
    const Request late = request(paid_event, "t=1763711700,v1=" + v1("1763711700", paid_event));
    CHECK(outcome(stripe::verify(late, config(), test::at_second(now_seconds) + std::chrono::milliseconds(999))) ==
          "ok");
}

TEST_CASE("Stripe keys: all are tried, the prefix belongs to them, none or an empty one is a config error") {
    const Request good = request(paid_event, "t=1763712000,v1=" + v1("1763712000", paid_event));
    stripe::Config several = config();
    several.endpoint_secrets = {Secret("whsec_new"), Secret("whsec_newer"), Secret(secret_text)};
    const Verdict verdict = stripe::verify(good, several, test::at_second(now_seconds));
    REQUIRE(outcome(verdict) == "ok");
    CHECK(verdict->key_index == 2);
    several.endpoint_secrets = {Secret(secret_text.substr(6))};
    CHECK(outcome(stripe::verify(good, several, test::at_second(now_seconds))) == "bad_signature");
    for (const Secrets& keys :
         {Secrets{}, Secrets{Secret()}, Secrets{Secret(secret_text), Secret("")}, Secrets(5, Secret(secret_text))}) {
        several.endpoint_secrets = keys;
        CHECK(outcome(stripe::verify(good, several, test::at_second(now_seconds))) == "config_error");
    }
}

TEST_CASE("Stripe body: hostile bytes under a good signature") {
    const std::string deep = std::string(3000, '[') + std::string(3000, ']');
    struct Case {
        std::string body, expected;
    };
    const std::vector<Case> cases = {
        {"", "malformed_body"},
        {"\xef\xbb\xbf" + paid_event, "malformed_body"},
        {with(paid_event, "TB-1", "\xc3\x28"), "malformed_body"},
        {with(paid_event, "TB-1", R"(\udc00)"), "malformed_body"},
        {deep, "malformed_body"},
        {"[]", "malformed_body"},
        {with(paid_event, R"("amount_total":250000)", R"("amount_total":1,"amount_total":250000)"), "duplicate_key"},
        {with(paid_event, R"("type")", R"("type":"x","type")"), "duplicate_key"},
        {std::string(callback_body_bytes_max + 1, ' '), "malformed_body"},
        {"{}", "missing_field"},
        {with(paid_event, R"("object":"event")", R"("object":"v2.core.event")"), "unsupported_type"},
        {with(paid_event, R"("object":"event")", R"("object":"checkout.session")"), "unsupported_type"},
        {with(paid_event, R"("object":"event",)", ""), "missing_field"},
        {with(paid_event, R"("evt_fake1")", "null"), "missing_field"},
        {with(paid_event, R"("evt_fake1")", "\"\""), "missing_field"},
        {with(paid_event, R"("evt_fake1")", "7"), "malformed_body"},
        {with(paid_event, R"("evt_fake1")", R"("evt\n")"), "unsupported_value"},
        {with(paid_event, R"("type":"checkout.session.completed")", R"("type":null)"), "missing_field"},
        {event("checkout.session.completed", "null"), "missing_field"},
        {event("checkout.session.completed", "[]"), "malformed_body"},
        {with(paid_event, R"("data")", R"("__proto__")"), "missing_field"},
        {with(paid_event, "250000", "250000.0"), "bad_amount"},
        {with(paid_event, "250000", R"("250000")"), "bad_amount"},
        {with(paid_event, "250000", "-1"), "bad_amount"},
        {with(paid_event, "250000", "9223372036854775808"), "bad_amount"},
        {with(paid_event, "250000", "null"), "missing_field"},
        {with(paid_event, R"("vnd")", R"("dong")"), "unsupported_value"},
        {with(paid_event, R"("vnd")", "null"), "missing_field"},
        {with(paid_event, R"("cs_test_fake1")", "null"), "missing_field"},
        {with(paid_event, R"("payment_status":"paid",)", ""), "missing_field"},
        {with(paid_event, R"("paid")", R"("maybe")"), "unsupported_value"},
        {with(paid_event, R"("pi_fake1")", "17"), "unsupported_value"},
        {with(paid_event, R"("TB-1")", "17"), "malformed_body"},
        {with(paid_event, R"("TB-1")", R"("TB-1\u0000")"), "bad_order_code"},
        {with(paid_event, R"({"order_id":"TB-1"})", R"(["TB-1"])"), "malformed_body"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.body.substr(0, 500));
        CHECK(outcome(verify_body(c.body)) == c.expected);
    }
}

TEST_CASE("Stripe event: each type reads its own members") {
    struct Case {
        std::string type, object;
        NotifiedStatus status;
        Finality finality;
        std::int64_t amount;
        std::string currency, order_id, link_id, transaction_id, charge_id;
    };
    const std::string unpaid = with(session, R"("paid")", R"("unpaid")");
    const std::string free_session = with(with(session, R"("paid")", R"("no_payment_required")"), "250000", "0");
    using enum NotifiedStatus;
    const std::vector<Case> cases = {
        {"checkout.session.completed", session, succeeded, Finality::final, 250000, "VND", "TB-1", "cs_test_fake1",
         "pi_fake1", "pi_fake1"},
        {"checkout.session.completed", unpaid, pending, Finality::final, 250000, "VND", "TB-1", "cs_test_fake1",
         "pi_fake1", "pi_fake1"},
        {"checkout.session.completed", free_session, succeeded, Finality::final, 0, "VND", "TB-1", "cs_test_fake1",
         "pi_fake1", "pi_fake1"},
        {"checkout.session.async_payment_succeeded", session, succeeded, Finality::final, 250000, "VND", "TB-1",
         "cs_test_fake1", "pi_fake1", "pi_fake1"},
        {"checkout.session.async_payment_failed", unpaid, failed, Finality::final, 250000, "VND", "TB-1",
         "cs_test_fake1", "pi_fake1", "pi_fake1"},
        {"checkout.session.expired", unpaid, cancelled, Finality::final, 250000, "VND", "TB-1", "cs_test_fake1", "",
         ""},
        {"payment_intent.succeeded", intent, succeeded, Finality::final, 200, "USD", "TB-2", "pi_fake2", "pi_fake2",
         "pi_fake2"},
        {"payment_intent.payment_failed", intent, failed, Finality::retryable, 300, "USD", "TB-2", "pi_fake2",
         "pi_fake2", "pi_fake2"},
        {"payment_intent.canceled", intent, cancelled, Finality::final, 300, "USD", "TB-2", "pi_fake2", "pi_fake2",
         "pi_fake2"},
        {"invoice.payment_succeeded", invoice, succeeded, Finality::final, 500, "EUR", "TB-3", "in_fake3", "in_fake3",
         ""},
        {"invoice.paid", invoice, succeeded, Finality::final, 500, "EUR", "TB-3", "in_fake3", "in_fake3", ""},
    };
    for (const Case& c : cases) {
        CAPTURE(c.type);
        const Verdict verdict = verify_body(event(c.type, c.object));
        REQUIRE(outcome(verdict) == "ok");
        const PaymentNotification& n = verdict->notification;
        CHECK(n.gateway == Gateway::stripe);
        CHECK(n.status == c.status);
        CHECK(n.finality == c.finality);
        REQUIRE(n.amount.has_value());
        CHECK(n.amount->minor_units == c.amount);
        CHECK(n.amount->currency.code() == c.currency);
        CHECK(n.order_id == c.order_id);
        CHECK(n.link_id == c.link_id);
        CHECK(n.transaction_id == c.transaction_id);
        CHECK(n.charge_id == c.charge_id);
        CHECK(n.event_id == "evt_fake1");
        CHECK(n.dedup_key == "evt_fake1");
        CHECK(n.occurred_at == test::at_second(1763711995));
    }
}

TEST_CASE("Stripe event: one that is not about a payment is ignored, whatever its object is") {
    for (const std::string& body :
         {event("customer.created", "{}"), event("charge.succeeded", session), event("payment_intent.created", "7"),
          event("Checkout.session.completed", session), event("", session),
          event("checkout.session.completed", with(with(session, R"("payment")", R"("setup")"), "250000", "null"))}) {
        CAPTURE(body);
        const Verdict verdict = verify_body(body);
        REQUIRE(outcome(verdict) == "ok");
        CHECK(verdict->notification.status == NotifiedStatus::ignored);
        CHECK_FALSE(verdict->notification.amount.has_value());
        CHECK(verdict->notification.order_id.empty());
        CHECK(verdict->notification.dedup_key == "evt_fake1");
    }
}

TEST_CASE("Stripe event: order id and e-mail fall back, and a missing one is empty") {
    const auto read = [](const std::string& body) {
        const Verdict verdict = verify_body(body);
        REQUIRE(outcome(verdict) == "ok");
        return verdict->notification;
    };
    CHECK(read(paid_event).payer_email == "payer@example.com");
    CHECK(read(with(paid_event, R"("payer@example.com")", "null")).payer_email == "details@example.com");
    CHECK(read(with(with(paid_event, R"("payer@example.com")", "null"), R"({"email":"details@example.com"})", "null"))
              .payer_email.empty());
    CHECK(read(with(paid_event, "payer@example.com", R"(a@b\r\nBcc: c@d)")).payer_email == "details@example.com");
    CHECK(read(with(paid_event, R"({"order_id":"TB-1"})", "{}")).order_id == "ref-1");
    CHECK(read(with(paid_event, R"({"order_id":"TB-1"})", R"({"order_id":""})")).order_id == "ref-1");
    CHECK(read(with(paid_event, R"({"order_id":"TB-1"})", "null")).order_id == "ref-1");
    CHECK(read(with(with(paid_event, R"({"order_id":"TB-1"})", "{}"), R"("ref-1")", "null")).order_id.empty());
    CHECK(read(with(paid_event, R"("pi_fake1")", "null")).transaction_id.empty());
    CHECK(read(with(paid_event, R"("pi_fake1")", R"({"id":"pi_expanded","object":"payment_intent"})")).charge_id ==
          "pi_expanded");
    CHECK(read(with(paid_event, R"("pi_fake1")", R"("sub_1")")).charge_id.empty());
}

TEST_CASE("Stripe event: a configured mode refuses the other one, and an event that does not say") {
    stripe::Config live = config();
    live.mode = stripe::Mode::live;
    stripe::Config test_mode = config();
    test_mode.mode = stripe::Mode::test;
    CHECK(outcome(verify_body(paid_event, live)) == "account_mismatch");
    CHECK(outcome(verify_body(paid_event, test_mode)) == "ok");
    const std::string live_event = with(paid_event, R"("livemode":false)", R"("livemode":true)");
    CHECK(outcome(verify_body(live_event, live)) == "ok");
    CHECK(outcome(verify_body(live_event, test_mode)) == "account_mismatch");
    CHECK(outcome(verify_body(live_event)) == "ok");
    CHECK(outcome(verify_body(with(paid_event, R"("livemode":false)", R"("livemode":"false")"), test_mode)) ==
          "missing_field");
}

namespace {

TestNotification notification(NotifiedStatus status) {
    return {.status = status,
            .order_id = "TB-\"1\"",
            .link_id = "cs_test_fake9",
            .transaction_id = "pi_fake9",
            .event_id = "evt_fake9",
            .amount = {1999, *Currency::parse("EUR")},
            .description = {},
            .payer_email = "payer@example.com"};
}

}  // namespace

TEST_CASE("Stripe test signer: what it signs is verified as what it was told") {
    const TimePoint now = test::at_second(now_seconds);
    stripe::Config live = config();
    live.mode = stripe::Mode::live;
    for (const stripe::Config& with_config : {config(), live}) {
        for (const NotifiedStatus status : {NotifiedStatus::succeeded, NotifiedStatus::pending, NotifiedStatus::failed,
                                            NotifiedStatus::cancelled, NotifiedStatus::ignored}) {
            const TestNotification told = notification(status);
            const auto signed_request = stripe::sign(told, with_config, now);
            REQUIRE(signed_request.has_value());
            CHECK(signed_request->path == "/webhooks/stripe");
            const Verdict verdict = stripe::verify(*signed_request, with_config, now);
            REQUIRE(outcome(verdict) == "ok");
            const PaymentNotification& n = verdict->notification;
            CHECK(n.status == status);
            CHECK(n.event_id == told.event_id);
            if (status != NotifiedStatus::ignored) {
                CHECK(n.order_id == told.order_id);
                CHECK(n.link_id == told.link_id);
                CHECK(n.transaction_id == (status == NotifiedStatus::cancelled ? "" : told.transaction_id));
                CHECK(n.amount == told.amount);
                CHECK(n.payer_email == told.payer_email);
            }
        }
    }
}

TEST_CASE("Stripe test signer: what Stripe could not send is invalid_argument") {
    const auto refused = [](auto change, stripe::Config with_config = config()) {
        TestNotification told = notification(NotifiedStatus::succeeded);
        change(told);
        const auto result = stripe::sign(told, with_config, test::at_second(now_seconds));
        return !result.has_value() && result.error().code == Errc::invalid_argument;
    };
    CHECK(refused([](auto& n) { n.event_id = ""; }));
    CHECK(refused([](auto& n) { n.link_id = ""; }));
    CHECK(refused([](auto& n) { n.order_id = "\xff"; }));
    CHECK(refused([](auto& n) { n.transaction_id = "a\nb"; }));
    CHECK(refused([](auto& n) { n.amount.minor_units = -1; }));
    CHECK(refused([](auto&) {}, stripe::Config{}));
    CHECK_FALSE(refused([](auto& n) { n.order_id = n.transaction_id = n.payer_email = ""; }));
}

TEST_CASE("Stripe query: the id's prefix chooses the resource, and nothing else gets into the URL") {
    const auto url = [](const std::string& link_id) {
        QueryTarget target;
        target.link_id = link_id;
        const auto asked = stripe::query(target, config());
        return asked.has_value() ? asked->url : "refused";
    };
    CHECK(url("cs_test_a1") == "https://api.stripe.com/v1/checkout/sessions/cs_test_a1");
    CHECK(url("pi_a1") == "https://api.stripe.com/v1/payment_intents/pi_a1");
    for (const char* bad : {"", "in_a1", "cs_../refunds", "pi_a?x=1", "pi_a b"}) {
        CHECK(url(bad) == "refused");
    }
    QueryTarget target;
    target.link_id = "pi_a1";
    const auto asked = stripe::query(target, config());
    REQUIRE(asked->headers.size() == 2);
    CHECK(asked->headers[1].name == "Authorization");
    CHECK(asked->headers[1].value == "Bearer sk_test_fake");
    stripe::Config bad = config();
    bad.api_key = Secret("sk\r\nX: y");
    CHECK_FALSE(stripe::query(target, bad).has_value());
    bad.api_key = Secret();
    CHECK_FALSE(stripe::query(target, bad).has_value());
}

TEST_CASE("Stripe answer: read by what was asked for") {
    const auto answer = [](const std::string& link_id, const std::string& body, const std::string& order_id = {},
                           int status = 200, stripe::Config with_config = config()) {
        QueryTarget target;
        target.link_id = link_id;
        target.order_id = order_id;
        return stripe::read_answer(target, with_config, {.status = status, .body = body});
    };
    const auto status = [](const Verdict& verdict) {
        return verdict.has_value() ? std::string(to_string(verdict->notification.status)) : outcome(verdict);
    };
    const std::string open = with(with(session, R"("paid")", R"("unpaid")"), R"("complete")", R"("open")");
    const std::string id = "cs_test_fake1";
    const Verdict paid = answer(id, session, "TB-1");
    REQUIRE(outcome(paid) == "ok");
    CHECK(paid->notification.status == NotifiedStatus::succeeded);
    CHECK(paid->notification.amount == Money{250000, Currency::vnd()});
    CHECK(paid->notification.charge_id == "pi_fake1");
    CHECK(paid->notification.link_id == id);
    CHECK(paid->notification.dedup_key == "query:cs_test_fake1:succeeded");
    CHECK(status(answer(id, open)) == "pending");
    CHECK(status(answer(id, with(open, R"("open")", R"("complete")"))) == "pending");
    CHECK(status(answer(id, with(open, R"("open")", R"("expired")"))) == "cancelled");
    CHECK(status(answer(id, with(with(session, R"("payment")", R"("setup")"), "250000", "null"))) == "ignored");

    const auto intent_with = [](const std::string& text) {
        return with(intent, R"("currency")", R"("status":")" + text + R"(","currency")");
    };
    const Verdict received = answer("pi_fake2", intent_with("succeeded"));
    REQUIRE(outcome(received) == "ok");
    CHECK(received->notification.amount->minor_units == 200);
    CHECK(received->notification.charge_id == "pi_fake2");
    CHECK(status(answer("pi_fake2", intent_with("canceled"))) == "cancelled");
    CHECK(status(answer("pi_fake2", intent_with("requires_payment_method"))) == "pending");
    CHECK(status(answer("pi_fake2", intent_with("processing"))) == "pending");
    CHECK(status(answer("pi_fake2", intent)) == "missing_field");

    CHECK(status(answer("cs_test_other", session)) == "bad_order_code");
    CHECK(status(answer("pi_fake1", session)) == "unsupported_type");
    CHECK(status(answer(id, session, "TB-other")) == "bad_order_code");
    CHECK(status(answer("in_1", invoice)) == "bad_order_code");
    CHECK(status(answer(id, session, {}, 404)) == "unsupported_value");
    CHECK(status(answer(id, "")) == "malformed_body");
    CHECK(status(answer(id, with(session, "250000", "1e3"))) == "bad_amount");
    stripe::Config live = config();
    live.mode = stripe::Mode::live;
    CHECK(status(answer(id, session, {}, 200, live)) == "account_mismatch");
    CHECK(status(answer(id, with(session, R"("mode")", R"("livemode":true,"mode")"), {}, 200, live)) == "succeeded");
}
