#include <doctest/doctest.h>

#include <string>
#include <ticketbottle/gateway/payos.hpp>
#include <vector>

#include "gateway/payos/canonical_text.hpp"
#include "unit/gateway/outcome.hpp"

namespace payos = ticketbottle::payos;
namespace json = ticketbottle::json;
namespace crypto = ticketbottle::crypto;
using namespace ticketbottle;
using namespace std::string_literals;
using test::outcome;
using test::with;

namespace {

constexpr std::string_view key_text = "fake-checksum-key";

payos::Config config() {
    return {.checksum_keys = {Secret(key_text)}, .client_id = "fake-client", .api_key = Secret("fake-api-key")};
}

std::string canonical(const std::string& text) {
    const auto document = json::parse(text);
    REQUIRE(document.has_value());
    const auto canon = payos::canonical_text(document->root(), "data");
    return canon.has_value() ? *canon : "refused: " + std::string(to_string(canon.error().reason));
}

/// A body around `data`, signed over its canonical text (or over `signed_as`, where that differs).
std::string body_of(const std::string& data, const std::string& signed_as, std::string_view key = key_text) {
    return R"({"code":"00","desc":"success","success":true,"data":)" + data + R"(,"signature":")" +
           crypto::lower_hex(crypto::hmac_sha256(key, {signed_as})) + "\"}";
}
std::string body_of(const std::string& data) { return body_of(data, canonical(data)); }

Request request(std::string body) {
    return {.method = "POST", .path = "/webhook/payos", .query = {}, .headers = {}, .body = std::move(body)};
}

Verdict verify(std::string body) { return payos::verify(request(std::move(body)), config()); }

const std::string genuine =
    R"({"orderCode":20251121000042,"amount":250000,"description":"CSTB 42","reference":"FT-FAKE-42",)"
    R"("transactionDateTime":"2025-11-21 15:00:00","currency":"VND","paymentLinkId":"fake-link_42","code":"00","desc":"success","counterAccountName":null})";

}  // namespace

// Every expected text below was printed by @payos/node 2.0.5
// (convertObjToQueryStr(sortObjDataByKey(JSON.parse(text)))).
TEST_CASE("payOS canonical text: equals the Node SDK's, value by value") {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {R"({})", ""},
        {R"({"b":1,"a":"x","C":true,"_d":false})", "C=true&_d=false&a=x&b=1"},
        {R"({"a":null,"b":"","c":"null","d":"undefined","e":"NULL","f":" null"})", "a=&b=&c=&d=&e=NULL&f= null"},
        {R"({"10":"ten","9":"nine","a":"x","01":"lead","4294967294":"max","4294967295":"past","A":"y"})",
         "9=nine&10=ten&4294967294=max&01=lead&4294967295=past&A=y&a=x"},
        {R"({"n":[],"o":[{"b":1,"a":null}]})", R"(n=[]&o=[{"a":null,"b":1}])"},
        {R"({"t":[{"z":{"b":1,"a":[{"d":1,"c":2}]},"a":"null"},{"10":1,"9":2,"x":{"b":1,"2":0,"1":0}}]})",
         R"(t=[{"a":"null","z":{"b":1,"a":[{"d":1,"c":2}]}},{"9":2,"10":1,"x":{"1":0,"2":0,"b":1}}])"},
        {R"({"t":[{"s":"a/b\u0000\u0001\b\f\n\r\t\u001f\u007f\u2028\"\\é😀<>&"}]})",
         "t=[{\"s\":\"a/b\\u0000\\u0001\\b\\f\\n\\r\\t\\u001f\x7f\xe2\x80\xa8\\\"\\\\é😀<>&\"}]"},
        {R"({"s":"a/b\u0000\n\"é😀&=x"})", "s=a/b\0\n\"é😀&=x"s},
        {R"({"t":[{"n":25e4,"m":1e21,"k":-0,"e":{}, "f":[[],[1.50]]}]})",
         R"(t=[{"e":{},"f":[[],[1.5]],"k":0,"m":1e+21,"n":250000}])"},
    };
    for (const auto& [text, expected] : cases) {
        CAPTURE(text);
        CHECK(canonical(text) == expected);
    }
}

