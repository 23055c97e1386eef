#include <doctest/doctest.h>

#include <string>
#include <ticketbottle/gateway/gateways.hpp>

using namespace ticketbottle;

namespace {

std::string name_of(const std::optional<Gateway>& gateway) {
    return gateway ? std::string(to_string(*gateway)) : std::string("none");
}

Request post(std::string path, std::string body) {
    Request request;
    request.method = "POST";
    request.path = std::move(path);
    request.body = std::move(body);
    return request;
}

constexpr std::string_view zalopay_body = R"({"data":"{}","mac":"00","type":1})";
constexpr std::string_view envelope =
    R"({"version":"0","detail-type":"checkout.session.completed","source":"aws.partner/stripe.com/ed_1","detail":{}})";

}  // namespace

TEST_CASE("Route: the segment after webhook or webhooks names the gateway, in any case and behind any stage") {
    struct Row {
        const char* path;
        const char* gateway;
    };
    for (const Row& row : {Row{"/webhook/zalopay", "zalopay"},
                           Row{"/webhooks/zalo-pay", "zalopay"},
                           Row{"/prod/webhook/payos", "payos"},
                           Row{"/a/b/webhooks/pay-os/x", "payos"},
                           Row{"/Webhook/VNPay", "vnpay"},
                           Row{"/webhooks/vn-pay/ipn", "vnpay"},
                           Row{"/webhooks/stripe/", "stripe"},
                           Row{"/webhook/MOMO", "momo"},
                           Row{"/webhooks/standard", "standard-webhooks"},
                           Row{"/webhooks/standard-webhooks", "standard-webhooks"},
                           Row{"webhook/momo", "momo"},
                           Row{"/webhook/webhook/momo", "momo"},
                           Row{"/webhook/momo/webhook/stripe", "momo"},
                           Row{"/webhook/zalopayx", "none"},
                           Row{"/zalopay", "none"},
                           Row{"/webhook/x/zalopay", "none"},
                           Row{"/webhook", "none"},
                           Row{"/webhook/", "none"},
                           Row{"/webhook//momo", "none"},
                           Row{"", "none"},
                           Row{"/webhook/zalo%70ay", "none"},
                           Row{"/mywebhook/momo", "none"}}) {
        CAPTURE(row.path);
        CHECK(name_of(route(post(row.path, ""))) == row.gateway);
    }
}

TEST_CASE("Route: a path that names a gateway is never overruled by headers, query or body") {
    Request request = post("/webhook/momo", std::string(zalopay_body));
    request.headers.push_back({"Stripe-Signature", "t=1,v1=00"});
    request.query = "vnp_SecureHash=1";
    CHECK(name_of(route(request)) == "momo");
}

TEST_CASE("Route: with no gateway in the path the shape decides") {
    Request request = post("/webhook", "{}");
    CHECK(name_of(route(request)) == "none");
    request.headers.push_back({"STRIPE-signature", ""});
    CHECK(name_of(route(request)) == "stripe");
    request.headers = {{"Webhook-Signature", "v1,x"}};
    CHECK(name_of(route(request)) == "standard-webhooks");
    request.headers.clear();
    request.query = "a=1&vnp_TxnRef=2";
    CHECK(name_of(route(request)) == "vnpay");
    request.query = "a=vnp_TxnRef";
    CHECK(name_of(route(request)) == "none");

    CHECK(name_of(route(post("/hook", std::string(zalopay_body)))) == "zalopay");
    CHECK(name_of(route(post("/hook", R"({"code":"00","desc":"","data":{},"signature":"00"})"))) == "payos");
    CHECK(name_of(route(post("/hook", R"({"partnerCode":"M","signature":"00"})"))) == "momo");
    CHECK(name_of(route(post("/hook", R"({"data":"{}","type":1})"))) == "none");
    CHECK(name_of(route(post("/hook", R"(["data","mac","type"])"))) == "none");
    CHECK(name_of(route(post("/hook", std::string(zalopay_body) + "x"))) == "none");
    CHECK(name_of(route(post("/hook", std::string(callback_body_bytes_max, ' ') + std::string(zalopay_body)))) ==
          "none");
}

