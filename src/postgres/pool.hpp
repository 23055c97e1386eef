#pragma once
/// \file
/// Connections shared by the stores of one database, and what is known of its layout. Internal: not installed.

#include "postgres/connection.hpp"

#include <condition_variable>
#include <mutex>
#include <random>

namespace ticketbottle::postgres {

struct Pool::Impl {
    Impl(Target where, Options settings, Observer& watcher);

    const Target target;
    const Options options;
    Observer& observer;

    /// A connection for one call; given back, or thrown away if it broke, at the end of its life.
    class Lease {
    public:
        Lease(Impl& pool, std::unique_ptr<Connection> connection) : pool_(&pool), connection_(std::move(connection)) {}
        ~Lease() { if (connection_) pool_->give_back(std::move(connection_)); }
        Lease(Lease&&) noexcept = default;
        Lease& operator=(Lease&&) = delete;
        Connection* operator->() const { return connection_.get(); }

    private:
        Impl* pool_;
        std::unique_ptr<Connection> connection_;
    };
    /// Waits while all are in use. Errors: unavailable (no connection to be had; also at once while a failure is fresh), cancelled.
    [[nodiscard]] Result<Lease> borrow(std::string_view operation, Deadline deadline);

    /// One call on one connection.
    [[nodiscard]] Result<std::vector<Rows>> run(std::string_view operation, std::span<const Query> queries, Effect effect, Deadline deadline);
    [[nodiscard]] Result<Rows> run(std::string_view operation, Query query, Effect effect, Deadline deadline);

    /// As last looked at, no longer ago than `age_max`. Errors: as inspect().
    [[nodiscard]] Result<Layout> layout(std::chrono::seconds age_max, Deadline deadline);
    void forget_layout();

private:
    void give_back(std::unique_ptr<Connection> connection);
    void failed_to_connect(const Error& error);

    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<std::unique_ptr<Connection>> idle_;
    std::uint32_t made_ = 0;  ///< Idle, borrowed or being made.
    std::uint32_t failures_ = 0;  ///< Connects in a row that failed.
    Deadline::Clock::time_point next_try_{};
    std::optional<Error> last_failure_;
    std::minstd_rand random_{std::random_device{}()};
    std::optional<Layout> layout_;
    Deadline::Clock::time_point looked_at_{};
};

}  // namespace ticketbottle::postgres
