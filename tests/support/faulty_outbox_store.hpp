#pragma once
/// \file
/// An OutboxStore whose calls fail when a test says so.

#include <ticketbottle/ports/outbox_store.hpp>

#include <functional>
#include <string_view>
#include <utility>

namespace ticketbottle::test {

enum class Fault : std::uint8_t {
    none,
    unavailable,       ///< Not done.
    unknown_not_done,  ///< outcome_unknown, and it was not done.
    unknown_done,      ///< outcome_unknown, but it was.
    conflict,          ///< As if the lease were lost. Not done.
};

/// Threads: as the inner store; `decide` is called on the caller's thread.
class FaultyOutboxStore final : public OutboxStore {
public:
    /// \param decide  Gets the call's name ("settle") and says what shall go wrong.
    FaultyOutboxStore(OutboxStore& inner, std::function<Fault(std::string_view)> decide)
        : inner_(inner), decide_(std::move(decide)) {}

    Result<std::optional<RelayLease>> acquire(std::string_view owner, std::chrono::milliseconds ttl, Deadline deadline) override {
        return faulty<std::optional<RelayLease>>("acquire", [&] { return inner_.acquire(owner, ttl, deadline); });
    }
    Result<void> release(const RelayLease& lease, Deadline deadline) override {
        return faulty<void>("release", [&] { return inner_.release(lease, deadline); });
    }
    Result<OutboxPage> fetch(const RelayLease& lease, std::uint32_t rows_max, Deadline deadline) override {
        return faulty<OutboxPage>("fetch", [&] { return inner_.fetch(lease, rows_max, deadline); });
    }
    Result<void> settle(const RelayLease& lease, std::chrono::milliseconds ttl, std::span<const RowSettlement> rows,
                        Deadline deadline) override {
        return faulty<void>("settle", [&] { return inner_.settle(lease, ttl, rows, deadline); });
    }
    Result<OutboxStatistics> statistics(Deadline deadline) override {
        return faulty<OutboxStatistics>("statistics", [&] { return inner_.statistics(deadline); });
    }
    Result<std::vector<DeadRow>> dead(std::uint32_t rows_max, Deadline deadline) override {
        return faulty<std::vector<DeadRow>>("dead", [&] { return inner_.dead(rows_max, deadline); });
    }
    Result<std::uint64_t> requeue(std::span<const std::string> ids, Deadline deadline) override {
        return faulty<std::uint64_t>("requeue", [&] { return inner_.requeue(ids, deadline); });
    }
    Result<std::uint64_t> remove_published(TimePoint before, std::uint32_t rows_max, Deadline deadline) override {
        return faulty<std::uint64_t>("remove_published", [&] { return inner_.remove_published(before, rows_max, deadline); });
    }
    Result<std::uint64_t> remove_dead(TimePoint before, std::uint32_t rows_max, Deadline deadline) override {
        return faulty<std::uint64_t>("remove_dead", [&] { return inner_.remove_dead(before, rows_max, deadline); });
    }

private:
    template <class T, class Call>
    Result<T> faulty(std::string_view name, Call call) {
        switch (decide_(name)) {
            case Fault::none: break;
            case Fault::unavailable: return fail(Errc::unavailable, "test.fault", "scripted");
            case Fault::unknown_not_done: return fail(Errc::outcome_unknown, "test.fault", "scripted");
            case Fault::unknown_done:
                (void)call().has_value();
                return fail(Errc::outcome_unknown, "test.fault", "scripted");
            case Fault::conflict: return fail(Errc::conflict, "test.fault", "scripted");
        }
        return call();
    }

    OutboxStore& inner_;
    std::function<Fault(std::string_view)> decide_;
};

}  // namespace ticketbottle::test
