#include "postgres/pool.hpp"

#include "core/format.hpp"
#include "postgres/error.hpp"
#include "postgres/sql.hpp"

#include <algorithm>

namespace ticketbottle::postgres {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds backoff_base{100};
constexpr milliseconds backoff_max{5000};
constexpr milliseconds wait_slice{100};

}  // namespace

Pool::Impl::Impl(Target where, Options settings, Observer& watcher)
    : target(std::move(where)), options(std::move(settings)), observer(watcher) {}

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
        if (made_ < target.connections_max) break;
        freed_.wait_for(lock, deadline.slice(wait_slice));
    }
    if (failures_ > 0 && Deadline::Clock::now() < next_try_) {
        freed_.notify_one();
        return fail(Errc::unavailable, operation, std::string(last_failure_->detail_text()));
    }
    ++made_;
    lock.unlock();
    auto connection = Connection::open(target, options.application_name, deadline);
    lock.lock();
    if (!connection.has_value()) {
        --made_;
        freed_.notify_one();
        const Error error = connection.error();
        if (error.code != Errc::cancelled) failed_to_connect(error);
        return fail(error.code, operation, std::string(error.detail_text()));
    }
    failures_ = 0;
    observer.count("ticketbottle_postgres_connects_total", {{"result", "ok"}});
    observer.gauge("ticketbottle_postgres_connections", made_);
    return Lease(*this, std::move(*connection));
}

void Pool::Impl::failed_to_connect(const Error& error) {
    const auto ceiling = std::min<milliseconds>(backoff_max, backoff_base * (1LL << std::min(failures_, 6U)));
    ++failures_;
    next_try_ = Deadline::Clock::now() + milliseconds(std::uniform_int_distribution<std::int64_t>(ceiling.count() / 2, ceiling.count())(random_));
    last_failure_ = error;
    observer.count("ticketbottle_postgres_connects_total", {{"result", "failed"}});
}

void Pool::Impl::give_back(std::unique_ptr<Connection> connection) {
    const bool good = connection->usable();
    const std::lock_guard lock(mutex_);
    if (good) {
        idle_.push_back(std::move(connection));
    } else {
        --made_;
        observer.gauge("ticketbottle_postgres_connections", made_);
    }
    freed_.notify_one();
}

Result<std::vector<Rows>> Pool::Impl::run(std::string_view operation, std::span<const Query> queries, Effect effect, Deadline deadline) {
    auto lease = borrow(operation, deadline);
    if (!lease.has_value()) return lease.error();
    auto rows = (*lease)->run(operation, queries, effect, deadline);
    if (!rows.has_value() && rows.error().code == Errc::unsupported) forget_layout();
    return rows;
}

Result<Rows> Pool::Impl::run(std::string_view operation, Query query, Effect effect, Deadline deadline) {
    auto rows = run(operation, std::span(&query, 1), effect, deadline);
    if (!rows.has_value()) return rows.error();
    return std::move(rows->front());
}

void Pool::Impl::forget_layout() {
    const std::lock_guard lock(mutex_);
    layout_.reset();
}

Result<Layout> Pool::Impl::layout(std::chrono::seconds age_max, Deadline deadline) {
    {
        const std::lock_guard lock(mutex_);
        if (layout_ && Deadline::Clock::now() - looked_at_ < age_max) return *layout_;
    }
    const Statement statement{"tkb_layout", layout_sql(target.schema)};
    const auto rows = run("postgres.inspect", Query{&statement, {}, true}, Effect::reads, deadline);
    if (!rows.has_value()) return rows.error();
    Layout layout;
    layout.payments = rows->flag(0, 0);
    layout.outbox = rows->flag(0, 1);
    layout.inbox = rows->flag(0, 2);
    layout.ordered = rows->flag(0, 3);
    layout.server = rows->text(0, 4);
    const std::lock_guard lock(mutex_);
    looked_at_ = Deadline::Clock::now();
    layout_ = layout;
    return layout;
}

Pool::Pool(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pool::~Pool() = default;

Result<std::shared_ptr<Pool>> Pool::make(const Options& options, Observer& observer) {
    if (auto checked = check(options); !checked.has_value()) return checked.error();
    Result<Target> target = read_target(options);
    if (!target.has_value()) return target.error();
    return std::make_shared<Pool>(std::make_unique<Impl>(std::move(*target), options, observer));
}

Result<Layout> inspect(Pool& pool, Deadline deadline) { return pool.impl().layout(std::chrono::seconds(0), deadline); }

}  // namespace ticketbottle::postgres
