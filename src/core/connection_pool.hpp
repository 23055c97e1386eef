#pragma once
/// \file
/// Connections to one database, made when first needed, each lent for one call or transaction. Internal: not installed.

#include "core/retry.hpp"

#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace ticketbottle {

/// Threads: any. `Connection` has usable(): can it serve another call?
template <class Connection>
class ConnectionPool {
public:
    struct Settings {
        std::uint32_t connections_max = 0;
        std::function<Result<std::unique_ptr<Connection>>(Deadline)> open;
        std::optional<Errc> code_while_fresh;  ///< Of calls that a fresh failure turns away; nullopt: the failure's own.
        std::string_view connects_metric;      ///< A counter by result.
        std::string_view connections_metric;   ///< A gauge.
    };
    /// \param observer  Borrowed.
    ConnectionPool(Settings settings, Observer& observer) : settings_(std::move(settings)), observer_(observer) {}

    /// Given back, or thrown away if it broke, at the end of its life.
    class Lease {
    public:
        Lease(ConnectionPool& pool, std::unique_ptr<Connection> connection) : pool_(&pool), connection_(std::move(connection)) {}
        ~Lease() { if (connection_) pool_->give_back(std::move(connection_)); }
        Lease(Lease&&) noexcept = default;
        Lease& operator=(Lease&&) = delete;
        Connection* operator->() const { return connection_.get(); }

    private:
        ConnectionPool* pool_;
        std::unique_ptr<Connection> connection_;
    };
    /// Waits while all are in use. Errors: as open (also at once while its failure is fresh), cancelled.
    [[nodiscard]] Result<Lease> borrow(std::string_view operation, Deadline deadline);

private:
    void give_back(std::unique_ptr<Connection> connection);
    void failed_to_connect(const Error& error);

    const Settings settings_;
    Observer& observer_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<std::unique_ptr<Connection>> idle_;
    std::uint32_t made_ = 0;      ///< Idle, borrowed or being made.
    std::uint32_t failures_ = 0;  ///< Connects in a row that failed.
    Deadline::Clock::time_point next_try_{};
    std::optional<Error> last_failure_;
    std::minstd_rand random_{std::random_device{}()};
};

template <class Connection>
Result<typename ConnectionPool<Connection>::Lease> ConnectionPool<Connection>::borrow(std::string_view operation, Deadline deadline) {
    constexpr std::chrono::milliseconds wait_slice{100};
    std::unique_lock lock(mutex_);
    for (;;) {
        if (deadline.expired()) return fail(Errc::cancelled, operation, "no connection of the pool came free before the deadline");
        while (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            if (connection->usable()) return Lease(*this, std::move(connection));
            --made_;
        }
        if (made_ < settings_.connections_max) break;
        freed_.wait_for(lock, deadline.slice(wait_slice));
    }
    if (failures_ > 0 && Deadline::Clock::now() < next_try_) {
        freed_.notify_one();
        return fail(settings_.code_while_fresh.value_or(last_failure_->code), operation, std::string(last_failure_->detail_text()));
    }
    ++made_;
    lock.unlock();
    auto connection = settings_.open(deadline);
    lock.lock();
    if (!connection.has_value()) {
        --made_;
        freed_.notify_one();
        const Error error = connection.error();
        if (error.code != Errc::cancelled) failed_to_connect(error);
        return fail(error.code, operation, std::string(error.detail_text()));
    }
    failures_ = 0;
    observer_.count(settings_.connects_metric, {{"result", "ok"}});
    observer_.gauge(settings_.connections_metric, made_);
    return Lease(*this, std::move(*connection));
}

template <class Connection>
void ConnectionPool<Connection>::failed_to_connect(const Error& error) {
    constexpr Backoff backoff{std::chrono::milliseconds(100), std::chrono::milliseconds(5000), Jitter::equal};
    next_try_ = Deadline::Clock::now() + backoff.after(failures_++, random_);
    last_failure_ = error;
    observer_.count(settings_.connects_metric, {{"result", "failed"}});
}

template <class Connection>
void ConnectionPool<Connection>::give_back(std::unique_ptr<Connection> connection) {
    const bool good = connection->usable();
    if (!good) connection.reset();  // closing takes a moment: not while others wait for the pool
    const std::lock_guard lock(mutex_);
    if (good) {
        idle_.push_back(std::move(connection));
    } else {
        --made_;
        observer_.gauge(settings_.connections_metric, made_);
    }
    freed_.notify_one();
}

}  // namespace ticketbottle
