#pragma once
/// \file
/// Calls that would wait for one another go together. Who comes while no group is under way goes at once. Who comes else waits until one
/// ends, or until enough others wait to be a group worth beginning beside it, and goes with all of them. Internal: not installed.

#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace ticketbottle {

/// Groups at once, each on a connection of a pool: half of it, so that the rest stays free for what goes alone.
[[nodiscard]] constexpr std::uint32_t groups_of_pool(std::uint32_t connections) noexcept { return std::max(connections / 2, 1U); }

/// Does a group's error end each of its members? Of another one (`cancelled`, the server's own) nothing was done, and it may be due to the
/// leader's deadline or to one member's row: each is done alone.
[[nodiscard]] constexpr bool ends_everybody(Errc code) noexcept { return code == Errc::unavailable || code == Errc::outcome_unknown; }

/// \tparam Task  What one call wants. It owns what it needs: its caller may have given up, and be gone, while its group is under way.
/// \tparam End   What became of it; can be made of an Error.
/// Threads: any.
template <class Task, class End>
class Company {
public:
    using Tasks = std::vector<std::shared_ptr<const Task>>;
    struct Settings {
        std::uint32_t groups_max = 1;  ///< Under way at once, at least 1; one, and those that the two rules below add.
        /// For each so many who wait there is one group more, at least 1. A transaction costs a server about as much as two members of it,
        /// so smaller ones are dear; and were larger ones waited for, nothing would be done while a few callers' only group waits for the disk.
        std::uint32_t worth = 4;
        /// Who has waited so long begins one. Where a group takes long (a server far away, a lock, a connection that is gone and has not
        /// told) waiting for it costs more than it spares. 0: not.
        std::chrono::milliseconds patience{5};
        std::uint32_t together_max = 1;  ///< Tasks of one group, at least 1.
        /// An end for each task, in their order. Runs in the thread of one of their callers, within that one's deadline.
        std::function<std::vector<End>(const Tasks&, const Deadline&)> carry_out = {};
    };
    explicit Company(Settings settings) : settings_(std::move(settings)) {}

    /// Waits until a group takes the task along, and for that group's end; the first of a group carries it out.
    /// Errors: cancelled (no group took it before the deadline), outcome_unknown (a group was under way with it).
    [[nodiscard]] End run(std::string_view operation, std::shared_ptr<const Task> task, const Deadline& deadline);
    /// How many wait for a group now.
    [[nodiscard]] std::size_t waiting() const {
        const std::lock_guard lock(mutex_);
        return waiting_.size();
    }

private:
    enum class State : std::uint8_t { waiting, leading, under_way, ended };
    struct Member {
        explicit Member(std::shared_ptr<const Task> its) : task(std::move(its)) {}
        const std::shared_ptr<const Task> task;
        State state = State::waiting;  ///< Guarded by the company's mutex, as is `end`.
        std::optional<End> end;
        std::condition_variable told;
    };
    using Members = std::vector<std::shared_ptr<Member>>;

    /// May one more group begin, for so many callers?
    [[nodiscard]] bool may_begin(std::size_t callers) const {
        return groups_ < std::min<std::size_t>(settings_.groups_max, 1 + callers / settings_.worth);
    }
    void wait(Member& self, std::unique_lock<std::mutex>& lock, const Deadline& deadline);
    [[nodiscard]] Members gather(const std::shared_ptr<Member>& leader);
    void lead(const Members& members, const Deadline& deadline, std::unique_lock<std::mutex>& lock);
    void pass_on(std::unique_lock<std::mutex>& lock);

    const Settings settings_;
    mutable std::mutex mutex_;
    std::uint32_t groups_ = 0;  ///< Under way.
    std::deque<std::shared_ptr<Member>> waiting_;
};

template <class Task, class End>
End Company<Task, End>::run(std::string_view operation, std::shared_ptr<const Task> task, const Deadline& deadline) {
    const auto self = std::make_shared<Member>(std::move(task));
    std::unique_lock lock(mutex_);
    if (may_begin(waiting_.size() + 1)) {
        ++groups_;
        self->state = State::leading;
    } else {
        waiting_.push_back(self);
        wait(*self, lock, deadline);
    }
    if (self->state == State::ended) return std::move(*self->end);
    if (self->state == State::under_way)
        return fail(Errc::outcome_unknown, operation, "the deadline passed before the group's commit was known");
    if (self->state == State::waiting) {
        std::erase(waiting_, self);
        return fail(Errc::cancelled, operation, "the deadline passed before a group was free");
    }
    if (deadline.expired()) {
        pass_on(lock);
        return fail(Errc::cancelled, operation, "the deadline passed before a group was free");
    }
    lead(gather(self), deadline, lock);
    return std::move(*self->end);
}

/// Until it is called: to lead, or to hear its end. Whoever has waited long enough leads without being called.
template <class Task, class End>
void Company<Task, End>::wait(Member& self, std::unique_lock<std::mutex>& lock, const Deadline& deadline) {
    const auto called = [&] { return self.state == State::leading || self.state == State::ended; };
    const bool patient = settings_.patience == std::chrono::milliseconds(0);
    if (!patient) self.told.wait_until(lock, std::min(Deadline::Clock::now() + settings_.patience, deadline.at()), called);
    while (!called() && !deadline.expired()) {
        if (!patient && self.state == State::waiting && groups_ < settings_.groups_max) {
            std::erase_if(waiting_, [&](const auto& member) { return member.get() == &self; });
            ++groups_;
            self.state = State::leading;
            return;
        }
        self.told.wait_for(lock, deadline.slice(std::chrono::milliseconds(self.state == State::waiting ? 100 : 1000)), called);
    }
}

/// Carries out a group, and hands on the right to: whoever leads next is woken before those whose work is done.
template <class Task, class End>
void Company<Task, End>::lead(const Members& members, const Deadline& deadline, std::unique_lock<std::mutex>& lock) {
    lock.unlock();
    std::vector<End> ends;
    const struct Ended {  // also if memory ran out
        Company& company;
        const Members& members;
        std::vector<End>& ends;
        std::unique_lock<std::mutex>& lock;
        ~Ended() {
            lock.lock();
            for (std::size_t i = 0; i < members.size(); ++i) {
                if (i < ends.size()) {
                    members[i]->end.emplace(std::move(ends[i]));
                } else {
                    members[i]->end.emplace(fail(Errc::outcome_unknown, "company.lead"));
                }
                members[i]->state = State::ended;
            }
            company.pass_on(lock);
            lock.unlock();
            for (const auto& member : members) member->told.notify_one();
            lock.lock();
        }
    } ended{*this, members, ends, lock};
    Tasks tasks;
    tasks.reserve(members.size());
    for (const auto& member : members) tasks.push_back(member->task);
    ends = settings_.carry_out(tasks, deadline);
}

/// To the longest waiting of those who came meanwhile.
template <class Task, class End>
void Company<Task, End>::pass_on(std::unique_lock<std::mutex>& lock) {
    --groups_;
    if (waiting_.empty() || !may_begin(waiting_.size())) return;
    ++groups_;
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    next->state = State::leading;
    lock.unlock();
    next->told.notify_one();
    lock.lock();
}

template <class Task, class End>
typename Company<Task, End>::Members Company<Task, End>::gather(const std::shared_ptr<Member>& leader) {
    Members members{leader};
    while (members.size() < settings_.together_max && !waiting_.empty()) {
        waiting_.front()->state = State::under_way;
        members.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    return members;
}

}  // namespace ticketbottle
