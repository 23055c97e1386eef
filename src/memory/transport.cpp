#include <ticketbottle/memory/transports.hpp>

#include <algorithm>
#include <map>

namespace ticketbottle::memory {
namespace {

DeliveryReport not_sent(Errc cause, std::string reason) { return {Delivery::not_sent, cause, std::move(reason)}; }

}  // namespace

void Transport::publish(std::span<const Message> messages, std::span<DeliveryReport> reports, Deadline deadline) {
    std::map<std::string_view, const DeliveryReport*> stopped;  // key -> the report of its message that failed
    const std::size_t count = std::min(messages.size(), reports.size());
    for (std::size_t i = 0; i < count; ++i) {
        const Message& message = messages[i];
        if (const auto at = stopped.find(message.key); at != stopped.end()) {
            reports[i] = not_sent(at->second->cause, "an earlier message of this key was not delivered: " + at->second->reason);
            continue;
        }
        if (closed_) {
            reports[i] = not_sent(Errc::unavailable, "the transport is closed");
        } else if (deadline.expired()) {
            reports[i] = not_sent(Errc::cancelled, "the deadline passed");
        } else if (const Result<void> checked = check_message(message, message_bytes_max); !checked.has_value()) {
            reports[i] = not_sent(checked.error().code, std::string(checked.error().detail_text()));
        } else {
            messages_.push_back(message);
            reports[i] = {Delivery::delivered, Errc::outcome_unknown, {}};
            continue;
        }
        stopped.emplace(message.key, &reports[i]);
    }
}

Result<void> Transport::flush(Deadline deadline) {
    if (deadline.expired()) return fail(Errc::cancelled, "memory_transport.flush", "the deadline passed");
    return {};
}

Result<void> Transport::close(Deadline) {
    closed_ = true;
    return {};
}

}  // namespace ticketbottle::memory
