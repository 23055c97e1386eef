#include <doctest/doctest.h>

#include <string>
#include <ticketbottle/gateway/stripe.hpp>
#include <vector>

#include "unit/gateway/outcome.hpp"

namespace stripe = ticketbottle::stripe;
using namespace ticketbottle;
using test::outcome;
using test::with;

namespace {

const std::string source = "aws.partner/stripe.com/ed_test_fake";

stripe::EventBridgeConfig config() { return {.sources = {source}, .account = "111122223333", .mode = std::nullopt}; }

const std::string detail =
    R"({"id":"evt_fake1","object":"event","created":1763711995,"data":{"object":{"id":"cs_test_fake1","object":"checkout.session","amount_total":250000,)"
    R"("currency":"vnd","metadata":{"order_id":"TB-1"},"payment_intent":"pi_fake1","payment_status":"paid"}},"livemode":false,"type":"checkout.session.completed"})";

std::string envelope(const std::string& inner = detail) {
    return R"({"version":"0","id":"17e8dff5-0000-4000-8000-00000000eb01","detail-type":"checkout.session.completed","source":")" +
           source +
           R"(","account":"111122223333","time":"2025-11-21T08:00:00Z","region":"eu-west-1","resources":[],"detail":)" +
           inner + "}";
}

Request invoke(std::string body) {
    return {.method = "INVOKE", .path = {}, .query = {}, .headers = {}, .body = std::move(body)};
}

Verdict verify(std::string body, const stripe::EventBridgeConfig& with_config = config()) {
    return stripe::verify_event_bridge(invoke(std::move(body)), with_config);
}

}  // namespace

TEST_CASE("EventBridge: a genuine envelope gives its detail's event") {
    const Verdict verdict = verify(envelope());
    REQUIRE(outcome(verdict) == "ok");
    const PaymentNotification& n = verdict->notification;
    CHECK(n.gateway == Gateway::stripe_eventbridge);
    CHECK(n.status == NotifiedStatus::succeeded);
    CHECK(n.order_id == "TB-1");
    CHECK(n.link_id == "cs_test_fake1");
    CHECK(n.transaction_id == "pi_fake1");
    CHECK(n.amount == Money{250000, Currency::vnd()});
    // The event's own id, so that the same event by webhook is known again.
    CHECK(n.event_id == "evt_fake1");
    CHECK(n.dedup_key == "evt_fake1");
    CHECK(n.occurred_at == test::at_second(1763711995));
}

TEST_CASE("EventBridge: only the exact source and account are trusted") {
    struct Case {
        std::string from, to, expected;
    };
    const std::vector<Case> cases = {
        {source, "stripe.com", "untrusted_source"},
        {source, source + "x", "untrusted_source"},
        {source, "aws.partner/stripe.com/", "untrusted_source"},
        {source, "aws.partner/stripe.com.evil/ed_test_fake", "untrusted_source"},
        {source, "AWS.partner/stripe.com/ed_test_fake", "untrusted_source"},
        {source, " " + source, "untrusted_source"},
        {source, source + R"(\u0000)", "untrusted_source"},
        {'"' + source + '"', '[' + ('"' + source + "\"]"), "untrusted_source"},
        {'"' + source + '"', "null", "untrusted_source"},
        {R"("source")", R"("Source")", "untrusted_source"},
        {R"("source")", R"("source":"x","source")", "duplicate_key"},
        {"111122223333", "111122223334", "account_mismatch"},
        {R"("111122223333")", "111122223333", "account_mismatch"},
        {R"("account")", R"("Account")", "account_mismatch"},
    };
    for (const Case& c : cases) {
        const std::string body = with(envelope(), c.from, c.to);
        CAPTURE(body);
        CHECK(outcome(verify(body)) == c.expected);
    }
    stripe::EventBridgeConfig two = config();
    two.sources = {"aws.partner/stripe.com/ed_other", source};
    CHECK(outcome(verify(envelope(), two)) == "ok");
}

TEST_CASE("EventBridge: the detail must be a whole snapshot event of the announced type") {
    struct Case {
        std::string body, expected;
    };
    const std::vector<Case> cases = {
        {detail, "untrusted_source"},  // a bare Stripe event
        {with(envelope(), R"(,"detail":)" + detail, ""), "malformed_body"},
        {envelope("null"), "malformed_body"},
        {envelope("[]"), "malformed_body"},
        {envelope(R"("{}")"), "malformed_body"},
        {envelope("{}"), "missing_field"},
        {envelope(R"({"data":{"object":{}}})"), "missing_field"},
        {envelope(with(detail, R"("object":"event")", R"("object":"v2.core.event")")), "unsupported_type"},
        {envelope(with(detail, R"("type":"checkout.session.completed")", R"("type":"payment_intent.succeeded")")),
         "malformed_body"},
        {with(envelope(), R"("detail-type":"checkout.session.completed",)", ""), "missing_field"},
        {envelope(with(detail, "250000", "250000.5")), "bad_amount"},
        {envelope(with(detail, R"("evt_fake1")", "null")), "missing_field"},
        {"", "malformed_body"},
        {"\xef\xbb\xbf" + envelope(), "malformed_body"},
        {envelope(std::string(3000, '[') + std::string(3000, ']')), "malformed_body"},
        {std::string(proxy_event_bytes_max + 1, ' '), "malformed_body"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.body.substr(0, 400));
        CHECK(outcome(verify(c.body)) == c.expected);
    }
    CHECK(verify(envelope(with(detail, "250000", "2.5"))).error().detail ==
          "detail.data.object.amount_total: not a 64-bit integer");
    const Verdict unrelated = verify(with(with(envelope(), "checkout.session.completed", "customer.created"),
                                          "checkout.session.completed", "customer.created"));
    REQUIRE(outcome(unrelated) == "ok");
    CHECK(unrelated->notification.status == NotifiedStatus::ignored);
}

