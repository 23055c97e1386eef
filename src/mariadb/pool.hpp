#pragma once
/// \file
/// Connections shared by the stores of one database, one call or one transaction each at a time. Internal: not installed.

#include "core/connection_pool.hpp"
#include "mariadb/connection.hpp"
#include "mariadb/sql.hpp"

namespace ticketbottle::mariadb {

class SettleGroup;

struct Pool::Impl {
    /// \param clock  SQL for the server's time, a DATETIME(3): tests put one that they can move.
    Impl(Options settings, Observer& watcher, std::string_view clock = server_clock);
    ~Impl();

    const Options options;
    Observer& observer;
    const std::string clock;

    using Lease = ConnectionPool<Connection>::Lease;
    /// Waits while all are in use. Errors: as Connection::open, and at once that of the last try while it is fresh; cancelled.
    [[nodiscard]] Result<Lease> borrow(std::string_view operation, Deadline deadline) {
        return connections_.borrow(operation, deadline);
    }

    /// One statement, a transaction by itself.
    [[nodiscard]] Result<Rows> run(std::string_view operation, const Query& query, Effect effect, Deadline deadline);
    /// Of all the stores on this pool.
    [[nodiscard]] SettleGroup& settlements() noexcept { return *settlements_; }

private:
    ConnectionPool<Connection> connections_;
    std::unique_ptr<SettleGroup> settlements_;
};

/// Several statements, all or none. Rolled back at the end of its life unless it was committed. After an error nothing more runs in it:
/// the server may have rolled back already, and the next statement would stand alone.
///
///     auto transaction = Transaction::begin(impl, "payments.settle", deadline);
///     if (!transaction.has_value()) return transaction.error();
///     const auto rows = transaction->run({lock_sql, {id}});
///     if (!rows.has_value()) return rows.error();   // not done
///     ...
///     if (auto committed = transaction->commit(); !committed.has_value()) return committed.error();
class Transaction {
public:
    [[nodiscard]] static Result<Transaction> begin(Pool::Impl& pool, std::string_view operation, Deadline deadline);
    /// With its first statements, in the round trip that begins it. \param answers  One for each of them.
    [[nodiscard]] static Result<Transaction> begin(Pool::Impl& pool, std::string_view operation, const std::vector<Query>& queries,
                                                   Trip trip, std::vector<Rows>& answers, Deadline deadline);
    ~Transaction();
    Transaction(Transaction&&) noexcept = default;
    Transaction& operator=(Transaction&&) = delete;

    /// Errors: not done, and nothing before it in this transaction either.
    [[nodiscard]] Result<Rows> run(const Query& query);
    /// As Connection::run_all. Errors: as run.
    [[nodiscard]] Result<std::vector<Rows>> run_all(const std::vector<Query>& queries, Trip trip);
    /// Errors: unavailable, cancelled (not done), outcome_unknown. To be called once.
    [[nodiscard]] Result<void> commit();
    /// As Connection::run_and_commit. False: the transaction goes on.
    [[nodiscard]] Result<bool> run_and_commit(const std::vector<Query>& queries);

    [[nodiscard]] bool over() const noexcept { return over_; }
    /// What ended it, if not the commit: the server's or the client library's number, and whether the connection is lost.
    [[nodiscard]] unsigned ended_by() const noexcept { return ended_by_; }
    [[nodiscard]] bool lost() const noexcept { return lost_; }

private:
    void end();
    Transaction(Pool::Impl::Lease lease, std::string_view operation, Deadline deadline)
        : lease_(std::move(lease)), operation_(operation), deadline_(std::move(deadline)) {}

    Pool::Impl::Lease lease_;  ///< Of one that was moved from: without a connection, and it does nothing.
    std::string_view operation_;
    Deadline deadline_;
    bool over_ = false;
    bool lost_ = false;
    unsigned ended_by_ = 0;
};

}  // namespace ticketbottle::mariadb
