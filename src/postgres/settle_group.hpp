#pragma once
/// \file
/// Settlements that wait for one another share a transaction: one commit, and one wait for the disk, for all of them. Nobody waits
/// for company: whoever comes while a connection is free goes at once. Internal: not installed.

#include "postgres/connection.hpp"
#include "postgres/pool.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace ticketbottle::postgres {

/// Threads: any.
class SettleGroup {
public:
    /// \param together_max  Settlements in one transaction, at least 1.
    SettleGroup(Pool::Impl& pool, std::uint32_t together_max);

    /// Runs settle_sql with Held::leave: a group waits for no other transaction's lock. nullopt: it is not done, for a reason that may
    /// be another's in the group; do it alone. Errors (of the connection, so everybody's; or the deadline's): as Connection::run's.
    /// \param inbox  Is payment_inbox there?
    [[nodiscard]] Result<std::optional<Rows>> run(std::string_view operation, std::vector<Parameter> parameters, bool inbox, Deadline deadline);

private:
    struct Member;
    class Lead;
    using Members = std::vector<std::shared_ptr<Member>>;

    [[nodiscard]] Members gather(const std::shared_ptr<Member>& leader);
    void carry_out(std::string_view operation, const Members& members, Deadline deadline, std::unique_lock<std::mutex>& lock);

    Pool::Impl& pool_;
    const Statement settle_;  ///< The group's own: a member may have given up, and its store be gone, while its query is under way.
    const Statement settle_without_inbox_;
    const std::uint32_t together_max_;
    const std::uint32_t leaders_max_;
    std::mutex mutex_;
    std::uint32_t leaders_ = 0;  ///< Groups under way.
    std::deque<std::shared_ptr<Member>> waiting_;
};

}  // namespace ticketbottle::postgres
