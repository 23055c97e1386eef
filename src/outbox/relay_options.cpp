#include <ticketbottle/outbox/relay.hpp>

#include "core/format.hpp"

namespace ticketbottle::outbox {

namespace {

using std::chrono::milliseconds;

Error bad(std::string detail) { return fail(Errc::invalid_argument, "outbox.relay_options", std::move(detail)); }

Result<void> check_range(std::string_view name, milliseconds value, milliseconds least, milliseconds most) {
    if (value >= least && value <= most) return {};
    return bad(formatted("{}: {} ms is not in {}..{} ms", name, value.count(), least.count(), most.count()));
}

Result<void> check_count(std::string_view name, std::uint32_t value) {
    if (value >= 1 && value <= 1000) return {};
    return bad(formatted("{}: {} is not in 1..1000", name, value));
}

}  // namespace

Result<void> check(const RelayOptions& options) {
    using namespace std::chrono_literals;
    for (const Result<void>& checked : {
             check_count("batch_rows_max", options.batch_rows_max),
             check_count("attempts_max", options.attempts_max),
             check_range("lease", options.lease, 100ms, 10min),
             check_range("publish_timeout", options.publish_timeout, 10ms, 10min),
             check_range("store_timeout", options.store_timeout, 10ms, 10min),
             check_range("poll_min", options.poll_min, 1ms, 1h),
             check_range("poll_max", options.poll_max, options.poll_min, 1h),
             check_range("backoff_base", options.backoff_base, 1ms, 24h),
             check_range("backoff_max", options.backoff_max, options.backoff_base, 24h),
         }) {
        if (!checked.has_value()) return checked;
    }
    if (options.lease <= options.publish_timeout) {
        return bad(formatted("lease: {} ms does not exceed publish_timeout, {} ms", options.lease.count(),
                               options.publish_timeout.count()));
    }
    for (const auto& [type, topic] : options.messages.topics) {
        if (type.empty() || topic.empty()) return bad("messages.topics: an empty event type or topic");
    }
    return {};
}

}  // namespace ticketbottle::outbox
