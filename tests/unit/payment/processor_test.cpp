#include <ticketbottle/payment/processor.hpp>

#include <ticketbottle/event/events.hpp>

#include "support/recording_observer.hpp"
#include "support/scripted_payment_store.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <stdexcept>
#include <string>

using namespace ticketbottle;

namespace {

class StandingClock final : public Clock {
public:
    TimePoint now() const override { return TimePoint(std::chrono::milliseconds(1765612800000)); }
};

PaymentNotification notification() {
    PaymentNotification n;
    n.gateway = Gateway::zalopay;
    n.status = NotifiedStatus::succeeded;
    n.order_id = "251213_TB-1";
    n.transaction_id = "t-1";
    n.dedup_key = "d-1";
    n.amount = Money{1000, Currency::vnd()};
    n.payer_email = "payer@secret.example";
    return n;
}

Settled settled(Outcome outcome, Refusal refusal = Refusal::none) {
    Settled s;
    s.outcome = outcome;
    s.refusal = refusal;
    s.payment_id = "p-1";
    s.order_code = "TB-1";
    return s;
}

struct World {
    test::ScriptedPaymentStore store;
    StandingClock clock;
    test::RecordingObserver observer;
    int woken = 0;
    Settled run(std::function<void()> wake = {}) {
        ProcessorOptions options;
        options.event_written = wake ? std::move(wake) : [this] { ++woken; };
        PaymentProcessor processor(store, clock, options, observer);
        return processor.process(notification(), Deadline::never());
    }
};

}  // namespace

TEST_CASE("PaymentProcessor: the command carries names, time and policy") {
    test::ScriptedPaymentStore store;
    StandingClock clock;
    ProcessorOptions options;
    options.late_success = LateSuccess::reopen;
    options.payos_number = PayosNumber::digits;
    (void)PaymentProcessor(store, clock, options).process(notification(), Deadline::never());
    CHECK(store.asked.lookup.provider_transaction_ids == std::vector<std::string>{"251213_TB-1"});
    CHECK(store.asked.lookup.order_codes == std::vector<std::string>{"TB-1"});
    CHECK(store.asked.now == clock.now());
    CHECK(store.asked.late_success == LateSuccess::reopen);
    CHECK(store.asked.payos_number == PayosNumber::digits);
    CHECK(store.asked.pass_through == default_pass_through());
    options.pass_through = {"only_this"};
    (void)PaymentProcessor(store, clock, options).process(notification(), Deadline::never());
    CHECK(store.asked.pass_through == std::vector<std::string>{"only_this"});
}

TEST_CASE("PaymentProcessor: whatever the store's error, the outcome is retry, told once as an error") {
    for (const Errc code : {Errc::unavailable, Errc::outcome_unknown, Errc::cancelled, Errc::internal, Errc::malformed}) {
        World world;
        world.store.answer = fail(code, "payment.settle", "scripted");
        CHECK(world.run().outcome == Outcome::retry);
        const auto records = world.observer.records("payment.settle_failed");
        REQUIRE(records.size() == 1);
        CHECK(records[0].severity == Severity::error);
        CHECK(records[0].fields.at("code") == to_string(code));
        CHECK(world.observer.value("ticketbottle_notifications_total") == 1);
        CHECK(world.observer.reported("ticketbottle_settle_seconds"));
        CHECK(world.woken == 0);
    }
}

TEST_CASE("PaymentProcessor: a written event wakes the relay once, anything else does not") {
    World world;
    Settled applied = settled(Outcome::applied);
    applied.outbox_id = "o-1";
    world.store.answer = applied;
    CHECK(world.run().outcome == Outcome::applied);
    CHECK(world.woken == 1);
    CHECK(world.observer.records("payment.applied").at(0).severity == Severity::info);
    for (const Outcome outcome : {Outcome::duplicate, Outcome::ignored, Outcome::refused, Outcome::applied}) {
        world.store.answer = settled(outcome);
        (void)world.run();
    }
    CHECK(world.woken == 1);
}

TEST_CASE("PaymentProcessor: a wake-up that throws does not take the answer back") {
    World world;
    Settled applied = settled(Outcome::applied);
    applied.outbox_id = "o-1";
    world.store.answer = applied;
    CHECK(world.run([] { throw std::runtime_error("host bug"); }).outcome == Outcome::applied);
    CHECK(world.run([] { throw 5; }).outcome == Outcome::applied);
    CHECK(world.observer.records("payment.wake_failed").size() == 2);
}

TEST_CASE("PaymentProcessor: a refusal that needs a person is an alert with ids and both amounts, the rest a warning") {
    for (const Refusal refusal :
         {Refusal::unknown_order, Refusal::ambiguous_order, Refusal::order_mismatch, Refusal::provider_mismatch, Refusal::amount_mismatch,
          Refusal::currency_mismatch, Refusal::already_completed, Refusal::late_success, Refusal::second_charge, Refusal::content_conflict}) {
        CAPTURE(to_string(refusal));
        World world;
        world.store.answer = settled(Outcome::refused, refusal);
        Payment payment;
        payment.amount = {2000, Currency::vnd()};
        world.store.found = std::optional(payment);
        CHECK(world.run().refusal == refusal);
        const auto records = world.observer.records("payment.refused");
        REQUIRE(records.size() == 1);
        CHECK(records[0].severity == (needs_person(refusal) ? Severity::alert : Severity::warning));
        CHECK(records[0].fields.at("gateway") == "zalopay");
        CHECK(records[0].fields.at("reason") == to_string(refusal));
        CHECK(records[0].fields.at("payment_id") == "p-1");
        CHECK(records[0].fields.at("order_id") == "251213_TB-1");
        CHECK(records[0].fields.at("notified_amount") == "1000");
        CHECK(records[0].fields.at("expected_amount") == "2000");
        for (const auto& [name, value] : records[0].fields) CHECK(value.find("secret") == std::string::npos);
    }
}

TEST_CASE("PaymentProcessor: a refusal stands when the payment cannot be read for the alert") {
    World world;
    world.store.answer = settled(Outcome::refused, Refusal::amount_mismatch);
    world.store.found = fail(Errc::unavailable, "payment.find", "scripted");
    CHECK(world.run().refusal == Refusal::amount_mismatch);
    CHECK(world.observer.records("payment.refused").size() == 1);
}