TEST_CASE("payOS canonical text: numbers print as ECMAScript prints them") {
    // Printed by Node 20.20.2: String(JSON.parse(token)).
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"0", "0"},
        {"-0", "0"},
        {"0.0", "0"},
        {"-0.0e5", "0"},
        {"1", "1"},
        {"-1", "-1"},
        {"250000", "250000"},
        {"250000.0", "250000"},
        {"25e4", "250000"},
        {"2.5E+5", "250000"},
        {"3e21", "3e+21"},
        {"1e21", "1e+21"},
        {"1e20", "100000000000000000000"},
        {"123456789012345678901", "123456789012345680000"},
        {"999999999999999", "999999999999999"},
        {"9007199254740991", "9007199254740991"},
        {"9007199254740993", "9007199254740992"},
        {"-9007199254740993", "-9007199254740992"},
        {"0.1", "0.1"},
        {"1.5", "1.5"},
        {"123.456", "123.456"},
        {"-0.5", "-0.5"},
        {"0.000001", "0.000001"},
        {"0.0000001", "1e-7"},
        {"1.5e-7", "1.5e-7"},
        {"1e-6", "0.000001"},
        {"123e-20", "1.23e-18"},
        {"1.7976931348623157e308", "1.7976931348623157e+308"},
        {"5e-324", "5e-324"},
        {"2.2250738585072014e-308", "2.2250738585072014e-308"},
        {"4.35", "4.35"},
        {"0.1e1", "1"},
        {"1000000000000000128", "1000000000000000100"},
        {"12345678901234567", "12345678901234568"},
        {"1e23", "1e+23"},
        {"0.00000123", "0.00000123"},
        {"1.2345678901234567e+25", "1.2345678901234566e+25"},
        {"1E-2", "0.01"},
    };
    for (const auto& [token, expected] : cases) {
        CAPTURE(token);
        std::string out;
        CHECK(payos::append_ecmascript_number(token, out));
        CHECK(out == expected);
    }
    std::string out = "kept";
    CHECK_FALSE(payos::append_ecmascript_number("1e400", out));
    CHECK_FALSE(payos::append_ecmascript_number("1e-400", out));
    CHECK(out == "kept");
}

TEST_CASE("payOS canonical text: shapes whose contents a signature cannot bind are refused") {
    for (const char* text : {R"({"a":{"b":1}})", R"({"a":{}})", R"({"a":["x"]})", R"({"a":[1]})", R"({"a":[null]})",
                             R"({"a":[{},[]]})", R"({"a-b":1})", R"({"":1})", R"({"é":1})", R"({"a=b&c":1})",
                             R"({"__proto__":1})", R"({"a":[{"__proto__":1}]})", R"({"a":[{"x y":1}]})"}) {
        CAPTURE(text);
        CHECK(canonical(text) == "refused: unsupported_value");
    }
}

TEST_CASE("payOS: a webhook signed by the Node SDK is verified and decoded") {
    // Signature by @payos/node 2.0.5, createSignatureFromObj(data, "fake-checksum-key").
    const std::string body =
        R"({"code":"99","desc":"unsigned","success":false,"data":{"orderCode":20251121000042,"amount":250000,"description":"Vé nhạc hội & more",)"
        R"("accountNumber":"0000000001","reference":"FT-FAKE-0042","transactionDateTime":"2025-11-21 15:00:00","currency":"VND",)"
        R"("paymentLinkId":"fake-link_0042","code":"00","desc":"success","counterAccountBankId":null,"counterAccountName":"null",)"
        R"("virtualAccountName":"","fee":2.50,"ok":true},"signature":"cbdaf9ed55fa06078a1de16107bd44a623493a39ad3b0d7dfb51d61b5ea9a1fd"})";
    const Verdict verdict = verify(body);
    REQUIRE(outcome(verdict) == "ok");
    const PaymentNotification& n = verdict->notification;
    CHECK(n.gateway == Gateway::payos);
    CHECK(n.status == NotifiedStatus::succeeded);  // by the signed code, whatever the unsigned one says
    CHECK(n.finality == Finality::final);
    CHECK(n.order_id == "20251121000042");
    CHECK(n.link_id == "fake-link_0042");
    CHECK(n.event_id == "fake-link_0042");
    CHECK(n.transaction_id == "FT-FAKE-0042");
    CHECK(n.charge_id == "FT-FAKE-0042");
    CHECK(n.dedup_key == "FT-FAKE-0042:20251121000042:fake-link_0042:succeeded");
    CHECK(n.amount == Money{250000, Currency::vnd()});
    CHECK(n.occurred_at == test::at_second(1763712000));  // 15:00 in GMT+7
}

