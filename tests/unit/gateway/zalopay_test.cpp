// Hostile callbacks are in tests/vectors; here: what a notification holds, key rotation, the signer, the query.
#include <doctest/doctest.h>

#include <string>
#include <ticketbottle/gateway/zalopay.hpp>

using namespace ticketbottle;

namespace {

constexpr TimePoint now{std::chrono::milliseconds(1763712000000)};

zalopay::Config make_config() {
    zalopay::Config config;
    config.app_id = 990001;
    config.key1 = Secret("fake-key1");
    config.key2 = {Secret("fake-key2-newest"), Secret("fake-key2-older")};
    return config;
}

TestNotification make_notification() {
    TestNotification notification;
    notification.order_id = "251121_TB-1";
    notification.transaction_id = "251121000000001";
    notification.amount.minor_units = 250000;
    notification.description = "V\xc3\xa9";
    return notification;
}

QueryTarget make_target() {
    QueryTarget target;
    target.order_id = "251121_TB-1";
    return target;
}

std::string_view reason_of(const Verdict& verdict) {
    return verdict.has_value() ? "ok" : to_string(verdict.error().reason);
}

}  // namespace

TEST_CASE("ZaloPay: the signer writes what ZaloPay writes, byte for byte") {
    const auto request = zalopay::sign(make_notification(), make_config(), now);
    REQUIRE(request.has_value());
    CHECK(request->method == "POST");
    CHECK(request->path == "/webhook/zalopay");
    // The mac was computed with another HMAC implementation over the decoded data.
    CHECK(
        request->body ==
        R"({"data":"{\"app_id\":990001,\"app_trans_id\":\"251121_TB-1\",\"app_time\":1763712000000,\"app_user\":\"TicketBottle\",)"
        R"(\"amount\":250000,\"embed_data\":\"{}\",\"item\":\"[{\\\"itemname\\\":\\\")"
        "V\xc3\xa9"
        R"(\\\"}]\",\"zp_trans_id\":251121000000001,\"server_time\":1763712000000,\"channel\":38,\"merchant_user_id\":\"test-user\",)"
        R"(\"user_fee_amount\":0,\"discount_amount\":0}","mac":"94db2b0d36a4747b0d15deac2fe2f76833a4f209ad0e8efe20b18fe2ca9cf35b","type":1})");
}

TEST_CASE("ZaloPay: a callback becomes a notification") {
    const auto config = make_config();
    const auto request = zalopay::sign(make_notification(), config, now);
    REQUIRE(request.has_value());
    const Verdict verdict = zalopay::verify(*request, config);
    REQUIRE(verdict.has_value());
    const PaymentNotification& notification = verdict->notification;
    CHECK(verdict->key_index == 0);
    CHECK(notification.gateway == Gateway::zalopay);
    CHECK(notification.status == NotifiedStatus::succeeded);
    CHECK(notification.order_id == "251121_TB-1");
    CHECK(notification.transaction_id == "251121000000001");
    CHECK(notification.charge_id == "251121000000001");
    CHECK(notification.event_id.empty());
    CHECK(notification.link_id.empty());
    CHECK(notification.dedup_key == "990001:251121000000001:succeeded");
    CHECK(notification.amount == Money{250000, Currency::vnd()});
    CHECK(notification.occurred_at == now);
}

TEST_CASE("ZaloPay: the index of the key that matched is told, and key1 is none of them") {
    auto config = make_config();
    auto signer = config;
    signer.key2 = {Secret("fake-key2-older")};
    const auto older = zalopay::sign(make_notification(), signer, now);
    REQUIRE(older.has_value());
    const Verdict verdict = zalopay::verify(*older, config);
    REQUIRE(verdict.has_value());
    CHECK(verdict->key_index == 1);

    signer.key2 = {config.key1};
    const auto by_key1 = zalopay::sign(make_notification(), signer, now);
    REQUIRE(by_key1.has_value());
    CHECK(reason_of(zalopay::verify(*by_key1, config)) == "bad_signature");
}

TEST_CASE("ZaloPay: a refusal says where and never what") {
    const auto config = make_config();
    Request request;
    request.body = R"({"data":"{\"secret\":\"payload\"}","mac":"00","type":1})";
    const Verdict verdict = zalopay::verify(request, config);
    REQUIRE(!verdict.has_value());
    CHECK(verdict.error().detail == "mac: matches no key2");
}

TEST_CASE("ZaloPay: a body at the limit is read and one byte more is not") {
    const auto config = make_config();
    auto request = zalopay::sign(make_notification(), config, now);
    REQUIRE(request.has_value());
    request->body.append(callback_body_bytes_max - request->body.size(), ' ');
    CHECK(reason_of(zalopay::verify(*request, config)) == "ok");
    request->body += ' ';
    CHECK(reason_of(zalopay::verify(*request, config)) == "malformed_body");
}

