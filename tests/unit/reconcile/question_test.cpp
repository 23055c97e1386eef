// What is asked for a payment, and what an answer means for it.
#include <doctest/doctest.h>

#include <ticketbottle/reconcile/question.hpp>

#include "support/gateway_answers.hpp"

namespace ticketbottle::reconcile {
namespace {

using test::answer_of;
using test::askable_gateways;
using test::askable_payment;
using test::Told;

Reading read_one(Gateway gateway, Told told, int status = 200) {
    const Gateways gateways = askable_gateways();
    const Payment payment = askable_payment(gateway);
    const auto question = question_for(payment, gateways);
    REQUIRE(question.has_value());
    return read(payment, gateway, question->targets.front(), gateways,
                {status, answer_of(gateways, gateway, std::move(told))});
}

TEST_CASE("question: a provider is a gateway in any case, with '-', '_' or neither; anything else is none") {
    CHECK(gateway_of("zalopay") == Gateway::zalopay);
    CHECK(gateway_of("ZALO_PAY") == Gateway::zalopay);
    CHECK(gateway_of("Pay-OS") == Gateway::payos);
    CHECK(gateway_of("stripe_eventbridge") == Gateway::stripe_eventbridge);
    CHECK(gateway_of("StandardWebhooks") == Gateway::standard_webhooks);
    CHECK_FALSE(gateway_of(""));
    CHECK_FALSE(gateway_of("paypal"));
    CHECK_FALSE(gateway_of("vnpay "));
}

TEST_CASE(
    "question: every gateway with a query is asked by the name that is stored; VNPay and MoMo also by the order code") {
    const Gateways gateways = askable_gateways();
    for (const Gateway gateway : test::queried_gateways) {
        CAPTURE(to_string(gateway));
        const Payment payment = askable_payment(gateway);
        const auto question = question_for(payment, gateways);
        REQUIRE(question.has_value());
        CHECK(question->gateway == gateway);
        REQUIRE(question->targets.size() == 1);
        const QueryTarget& target = question->targets.front();
        CHECK((target.order_id + target.link_id) == payment.provider_transaction_id);
        CHECK(target.created_at == payment.created_at);
    }
    Payment payment = askable_payment(Gateway::vnpay);
    payment.provider_transaction_id = "REF-1";
    const auto two = question_for(payment, gateways);
    REQUIRE(two.has_value());
    REQUIRE(two->targets.size() == 2);
    CHECK(two->targets[0].order_id == "REF-1");
    CHECK(two->targets[1].order_id == payment.order_code);
    payment = askable_payment(Gateway::payos);
    payment.provider_transaction_id = test::payos_order_number;
    CHECK(question_for(payment, gateways)->targets.front().order_id == test::payos_order_number);
}

TEST_CASE("question: VNPay's transaction date is the kept vnp_CreateDate, else the payment's") {
    const Gateways gateways = askable_gateways();
    Payment payment = askable_payment(Gateway::vnpay);
    payment.metadata = R"({"vnp_CreateDate":"20251213084640"})";
    CHECK(to_iso8601(question_for(payment, gateways)->targets.front().created_at) == "2025-12-13T01:46:40.000Z");
    for (const char* odd : {R"({"vnp_CreateDate":"2025121308464"})", R"({"vnp_CreateDate":"20251399084640"})",
                            R"({"vnp_CreateDate":[]})", "[", ""}) {
        payment.metadata = odd;
        CHECK(question_for(payment, gateways)->targets.front().created_at == payment.created_at);
    }
}

TEST_CASE("question: what cannot be asked is said by reason, and no name is guessed") {
    const Gateways gateways = askable_gateways();
    const auto why = [&](Gateway gateway, const std::string& provider, const std::string& name,
                         const Gateways& configured) {
        Payment payment = askable_payment(gateway);
        payment.provider = provider;
        payment.provider_transaction_id = name;
        const auto question = question_for(payment, configured);
        REQUIRE_FALSE(question.has_value());
        return question.error();
    };
    CHECK(why(Gateway::vnpay, "paypal", "x", gateways) == Unaskable::unknown_provider);
    CHECK(why(Gateway::standard_webhooks, "standard-webhooks", "x", gateways) == Unaskable::no_query);
    CHECK(why(Gateway::zalopay, "zalopay", "TB-1", gateways) == Unaskable::no_name);  // yyMMdd_ would be a guess
    CHECK(why(Gateway::zalopay, "zalopay", "251213_", gateways) == Unaskable::no_name);
    CHECK(why(Gateway::stripe, "stripe", "TB-1", gateways) == Unaskable::no_name);
    CHECK(why(Gateway::stripe, "stripe", "cs_../../v1/refunds", gateways) == Unaskable::no_name);
    CHECK(why(Gateway::payos, "payos", "https://pay.example/x", gateways) == Unaskable::no_name);
    for (const Gateway gateway : test::queried_gateways) {
        CHECK(why(gateway, std::string(to_string(gateway)), "x", Gateways{}) == Unaskable::no_keys);
    }
    // Callbacks alone are configured: no key for questions.
    Gateways callbacks = test::test_gateways();
    callbacks.zalopay->key1 = Secret();
    for (const Gateway gateway : {Gateway::zalopay, Gateway::payos, Gateway::stripe}) {
        CHECK_FALSE(can_ask(callbacks, gateway));
        CHECK(can_ask(gateways, gateway));
    }
}

TEST_CASE("answer: every gateway's success, failure and cancellation settles, under way is left") {
    for (const Gateway gateway : test::queried_gateways) {
        CAPTURE(to_string(gateway));
        const Reading paid = read_one(gateway, {});
        REQUIRE(paid.what == Answered::settle);
        CHECK(paid.notification.status == NotifiedStatus::succeeded);
        CHECK(paid.notification.amount == Money{250000, Currency::vnd()});
        CHECK(read_one(gateway, {.status = NotifiedStatus::pending}).what == Answered::open);
        for (const NotifiedStatus status : {NotifiedStatus::failed, NotifiedStatus::cancelled}) {
            const bool known =
                gateway == Gateway::payos || gateway == Gateway::momo ||
                (status == NotifiedStatus::failed ? gateway != Gateway::stripe : gateway == Gateway::stripe);
            const Reading closed = read_one(gateway, {.status = status});
            CHECK(closed.what == (known ? Answered::settle : Answered::open));
            if (!known) continue;
            CHECK(closed.notification.status == status);
            CHECK(closed.notification.amount == Money{250000, Currency::vnd()});  // said, or the payment's own
        }
    }
    CHECK(read_one(Gateway::vnpay, {.status = NotifiedStatus::ignored}).what == Answered::open);  // 91: not known there
}

TEST_CASE("answer: it can match no row but the payment asked for") {
    for (const Gateway gateway : test::queried_gateways) {
        CAPTURE(to_string(gateway));
        const Reading paid = read_one(gateway, {});
        const Payment payment = askable_payment(gateway);
        const std::string& name = gateway == Gateway::payos ? paid.notification.link_id : paid.notification.order_id;
        CHECK(name == payment.provider_transaction_id);
    }
}

TEST_CASE("answer: one about another order, link, terminal or partner settles nothing") {
    for (const Gateway gateway : {Gateway::payos, Gateway::vnpay, Gateway::momo, Gateway::stripe}) {
        CAPTURE(to_string(gateway));
        CHECK(read_one(gateway, {.order_id = gateway == Gateway::payos ? "7" : "TB-OTHER", .link_id = "cs_test_2"})
                  .what == Answered::another);
    }
    // The right session, but the order of another payment in it: nobody else's order is settled by asking for this one.
    CHECK(read_one(Gateway::stripe, {.order_id = "TB-OTHER"}).what == Answered::another);
    const Gateways gateways = askable_gateways();
    Gateways others = gateways;
    others.vnpay->tmn_code = "OTHERTMN";
    const Payment payment = askable_payment(Gateway::vnpay);
    const auto question = question_for(payment, gateways);
    CHECK(read(payment, Gateway::vnpay, question->targets.front(), gateways, {200, answer_of(others, Gateway::vnpay)})
              .what == Answered::another);
    // Signed, for the right link; the number is the rules' to refuse, where the order code says what it must be.
    CHECK(read_one(Gateway::payos, {.order_id = "7"}).what == Answered::settle);
}

TEST_CASE("answer: forged, unsigned, unreadable, refused, a server's error and a redirect are told apart") {
    for (const Gateway gateway : {Gateway::payos, Gateway::vnpay})
        CHECK(read_one(gateway, {.checksum_key = "another-key"}).what == Answered::forged);
    const Gateways gateways = askable_gateways();
    for (const Gateway gateway : test::queried_gateways) {
        CAPTURE(to_string(gateway));
        const Payment payment = askable_payment(gateway);
        const QueryTarget target = question_for(payment, gateways)->targets.front();
        const auto what = [&](int status, const std::string& body) {
            return read(payment, gateway, target, gateways, {status, body}).what;
        };
        const std::string good = answer_of(gateways, gateway);
        for (const int status : {301, 302, 307, 408, 429, 500, 502, 503})
            CHECK(what(status, good) == Answered::unreachable);
        for (const int status : {401, 403}) CHECK(what(status, good) == Answered::not_admitted);
        for (const int status : {201, 204, 400}) CHECK(what(status, good) == Answered::not_believed);
        const bool by_path = gateway == Gateway::payos || gateway == Gateway::stripe;
        CHECK(what(404, good) == (by_path ? Answered::open : Answered::unreachable));
        for (const std::string& garbage :
             {std::string(), std::string("<html>"), std::string("[]"), good.substr(0, good.size() / 2)})
            CHECK(what(200, garbage) != Answered::settle);
    }
}

TEST_CASE("answer: a failure without an amount is about the whole payment, a success without one is not believed") {
    const Reading failed = read_one(Gateway::zalopay, {.status = NotifiedStatus::failed});
    REQUIRE(failed.what == Answered::settle);
    CHECK(failed.notification.amount == Money{250000, Currency::vnd()});
    const Gateways gateways = askable_gateways();
    const Payment payment = askable_payment(Gateway::zalopay);
    const QueryTarget target = question_for(payment, gateways)->targets.front();
    CHECK(read(payment, Gateway::zalopay, target, gateways, {200, R"({"return_code":1,"zp_trans_id":1})"}).what ==
          Answered::not_believed);
}

}  // namespace
}  // namespace ticketbottle::reconcile
