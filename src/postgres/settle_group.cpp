#include "postgres/settle_group.hpp"

#include "postgres/sql.hpp"

#include <algorithm>

namespace ticketbottle::postgres {

namespace {

/// Half of the pool: while some groups wait for the disk the server works on others, and the rest stays free for what goes alone.
std::uint32_t groups_at_once(std::uint32_t connections) { return std::max(connections / 2, 1U); }

/// What a group's end says about each of its members. `cancelled` and the server's own errors: nothing was done, and it may be due
/// to the leader's deadline or to another's row.
bool is_everybodys(Errc code) { return code == Errc::unavailable || code == Errc::outcome_unknown; }

}  // namespace

/// One call. Shared, because it may give up while its group is under way.
struct SettleGroup::Member {
    enum class State : std::uint8_t { waiting, leading, under_way, ended };
    explicit Member(Query its) : query(std::move(its)) {}

    Query query;
    State state = State::waiting;  ///< Guarded by the group's mutex, as is `end`.
    Result<std::optional<Rows>> end{std::optional<Rows>()};
    std::condition_variable told;
};

/// The right to carry out groups, one after another: at its end the longest waiting of those who came meanwhile has it.
class SettleGroup::Lead {
public:
    Lead(SettleGroup& group, std::unique_lock<std::mutex>& lock) : group_(group), lock_(lock) {}
    ~Lead() {
        if (!lock_.owns_lock()) lock_.lock();
        if (group_.waiting_.empty()) {
            --group_.leaders_;
            return;
        }
        const auto next = std::move(group_.waiting_.front());
        group_.waiting_.pop_front();
        next->state = Member::State::leading;
        next->told.notify_one();
    }
    Lead(const Lead&) = delete;
    Lead& operator=(const Lead&) = delete;

private:
    SettleGroup& group_;
    std::unique_lock<std::mutex>& lock_;
};

SettleGroup::SettleGroup(Pool::Impl& pool, std::uint32_t together_max)
    : pool_(pool),
      settle_{"tkb_settle_together", settle_sql(pool.target.schema, true, Names::few, Held::leave)},
      settle_without_inbox_{"tkb_settle_together_plain", settle_sql(pool.target.schema, false, Names::few, Held::leave)},
      together_max_(together_max),
      leaders_max_(groups_at_once(pool.target.connections_max)) {}

Result<std::optional<Rows>> SettleGroup::run(std::string_view operation, std::vector<Parameter> parameters, bool inbox, Deadline deadline) {
    using State = Member::State;
    const auto self = std::make_shared<Member>(Query{inbox ? &settle_ : &settle_without_inbox_, std::move(parameters)});
    std::unique_lock lock(mutex_);
    if (leaders_ < leaders_max_) {
        ++leaders_;
        self->state = State::leading;
    } else {
        waiting_.push_back(self);
        const auto called = [&] { return self->state == State::leading || self->state == State::ended; };
        while (!called() && !deadline.expired()) self->told.wait_for(lock, deadline.slice(std::chrono::seconds(1)), called);
    }
    if (self->state == State::ended) return std::move(self->end);
    if (self->state == State::under_way)
        return fail(Errc::outcome_unknown, operation, "the deadline passed before the group's commit was known");
    if (self->state == State::waiting) {
        std::erase(waiting_, self);
        return fail(Errc::cancelled, operation, "the deadline passed before a group was free");
    }
    {
        const Lead lead(*this, lock);
        if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline passed before a group was free");
        carry_out(operation, gather(self), deadline, lock);
    }
    return std::move(self->end);
}

SettleGroup::Members SettleGroup::gather(const std::shared_ptr<Member>& leader) {
    Members members{leader};
    while (members.size() < together_max_ && !waiting_.empty()) {
        waiting_.front()->state = Member::State::under_way;
        members.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    return members;
}

/// Runs the members' queries as one transaction and tells each of them its end.
void SettleGroup::carry_out(std::string_view operation, const Members& members, Deadline deadline, std::unique_lock<std::mutex>& lock) {
    std::vector<Query> queries;
    queries.reserve(members.size());
    for (const auto& member : members) queries.push_back(std::move(member->query));
    lock.unlock();
    auto rows = pool_.run(operation, queries, Effect::writes, deadline);
    lock.lock();
    for (std::size_t i = 0; i < members.size(); ++i) {
        Member& member = *members[i];
        if (rows.has_value()) {
            member.end = std::optional(std::move((*rows)[i]));
        } else if (is_everybodys(rows.error().code)) {
            member.end = rows.error();
        }
        member.state = Member::State::ended;
        member.told.notify_one();
    }
}

}  // namespace ticketbottle::postgres
