#include "core/company.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <new>
#include <semaphore>
#include <set>
#include <stop_token>
#include <thread>

namespace ticketbottle {
namespace {

using namespace std::chrono_literals;

using End = Result<int>;
using Numbers = Company<int, End>;

/// A company whose groups wait at a gate. A task of -1 runs out of memory.
class Gate {
public:
    explicit Gate(Numbers::Settings settings) : company_(with(std::move(settings))) {}

    std::future<End> come(int number, const Deadline& deadline = Deadline::in(60s)) {
        return std::async(std::launch::async, [this, number, deadline] { return company_.run("test.run", std::make_shared<const int>(number), deadline); });
    }
    /// Until so many groups stand at the gate, and so many callers wait for one.
    void await(std::size_t groups, std::size_t waiting) {
        for (const Deadline patience = Deadline::in(60s); !patience.expired(); std::this_thread::sleep_for(1ms)) {
            if (groups_ == groups && company_.waiting() == waiting) return;
        }
        FAIL("groups " << groups_.load() << ", waiting " << company_.waiting());
    }
    /// Lets so many groups through, also later ones.
    void let(std::ptrdiff_t groups) { gate_.release(groups); }
    std::multiset<std::size_t> sizes() {
        const std::lock_guard lock(mutex_);
        return sizes_;
    }

private:
    Numbers::Settings with(Numbers::Settings settings) {
        settings.carry_out = [this](const Numbers::Tasks& tasks, const Deadline&) {
            ++groups_;
            (void)gate_.try_acquire_for(60s);  // so that a test that fails ends
            --groups_;
            const std::lock_guard lock(mutex_);
            sizes_.insert(tasks.size());
            std::vector<End> ends;
            for (const auto& task : tasks) {
                if (*task == -1) throw std::bad_alloc();
                ends.emplace_back(*task * 10);
            }
            return ends;
        };
        return settings;
    }
    std::counting_semaphore<> gate_{0};
    std::mutex mutex_;
    std::multiset<std::size_t> sizes_;
    std::atomic<std::size_t> groups_{0};
    Numbers company_;
};

TEST_CASE("Company: who comes first goes at once, who comes meanwhile goes together, and each has its own end") {
    Gate gate({.together_max = 3});
    std::vector<std::future<End>> ends;
    ends.push_back(gate.come(0));
    gate.await(1, 0);
    for (int n = 1; n <= 4; ++n) {
        ends.push_back(gate.come(n));
        gate.await(1, static_cast<std::size_t>(n));
    }
    gate.let(100);
    for (int n = 0; n <= 4; ++n) CHECK(ends[static_cast<std::size_t>(n)].get().value() == n * 10);
    CHECK(gate.sizes() == std::multiset<std::size_t>{1, 1, 3});
}

TEST_CASE("Company: four who wait are worth one more group, up to the most") {
    Gate gate({.groups_max = 2, .patience = 0ms, .together_max = 16});
    std::vector<std::future<End>> ends;
    ends.push_back(gate.come(0));
    gate.await(1, 0);
    for (const std::size_t n : {1U, 2U, 3U}) {
        ends.push_back(gate.come(1));
        gate.await(1, n);
    }
    ends.push_back(gate.come(1));
    gate.await(2, 0);  // the fourth took the three along
    for (std::size_t n = 1; n <= 8; ++n) {
        ends.push_back(gate.come(1));
        gate.await(2, n);
    }
    gate.let(100);
    for (auto& end : ends) CHECK(end.get().has_value());
}

TEST_CASE("Company: who has waited long enough begins a group, up to the most") {
    Gate gate({.groups_max = 2, .together_max = 16});
    std::vector<std::future<End>> ends;
    ends.push_back(gate.come(0));
    ends.push_back(gate.come(1));
    gate.await(2, 0);
    ends.push_back(gate.come(2));
    gate.await(2, 1);
    gate.let(100);
    for (auto& end : ends) CHECK(end.get().has_value());
}

TEST_CASE("Company: who gives up before a group takes the task is cancelled, who does after it is of unknown outcome") {
    Gate gate({.together_max = 16});
    auto first = gate.come(1);
    gate.await(1, 0);
    std::stop_source early, late;
    auto cancelled = gate.come(2, Deadline::in(60s).or_stop(early.get_token()));
    gate.await(1, 1);
    early.request_stop();
    CHECK(cancelled.get().error().code == Errc::cancelled);
    gate.await(1, 0);
    auto second = gate.come(3);
    gate.await(1, 1);
    auto unknown = gate.come(4, Deadline::in(60s).or_stop(late.get_token()));
    gate.await(1, 2);
    gate.let(1);
    CHECK(first.get().value() == 10);
    gate.await(1, 0);
    late.request_stop();
    CHECK(unknown.get().error().code == Errc::outcome_unknown);
    gate.let(1);
    CHECK(second.get().value() == 30);
    CHECK(gate.sizes() == std::multiset<std::size_t>{1, 2});
}

TEST_CASE("Company: where memory runs out in a group its others are told, and the next ones go on") {
    Gate gate({.together_max = 16});
    auto first = gate.come(1);
    gate.await(1, 0);
    auto leader = gate.come(-1);
    gate.await(1, 1);
    auto other = gate.come(2);
    gate.await(1, 2);
    gate.let(100);
    CHECK(first.get().value() == 10);
    CHECK_THROWS_AS((void)leader.get(), std::bad_alloc);
    const Error told = other.get().error();
    CHECK(told.code == Errc::outcome_unknown);
    CHECK(told.operation == "company.lead");  // and not when its deadline passed
    CHECK(gate.come(3).get().value() == 30);
}

}  // namespace
}  // namespace ticketbottle
