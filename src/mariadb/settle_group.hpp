#pragma once
/// \file
/// Settlements that would wait for one another share a transaction: one beginning, one commit, one wait for the disk, and each
/// ticket's row taken once for all of them. Internal: not installed.

#include "core/company.hpp"
#include "mariadb/order_settling.hpp"

#include <map>
#include <set>

namespace ticketbottle::mariadb {

/// Locks are taken in one order by whoever settles or sells: orders by number, then inbox and events, then tickets by number, then
/// discount codes by number; so no two groups, and no group and a checkout, wait for one another in a circle. A group waits for no
/// order's row: what another transaction holds is to be done alone. For a ticket or a code it waits a second at most; then its
/// members are done alone, and those of the same tickets go alone for a while.
/// Threads: any.
class SettleGroup {
public:
    explicit SettleGroup(Pool::Impl& pool);

    /// A notification that can mean one order.
    struct Task {
        SettleCommand command;
        std::int64_t order = 0;
        std::shared_ptr<const OrderOptions> options;
    };
    struct Done {
        Settled settled;
        Order order;
        Shortfalls shortfalls;  ///< To be told of: the commit is done.
    };
    /// nullopt: not done, for a reason that may be another's in the group, or that is looked into one by one: do it alone.
    using End = Result<std::optional<Done>>;
    /// Errors: the connection's, so everybody's; the deadline's; malformed, where the order's own row cannot be read.
    [[nodiscard]] End run(std::string_view operation, std::shared_ptr<const Task> task, const Deadline& deadline) {
        return company_.run(operation, std::move(task), deadline);
    }
    /// How many wait for a group now.
    [[nodiscard]] std::size_t waiting() const { return company_.waiting(); }

private:
    class Group;

    [[nodiscard]] bool avoided(std::int64_t ticket);
    void avoid(const std::map<std::int64_t, std::int64_t>& tickets);

    Pool::Impl& pool_;
    std::mutex mutex_;
    std::map<std::int64_t, Deadline::Clock::time_point> avoided_;  ///< Tickets that somebody holds, and until when they go alone.
    Company<Task, End> company_;
};

}  // namespace ticketbottle::mariadb