TEST_CASE("payOS: each field is held to its type and range after the signature") {
    struct Case {
        std::string from, to, expected;
    };
    const std::vector<Case> cases = {
        {R"("orderCode":20251121000042,)", "", "missing_field"},
        {"20251121000042", "null", "missing_field"},
        {"20251121000042", R"("20251121000042")", "bad_order_code"},
        {"20251121000042", "20251121000042.0", "bad_order_code"},
        {"20251121000042", "2e13", "bad_order_code"},
        {"20251121000042", "0", "bad_order_code"},
        {"20251121000042", "-1", "bad_order_code"},
        {"20251121000042", "true", "bad_order_code"},
        {"20251121000042", "9007199254740992", "bad_order_code"},
        {"20251121000042", "9007199254740991", "ok"},
        {"20251121000042", "92233720368547758080", "bad_order_code"},
        {R"("fake-link_42")", "null", "missing_field"},
        {R"("fake-link_42")", R"("")", "missing_field"},
        {R"("fake-link_42")", R"("null")", "missing_field"},
        {R"("fake-link_42")", R"("undefined")", "missing_field"},
        {R"("fake-link_42")", "42", "malformed_body"},
        {R"("fake-link_42")", R"("a b")", "bad_order_code"},
        {R"("fake-link_42")", R"("z&orderCode=1")", "bad_order_code"},
        {R"("fake-link_42")", R"("a\u0000")", "bad_order_code"},
        {R"("fake-link_42")", '"' + std::string(64, 'a') + '"', "ok"},
        {R"("fake-link_42")", '"' + std::string(65, 'a') + '"', "bad_order_code"},
        {"250000", R"("250000")", "bad_amount"},
        {"250000", "250000.0", "bad_amount"},
        {"250000", "25e4", "bad_amount"},
        {"250000", "250000.5", "bad_amount"},
        {"250000", "0", "bad_amount"},
        {"250000", "-250000", "bad_amount"},
        {"250000", "9007199254740993", "bad_amount"},
        {"250000", "null", "missing_field"},
        {R"("amount":250000,)", "", "missing_field"},
        {R"("VND")", R"("USD")", "unsupported_value"},
        {R"("VND")", R"("vnd")", "unsupported_value"},
        {R"("VND")", "null", "missing_field"},
        {R"("currency":"VND",)", "", "missing_field"},
        {R"("FT-FAKE-42")", R"("undefined")", "missing_field"},
        {R"("FT-FAKE-42")", "42", "malformed_body"},
        {R"("FT-FAKE-42")", R"("F\nT")", "unsupported_value"},
        {R"("code":"00")", R"("code":"0")", "ok"},
        {R"("code":"00",)", "", "missing_field"},
        {R"("code":"00")", R"("code":0)", "malformed_body"},
        {R"("CSTB 42")", R"("a\u0000b")", "ok"},
        {R"("CSTB 42")", R"({"a":1})", "unsupported_value"},
    };
    for (const Case& c : cases) {
        const std::string data = with(genuine, c.from, c.to);
        CAPTURE(data);
        const std::string signed_as = canonical(data);
        CHECK(outcome(verify(body_of(data, signed_as))) == c.expected);
    }
    CHECK(verify(body_of(with(genuine, R"("code":"00")", R"("code":"01")")))->notification.status ==
          NotifiedStatus::failed);
}

TEST_CASE("payOS: a signed body cannot be re-cut onto another order") {
    // The payer chose the description; both bodies have one and the same canonical text.
    const std::string captured =
        R"({"amount":250000,"code":"00","currency":"VND","description":"x&orderCode=777&paymentLinkId=z","orderCode":42,)"
        R"("paymentLinkId":"real","reference":"FT1"})";
    const std::string forged = R"({"amount":250000,"code":"00","currency":"VND","description":"x","orderCode":777,)"
                               R"("paymentLinkId":"z&orderCode=42&paymentLinkId=real","reference":"FT1"})";
    REQUIRE(canonical(captured) == canonical(forged));
    CHECK(outcome(verify(body_of(captured))) == "ok");
    CHECK(outcome(verify(body_of(forged))) == "bad_order_code");
}

