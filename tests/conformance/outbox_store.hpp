#pragma once
/// \file
/// What every OutboxStore must do. A backend is done when it passes.
///
///     struct MyBackend {                                        // one empty outbox; destroyed after the case
///         MyBackend();
///         void put(const ticketbottle::OutboxRow& row);          // an embedder's own insert, committed
///         std::unique_ptr<ticketbottle::OutboxStore> open();     // several at once, on this outbox
///         void advance(std::chrono::milliseconds by);            // moves the store's clock, at once
///         ticketbottle::TimePoint now();                         // the store's clock
///         // What an older writer leaves: sets the two columns as they are given. False: this backend cannot hold that.
///         bool set_flags(const std::string& id, bool published, std::optional<ticketbottle::TimePoint> published_at);
///         static constexpr bool keeps_published = true;         // may be left out. False: a queue, that deletes what is published
///         static constexpr bool keeps_traces = true;            // may be left out. False: there is no column for traceparent
///     };
///     TKB_OUTBOX_STORE_CONFORMANCE(MyBackend);                  // in one .cpp with doctest's main
///
/// Needs doctest and the ports component's public headers, nothing else.

#include "json_text.hpp"

#include <ticketbottle/ports/outbox_store.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace ticketbottle::conformance::outbox {

using namespace std::chrono_literals;
using What = RowSettlement::What;
using Ids = std::vector<std::string>;

inline constexpr auto ttl = 5s;

/// Does a published row stay until remove_published() takes it? A queue has none left to count or to remove.
template <class Backend>
constexpr bool keeps_published() {
    if constexpr (requires { Backend::keeps_published; }) return Backend::keeps_published;
    return true;
}
/// Is traceparent kept?
template <class Backend>
constexpr bool keeps_traces() {
    if constexpr (requires { Backend::keeps_traces; }) return Backend::keeps_traces;
    return true;
}
/// How many rows a store still has of `rows` that were published.
template <class Backend>
constexpr std::uint64_t kept(std::uint64_t rows) {
    return keeps_published<Backend>() ? rows : 0;
}
inline Deadline soon() { return Deadline::in(20s); }

/// 00000000-0000-4000-8000-00000000002a for 42: ids that a failing case can be read by.
inline std::string id_of(std::uint64_t number) {
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "00000000-0000-4000-8000-%012llx", static_cast<unsigned long long>(number));
    return text.data();
}

/// Puts a row of its own number and returns its id.
template <class Backend>
std::string put(Backend& backend, std::uint64_t number, std::string key, std::string type = "PAYMENT_COMPLETED") {
    backend.put({id_of(number), std::move(key), "Payment", std::move(type), R"({"n":)" + std::to_string(number) + "}",
                 backend.now(), 0});
    return id_of(number);
}

inline RelayLease lease_of(OutboxStore& store, std::string_view owner = "relay-1") {
    const auto lease = store.acquire(owner, ttl, soon());
    REQUIRE(lease.has_value());
    REQUIRE(lease->has_value());
    return **lease;
}

inline Ids fetch_ids(OutboxStore& store, const RelayLease& lease, std::uint32_t rows_max = 100) {
    const auto page = store.fetch(lease, rows_max, soon());
    REQUIRE(page.has_value());
    Ids ids;
    for (const OutboxRow& row : page->rows) ids.push_back(row.id);
    return ids;
}

inline void settle(OutboxStore& store, const RelayLease& lease, const std::vector<RowSettlement>& rows) {
    const auto settled = store.settle(lease, ttl, rows, soon());
    REQUIRE_MESSAGE(settled.has_value(), (settled.has_value() ? std::string() : to_string(settled.error())));
}

inline OutboxStatistics statistics(OutboxStore& store) {
    const auto counted = store.statistics(soon());
    REQUIRE(counted.has_value());
    return *counted;
}

