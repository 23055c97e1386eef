#pragma once
/// \file
/// A Clock over a host's C callbacks.

#include "callbacks.hpp"

#include <ticketbottle/c/clock.h>
#include <ticketbottle/ports/clock.hpp>

namespace ticketbottle::capi {

class CallbackClock final : public Clock {
public:
    CallbackClock(const tkb_clock_vtable& table, void* user_data) noexcept : host_(table, user_data) {}
    [[nodiscard]] TimePoint now() const override { return time_point(host_.table().now_ms(host_.user_data())); }

private:
    Callbacks<tkb_clock_vtable> host_;
};

}  // namespace ticketbottle::capi
