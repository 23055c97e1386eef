// The reconciler over TLS against an imposter gateway that answers rightly, slowly, brokenly, and with lies; beside
// callbacks, on every embedded store. Whatever comes, a payment settles once, with one event, and only by a genuine
// answer about itself.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <ticketbottle/host/gateway_exchange.hpp>
#include <ticketbottle/reconcile/reconciler.hpp>
#include <ticketbottle/webhook/handler.hpp>

#include "support/gateway_answers.hpp"
#include "support/imposter_gateway.hpp"
#include "support/payment_backends.hpp"
#include "support/recording_observer.hpp"
#include "support/temporary_folder.hpp"

using namespace ticketbottle;
using namespace std::chrono_literals;
using reconcile::Came;
using reconcile::Reconciler;
using test::answer_of;
using test::askable_payment;
using test::http_answer;
using test::ImposterReply;
using test::ImposterRequest;
using test::Told;

namespace {

const TimePoint created_at = test::payment_of(Gateway::vnpay).created_at;

reconcile::ReconcilerOptions options_with(std::chrono::milliseconds timeout = 20s) {
    reconcile::ReconcilerOptions options;
    options.exchange_timeout = timeout;
    options.ask_interval = 1ms;
    return options;
}

Gateways gateways_at(const std::string& url) {
    Gateways gateways = test::askable_gateways();
    gateways.zalopay->api_base = gateways.payos->api_base = gateways.vnpay->api_base = gateways.stripe->api_base =
        gateways.momo->api_base = url;
    return gateways;
}

/// One imposter for every gateway, a store, and a clock twenty minutes after the payments were opened.
template <class Backend>
struct Desk {
    test::TemporaryFolder folder;
    std::string ca_file = folder / "ca.pem";
    test::ImposterGateway imposter{"DNS:localhost", ca_file, [](const ImposterRequest&) { return ImposterReply{}; }};
    Gateways gateways = gateways_at(imposter.url());
    Backend backend;
    std::unique_ptr<PaymentStore> store = backend.open();
    memory::ManualClock clock{created_at + 20min};
    test::RecordingObserver observer;

