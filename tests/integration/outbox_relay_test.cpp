// Relay and BackgroundRelay with threads and real time, over the memory store.
#include <ticketbottle/memory/database.hpp>
#include <ticketbottle/memory/manual_clock.hpp>
#include <ticketbottle/outbox/relay.hpp>
#include <ticketbottle/ports/clock.hpp>

#include "support/faulty_outbox_store.hpp"
#include "support/history_checker.hpp"
#include "support/recording_observer.hpp"
#include "support/scripted_transport.hpp"
#include "support/stop_soon.hpp"
#include "support/watched_outbox_store.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace ticketbottle::outbox {
namespace {

using namespace std::chrono_literals;
using test::Fault;
using Steady = std::chrono::steady_clock;

std::chrono::milliseconds since(Steady::time_point start) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - start);
}

/// One outbox, its writer, and what was written.
struct Shop {
    SystemClock clock;
    std::shared_ptr<memory::Database> database = std::make_shared<memory::Database>(clock);
    std::map<std::string, std::uint64_t> written;

    std::unique_ptr<OutboxStore> open() { return memory::Database::outbox_store(database); }
    void put(const std::string& key, const std::string& type = "PAYMENT_COMPLETED") {
        const std::string version = std::to_string(++written[key]);
        database->add({key + "/" + version, key, "Payment", type, version, clock.now(), 0});
    }
    test::Verdict verdict(const std::vector<Message>& arrived, std::size_t window) const {
        std::vector<test::Seen> history;
        for (const Message& message : arrived) history.push_back({message.key, std::stoull(message.value)});
        return test::judge(written, history, window);
    }
};

OutboxStatistics store_of(OutboxStore& store) { return store.statistics(Deadline::in(1s)).value(); }

RelayOptions quick() {
    RelayOptions options;
    options.lease = 1000ms;
    options.publish_timeout = 500ms;
    options.store_timeout = 500ms;
    options.poll_max = 50ms;
    options.backoff_base = 10ms;
    return options;
}

TEST_CASE("Relay: run_once publishes all that is due, page after page, releases the lease and returns") {
    Shop shop;
    for (int i = 0; i < 250; ++i) shop.put("pay-" + std::to_string(i % 40));
    const auto store = shop.open();
    test::ScriptedTransport transport;
    test::RecordingObserver observer;
    Relay relay(*store, transport, {}, observer);
    const auto start = Steady::now();
    const auto report = relay.run_once(Deadline::in(10s));
    REQUIRE(report.has_value());
    CHECK(report->published == 250);
    CHECK(since(start) < 2s);
    const test::Verdict verdict = shop.verdict(transport.arrived(), 0);
    CHECK(verdict.lost + verdict.inverted + verdict.duplicates + verdict.foreign == 0);
    CHECK(observer.value("ticketbottle_outbox_published_total") == 250);
    CHECK(observer.reported("ticketbottle_relay_publish_seconds"));
    CHECK(observer.value("ticketbottle_relay_leading") == 0);
    CHECK(observer.records("relay.leading").size() == 1);
    const auto other = shop.open();
    CHECK(other->acquire("next", 1s, Deadline::in(1s)).value().has_value());
    CHECK(relay.run_once(Deadline::in(1s)).value().published == 0);  // another relay leads now
}

TEST_CASE("Relay: run_once says that the way is closed, and burns no attempt") {
    Shop shop;
    shop.put("pay-1");
    const auto store = shop.open();
    test::ScriptedTransport transport;
    transport.fate = [](const Message&) { return test::out_of_reach(); };
    test::RecordingObserver observer;
    Relay relay(*store, transport, quick(), observer);
    const auto report = relay.run_once(Deadline::in(5s));
    REQUIRE_FALSE(report.has_value());
    CHECK(report.error().code == Errc::unavailable);
    CHECK(relay.last_report().stalled == 1);
    const auto stalled = observer.records("relay.stalled");
    REQUIRE(stalled.size() == 1);
    CHECK(stalled[0].severity == Severity::error);
    CHECK(stalled[0].fields.at("part") == "transport");
    CHECK(stalled[0].fields.at("reason") == "broker down");
    CHECK(store->statistics(Deadline::in(1s)).value().pending == 1);
}

