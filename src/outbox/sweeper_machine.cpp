#include <ticketbottle/outbox/sweeper.hpp>

#include "core/format.hpp"

#include <utility>

namespace ticketbottle::outbox {

namespace {

using std::chrono::hours;

Error bad(std::string detail) { return fail(Errc::invalid_argument, "outbox.sweeper_options", std::move(detail)); }

Result<void> check_retention(std::string_view name, hours value) {
    constexpr hours least(1);
    constexpr hours most(10 * 366 * 24);
    if (value >= least && value <= most) return {};
    return bad(formatted("{}: {} h is not in {}..{} h", name, value.count(), least.count(), most.count()));
}

Result<void> check_count(std::string_view name, std::uint32_t value, std::uint32_t least, std::uint32_t most) {
    if (value >= least && value <= most) return {};
    return bad(formatted("{}: {} is not in {}..{}", name, value, least, most));
}

std::string_view name_of(SweepKind kind) {
    switch (kind) {
        case SweepKind::published: return "published rows";
        case SweepKind::inbox: return "inbox entries";
        case SweepKind::dead: return "dead rows";
    }
    return "rows";
}

}  // namespace

Result<void> check(const SweeperOptions& options) {
    for (const Result<void>& checked : {
             check_retention("published_retention", options.published_retention),
             check_retention("inbox_retention", options.inbox_retention),
             check_retention("dead_retention", options.dead_retention.value_or(hours(1))),
             check_count("batch_rows_max", options.batch_rows_max, 1, 10'000),
             check_count("batches_max", options.batches_max, 1, 1'000'000'000),
             check_count("alert_rows_max", options.alert_rows_max, 1, 1'000),
         }) {
        if (!checked.has_value()) return checked;
    }
    return {};
}

SweeperMachine::SweeperMachine(SweeperOptions options, TimePoint now) : options_(options), now_(now) {}

SweepAction SweeperMachine::begin() { return remove(SweepKind::published); }

SweepAction SweeperMachine::remove(SweepKind kind) {
    kind_ = kind;
    if (batches_ >= options_.batches_max) {
        report_.complete = false;
        return Count{};
    }
    ++batches_;
    switch (kind) {
        case SweepKind::published: return Remove{kind, now_ - options_.published_retention, options_.batch_rows_max};
        case SweepKind::inbox: return Remove{kind, now_ - options_.inbox_retention, options_.batch_rows_max};
        case SweepKind::dead: return Remove{kind, now_ - *options_.dead_retention, options_.batch_rows_max};
    }
    return Count{};
}

SweepAction SweeperMachine::after(SweepKind kind) {
    if (kind == SweepKind::published) return remove(SweepKind::inbox);
    if (kind == SweepKind::inbox && options_.dead_retention.has_value()) return remove(SweepKind::dead);
    return Count{};
}

SweepAction SweeperMachine::removed(const Result<std::uint64_t>& answer) {
    if (!answer.has_value()) {
        report_.complete = false;
        report_.troubles.push_back(formatted("removing {}: {}", name_of(kind_), to_string(answer.error())));
        return after(kind_);
    }
    switch (kind_) {
        case SweepKind::published: report_.deleted += *answer; break;
        case SweepKind::inbox: report_.inbox_deleted += *answer; break;
        case SweepKind::dead: report_.dead_deleted += *answer; break;
    }
    return *answer >= options_.batch_rows_max ? remove(kind_) : after(kind_);
}

SweepAction SweeperMachine::counted(const Result<OutboxStatistics>& answer) {
    if (answer.has_value()) {
        report_.stats = *answer;
    } else {
        report_.complete = false;
        report_.troubles.push_back(formatted("counting: {}", to_string(answer.error())));
    }
    // Not counted: perhaps there are dead rows. The alert matters more than the figures.
    if (answer.has_value() && answer->dead == 0) return SweepDone{};
    return ListDead{options_.alert_rows_max};
}

SweepAction SweeperMachine::listed(const Result<std::vector<DeadRow>>& answer) {
    if (answer.has_value()) {
        report_.first_dead = *answer;
        if (report_.first_dead.size() > options_.alert_rows_max) report_.first_dead.resize(options_.alert_rows_max);
    } else {
        report_.complete = false;
        report_.troubles.push_back(formatted("listing dead rows: {}", to_string(answer.error())));
    }
    return SweepDone{};
}

}  // namespace ticketbottle::outbox
