#include "mariadb/settle_group.hpp"

#include "core/format.hpp"
#include "mariadb/order_sql.hpp"
#include "mariadb/pool.hpp"

#include <algorithm>
#include <deque>

namespace ticketbottle::mariadb {
namespace {

namespace sql = order_sql;

constexpr std::string_view operation = "payment.settle";
constexpr std::uint32_t together_max = 16;  // keeps statements few to prepare, and rows locked shortly
constexpr std::chrono::seconds avoided_for{5};
constexpr std::size_t avoided_most = 1000;
constexpr unsigned lock_wait_timeout = 1205;

using Sums = std::map<std::int64_t, std::int64_t>;

std::string repeated(std::string_view one, std::string_view between, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += formatted("{}{}", i == 0 ? std::string_view() : between, one);
    return text;
}

/// The statement for so many: {list}, {cases} and {rows} filled in.
std::string text_for(std::string_view statement, std::size_t lists, std::size_t rows = 0, std::size_t columns = 0) {
    std::string text(statement);
    const auto fill = [&](std::string_view mark, const std::string& with) {
        for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + with.size()))
            text.replace(at, mark.size(), with);
    };
    fill("{list}", placeholders(list_step(lists)));
    fill("{cases}", repeated("WHEN ? THEN ?", " ", list_step(lists)));
    fill("{rows}", repeated(formatted("({})", placeholders(columns)), ", ", rows));
    return text;
}

}  // namespace

/// One group, from its locks to its end.
class SettleGroup::Group {
public:
    Group(SettleGroup& home, const Company<Task, End>::Tasks& tasks, const Deadline& deadline);
    std::vector<End> run();

private:
    struct Member {
        const Task* task = nullptr;
        std::size_t place = 0;  ///< Among the tasks.
        Read read;
        std::optional<payment::Decision> decision;  ///< nullopt: the inbox has to be looked at, or it goes alone.
        bool over = false;                          ///< It has its end, or goes alone.
    };

    // Each: false if the group is over.
    bool lock();
    bool look_at_inbox();
    bool write();
    bool commit();

    void decided(Member& member, Result<std::optional<payment::Decision>> decision);
    void choose();
    std::vector<Query> writes();
    void add_counts(const Sums& sums, std::string_view text, std::vector<Query>& queries);
    bool read_standings(const Sums& sums, std::string_view text, std::map<std::int64_t, Standing>& standings);
    bool tell_shortfalls();
    void end_all(const Error& error);
    bool failed(const Error& error);
    Query query(std::string text) { return {texts_.emplace_back(std::move(text)), {}}; }

    SettleGroup& home_;
    const Deadline deadline_;
    std::vector<End> ends_;
    std::vector<Member> members_;    ///< By number of order, one of each.
    std::vector<Member*> completed_;  ///< Those that are written, in that order.
    std::vector<Shortfalls> shortfalls_;  ///< Of each of those.
    Sums tickets_, codes_;            ///< What they take.
    std::deque<std::string> texts_;   ///< Of the queries.
    std::optional<Transaction> transaction_;
};

SettleGroup::Group::Group(SettleGroup& home, const Company<Task, End>::Tasks& tasks, const Deadline& deadline)
    : home_(home), deadline_(deadline), ends_(tasks.size(), End(std::optional<Done>())) {
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        Member member;
        member.task = tasks[i].get();
        member.place = i;
        members_.push_back(std::move(member));
    }
    const auto number = [](const Member& member) { return member.task->order; };
    std::ranges::stable_sort(members_, {}, number);
    // A second callback of an order goes alone: it will find what the first has done.
    members_.erase(std::ranges::unique(members_, {}, number).begin(), members_.end());
}

std::vector<SettleGroup::End> SettleGroup::Group::run() {
    if (lock() && look_at_inbox()) {
        choose();
        if (!completed_.empty() && write() && commit()) {
            for (std::size_t i = 0; i < completed_.size(); ++i) {
                Member& member = *completed_[i];
                ends_[member.place] = std::optional(
                    Done{std::move(member.decision->settled), std::move(member.read.orders.front()), std::move(shortfalls_[i])});
            }
        }
    }
    transaction_.reset();  // whoever goes alone finds no lock of ours
    return std::move(ends_);
}

