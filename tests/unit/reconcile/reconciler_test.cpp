// The driver: what it does with threads, stops, deadlines, exceptions, and what it tells.
#include <doctest/doctest.h>

#include <condition_variable>
#include <future>
#include <mutex>

#include "reconcile_world.hpp"
#include "support/recording_observer.hpp"

namespace ticketbottle::reconcile {
namespace {

using namespace std::chrono_literals;
using test::ReconcileWorld;

ReconcilerOptions quick() {
    ReconcilerOptions options;
    options.look_every = 100ms;
    options.ask_interval = 1ms;
    options.gateway_backoff_base = 1ms;
    options.gateway_backoff_max = 20ms;
    return options;
}

/// An exchange that answers never, but heeds its deadline; says when it was called.
struct Hanging {
    std::promise<void> called;
    HttpExchange exchange() {
        return [this](const OutgoingRequest&, Deadline deadline) -> Result<HttpAnswer> {
            called.set_value();
            std::mutex mutex;
            std::condition_variable_any never;
            std::unique_lock lock(mutex);
            never.wait_for(lock, deadline.stop_token(), deadline.remaining(), [] { return false; });
            return fail(Errc::outcome_unknown, "test.exchange", "deadline");
        };
    }
};

TEST_CASE("Reconciler: run_once asks once about what is due, settles it, tells of it, and ends") {
    ReconcileWorld world;
    test::RecordingObserver observer;
    world.put(Gateway::vnpay, "A");
    world.put(Gateway::stripe, "B");
    world.put(Gateway::momo, "C");
    const auto exchange = [&](const OutgoingRequest& request, Deadline deadline) -> Result<HttpAnswer> {
        const bool stripe = request.method == "GET";
        const bool momo = request.url.find("momo") != std::string::npos;
        CHECK(deadline.remaining() > (momo ? 29s : 9s));  // MoMo's pages ask for 30 s
        CHECK(deadline.remaining() <= (momo ? 30s : 10s));
        if (momo) return HttpAnswer{503, "customer an@secret.example"};
        return world.genuine(stripe ? Gateway::stripe : Gateway::vnpay, request);
    };
    int woken = 0;
    ProcessorOptions processing;
    processing.event_written = [&] { ++woken; };
    ReconcilerOptions options = quick();
    options.gateway_backoff_base = options.gateway_backoff_max = 1min;
    Reconciler reconciler(world.gateways, world.store(), exchange, world.clock, processing, options, observer);
    const auto report = reconciler.run_once(Deadline::in(30s));
    REQUIRE(report.has_value());
    CHECK(report->total(Came::settled) == 2);
    CHECK(report->total(Came::unreachable) == 1);
    CHECK(report->asked() == 3);
    CHECK(world.events().size() == 2);
    CHECK(woken == 2);
    CHECK(observer.records("reconcile.healed").size() == 2);
    CHECK(observer.records("payment.applied").size() == 2);
    REQUIRE(observer.records("reconcile.gateway_down").size() == 1);
    CHECK(observer.records("reconcile.gateway_down")[0].fields.at("gateway") == "momo");
    CHECK(observer.records("reconcile.gateway_down")[0].fields.at("reason") == "HTTP status 503");
    CHECK(observer.value("ticketbottle_reconcile_answers_total") == 3);
    CHECK(observer.value("ticketbottle_reconcile_in_hand_payments") == 3);
    CHECK(observer.reported("ticketbottle_reconcile_exchange_seconds"));
    CHECK(observer.reported("ticketbottle_reconcile_gateway_up"));
    CHECK(reconciler.run_once(Deadline::in(30s))->total(Came::settled) == 0);
}

TEST_CASE(
    "Reconciler: run_once asks about a payment that stays open or is refused once, however soon it would be due "
    "again") {
    ReconcileWorld world;
    for (int i = 0; i < 20; ++i) world.put(Gateway::vnpay, "open" + std::to_string(i));
    world.put(Gateway::momo, "refused");
    const auto exchange = [&](const OutgoingRequest& request, Deadline) {
        std::this_thread::sleep_for(2ms);
        const bool momo = request.url.find("momo") != std::string::npos;
        if (momo) return world.genuine(Gateway::momo, request, {.amount = 1});
        return world.genuine(Gateway::vnpay, request, {.status = NotifiedStatus::pending});
    };
    ReconcilerOptions options = quick();
    options.payment_backoff_base = options.payment_backoff_max = 1ms;
    Reconciler reconciler(world.gateways, world.store(), exchange, world.clock, {}, options);
    const auto report = reconciler.run_once(Deadline::in(60s));
    REQUIRE(report.has_value());
    CHECK(report->total(Came::open) == 20);
    CHECK(report->total(Came::refused) == 1);
    CHECK(report->asked() == 21);
}

TEST_CASE("Reconciler: no key, no payload and no customer is told, whatever comes") {
    ReconcileWorld world;
    class Listening final : public Observer {
    public:
        void log(const LogRecord& record) override {
            told += record.message;
            for (const Field& field : record.fields)
                if (const auto* text = std::get_if<std::string_view>(&field.value)) told += *text;
        }
        void metric(const MetricSample& sample) override {
            for (const Label& label : sample.labels) told += label.value;
        }
        std::string told;
    } observer;
    for (const Gateway gateway : test::queried_gateways)
        for (const char* name : {"A", "B", "C"}) world.put(gateway, std::string(to_string(gateway)) + name);
    std::size_t turn = 0;
    const auto exchange = [&](const OutgoingRequest&, Deadline) -> Result<HttpAnswer> {
        switch (turn++ % 5) {
            case 0:
                return HttpAnswer{200, R"({"customer_email":"an@secret.example"})"};
            case 1:
                return HttpAnswer{401, "an@secret.example"};
            case 2:
                return HttpAnswer{200, "an@secret.example"};
            case 3:
                throw std::runtime_error("an@secret.example not-a-real");
            default:
                return HttpAnswer{302, "an@secret.example"};
        }
    };
    Reconciler reconciler(world.gateways, world.store(), exchange, world.clock, {}, quick(), observer);
    std::jthread running([&](const std::stop_token& stop) { (void)reconciler.run(stop).has_value(); });
    for (int i = 0; i < 3000 && reconciler.last_report().asked() < 20; ++i) std::this_thread::sleep_for(10ms);
    running.request_stop();
    running.join();
    CHECK(reconciler.last_report().asked() >= 20);
    CHECK(observer.told.find("secret.example") == std::string::npos);
    CHECK(observer.told.find("not-a-real") == std::string::npos);
    CHECK(observer.told.find("not_a_real") == std::string::npos);
    CHECK(world.events().empty());
}

TEST_CASE("Reconciler: a stop ends a question that hangs within a second, and is told as no trouble") {
    ReconcileWorld world;
    test::RecordingObserver observer;
    world.put(Gateway::momo, "A");
    Hanging hanging;
    auto called = hanging.called.get_future();
    Reconciler reconciler(world.gateways, world.store(), hanging.exchange(), world.clock, {}, quick(), observer);
    std::stop_source stop;
    auto done = std::async(std::launch::async, [&] { return reconciler.run(stop.get_token()).has_value(); });
    REQUIRE(called.wait_for(30s) == std::future_status::ready);
    stop.request_stop();
    // MoMo's timeout is 30 s: half of that is enough to tell, on any machine.
    CHECK(done.wait_for(15s) == std::future_status::ready);
    CHECK(done.get());
    CHECK(observer.records("reconcile.gateway_down").empty());
    CHECK(observer.records("reconcile.stalled").empty());
    CHECK(reconciler.last_report().asked() == 0);
}

TEST_CASE("Reconciler: an answer that came is settled also when a stop came first") {
    ReconcileWorld world;
    world.put(Gateway::vnpay, "A");
    world.put(Gateway::vnpay, "B");
    std::stop_source stop;
    const auto exchange = [&](const OutgoingRequest& request, Deadline) {
        stop.request_stop();
        return world.genuine(Gateway::vnpay, request);
    };
    Reconciler reconciler(world.gateways, world.store(), exchange, world.clock, {}, quick());
    const auto report = reconciler.run(stop.get_token());
    REQUIRE(report.has_value());
    CHECK(world.events().size() == 1);  // the one in hand, and no other was asked for
    CHECK(report->total(Came::settled) == 1);
}

TEST_CASE("Reconciler: run_once ends at its deadline though a gateway hangs, and says when the store is out of reach") {
    ReconcileWorld world;
    world.put(Gateway::momo, "A");
    Hanging hanging;
    Reconciler slow(world.gateways, world.store(), hanging.exchange(), world.clock, {}, quick());
    const auto began = std::chrono::steady_clock::now();
    CHECK(slow.run_once(Deadline::in(100ms)).has_value());
    CHECK(std::chrono::steady_clock::now() - began < 15s);

    test::FaultyPaymentStore broken(world.store(), [](std::string_view) { return test::PaymentFault::unavailable; });
    const auto never = [](const OutgoingRequest&, Deadline) -> Result<HttpAnswer> {
        return fail(Errc::internal, "test.exchange");
    };
    Reconciler reconciler(world.gateways, broken, never, world.clock, {}, quick());
    const auto report = reconciler.run_once(Deadline::in(30s));
    REQUIRE_FALSE(report.has_value());
    CHECK(report.error().code == Errc::unavailable);
    CHECK(reconciler.last_report().stalled == 1);
}

TEST_CASE(
    "BackgroundReconciler: works by itself until stopped; refused options and a throwing store are told, not fatal") {
    ReconcileWorld world;
    world.put(Gateway::vnpay, "A");
    const auto exchange = [&](const OutgoingRequest& request, Deadline) {
        return world.genuine(Gateway::vnpay, request);
    };
    {
        BackgroundReconciler reconciler(world.gateways, world.store(), exchange, world.clock, {}, quick());
        CHECK(reconciler.running());
        for (int i = 0; i < 3000 && world.events().empty(); ++i) std::this_thread::sleep_for(10ms);
        CHECK(world.events().size() == 1);
        reconciler.stop();
        CHECK_FALSE(reconciler.running());
        reconciler.stop();
    }
    test::RecordingObserver observer;
    ReconcilerOptions bad;
    bad.look_every = 0ms;
    const BackgroundReconciler refused(world.gateways, world.store(), exchange, world.clock, {}, bad, observer);
    CHECK_FALSE(refused.running());
    CHECK(observer.records("reconcile.refused").size() == 1);

    test::FaultyPaymentStore throwing(
        world.store(), [](std::string_view) -> test::PaymentFault { throw std::runtime_error("secret.example"); });
    BackgroundReconciler thrown(world.gateways, throwing, exchange, world.clock, {}, quick(), observer);
    for (int i = 0; i < 3000 && observer.records("reconcile.exception").empty(); ++i) std::this_thread::sleep_for(10ms);
    CHECK_FALSE(observer.records("reconcile.exception").empty());
    CHECK(thrown.running());
}

}  // namespace
}  // namespace ticketbottle::reconcile
