#pragma once
/// \file
/// A MessageTransport that does what a test says and remembers what it delivered.

#include <ticketbottle/ports/message_transport.hpp>

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace ticketbottle::test {

/// What becomes of one message. `arrived` may be true although the report says unknown: that is what unknown means.
struct Fate {
    DeliveryReport report{Delivery::delivered, Errc::outcome_unknown, {}};
    bool arrived = true;
};
inline Fate delivered() { return {}; }
inline Fate refused(std::string reason = "refused") { return {{Delivery::not_sent, Errc::malformed, std::move(reason)}, false}; }
inline Fate out_of_reach() { return {{Delivery::not_sent, Errc::unavailable, "broker down"}, false}; }
inline Fate unknown(bool arrived) { return {{Delivery::unknown, Errc::outcome_unknown, "no answer"}, arrived}; }

/// Keeps the port's rule: after a message that did not go, no later one of its key does.
/// Threads: publish on one thread; the others from any.
class ScriptedTransport final : public MessageTransport {
public:
    std::function<Fate(const Message&)> fate = [](const Message&) { return delivered(); };
    std::function<void(Deadline)> before;  ///< Called at the start of each publish: to block, to look at the deadline.

    void publish(std::span<const Message> messages, std::span<DeliveryReport> reports, Deadline deadline) override {
        if (before) before(deadline);
        std::map<std::string_view, DeliveryReport> stopped;
        for (std::size_t i = 0; i < messages.size(); ++i) {
            if (const auto place = stopped.find(messages[i].key); place != stopped.end()) {
                reports[i] = {Delivery::not_sent, place->second.cause, "behind: " + place->second.reason};
                continue;
            }
            const Fate what = fate(messages[i]);
            reports[i] = what.report;
            if (what.report.delivery != Delivery::delivered) stopped.emplace(messages[i].key, what.report);
            if (what.arrived) keep(messages[i]);
        }
    }
    Result<void> flush(Deadline) override { return {}; }
    Result<void> close(Deadline) override { return {}; }

    [[nodiscard]] std::vector<Message> arrived() const {
        const std::lock_guard lock(mutex_);
        return arrived_;
    }
    /// Waits until so many have arrived. False: they did not within `at_most`.
    bool wait_for(std::size_t count, std::chrono::milliseconds at_most) const {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, at_most, [&] { return arrived_.size() >= count; });
    }

private:
    void keep(const Message& message) {
        {
            const std::lock_guard lock(mutex_);
            arrived_.push_back(message);
        }
        changed_.notify_all();
    }

    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<Message> arrived_;
};

}  // namespace ticketbottle::test