TEST_CASE("payOS: the envelope is judged before and apart from its contents") {
    const std::string good = body_of(genuine);
    const std::string signature = good.substr(good.size() - 66, 64);
    struct Case {
        std::string body, expected;
    };
    const std::string deep = std::string(3000, '[') + std::string(3000, ']');
    const std::vector<Case> cases = {
        {good, "ok"},
        {" \n" + good + "\r\n", "ok"},
        {"", "malformed_body"},
        {"\xef\xbb\xbf" + good, "malformed_body"},
        {good + "x", "malformed_body"},
        {"[" + good + "]", "malformed_body"},
        {"null", "malformed_body"},
        {deep, "malformed_body"},
        {with(good, R"("CSTB 42")", deep), "malformed_body"},
        {with(good, "CSTB 42", "\xff"), "malformed_body"},
        {with(good, "CSTB 42", R"(\ud800)"), "malformed_body"},
        {with(good, R"("amount":250000)", R"("amount":1,"amount":250000)"), "duplicate_key"},
        {with(good, R"("amount":250000)", R"("amount":1,"am\u006funt":250000)"), "duplicate_key"},
        {with(good, R"({"code")", R"({"data":{},"code")"), "duplicate_key"},
        {R"({"data":null,"signature":")" + signature + "\"}", "malformed_body"},
        {R"({"data":"x","signature":")" + signature + "\"}", "malformed_body"},
        {R"({"signature":")" + signature + "\"}", "malformed_body"},
        {R"({"data":)" + genuine + "}", "missing_signature"},
        {with(good, signature, ""), "missing_signature"},
        {with(good, '"' + signature + '"', "null"), "missing_signature"},
        {with(good, '"' + signature + '"', "1"), "malformed_body"},
        {with(good, signature, signature.substr(1)), "bad_signature"},
        {with(good, signature, signature + " "), "bad_signature"},
        {with(good, signature, signature + R"(\u0000)"), "bad_signature"},
        {with(good, "250000", "250001"), "bad_signature"},
        {with(good, R"("counterAccountName":null)", R"("counterAccountName":null,"x":null)"), "bad_signature"},
        {with(good, R"("counterAccountName":null)", R"("counterAccountName":"undefined")"), "ok"},
        {body_of(genuine, canonical(genuine), "another-key"), "bad_signature"},
        {std::string(callback_body_bytes_max + 1, ' '), "malformed_body"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.body.substr(0, 500));
        CHECK(outcome(verify(c.body)) == c.expected);
    }
    std::string upper = signature;
    for (char& letter : upper) {
        letter = letter >= 'a' ? static_cast<char>(letter - 'a' + 'A') : letter;
    }
    CHECK(outcome(verify(with(good, signature, upper))) == "bad_signature");
    CHECK(outcome(verify(body_of("{}", ""))) == "missing_field");
}

TEST_CASE(
    "payOS: rotated keys are all tried and the match is named; no key, an empty or a fifth one is a config error") {
    const Request good = request(body_of(genuine));
    payos::Config several = config();
    several.checksum_keys = {Secret("new"), Secret(key_text), Secret(key_text), Secret("old")};
    REQUIRE(outcome(payos::verify(good, several)) == "ok");
    CHECK(payos::verify(good, several)->key_index == 1);
    for (const Secrets& keys :
         {Secrets{}, Secrets{Secret()}, Secrets{Secret(key_text), Secret("")}, Secrets(5, Secret(key_text))}) {
        several.checksum_keys = keys;
        CHECK(outcome(payos::verify(good, several)) == "config_error");
    }
    // Signed with the empty key, by someone who hopes that it is configured.
    several.checksum_keys = {Secret("")};
    CHECK(outcome(payos::verify(request(R"({"data":{},"signature":"x"})"), several)) == "config_error");
}

TEST_CASE("payOS: a refusal tells neither payload nor key") {
    const Verdict verdict = verify(body_of(with(genuine, "FT-FAKE-42", R"(S3CRET\n)")));
    REQUIRE(outcome(verdict) == "unsupported_value");
    CHECK(verdict.error().detail == "data.reference: too long, or with control characters");
}

namespace {

TestNotification notification() {
    return {.status = NotifiedStatus::succeeded,
            .order_id = "20251121000042",
            .link_id = "fake-link_42",
            .transaction_id = "FT-FAKE-42",
            .event_id = {},
            .amount = {250000, Currency::vnd()},
            .description = "Vé \"A\" & B\n",
            .payer_email = {}};
}

}  // namespace

