#include "mariadb/pool.hpp"

namespace ticketbottle::mariadb {

Pool::Impl::Impl(Options settings, Observer& watcher, std::string_view clock_expression, Trip trips)
    : options(std::move(settings)),
      observer(watcher),
      clock(clock_expression),
      connections_({options.connections_max, [this, trips](Deadline deadline) { return Connection::open(options, deadline, trips); },
                    std::nullopt, "ticketbottle_mariadb_connects_total", "ticketbottle_mariadb_connections"},
                   watcher) {}

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

Result<Transaction> Transaction::begin(Pool::Impl& pool, std::string_view operation, const std::vector<Query>& queries,
                                       Trip trip, std::vector<Rows>& answers, Deadline deadline) {
    auto lease = pool.borrow(operation, deadline);
    if (!lease.has_value()) return lease.error();
    auto answered = (*lease)->run_all(operation, queries, trip, deadline);
    if (!answered.has_value()) {
        (*lease)->rollback();
        return answered.error();
    }
    answers = std::move(*answered);
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

Result<std::vector<Rows>> Transaction::run_all(const std::vector<Query>& queries, Trip trip) {
    if (over_) return fail(Errc::internal, operation_, "the transaction is over");
    auto answers = lease_->run_all(operation_, queries, trip, deadline_);
    if (answers.has_value()) return answers;
    lease_->rollback();
    over_ = true;
    return answers;
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
