#include <doctest/doctest.h>

#include <string>
#include <ticketbottle/gateway/standard_webhooks.hpp>
#include <vector>

#include "core/crypto.hpp"
#include "unit/gateway/outcome.hpp"

namespace crypto = ticketbottle::crypto;
namespace standard = ticketbottle::standard_webhooks;
using namespace ticketbottle;
using test::outcome;
using test::with;

namespace {

constexpr std::int64_t now_seconds = 1763712000;
const std::string key = "fake-secret-of-thirty-two-bytes!";
const std::string secret = "whsec_ZmFrZS1zZWNyZXQtb2YtdGhpcnR5LXR3by1ieXRlcyE=";
const std::string seed = "fake-ed25519-seed-of-32-bytes-!!";
const std::string private_key = "whsk_ZmFrZS1lZDI1NTE5LXNlZWQtb2YtMzItYnl0ZXMtISE=";
const std::string private_key_64 =
    "whsk_ZmFrZS1lZDI1NTE5LXNlZWQtb2YtMzItYnl0ZXMtISHTslbyYODRKoQ49geDiX/1m7V2nI6NZO2hZFkTIgDHOQ==";
const std::string public_key = "whpk_07JW8mDg0SqEOPYHg4l/9Zu1dpyOjWTtoWRZEyIAxzk=";

const std::string body =
    R"({"type":"payment.succeeded","timestamp":"2025-11-21T08:00:00Z","data":{"order_id":"TB-1","payment_id":"pay_1","amount":250000,"currency":"VND"}})";
// standardwebhooks 1.1.1 (npm): new Webhook(secret).sign("msg_fake_1", new Date(1763712000000), body).
const std::string sdk_v1 = "v1,JpQ2OkdsTyLs5NHyXSWCv7yBkbO1YgKI0XHt+mzhN0w=";
// Node 20.20.2: crypto.sign(null, "msg_fake_1.1763712000." + body, key of the seed).
const std::string node_v1a =
    "v1a,/xeSbSR7Qo/fyfESaGl8him0OkLwGATFDW6z26z/GGBRp9amNHDD9Q74aoi1QTCjAn/dvkEesooj+Fi3JjngBA==";

standard::Config config(std::initializer_list<std::string> secrets = {secret}) {
    standard::Config made;
    for (const std::string& text : secrets) {
        made.secrets.emplace_back(text);
    }
    return made;
}

Request request(std::string text, std::string signature, std::string timestamp = "1763712000",
                std::string id = "msg_fake_1") {
    return {.method = "POST",
            .path = "/webhooks/standard",
            .query = {},
            .headers = {{"Webhook-Id", std::move(id)},
                        {"webhook-timestamp", std::move(timestamp)},
                        {"WEBHOOK-SIGNATURE", std::move(signature)}},
            .body = std::move(text)};
}

std::string v1(const std::string& text, const std::string& timestamp = "1763712000",
               const std::string& id = "msg_fake_1", const std::string& with_key = key) {
    const auto mac = crypto::hmac_sha256(with_key, {id, ".", timestamp, ".", text});
    return "v1," + crypto::base64({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

Verdict verify(const Request& made, const standard::Config& with_config = config(), std::int64_t now = now_seconds) {
    return standard::verify(made, with_config, test::at_second(now));
}

}  // namespace

TEST_CASE("Standard Webhooks: a delivery signed by the npm SDK is verified and decoded") {
    const Verdict verdict = verify(request(body, sdk_v1));
    REQUIRE(outcome(verdict) == "ok");
    const PaymentNotification& n = verdict->notification;
    CHECK(n.gateway == Gateway::standard_webhooks);
    CHECK(n.status == NotifiedStatus::succeeded);
    CHECK(n.order_id == "TB-1");
    CHECK(n.transaction_id == "pay_1");
    CHECK(n.charge_id == "pay_1");
    CHECK(n.event_id == "msg_fake_1");
    CHECK(n.dedup_key == "msg_fake_1");
    CHECK(n.amount == Money{250000, Currency::vnd()});
    CHECK(n.occurred_at == test::at_second(now_seconds));
}

TEST_CASE("Standard Webhooks: signature tokens") {
    struct Case {
        std::string signature, expected;
    };
    const std::string other = v1(body, "1763712000", "msg_fake_1", "another-secret-of-32-bytes-long!");
    std::string many_bad;
    for (int i = 0; i < 40; ++i) {
        many_bad += other + " ";
    }
    const std::vector<Case> cases = {
        {sdk_v1, "ok"},
        {other + " " + sdk_v1, "ok"},
        {sdk_v1 + " " + other, "ok"},
        {many_bad + sdk_v1, "ok"},
        {"garbage v9,abc , v1 v1, " + sdk_v1 + "  ", "ok"},
        {"", "missing_signature"},
        {" ", "bad_signature"},
        {"garbage", "bad_signature"},
        {other, "bad_signature"},
        {sdk_v1.substr(3), "bad_signature"},
        {"v2," + sdk_v1.substr(3), "bad_signature"},
        {"V1," + sdk_v1.substr(3), "bad_signature"},
        {"v1=" + sdk_v1.substr(3), "bad_signature"},
        {"v1a," + sdk_v1.substr(3), "bad_signature"},
        {sdk_v1.substr(0, sdk_v1.size() - 1), "bad_signature"},  // padding lost
        {with(sdk_v1, "N0w=", "N0x="), "bad_signature"},         // the same bytes, not canonical
        {with(sdk_v1, "+", "-"), "bad_signature"},               // URL alphabet
        {sdk_v1 + "," + sdk_v1, "bad_signature"},
        {many_bad + many_bad + many_bad + many_bad + std::string(8192, 'x'), "malformed_header"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.signature.substr(0, 300));
        CHECK(outcome(verify(request(body, c.signature))) == c.expected);
    }
    CHECK(outcome(verify(request(body + " ", sdk_v1))) == "bad_signature");
    CHECK(outcome(verify(request(body, sdk_v1, "1763712001"))) == "bad_signature");
    CHECK(outcome(verify(request(body, sdk_v1, "1763712000", "msg_fake_2"))) == "bad_signature");
}

TEST_CASE("Standard Webhooks: identifier and timestamp headers") {
    struct Case {
        std::string timestamp, id, expected;
    };
    const std::vector<Case> cases = {
        {"1763711700", "m", "ok"},
        {"1763711699", "m", "timestamp_expired"},
        {"1763712300", "m", "ok"},
        {"1763712301", "m", "timestamp_future"},
        {"99999999999999999999", "m", "timestamp_future"},
        {"0", "m", "timestamp_expired"},
        {"", "m", "missing_signature"},
        {"01763712000", "m", "malformed_header"},
        {"1763712000.0", "m", "malformed_header"},
        {"1763712000abc", "m", "malformed_header"},
        {"-1763712000", "m", "malformed_header"},
        {"+1763712000", "m", "malformed_header"},
        {" 1763712000", "m", "malformed_header"},
        {"NaN", "m", "malformed_header"},
        {"1763712000", "", "missing_signature"},
        {"1763712000", "thông-báo", "ok"},
        {"1763712000", "\xff", "malformed_header"},
        {"1763712000", std::string(256, 'm'), "malformed_header"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.timestamp);
        CAPTURE(c.id);
        CHECK(outcome(verify(request(body, v1(body, c.timestamp, c.id), c.timestamp, c.id))) == c.expected);
    }
    for (std::size_t index = 0; index < 3; ++index) {
        Request lacking = request(body, sdk_v1);
        lacking.headers.erase(lacking.headers.begin() + static_cast<std::ptrdiff_t>(index));
        CHECK(outcome(verify(lacking)) == "missing_signature");
    }
    CHECK(outcome(verify(request("not json", v1("not json", "1763711699"), "1763711699"))) == "timestamp_expired");
}

TEST_CASE("Standard Webhooks: v1a is Ed25519, by a public key and by nothing else") {
    CHECK(outcome(verify(request(body, node_v1a), config({public_key}))) == "ok");
    CHECK(outcome(verify(request(body, sdk_v1 + " " + node_v1a), config({public_key}))) == "ok");
    CHECK(outcome(verify(request(body + " ", node_v1a), config({public_key}))) == "bad_signature");
    CHECK(outcome(verify(request(body, "v1," + node_v1a.substr(4)), config({public_key}))) == "bad_signature");
    CHECK(outcome(verify(request(body, with(node_v1a, "BA==", "BB==")), config({public_key}))) == "bad_signature");
    // Key confusion: everybody has the public key, so it must never work as an HMAC key.
    const std::string public_bytes = *crypto::base64_decode(public_key.substr(5));
    const std::string confused = v1(body, "1763712000", "msg_fake_1", public_bytes);
    CHECK(outcome(verify(request(body, confused), config({public_key}))) == "bad_signature");
    CHECK(outcome(verify(request(body, "v1a," + confused.substr(3)), config({public_key}))) == "bad_signature");
    CHECK(outcome(verify(request(body, node_v1a), config({secret}))) == "bad_signature");
    // Several keys of both kinds.
    const Verdict mixed = verify(request(body, node_v1a), config({secret, public_key}));
    REQUIRE(outcome(mixed) == "ok");
    CHECK(mixed->key_index == 1);
    CHECK(verify(request(body, sdk_v1), config({private_key, public_key, secret}))->key_index == 2);
    // Costly signatures are limited in number, wherever the good one stands.
    std::string flood;
    for (int i = 0; i < 8; ++i) {
        flood += with(node_v1a, "/xeS", "/xeT") + " ";
    }
    CHECK(outcome(verify(request(body, flood + node_v1a), config({public_key}))) == "bad_signature");
}

TEST_CASE("Standard Webhooks: a secret that is no key is a config error") {
    const auto base64 = [](std::size_t bytes) { return crypto::base64(std::string(bytes, 'k')); };
    for (const std::string& bad :
         {std::string(), std::string("whsec_"), "whsec_" + base64(23), "whsec_" + base64(65),
          std::string("whsec_not base64!"), secret.substr(0, secret.size() - 1), std::string("whpk_"),
          "whpk_" + base64(31), "whpk_" + base64(64), "whsk_" + base64(33), "WHSEC_" + base64(32)}) {
        CAPTURE(bad);
        CHECK(outcome(verify(request(body, sdk_v1), config({bad}))) == "config_error");
        CHECK(outcome(verify(request(body, sdk_v1), config({secret, bad}))) == "config_error");
    }
    CHECK(outcome(verify(request(body, sdk_v1), config({}))) == "config_error");
    CHECK(outcome(verify(request(body, sdk_v1), config({private_key}))) == "config_error");
    CHECK(outcome(verify(request(body, sdk_v1), config({secret, secret, secret, secret, secret, secret, secret, secret,
                                                        secret}))) == "config_error");
    CHECK(outcome(verify(request(body, sdk_v1), config({secret.substr(6)}))) == "ok");  // the prefix may be absent
    for (const std::size_t bytes : {24U, 64U}) {
        CHECK(outcome(verify(request(body, v1(body, "1763712000", "msg_fake_1", std::string(bytes, 'k'))),
                             config({"whsec_" + base64(bytes)}))) == "ok");
    }
}

TEST_CASE("Standard Webhooks: hostile bodies under a good signature") {
    struct Case {
        std::string text, expected;
    };
    const std::vector<Case> cases = {
        {"", "malformed_body"},
        {"\xef\xbb\xbf" + body, "malformed_body"},
        {std::string(3000, '['), "malformed_body"},
        {with(body, "TB-1", "\xff"), "malformed_body"},
        {with(body, "TB-1", R"(\ud83d)"), "malformed_body"},
        {with(body, R"("amount":250000)", R"("amount":1,"amount":250000)"), "duplicate_key"},
        {std::string(callback_body_bytes_max + 1, ' '), "malformed_body"},
        {"{}", "missing_field"},
        {with(body, R"("payment.succeeded")", "7"), "malformed_body"},
        {R"({"type":"payment.failed"})", "missing_field"},
        {R"({"type":"payment.failed","data":[]})", "malformed_body"},
        {with(body, R"("TB-1")", "null"), "missing_field"},
        {with(body, R"("TB-1")", "\"\""), "missing_field"},
        {with(body, R"("TB-1")", R"("a\nb")"), "bad_order_code"},
        {with(body, R"("pay_1")", "\"\""), "missing_field"},
        {with(body, R"("pay_1")", R"("\u0000")"), "unsupported_value"},
        {with(body, "250000", "250000.0"), "bad_amount"},
        {with(body, "250000", R"("250000")"), "bad_amount"},
        {with(body, "250000", "-1"), "bad_amount"},
        {with(body, "250000", "92233720368547758080"), "bad_amount"},
        {with(body, R"("VND")", R"("VNDX")"), "unsupported_value"},
        {with(body, R"(,"currency":"VND")", ""), "missing_field"},
        {with(body, "2025-11-21T08:00:00Z", "yesterday"), "ok"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text.substr(0, 400));
        CHECK(outcome(verify(request(c.text, v1(c.text)))) == c.expected);
    }
}

TEST_CASE("Standard Webhooks: the type gives the status, an unknown one is ignored") {
    const auto status_of = [](const std::string& type) {
        const std::string text = with(body, "payment.succeeded", type);
        const Verdict verdict = verify(request(text, v1(text)));
        REQUIRE(outcome(verdict) == "ok");
        CHECK(verdict->notification.amount.has_value() == (verdict->notification.status != NotifiedStatus::ignored));
        return verdict->notification.status;
    };
    CHECK(status_of("payment.succeeded") == NotifiedStatus::succeeded);
    CHECK(status_of("payment.failed") == NotifiedStatus::failed);
    CHECK(status_of("payment.cancelled") == NotifiedStatus::cancelled);
    CHECK(status_of("payment.Succeeded") == NotifiedStatus::ignored);
    CHECK(status_of("customer.created") == NotifiedStatus::ignored);
}

TEST_CASE("Standard Webhooks test signer: what it signs is verified as what it was told") {
    const TimePoint now = test::at_second(now_seconds);
    TestNotification told{.status = NotifiedStatus::succeeded,
                          .order_id = "TB-1",
                          .link_id = {},
                          .transaction_id = "pay_1",
                          .event_id = "msg_fake_1",
                          .amount = {250000, Currency::vnd()},
                          .description = {},
                          .payer_email = {}};
    for (const auto& [signer, verifier] :
         {std::pair(secret, secret), std::pair(private_key, public_key), std::pair(private_key_64, public_key)}) {
        for (const NotifiedStatus status :
             {NotifiedStatus::succeeded, NotifiedStatus::failed, NotifiedStatus::cancelled, NotifiedStatus::ignored}) {
            told.status = status;
            const auto signed_request = standard::sign(told, config({signer}), now);
            REQUIRE(signed_request.has_value());
            const Verdict verdict = verify(*signed_request, config({verifier}));
            REQUIRE(outcome(verdict) == "ok");
            CHECK(verdict->notification.status == status);
            CHECK(verdict->notification.dedup_key == "msg_fake_1");
        }
    }
    const auto refused = [&](auto change, const standard::Config& with_config = config()) {
        TestNotification changed = told;
        changed.status = NotifiedStatus::succeeded;
        change(changed);
        const auto result = standard::sign(changed, with_config, now);
        return !result.has_value() && result.error().code == Errc::invalid_argument;
    };
    CHECK(refused([](auto& n) { n.status = NotifiedStatus::pending; }));
    CHECK(refused([](auto& n) { n.event_id = "a b"; }));
    CHECK(refused([](auto& n) { n.order_id = ""; }));
    CHECK(refused([](auto& n) { n.transaction_id = ""; }));
    CHECK(refused([](auto& n) { n.amount.minor_units = -1; }));
    CHECK(refused([](auto&) {}, config({public_key})));
    CHECK(refused([](auto&) {}, config({})));
    CHECK_FALSE(refused([](auto&) {}));
}