TEST_CASE("payOS test signer: what it signs is verified as what it was told") {
    const TimePoint now = test::at_second(1763712000);
    for (const NotifiedStatus status : {NotifiedStatus::succeeded, NotifiedStatus::failed}) {
        TestNotification told = notification();
        told.status = status;
        const auto signed_request = payos::sign(told, config(), now);
        REQUIRE(signed_request.has_value());
        CHECK(signed_request->path == "/webhook/payos");
        const Verdict verdict = payos::verify(*signed_request, config());
        REQUIRE(outcome(verdict) == "ok");
        CHECK(verdict->notification.status == status);
        CHECK(verdict->notification.order_id == told.order_id);
        CHECK(verdict->notification.link_id == told.link_id);
        CHECK(verdict->notification.transaction_id == told.transaction_id);
        CHECK(verdict->notification.amount == told.amount);
        CHECK(verdict->notification.occurred_at == now);
    }
}

TEST_CASE("payOS test signer: what payOS could not send is invalid_argument") {
    const auto refused = [](auto change, payos::Config with_config = config()) {
        TestNotification told = notification();
        change(told);
        const auto result = payos::sign(told, with_config, TimePoint());
        return !result.has_value() && result.error().code == Errc::invalid_argument;
    };
    CHECK(refused([](auto& n) { n.status = NotifiedStatus::cancelled; }));
    CHECK(refused([](auto& n) { n.order_id = "TB-1"; }));
    CHECK(refused([](auto& n) { n.order_id = "01"; }));
    CHECK(refused([](auto& n) { n.order_id = "9007199254740992"; }));
    CHECK(refused([](auto& n) { n.link_id = ""; }));
    CHECK(refused([](auto& n) { n.transaction_id = "null"; }));
    CHECK(refused([](auto& n) { n.amount.minor_units = 0; }));
    CHECK(refused([](auto& n) { n.amount.currency = *Currency::parse("USD"); }));
    CHECK(refused([](auto& n) { n.description = "\xff"; }));
    CHECK(refused([](auto&) {}, payos::Config{}));
}

TEST_CASE("payOS query: asks for the link, else the order") {
    QueryTarget target;
    target.order_id = "20251121000042";
    auto asked = payos::query(target, config());
    REQUIRE(asked.has_value());
    CHECK(asked->method == "GET");
    CHECK(asked->url == "https://api-merchant.payos.vn/v2/payment-requests/20251121000042");
    target.link_id = "fake-link_42";
    asked = payos::query(target, config());
    REQUIRE(asked.has_value());
    CHECK(asked->url == "https://api-merchant.payos.vn/v2/payment-requests/fake-link_42");
    REQUIRE(asked->headers.size() == 3);
    CHECK(asked->headers[1].name == "x-client-id");
    CHECK(asked->headers[1].value == "fake-client");
    CHECK(asked->headers[2].name == "x-api-key");
    CHECK(asked->headers[2].value == "fake-api-key");

    target.link_id = "../cancel";
    CHECK_FALSE(payos::query(target, config()).has_value());
    CHECK_FALSE(payos::query(QueryTarget{}, config()).has_value());
    target.link_id.clear();
    payos::Config bad = config();
    bad.api_key = Secret("key\r\nX-Injected: 1");
    CHECK_FALSE(payos::query(target, bad).has_value());
    bad.api_key = Secret();
    CHECK_FALSE(payos::query(target, bad).has_value());
}

namespace {

const std::string paid_link =
    R"({"id":"fake-link_0042","orderCode":20251121000042,"amount":250000,"amountPaid":250000,"amountRemaining":0,"status":"PAID",)"
    R"("createdAt":"2025-11-21T14:55:00+07:00","transactions":[{"reference":"FT-FAKE-0042","amount":250000,"accountNumber":"0000000001",)"
    R"("description":"Vé / \"A\"","transactionDateTime":"2025-11-21T15:00:00+07:00","virtualAccountName":null,"counterAccountName":null}],)"
    R"("cancellationReason":null,"canceledAt":null})";

Verdict answer(const std::string& body,
               QueryTarget target = {.order_id = "20251121000042",
                                     .link_id = "fake-link_0042",
                                     .request_id = {},
                                     .created_at = {}},
               int status = 200) {
    return payos::read_answer(target, config(), {.status = status, .body = body});
}

}  // namespace

