// A clock behind C callbacks passes the port's suite.
#include "conformance/clock.hpp"

#include "clock.hpp"
#include "through_c.hpp"

#include <ticketbottle/memory/manual_clock.hpp>

namespace ticketbottle {
namespace {

int destroyed = 0;

class CallbackBackend {
public:
    CallbackBackend() {
        tkb_clock_vtable table = TKB_CLOCK_VTABLE_INIT;
        table.now_ms = [](void* clock) { return capi::milliseconds_of(static_cast<memory::ManualClock*>(clock)->now()); };
        table.destroy = [](void*) { ++destroyed; };
        clock_ = test::through_c<Clock, tkb_clock>(tkb_clock_create, table, &manual_);
    }
    Clock& clock() { return *clock_; }
    void pass(std::chrono::milliseconds time) { manual_.advance(time); }

private:
    memory::ManualClock manual_{TimePoint(std::chrono::milliseconds(1'763'712'000'000))};
    std::unique_ptr<Clock> clock_;
};

}  // namespace
}  // namespace ticketbottle

TKB_CLOCK_CONFORMANCE(CallbackBackend);

TEST_CASE("tkb_clock: destroy comes once, and only for a clock that was made") {
    using namespace ticketbottle;
    destroyed = 0;
    tkb_clock_vtable table = TKB_CLOCK_VTABLE_INIT;
    table.destroy = [](void*) { ++destroyed; };
    tkb_clock* clock = nullptr;
    CHECK(tkb_clock_create(&table, nullptr, &clock, nullptr) == TKB_INVALID_ARGUMENT);
    CHECK(tkb_clock_create(nullptr, nullptr, &clock, nullptr) == TKB_INVALID_ARGUMENT);
    CHECK(tkb_clock_create(&table, nullptr, nullptr, nullptr) == TKB_INVALID_ARGUMENT);
    CHECK(clock == nullptr);
    CHECK(destroyed == 0);
    table.now_ms = [](void*) { return std::int64_t{7}; };
    REQUIRE(tkb_clock_create(&table, nullptr, &clock, nullptr) == TKB_OK);
    CHECK(clock->port->now() == TimePoint(std::chrono::milliseconds(7)));
    tkb_clock_destroy(clock);
    tkb_clock_destroy(nullptr);
    CHECK(destroyed == 1);
}
