#include "mariadb/pool.hpp"

#include <algorithm>

namespace ticketbottle::mariadb {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds backoff_base{100};
constexpr milliseconds backoff_max{5000};
constexpr milliseconds wait_slice{100};

}  // namespace

Pool::Impl::Impl(Options settings, Observer& watcher, std::string_view clock_expression)
    : options(std::move(settings)), observer(watcher), clock(clock_expression) {}

Result<Pool::Impl::Lease> Pool::Impl::borrow(std::string_view operation, Deadline deadline) {
    std::unique_lock lock(mutex_);
    for (;;) {
        if (deadline.expired()) return fail(Errc::cancelled, operation, "no connection of the pool came free before the deadline");
        while (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            if (connection->usable()) return Lease(*this, std::move(connection));
            --made_;
        }
        if (made_ < options.connections_max) break;
        freed_.wait_for(lock, deadline.slice(wait_slice));
    }
    if (failures_ > 0 && Deadline::Clock::now() < next_try_) {
        freed_.notify_one();
        return fail(last_failure_->code, operation, std::string(last_failure_->detail_text()));
    }
    ++made_;
    lock.unlock();
    auto connection = Connection::open(options, deadline);
    lock.lock();
    if (!connection.has_value()) {
        --made_;
        freed_.notify_one();
        const Error error = connection.error();
        if (error.code != Errc::cancelled) failed_to_connect(error);
        return fail(error.code, operation, std::string(error.detail_text()));
    }
    failures_ = 0;
    observer.count("ticketbottle_mariadb_connects_total", {{"result", "ok"}});
    observer.gauge("ticketbottle_mariadb_connections", made_);
    return Lease(*this, std::move(*connection));
}

void Pool::Impl::failed_to_connect(const Error& error) {
    const auto ceiling = std::min<milliseconds>(backoff_max, backoff_base * (1LL << std::min(failures_, 6U)));
    ++failures_;
    std::uniform_int_distribution<std::int64_t> wait(ceiling.count() / 2, ceiling.count());
    next_try_ = Deadline::Clock::now() + milliseconds(wait(random_));
    last_failure_ = error;
    observer.count("ticketbottle_mariadb_connects_total", {{"result", "failed"}});
}

void Pool::Impl::give_back(std::unique_ptr<Connection> connection) {
    const bool good = connection->usable();
    if (!good) connection.reset();  // closing takes a moment: not while others wait for the pool
    const std::lock_guard lock(mutex_);
    if (good) {
        idle_.push_back(std::move(connection));
    } else {
        --made_;
        observer.gauge("ticketbottle_mariadb_connections", made_);
    }
    freed_.notify_one();
}

Result<Rows> Pool::Impl::run(std::string_view operation, const Query& query, Effect effect, Deadline deadline) {
    auto lease = borrow(operation, deadline);
    if (!lease.has_value()) return lease.error();
    return (*lease)->run(operation, query, effect, deadline);
}

Result<Transaction> Transaction::begin(Pool::Impl& pool, std::string_view operation, Deadline deadline) {
    auto lease = pool.borrow(operation, deadline);
    if (!lease.has_value()) return lease.error();
    if (auto begun = (*lease)->begin(operation, deadline); !begun.has_value()) return begun.error();
    return Transaction(std::move(*lease), operation, deadline);
}

Transaction::~Transaction() {
    if (!over_ && lease_.operator->() != nullptr) lease_->rollback();
}

Result<Rows> Transaction::run(const Query& query) {
    if (over_) return fail(Errc::internal, operation_, "the transaction is over");
    auto rows = lease_->run(operation_, query, Effect::writes, deadline_);
    if (rows.has_value()) return rows;
    lease_->rollback();
    over_ = true;
    return rows;
}

Result<void> Transaction::commit() {
    if (over_) return fail(Errc::internal, operation_, "the transaction is over");
    auto committed = lease_->commit(operation_, deadline_);
    if (!committed.has_value()) lease_->rollback();
    over_ = true;
    return committed;
}

Pool::Pool(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pool::~Pool() = default;

Result<std::shared_ptr<Pool>> Pool::make(const Options& options, Observer& observer) {
    if (auto checked = check(options); !checked.has_value()) return checked.error();
    return std::make_shared<Pool>(std::make_unique<Impl>(options, observer));
}

}  // namespace ticketbottle::mariadb