    Payment put(Gateway gateway) { return put(askable_payment(gateway)); }
    Payment put(const Payment& payment) {
        auto created = store->create(payment, Deadline::in(30s));
        REQUIRE(created.has_value());
        return *created;
    }
    void answer(std::string bytes, ImposterReply::Then then = ImposterReply::Then::close) {
        imposter.answer_with([bytes = std::move(bytes), then](const ImposterRequest&) {
            return ImposterReply{bytes, then};
        });
    }
    reconcile::ReconcileReport ask(std::chrono::milliseconds timeout = 20s) {
        Reconciler reconciler(gateways, *store, host::gateway_exchange({ca_file}), clock, {}, options_with(timeout),
                              observer);
        const auto report = reconciler.run_once(Deadline::in(60s));
        REQUIRE(report.has_value());
        return *report;
    }
    [[nodiscard]] PaymentStatus status(const std::string& id) {
        return store->find(PaymentKey::id, id, Deadline::in(30s)).value()->status;
    }
    [[nodiscard]] std::uint64_t raised() { return store->counts(Deadline::in(30s)).value().raised; }
    Situation callback(PaymentStore& with, Gateway gateway) {
        WebhookHandler handler(gateways, with, clock);
        return handler
            .handle(test::signed_request(gateways, gateway, test::notification_of(gateway), clock.now()),
                    Deadline::in(30s))
            .situation;
    }
};

TEST_CASE_TEMPLATE_DEFINE(
    "Reconciler over TLS: every gateway's answer settles a lost callback once; the callback that comes late is a "
    "duplicate",
    Backend, query_then_callback) {
    for (const Gateway gateway : test::queried_gateways) {
        CAPTURE(to_string(gateway));
        Desk<Backend> desk;
        const Payment payment = desk.put(gateway);
        desk.answer(http_answer(200, answer_of(desk.gateways, gateway)));
        CHECK(desk.ask().total(Came::settled) == 1);
        CHECK(desk.status(payment.id) == PaymentStatus::completed);
        REQUIRE(desk.imposter.requests().size() == 1);
        CHECK(desk.callback(*desk.store, gateway) == Situation::duplicate);
        CHECK(desk.ask().asked() == 0);
        CHECK(desk.backend.outbox().size() == 1);
        CHECK(desk.raised() == 0);
    }
}
TEST_CASE_TEMPLATE_INVOKE(query_then_callback, test::MemoryPayments, test::SqlitePayments);

TEST_CASE_TEMPLATE_DEFINE(
    "Reconciler over TLS: a callback that comes while its gateway is asked makes the answer a duplicate", Backend,
    callback_then_query) {
    for (const Gateway gateway : test::queried_gateways) {
        CAPTURE(to_string(gateway));
        Desk<Backend> desk;
        const Payment payment = desk.put(gateway);
        std::atomic<Situation> situation{Situation::malformed};
        desk.imposter.answer_with([&](const ImposterRequest&) {
            const auto own = desk.backend.open();  // as another process would
            situation = desk.callback(*own, gateway);
            return ImposterReply{http_answer(200, answer_of(desk.gateways, gateway))};
        });
        const auto report = desk.ask();
        CHECK(situation == Situation::applied);
        CHECK(report.total(Came::unchanged) == 1);
        CHECK(report.total(Came::settled) == 0);
        CHECK(desk.status(payment.id) == PaymentStatus::completed);
        CHECK(desk.backend.outbox().size() == 1);
        CHECK(desk.raised() == 0);  // not taken for a second charge
    }
}
TEST_CASE_TEMPLATE_INVOKE(callback_then_query, test::MemoryPayments, test::SqlitePayments);

TEST_CASE_TEMPLATE_DEFINE(
    "Reconciler over TLS: a failure or cancellation that the gateway tells closes the payment with its one event",
    Backend, closed) {
    struct Row {
        Gateway gateway;
        NotifiedStatus told;
        PaymentStatus status;
        const char* event;
    };
    for (const Row& row :
         {Row{Gateway::zalopay, NotifiedStatus::failed, PaymentStatus::failed, "PAYMENT_FAILED"},
          Row{Gateway::vnpay, NotifiedStatus::failed, PaymentStatus::failed, "PAYMENT_FAILED"},
          Row{Gateway::payos, NotifiedStatus::cancelled, PaymentStatus::cancelled, "PAYMENT_CANCELLED"},
          Row{Gateway::momo, NotifiedStatus::cancelled, PaymentStatus::cancelled, "PAYMENT_CANCELLED"},
          Row{Gateway::stripe, NotifiedStatus::cancelled, PaymentStatus::cancelled, "PAYMENT_CANCELLED"}}) {
        CAPTURE(to_string(row.gateway));
        Desk<Backend> desk;
        const Payment payment = desk.put(row.gateway);
        desk.answer(http_answer(200, answer_of(desk.gateways, row.gateway, {.status = row.told})));
        CHECK(desk.ask().total(Came::settled) == 1);
        CHECK(desk.status(payment.id) == row.status);
        const auto events = desk.backend.outbox();
        REQUIRE(events.size() == 1);
        CHECK(events.front().event_type == row.event);
        CHECK(desk.raised() == 0);
        CHECK(desk.observer.records("payment.refused").empty());
    }
}
TEST_CASE_TEMPLATE_INVOKE(closed, test::MemoryPayments, test::SqlitePayments);

/// Answers each gateway gets a question to, and what must come of it; nothing may be settled.
struct Broken {
    std::string what;
    std::string bytes;
    Came came;
    ImposterReply::Then then = ImposterReply::Then::close;
};

std::vector<Broken> broken_answers(const std::string& good, const std::string& own_url) {
    const std::string whole = http_answer(200, good);
    const auto length = [&](std::size_t size) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + good;
    };
    return {
        {"no answer, closed", "", Came::unreachable},
        {"no answer, hangs", "", Came::unreachable, ImposterReply::Then::hang},
        {"half a header, hangs", "HTTP/1.1 200 OK\r\nContent-", Came::unreachable, ImposterReply::Then::hang},
        {"half a body, hangs", whole.substr(0, whole.size() - 10), Came::unreachable, ImposterReply::Then::hang},
        {"half a body, closed", whole.substr(0, whole.size() - 10), Came::unreachable},
        {"a length that is too great", length(good.size() + 100), Came::unreachable},
        {"a length that is too small", length(good.size() - 5), Came::not_believed},
        {"no HTTP", "SSH-2.0-OpenSSH_9.2\r\n", Came::unreachable},
        {"an empty body", http_answer(200, ""), Came::not_believed},
        {"a page to log in", http_answer(200, "<html><body>log in</body></html>"), Came::not_believed},
        {"an error with a good body", http_answer(500, good), Came::unreachable},
        {"too many requests", http_answer(429, good), Came::unreachable},
        {"a key refused", http_answer(401, good), Came::unreachable},
        {"a redirect", http_answer(302, good, "Location: " + own_url + "/elsewhere\r\n"), Came::unreachable},
        {"a huge body", http_answer(200, std::string(2 * 1024 * 1024, ' ') + good), Came::unreachable},
        {"a huge body without a length", "HTTP/1.1 200 OK\r\n\r\n" + std::string(2 * 1024 * 1024, ' ') + good,
         Came::unreachable},
        {"huge headers", http_answer(200, good, "X-Filler: " + std::string(1024 * 1024, 'x') + "\r\n"),
         Came::unreachable},
        {"an interim answer alone", "HTTP/1.1 100 Continue\r\n\r\n", Came::not_believed, ImposterReply::Then::hang},
    };
}

