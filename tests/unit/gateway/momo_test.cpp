// Hostile calls are in tests/vectors; here: what a notification holds, finality, the signer, the query and its answers.
#include <doctest/doctest.h>

#include <string>
#include <ticketbottle/gateway/momo.hpp>

using namespace ticketbottle;

namespace {

constexpr TimePoint now{std::chrono::milliseconds(1763712000000)};

momo::Config make_config() {
    momo::Config config;
    config.partner_code = "MOMOFAKE";
    config.access_key = "fake-access";
    config.secret_keys = {Secret("fake-secret"), Secret("fake-secret-older")};
    return config;
}

TestNotification make_notification() {
    TestNotification notification;
    notification.order_id = "TB-1";
    notification.transaction_id = "4088870011";
    notification.event_id = "req-1";
    notification.amount.minor_units = 250000;
    notification.description = "V\xc3\xa9";
    return notification;
}

QueryTarget make_target() {
    QueryTarget target;
    target.order_id = "TB-1";
    target.request_id = "req-9";
    return target;
}

std::string outcome_of(const Verdict& verdict) {
    return std::string(verdict.has_value() ? to_string(verdict->notification.status)
                                           : to_string(verdict.error().reason));
}

std::string answer_with(std::string_view result_code, std::string_view rest) {
    return R"({"partnerCode":"MOMOFAKE","orderId":"TB-1","requestId":"req-9","resultCode":)" +
           std::string(result_code) + std::string(rest) + "}";
}

Verdict read(const std::string& body) { return momo::read_answer(make_target(), make_config(), HttpAnswer{200, body}); }

}  // namespace

TEST_CASE("MoMo: the signer's signature is the one another HMAC implementation gives") {
    const auto request = momo::sign(make_notification(), make_config(), now);
    REQUIRE(request.has_value());
    CHECK(request->method == "POST");
    CHECK(request->path == "/webhook/momo");
    CHECK(
        request->body ==
        R"({"partnerCode":"MOMOFAKE","orderId":"TB-1","requestId":"req-1","amount":250000,"orderInfo":")"
        "V\xc3\xa9"
        R"(","orderType":"momo_wallet","transId":4088870011,"resultCode":0,"message":"Successful.","payType":"qr",)"
        R"("responseTime":1763712000000,"extraData":"","signature":"2a8c4dad52a34fd93f9c4543c820f8bb0b41b132dd7080c6ae60a246a93cd108"})");
}

TEST_CASE("MoMo: a call becomes a notification") {
    const auto request = momo::sign(make_notification(), make_config(), now);
    REQUIRE(request.has_value());
    const Verdict verdict = momo::verify(*request, make_config());
    REQUIRE(verdict.has_value());
    const PaymentNotification& notification = verdict->notification;
    CHECK(verdict->key_index == 0);
    CHECK(notification.gateway == Gateway::momo);
    CHECK(notification.status == NotifiedStatus::succeeded);
    CHECK(notification.order_id == "TB-1");
    CHECK(notification.transaction_id == "4088870011");
    CHECK(notification.charge_id == "4088870011");
    CHECK(notification.event_id == "req-1");
    CHECK(notification.dedup_key == "TB-1:4088870011:succeeded");
    CHECK(notification.amount == Money{250000, Currency::vnd()});
    CHECK(notification.occurred_at == now);
}

TEST_CASE("MoMo: each status the signer can write is read back by an older key") {
    for (const auto status :
         {NotifiedStatus::succeeded, NotifiedStatus::failed, NotifiedStatus::cancelled, NotifiedStatus::pending}) {
        auto notification = make_notification();
        notification.status = status;
        auto signer = make_config();
        signer.secret_keys = {Secret("fake-secret-older")};
        const auto request = momo::sign(notification, signer, now);
        REQUIRE(request.has_value());
        const Verdict verdict = momo::verify(*request, make_config());
        CHECK(outcome_of(verdict) == to_string(status));
        CHECK(verdict->key_index == 1);
        CHECK(verdict->notification.dedup_key == "TB-1:4088870011:" + std::string(to_string(status)));
    }
}

TEST_CASE("MoMo: a report without a transaction has no charge") {
    auto notification = make_notification();
    notification.status = NotifiedStatus::cancelled;
    notification.transaction_id.clear();
    const auto request = momo::sign(notification, make_config(), now);
    REQUIRE(request.has_value());
    const Verdict verdict = momo::verify(*request, make_config());
    REQUIRE(verdict.has_value());
    CHECK(verdict->notification.transaction_id.empty());
    CHECK(verdict->notification.charge_id.empty());
    CHECK(verdict->notification.dedup_key == "TB-1:-1006:cancelled");
}

