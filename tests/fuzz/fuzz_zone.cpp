// Whatever Zone::parse accepts maps every time to a calendar date whose distance from UTC is the offset it names.
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <ticketbottle/core/zone.hpp>

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

void check(const ticketbottle::Zone& zone, std::int64_t seconds) {
    const ticketbottle::TimePoint time{std::chrono::seconds(seconds)};
    const ticketbottle::LocalTime local = zone.to_local(time);
    must(local.offset > -std::chrono::hours(26) && local.offset < std::chrono::hours(27));
    const auto date = std::chrono::year(local.year) / local.month / local.day;
    must(date.ok() &&
         local.weekday == static_cast<int>(std::chrono::weekday(std::chrono::sys_days(date)).c_encoding()));
    const auto clock =
        std::chrono::hours(local.hour) + std::chrono::minutes(local.minute) + std::chrono::seconds(local.second);
    must(std::chrono::sys_days(date) + clock - local.offset == time);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto zone = ticketbottle::Zone::parse("Fuzz/Zone", {reinterpret_cast<const char*>(data), size});
    if (!zone.has_value()) return 0;
    constexpr std::int64_t year = 31'556'952;
    for (std::int64_t years = -2000; years <= 2000; years += 37) check(*zone, years * year + years * 12'345);
    for (std::int64_t hour = 0; hour < 24 * 366; hour += 50) check(*zone, 75 * year + hour * 3600);  // all of 2045
    (void)zone->to_local(ticketbottle::TimePoint::max());
    (void)zone->to_local(ticketbottle::TimePoint::min());
    return 0;
}
