#include <ticketbottle/outbox/sweeper.hpp>

#include "support/recording_observer.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <map>

namespace ticketbottle::outbox {
namespace {

using namespace std::chrono_literals;

const TimePoint now = std::chrono::sys_days(std::chrono::year(2025) / 11 / 21);

/// How many rows of each kind there are to remove, and which step shall fail.
struct Desk {
    std::map<SweepKind, std::uint64_t> rows;
    std::vector<DeadRow> dead;
    std::size_t bad_step = 0;  ///< 1 is the first; 0 none.
    Errc bad = Errc::unavailable;
    std::size_t step = 0;
    std::map<SweepKind, TimePoint> before;

    bool fails() { return ++step == bad_step; }
    Error error() const { return fail(bad, "desk.step", "scripted"); }

    SweepAction perform(SweeperMachine& machine, const Remove& remove) {
        before[remove.kind] = remove.before;
        if (fails()) return machine.removed(error());
        const std::uint64_t count = std::min<std::uint64_t>(rows[remove.kind], remove.rows_max);
        rows[remove.kind] -= count;
        return machine.removed(count);
    }
    SweepAction perform(SweeperMachine& machine, const Count&) {
        if (fails()) return machine.counted(error());
        OutboxStatistics statistics;
        statistics.dead = dead.size();
        statistics.total = 10;
        return machine.counted(statistics);
    }
    SweepAction perform(SweeperMachine& machine, const ListDead&) {
        if (fails()) return machine.listed(error());
        return machine.listed(dead);
    }
    SweepAction perform(SweeperMachine&, const SweepDone&) { return SweepDone{}; }

