#include "mariadb/pool.hpp"

#include "mariadb/settle_group.hpp"

namespace ticketbottle::mariadb {

Pool::Impl::Impl(Options settings, Observer& watcher, std::string_view clock_expression)
    : options(std::move(settings)),
      observer(watcher),
      clock(clock_expression),
      connections_({options.connections_max, [this](Deadline deadline) { return Connection::open(options, deadline); },
                    std::nullopt, "ticketbottle_mariadb_connects_total", "ticketbottle_mariadb_connections"},
                   watcher),
      settlements_(std::make_unique<SettleGroup>(*this)) {}

Pool::Impl::~Impl() = default;

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
    if (!rows.has_value()) end();
    return rows;
}

Result<std::vector<Rows>> Transaction::run_all(const std::vector<Query>& queries, Trip trip) {
    if (over_) return fail(Errc::internal, operation_, "the transaction is over");
    auto answers = lease_->run_all(operation_, queries, trip, deadline_);
    if (!answers.has_value()) end();
    return answers;
}

Result<void> Transaction::commit() {
    if (over_) return fail(Errc::internal, operation_, "the transaction is over");
    auto committed = lease_->commit(operation_, deadline_);
    if (!committed.has_value()) end();
    over_ = true;
    return committed;
}

Result<bool> Transaction::run_and_commit(const std::vector<Query>& queries) {
    if (over_) return fail(Errc::internal, operation_, "the transaction is over");
    auto committed = lease_->run_and_commit(operation_, queries, deadline_);
    if (!committed.has_value()) end();
    if (committed.has_value()) over_ = *committed;
    return committed;
}

/// After an error.
void Transaction::end() {
    ended_by_ = lease_->last_error();
    lost_ = lease_->lost();
    lease_->rollback();
    over_ = true;
}

Pool::Pool(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pool::~Pool() = default;

Result<std::shared_ptr<Pool>> Pool::make(const Options& options, Observer& observer) {
    if (auto checked = check(options); !checked.has_value()) return checked.error();
    return std::make_shared<Pool>(std::make_unique<Impl>(options, observer));
}

}  // namespace ticketbottle::mariadb