TEST_CASE("Reconciler over TLS: slow and broken answers settle nothing, are told, and the next good one settles") {
    for (const Gateway gateway : {Gateway::vnpay, Gateway::zalopay}) {
        Desk<test::MemoryPayments> desk;
        const Payment payment = desk.put(gateway);
        const std::string good = answer_of(desk.gateways, gateway);
        for (const Broken& broken : broken_answers(good, desk.imposter.url())) {
            CAPTURE(to_string(gateway));
            CAPTURE(broken.what);
            desk.answer(broken.bytes, broken.then);
            const bool hangs = broken.then == ImposterReply::Then::hang;
            const auto began = std::chrono::steady_clock::now();
            const auto report = desk.ask(hangs ? 300ms : 20s);
            CHECK(std::chrono::steady_clock::now() - began < 15s);
            CHECK(report.total(broken.came) == 1);
            CHECK(report.asked() == 1);
            CHECK(desk.status(payment.id) == PaymentStatus::pending);
            CHECK(desk.backend.outbox().empty());
        }
        for (const ImposterRequest& request : desk.imposter.requests())
            CHECK(request.line.find("elsewhere") == std::string::npos);
        CHECK(desk.raised() == 0);
        desk.answer(http_answer(200, good));
        CHECK(desk.ask().total(Came::settled) == 1);
        CHECK(desk.backend.outbox().size() == 1);
    }
}

TEST_CASE_TEMPLATE_DEFINE("Reconciler over TLS: lies settle nothing, neither the payment asked for nor another",
                          Backend, lies) {
    struct Lie {
        std::string what;
        Gateway gateway;
        Told told;
        Came came;
    };
    const std::vector<Lie> all = {
        {"a wrong signature", Gateway::vnpay, {.checksum_key = "another-key"}, Came::not_believed},
        {"a wrong signature", Gateway::payos, {.checksum_key = "another-key"}, Came::not_believed},
        {"another order", Gateway::vnpay, {.order_id = "TB-OTHER"}, Came::not_believed},
        {"another order", Gateway::momo, {.order_id = "TB-OTHER"}, Came::not_believed},
        {"another order in the right session", Gateway::stripe, {.order_id = "TB-OTHER"}, Came::not_believed},
        {"another session", Gateway::stripe, {.link_id = "cs_test_other"}, Came::not_believed},
        {"another link", Gateway::payos, {.link_id = "link-other"}, Came::not_believed},
        {"another number for the right link", Gateway::payos, {.order_id = "2025121300000007"}, Came::refused},
        {"another amount", Gateway::zalopay, {.amount = 249999}, Came::refused},
        {"another amount", Gateway::vnpay, {.amount = 1}, Came::refused},
        {"another amount", Gateway::payos, {.amount = 250001}, Came::refused},
        {"another amount", Gateway::momo, {.amount = 2500000}, Came::refused},
        {"another amount", Gateway::stripe, {.amount = 25000000}, Came::refused},
        {"the question went well, the payment did not",
         Gateway::vnpay,
         {.status = NotifiedStatus::pending},
         Came::open},
    };
    for (const Lie& lie : all) {
        CAPTURE(lie.what);
        CAPTURE(to_string(lie.gateway));
        Desk<Backend> desk;
        const Payment payment = desk.put(lie.gateway);
        Payment other = askable_payment(lie.gateway);
        other.id = "11111111-0000-4000-8000-000000000001";
        other.order_code = "TB-OTHER";
        other.idempotency_key = "key-other";
        other.provider_transaction_id = lie.gateway == Gateway::payos    ? "link-other"
                                        : lie.gateway == Gateway::stripe ? "cs_test_other"
                                                                         : "TB-OTHER";
        other.created_at = other.updated_at = desk.clock.now();  // too young to be asked for
        desk.put(other);
        desk.answer(http_answer(200, answer_of(desk.gateways, lie.gateway, lie.told)));
        CHECK(desk.ask().total(lie.came) == 1);
        CHECK(desk.status(payment.id) == PaymentStatus::pending);
        CHECK(desk.status(other.id) == PaymentStatus::pending);
        CHECK(desk.backend.outbox().empty());
        const bool another_amount = lie.told.amount != Told{}.amount;
        CHECK(desk.raised() == (another_amount ? 1 : 0));
        // A person hears of each lie, by one alert.
        std::size_t alerts = 0;
        for (const char* event : {"payment.refused", "reconcile.not_believed"})
            for (const auto& record : desk.observer.records(event))
                alerts += record.severity == Severity::alert ? 1U : 0U;
        CHECK(alerts == (lie.came == Came::open ? 0 : 1));
    }
}
TEST_CASE_TEMPLATE_INVOKE(lies, test::MemoryPayments, test::SqlitePayments);

