#pragma once
/// \file
/// An OutboxStore that calls a test back before and after each of its calls.

#include <ticketbottle/ports/outbox_store.hpp>

#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ticketbottle::test {

/// Threads: as the inner store; the callbacks are called on the caller's thread, and may be empty.
class WatchedOutboxStore final : public OutboxStore {
public:
    using Before = std::function<void(std::string_view call, const Deadline& deadline)>;
    using After = std::function<void(std::string_view call)>;  ///< The answer is there and not yet known to the caller.

    explicit WatchedOutboxStore(OutboxStore& inner, Before before = {}, After after = {})
        : inner_(inner), before_(std::move(before)), after_(std::move(after)) {}

    Result<std::optional<RelayLease>> acquire(std::string_view owner, std::chrono::milliseconds ttl, Deadline deadline) override {
        return watched("acquire", deadline, [&] { return inner_.acquire(owner, ttl, deadline); });
    }
    Result<void> release(const RelayLease& lease, Deadline deadline) override {
        return watched("release", deadline, [&] { return inner_.release(lease, deadline); });
    }
    Result<OutboxPage> fetch(const RelayLease& lease, std::uint32_t rows_max, Deadline deadline) override {
        return watched("fetch", deadline, [&] { return inner_.fetch(lease, rows_max, deadline); });
    }
    Result<void> settle(const RelayLease& lease, std::chrono::milliseconds ttl, std::span<const RowSettlement> rows,
                        Deadline deadline) override {
        return watched("settle", deadline, [&] { return inner_.settle(lease, ttl, rows, deadline); });
    }
    Result<OutboxStatistics> statistics(Deadline deadline) override {
        return watched("statistics", deadline, [&] { return inner_.statistics(deadline); });
    }
    Result<std::vector<DeadRow>> dead(std::uint32_t rows_max, Deadline deadline) override {
        return watched("dead", deadline, [&] { return inner_.dead(rows_max, deadline); });
    }
    Result<std::uint64_t> requeue(std::span<const std::string> ids, Deadline deadline) override {
        return watched("requeue", deadline, [&] { return inner_.requeue(ids, deadline); });
    }
    Result<std::uint64_t> remove_published(TimePoint before, std::uint32_t rows_max, Deadline deadline) override {
        return watched("remove_published", deadline, [&] { return inner_.remove_published(before, rows_max, deadline); });
    }
    Result<std::uint64_t> remove_dead(TimePoint before, std::uint32_t rows_max, Deadline deadline) override {
        return watched("remove_dead", deadline, [&] { return inner_.remove_dead(before, rows_max, deadline); });
    }

private:
    template <class Call>
    std::invoke_result_t<Call> watched(std::string_view name, const Deadline& deadline, Call call) {
        if (before_) before_(name, deadline);
        std::invoke_result_t<Call> answer = call();
        if (after_) after_(name);
        return answer;
    }

    OutboxStore& inner_;
    Before before_;
    After after_;
};

}  // namespace ticketbottle::test