bool SettleGroup::Group::lock() {
    Query lock = query(text_for(sql::lock_several, members_.size()));
    for_list(members_, [&](const Member& member) { lock.parameters.emplace_back(member.task->order); });
    std::vector<Rows> answers;
    auto transaction = Transaction::begin(home_.pool_, operation, {lock}, Trip::together, answers, deadline_);
    if (!transaction.has_value()) {
        const Error error = transaction.error();
        if (ends_everybody(error.code)) end_all(error);
        return false;
    }
    transaction_.emplace(std::move(*transaction));
    const Rows& rows = answers.front();
    std::map<std::int64_t, std::size_t> places;
    for (std::size_t row = 0; row < rows.size(); ++row) places.emplace(rows.integer(row, 0), row);
    for (Member& member : members_) {
        const auto place = places.find(member.task->order);
        member.over = place == places.end();  // another's, or nowhere
        if (member.over) continue;
        auto order = read_order(operation, rows, place->second, *member.task->options);
        if (!order.has_value()) {
            decided(member, order.error());
            continue;
        }
        std::vector<Order> locked;
        locked.push_back(std::move(*order));
        member.read.orders = meant_of(member.task->command.lookup, std::move(locked));
        member.over = member.read.orders.empty();
        if (!member.over) decided(member, decided_unseen(member.task->command, member.read));
    }
    return true;
}

void SettleGroup::Group::decided(Member& member, Result<std::optional<payment::Decision>> decision) {
    if (!decision.has_value()) {
        member.over = true;
        ends_[member.place] = decision.error();
        return;
    }
    member.decision = std::move(*decision);
    if (!member.decision || member.decision->update || member.decision->inbox || member.decision->outbox) return;
    member.over = true;  // nothing to write
    ends_[member.place] = std::optional(Done{std::move(member.decision->settled), {}, {}});
}

bool SettleGroup::Group::look_at_inbox() {
    std::vector<Member*> unseen;
    for (Member& member : members_) {
        if (!member.over && !member.decision) unseen.push_back(&member);
    }
    if (unseen.empty()) return true;
    std::vector<Query> queries;
    for_list(unseen, [&](const Member* member) {
        queries.push_back(inbox_query(member->task->command.notification, member->task->order));
    });
    const auto answers = transaction_->run_all(queries, Trip::together);
    if (!answers.has_value()) return failed(answers.error());
    for (std::size_t i = 0; i < unseen.size(); ++i) {
        Member& member = *unseen[i];
        auto decision = Result<std::optional<payment::Decision>>(std::nullopt);
        if (auto added = add_inbox((*answers)[i], member.read); !added.has_value()) {
            decision = added.error();
        } else if (auto full = mariadb::decided(member.task->command, member.read); full.has_value()) {
            decision = std::optional(std::move(*full));
        } else {
            decision = full.error();
        }
        decided(member, std::move(decision));
    }
    return true;
}

/// Completions of countable orders are written together; what is rare goes alone.
void SettleGroup::Group::choose() {
    for (Member& member : members_) {
        if (member.over) continue;
        const payment::Decision& decision = *member.decision;
        const Order& order = member.read.orders.front();
        const bool completes = decision.update && decision.update->status == PaymentStatus::completed;
        if (!completes || !decision.inbox || !decision.outbox || member.read.same_key || order.quantity < 1 || home_.avoided(order.ticket_id)) continue;
        completed_.push_back(&member);
        tickets_[order.ticket_id] += order.quantity;
        if (order.discount_code_id != 0) ++codes_[order.discount_code_id];
    }
    shortfalls_.resize(completed_.size());
}

std::vector<Query> SettleGroup::Group::writes() {
    const std::size_t count = completed_.size();
    Query complete = query(text_for(sql::complete_several, count));
    for (const std::size_t column : {0U, 1U}) {
        for_list(completed_, [&](const Member* member) {
            complete.parameters.emplace_back(member->task->order);
            complete.parameters.push_back(completion_parameters(member->task->command.notification)[column]);
        });
    }
    for_list(completed_, [&](const Member* member) { complete.parameters.emplace_back(member->task->order); });
    Query entries = query(text_for(sql::put_entries, 1, count, sql::entry_columns));
    Query events = query(text_for(sql::put_new_events, 1, count, sql::event_columns));
    for (const Member* member : completed_) {
        std::ranges::move(entry_parameters(*member->decision->inbox), std::back_inserter(entries.parameters));
        std::ranges::move(event_parameters(*member->decision->outbox), std::back_inserter(events.parameters));
    }
    std::vector<Query> queries{std::move(complete), std::move(entries), std::move(events)};
    add_counts(tickets_, sql::sell_several, queries);
    if (!codes_.empty()) add_counts(codes_, sql::use_several, queries);
    return queries;
}

