#pragma once
/// \file
/// A clock that stands until it is moved, for tests.

#include <ticketbottle/ports/clock.hpp>

#include <atomic>

namespace ticketbottle::memory {

/// Threads: any, at once.
class ManualClock final : public Clock {
public:
    explicit ManualClock(TimePoint now = TimePoint{}) : now_(now.time_since_epoch().count()) {}
    [[nodiscard]] TimePoint now() const override { return TimePoint(std::chrono::milliseconds(now_.load())); }
    void set(TimePoint now) { now_ = now.time_since_epoch().count(); }
    void advance(std::chrono::milliseconds by) { now_ += by.count(); }

private:
    std::atomic<std::int64_t> now_;
};

}  // namespace ticketbottle::memory