TEST_CASE("Relay: run_once comes back to mark what was delivered when the store fails for a moment") {
    Shop shop;
    shop.put("pay-1");
    const auto inner = shop.open();
    int settles = 0;
    test::FaultyOutboxStore store(*inner, [&](std::string_view call) {
        return call == "settle" && ++settles <= 2 ? Fault::unavailable : Fault::none;
    });
    test::ScriptedTransport transport;
    Relay relay(store, transport, quick());
    const auto report = relay.run_once(Deadline::in(5s));
    REQUIRE(report.has_value());
    CHECK(report->published == 1);
    CHECK(transport.arrived().size() == 1);
}

TEST_CASE("Relay: run_once ends with its deadline and keeps time for marking") {
    Shop shop;
    for (int i = 0; i < 1000; ++i) shop.put("pay-" + std::to_string(i));
    const auto store = shop.open();
    test::ScriptedTransport transport;
    transport.before = [](Deadline) { std::this_thread::sleep_for(50ms); };
    RelayOptions options;
    options.batch_rows_max = 10;
    Relay relay(*store, transport, options);
    const auto start = Steady::now();
    const auto report = relay.run_once(Deadline::in(400ms));
    REQUIRE(report.has_value());
    CHECK(since(start) < 700ms);
    CHECK(report->published >= 10);
    CHECK(report->published == transport.arrived().size());
    CHECK(store->statistics(Deadline::in(1s)).value().published == report->published);
    CHECK(relay.run_once(Deadline::in(0ms)).value().published == 0);
}

TEST_CASE("Relay: a batch is marked while the next one is being sent") {
    Shop shop;
    for (int i = 0; i < 20; ++i) shop.put("pay-" + std::to_string(i));
    const auto inner = shop.open();
    std::atomic<bool> marking = false;
    test::FaultyOutboxStore store(*inner, [&](std::string_view call) {
        if (call == "settle") marking = true;
        return Fault::none;
    });
    test::ScriptedTransport transport;
    bool first = true;
    transport.before = [&](Deadline) {
        if (std::exchange(first, false)) return;
        for (const auto start = Steady::now(); !marking && since(start) < 20s;) std::this_thread::sleep_for(1ms);
    };
    RelayOptions options;
    options.batch_rows_max = 10;
    options.lease = 60s;
    Relay relay(store, transport, options);
    const auto start = Steady::now();
    CHECK(relay.run_once(Deadline::in(60s)).value().published == 20);
    CHECK(since(start) < 20s);
}

TEST_CASE("Relay: what the store throws while a batch is being sent passes through") {
    Shop shop;
    for (int i = 0; i < 20; ++i) shop.put("pay-" + std::to_string(i));
    const auto inner = shop.open();
    test::FaultyOutboxStore store(*inner, [](std::string_view call) {
        if (call == "settle") throw std::runtime_error("the host's own");
        return Fault::none;
    });
    test::ScriptedTransport transport;
    RelayOptions options;
    options.batch_rows_max = 10;
    Relay relay(store, transport, options);
    CHECK_THROWS_AS((void)relay.run_once(Deadline::in(10s)), std::runtime_error);
    CHECK(transport.arrived().size() == 20);
}

TEST_CASE("Relay: a row that is given up is logged as an error, without its payload") {
    Shop shop;
    shop.put("pay-1", "SURPRISE");
    const auto store = shop.open();
    test::ScriptedTransport transport;
    test::RecordingObserver observer;
    RelayOptions options = quick();
    options.attempts_max = 1;
    CHECK(Relay(*store, transport, options, observer).run_once(Deadline::in(5s)).value().dead == 1);
    const auto dead = observer.records("outbox.row_dead");
    REQUIRE(dead.size() == 1);
    CHECK(dead[0].severity == Severity::error);
    CHECK(dead[0].fields == std::map<std::string, std::string>{{"id", "pay-1/1"},
                                                               {"event_type", "SURPRISE"},
                                                               {"attempts", "1"},
                                                               {"reason", "unknown event type SURPRISE"}});
    CHECK(observer.value("ticketbottle_outbox_dead_total") == 1);
}

