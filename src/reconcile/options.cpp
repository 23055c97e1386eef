#include <algorithm>
#include <ticketbottle/reconcile/reconciler.hpp>

#include "core/format.hpp"

namespace ticketbottle::reconcile {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t address_bytes_max = 45;

Error bad(std::string detail) { return fail(Errc::invalid_argument, "reconcile.options", std::move(detail)); }

Result<void> check_range(std::string_view name, milliseconds value, milliseconds least, milliseconds most) {
    if (value >= least && value <= most) return {};
    return bad(formatted("{}: {} ms is not in {}..{} ms", name, value.count(), least.count(), most.count()));
}

Result<void> check_address(std::string_view address) {
    const auto plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' || c == ':';
    };
    if (!address.empty() && address.size() <= address_bytes_max && std::ranges::all_of(address, plain)) return {};
    return bad("ip_address: not an IP address");
}

}  // namespace

Result<void> check(const ReconcilerOptions& options) {
    using namespace std::chrono_literals;
    for (const Result<void>& checked : {
             check_range("ask_after", options.ask_after, 1min, 7 * 24h),
             check_range("give_up_after", options.give_up_after, options.ask_after + 1ms, 366 * 24h),
             check_range("look_every", options.look_every, 100ms, 24h),
             check_range("ask_interval", options.ask_interval, 1ms, 1h),
             check_range("exchange_timeout", options.exchange_timeout, 10ms, 10min),
             check_range("store_timeout", options.store_timeout, 10ms, 10min),
             check_range("payment_backoff_base", options.payment_backoff_base, 1ms, 24h),
             check_range("payment_backoff_max", options.payment_backoff_max, options.payment_backoff_base, 24h),
             check_range("gateway_backoff_base", options.gateway_backoff_base, 1ms, 24h),
             check_range("gateway_backoff_max", options.gateway_backoff_max, options.gateway_backoff_base, 24h),
             check_range("refused_again", options.refused_again, 1min, 7 * 24h),
             check_address(options.ip_address),
         }) {
        if (!checked.has_value()) return checked;
    }
    if (options.page_rows_max < 1 || options.page_rows_max > 1000)
        return bad(formatted("page_rows_max: {} is not in 1..1000", options.page_rows_max));
    return {};
}

std::string_view to_string(Came came) noexcept {
    switch (came) {
        case Came::settled:
            return "settled";
        case Came::unchanged:
            return "unchanged";
        case Came::open:
            return "open";
        case Came::refused:
            return "refused";
        case Came::not_believed:
            return "not_believed";
        case Came::unreachable:
            return "unreachable";
        case Came::not_recorded:
            return "not_recorded";
    }
    return "unknown";
}

std::uint64_t ReconcileReport::total(Came came) const noexcept {
    std::uint64_t sum = 0;
    for (const auto& of_gateway : answers) sum += of_gateway[static_cast<std::size_t>(came)];
    return sum;
}

std::uint64_t ReconcileReport::asked() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& of_gateway : answers) {
        for (const std::uint64_t count : of_gateway) sum += count;
    }
    return sum;
}

}  // namespace ticketbottle::reconcile