    SweepReport run(const SweeperOptions& options) {
        SweeperMachine machine(options, now);
        SweepAction action = machine.begin();
        for (int i = 0; i < 1000 && !std::holds_alternative<SweepDone>(action); ++i) {
            action = std::visit([&](const auto& what) { return perform(machine, what); }, action);
        }
        REQUIRE(std::holds_alternative<SweepDone>(action));
        return machine.report();
    }
};

SweeperOptions options() {
    SweeperOptions o;
    o.batch_rows_max = 10;
    o.dead_retention = 24h * 365;
    o.alert_rows_max = 2;
    return o;
}
Desk desk() {
    const DeadRow row{"id", "pay", "PAYMENT_FAILED", 5, "refused", now - 1h};
    return {{{SweepKind::published, 25}, {SweepKind::inbox, 10}, {SweepKind::dead, 3}}, {row, row, row}, 0, Errc::unavailable, 0, {}};
}

TEST_CASE("SweeperMachine: removes in bounded batches to the end, then counts and lists") {
    Desk d = desk();
    const SweepReport report = d.run(options());
    CHECK(report.deleted == 25);
    CHECK(report.inbox_deleted == 10);
    CHECK(report.dead_deleted == 3);
    CHECK(report.complete);
    CHECK(report.troubles.empty());
    CHECK(report.first_dead.size() == 2);
    CHECK(d.step == 3 + 2 + 1 + 1 + 1);
    CHECK(d.before[SweepKind::published] == now - 7 * 24h);
    CHECK(d.before[SweepKind::inbox] == now - 90 * 24h);
    CHECK(d.before[SweepKind::dead] == now - 365 * 24h);
}

TEST_CASE("SweeperMachine: dead rows are not removed unless told to, nor listed when there are none") {
    Desk d = desk();
    d.dead.clear();
    SweeperOptions o = options();
    o.dead_retention.reset();
    const SweepReport report = d.run(o);
    CHECK(report.dead_deleted == 0);
    CHECK(d.rows[SweepKind::dead] == 3);
    CHECK_FALSE(d.before.contains(SweepKind::dead));
    CHECK(d.step == 3 + 2 + 1);
}

TEST_CASE("SweeperMachine: fail every step in turn, its kind ends and the others are done") {
    for (const Errc bad : {Errc::unavailable, Errc::outcome_unknown, Errc::conflict, Errc::cancelled}) {
        for (std::size_t step = 1; step <= 8; ++step) {
            CAPTURE(step);
            Desk d = desk();
            d.bad_step = step;
            d.bad = bad;
            const SweepReport report = d.run(options());
            CHECK_FALSE(report.complete);
            REQUIRE(report.troubles.size() == 1);
            CHECK(report.troubles[0].find(to_string(bad)) != std::string::npos);
            CHECK(report.deleted == (step <= 3 ? (step - 1) * 10 : 25));
            CHECK(report.inbox_deleted == (step == 4 ? 0 : 10));
            CHECK(report.dead_deleted == (step == 6 ? 0 : 3));
            CHECK(report.stats.total == (step == 7 ? 0 : 10));
            CHECK(report.first_dead.size() == (step == 8 ? 0 : 2));
        }
    }
}

TEST_CASE("SweeperMachine: a run is bounded and says that it is not complete") {
    Desk d = desk();
    SweeperOptions o = options();
    o.batches_max = 2;
    const SweepReport report = d.run(o);
    CHECK(report.deleted == 20);
    CHECK(report.inbox_deleted == 0);
    CHECK_FALSE(report.complete);
    CHECK(report.troubles.empty());
    CHECK(report.stats.total == 10);
}

TEST_CASE("SweepReport: its JSON is the deployed function's") {
    SweepReport report;
    report.deleted = 12;
    report.inbox_deleted = 3;
    report.stats = {100, 90, 8, 2, std::chrono::minutes(5) + 59s};
    CHECK(report.to_json() == R"({"deleted":12,"failedCount":2,"stats":{"totalEvents":100,"publishedEvents":90,)"
                              R"("pendingEvents":8,"failedEvents":2,"oldestPendingAge":5},)"
                              R"("inboxDeleted":3,"deadDeleted":0,"complete":true})");
    report.stats.oldest_pending_age.reset();
    CHECK(report.to_json().find(R"("oldestPendingAge":null)") != std::string::npos);
}

TEST_CASE("SweeperOptions: what cannot work is refused by name") {
    struct Case {
        const char* name;
        std::function<void(SweeperOptions&)> spoil;
    };
    const std::vector<Case> cases = {
        {"published_retention", [](SweeperOptions& o) { o.published_retention = 0h; }},
        {"published_retention", [](SweeperOptions& o) { o.published_retention = 24h * 366 * 11; }},
        {"inbox_retention", [](SweeperOptions& o) { o.inbox_retention = -1h; }},
        {"dead_retention", [](SweeperOptions& o) { o.dead_retention = 0h; }},
        {"batch_rows_max", [](SweeperOptions& o) { o.batch_rows_max = 10'001; }},
        {"batches_max", [](SweeperOptions& o) { o.batches_max = 0; }},
        {"alert_rows_max", [](SweeperOptions& o) { o.alert_rows_max = 1001; }},
    };
    CHECK(check(SweeperOptions{}).has_value());
    for (const Case& c : cases) {
        SweeperOptions o;
        c.spoil(o);
        const auto checked = check(o);
        REQUIRE_FALSE(checked.has_value());
        CHECK(checked.error().detail_text().starts_with(c.name));
    }
}

/// Both stores with every figure fixed; statistics may fail.
struct FixedOutbox final : OutboxStore {
    bool count_fails = false;
    std::size_t calls = 0;
    Result<std::optional<RelayLease>> acquire(std::string_view, std::chrono::milliseconds, Deadline) override { return std::optional<RelayLease>(); }
    Result<void> release(const RelayLease&, Deadline) override { return {}; }
    Result<OutboxPage> fetch(const RelayLease&, std::uint32_t, Deadline) override { return OutboxPage{}; }
    Result<void> settle(const RelayLease&, std::chrono::milliseconds, std::span<const RowSettlement>, Deadline) override { return {}; }
    Result<OutboxStatistics> statistics(Deadline) override {
        ++calls;
        if (count_fails) return fail(Errc::unavailable, "fixed.statistics");
        return OutboxStatistics{20, 10, 8, 2, 90s};
    }
    Result<std::vector<DeadRow>> dead(std::uint32_t, Deadline) override {
        ++calls;
        return std::vector<DeadRow>{{"id-1", "pay-1", "PAYMENT_FAILED", 5, "too\nlarge", now}};
    }
    Result<std::uint64_t> requeue(std::span<const std::string>, Deadline) override { return std::uint64_t{0}; }
    Result<std::uint64_t> remove_published(TimePoint, std::uint32_t, Deadline) override { return ++calls, std::uint64_t{4}; }
    Result<std::uint64_t> remove_dead(TimePoint, std::uint32_t, Deadline) override { return ++calls, std::uint64_t{0}; }
};
struct FixedPayments final : PaymentStore {
    Result<Payment> create(const Payment& payment, Deadline) override { return payment; }
    Result<std::optional<Payment>> find(PaymentKey, std::string_view, Deadline) override { return std::optional<Payment>(); }
    Result<Settled> settle(const SettleCommand&, Deadline) override { return Settled{}; }
    Result<std::vector<Payment>> pending(TimePoint, std::uint32_t, Deadline) override { return std::vector<Payment>{}; }
    Result<std::vector<InboxEntry>> raised(std::uint32_t, Deadline) override { return std::vector<InboxEntry>{}; }
    Result<PaymentCounts> counts(Deadline) override { return PaymentCounts{}; }
    Result<std::uint64_t> remove_inbox(TimePoint, std::uint32_t, Deadline) override { return std::uint64_t{1}; }
};
struct FixedClock final : Clock {
    TimePoint now() const override { return outbox::now; }
};

TEST_CASE("sweep: alerts with the first dead rows and reports the figures") {
    FixedOutbox outbox;
    FixedPayments payments;
    test::RecordingObserver observer;
    const auto report = sweep(outbox, payments, FixedClock(), {}, Deadline::in(1s), observer);
    REQUIRE(report.has_value());
    CHECK(report->complete);
    const auto alerts = observer.records("outbox.dead_rows");
    REQUIRE(alerts.size() == 1);
    CHECK(alerts[0].severity == Severity::alert);
    CHECK(alerts[0].fields.at("count") == "2");
    CHECK(alerts[0].fields.at("first") == "id-1 PAYMENT_FAILED attempts=5 created=2025-11-21T00:00:00.000Z: too?large");
    CHECK(observer.value("ticketbottle_outbox_events_deleted") == 4);
    CHECK(observer.value("ticketbottle_outbox_failed_events") == 2);
    CHECK(observer.value("ticketbottle_outbox_pending_events") == 8);
    CHECK(observer.value("ticketbottle_outbox_published_events") == 10);
    CHECK(observer.value("ticketbottle_outbox_oldest_pending_seconds") == 90);
}

TEST_CASE("sweep: figures that could not be had are not sent as zeros, and the dead rows are alerted all the same") {
    FixedOutbox outbox;
    outbox.count_fails = true;
    FixedPayments payments;
    test::RecordingObserver observer;
    const auto report = sweep(outbox, payments, FixedClock(), {}, Deadline::in(1s), observer);
    REQUIRE(report.has_value());
    CHECK_FALSE(report->complete);
    CHECK_FALSE(observer.reported("ticketbottle_outbox_failed_events"));
    CHECK(observer.records("outbox.dead_rows").size() == 1);
    CHECK(observer.records("outbox.sweep_trouble").size() == 1);
}

TEST_CASE("sweep: past the deadline nothing is called any more") {
    FixedOutbox outbox;
    FixedPayments payments;
    const auto report = sweep(outbox, payments, FixedClock(), {}, Deadline::in(0ms));
    REQUIRE(report.has_value());
    CHECK_FALSE(report->complete);
    CHECK(outbox.calls == 0);
}

struct ThrowingObserver final : Observer {
    void log(const LogRecord&) override { throw std::runtime_error("log"); }
    void metric(const MetricSample&) override { throw std::runtime_error("metric"); }
};

TEST_CASE("sweep: an observer that throws does not fail it; options that cannot be do") {
    FixedOutbox outbox;
    FixedPayments payments;
    ThrowingObserver observer;
    CHECK(sweep(outbox, payments, FixedClock(), {}, Deadline::in(1s), observer).has_value());
    SweeperOptions o;
    o.batch_rows_max = 0;
    CHECK(sweep(outbox, payments, FixedClock(), o, Deadline::in(1s)).error().code == Errc::invalid_argument);
}

}  // namespace
}  // namespace ticketbottle::outbox
