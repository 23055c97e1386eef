#include <ticketbottle/payment/retrying_store.hpp>

#include "support/faulty_payment_store.hpp"
#include "support/recording_observer.hpp"
#include "support/scripted_payment_store.hpp"
#include "support/stop_soon.hpp"

#include <doctest/doctest.h>

#include <deque>

using namespace ticketbottle;
using namespace std::chrono_literals;
using test::PaymentFault;

namespace {

/// A store that fails by a script, call after call, and then works.
struct World {
    test::ScriptedPaymentStore inner;
    std::deque<PaymentFault> script;
    int calls = 0;
    test::RecordingObserver observer;
    RetryOptions options{.tries_max = 6, .backoff_base = 1ms, .backoff_max = 4ms};

    World() {
        Settled applied;
        applied.outcome = Outcome::applied;
        inner.answer = applied;
    }
    Result<Settled> settle(Deadline deadline = Deadline::in(30s)) {
        RetryingPaymentStore store(std::make_unique<test::FaultyPaymentStore>(inner,
                                                                              [this](std::string_view) {
                                                                                  ++calls;
                                                                                  if (script.empty()) return PaymentFault::none;
                                                                                  const PaymentFault fault = script.front();
                                                                                  script.pop_front();
                                                                                  return fault;
                                                                              }),
                                   options, observer);
        return store.settle({}, std::move(deadline));
    }
};

}  // namespace

TEST_CASE("RetryingPaymentStore: what did not get through is called again, and told once") {
    World world;
    world.script = {PaymentFault::unavailable, PaymentFault::unknown_not_done, PaymentFault::unknown_done};
    const auto settled = world.settle();
    REQUIRE(settled.has_value());
    CHECK(settled->outcome == Outcome::applied);
    CHECK(world.calls == 4);
    CHECK(world.observer.value("ticketbottle_store_retries_total") == 3);
}

TEST_CASE("RetryingPaymentStore: what would fail again, or was cancelled, is handed on at once") {
    for (const PaymentFault fault : {PaymentFault::cancelled, PaymentFault::internal}) {
        World world;
        world.script = {fault};
        CHECK(world.settle().error().code == (fault == PaymentFault::cancelled ? Errc::cancelled : Errc::internal));
        CHECK(world.calls == 1);
        CHECK_FALSE(world.observer.reported("ticketbottle_store_retries_total"));
    }
}

TEST_CASE("RetryingPaymentStore: the tries are bounded, and the last error comes back") {
    World world;
    world.script = std::deque<PaymentFault>(100, PaymentFault::unavailable);
    CHECK(world.settle().error().code == Errc::unavailable);
    CHECK(world.calls == 6);
    world.calls = 0;
    world.options.tries_max = 0;
    CHECK(world.settle().error().code == Errc::unavailable);
    CHECK(world.calls == 1);
}

TEST_CASE("RetryingPaymentStore: what is perhaps done is never told as not done") {
    for (const PaymentFault last : {PaymentFault::unavailable, PaymentFault::cancelled}) {
        World world;
        world.options.tries_max = 2;
        world.script = {PaymentFault::unknown_done, last};
        CHECK(world.settle().error().code == Errc::outcome_unknown);
        CHECK(world.calls == 2);
    }
}

TEST_CASE("RetryingPaymentStore: no wait passes the deadline, and a stop ends one") {
    World world;
    world.script = std::deque<PaymentFault>(1'000'000, PaymentFault::unavailable);
    world.options = {.tries_max = 1'000'000, .backoff_base = 1h, .backoff_max = 1h};
    auto began = Deadline::Clock::now();
    CHECK(world.settle(Deadline::in(50ms)).error().code == Errc::unavailable);
    const test::StopSoon stop;
    CHECK(world.settle(Deadline::in(10h).or_stop(stop.token())).error().code == Errc::unavailable);
    CHECK(Deadline::Clock::now() - began < 20s);
    world.options = {.tries_max = 1'000'000, .backoff_base = -5ms, .backoff_max = -1ms};  // no wait at all, and no endless loop either
    CHECK(world.settle(Deadline::in(50ms)).error().code == Errc::unavailable);
}

TEST_CASE("RetryingPaymentStore: every call goes through it") {
    World world;
    int calls = 0;
    RetryingPaymentStore store(std::make_unique<test::FaultyPaymentStore>(world.inner,
                                                                          [&](std::string_view) {
                                                                              ++calls;
                                                                              return calls % 2 == 1 ? PaymentFault::unavailable : PaymentFault::none;
                                                                          }),
                               world.options);
    CHECK(store.find(PaymentKey::id, "1", Deadline::in(30s)).has_value());
    CHECK(calls == 2);
    // The scripted store answers these with an error of its own, which is not repeated.
    CHECK(store.create({}, Deadline::in(30s)).error().code == Errc::internal);
    CHECK(store.pending({}, 1, Deadline::in(30s)).error().code == Errc::internal);
    CHECK(store.raised(1, Deadline::in(30s)).error().code == Errc::internal);
    CHECK(store.counts(Deadline::in(30s)).error().code == Errc::internal);
    CHECK(store.remove_inbox({}, 1, Deadline::in(30s)).error().code == Errc::internal);
    CHECK(calls == 12);
}