void SettleGroup::Group::add_counts(const Sums& sums, std::string_view text, std::vector<Query>& queries) {
    Query added = query(text_for(text, sums.size()));
    added.must_find = static_cast<std::int64_t>(sums.size());
    for_list(sums, [&](const auto& sum) {
        added.parameters.emplace_back(sum.first);
        added.parameters.emplace_back(sum.second);
    });
    for_list(sums, [&](const auto& sum) { added.parameters.emplace_back(sum.first); });
    queries.push_back(std::move(added));
}

bool SettleGroup::Group::write() {
    const auto committed = transaction_->run_and_commit(writes());
    if (!committed.has_value()) return failed(committed.error());
    return *committed || tell_shortfalls();
}

bool SettleGroup::Group::commit() {
    if (transaction_->over()) return true;
    auto committed = transaction_->commit();
    return committed.has_value() || failed(committed.error());
}

bool SettleGroup::Group::read_standings(const Sums& sums, std::string_view text, std::map<std::int64_t, Standing>& standings) {
    Query look = query(text_for(text, sums.size()));
    for_list(sums, [&](const auto& sum) { look.parameters.emplace_back(sum.first); });
    const auto rows = transaction_->run(look);
    if (!rows.has_value()) return failed(rows.error());
    for (std::size_t i = 0; i < rows->size(); ++i) {
        const auto number = [&](std::size_t column) {
            return rows->is_null(i, column) ? std::nullopt : std::optional(rows->integer(i, column));
        };
        standings[rows->integer(i, 0)] = {true, number(1), number(2)};
    }
    return true;
}

/// Something was not there for one of them, or for several. All is written and ours until the commit; from how the counts stand
/// now, with all of them, it follows how they stood with each.
bool SettleGroup::Group::tell_shortfalls() {
    std::map<std::int64_t, Standing> tickets, codes;
    if (!read_standings(tickets_, sql::tickets_of, tickets)) return false;
    if (!codes_.empty() && !read_standings(codes_, sql::codes_of, codes)) return false;
    for (std::size_t i = completed_.size(); i-- > 0;) {
        const Order& order = completed_[i]->read.orders.front();
        Standing& ticket = tickets[order.ticket_id];
        Standing& code = codes[order.discount_code_id];
        shortfalls_[i] = shortfalls_of(order, ticket, code);
        if (ticket.count) *ticket.count -= order.quantity;
        if (code.count) --*code.count;
    }
    for (std::size_t i = 0; i < completed_.size(); ++i) {
        for (const Shortfall& shortfall : shortfalls_[i]) {
            const Member& member = *completed_[i];
            const OutboxRow event = event_of(shortfall, member.read.orders.front(), member.task->command);
            const auto told = transaction_->run({sql::put_new_event, event_parameters(event)});
            if (!told.has_value()) return failed(told.error());
        }
    }
    return true;
}

void SettleGroup::Group::end_all(const Error& error) {
    std::ranges::fill(ends_, End(error));
}

/// Nothing was done, or nobody knows: a lost connection and a lost commit are told to all. Anything else may be due to one of them,
/// so each is done alone.
bool SettleGroup::Group::failed(const Error& error) {
    if (transaction_->ended_by() == lock_wait_timeout) home_.avoid(tickets_);
    if (error.code == Errc::outcome_unknown || (error.code == Errc::unavailable && transaction_->lost())) end_all(error);
    return false;
}

SettleGroup::SettleGroup(Pool::Impl& pool)
    : pool_(pool),
      company_({.groups_max = groups_of_pool(pool.options.connections_max),
                .together_max = together_max,
                .carry_out = [this](const auto& tasks, const Deadline& deadline) { return Group(*this, tasks, deadline).run(); }}) {}

bool SettleGroup::avoided(std::int64_t ticket) {
    const std::lock_guard lock(mutex_);
    const auto place = avoided_.find(ticket);
    if (place == avoided_.end()) return false;
    if (Deadline::Clock::now() < place->second) return true;
    avoided_.erase(place);
    return false;
}

void SettleGroup::avoid(const Sums& tickets) {
    const std::lock_guard lock(mutex_);
    if (avoided_.size() > avoided_most) avoided_.clear();
    for (const auto& [ticket, sold] : tickets) avoided_[ticket] = Deadline::Clock::now() + avoided_for;
}

}  // namespace ticketbottle::mariadb
