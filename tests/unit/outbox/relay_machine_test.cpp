#include "relay_world.hpp"

#include <doctest/doctest.h>

#include <random>

namespace ticketbottle::outbox {
namespace {

using namespace std::chrono_literals;
using test::Fault;
using test::RelayWorld;
using Broker = RelayWorld::Broker;
using What = RelayNote::What;

RelayMachine machine_for(const RelayWorld& world, std::uint64_t seed = 1) { return {"relay", world.options, seed}; }

/// Three keys: a page of four batches, and one of two.
void fill(RelayWorld& world) {
    world.options.batch_rows_max = 2;
    for (int version = 0; version < 5; ++version) {
        for (const char* key : {"a", "b"}) world.put(key);
    }
    world.put("c");
}

void check_all_published(const RelayWorld& world, std::size_t window) {
    const test::Verdict verdict = world.verdict(window);
    CHECK(world.published() == world.rows.size());
    CHECK(verdict.lost == 0);
    CHECK(verdict.inverted == 0);
    CHECK(verdict.stale == 0);
    CHECK(verdict.foreign == 0);
}

TEST_CASE("RelayMachine: publishes everything once, in order, page after page without waiting") {
    RelayWorld world;
    fill(world);
    RelayMachine machine = machine_for(world);
    std::vector<std::size_t> kinds;
    RelayAction action = machine.begin(world.now);
    for (; !std::holds_alternative<Wait>(action); action = world.perform(machine, action)) kinds.push_back(action.index());
    // acquire, (fetch, publish and record the batch before meanwhile, settle the last) twice, and the fetch that finds nothing
    CHECK(kinds == std::vector<std::size_t>{1, 2, 3, 3, 3, 3, 4, 2, 3, 3, 4, 2});
    CHECK(world.recorded_meanwhile == 4);
    check_all_published(world, 0);
    CHECK(world.verdict(0).duplicates == 0);
    CHECK(machine.report().published == world.rows.size());
    CHECK(machine.report().retried + machine.report().dead + machine.report().stalled == 0);
    CHECK(world.noted(What::leading) == 1);
}

// For each step of the happy script: replay it, answer that one step badly, go on well.
TEST_CASE("RelayMachine: fail every step in turn, nothing is lost, nothing marked that was not delivered, order is kept") {
    std::size_t store_calls = 0;
    {
        RelayWorld world;
        fill(world);
        world.store_fault = [&](std::string_view) { return ++store_calls, Fault::none; };
        RelayMachine machine = machine_for(world);
        world.run(machine, machine.begin(world.now));
    }
    REQUIRE(store_calls == 10);
    for (const Fault fault : {Fault::unavailable, Fault::unknown_not_done, Fault::unknown_done, Fault::conflict}) {
        for (std::size_t bad = 1; bad <= 2 * store_calls; ++bad) {
            CAPTURE(static_cast<int>(fault));
            CAPTURE(bad);
            RelayWorld world;
            fill(world);
            world.record_first = [&] { return bad <= store_calls; };
            std::size_t call = 0;
            world.store_fault = [&](std::string_view) { return ++call == (bad - 1) % store_calls + 1 ? fault : Fault::none; };
            RelayMachine machine = machine_for(world);
            world.run(machine, machine.begin(world.now));
            check_all_published(world, world.options.batch_rows_max * 2);
            CHECK(machine.report().dead == 0);
            CHECK(machine.report().retried == 0);
            CHECK(world.unmarked_most <= 2 * world.options.batch_rows_max);
            if (fault == Fault::conflict) CHECK(world.noted(What::stalled) == 0);
            if (fault != Fault::conflict) {
                CHECK(world.verdict(0).duplicates == 0);  // the page in hand was kept and marked later
                CHECK(machine.report().published == world.rows.size());
                CHECK(world.noted(What::stalled) == 1);
                CHECK(world.noted(What::recovered) == 1);
            }
        }
    }
}

TEST_CASE("RelayMachine: fail every message in turn, order is kept and only its key waits") {
    for (const Broker bad : {Broker::refused, Broker::out_of_reach, Broker::unknown_arrived, Broker::unknown_lost, Broker::silent}) {
        for (std::size_t place = 1; place <= 11; ++place) {
            CAPTURE(static_cast<int>(bad));
            CAPTURE(place);
            RelayWorld world;
            fill(world);
            std::size_t message = 0;
            world.broker = [&](const Message&) { return ++message == place ? bad : Broker::delivered; };
            RelayMachine machine = machine_for(world);
            world.run(machine, machine.begin(world.now));
            check_all_published(world, world.options.batch_rows_max * 2);
            CHECK(world.verdict(0).duplicates == (bad == Broker::unknown_arrived ? 1 : 0));
            CHECK(machine.report().retried == (bad == Broker::refused ? 1 : 0));
            CHECK(machine.report().stalled == (bad == Broker::refused ? 0 : 1));
            std::uint32_t attempts = 0;
            for (const auto& row : world.rows) attempts += row.row.attempts;
            CHECK(attempts == (bad == Broker::refused ? 1 : 0));
        }
    }
}

TEST_CASE("RelayMachine: reports that are missing count as unknown") {
    RelayWorld world;
    fill(world);
    world.broker_forgets_tail = true;
    RelayMachine machine = machine_for(world);
    RelayAction action = machine.begin(world.now);
    for (int i = 0; i < 4; ++i) action = world.perform(machine, action);
    world.broker_forgets_tail = false;
    world.run(machine, action);
    check_all_published(world, 8);
    CHECK(machine.report().stalled >= 1);
}

TEST_CASE("RelayMachine: after the last attempt a row is dead, with the reason, and holds only its key") {
    RelayWorld world;
    fill(world);
    world.options.attempts_max = 3;
    world.broker = [](const Message& message) { return message.key == "a" ? Broker::refused : Broker::delivered; };
    RelayMachine machine = machine_for(world);
    world.run(machine, machine.begin(world.now));
    CHECK(world.row("a/1").dead);
    CHECK(world.row("a/1").row.attempts == 3);
    CHECK(world.row("a/2").row.attempts == 0);
    CHECK_FALSE(world.row("a/2").published);
    CHECK(world.published() == 6);
    CHECK(machine.report().retried == 2);
    CHECK(machine.report().dead == 1);
    CHECK(machine.report().stalled == 0);
    REQUIRE(world.noted(What::row_dead) == 1);
    const auto note = std::ranges::find(world.notes, What::row_dead, &RelayNote::what);
    CHECK(note->row_id == "a/1");
    CHECK(note->event_type == "PAYMENT_COMPLETED");
    CHECK(note->attempts == 3);
    CHECK(note->reason == "too large");
}

TEST_CASE("RelayMachine: an unknown event type fails like any row and never blocks other keys") {
    RelayWorld world;
    world.options.attempts_max = 2;
    world.put("a", "SURPRISE\n");
    world.put("b");
    world.put("a");
    RelayMachine machine = machine_for(world);
    world.run(machine, machine.begin(world.now));
    CHECK(world.row("b/1").published);
    CHECK(world.row("a/1").dead);
    CHECK_FALSE(world.row("a/2").published);
    const auto note = std::ranges::find(world.notes, What::row_dead, &RelayNote::what);
    CHECK(note->reason == "unknown event type SURPRISE?");
    CHECK(note->event_type == "SURPRISE?");
}

TEST_CASE("RelayMachine: an unknown type behind a message that did not go burns nothing") {
    RelayWorld world;
    world.put("a");
    world.put("a", "SURPRISE");
    world.broker = [](const Message&) { return Broker::out_of_reach; };
    RelayMachine machine = machine_for(world);
    RelayAction action = machine.begin(world.now);
    for (int i = 0; i < 20; ++i) action = world.perform(machine, action);
    CHECK(world.row("a/2").row.attempts == 0);
    CHECK(machine.report().retried == 0);
}

TEST_CASE("RelayMachine: a transport that is down for an hour burns no attempt and is said once") {
    RelayWorld world;
    fill(world);
    const RelayTime end = world.now + 1h;
    world.broker = [&](const Message&) { return world.now < end ? Broker::out_of_reach : Broker::delivered; };
    RelayMachine machine = machine_for(world);
    world.run(machine, machine.begin(world.now), 100'000);
    check_all_published(world, 0);
    CHECK(machine.report().retried + machine.report().dead == 0);
    CHECK(machine.report().stalled > 100);
    CHECK(world.noted(What::stalled) == 1);
    CHECK(world.noted(What::recovered) == 1);
    CHECK(world.noted(What::lease_lost) == 0);
    CHECK(world.now < end + world.options.lease);
    const auto note = std::ranges::find(world.notes, What::stalled, &RelayNote::what);
    CHECK(note->part == "transport");
    CHECK(note->reason == "broker down");
}

TEST_CASE("RelayMachine: a failed attempt is not counted twice when the answer to settling was lost") {
    for (const Fault fault : {Fault::unknown_done, Fault::unknown_not_done}) {
        CAPTURE(static_cast<int>(fault));
        RelayWorld world;
        world.put("a");
        world.put("b");
        world.options.attempts_max = 2;
        std::size_t refused = 0;
        world.broker = [&](const Message& m) { return m.key == "a" && refused++ == 0 ? Broker::refused : Broker::delivered; };
        std::size_t settles = 0;
        world.store_fault = [&](std::string_view call) { return call == "settle" && settles++ == 0 ? fault : Fault::none; };
        RelayMachine machine = machine_for(world);
        world.run(machine, machine.begin(world.now));
        check_all_published(world, 0);
        CHECK(world.row("a/1").row.attempts == (fault == Fault::unknown_done ? 1 : 0));
        CHECK(world.noted(What::row_retry) == 1);
    }
}

TEST_CASE("RelayMachine: a stand-by tries often enough to take over soon after the lease lapsed") {
    RelayWorld world;
    world.put("a");
    world.steal();
    const RelayTime lapse = world.now + world.options.lease;
    RelayMachine machine = machine_for(world);
    RelayAction action = machine.begin(world.now);
    while (world.published() == 0) {
        if (const auto* wait = std::get_if<Wait>(&action)) {
            CHECK(wait->why == Wait::Why::standby);
            CHECK(wait->at_most <= world.options.lease / 10);
        }
        action = world.perform(machine, action);
    }
    CHECK(world.now <= lapse + world.options.lease / 10 + 10ms);
    CHECK(world.noted(What::standby) == 1);
    CHECK(world.noted(What::leading) == 1);
}

TEST_CASE("RelayMachine: an idle relay keeps its lease, polls ever less often, and at once after work") {
    RelayWorld world;
    RelayMachine machine = machine_for(world);
    RelayAction action = machine.begin(world.now);
    std::vector<std::chrono::milliseconds> waits;
    while (waits.size() < 60) {
        if (const auto* wait = std::get_if<Wait>(&action)) {
            CHECK(wait->why == Wait::Why::idle);
            waits.push_back(wait->at_most);
        }
        action = world.perform(machine, action);
    }
    CHECK(waits.front() == world.options.poll_min);
    CHECK(std::ranges::is_sorted(waits));
    CHECK(waits.back() == world.options.poll_max);
    CHECK(machine.lease()->epoch == 1);  // never lapsed in between
    world.put("a");
    while (world.published() == 0) action = world.perform(machine, action);
    while (!std::holds_alternative<Wait>(action)) action = world.perform(machine, action);
    CHECK(std::get<Wait>(action).at_most == world.options.poll_min);
}

TEST_CASE("RelayMachine: a poll that is longer than the lease does not lose it") {
    RelayWorld world;
    world.options.poll_max = 1h;
    RelayMachine machine = machine_for(world);
    RelayAction action = machine.begin(world.now);
    for (int i = 0; i < 100; ++i) {
        if (const auto* wait = std::get_if<Wait>(&action)) CHECK(wait->at_most <= world.options.lease / 3);
        action = world.perform(machine, action);
    }
    CHECK(machine.lease()->epoch == 1);
}

TEST_CASE("RelayMachine: publishing ends before the lease does, and a lease that is running out is renewed first") {
    RelayWorld world;
    world.put("a");
    RelayMachine machine = machine_for(world);
    RelayAction action = machine.begin(world.now);
    action = world.perform(machine, action);
    REQUIRE(std::holds_alternative<Fetch>(action));
    SUBCASE("slept a little") {
        world.now += world.options.lease / 4;
        action = world.perform(machine, action);
        REQUIRE(std::holds_alternative<Publish>(action));
        CHECK(std::get<Publish>(action).until <= RelayTime(1h) + 1ms + world.options.lease);
    }
    SUBCASE("slept for most of the lease") {
        world.now += world.options.lease * 4 / 5;
        action = world.perform(machine, action);
        REQUIRE(std::holds_alternative<Acquire>(action));
        action = world.perform(machine, action);
        CHECK(std::holds_alternative<Publish>(action));  // the same epoch: the page is still good
    }
    SUBCASE("slept past it, and another led in between: the page is dropped") {
        const auto fetched = std::get<Fetch>(action);
        Result<OutboxPage> page = OutboxPage{{world.rows[0].row}, std::nullopt};
        world.now += world.options.lease * 2;
        action = machine.fetched(world.now, std::move(page));
        REQUIRE(std::holds_alternative<Acquire>(action));
        world.steal();
        world.now += world.options.lease + 1s;
        action = world.perform(machine, action);
        REQUIRE(std::holds_alternative<Fetch>(action));
        CHECK(std::get<Fetch>(action).lease.epoch > fetched.lease.epoch);
    }
}

TEST_CASE("RelayMachine: a store that grants and fences in turn is not asked in a tight loop") {
    RelayWorld world;
    fill(world);
    world.store_fault = [&](std::string_view call) {
        if (call == "settle") world.steal(0ms);  // and lets it go at once
        return Fault::none;
    };
    RelayMachine machine = machine_for(world);
    RelayAction action = machine.begin(world.now);
    std::size_t stalls = 0;
    for (int i = 0; i < 200; ++i) {
        if (const auto* wait = std::get_if<Wait>(&action)) stalls += wait->why == Wait::Why::stalled ? 1U : 0U;
        action = world.perform(machine, action);
    }
    CHECK(stalls > 30);
    CHECK(world.published() == 0);
    CHECK(world.verdict(1000).inverted == 0);
}

TEST_CASE("RelayMachine: retries wait a random time within full jitter's bounds") {
    struct Case {
        std::uint32_t attempts;
        std::chrono::milliseconds most;
    };
    RelayWorld world;
    world.options.backoff_base = 100ms;
    world.options.backoff_max = 1000ms;
    world.options.attempts_max = 1000;
    for (const auto& [attempts, most] : {Case{0, 100ms}, Case{1, 200ms}, Case{3, 800ms}, Case{4, 1000ms}, Case{998, 1000ms}}) {
        CAPTURE(attempts);
        std::chrono::milliseconds least_seen = 1h;
        std::chrono::milliseconds most_seen = 0ms;
        for (std::uint64_t seed = 0; seed < 300; ++seed) {
            RelayMachine machine = machine_for(world, seed);
            (void)machine.begin(world.now);
            (void)machine.acquired(world.now, std::optional(RelayLease{"relay", 1}));
            (void)machine.fetched(world.now, OutboxPage{{{"1", "k", "Payment", "PAYMENT_FAILED", "{}", {}, attempts}}, {}});
            const std::vector<DeliveryReport> reports = {{Delivery::not_sent, Errc::malformed, "no"}};
            const RelayAction action = machine.published(world.now, reports);
            const auto& row = std::get<Settle>(action).rows.at(0);
            REQUIRE(row.what == RowSettlement::What::retry);
            least_seen = std::min(least_seen, row.retry_after);
            most_seen = std::max(most_seen, row.retry_after);
        }
        CHECK(most_seen <= most);
        CHECK(most_seen > most * 9 / 10);
        CHECK(least_seen < most / 10);
    }
}

TEST_CASE("RelayMachine: reasons are made fit for a column and a log") {
    RelayWorld world;
    RelayMachine machine = machine_for(world);
    (void)machine.begin(world.now);
    (void)machine.acquired(world.now, std::optional(RelayLease{"relay", 1}));
    (void)machine.fetched(world.now, OutboxPage{{{"1", "k", "Payment", "PAYMENT_FAILED", "{}", {}, 0}}, {}});
    const std::string reason = "bad\xff\x01" + std::string(496, 'x') + "ệệệ";
    const std::vector<DeliveryReport> reports = {{Delivery::not_sent, Errc::malformed, reason}};
    const RelayAction action = machine.published(world.now, reports);
    CHECK(std::get<Settle>(action).rows.at(0).reason == "bad??" + std::string(495, 'x'));
}

TEST_CASE("RelayMachine: random answers for thousands of runs: no loss, no inversion, repeats only within the page in flight") {
    for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
        CAPTURE(seed);
        std::mt19937_64 random(seed);
        const auto pick = [&](std::uint64_t choices) { return random() % choices; };
        RelayWorld world;
        world.options.batch_rows_max = static_cast<std::uint32_t>(1 + pick(6));
        world.options.attempts_max = 1000;
        const std::uint64_t badness = 2 + pick(20);
        world.record_first = [&] { return pick(2) == 0; };
        bool calm = false;
        world.store_fault = [&](std::string_view) {
            if (calm || pick(badness) != 0) return Fault::none;
            return static_cast<Fault>(1 + pick(4));
        };
        world.broker = [&](const Message&) {
            if (calm || pick(badness) != 0) return Broker::delivered;
            return static_cast<Broker>(1 + pick(5));
        };
        RelayMachine machine = machine_for(world, seed);
        RelayAction action = machine.begin(world.now);
        for (int i = 0; i < 120; ++i) {
            if (pick(4) == 0) world.put(std::string(1, static_cast<char>('a' + pick(4))), pick(15) == 0 ? "ODD" : "PAYMENT_FAILED");
            if (pick(60) == 0) world.now += std::chrono::milliseconds(pick(20'000));  // asleep
            action = world.perform(machine, action);
        }
        calm = true;
        for (auto& row : world.rows) row.row.event_type = "PAYMENT_FAILED";  // somebody taught it the odd type
        world.run(machine, action, 5000);
        const test::Verdict verdict = world.verdict(1'000'000);
        REQUIRE(world.published() == world.rows.size());
        REQUIRE(verdict.lost == 0);
        REQUIRE(verdict.inverted == 0);
        REQUIRE(verdict.foreign == 0);
    }
}

TEST_CASE("RelayOptions: what cannot work is refused by name") {
    struct Case {
        const char* name;
        std::function<void(RelayOptions&)> spoil;
    };
    const std::vector<Case> cases = {
        {"batch_rows_max", [](RelayOptions& o) { o.batch_rows_max = 0; }},
        {"batch_rows_max", [](RelayOptions& o) { o.batch_rows_max = 1001; }},
        {"attempts_max", [](RelayOptions& o) { o.attempts_max = 0; }},
        {"lease", [](RelayOptions& o) { o.lease = 99ms; }},
        {"lease", [](RelayOptions& o) { o.lease = 11min; }},
        {"lease", [](RelayOptions& o) { o.publish_timeout = o.lease; }},
        {"publish_timeout", [](RelayOptions& o) { o.publish_timeout = 0ms; }},
        {"store_timeout", [](RelayOptions& o) { o.store_timeout = -1ms; }},
        {"poll_min", [](RelayOptions& o) { o.poll_min = 0ms; }},
        {"poll_max", [](RelayOptions& o) { o.poll_max = o.poll_min - 1ms; }},
        {"backoff_base", [](RelayOptions& o) { o.backoff_base = 0ms; }},
        {"backoff_max", [](RelayOptions& o) { o.backoff_max = o.backoff_base - 1ms; }},
        {"topics", [](RelayOptions& o) { o.messages.topics["X"] = ""; }},
    };
    CHECK(check(RelayOptions{}).has_value());
    for (const Case& c : cases) {
        CAPTURE(c.name);
        RelayOptions options;
        c.spoil(options);
        const auto checked = check(options);
        REQUIRE_FALSE(checked.has_value());
        CHECK(checked.error().code == Errc::invalid_argument);
        CHECK(checked.error().detail_text().find(c.name) != std::string_view::npos);
    }
}

}  // namespace
}  // namespace ticketbottle::outbox