TEST_CASE("Reconciler over TLS: contradictions inside one answer are not read as paid") {
    struct Row {
        Gateway gateway;
        std::string body;
    };
    for (
        const Row& row :
        {Row{Gateway::zalopay, R"({"return_code":1,"is_processing":true,"amount":250000,"zp_trans_id":1})"},
         Row{Gateway::zalopay, R"({"return_code":2,"return_code":1,"amount":250000,"zp_trans_id":1})"},
         Row{Gateway::momo,
             R"({"partnerCode":"MOMOTEST","orderId":"TB-LTDTNL-20251213-8D39986M","resultCode":0,"amount":250000})"},
         Row{Gateway::stripe,
             R"({"id":"cs_test_1","object":"checkout.session","mode":"payment","livemode":false,"status":"complete",)"
             R"("payment_status":"unpaid","amount_total":250000,"currency":"vnd","payment_intent":"pi_1","metadata":{}})"}}) {
        CAPTURE(row.body);
        Desk<test::MemoryPayments> desk;
        const Payment payment = desk.put(row.gateway);
        desk.answer(http_answer(200, row.body));
        CHECK(desk.ask().asked() == 1);
        CHECK(desk.status(payment.id) == PaymentStatus::pending);
        CHECK(desk.backend.outbox().empty());
    }
}

TEST_CASE(
    "Reconciler over TLS: a certificate of another host or another authority gets no question, and plain HTTP no key") {
    Desk<test::MemoryPayments> desk;
    const Payment payment = desk.put(Gateway::payos);
    test::ImposterGateway other("DNS:gateway.example", desk.ca_file,
                                [](const ImposterRequest&) { return ImposterReply{}; });
    desk.gateways = gateways_at(other.url());
    CHECK(desk.ask().total(Came::unreachable) == 1);
    CHECK(other.requests().empty());
    desk.gateways = gateways_at(desk.imposter.url());  // ca_file is now the other one's
    CHECK(desk.ask().total(Came::unreachable) == 1);
    CHECK(desk.imposter.requests().empty());
    desk.gateways = gateways_at("http://gateway.example");
    CHECK(desk.ask().total(Came::unreachable) == 1);
    const auto told = desk.observer.records("reconcile.gateway_down");
    REQUIRE(told.size() == 3);
    CHECK(told[0].fields.at("reason").find("unavailable") != std::string::npos);
    CHECK(told[2].fields.at("reason").find("neither https nor on this machine") != std::string::npos);
    CHECK(desk.status(payment.id) == PaymentStatus::pending);
}