TEST_CASE("MoMo: the signer refuses what MoMo cannot say") {
    const auto refuses = [](auto change) {
        auto notification = make_notification();
        auto config = make_config();
        change(notification, config);
        const auto request = momo::sign(notification, config, now);
        return !request.has_value() && request.error().code == Errc::invalid_argument;
    };
    CHECK(refuses([](auto& n, auto&) { n.status = NotifiedStatus::ignored; }));
    CHECK(refuses([](auto& n, auto&) { n.order_id = "TB/1"; }));
    CHECK(refuses([](auto& n, auto&) { n.order_id = "-TB"; }));
    CHECK(refuses([](auto& n, auto&) { n.transaction_id = "x"; }));
    CHECK(refuses([](auto& n, auto&) { n.transaction_id.clear(); }));
    CHECK(refuses([](auto& n, auto&) { n.event_id = "a&b"; }));
    CHECK(refuses([](auto& n, auto&) { n.description = "\xff"; }));
    CHECK(refuses([](auto& n, auto&) { n.amount.minor_units = 0; }));
    CHECK(refuses([](auto&, auto& c) { c.access_key.clear(); }));
    CHECK(refuses([](auto&, auto& c) { c.secret_keys = {Secret()}; }));
}

TEST_CASE("MoMo: the query is signed over accessKey, orderId, partnerCode and requestId") {
    const auto request = momo::query(make_target(), make_config());
    REQUIRE(request.has_value());
    CHECK(request->url == "https://payment.momo.vn/v2/gateway/api/query");
    CHECK(request->body == R"({"partnerCode":"MOMOFAKE","requestId":"req-9","orderId":"TB-1","lang":"en",)"
                           R"("signature":"61a47f9ed7f813e5f2f4370b199b012b944e4bbc4c8b48f6fd031fd4ae360f8d"})");
    auto target = make_target();
    target.order_id = "TB 1";
    CHECK(!momo::query(target, make_config()).has_value());
    target = make_target();
    target.request_id.clear();
    CHECK(!momo::query(target, make_config()).has_value());
    auto config = make_config();
    config.secret_keys.clear();
    CHECK(!momo::query(make_target(), config).has_value());
}

TEST_CASE("MoMo: only a documented final failure may close an order") {
    struct Row {
        const char* result_code;
        const char* status;
        Finality finality;
    };
    constexpr std::string_view paid = R"(,"amount":250000,"transId":4088870011)";
    for (const Row& row : {Row{"0", "succeeded", Finality::final}, Row{"9000", "pending", Finality::final},
                           Row{"1000", "pending", Finality::final}, Row{"7000", "pending", Finality::final},
                           Row{"7002", "pending", Finality::final}, Row{"8000", "pending", Finality::final},
                           Row{"1003", "cancelled", Finality::final}, Row{"1006", "cancelled", Finality::final},
                           Row{"1001", "failed", Finality::final}, Row{"1005", "failed", Finality::final},
                           Row{"4100", "failed", Finality::final}, Row{"10", "failed", Finality::retryable},
                           Row{"42", "failed", Finality::retryable}, Row{"99", "failed", Finality::retryable},
                           Row{"1080", "failed", Finality::retryable}, Row{"31337", "failed", Finality::retryable}}) {
        CAPTURE(row.result_code);
        const Verdict verdict = read(answer_with(row.result_code, paid));
        REQUIRE(verdict.has_value());
        CHECK(to_string(verdict->notification.status) == row.status);
        CHECK(verdict->notification.finality == row.finality);
        CHECK(verdict->notification.amount == Money{250000, Currency::vnd()});
    }
    auto one_step = make_config();
    one_step.authorised = momo::Authorised::succeeded;
    CHECK(outcome_of(momo::read_answer(make_target(), one_step, HttpAnswer{200, answer_with("9000", paid)})) ==
          "succeeded");
}

TEST_CASE("MoMo: an answer says paid only for this order and partner, with amount and transaction") {
    constexpr std::string_view paid = R"(,"amount":250000,"transId":4088870011)";
    CHECK(read(answer_with("0", paid))->notification.dedup_key == "TB-1:4088870011:succeeded");
    CHECK(outcome_of(read(answer_with("42", ""))) == "failed");
    CHECK(!read(answer_with("42", ""))->notification.amount);
    CHECK(outcome_of(read(answer_with("42", R"(,"amount":0,"transId":0)"))) == "failed");
    CHECK(outcome_of(read(answer_with("0", ""))) == "missing_field");
    CHECK(outcome_of(read(answer_with("0", R"(,"amount":250000)"))) == "missing_field");
    CHECK(outcome_of(read(answer_with("0", R"(,"amount":"250000","transId":1)"))) == "bad_amount");
    CHECK(outcome_of(read(answer_with("\"0\"", paid))) == "malformed_body");
    CHECK(outcome_of(read(R"({"partnerCode":"OTHER","orderId":"TB-1","resultCode":0,"amount":1,"transId":1})")) ==
          "account_mismatch");
    CHECK(outcome_of(read(R"({"partnerCode":"MOMOFAKE","orderId":"TB-2","resultCode":0,"amount":1,"transId":1})")) ==
          "bad_order_code");
    CHECK(outcome_of(read(R"({"orderId":"TB-1","resultCode":0,"amount":1,"transId":1})")) == "missing_field");
    CHECK(outcome_of(read("")) == "malformed_body");
    CHECK(outcome_of(momo::read_answer(make_target(), make_config(), HttpAnswer{404, answer_with("0", paid)})) ==
          "unsupported_value");
}