TEST_CASE("ZaloPay: the signer refuses what ZaloPay cannot say") {
    const auto refuses = [](auto change) {
        auto notification = make_notification();
        auto config = make_config();
        change(notification, config);
        const auto request = zalopay::sign(notification, config, now);
        return !request.has_value() && request.error().code == Errc::invalid_argument;
    };
    CHECK(refuses([](auto& n, auto&) { n.status = NotifiedStatus::failed; }));
    CHECK(refuses([](auto& n, auto&) { n.order_id.clear(); }));
    CHECK(refuses([](auto& n, auto&) { n.order_id = "a\n"; }));
    CHECK(refuses([](auto& n, auto&) { n.order_id = "\xff"; }));
    CHECK(refuses([](auto& n, auto&) { n.transaction_id = "1234567890123456789"; }));
    CHECK(refuses([](auto& n, auto&) { n.transaction_id = "x"; }));
    CHECK(refuses([](auto& n, auto&) { n.transaction_id.clear(); }));
    CHECK(refuses([](auto& n, auto&) { n.amount.minor_units = 0; }));
    CHECK(refuses([](auto& n, auto&) { n.amount.currency = *Currency::parse("USD"); }));
    CHECK(refuses([](auto&, auto& c) { c.key2 = {Secret()}; }));
    CHECK(refuses([](auto&, auto& c) { c.app_id = 0; }));
}

TEST_CASE("ZaloPay: the query is signed with key1 over app_id, app_trans_id and key1") {
    const auto request = zalopay::query(make_target(), make_config());
    REQUIRE(request.has_value());
    CHECK(request->method == "POST");
    CHECK(request->url == "https://openapi.zalopay.vn/v2/query");
    CHECK(request->body ==
          "app_id=990001&app_trans_id=251121_TB-1"
          "&mac=687efe3ac8631702757b1c3b4925f0c9f57022d311a99ead61b9f689965143ee");
    auto config = make_config();
    config.key1 = Secret();
    CHECK(!zalopay::query(make_target(), config).has_value());
    CHECK(!zalopay::query(QueryTarget{}, make_config()).has_value());
    QueryTarget shifted;
    shifted.order_id = "a|b";
    CHECK(!zalopay::query(shifted, make_config()).has_value());
}

TEST_CASE(
    "ZaloPay: an answer is paid only by return_code 1 and failed only by a return_code 2 that is about the payment") {
    struct Row {
        const char* body;
        const char* outcome;
    };
    for (
        const Row& row :
        {Row{R"({"return_code":1,"amount":250000,"zp_trans_id":251121000000001,"is_processing":false,"sub_return_code":1})",
             "succeeded"},
         Row{R"({"return_code":2,"sub_return_code":-49,"amount":250000,"zp_trans_id":0})", "failed"},
         Row{R"({"return_code":2})", "failed"}, Row{R"({"return_code":3,"is_processing":true})", "pending"},
         Row{R"({"return_code":2,"is_processing":true})", "pending"},
         Row{R"({"return_code":1,"is_processing":true,"amount":1,"zp_trans_id":1})", "pending"},
         Row{R"({"return_code":2,"sub_return_code":-402})", "pending"},
         Row{R"({"return_code":2,"sub_return_code":-429})", "pending"}, Row{R"({"return_code":-500})", "pending"},
         Row{R"({"return_code":0})", "pending"}, Row{R"({"return_code":"1"})", "malformed_body"},
         Row{R"({})", "missing_field"}, Row{R"([])", "malformed_body"}, Row{"", "malformed_body"},
         Row{R"({"return_code":1,"zp_trans_id":1})", "missing_field"},
         Row{R"({"return_code":1,"amount":1})", "missing_field"},
         Row{R"({"return_code":1,"amount":"1","zp_trans_id":1})", "bad_amount"},
         Row{R"({"return_code":1,"amount":1,"zp_trans_id":0})", "unsupported_value"},
         Row{R"({"return_code":2,"return_code":1})", "duplicate_key"}}) {
        CAPTURE(row.body);
        const Verdict verdict = zalopay::read_answer(make_target(), make_config(), HttpAnswer{200, row.body});
        CHECK((verdict.has_value() ? to_string(verdict->notification.status) : reason_of(verdict)) == row.outcome);
    }
    CHECK(reason_of(zalopay::read_answer(make_target(), make_config(), HttpAnswer{502, R"({"return_code":1})"})) ==
          "unsupported_value");
}

TEST_CASE("ZaloPay: a callback and the answer about the same payment have the same deduplication key") {
    const auto config = make_config();
    const auto request = zalopay::sign(make_notification(), config, now);
    REQUIRE(request.has_value());
    const Verdict callback = zalopay::verify(*request, config);
    const Verdict answer = zalopay::read_answer(
        make_target(), config, HttpAnswer{200, R"({"return_code":1,"amount":250000,"zp_trans_id":251121000000001})"});
    REQUIRE(callback.has_value());
    REQUIRE(answer.has_value());
    CHECK(callback->notification.dedup_key == answer->notification.dedup_key);
    CHECK(callback->notification.charge_id == answer->notification.charge_id);
    CHECK(callback->notification.amount == answer->notification.amount);
}
