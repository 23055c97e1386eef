#include "core/retry.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <set>
#include <stop_token>
#include <thread>
#include <vector>

namespace ticketbottle {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

Error error_of(Errc code) { return fail(code, "test.call", "said so"); }

/// Answers these one after the other, then done.
struct Script {
    std::vector<Errc> errors;
    std::size_t calls = 0;
    Result<int> operator()() {
        const std::size_t call = calls++;
        if (call < errors.size()) return error_of(errors[call]);
        return 7;
    }
};

struct Seen {
    Result<int> result;
    std::size_t calls;
    std::size_t repeats;
};

Seen run(const RetryRule& rule, std::vector<Errc> errors, const Deadline& deadline = Deadline::in(hours(1))) {
    Script script{std::move(errors)};
    std::size_t repeats = 0;
    auto result = repeated(rule, deadline, [&] { return script(); }, [&](const Error&) { ++repeats; });
    return {result, script.calls, repeats};
}

constexpr Backoff at_once{};

TEST_CASE("Backoff: the whole wait doubles from the base up to the most, and never overflows") {
    const Backoff backoff{milliseconds(100), milliseconds(5000)};
    CHECK(backoff.whole(0) == milliseconds(100));
    CHECK(backoff.whole(1) == milliseconds(200));
    CHECK(backoff.whole(5) == milliseconds(3200));
    CHECK(backoff.whole(6) == milliseconds(5000));
    CHECK(backoff.whole(std::numeric_limits<std::uint32_t>::max()) == milliseconds(5000));
    constexpr milliseconds most(std::numeric_limits<std::int64_t>::max());
    CHECK(Backoff{milliseconds(3), most}.whole(1000) == most);
    CHECK(Backoff{milliseconds(0), most}.whole(std::numeric_limits<std::uint32_t>::max()) == milliseconds(0));
    CHECK(Backoff{milliseconds(-5), milliseconds(-1)}.whole(3) == milliseconds(0));
    CHECK(Backoff{milliseconds(500), milliseconds(20)}.whole(0) == milliseconds(20));
}

TEST_CASE("Backoff: full jitter waits from nothing to the whole, equal jitter from half of it") {
    std::minstd_rand random(1);
    std::set<std::int64_t> full;
    std::set<std::int64_t> equal;
    for (int i = 0; i < 1000; ++i) {
        full.insert(Backoff{milliseconds(10), milliseconds(20), Jitter::full}.after(1, random).count());
        equal.insert(Backoff{milliseconds(10), milliseconds(20), Jitter::equal}.after(1, random).count());
    }
    CHECK(*full.begin() == 0);
    CHECK(*full.rbegin() == 20);
    CHECK(*equal.begin() == 10);
    CHECK(*equal.rbegin() == 20);
}

TEST_CASE("repeated: what was not done is tried again until it is, and each further try is told") {
    const Seen seen = run({3, at_once}, {Errc::unavailable, Errc::outcome_unknown});
    CHECK(seen.result.value() == 7);
    CHECK(seen.calls == 3);
    CHECK(seen.repeats == 2);
}

TEST_CASE("repeated: the tries are bounded, and none are one") {
    const Seen three = run({3, at_once}, std::vector<Errc>(9, Errc::unavailable));
    CHECK(three.result.error().code == Errc::unavailable);
    CHECK(three.calls == 3);
    CHECK(three.repeats == 2);
    CHECK(run({0, at_once}, {Errc::unavailable}).calls == 1);
}

TEST_CASE("repeated: an error that another try does not mend is handed on at once") {
    for (const Errc code : {Errc::invalid_argument, Errc::conflict, Errc::cancelled, Errc::internal}) {
        const Seen seen = run({5, at_once}, {code});
        CHECK(seen.result.error().code == code);
        CHECK(seen.calls == 1);
    }
}

TEST_CASE("repeated: what is not idempotent is not tried again when it was perhaps done") {
    const Seen seen = run({5, at_once, false}, {Errc::unavailable, Errc::outcome_unknown});
    CHECK(seen.result.error().code == Errc::outcome_unknown);
    CHECK(seen.calls == 2);
}

TEST_CASE("repeated: once perhaps done, a later try that was not done does not say otherwise") {
    CHECK(run({2, at_once}, {Errc::outcome_unknown, Errc::unavailable}).result.error().code == Errc::outcome_unknown);
    CHECK(run({3, at_once}, {Errc::outcome_unknown, Errc::cancelled}).result.error().code == Errc::outcome_unknown);
    CHECK(run({3, at_once}, {Errc::outcome_unknown, Errc::conflict}).result.error().code == Errc::conflict);
}

TEST_CASE("repeated: a wait that would pass the deadline is not begun") {
    const Backoff long_wait{hours(2), hours(2), Jitter::equal};
    const Seen seen = run({5, long_wait}, {Errc::unavailable});
    CHECK(seen.result.error().code == Errc::unavailable);
    CHECK(seen.calls == 1);
}

TEST_CASE("repeated: a stop ends the wait, and nothing is tried after it") {
    std::stop_source stop;
    const Backoff wait{hours(1), hours(1), Jitter::equal};
    std::jthread stopper([&] {
        std::this_thread::sleep_for(milliseconds(20));
        stop.request_stop();
    });
    const Seen seen = run({5, wait}, {Errc::unavailable}, Deadline::in(hours(24)).or_stop(stop.get_token()));
    CHECK(seen.result.error().code == Errc::unavailable);
    CHECK(seen.calls == 1);
    CHECK(seen.repeats == 0);
}

}  // namespace
}  // namespace ticketbottle