TEST_CASE("Relay: a transport that throws leaves its messages unknown, and the relay alive") {
    Shop shop;
    shop.put("pay-1");
    const auto store = shop.open();
    test::ScriptedTransport transport;
    int calls = 0;
    transport.before = [&](Deadline) {
        if (++calls == 1) throw std::runtime_error("card 4111 1111 1111 1111");
    };
    test::RecordingObserver observer;
    BackgroundRelay relay(*store, transport, quick(), observer);
    CHECK(transport.wait_for(1, 5s));
    relay.stop();
    CHECK(store->statistics(Deadline::in(1s)).value().published == 1);
    REQUIRE(observer.records("relay.stalled").size() == 1);
    CHECK(observer.records("relay.stalled")[0].fields.at("reason") == "the transport threw an exception");
}

TEST_CASE("Relay: options that cannot be are refused") {
    Shop shop;
    const auto store = shop.open();
    test::ScriptedTransport transport;
    RelayOptions options;
    options.batch_rows_max = 0;
    CHECK(Relay(*store, transport, options).run_once(Deadline::in(1s)).error().code == Errc::invalid_argument);
    CHECK(Relay(*store, transport, options).run({}).error().code == Errc::invalid_argument);
    test::RecordingObserver observer;
    BackgroundRelay background(*store, transport, options, observer);
    CHECK_FALSE(background.running());
    CHECK(observer.records("relay.refused").size() == 1);
}

TEST_CASE("BackgroundRelay: a wake-up is at once, however long the relay has been idle") {
    Shop shop;
    const auto store = shop.open();
    test::ScriptedTransport transport;
    RelayOptions options;
    options.poll_min = 10s;  // only a wake-up can be this quick
    options.poll_max = 10s;
    options.lease = 60s;
    BackgroundRelay relay(*store, transport, options);
    std::this_thread::sleep_for(50ms);
    std::vector<std::chrono::microseconds> delays;
    for (std::size_t i = 1; i <= 50; ++i) {
        const auto start = Steady::now();
        shop.put("pay-" + std::to_string(i));
        relay.wake();
        REQUIRE(transport.wait_for(i, 5s));
        delays.push_back(std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - start));
    }
    std::ranges::sort(delays);
    MESSAGE("wake to delivery, microseconds: median " << delays[25].count() << ", worst " << delays.back().count());
    CHECK(delays[25] < 20ms);
}

TEST_CASE("BackgroundRelay: a wake-up between looking and waiting is not lost") {
    Shop shop;
    const auto inner = shop.open();
    std::atomic<bool> armed = true;
    std::atomic<bool> ready = false;
    BackgroundRelay* waker = nullptr;
    // The event is committed, and the wake-up given, right after the store found nothing.
    test::WatchedOutboxStore store(*inner, {}, [&](std::string_view call) {
        if (call != "fetch") return;
        while (!ready) std::this_thread::yield();
        if (!armed.exchange(false)) return;
        shop.put("pay-1");
        waker->wake();
    });
    test::ScriptedTransport transport;
    RelayOptions options;
    options.poll_min = 10s;
    options.poll_max = 10s;
    options.lease = 60s;
    BackgroundRelay relay(store, transport, options);
    waker = &relay;
    ready = true;
    CHECK(transport.wait_for(1, 3s));
}

TEST_CASE("BackgroundRelay: without wake-ups polling finds the event soon") {
    Shop shop;
    const auto store = shop.open();
    test::ScriptedTransport transport;
    BackgroundRelay relay(*store, transport, quick());
    std::this_thread::sleep_for(200ms);
    shop.put("pay-1");
    CHECK(transport.wait_for(1, 1s));
}

