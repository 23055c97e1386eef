#pragma once
/// \file
/// Connections shared by the stores of one database, and what is known of its layout. Internal: not installed.

#include "core/connection_pool.hpp"
#include "postgres/connection.hpp"

#include <mutex>

namespace ticketbottle::postgres {

class SettleGroup;

struct Pool::Impl {
    Impl(Target where, Options settings, Observer& watcher);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    const Target target;
    const Options options;
    Observer& observer;

    using Lease = ConnectionPool<Connection>::Lease;
    /// Waits while all are in use. Errors: unavailable (no connection to be had; also at once while a failure is fresh), cancelled.
    [[nodiscard]] Result<Lease> borrow(std::string_view operation, Deadline deadline) {
        return connections_.borrow(operation, deadline);
    }

    /// One call on one connection.
    [[nodiscard]] Result<std::vector<Rows>> run(std::string_view operation, std::span<const Query> queries, Effect effect, Deadline deadline);
    [[nodiscard]] Result<Rows> run(std::string_view operation, Query query, Effect effect, Deadline deadline);

    /// As last looked at, no longer ago than `age_max`. Errors: as inspect().
    [[nodiscard]] Result<Layout> layout(std::chrono::seconds age_max, Deadline deadline);
    void forget_layout();

    /// Where the stores' settlements meet.
    [[nodiscard]] SettleGroup& settlements() { return *settlements_; }

private:
    ConnectionPool<Connection> connections_;
    std::mutex mutex_;  ///< Of what follows.
    std::optional<Layout> layout_;
    Deadline::Clock::time_point looked_at_{};
    std::unique_ptr<SettleGroup> settlements_;
};

}  // namespace ticketbottle::postgres
