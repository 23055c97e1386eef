#include <doctest/doctest.h>

#include <set>

#include "reconcile_world.hpp"

namespace ticketbottle::reconcile {
namespace {

using namespace std::chrono_literals;
using test::PaymentFault;
using test::ReconcileWorld;
using What = ReconcileNote::What;

TEST_CASE("ReconcilerMachine: every gateway's lost success is found and settled once, with one event") {
    ReconcileWorld world;
    for (const Gateway gateway : test::queried_gateways) world.put(gateway, std::string(to_string(gateway)));
    world.answer_genuinely();
    ReconcilerMachine machine = world.machine();
    world.run(machine, 10min);
    for (const auto& [id, payment] : world.payments) CHECK(world.status(id) == PaymentStatus::completed);
    CHECK(world.events().size() == 5);
    CHECK(world.asked.size() == 5);  // and never again
    CHECK(machine.report().total(Came::settled) == 5);
    CHECK(machine.report().asked() == 5);
    CHECK(world.noted(What::healed) == 5);
    CHECK(machine.report().in_hand == 0);
}

TEST_CASE("ReconcilerMachine: a payment is left alone until its time, and asked for then") {
    ReconcileWorld world;
    world.put(Gateway::vnpay, "A", 5min);
    world.answer_genuinely();
    ReconcilerMachine machine = world.machine();
    world.run(machine, 9min);
    CHECK(world.asked.empty());
    ReconcilerMachine later = world.machine();
    world.run(later, 3min);
    CHECK(world.asked.size() == 1);
    CHECK(world.status("id-vnpay-A") == PaymentStatus::completed);
}

// For each call of the happy script: replay it, answer that one badly, go on well.
TEST_CASE("ReconcilerMachine: fail every store call in turn, every payment is settled once all the same") {
    const auto script = [](ReconcileWorld& world) {
        for (const char* name : {"A", "B"}) {
            world.put(Gateway::vnpay, name);
            world.put(Gateway::stripe, std::string(name) + "S");
        }
        world.answer_genuinely();
    };
    std::size_t calls = 0;
    {
        ReconcileWorld world;
        script(world);
        world.store_fault = [&](std::string_view) { return ++calls, PaymentFault::none; };
        ReconcilerMachine machine = world.machine();
        world.run(machine, 30s);
    }
    REQUIRE(calls == 5);  // pending, and four times settle
    for (const PaymentFault fault : {PaymentFault::unavailable, PaymentFault::cancelled, PaymentFault::internal,
                                     PaymentFault::unknown_not_done, PaymentFault::unknown_done}) {
        for (std::size_t bad = 1; bad <= calls; ++bad) {
            CAPTURE(static_cast<int>(fault));
            CAPTURE(bad);
            ReconcileWorld world;
            script(world);
            std::size_t call = 0;
            world.store_fault = [&](std::string_view) { return ++call == bad ? fault : PaymentFault::none; };
            ReconcilerMachine machine = world.machine();
            world.run(machine, 10min);
            for (const auto& [id, payment] : world.payments) CHECK(world.status(id) == PaymentStatus::completed);
            CHECK(world.events().size() == 4);
            CHECK(machine.report().stalled == 1);
            CHECK(world.noted(What::stalled) == 1);
            CHECK(world.noted(What::recovered) == 1);
            CHECK(world.noted(What::gateway_down) == 0);
        }
    }
}

TEST_CASE("ReconcilerMachine: fail every exchange in turn, every payment is settled once all the same") {
    enum class Bad : std::uint8_t {
        unavailable,
        timeout,
        cancelled,
        too_long,
        garbage,
        empty,
        error_500,
        redirect,
        not_admitted,
        forged,
        thrown
    };
    const auto bad_answer = [](ReconcileWorld& world, Bad bad, Gateway gateway,
                               const OutgoingRequest& request) -> Result<HttpAnswer> {
        switch (bad) {
            case Bad::unavailable:
                return fail(Errc::unavailable, "world.exchange", "refused");
            case Bad::timeout:
            case Bad::thrown:
                return fail(Errc::outcome_unknown, "world.exchange", "deadline");
            case Bad::cancelled:
                return fail(Errc::cancelled, "world.exchange", "deadline");
            case Bad::too_long:
                return fail(Errc::malformed, "world.exchange", "too long");
            case Bad::garbage:
                return HttpAnswer{200, "<html>captive portal</html>"};
            case Bad::empty:
                return HttpAnswer{200, ""};
            case Bad::error_500:
                return HttpAnswer{500, "{}"};
            case Bad::redirect:
                return HttpAnswer{302, ""};
            case Bad::not_admitted:
                return HttpAnswer{401, "{}"};
            case Bad::forged:
                return world.genuine(gateway, request, {.checksum_key = "another-key"});
        }
        return fail(Errc::internal, "world.exchange");
    };
    for (int kind = 0; kind <= static_cast<int>(Bad::thrown); ++kind) {
        for (std::size_t bad = 1; bad <= 4; ++bad) {
            CAPTURE(kind);
            CAPTURE(bad);
            ReconcileWorld world;
            for (const char* name : {"A", "B"}) {
                world.put(Gateway::vnpay, name);
                world.put(Gateway::payos, std::string(name) + "P");
            }
            std::size_t exchange = 0;
            world.exchange = [&](Gateway gateway, const OutgoingRequest& request) {
                return ++exchange == bad ? bad_answer(world, static_cast<Bad>(kind), gateway, request)
                                         : world.genuine(gateway, request);
            };
            ReconcilerMachine machine = world.machine();
            world.run(machine, 10min);
            for (const auto& [id, payment] : world.payments) CHECK(world.status(id) == PaymentStatus::completed);
            CHECK(world.events().size() == 4);
            CHECK(machine.report().total(Came::settled) == 4);
            CHECK(machine.report().total(Came::unreachable) + machine.report().total(Came::not_believed) == 1);
            CHECK(world.noted(What::gateway_down) == world.noted(What::gateway_up));
            CHECK(world.noted(What::gateway_down) == machine.report().total(Came::unreachable));
        }
    }
}

TEST_CASE(
    "ReconcilerMachine: a gateway that is down costs no payment's turn, is told once, and stops no other gateway") {
    ReconcileWorld world;
    for (int i = 0; i < 50; ++i) {
        world.put(Gateway::momo, "m" + std::to_string(i));
        world.put(Gateway::vnpay, "v" + std::to_string(i));
    }
    bool down = true;
    world.exchange = [&](Gateway gateway, const OutgoingRequest& request) -> Result<HttpAnswer> {
        if (gateway == Gateway::momo && down) return fail(Errc::unavailable, "world.exchange", "refused");
        return world.genuine(gateway, request);
    };
    ReconcilerMachine machine = world.machine();
    world.run(machine, 60min);
    CHECK(world.asks(Gateway::vnpay) == 50);
    CHECK(world.asks(Gateway::momo) < 20);  // 5 s, 10 s, ... 10 min apart, not 50 a minute
    CHECK(world.noted(What::gateway_down) == 1);
    CHECK(machine.is_down(Gateway::momo));
    CHECK_FALSE(machine.is_down(Gateway::vnpay));
    for (int i = 0; i < 50; ++i) CHECK(world.status("id-momo-m" + std::to_string(i)) == PaymentStatus::pending);
    down = false;
    world.run(machine, 15min);
    CHECK(world.noted(What::gateway_up) == 1);
    CHECK(world.events().size() == 100);
}

TEST_CASE("ReconcilerMachine: one payment that its gateway cannot bear does not hold up the gateway's others") {
    ReconcileWorld world;
    world.put(Gateway::vnpay, "poison", 30min);  // the oldest: first in every page
    for (int i = 0; i < 5; ++i) world.put(Gateway::vnpay, std::to_string(i));
    for (const bool error : {true, false}) {
        CAPTURE(error);
        world.exchange = [&](Gateway gateway, const OutgoingRequest& request) -> Result<HttpAnswer> {
            if (request.body.find("TB-poison") != std::string::npos)
                return error ? HttpAnswer{500, ""} : HttpAnswer{200, "<html>"};
            return world.genuine(gateway, request);
        };
        ReconcilerMachine machine = world.machine();
        world.run(machine, 5min);
        CHECK(world.events().size() == 5);
        CHECK(world.status("id-vnpay-poison") == PaymentStatus::pending);
    }
}

TEST_CASE("ReconcilerMachine: answers nobody can believe, one after another, shut the gateway as an outage does") {
    ReconcileWorld world;
    for (int i = 0; i < 100; ++i) world.put(Gateway::vnpay, std::to_string(i));
    world.exchange = [](Gateway, const OutgoingRequest&) -> Result<HttpAnswer> {
        return HttpAnswer{200, "<html>log in</html>"};
    };
    ReconcilerMachine machine = world.machine();
    world.run(machine, 30min);
    CHECK(world.asked.size() < 25);
    CHECK(world.noted(What::gateway_down) == 1);
    world.answer_genuinely();
    world.run(machine, 20min);
    CHECK(world.noted(What::gateway_up) == 1);
    CHECK(world.events().size() == 100);
}

TEST_CASE("ReconcilerMachine: a payment that stays open is asked for ever more rarely, and is never failed by us") {
    ReconcileWorld world;
    world.put(Gateway::vnpay, "A");
    world.answer_genuinely({.status = NotifiedStatus::pending});
    ReconcilerMachine machine = world.machine();
    world.run(machine, 6h);
    CHECK(world.asked.size() >= 8);
    CHECK(world.asked.size() <= 24);
    for (std::size_t i = 1; i < world.asked_at.size(); ++i) {
        const auto gap = world.asked_at[i].steady - world.asked_at[i - 1].steady;
        CHECK(gap >= 30s);        // half of the base
        CHECK(gap <= 1h + 1min);  // the most, and a look
    }
    CHECK(world.status("id-vnpay-A") == PaymentStatus::pending);
    CHECK(world.events().empty());
    world.answer_genuinely();
    world.run(machine, 2h);
    CHECK(world.status("id-vnpay-A") == PaymentStatus::completed);
}

TEST_CASE("ReconcilerMachine: older than the maximum is reported once and left, whatever the gateway would say") {
    ReconcileWorld world;
    for (int i = 0; i < 12; ++i) world.put(Gateway::vnpay, "old" + std::to_string(i), std::chrono::minutes(8 * 24h));
    world.put(Gateway::vnpay, "ageing", std::chrono::minutes(7 * 24h - 30min));
    bool open = true;
    world.exchange = [&](Gateway gateway, const OutgoingRequest& request) {
        return world.genuine(gateway, request, {.status = open ? NotifiedStatus::pending : NotifiedStatus::succeeded});
    };
    ReconcilerMachine machine = world.machine();
    world.run(machine, 10min);
    REQUIRE(world.noted(What::given_up) == 1);
    CHECK(world.notes.front().count == 12);
    CHECK(std::ranges::count(world.notes.front().order_code, ' ') == 9);  // the first ten of them
    CHECK(machine.report().given_up == 12);
    for (const OutgoingRequest& request : world.asked) CHECK(request.body.find("TB-old") == std::string::npos);
    world.run(machine, 40min);
    CHECK(world.noted(What::given_up) == 2);  // the one that passed the limit meanwhile, alone
    CHECK(world.notes.back().order_code == "TB-ageing");
    CHECK(machine.report().given_up == 13);
    const std::size_t asked = world.asked.size();
    open = false;
    world.run(machine, 3h);
    CHECK(world.asked.size() == asked);
    CHECK(world.noted(What::given_up) == 2);
    CHECK(world.events().empty());
}

TEST_CASE("ReconcilerMachine: what cannot be asked is counted, skipped, and said once for each provider and reason") {
    ReconcileWorld world;
    world.gateways.payos->api_key = Secret();
    for (int i = 0; i < 3; ++i) {
        world.put(Gateway::payos, "p" + std::to_string(i));
        world.put(Gateway::standard_webhooks, "s" + std::to_string(i));
        Payment odd = test::askable_payment(Gateway::vnpay);
        odd.id = "odd" + std::to_string(i);
        odd.order_code = odd.provider_transaction_id = odd.idempotency_key = odd.id;
        odd.provider = "pay\npal";
        odd.created_at = world.now.utc - 1h;
        world.put(odd);
    }
    world.put(Gateway::vnpay, "good");
    world.answer_genuinely();
    ReconcilerMachine machine = world.machine();
    world.run(machine, 2h);
    CHECK(world.asked.size() == 1);
    CHECK(world.events().size() == 1);
    CHECK(machine.report().unaskable == 9);
    CHECK(world.noted(What::unaskable) == 3);
    std::set<std::string> told;
    for (const ReconcileNote& note : world.notes)
        if (note.what == What::unaskable) told.insert(note.provider + " " + note.reason);
    CHECK(told == std::set<std::string>{"payos no_keys", "standard-webhooks no_query", "pay?pal unknown_provider"});
}

TEST_CASE(
    "ReconcilerMachine: payments without an answer do not starve the younger ones of a page; a full page is said "
    "once") {
    ReconcileWorld world;
    world.options.page_rows_max = 40;
    for (int i = 0; i < 30; ++i) world.put(Gateway::vnpay, "stuck" + std::to_string(i), 60min);
    for (int i = 0; i < 20; ++i) world.put(Gateway::vnpay, "young" + std::to_string(i), 20min);
    world.exchange = [&](Gateway gateway, const OutgoingRequest& request) {
        const bool stuck = request.body.find("TB-stuck") != std::string::npos;
        return world.genuine(gateway, request, {.status = stuck ? NotifiedStatus::pending : NotifiedStatus::succeeded});
    };
    ReconcilerMachine machine = world.machine();
    world.run(machine, 5min);
    CHECK(world.events().size() == 20);  // ten in the first page, ten when those were closed
    CHECK(world.noted(What::page_full) == 1);
    CHECK(machine.report().in_hand == 30);
}

TEST_CASE("ReconcilerMachine: gateways take turns, so one with many payments does not hold up another's few") {
    ReconcileWorld world;
    world.options.ask_interval = 1ms;
    for (int i = 0; i < 200; ++i) world.put(Gateway::vnpay, std::to_string(i), 60min);
    world.put(Gateway::momo, "late", 16min);
    world.answer_genuinely();
    ReconcilerMachine machine = world.machine();
    world.run(machine, 1min);
    const auto place = std::ranges::find(world.asked_of, Gateway::momo) - world.asked_of.begin();
    CHECK(place <= 1);
}

TEST_CASE(
    "ReconcilerMachine: a callback that comes first leaves nothing to ask, one that comes between makes no second "
    "event") {
    ReconcileWorld world;
    const Payment payment = world.put(Gateway::vnpay, "A");
    PaymentProcessor callbacks(world.store(), world.clock);
    PaymentNotification told;
    world.exchange = [&](Gateway gateway, const OutgoingRequest& request) {
        auto answer = world.genuine(gateway, request);
        const QueryTarget target = question_for(payment, world.gateways)->targets.front();
        told = read(payment, gateway, target, world.gateways, *answer).notification;  // as the callback tells it
        CHECK(callbacks.process(told, Deadline::in(10s)).outcome == Outcome::applied);
        return answer;
    };
    ReconcilerMachine machine = world.machine();
    world.run(machine, 5min);
    CHECK(world.events().size() == 1);
    CHECK(machine.report().total(Came::unchanged) == 1);
    CHECK(machine.report().total(Came::settled) == 0);
    CHECK(world.asked.size() == 1);
}

TEST_CASE("ReconcilerMachine: another amount is refused by the rules, raised, and asked for again only hours later") {
    ReconcileWorld world;
    world.put(Gateway::momo, "A");
    world.answer_genuinely({.amount = 1});
    ReconcilerMachine machine = world.machine();
    world.run(machine, 5h);
    CHECK(world.asked.size() == 1);
    CHECK(machine.report().total(Came::refused) == 1);
    CHECK(world.status("id-momo-A") == PaymentStatus::pending);
    CHECK(world.store().counts(Deadline::in(10s))->raised == 1);
    CHECK(world.events().empty());
    world.answer_genuinely({.transaction_id = "777"});  // paid once more, and right
    world.run(machine, 2h);
    CHECK(world.asked.size() == 2);
    CHECK(world.status("id-momo-A") == PaymentStatus::completed);
}

TEST_CASE("ReconcilerMachine: an answer about another order settles neither") {
    ReconcileWorld world;
    world.put(Gateway::stripe, "A");
    world.put(Gateway::stripe, "B", 1min);  // too young to be asked for
    world.answer_genuinely({.order_id = "TB-B"});
    ReconcilerMachine machine = world.machine();
    world.run(machine, 5min);
    CHECK(world.events().empty());
    CHECK(world.status("id-stripe-A") == PaymentStatus::pending);
    CHECK(world.status("id-stripe-B") == PaymentStatus::pending);
    CHECK(machine.report().total(Came::not_believed) >= 1);
    CHECK(world.notes.front().why == Answered::another);
}

TEST_CASE(
    "ReconcilerMachine: a gateway that knows the payment by its order code only is asked by that in the same round") {
    ReconcileWorld world;
    Payment payment = test::askable_payment(Gateway::vnpay);
    payment.provider_transaction_id = "REF-1";
    payment.created_at = world.now.utc - 1h;
    world.put(payment);
    world.exchange = [&](Gateway, const OutgoingRequest& request) -> Result<HttpAnswer> {
        const bool by_code = request.body.find("\"" + payment.order_code + "\"") != std::string::npos;
        return HttpAnswer{200, test::answer_of(world.gateways, Gateway::vnpay,
                                               {.status = by_code ? NotifiedStatus::succeeded : NotifiedStatus::ignored,
                                                .order_id = by_code ? payment.order_code : "REF-1"})};
    };
    ReconcilerMachine machine = world.machine();
    world.run(machine, 10s);
    CHECK(world.asked.size() == 2);
    CHECK(world.status(payment.id) == PaymentStatus::completed);
}

TEST_CASE("ReconcilerMachine: request ids are never the same, and of a form that VNPay and MoMo take") {
    ReconcileWorld world;
    for (int i = 0; i < 20; ++i) world.put(Gateway::vnpay, std::to_string(i));
    world.answer_genuinely();
    ReconcilerMachine machine = world.machine();
    world.run(machine, 1min);
    std::set<std::string> ids;
    for (const OutgoingRequest& request : world.asked) {
        const std::string mark = "\"vnp_RequestId\":\"";
        const std::string id = request.body.substr(request.body.find(mark) + mark.size(), 32);
        CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
        ids.insert(id);
    }
    CHECK(ids.size() == 20);
}

TEST_CASE("ReconcilerOptions: what is out of range is refused by name") {
    CHECK(check({}).has_value());
    const auto refused = [](auto change, std::string_view name) {
        ReconcilerOptions options;
        change(options);
        const auto checked = check(options);
        REQUIRE_FALSE(checked.has_value());
        CHECK(checked.error().code == Errc::invalid_argument);
        CHECK(checked.error().detail_text().starts_with(name));
    };
    refused([](auto& o) { o.ask_after = 0min; }, "ask_after");
    refused([](auto& o) { o.give_up_after = 0h; }, "give_up_after");
    refused(
        [](auto& o) {
            o.ask_after = 180min;
            o.give_up_after = 3h;
        },
        "give_up_after");
    refused([](auto& o) { o.look_every = 0ms; }, "look_every");
    refused([](auto& o) { o.page_rows_max = 1001; }, "page_rows_max");
    refused([](auto& o) { o.page_rows_max = 0; }, "page_rows_max");
    refused([](auto& o) { o.ask_interval = 0ms; }, "ask_interval");
    refused([](auto& o) { o.exchange_timeout = 0ms; }, "exchange_timeout");
    refused([](auto& o) { o.store_timeout = 0ms; }, "store_timeout");
    refused([](auto& o) { o.payment_backoff_max = 1ms; }, "payment_backoff_max");
    refused([](auto& o) { o.gateway_backoff_base = 0ms; }, "gateway_backoff_base");
    refused([](auto& o) { o.refused_again = 0ms; }, "refused_again");
    refused([](auto& o) { o.ip_address = "1.2.3.4|x"; }, "ip_address");
}

}  // namespace
}  // namespace ticketbottle::reconcile
