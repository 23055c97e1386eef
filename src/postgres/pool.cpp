#include "postgres/pool.hpp"

#include "core/format.hpp"
#include "postgres/error.hpp"
#include "postgres/settle_group.hpp"
#include "postgres/sql.hpp"

namespace ticketbottle::postgres {

Pool::Impl::Impl(Target where, Options settings, Observer& watcher)
    : target(std::move(where)),
      options(std::move(settings)),
      observer(watcher),
      connections_({target.connections_max, [this](Deadline deadline) { return Connection::open(target, options.application_name, deadline); },
                    Errc::unavailable, "ticketbottle_postgres_connects_total", "ticketbottle_postgres_connections"},
                   watcher),
      settlements_(std::make_unique<SettleGroup>(*this, options.settlements_per_commit)) {}
Pool::Impl::~Impl() = default;

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
