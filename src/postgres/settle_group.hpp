#pragma once
/// \file
/// Settlements that wait for one another share a transaction: one commit, and one wait for the disk, for all of them. Internal: not installed.

#include "core/company.hpp"
#include "postgres/settlement.hpp"

#include <memory>
#include <string_view>

namespace ticketbottle::postgres {

/// Threads: any.
class SettleGroup {
public:
    /// \param together_max  Settlements in one transaction, at least 1.
    SettleGroup(Pool::Impl& pool, std::uint32_t together_max);

    /// With Held::leave: a group waits for no other transaction's lock. nullopt: it is not done, for a reason that may be another's in the
    /// group; do it alone. Errors: the connection's, so everybody's; the deadline's; what is wrong with the payment's own rows.
    /// \param command  storable().
    [[nodiscard]] Settlement::End run(std::string_view operation, std::shared_ptr<const SettleCommand> command, bool inbox, Deadline deadline);

private:
    struct Task {
        std::shared_ptr<const SettleCommand> command;
        bool inbox = false;
    };
    using Meeting = Company<Task, Settlement::End>;

    [[nodiscard]] std::vector<Settlement::End> carry_out(const Meeting::Tasks& tasks, const Deadline& deadline) const;

    const Settlement settlement_;
    Meeting company_;
};

}  // namespace ticketbottle::postgres