TEST_CASE("BackgroundRelay: stops within a second in every state, and lets a stand-by take over at once") {
    Shop shop;
    const auto inner = shop.open();
    const auto other = shop.open();
    test::ScriptedTransport transport;
    std::atomic<bool> publishing = false;
    test::RecordingObserver observer;
    std::function<Fault(std::string_view)> fault = [](std::string_view) { return Fault::none; };
    bool foreign_lease = false;
    RelayOptions options;
    options.publish_timeout = 600ms;
    options.poll_max = 10min;
    options.backoff_base = 10min;  // a stalled lane would wait for half a lease
    options.backoff_max = 10min;
    options.lease = 5min;

    SUBCASE("waiting for work") {}
    SUBCASE("standing by") {
        REQUIRE(other->acquire("other", 60s, Deadline::in(1s)).value().has_value());
        foreign_lease = true;
    }
    SUBCASE("stalled by the store") {
        fault = [](std::string_view) { return Fault::unavailable; };
    }
    SUBCASE("stalled by the transport") {
        shop.put("pay-1");
        transport.fate = [](const Message&) { return test::out_of_reach(); };
    }
    SUBCASE("in a publish that honours its deadline") {
        shop.put("pay-1");
        transport.before = [&](Deadline deadline) {
            publishing = true;
            std::this_thread::sleep_for(deadline.remaining());
        };
    }
    SUBCASE("delivered, but not marked yet") {
        shop.put("pay-1");
        fault = [](std::string_view call) { return call == "settle" ? Fault::unavailable : Fault::none; };
    }
    test::FaultyOutboxStore store(*inner, fault);
    BackgroundRelay relay(store, transport, options, observer);
    std::this_thread::sleep_for(100ms);
    const auto start = Steady::now();
    relay.stop();
    CHECK(since(start) < 1s);
    CHECK_FALSE(relay.running());
    if (!foreign_lease) CHECK(other->acquire("other", 60s, Deadline::in(1s)).value().has_value());
}

/// A store and a transport of which one call, once, does nothing until its deadline.
struct Hanging {
    explicit Hanging(OutboxStore& inner)
        : store(inner, [this](std::string_view call, const Deadline& deadline) {
              if (call == where && !std::exchange(hung, true)) hang(deadline);
          }) {
        transport.before = [this](const Deadline& deadline) {
            if (where == "publish" && !std::exchange(hung, true)) hang(deadline);
        };
    }
    static void hang(const Deadline& deadline) {
        while (!deadline.expired()) std::this_thread::sleep_for(deadline.slice());
    }

    std::string_view where;
    bool hung = false;
    test::WatchedOutboxStore store;
    test::ScriptedTransport transport;
};

TEST_CASE("Relay: a stop ends the store or transport call that is under way, within a second, and is no trouble") {
    Shop shop;
    shop.put("pay-1");
    const auto inner = shop.open();
    const auto other = shop.open();
    Hanging hanging(*inner);
    test::RecordingObserver observer;
    RelayOptions options;
    options.lease = 5min;
    options.publish_timeout = 60s;
    options.store_timeout = 60s;
    Relay relay(hanging.store, hanging.transport, options, observer);
    for (const std::string_view where : {"acquire", "fetch", "publish", "settle"}) {
        for (const bool once : {false, true}) {
            CAPTURE(where);
            CAPTURE(once);
            shop.put("pay-" + std::string(where));
            hanging.where = where;
            hanging.hung = false;
            const test::StopSoon stop(200ms);
            const auto start = Steady::now();
            CHECK((once ? relay.run_once(Deadline::in(10min), stop.token()) : relay.run(stop.token())).has_value());
            CHECK(hanging.hung);
            CHECK(since(start) < 1200ms);
            CHECK(relay.last_report().stalled == 0);
            REQUIRE(other->acquire("other", 60s, Deadline::in(1s)).value().has_value());  // released
            REQUIRE(other->release({"other", other->acquire("other", 60s, Deadline::in(1s)).value()->epoch}, Deadline::in(1s)).has_value());
            // All that was delivered is marked.
            CHECK(store_of(*other).published == hanging.transport.arrived().size());
        }
    }
    CHECK(observer.records("relay.stalled").empty());
    CHECK(store_of(*other).dead == 0);
}