TEST_CASE("payOS answer: one signed by the Node SDK is read") {
    // Signature by @payos/node 2.0.5 over the data above: the array of transactions is part of it.
    const Verdict verdict =
        answer(R"({"code":"00","desc":"success","data":)" + paid_link +
               R"(,"signature":"02ff7f200892e3ec59affd69b943a98598f4c4a05608f3152fea18bebcca5590"})");
    REQUIRE(outcome(verdict) == "ok");
    const PaymentNotification& n = verdict->notification;
    CHECK(n.status == NotifiedStatus::succeeded);
    CHECK(n.order_id == "20251121000042");
    CHECK(n.link_id == "fake-link_0042");
    CHECK(n.transaction_id == "FT-FAKE-0042");
    CHECK(n.amount == Money{250000, Currency::vnd()});
    // The same key as the webhook of that transfer has: whichever comes second is a duplicate.
    CHECK(n.dedup_key == "FT-FAKE-0042:20251121000042:fake-link_0042:succeeded");
    CHECK(n.occurred_at == test::at_second(1763712000));
}

TEST_CASE("payOS answer: status and amountPaid decide together") {
    struct Case {
        std::string status, paid;
        NotifiedStatus expected;
    };
    const std::vector<Case> cases = {
        {"PAID", "250000", NotifiedStatus::succeeded}, {"PAID", "250001", NotifiedStatus::succeeded},
        {"PAID", "249999", NotifiedStatus::pending},   {"UNDERPAID", "1", NotifiedStatus::pending},
        {"PENDING", "0", NotifiedStatus::pending},     {"PROCESSING", "0", NotifiedStatus::pending},
        {"CANCELLED", "0", NotifiedStatus::cancelled}, {"EXPIRED", "0", NotifiedStatus::cancelled},
        {"FAILED", "0", NotifiedStatus::failed},       {"SOMETHING_NEW", "250000", NotifiedStatus::pending},
    };
    for (const Case& c : cases) {
        CAPTURE(c.status);
        const std::string data = with(with(paid_link, R"("PAID")", '"' + c.status + '"'), R"("amountPaid":250000)",
                                      R"("amountPaid":)" + c.paid);
        const Verdict verdict = answer(body_of(data));
        REQUIRE(outcome(verdict) == "ok");
        CHECK(verdict->notification.status == c.expected);
    }
    // Two transfers made the sum: neither of them is the charge.
    const Verdict two =
        answer(body_of(with(paid_link, R"("transactions":[)", R"("transactions":[{"reference":"FT-A"},)")));
    REQUIRE(outcome(two) == "ok");
    CHECK(two->notification.charge_id.empty());
    CHECK(two->notification.status == NotifiedStatus::succeeded);
}

TEST_CASE("payOS answer: an unsigned, forged, foreign or failed one is refused") {
    const std::string good = body_of(paid_link);
    CHECK(outcome(answer(good)) == "ok");
    CHECK(outcome(answer(R"({"code":"00","desc":"success","data":)" + paid_link + "}")) == "missing_signature");
    CHECK(outcome(answer(R"({"code":"00","data":)" + paid_link + R"(,"signature":null})")) == "missing_signature");
    CHECK(outcome(answer(with(good, R"("amount":250000,"accountNumber")", R"("amount":1,"accountNumber")"))) ==
          "bad_signature");
    CHECK(outcome(answer(with(good, R"("code":"00")", R"("code":"101")"))) == "unsupported_value");
    CHECK(outcome(answer(R"({"code":"101","desc":"no such order","data":null})")) == "unsupported_value");
    CHECK(outcome(answer(good, {.order_id = "1", .link_id = {}, .request_id = {}, .created_at = {}})) ==
          "bad_order_code");
    CHECK(outcome(answer(good, {.order_id = {}, .link_id = "other", .request_id = {}, .created_at = {}})) ==
          "bad_order_code");
    CHECK(outcome(answer(good, {}, 500)) == "unsupported_value");
    CHECK(outcome(answer("<html>")) == "malformed_body");
    CHECK(outcome(answer(std::string(query_answer_bytes_max + 1, ' '))) == "malformed_body");
    CHECK(outcome(answer(body_of(with(paid_link, R"("amountPaid":250000)", R"("amountPaid":"250000")")))) ==
          "bad_amount");
    CHECK(outcome(answer(body_of(with(paid_link, R"("id":"fake-link_0042")", R"("id":"a&b=c")")))) == "bad_order_code");
    CHECK(outcome(payos::read_answer({}, payos::Config{}, {.status = 200, .body = good})) == "config_error");
}