TEST_CASE_TEMPLATE_DEFINE("OutboxStore: a row comes back as it was written", Backend, outbox_row) {
    Backend backend;
    const OutboxRow written{id_of(1), "pay-1", "payment", "PAYMENT_FAILED", R"({"name":"Trần Thị Bưởi","amount_cents":7200000})",
                            backend.now() - 3s, 0, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
    backend.put(written);
    put(backend, 2, "pay-2");
    const auto store = backend.open();
    const auto page = store->fetch(lease_of(*store), 10, soon());
    REQUIRE(page.has_value());
    REQUIRE(page->rows.size() == 2);
    const OutboxRow& read = page->rows[0];
    CHECK(read.id == written.id);
    CHECK(read.traceparent == (keeps_traces<Backend>() ? written.traceparent : ""));
    CHECK(page->rows[1].traceparent.empty());
    CHECK(read.aggregate_id == written.aggregate_id);
    CHECK(read.aggregate_type == written.aggregate_type);
    CHECK(read.event_type == written.event_type);
    CHECK(canonical(read.payload) == canonical(written.payload));
    CHECK(read.created_at == written.created_at);
    CHECK(read.attempts == 0);
}

TEST_CASE_TEMPLATE_DEFINE("OutboxStore: a page is as long as asked for, within its limits", Backend, outbox_page_limits) {
    Backend backend;
    for (const std::uint32_t rows_max : {0U, 1001U}) CHECK(backend.open()->dead(rows_max, soon()).error().code == Errc::invalid_argument);
    CHECK(backend.open()->dead(1000, soon()).has_value());
    for (std::uint64_t n = 1; n <= 5; ++n) put(backend, n, "pay-" + std::to_string(n));
    const auto store = backend.open();
    const RelayLease lease = lease_of(*store);
    CHECK(fetch_ids(*store, lease, 3).size() == 3);
    CHECK(fetch_ids(*store, lease, outbox_page_rows_max).size() == 5);
    for (const std::uint32_t rows_max : {0U, outbox_page_rows_max + 1})
        CHECK(store->fetch(lease, rows_max, soon()).error().code == Errc::invalid_argument);
}

TEST_CASE_TEMPLATE_DEFINE("OutboxStore: one relay at a time holds the lease", Backend, outbox_lease) {
    Backend backend;
    const auto first = backend.open();
    const auto second = backend.open();
    const RelayLease lease = lease_of(*first, "relay-1");

    CHECK_FALSE(second->acquire("relay-2", ttl, soon()).value().has_value());
    SUBCASE("the same owner renews and keeps the epoch") {
        backend.advance(4s);
        CHECK(lease_of(*first, "relay-1").epoch == lease.epoch);
        backend.advance(4s);
        CHECK_FALSE(second->acquire("relay-2", ttl, soon()).value().has_value());
    }
    SUBCASE("settling renews too") {
        backend.advance(4s);
        settle(*first, lease, {});
        backend.advance(4s);
        CHECK_FALSE(second->acquire("relay-2", ttl, soon()).value().has_value());
    }
    SUBCASE("a lapsed lease is taken over, with a higher epoch") {
        backend.advance(5s);
        CHECK(lease_of(*second, "relay-2").epoch > lease.epoch);
        CHECK_FALSE(first->acquire("relay-1", ttl, soon()).value().has_value());
    }
    SUBCASE("a lapsed lease that its owner takes again has a higher epoch") {
        backend.advance(6s);
        CHECK(lease_of(*first, "relay-1").epoch > lease.epoch);
    }
    SUBCASE("a released lease is free at once") {
        REQUIRE(first->release(lease, soon()).has_value());
        CHECK(lease_of(*second, "relay-2").epoch > lease.epoch);
    }
    SUBCASE("releasing a lease that is lost releases nobody else's") {
        backend.advance(5s);
        (void)lease_of(*second, "relay-2");
        REQUIRE(first->release(lease, soon()).has_value());
        CHECK_FALSE(first->acquire("relay-1", ttl, soon()).value().has_value());
    }
}

TEST_CASE_TEMPLATE_DEFINE("OutboxStore: a fenced relay reads nothing and changes nothing", Backend, outbox_fence) {
    Backend backend;
    put(backend, 1, "pay-1");
    put(backend, 2, "pay-2");
    put(backend, 3, "pay-3");
    const auto zombie = backend.open();
    const RelayLease old = lease_of(*zombie, "zombie");
    REQUIRE(fetch_ids(*zombie, old).size() == 3);
    backend.advance(5s);
    const auto leader = backend.open();
    const RelayLease lease = lease_of(*leader, "leader");

    const std::vector<RowSettlement> rows = {{id_of(1), What::published, "", 0ms},
                                             {id_of(2), What::retry, "late", 1h},
                                             {id_of(3), What::dead, "late", 0ms}};
    const auto settled = zombie->settle(old, ttl, rows, soon());
    REQUIRE_FALSE(settled.has_value());
    CHECK(settled.error().code == Errc::conflict);
    const auto fetched = zombie->fetch(old, 10, soon());
    REQUIRE_FALSE(fetched.has_value());
    CHECK(fetched.error().code == Errc::conflict);

    CHECK(fetch_ids(*leader, lease) == Ids{id_of(1), id_of(2), id_of(3)});
    CHECK(statistics(*leader).published == 0);
    CHECK(statistics(*leader).dead == 0);
    // Nor did it renew what is not its own any more.
    backend.advance(5s);
    CHECK(lease_of(*zombie, "third").epoch > lease.epoch);
}

TEST_CASE_TEMPLATE_DEFINE("OutboxStore: rows of a key come in the order they were written", Backend, outbox_order) {
    Backend backend;
    for (std::uint64_t i = 0; i < 30; ++i) put(backend, 100 - i, "pay-" + std::to_string(i % 3));  // ids run backwards
    const auto store = backend.open();
    const RelayLease lease = lease_of(*store);
    std::map<std::string, Ids> seen;
    for (;;) {
        const auto page = store->fetch(lease, 7, soon()).value();
        if (page.rows.empty()) break;
        CHECK(page.rows.size() <= 7);
        std::vector<RowSettlement> rows;
        for (const OutboxRow& row : page.rows) {
            seen[row.aggregate_id].push_back(row.id);
            rows.push_back({row.id, What::published, "", 0ms});
        }
        settle(*store, lease, rows);
    }
    REQUIRE(seen.size() == 3);
    for (const auto& [key, ids] : seen) {
        CAPTURE(key);
        CHECK(ids.size() == 10);
        CHECK(std::is_sorted(ids.rbegin(), ids.rend()));
    }
}

TEST_CASE_TEMPLATE_DEFINE("OutboxStore: fetching only reads", Backend, outbox_fetch_reads) {
    Backend backend;
    for (std::uint64_t i = 1; i <= 5; ++i) put(backend, i, "pay-" + std::to_string(i % 2));
    const auto store = backend.open();
    const RelayLease lease = lease_of(*store);
    const Ids first = fetch_ids(*store, lease, 3);
    CHECK(first == Ids{id_of(1), id_of(2), id_of(3)});
    CHECK(fetch_ids(*store, lease, 3) == first);
    settle(*store, lease, {{id_of(2), What::published, "", 0ms}});
    CHECK(fetch_ids(*store, lease, 3) == Ids{id_of(1), id_of(3), id_of(4)});
}

TEST_CASE_TEMPLATE_DEFINE("OutboxStore: a row that waits for its retry holds its key, and only its key", Backend, outbox_retry) {
    Backend backend;
    put(backend, 1, "bad");
    put(backend, 2, "good");
    put(backend, 3, "bad");
    const auto store = backend.open();
    const RelayLease lease = lease_of(*store);
    REQUIRE(fetch_ids(*store, lease) == Ids{id_of(1), id_of(2), id_of(3)});
    settle(*store, lease, {{id_of(1), What::retry, "broker said no", 2s}, {id_of(2), What::published, "", 0ms}});

    auto page = store->fetch(lease, 10, soon()).value();
    CHECK(page.rows.empty());
    REQUIRE(page.next_due.has_value());
    CHECK(*page.next_due == 2s);
    put(backend, 4, "bad");
    put(backend, 5, "other");
    CHECK(fetch_ids(*store, lease) == Ids{id_of(5)});
    settle(*store, lease, {{id_of(5), What::published, "", 0ms}});

    backend.advance(1999ms);
    page = store->fetch(lease, 10, soon()).value();
    CHECK(page.rows.empty());
    CHECK(page.next_due == 1ms);
    backend.advance(1ms);
    page = store->fetch(lease, 10, soon()).value();
    REQUIRE(page.rows.size() == 3);
    CHECK(page.rows[0].id == id_of(1));
    CHECK(page.rows[0].attempts == 1);
    CHECK(page.rows[1].id == id_of(3));
    CHECK(page.rows[2].id == id_of(4));
    settle(*store, lease, {{id_of(1), What::published, "", 0ms}});
    CHECK(fetch_ids(*store, lease) == Ids{id_of(3), id_of(4)});
}

TEST_CASE_TEMPLATE_DEFINE("OutboxStore: a long queue behind a retry and the rows that came meanwhile are all given", Backend,
                          outbox_backlog) {
    for (const std::uint32_t rows_max : {1U, 4U, 1000U}) {
        CAPTURE(rows_max);
        Backend backend;
        for (std::uint64_t i = 1; i <= 40; ++i) put(backend, i, "hot");
        const auto store = backend.open();
        const RelayLease lease = lease_of(*store);
        REQUIRE(fetch_ids(*store, lease, 1) == Ids{id_of(1)});
        settle(*store, lease, {{id_of(1), What::retry, "no", 1s}});
        for (std::uint64_t i = 101; i <= 140; ++i) put(backend, i, "new-" + std::to_string(i));
        REQUIRE(fetch_ids(*store, lease, 1) == Ids{id_of(101)});  // the queue is passed over
        backend.advance(1s);
        put(backend, 41, "hot");
        Ids hot;
        std::size_t others = 0;
        for (int turn = 0; turn < 200; ++turn) {
            const auto page = store->fetch(lease, rows_max, soon()).value();
            std::vector<RowSettlement> rows;
            for (const OutboxRow& row : page.rows) {
                if (row.aggregate_id == "hot") {
                    hot.push_back(row.id);
                } else {
                    ++others;
                }
                rows.push_back({row.id, What::published, "", 0ms});
            }
            settle(*store, lease, rows);
        }
        CHECK(hot.size() == 41);
        CHECK(std::ranges::is_sorted(hot));
        CHECK(others == 40);
    }
}

TEST_CASE_TEMPLATE_DEFINE("OutboxStore: a dead row is never due, holds its key, and comes back when requeued", Backend,
                          outbox_dead) {
    Backend backend;
    put(backend, 1, "bad");
    put(backend, 2, "good");
    put(backend, 3, "bad");
    const auto store = backend.open();
    const RelayLease lease = lease_of(*store);
    settle(*store, lease, {{id_of(1), What::dead, "refused: too large", 0ms}, {id_of(2), What::published, "", 0ms}});

    backend.advance(1000h);
    settle(*store, lease, {});
    auto page = store->fetch(lease, 10, soon()).value();
    CHECK(page.rows.empty());
    CHECK_FALSE(page.next_due.has_value());
    CHECK(statistics(*store).dead == 1);
    CHECK(statistics(*store).pending == 1);

    const auto listed = store->dead(10, soon()).value();
    REQUIRE(listed.size() == 1);
    CHECK(listed[0].id == id_of(1));
    CHECK(listed[0].aggregate_id == "bad");
    CHECK(listed[0].event_type == "PAYMENT_COMPLETED");
    CHECK(listed[0].attempts == 1);
    CHECK(listed[0].reason == "refused: too large");

    // By another object, as an operator's program would.
    const auto other = backend.open();
    CHECK(other->requeue(Ids{id_of(1), id_of(2), id_of(3), "no such row"}, soon()).value() == 1);
    page = store->fetch(lease, 10, soon()).value();
    REQUIRE(page.rows.size() == 2);
    CHECK(page.rows[0].id == id_of(1));
    CHECK(page.rows[0].attempts == 0);
    CHECK(page.rows[1].id == id_of(3));
    CHECK(store->dead(10, soon()).value().empty());
    CHECK(statistics(*store).dead == 0);
}

TEST_CASE_TEMPLATE_DEFINE("OutboxStore: dead rows are listed oldest first and bounded", Backend, outbox_dead_list) {
    Backend backend;
    for (std::uint64_t i = 1; i <= 5; ++i) {
        backend.put({id_of(i), "pay-" + std::to_string(i), "Payment", "T", "{}", backend.now() - std::chrono::seconds(i), 0});
    }
    const auto store = backend.open();
    const RelayLease lease = lease_of(*store);
    std::vector<RowSettlement> rows;
    for (const std::string& id : fetch_ids(*store, lease)) rows.push_back({id, What::dead, "no", 0ms});
    settle(*store, lease, rows);
    const auto listed = store->dead(3, soon()).value();
    REQUIRE(listed.size() == 3);
    CHECK(listed[0].id == id_of(5));
    CHECK(listed[1].id == id_of(4));
    CHECK(listed[2].id == id_of(3));
}

TEST_CASE_TEMPLATE_DEFINE("OutboxStore: settling a published row again is harmless", Backend, outbox_idempotent) {
    Backend backend;
    put(backend, 1, "pay-1");
    const auto store = backend.open();
    const RelayLease lease = lease_of(*store);
    settle(*store, lease, {{id_of(1), What::published, "", 0ms}});
    settle(*store, lease, {{id_of(1), What::published, "", 0ms}});
    // Published stays published, whatever comes late; and an id that is not there is nobody's.
    settle(*store, lease, {{id_of(1), What::dead, "late", 0ms}, {"no such row", What::published, "", 0ms}});
    CHECK(statistics(*store).published == kept<Backend>(1));
    CHECK(statistics(*store).total == kept<Backend>(1));
    CHECK(statistics(*store).dead == 0);
    CHECK(fetch_ids(*store, lease).empty());
}

TEST_CASE_TEMPLATE_DEFINE("OutboxStore: a failure that comes late does not touch a dead row", Backend, outbox_dead_stays) {
    Backend backend;
    put(backend, 1, "pay-1");
    const auto store = backend.open();
    const RelayLease lease = lease_of(*store);
    settle(*store, lease, {{id_of(1), What::dead, "first", 0ms}});
    settle(*store, lease, {{id_of(1), What::retry, "second", 0ms}, {id_of(1), What::dead, "third", 0ms}});
    const auto listed = store->dead(10, soon()).value();
    REQUIRE(listed.size() == 1);
    CHECK(listed[0].attempts == 1);
    CHECK(listed[0].reason == "first");
    CHECK(fetch_ids(*store, lease).empty());
}

TEST_CASE_TEMPLATE_DEFINE("OutboxStore: a reason is kept to 500 bytes, cut between characters", Backend, outbox_reason) {
    struct Case {
        std::string given;
        std::string kept;
    };
    const std::string a499(499, 'a');
    const std::vector<Case> cases = {{a499 + "b", a499 + "b"},      // 500
                                     {a499 + "bc", a499 + "b"},     // 501
                                     {a499 + "ệ", a499},            // a character of three bytes across the border
                                     {a499.substr(2) + "ệ", a499.substr(2) + "ệ"},
                                     {std::string(10'000, 'x'), std::string(500, 'x')}};
    Backend backend;
    for (std::size_t i = 0; i < cases.size(); ++i) put(backend, i, "pay-" + std::to_string(i));
    const auto store = backend.open();
    const RelayLease lease = lease_of(*store);
    std::vector<RowSettlement> rows;
    for (std::size_t i = 0; i < cases.size(); ++i) rows.push_back({id_of(i), What::dead, cases[i].given, 0ms});
    settle(*store, lease, rows);
    std::map<std::string, std::string> reasons;
    for (const DeadRow& row : store->dead(100, soon()).value()) reasons[row.id] = row.reason;
    for (std::size_t i = 0; i < cases.size(); ++i) {
        CAPTURE(i);
        CHECK(reasons[id_of(i)] == cases[i].kept);
    }
}

TEST_CASE_TEMPLATE_DEFINE("OutboxStore: either published flag of an older writer counts", Backend, outbox_flags) {
    Backend backend;
    for (std::uint64_t i = 1; i <= 4; ++i) put(backend, i, "pay-1");
    const bool can = backend.set_flags(id_of(1), true, std::nullopt) && backend.set_flags(id_of(2), false, backend.now()) &&
                     backend.set_flags(id_of(3), true, backend.now());
    if (!can) return;  // a backend that has no such columns has no such rows
    const auto store = backend.open();
    const RelayLease lease = lease_of(*store);
    CHECK(fetch_ids(*store, lease) == Ids{id_of(4)});
    CHECK(statistics(*store).published == 3);
    CHECK(statistics(*store).pending == 1);
    // One without a time counts from its creation.
    backend.advance(1h);
    CHECK(store->remove_published(backend.now() - 30min, 100, soon()).value() == 3);
    CHECK(statistics(*store).total == 1);
}

TEST_CASE_TEMPLATE_DEFINE("OutboxStore: statistics tell published, pending and dead apart", Backend, outbox_statistics) {
    Backend backend;
    const auto store = backend.open();
    CHECK(statistics(*store).total == 0);
    CHECK_FALSE(statistics(*store).oldest_pending_age.has_value());
    for (std::uint64_t i = 1; i <= 6; ++i) {
        put(backend, i, "pay-" + std::to_string(i));
        backend.advance(1s);
    }
    const RelayLease lease = lease_of(*store);
    settle(*store, lease,
           {{id_of(1), What::dead, "no", 0ms}, {id_of(2), What::published, "", 0ms}, {id_of(3), What::retry, "no", 1h}});
    const OutboxStatistics counted = statistics(*store);
    CHECK(counted.total == 5 + kept<Backend>(1));
    CHECK(counted.published == kept<Backend>(1));
    CHECK(counted.dead == 1);
    CHECK(counted.pending == 4);
    REQUIRE(counted.oldest_pending_age.has_value());
    CHECK(*counted.oldest_pending_age == 4s);  // row 3; the dead one is not pending
}

TEST_CASE_TEMPLATE_DEFINE("OutboxStore: statistics tell for how long a relay leads, if one does", Backend, outbox_leads) {
    Backend backend;
    const auto store = backend.open();
    CHECK_FALSE(statistics(*store).lease_left.has_value());
    const auto lease = store->acquire("a", 10min, soon()).value();
    REQUIRE(lease.has_value());
    backend.advance(1min);
    const auto left = statistics(*backend.open()).lease_left;
    REQUIRE(left.has_value());
    CHECK(*left <= 9min);
    CHECK(*left > 8min);
    backend.advance(10min);
    CHECK_FALSE(statistics(*store).lease_left.has_value());
    const auto again = store->acquire("a", 1min, soon()).value();
    REQUIRE(again.has_value());
    REQUIRE(statistics(*store).lease_left.has_value());
    REQUIRE(store->release(*again, soon()).has_value());
    CHECK_FALSE(statistics(*store).lease_left.has_value());
}

TEST_CASE_TEMPLATE_DEFINE("OutboxStore: removal is bounded and takes only what it is for", Backend, outbox_remove) {
    Backend backend;
    for (std::uint64_t i = 1; i <= 10; ++i) put(backend, i, "pay-" + std::to_string(i));
    const auto store = backend.open();
    RelayLease lease = lease_of(*store);
    settle(*store, lease, {{id_of(1), What::dead, "no", 0ms}, {id_of(2), What::retry, "no", 1000h}});
    std::vector<RowSettlement> rows;
    for (std::uint64_t i = 3; i <= 7; ++i) rows.push_back({id_of(i), What::published, "", 0ms});
    settle(*store, lease, rows);
    const TimePoint then = backend.now();
    backend.advance(1h);
    lease = lease_of(*store);
    settle(*store, lease, {{id_of(8), What::published, "", 0ms}});

    CHECK(store->remove_published(then, 100, soon()).value() == 0);  // not before `then`
    CHECK(store->remove_published(then + 1ms, 2, soon()).value() == kept<Backend>(2));
    CHECK(store->remove_published(then + 1ms, 100, soon()).value() == kept<Backend>(3));
    CHECK(statistics(*store).published == kept<Backend>(1));
    CHECK(statistics(*store).pending == 3);
    CHECK(statistics(*store).dead == 1);
    // Far in the future: still nothing that is not published.
    CHECK(store->remove_published(backend.now() + 10000h, 100, soon()).value() == kept<Backend>(1));
    CHECK(statistics(*store).total == 4);
    CHECK(store->remove_dead(then, 100, soon()).value() == 0);
    CHECK(store->remove_dead(backend.now() + 10000h, 100, soon()).value() == 1);
    CHECK(statistics(*store).pending == 3);
    CHECK(statistics(*store).total == 3);
}

TEST_CASE_TEMPLATE_DEFINE("OutboxStore: the key of a removed dead row flows again", Backend, outbox_remove_dead) {
    Backend backend;
    put(backend, 1, "pay-1");
    put(backend, 2, "pay-1");
    const auto store = backend.open();
    const RelayLease lease = lease_of(*store);
    settle(*store, lease, {{id_of(1), What::dead, "no", 0ms}});
    REQUIRE(fetch_ids(*store, lease).empty());
    const auto other = backend.open();
    REQUIRE(other->remove_dead(backend.now() + 1s, 10, soon()).value() == 1);
    CHECK(fetch_ids(*store, lease) == Ids{id_of(2)});
}

TEST_CASE_TEMPLATE_DEFINE("OutboxStore: past the deadline a call is cancelled and nothing is done", Backend, outbox_deadline) {
    Backend backend;
    put(backend, 1, "pay-1");
    put(backend, 2, "pay-2");
    const auto store = backend.open();
    const RelayLease lease = lease_of(*store);
    settle(*store, lease, {{id_of(2), What::dead, "no", 0ms}});
    const Deadline past = Deadline::in(0ms);
    const std::vector<RowSettlement> rows = {{id_of(1), What::published, "", 0ms}};
    const auto code = [](const auto& result) { return result.has_value() ? Errc{} : result.error().code; };

    CHECK(code(store->settle(lease, ttl, rows, past)) == Errc::cancelled);
    CHECK(code(store->fetch(lease, 10, past)) == Errc::cancelled);
    CHECK(code(store->statistics(past)) == Errc::cancelled);
    CHECK(code(store->dead(10, past)) == Errc::cancelled);
    CHECK(code(store->requeue(Ids{id_of(2)}, past)) == Errc::cancelled);
    CHECK(code(store->remove_published(backend.now() + 1s, 10, past)) == Errc::cancelled);
    CHECK(code(store->remove_dead(backend.now() + 1s, 10, past)) == Errc::cancelled);
    CHECK(code(store->release(lease, past)) == Errc::cancelled);
    const auto other = backend.open();
    CHECK_FALSE(other->acquire("relay-2", ttl, soon()).value().has_value());  // not released
    backend.advance(5s);
    CHECK(code(other->acquire("relay-2", ttl, past)) == Errc::cancelled);
    CHECK(lease_of(*store).epoch == lease.epoch + 1);  // not given to relay-2 in between

    CHECK(statistics(*store).published == 0);
    CHECK(statistics(*store).dead == 1);
    CHECK(fetch_ids(*store, lease_of(*store)) == Ids{id_of(1)});
}

/// What the store should hold, the plain way: every rule spelled out over a list.
struct Model {
    struct Row {
        std::string id;
        std::string key;
        bool dead = false;
        TimePoint due{};
    };
    std::vector<Row> pending;  ///< In order.

    Row* find(const std::string& id) {
        const auto place = std::ranges::find(pending, id, &Row::id);
        return place == pending.end() ? nullptr : &*place;
    }
    void erase(const std::string& id) { std::erase_if(pending, [&](const Row& row) { return row.id == id; }); }
    /// Rows that may be given now, by key, in order.
    std::map<std::string, Ids> eligible(TimePoint now) const {
        std::map<std::string, Ids> rows;
        std::set<std::string> held;
        for (const Row& row : pending) {
            if (held.contains(row.key)) continue;
            if (row.dead || row.due > now) {
                held.insert(row.key);
            } else {
                rows[row.key].push_back(row.id);
            }
        }
        return rows;
    }
    std::optional<TimePoint> first_due() const {
        std::optional<TimePoint> first;
        std::set<std::string> seen;
        for (const Row& row : pending) {
            if (seen.insert(row.key).second && !row.dead) first = std::min(first.value_or(row.due), row.due);
        }
        return first;
    }
};

/// Puts, fetches, settles at random, lets others requeue and remove, changes the leader; every page is compared with the model.
template <class Backend>
class Walk {
public:
    explicit Walk(std::uint64_t seed) : random_(seed) {
        for (auto& store : stores_) store = backend_.open();
        take_over();
    }
    void step() {
        switch (pick(10)) {
            case 0:
            case 1:
            case 2: return add(1 + pick(5));
            case 3: return backend_.advance(std::chrono::milliseconds(pick(500)));
            case 4: return requeue();
            case 5: return pick(4) == 0 ? take_over() : remove();
            default: return relay();
        }
    }

private:
    std::size_t pick(std::size_t choices) { return random_() % choices; }
    OutboxStore& store() { return *stores_[leader_]; }
    void add(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            const std::string key = "key-" + std::to_string(pick(6));
            const std::string id = put(backend_, ++number_, key);
            model_.pending.push_back({id, key, false, {}});
        }
    }
    void take_over() {
        if (lease_.has_value()) REQUIRE(store().release(*lease_, soon()).has_value());
        leader_ = pick(stores_.size());
        lease_ = lease_of(store(), "relay-" + std::to_string(leader_));
    }
    void relay() {
        lease_ = lease_of(store(), "relay-" + std::to_string(leader_));
        const auto rows_max = static_cast<std::uint32_t>(1 + pick(8));
        const auto page = store().fetch(*lease_, rows_max, soon()).value();
        check(page, rows_max);
        if (pick(10) == 0) return;  // the relay died with the page in hand
        std::vector<RowSettlement> rows;
        std::set<std::string> failed;
        const TimePoint now = backend_.now();
        for (const OutboxRow& row : page.rows) {
            if (failed.contains(row.aggregate_id)) continue;
            const std::size_t fate = pick(8);
            if (fate <= 4) {
                rows.push_back({row.id, What::published, "", 0ms});
                model_.erase(row.id);
                continue;
            }
            failed.insert(row.aggregate_id);
            if (fate == 5) continue;  // its fate is not known: untouched
            const std::chrono::milliseconds wait(pick(400));
            rows.push_back({row.id, fate == 6 ? What::retry : What::dead, "no", wait});
            model_.find(row.id)->dead = fate == 7;
            model_.find(row.id)->due = now + wait;
        }
        settle(store(), *lease_, rows);
    }
    void check(const OutboxPage& page, std::uint32_t rows_max) {
        REQUIRE(page.rows.size() <= rows_max);
        auto eligible = model_.eligible(backend_.now());
        std::map<std::string, std::size_t> taken;
        for (const OutboxRow& row : page.rows) {
            const Ids& ids = eligible[row.aggregate_id];
            const std::size_t place = taken[row.aggregate_id]++;
            REQUIRE(place < ids.size());
            REQUIRE(ids[place] == row.id);
        }
        if (!page.rows.empty()) return;
        std::erase_if(eligible, [](const auto& entry) { return entry.second.empty(); });
        REQUIRE(eligible.empty());
        const auto due = model_.first_due();
        REQUIRE(page.next_due.has_value() == due.has_value());
        if (due.has_value()) REQUIRE(*page.next_due == *due - backend_.now());
    }
    void requeue() {
        Ids ids;
        for (Model::Row& row : model_.pending) {
            if (!row.dead || pick(2) == 0) continue;
            ids.push_back(row.id);
            row.dead = false;
            row.due = {};
        }
        REQUIRE(stores_[pick(stores_.size())]->requeue(ids, soon()).value() == ids.size());
    }
    void remove() {
        const std::size_t dead = static_cast<std::size_t>(std::ranges::count(model_.pending, true, &Model::Row::dead));
        std::erase_if(model_.pending, [](const Model::Row& row) { return row.dead; });
        OutboxStore& other = *stores_[pick(stores_.size())];
        REQUIRE(other.remove_dead(backend_.now() + 1s, 10'000, soon()).value() == dead);
        REQUIRE(other.remove_published(backend_.now() + 1s, 10'000, soon()).has_value());
        REQUIRE(statistics(other).total == model_.pending.size());
    }

    Backend backend_;
    std::mt19937_64 random_;
    std::array<std::unique_ptr<OutboxStore>, 3> stores_;
    std::size_t leader_ = 0;
    std::optional<RelayLease> lease_;
    Model model_;
    std::uint64_t number_ = 0;
};

TEST_CASE_TEMPLATE_DEFINE("OutboxStore: whatever happens, a page is what the rules say", Backend, outbox_walk) {
    const std::uint64_t seeds = std::getenv("TKB_SLOW") != nullptr ? 1000 : 20;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        CAPTURE(seed);
        Walk<Backend> walk(seed);
        for (int i = 0; i < 150; ++i) walk.step();
    }
}

/// Every case, on a backend (or several).
#define TKB_OUTBOX_STORE_CONFORMANCE(...)                       \
    TEST_CASE_TEMPLATE_INVOKE(outbox_row, __VA_ARGS__);         \
    TEST_CASE_TEMPLATE_INVOKE(outbox_page_limits, __VA_ARGS__); \
    TEST_CASE_TEMPLATE_INVOKE(outbox_lease, __VA_ARGS__);       \
    TEST_CASE_TEMPLATE_INVOKE(outbox_fence, __VA_ARGS__);       \
    TEST_CASE_TEMPLATE_INVOKE(outbox_order, __VA_ARGS__);       \
    TEST_CASE_TEMPLATE_INVOKE(outbox_fetch_reads, __VA_ARGS__); \
    TEST_CASE_TEMPLATE_INVOKE(outbox_retry, __VA_ARGS__);       \
    TEST_CASE_TEMPLATE_INVOKE(outbox_backlog, __VA_ARGS__);     \
    TEST_CASE_TEMPLATE_INVOKE(outbox_dead, __VA_ARGS__);        \
    TEST_CASE_TEMPLATE_INVOKE(outbox_dead_list, __VA_ARGS__);   \
    TEST_CASE_TEMPLATE_INVOKE(outbox_idempotent, __VA_ARGS__);  \
    TEST_CASE_TEMPLATE_INVOKE(outbox_dead_stays, __VA_ARGS__);  \
    TEST_CASE_TEMPLATE_INVOKE(outbox_reason, __VA_ARGS__);      \
    TEST_CASE_TEMPLATE_INVOKE(outbox_flags, __VA_ARGS__);       \
    TEST_CASE_TEMPLATE_INVOKE(outbox_statistics, __VA_ARGS__);  \
    TEST_CASE_TEMPLATE_INVOKE(outbox_leads, __VA_ARGS__);       \
    TEST_CASE_TEMPLATE_INVOKE(outbox_remove, __VA_ARGS__);      \
    TEST_CASE_TEMPLATE_INVOKE(outbox_remove_dead, __VA_ARGS__); \
    TEST_CASE_TEMPLATE_INVOKE(outbox_deadline, __VA_ARGS__);    \
    TEST_CASE_TEMPLATE_INVOKE(outbox_walk, __VA_ARGS__)

}  // namespace ticketbottle::conformance::outbox
