#include "conformance/clock.hpp"

#include <ticketbottle/memory/manual_clock.hpp>

namespace ticketbottle {
namespace {

class SystemBackend {
public:
    Clock& clock() { return clock_; }
    static void pass(std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }

private:
    SystemClock clock_;
};

class ManualBackend {
public:
    Clock& clock() { return clock_; }
    void pass(std::chrono::milliseconds time) { clock_.advance(time); }

private:
    memory::ManualClock clock_{TimePoint(std::chrono::milliseconds(1'763'712'000'000))};
};

}  // namespace
}  // namespace ticketbottle

TKB_CLOCK_CONFORMANCE(SystemBackend, ManualBackend);
