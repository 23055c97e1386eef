#pragma once
/// \file
/// The wall clock, where the library's drivers need one. Machines take the time as an argument instead.

#include <ticketbottle/core/time.hpp>

namespace ticketbottle {

/// Backends: SystemClock (here), memory::ManualClock. Contract: tests/conformance/clock.hpp.
/// Threads: any, at once.
class Clock {
public:
    virtual ~Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;

    /// UTC now. May step back when the system's clock is set.
    [[nodiscard]] virtual TimePoint now() const = 0;

protected:
    Clock() = default;
};

class SystemClock final : public Clock {
public:
    [[nodiscard]] TimePoint now() const override {
        return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    }
};

}  // namespace ticketbottle