TEST_CASE("Route: an EventBridge envelope counts only when it did not come over HTTP") {
    const auto invocation = request_from_invocation(envelope);
    REQUIRE(invocation.has_value());
    CHECK(name_of(route(*invocation)) == "stripe-eventbridge");
    CHECK(name_of(route(post("/webhook", std::string(envelope)))) == "none");
    Request claimed = post("/webhook", std::string(envelope));
    claimed.method = "INVOKE";
    CHECK(name_of(route(claimed)) == "none");
}

TEST_CASE("Gateways: an envelope that came over HTTP is refused as untrusted, whatever it says") {
    Gateways gateways;
    auto& config = gateways.stripe_eventbridge.emplace();
    config.sources = {"aws.partner/stripe.com/ed_1"};
    config.account = "111122223333";
    Request request = post("/webhook/stripe", std::string(envelope));
    for (const char* method : {"POST", "INVOKE"}) {
        request.method = method;
        const Verdict verdict = verify(gateways, Gateway::stripe_eventbridge, request, TimePoint{});
        REQUIRE(!verdict.has_value());
        CHECK(verdict.error().reason == Reason::untrusted_source);
    }
}

TEST_CASE("Gateways: one that is not configured refuses every verb") {
    const Gateways none;
    Request request;
    for (std::size_t i = 0; i < gateway_count; ++i) {
        const auto gateway = static_cast<Gateway>(i);
        CAPTURE(to_string(gateway));
        const Verdict verdict = verify(none, gateway, request, TimePoint{});
        REQUIRE(!verdict.has_value());
        CHECK(verdict.error().reason == Reason::config_error);
        const auto signed_request = sign(none, gateway, TestNotification{}, TimePoint{});
        REQUIRE(!signed_request.has_value());
        CHECK(signed_request.error().code == Errc::invalid_argument);
        const bool unasked = gateway == Gateway::standard_webhooks || gateway == Gateway::stripe_eventbridge;
        const auto asked = query(none, gateway, QueryTarget{}, TimePoint{});
        REQUIRE(!asked.has_value());
        CHECK(asked.error().code == (unasked ? Errc::unsupported : Errc::invalid_argument));
        const Verdict answer = read_answer(none, gateway, QueryTarget{}, HttpAnswer{});
        REQUIRE(!answer.has_value());
        CHECK(answer.error().reason ==
              (gateway == Gateway::standard_webhooks ? Reason::unsupported_value : Reason::config_error));
    }
}

TEST_CASE("Gateways: each verb reaches the gateway it names") {
    Gateways gateways;
    auto& zalopay = gateways.zalopay.emplace();
    zalopay.app_id = 990001;
    zalopay.key1 = Secret("fake-key1");
    zalopay.key2 = {Secret("fake-key2")};
    gateways.vnpay.emplace().tmn_code = "TBFAKE01";
    gateways.vnpay->hash_secrets = {Secret("fake-hash-secret")};
    auto& momo = gateways.momo.emplace();
    momo.partner_code = "MOMOFAKE";
    momo.access_key = "fake-access";
    momo.secret_keys = {Secret("fake-secret")};
    TestNotification notification;
    notification.order_id = "TB-1";
    notification.transaction_id = "42";
    notification.amount.minor_units = 1000;
    QueryTarget target;
    target.order_id = "TB-1";
    target.request_id = "r1";
    for (const Gateway gateway : {Gateway::zalopay, Gateway::vnpay, Gateway::momo}) {
        CAPTURE(to_string(gateway));
        const auto request = sign(gateways, gateway, notification, TimePoint{});
        REQUIRE(request.has_value());
        CHECK(route(*request) == gateway);
        const Verdict verdict = verify(gateways, gateway, *request, TimePoint{});
        REQUIRE(verdict.has_value());
        CHECK(verdict->notification.gateway == gateway);
        CHECK(query(gateways, gateway, target, TimePoint{}).has_value());
        const Verdict answer = read_answer(gateways, gateway, target, HttpAnswer{200, "{}"});
        REQUIRE(!answer.has_value());
        CHECK(answer.error().reason != Reason::config_error);
    }
}
