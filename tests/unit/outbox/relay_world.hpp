#pragma once
/// \file
/// A store and a broker in plain lists and a clock that only the test moves: what a RelayMachine is driven against.
/// Every action is performed and judged on the spot.

#include <ticketbottle/outbox/relay.hpp>

#include "support/faulty_outbox_store.hpp"
#include "support/history_checker.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace ticketbottle::test {

using namespace std::chrono_literals;

class RelayWorld {
public:
    using RelayTime = outbox::RelayTime;
    enum class Broker : std::uint8_t { delivered, refused, out_of_reach, unknown_arrived, unknown_lost, silent };
    struct Row {
        OutboxRow row;
        std::uint64_t version = 0;
        bool published = false;
        bool dead = false;
        RelayTime due{};
    };

    outbox::RelayOptions options;
    std::function<Fault(std::string_view)> store_fault = [](std::string_view) { return Fault::none; };
    std::function<Broker(const Message&)> broker = [](const Message&) { return Broker::delivered; };
    std::vector<Row> rows;
    std::vector<Seen> history;
    std::size_t steps = 0;
    std::function<bool()> record_first = [] { return true; };
    std::size_t recorded_meanwhile = 0;
    std::size_t unmarked_most = 0;  ///< Rows that were delivered and not marked, at any time.
    std::uint64_t refusals = 0;
    RelayTime now{1h};

    void put(const std::string& key, std::string type = "PAYMENT_COMPLETED") {
        const std::uint64_t version = ++written_[key];
        rows.push_back({{key + "/" + std::to_string(version), key, "Payment", std::move(type), "{}", {}, 0}, version, false, false, {}});
    }
    /// Another relay takes the lease, for a while.
    void steal() { steal(options.lease); }
    void steal(std::chrono::milliseconds ttl) {
        owner_ = "thief";
        ++epoch_;
        expires_ = now + ttl;
    }

    outbox::RelayAction perform(outbox::RelayMachine& machine, const outbox::RelayAction& action) {
        ++steps;
        now += 1ms;
        outbox::RelayAction next = std::visit([&](const auto& what) { return perform(machine, what); }, action);
        for (const outbox::RelayNote& note : machine.notes()) notes.push_back(note);
        return next;
    }
    /// Runs until the machine waits for want of work, or for `steps_max` steps.
    void run(outbox::RelayMachine& machine, outbox::RelayAction action, std::size_t steps_max = 1000) {
        for (std::size_t i = 0; i < steps_max; ++i) {
            const auto* wait = std::get_if<outbox::Wait>(&action);
            if (wait != nullptr && wait->why == outbox::Wait::Why::idle && !anything_waits()) return;
            action = perform(machine, action);
        }
        FAIL("the relay does not come to rest");
    }
    [[nodiscard]] Verdict verdict(std::size_t window) const { return judge(written_, history, window); }
    [[nodiscard]] std::size_t published() const {
        return static_cast<std::size_t>(std::ranges::count(rows, true, &Row::published));
    }
    [[nodiscard]] const Row& row(const std::string& id) const { return *find(id); }
    [[nodiscard]] std::size_t noted(outbox::RelayNote::What what) const {
        return static_cast<std::size_t>(std::ranges::count(notes, what, &outbox::RelayNote::what));
    }
    std::vector<outbox::RelayNote> notes;

private:
    std::vector<Row>::iterator find_mutable(const std::string& id) {
        return std::ranges::find_if(rows, [&](const Row& r) { return r.row.id == id; });
    }
    std::vector<Row>::const_iterator find(const std::string& id) const {
        return std::ranges::find_if(rows, [&](const Row& r) { return r.row.id == id; });
    }
    [[nodiscard]] bool holds(const RelayLease& lease) const { return lease.owner == owner_ && lease.epoch == epoch_; }
    /// A row that will be due by itself: neither published, nor dead, nor behind a dead one.
    [[nodiscard]] bool anything_waits() const {
        std::set<std::string> held;
        for (const Row& r : rows) {
            if (r.dead) held.insert(r.row.aggregate_id);
            if (!r.published && !r.dead && !held.contains(r.row.aggregate_id)) return true;
        }
        return false;
    }
    template <class T, class Call>
    Result<T> store(std::string_view name, Call call) {
        switch (store_fault(name)) {
            case Fault::none: return call();
            case Fault::unavailable: return fail(Errc::unavailable, "world.fault");
            case Fault::unknown_not_done: return fail(Errc::outcome_unknown, "world.fault");
            case Fault::unknown_done: (void)call().has_value(); return fail(Errc::outcome_unknown, "world.fault");
            case Fault::conflict: steal(); return call();
        }
        return call();
    }

