#include "clock.hpp"

using namespace ticketbottle;
using namespace ticketbottle::capi;

namespace {
constexpr tkb_clock_vtable empty_vtable = TKB_CLOCK_VTABLE_INIT;
}

tkb_status tkb_clock_create(const tkb_clock_vtable* vtable, void* user_data, tkb_clock** clock_out, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "clock.create";
        TKB_TRY(require(clock_out, operation, "clock_out"));
        *clock_out = nullptr;
        const auto table = read_vtable(vtable, empty_vtable, operation);
        if (!table.has_value()) return table.error();
        TKB_TRY(require_function(table->now_ms, operation, "now_ms"));
        make_handle<CallbackClock>(*table, user_data, clock_out);
        return {};
    });
}
void tkb_clock_destroy(tkb_clock* clock) { delete clock; }