TEST_CASE("Relay: a stop that the deadline of run_once carries is as good as one of its own") {
    Shop shop;
    shop.put("pay-1");
    const auto inner = shop.open();
    Hanging hanging(*inner);
    hanging.where = "fetch";
    RelayOptions options;
    options.store_timeout = 60s;
    const test::StopSoon stop;
    const auto start = Steady::now();
    CHECK(Relay(hanging.store, hanging.transport, options).run_once(Deadline::in(10min).or_stop(stop.token())).has_value());
    CHECK(hanging.hung);
    CHECK(since(start) < 20s);
}

TEST_CASE("BackgroundRelay: what was delivered is marked before it stops") {
    Shop shop;
    shop.put("pay-1");
    const auto store = shop.open();
    test::ScriptedTransport transport;
    std::atomic<bool> publishing = false;
    transport.before = [&](Deadline) {
        publishing = true;
        std::this_thread::sleep_for(200ms);
    };
    BackgroundRelay relay(*store, transport);
    while (!publishing) std::this_thread::yield();
    relay.stop();
    CHECK(transport.arrived().size() == 1);
    CHECK(store->statistics(Deadline::in(1s)).value().published == 1);
}

TEST_CASE("BackgroundRelay: stopping twice, and destruction without stopping, are fine") {
    Shop shop;
    const auto store = shop.open();
    test::ScriptedTransport transport;
    BackgroundRelay twice(*store, transport, quick());
    twice.stop();
    twice.stop();
    const auto start = Steady::now();
    { BackgroundRelay once(*store, transport, quick()); }
    CHECK(since(start) < 1s);
}

TEST_CASE("BackgroundRelay: an observer that throws does not end the relay for good") {
    struct ThrowOnce final : Observer {
        std::atomic<int> calls = 0;
        void log(const LogRecord&) override {}
        void metric(const MetricSample&) override {
            if (++calls == 1) throw std::runtime_error("no");
        }
    } observer;
    Shop shop;
    shop.put("pay-1");
    const auto store = shop.open();
    test::ScriptedTransport transport;
    BackgroundRelay relay(*store, transport, quick(), observer);
    CHECK(transport.wait_for(1, 5s));
    CHECK(observer.calls > 1);
}

TEST_CASE("BackgroundRelay: two at once share one outbox, in order, and one takes over from the other") {
    Shop shop;
    const auto first_store = shop.open();
    const auto second_store = shop.open();
    test::ScriptedTransport transport;
    std::atomic<int> inside = 0;
    std::atomic<bool> overlapped = false;
    transport.before = [&](Deadline) {
        if (++inside > 1) overlapped = true;
        std::this_thread::sleep_for(1ms);
        --inside;
    };
    RelayOptions options = quick();
    options.batch_rows_max = 7;
    auto first = std::make_unique<BackgroundRelay>(*first_store, transport, options);
    auto second = std::make_unique<BackgroundRelay>(*second_store, transport, options);
    for (int i = 0; i < 300; ++i) {
        shop.put("pay-" + std::to_string(i % 11));
        if (i == 100) first.reset();
        if (i == 200) {
            first = std::make_unique<BackgroundRelay>(*first_store, transport, options);
            second.reset();
        }
        if (i % 10 == 0) std::this_thread::sleep_for(2ms);
    }
    CHECK(transport.wait_for(300, 20s));
    first.reset();
    CHECK_FALSE(overlapped);
    const test::Verdict verdict = shop.verdict(transport.arrived(), 0);
    CHECK(verdict.lost == 0);
    CHECK(verdict.inverted == 0);
    CHECK(verdict.duplicates == 0);  // clean stops: nothing was in flight
}

}  // namespace
}  // namespace ticketbottle::outbox