TEST_CASE("Reconciler over TLS: API keys are in the question's headers alone, and in no log") {
    Desk<test::MemoryPayments> desk;
    for (const Gateway gateway : {Gateway::payos, Gateway::stripe}) {
        Payment payment = askable_payment(gateway);
        payment.idempotency_key = payment.order_code = "TB-" + std::string(to_string(gateway));
        desk.put(payment);
    }
    desk.answer(http_answer(403, "{}"));
    CHECK(desk.ask().total(Came::unreachable) == 2);
    const auto requests = desk.imposter.requests();
    REQUIRE(requests.size() == 2);
    for (const ImposterRequest& request : requests) {
        CHECK(request.headers.find(request.line.find("/v1/") != std::string::npos
                                       ? "sk_not_a_real_key"
                                       : "not-a-real-api-key") != std::string::npos);
        CHECK(request.line.find("not") == std::string::npos);
        CHECK(request.body.empty());
    }
    for (const auto& record : desk.observer.records("reconcile.gateway_down")) {
        CHECK(record.severity == Severity::alert);
        for (const auto& [name, value] : record.fields) CHECK(value.find("not") == std::string::npos);
    }
}

TEST_CASE("BackgroundReconciler over TLS: a stop while the gateway hangs ends at once") {
    Desk<test::MemoryPayments> desk;
    desk.put(Gateway::momo);  // its timeout is 30 s
    desk.answer("", ImposterReply::Then::hang);
    reconcile::BackgroundReconciler reconciler(desk.gateways, *desk.store, host::gateway_exchange({desk.ca_file}),
                                               desk.clock, {}, options_with(), desk.observer);
    for (int i = 0; i < 3000 && desk.imposter.requests().empty(); ++i) std::this_thread::sleep_for(10ms);
    REQUIRE(desk.imposter.requests().size() == 1);
    const auto began = std::chrono::steady_clock::now();
    reconciler.stop();
    CHECK(std::chrono::steady_clock::now() - began < 10s);  // well under a second when alone
    CHECK(desk.observer.records("reconcile.gateway_down").empty());
}

TEST_CASE("Reconciler over TLS: two reconcilers and the callbacks at once make one event for each payment") {
    constexpr int orders = 16;
    Desk<test::SqlitePayments> desk;
    std::vector<Payment> payments;
    for (int i = 0; i < orders; ++i) {
        Payment payment = askable_payment(Gateway::vnpay);
        payment.id = "22222222-0000-4000-8000-0000000000" + std::to_string(10 + i);
        payment.order_code = payment.provider_transaction_id = payment.idempotency_key = "TB-" + std::to_string(10 + i);
        payments.push_back(desk.put(payment));
    }
    const auto told_of = [](const std::string& order) {
        return Told{.order_id = order, .transaction_id = "9" + order.substr(3)};
    };
    desk.imposter.answer_with([&](const ImposterRequest& request) {
        const std::string mark = "\"vnp_TxnRef\":\"";
        const std::string order = request.body.substr(request.body.find(mark) + mark.size(), 5);
        return ImposterReply{http_answer(200, answer_of(desk.gateways, Gateway::vnpay, told_of(order)))};
    });
    std::atomic<int> applied{0};
    {
        std::vector<std::jthread> all;
        for (int i = 0; i < 2; ++i) {
            all.emplace_back([&] {
                const auto own = desk.backend.open();
                Reconciler reconciler(desk.gateways, *own, host::gateway_exchange({desk.ca_file}), desk.clock, {},
                                      options_with());
                const auto report = reconciler.run_once(Deadline::in(60s));
                if (report.has_value()) applied += static_cast<int>(report->total(Came::settled));
            });
        }
        all.emplace_back([&] {
            const auto own = desk.backend.open();
            WebhookHandler handler(desk.gateways, *own, desk.clock);
            for (int i = orders; i-- > 0;) {  // from the other end
                TestNotification told = test::notification_of(Gateway::vnpay);
                told.order_id = payments[static_cast<std::size_t>(i)].order_code;
                told.transaction_id = told_of(told.order_id).transaction_id;
                const auto request = test::signed_request(desk.gateways, Gateway::vnpay, told, desk.clock.now());
                applied += handler.handle(request, Deadline::in(30s)).situation == Situation::applied ? 1 : 0;
            }
        });
    }
    CHECK(applied == orders);
    CHECK(desk.backend.outbox().size() == orders);
    CHECK(desk.raised() == 0);
    for (const Payment& payment : payments) CHECK(desk.status(payment.id) == PaymentStatus::completed);
}

}  // namespace