    outbox::RelayAction perform(outbox::RelayMachine& machine, const outbox::Wait& wait) {
        CHECK(wait.at_most >= 1ms);
        now += wait.at_most;
        return machine.waited(now);
    }
    outbox::RelayAction perform(outbox::RelayMachine& machine, const outbox::Acquire&) {
        const auto answer = store<std::optional<RelayLease>>("acquire", [&]() -> Result<std::optional<RelayLease>> {
            const bool lives = !owner_.empty() && now < expires_;
            if (lives && owner_ != "relay") return std::optional<RelayLease>();
            if (!lives) ++epoch_;
            owner_ = "relay";
            expires_ = now + options.lease;
            return std::optional(RelayLease{owner_, epoch_});
        });
        return machine.acquired(now, answer);
    }
    outbox::RelayAction perform(outbox::RelayMachine& machine, const outbox::Fetch& fetch) {
        auto answer = store<OutboxPage>("fetch", [&]() -> Result<OutboxPage> {
            if (!holds(fetch.lease)) return fail(Errc::conflict, "world.fetch");
            OutboxPage page;
            std::set<std::string> held;
            std::optional<RelayTime> due;
            for (const Row& r : rows) {
                if (r.published || held.contains(r.row.aggregate_id)) continue;
                if (r.dead || r.due > now) {
                    held.insert(r.row.aggregate_id);
                    if (!r.dead) due = std::min(due.value_or(r.due), r.due);
                } else if (page.rows.size() < fetch.rows_max) {
                    page.rows.push_back(r.row);
                }
            }
            if (page.rows.empty() && due) page.next_due = std::chrono::ceil<std::chrono::milliseconds>(*due - now);
            return page;
        });
        return machine.fetched(now, std::move(answer));
    }
    /// What is to be recorded meanwhile is, as the test wishes, before the messages are sent or after.
    outbox::RelayAction perform(outbox::RelayMachine& machine, const outbox::Publish& publish) {
        CHECK(publish.until <= expires_);
        CHECK(publish.until <= now + options.publish_timeout);
        if (!publish.meanwhile.has_value()) return machine.published(now, send(publish));
        ++recorded_meanwhile;
        if (record_first()) {
            const Result<void> recorded = record(*publish.meanwhile);
            return machine.published(now, send(publish), recorded);
        }
        const std::vector<DeliveryReport> reports = send(publish);
        return machine.published(now, reports, record(*publish.meanwhile));
    }
    std::vector<DeliveryReport> send(const outbox::Publish& publish) {
        std::vector<DeliveryReport> reports(publish.messages.size());
        if (publish.until <= now) {  // slept past the deadline: a transport sends nothing then
            reports.assign(reports.size(), {Delivery::not_sent, Errc::cancelled, "past the deadline"});
            return reports;
        }
        std::set<std::string> stopped;
        for (std::size_t i = 0; i < publish.messages.size(); ++i) {
            const Message& message = publish.messages[i];
            if (stopped.contains(message.key)) {
                reports[i] = {Delivery::not_sent, Errc::malformed, "behind"};  // the cause of the one before, at worst
                continue;
            }
            const std::string& id = header(message, "messageId");
            const Row& r = *find(id);
            CHECK_MESSAGE(!r.published, "published again although it is marked: " << id);
            const Broker what = broker(message);
            if (what == Broker::delivered || what == Broker::unknown_arrived) {
                history.push_back({message.key, r.version});
                arrived_.insert(id);
            }
            if (what != Broker::delivered) stopped.insert(message.key);
            if (what == Broker::refused) ++refusals;
            reports[i] = report(what);
        }
        const auto unmarked = std::ranges::count_if(rows, [&](const Row& r) { return arrived_.contains(r.row.id) && !r.published; });
        unmarked_most = std::max(unmarked_most, static_cast<std::size_t>(unmarked));
        if (!publish.messages.empty() && broker_forgets_tail) reports.resize(reports.size() - 1);
        return reports;
    }
    outbox::RelayAction perform(outbox::RelayMachine& machine, const outbox::Settle& settle) { return machine.settled(now, record(settle)); }
    Result<void> record(const outbox::Settle& settle) {
        for (const RowSettlement& s : settle.rows) {
            if (s.what == RowSettlement::What::published) {
                CHECK_MESSAGE(arrived_.contains(s.id), "marked although it was never delivered: " << s.id);
            }
            CHECK(s.reason.size() <= 500);
            CHECK(s.retry_after >= 0ms);
            CHECK(s.retry_after <= options.backoff_max);
        }
        return store<void>("settle", [&]() -> Result<void> {
            if (!holds(settle.lease)) return fail(Errc::conflict, "world.settle");
            for (const RowSettlement& s : settle.rows) record(s);
            expires_ = now + options.lease;
            return {};
        });
    }
    void record(const RowSettlement& s) {
        Row& r = *find_mutable(s.id);
        if (r.published) return;
        if (s.what == RowSettlement::What::published) {
            r.published = true;
            return;
        }
        ++r.row.attempts;
        r.dead = s.what == RowSettlement::What::dead;
        r.due = now + s.retry_after;
    }
    static DeliveryReport report(Broker what) {
        switch (what) {
            case Broker::delivered: return {Delivery::delivered, Errc::outcome_unknown, {}};
            case Broker::refused: return {Delivery::not_sent, Errc::malformed, "too large"};
            case Broker::out_of_reach: return {Delivery::not_sent, Errc::unavailable, "broker down"};
            case Broker::unknown_arrived:
            case Broker::unknown_lost: return {Delivery::unknown, Errc::malformed, "no answer"};
            case Broker::silent: break;
        }
        return {};
    }
    static const std::string& header(const Message& message, std::string_view name) {
        return std::ranges::find(message.headers, name, &MessageHeader::name)->value;
    }

public:
    bool broker_forgets_tail = false;  ///< Reports fewer than it was given: the rest is unknown.

private:
    std::map<std::string, std::uint64_t> written_;
    std::set<std::string> arrived_;
    std::string owner_;
    std::uint64_t epoch_ = 0;
    RelayTime expires_{};
};

}  // namespace ticketbottle::test
