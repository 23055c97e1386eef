// Opening and expiring checkout sessions over TLS, against an imposter Stripe that answers rightly, late, brokenly and
// with lies. Whatever comes, one request is one session, and nobody is sent to one that was not asked for.
#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <ticketbottle/checkout/stripe_client.hpp>
#include <ticketbottle/http/client.hpp>
#include <ticketbottle/memory/manual_clock.hpp>

#include "support/imposter_stripe.hpp"
#include "support/recording_observer.hpp"
#include "support/temporary_folder.hpp"

using namespace ticketbottle;
using namespace std::chrono_literals;
using test::ImposterReply;
using test::ImposterStripe;
using Work = ImposterStripe::Work;

namespace {

const TimePoint now{std::chrono::seconds(1'763'712'000)};

stripe::CheckoutSessionRequest request(const std::string& order_id = "17") {
    stripe::CheckoutSessionRequest request;
    request.order_id = order_id;
    request.product_name = "Standing \xF0\x9F\x8E\xAB a&b=c[d]";
    request.unit_amount = 2450;
    request.quantity = 2;
    request.currency = Currency::parse("EUR").value();
    request.customer_email = "payer@example.com";
    request.success_url = "https://shop.example/thanks";
    request.expires_at = now + 45min;
    request.idempotency_key = "order-" + order_id;
    return request;
}

struct Shop {
    test::TemporaryFolder folder;
    std::string ca_file = folder / "ca.pem";
    ImposterStripe imposter{ca_file};
    memory::ManualClock clock{now};
    test::RecordingObserver observer;
    std::string key = ImposterStripe::key;
    checkout::StripeClientOptions options{
        .attempts_max = 4, .backoff_base = 1ms, .backoff_max = 4ms, .attempt_timeout = 20s};

    [[nodiscard]] checkout::StripeClient client() {
        stripe::Config config{
            .endpoint_secrets = {}, .mode = stripe::Mode::test, .api_key = Secret(key), .api_base = imposter.url()};
        const auto exchange = [ca = ca_file](const OutgoingRequest& sent, Deadline deadline) {
            return http::perform(sent, deadline, {.ca_file = ca});
        };
        return {exchange, std::move(config), clock, options, observer};
    }
    [[nodiscard]] Result<stripe::CheckoutSession> create() { return client().create(request(), Deadline::in(30s)); }
    [[nodiscard]] std::size_t asked() const { return imposter.requests().size(); }
};

ImposterStripe::Twist instead(std::string bytes) {
    return [bytes = std::move(bytes)](const std::string&) { return ImposterReply{bytes}; };
}
ImposterReply nothing(const std::string& /*honest*/) { return {}; }
ImposterReply half(const std::string& honest) { return {honest.substr(0, honest.size() / 2)}; }
ImposterReply silence(const std::string& /*honest*/) { return {"", ImposterReply::Then::hang}; }

}  // namespace

TEST_CASE("StripeClient: opens a session, and the same request gives the same one") {
    Shop shop;
    const auto session = shop.create().value();
    CHECK(session.url == "https://checkout.stripe.com/c/pay/" + session.id);
    CHECK(session.expires_at == now + 45min);
    CHECK(shop.create().value().id == session.id);
    CHECK(shop.client().create(request("18"), Deadline::in(30s)).value().id != session.id);
    CHECK(shop.imposter.sessions() == 2);
    const auto sent = shop.imposter.requests().front();
    CHECK(test::form_fields(sent.body).at("line_items[0][price_data][product_data][name]") == request().product_name);
}

TEST_CASE(
    "StripeClient: an answer that is lost, cut, garbled or a server's error is asked for again by the same key, and "
    "there is one session") {
    const std::vector<std::pair<ImposterStripe::Twist, Work>> troubles{
        {nothing, Work::done},
        {nothing, Work::left_out},
        {half, Work::done},
        {instead("SSH-2.0-imposter\r\n"), Work::done},
        {instead(test::http_answer(200, "{}")), Work::done},
        {instead(test::http_answer(200, std::string(300 * 1024, ' '))), Work::done},
        {instead(test::http_answer(502, "<html>")), Work::done},
        {instead(ImposterStripe::refusal(500, "api_error")), Work::left_out},
        {instead(ImposterStripe::refusal(429, "invalid_request_error", R"(,"code":"rate_limit")")), Work::left_out},
        {instead(ImposterStripe::refusal(409, "invalid_request_error", R"(,"code":"idempotency_key_in_use")")),
         Work::done},
        {instead(test::http_answer(302, "", "Location: https://elsewhere.example/\r\n")), Work::left_out},
    };
    for (std::size_t i = 0; i < troubles.size(); ++i) {
        CAPTURE(i);
        Shop shop;
        for (int times = 0; times < 3; ++times) shop.imposter.twist(troubles[i].first, troubles[i].second);
        const auto session = shop.create();
        REQUIRE_MESSAGE(session.has_value(), to_string(session.error()));
        CHECK(shop.imposter.sessions() == 1);
        const auto requests = shop.imposter.requests();
        CHECK(requests.size() == 4);
        for (const auto& sent : requests)
            CHECK(sent.line + sent.headers + sent.body == requests[0].line + requests[0].headers + requests[0].body);
    }
}

TEST_CASE("StripeClient: lies about the session are never handed on") {
    const auto told = [](const std::string& from, const std::string& to) {
        return [=](const std::string& honest) {
            auto lie = honest;
            lie.replace(lie.find(from), from.size(), to);  // std::out_of_range would end the test program
            return ImposterReply{lie};
        };
    };
    for (const auto& twist : std::vector<ImposterStripe::Twist>{
             told("https://checkout", "http://checkout."), told(R"("amount_total":4900)", R"("amount_total":4901)"),
             told(R"("order_id":"17")", R"("order_id":"71")"), told(R"("livemode":false)", R"("livemode":true )"),
             told(R"("currency":"eur")", R"("currency":"usd")"), told(R"("id":"cs_)", R"("id":"xx_)")}) {
        Shop shop;
        for (int times = 0; times < 4; ++times) shop.imposter.twist(twist);
        CHECK(shop.create().error().code == Errc::outcome_unknown);
        CHECK(shop.asked() == 4);
        CHECK(shop.create().has_value());  // the honest answer is still there under the same key
        CHECK(shop.imposter.sessions() == 1);
    }
}

TEST_CASE("StripeClient: a refusal is final, and tells neither key nor address") {
    Shop shop;
    shop.key = "sk_test_EXAMPLE_wrong";
    const Error wrong_key = shop.create().error();
    CHECK(to_string(wrong_key) == "stripe.checkout_session: invalid_argument: HTTP 401, type invalid_request_error");
    CHECK(shop.asked() == 1);

    shop.key = ImposterStripe::key;
    auto unmailable = request();
    unmailable.customer_email = "payer at example";
    CHECK(to_string(shop.client().create(unmailable, Deadline::in(30s)).error()) ==
          "stripe.checkout_session: invalid_argument: HTTP 400, type invalid_request_error, code email_invalid, param "
          "customer_email");
    auto other = request();
    other.quantity = 3;  // the same key with other parameters
    CHECK(shop.client().create(other, Deadline::in(30s)).error().code == Errc::conflict);
    CHECK(shop.imposter.sessions() == 0);
    CHECK(shop.asked() == 3);
    auto late = request();
    late.expires_at = now + 5min;
    CHECK(shop.client().create(late, Deadline::in(30s)).error().code == Errc::invalid_argument);
    CHECK(shop.asked() == 3);
}

TEST_CASE("StripeClient: a try that hangs is given up for the next, and the deadline ends them all") {
    Shop shop;
    shop.options.attempt_timeout = 300ms;
    shop.imposter.twist(silence);
    CHECK(shop.create().has_value());
    CHECK(shop.asked() == 2);
    CHECK(shop.imposter.sessions() == 1);

    Shop stuck;
    for (int times = 0; times < 50; ++times) stuck.imposter.twist(silence);
    const auto began = std::chrono::steady_clock::now();
    CHECK(stuck.client().create(request(), Deadline::in(500ms)).error().code == Errc::outcome_unknown);
    CHECK(std::chrono::steady_clock::now() - began < 15s);  // not a try's own 20 s
    CHECK(stuck.client().create(request(), Deadline::in(0ms)).error().code == Errc::cancelled);
}

TEST_CASE("StripeClient: what never reached Stripe is unavailable, but not after a try that may have") {
    Shop shop;
    std::string codes;
    int calls = 0;
    const auto client_of = [&](std::vector<Errc> errors) {
        calls = 0;
        const auto exchange = [&calls, errors](const OutgoingRequest&, Deadline) -> Result<HttpAnswer> {
            return fail(errors.at(static_cast<std::size_t>(calls++)), "test.exchange");
        };
        return checkout::StripeClient(exchange, {.endpoint_secrets = {}, .mode = {}, .api_key = Secret(shop.key)},
                                      shop.clock, shop.options, shop.observer);
    };
    const auto ended = [&](std::vector<Errc> errors) {
        return client_of(std::move(errors)).create(request(), Deadline::in(30s)).error().code;
    };
    using enum Errc;
    CHECK(ended({unavailable, unavailable, unavailable, unavailable}) == unavailable);
    CHECK(ended({unavailable, outcome_unknown, unavailable, unavailable}) == outcome_unknown);
    CHECK(ended({malformed, unavailable, unavailable, unavailable}) == outcome_unknown);
    CHECK(ended({cancelled, cancelled, unavailable, cancelled}) == unavailable);
    CHECK(ended({invalid_argument}) == invalid_argument);
    CHECK(calls == 1);
    CHECK(ended({outcome_unknown, invalid_argument}) == invalid_argument);
    shop.options.attempts_max = 0;
    CHECK(ended({unavailable}) == unavailable);
    CHECK(calls == 1);
}

TEST_CASE("StripeClient: a stop ends the waiting between tries") {
    Shop shop;
    shop.options.backoff_base = shop.options.backoff_max = 60s;
    shop.imposter.twist(nothing);
    std::stop_source stop;
    const auto client = std::make_shared<checkout::StripeClient>(shop.client());
    const auto began = std::chrono::steady_clock::now();
    std::thread stopper([&] {
        while (shop.asked() == 0) std::this_thread::sleep_for(1ms);
        stop.request_stop();
    });
    const auto ended = client->create(request(), Deadline::in(300s).or_stop(stop.get_token()));
    stopper.join();
    CHECK(ended.error().code == Errc::outcome_unknown);
    CHECK(std::chrono::steady_clock::now() - began < 25s);
}

TEST_CASE("StripeClient: many threads with one request open one session") {
    Shop shop;
    auto client = shop.client();
    std::atomic<int> good{0};
    std::mutex mutex;
    std::set<std::string> ids;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            const auto session = client.create(request(), Deadline::in(30s));
            if (!session.has_value()) return;
            ++good;
            const std::scoped_lock lock(mutex);
            ids.insert(session->id);
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(good == 4);
    CHECK(ids.size() == 1);
}

TEST_CASE("StripeClient: expiring is done once it is expired, whoever did it, and never of a paid session") {
    Shop shop;
    const std::string id = shop.create().value().id;
    shop.imposter.twist(nothing);  // done, but the answer is lost
    CHECK(shop.client().expire(id, Deadline::in(30s)).has_value());
    CHECK(shop.imposter.status_of(id) == "expired");
    CHECK(shop.client().expire(id, Deadline::in(30s)).has_value());  // refused by Stripe, then looked at

    const std::string paid = shop.client().create(request("18"), Deadline::in(30s)).value().id;
    shop.imposter.complete(paid);
    CHECK(shop.client().expire(paid, Deadline::in(30s)).error().code == Errc::conflict);
    CHECK(shop.imposter.status_of(paid) == "complete");

    CHECK(shop.client().expire("cs_test_nobodys", Deadline::in(30s)).error().code == Errc::invalid_argument);
    CHECK(shop.client().expire("../x", Deadline::in(30s)).error().code == Errc::invalid_argument);

    const std::string other = shop.client().create(request("19"), Deadline::in(30s)).value().id;
    shop.options.attempts_max = 1;
    shop.imposter.twist([&](const std::string& honest) {
        auto lie = honest;
        lie.replace(lie.find(other), other.size(), id);
        return ImposterReply{lie};
    });
    CHECK(shop.client().expire(other, Deadline::in(30s)).error().code == Errc::outcome_unknown);
}

TEST_CASE("StripeClient: calls and retries are counted by what came of them") {
    Shop shop;
    shop.imposter.twist(nothing);
    REQUIRE(shop.create().has_value());
    CHECK(shop.observer.value("ticketbottle_stripe_retries_total") == 1);
    CHECK(shop.observer.value("ticketbottle_stripe_calls_total") == 1);
}
