#include "postgres/settle_group.hpp"

namespace ticketbottle::postgres {

SettleGroup::SettleGroup(Pool::Impl& pool, std::uint32_t together_max)
    : settlement_(pool, Held::leave),
      company_({.groups_max = groups_of_pool(pool.target.connections_max),
                .together_max = together_max,
                .carry_out = [this](const Meeting::Tasks& tasks, const Deadline& deadline) { return carry_out(tasks, deadline); }}) {}

Settlement::End SettleGroup::run(std::string_view operation, std::shared_ptr<const SettleCommand> command, bool inbox, Deadline deadline) {
    return company_.run(operation, std::make_shared<const Task>(Task{std::move(command), inbox}), deadline);
}

/// In one transaction.
std::vector<Settlement::End> SettleGroup::carry_out(const Meeting::Tasks& tasks, const Deadline& deadline) const {
    std::vector<Settlement::Wanted> wanted;
    wanted.reserve(tasks.size());
    for (const auto& task : tasks) wanted.push_back({task->command.get(), task->inbox});
    auto ends = settlement_.run("payment.settle", wanted, deadline);
    if (ends.has_value()) return std::move(*ends);
    const Error error = ends.error();
    const Settlement::End end = ends_everybody(error.code) ? Settlement::End(error) : Settlement::End(std::optional<Settled>());
    return std::vector(tasks.size(), end);
}

}  // namespace ticketbottle::postgres