TEST_CASE("EventBridge: an envelope that came over HTTP is not one that AWS delivered") {
    Request posted = invoke(envelope());
    posted.method = "POST";
    CHECK(outcome(stripe::verify_event_bridge(posted, config())) == "untrusted_source");
    posted = invoke(envelope());
    posted.path = "/webhooks/stripe";
    CHECK(outcome(stripe::verify_event_bridge(posted, config())) == "untrusted_source");
}

TEST_CASE("EventBridge: no source, an empty source or no account is a config error") {
    stripe::EventBridgeConfig bad = config();
    bad.sources = {};
    CHECK(outcome(verify(envelope(), bad)) == "config_error");
    bad.sources = {source, ""};
    CHECK(outcome(verify(with(envelope(), source, ""), bad)) == "config_error");
    bad = config();
    bad.account = "";
    CHECK(outcome(verify(with(envelope(), "111122223333", ""), bad)) == "config_error");
    bad.account = "11112222333";
    CHECK(outcome(verify(envelope(), bad)) == "config_error");
}

TEST_CASE("EventBridge: a configured mode is compared with livemode") {
    stripe::EventBridgeConfig live = config();
    live.mode = stripe::Mode::live;
    CHECK(outcome(verify(envelope(), live)) == "account_mismatch");
    CHECK(outcome(verify(with(envelope(), R"("livemode":false)", R"("livemode":true)"), live)) == "ok");
}

TEST_CASE("EventBridge: a partial detail is taken only where that is configured") {
    const std::string partial =
        R"({"data":{"object":{"id":"cs_1","amount_total":5,"currency":"eur","metadata":{"order_id":"7"},"payment_status":"paid"}}})";
    CHECK(outcome(verify(envelope(partial))) == "missing_field");
    stripe::EventBridgeConfig accepting = config();
    accepting.partial_detail = stripe::PartialDetail::accept;
    const Verdict verdict = verify(envelope(partial), accepting);
    REQUIRE(outcome(verdict) == "ok");
    CHECK(verdict->notification.status == NotifiedStatus::succeeded);
    CHECK(verdict->notification.order_id == "7");
    CHECK(verdict->notification.dedup_key == "17e8dff5-0000-4000-8000-00000000eb01");
    CHECK(verdict->notification.occurred_at == test::at_second(1763712000));
    // A whole event stays subject to the whole event's rules.
    CHECK(outcome(verify(envelope(), accepting)) == "ok");
    CHECK(outcome(verify(envelope(with(detail, R"("object":"event",)", "")), accepting)) == "missing_field");
    CHECK(outcome(verify(envelope(with(detail, R"("type":"checkout.session.completed")", R"("type":"x")")),
                         accepting)) == "malformed_body");
    CHECK(outcome(verify(with(envelope(partial), R"("id":"17e8dff5-0000-4000-8000-00000000eb01",)", ""), accepting)) ==
          "missing_field");
    accepting.mode = stripe::Mode::test;
    CHECK(outcome(verify(envelope(partial), accepting)) == "missing_field");
}

TEST_CASE("EventBridge test wrapper: what it wraps is verified as what it was told") {
    const TimePoint now = test::at_second(1763712000);
    for (const NotifiedStatus status : {NotifiedStatus::succeeded, NotifiedStatus::pending, NotifiedStatus::failed,
                                        NotifiedStatus::cancelled, NotifiedStatus::ignored}) {
        const TestNotification told{.status = status,
                                    .order_id = "TB-1",
                                    .link_id = "cs_test_fake1",
                                    .transaction_id = "pi_fake1",
                                    .event_id = "evt_fake7",
                                    .amount = {250000, Currency::vnd()},
                                    .description = {},
                                    .payer_email = {}};
        const auto wrapped = stripe::wrap_event_bridge(told, config(), now);
        REQUIRE(wrapped.has_value());
        const Verdict verdict = stripe::verify_event_bridge(*wrapped, config());
        REQUIRE(outcome(verdict) == "ok");
        CHECK(verdict->notification.status == status);
        CHECK(verdict->notification.dedup_key == "evt_fake7");
    }
    CHECK_FALSE(stripe::wrap_event_bridge({}, config(), now).has_value());
    CHECK_FALSE(stripe::wrap_event_bridge({}, {}, now).has_value());
}
