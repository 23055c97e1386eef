#pragma once
/// \file
/// What every Clock does. A backend is done when it passes:
///
///     struct MyBackend {
///         Clock& clock();                              // the same object each time
///         void pass(std::chrono::milliseconds time);   // lets that much time pass on it, or a little more
///     };
///     TKB_CLOCK_CONFORMANCE(MyBackend);

#include <ticketbottle/ports/clock.hpp>

#include <doctest/doctest.h>

#include <thread>
#include <vector>

namespace ticketbottle::conformance {

TEST_CASE_TEMPLATE_DEFINE("Clock: it goes on as time passes", Backend, clock_passes) {
    Backend backend;
    const TimePoint before = backend.clock().now();
    backend.pass(std::chrono::milliseconds(20));
    const TimePoint after = backend.clock().now();
    CHECK(after - before >= std::chrono::milliseconds(19));
    CHECK(after - before < std::chrono::minutes(1));
}

TEST_CASE_TEMPLATE_DEFINE("Clock: threads may read it at once", Backend, clock_threads) {
    Backend backend;
    const TimePoint before = backend.clock().now();
    std::vector<TimePoint> last(4, before);
    {
        std::vector<std::jthread> readers;
        for (TimePoint& own : last) {
            readers.emplace_back([&backend, &own] {
                for (int i = 0; i < 1000; ++i) own = backend.clock().now();
            });
        }
        backend.pass(std::chrono::milliseconds(1));
    }
    for (const TimePoint time : last) CHECK(time >= before);
}

}  // namespace ticketbottle::conformance

#define TKB_CLOCK_CONFORMANCE(...)                          \
    namespace ticketbottle::conformance {                   \
    TEST_CASE_TEMPLATE_INVOKE(clock_passes, __VA_ARGS__);   \
    TEST_CASE_TEMPLATE_INVOKE(clock_threads, __VA_ARGS__);  \
    }                                                       \
    static_assert(true)
