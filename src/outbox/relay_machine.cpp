#include <ticketbottle/outbox/relay.hpp>

#include "core/format.hpp"
#include "core/retry.hpp"
#include "outbox/text.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace ticketbottle::outbox {

namespace {

using std::chrono::milliseconds;
using Keys = std::unordered_set<std::string_view>;

constexpr milliseconds tick{1};
constexpr milliseconds standby_poll_max{1000};
// Batches in a page. The first has none to be recorded meanwhile, and the last none to be sent meanwhile, so a few are worth reading.
constexpr std::uint32_t batches_per_page = 4;

/// The way is closed, not the message at fault.
bool is_transient(const DeliveryReport& report) {
    return report.delivery == Delivery::unknown || report.cause == Errc::unavailable || report.cause == Errc::cancelled ||
           report.cause == Errc::outcome_unknown;
}

bool is_conflict(const Result<void>& answer) { return !answer.has_value() && answer.error().code == Errc::conflict; }

std::string reason_of(const DeliveryReport& report) {
    return report.reason.empty() ? std::string(to_string(report.cause)) : report.reason;
}

Backoff backoff(const RelayOptions& options) { return {options.backoff_base, options.backoff_max, Jitter::full}; }

}  // namespace

RelayMachine::RelayMachine(std::string owner, RelayOptions options, std::uint64_t seed)
    : owner_(std::move(owner)), options_(std::move(options)), random_(seed), poll_(options_.poll_min) {}

RelayAction RelayMachine::begin(RelayTime now) {
    notes_.clear();
    return next(now);
}

RelayAction RelayMachine::waited(RelayTime now) {
    notes_.clear();
    return settling() ? settle(now) : next(now);
}

RelayAction RelayMachine::acquired(RelayTime now, const Result<std::optional<RelayLease>>& answer) {
    notes_.clear();
    if (!answer.has_value()) {
        if (!settling()) drop_page();
        return store_failed(answer.error());
    }
    store_answered();
    if (!answer->has_value()) {
        lease_.reset();
        drop_page();
        set_role(Role::standby);
        return Wait{Wait::Why::standby, std::clamp(options_.lease / 10, tick, standby_poll_max)};
    }
    // A new epoch: another relay may have led in between, and what was fetched before may be published already.
    if (!lease_.has_value() || lease_->epoch != (*answer)->epoch) drop_page();
    lease_ = **answer;
    lease_until_ = asked_at_ + options_.lease;
    set_role(Role::leading);
    return page_.empty() && !settling() ? fetch() : go_on(now);
}

RelayAction RelayMachine::fetched(RelayTime now, Result<OutboxPage> answer) {
    notes_.clear();
    if (!lease_.has_value()) return acquire(now);
    if (!answer.has_value()) return answer.error().code == Errc::conflict ? lost(now) : store_failed(answer.error());
    store_answered();
    page_ = std::move(answer->rows);
    if (page_.empty()) {
        conflicts_ = 0;
        RelayAction wait = idle();
        auto& at_most = std::get<Wait>(wait).at_most;
        if (answer->next_due.has_value()) at_most = std::clamp(*answer->next_due, tick, at_most);
        return wait;
    }
    poll_ = options_.poll_min;
    return go_on(now);
}

RelayAction RelayMachine::published(RelayTime now, std::span<const DeliveryReport> reports,
                                    const std::optional<Result<void>>& recorded) {
    notes_.clear();
    if (!lease_.has_value()) return acquire(now);
    if (recorded && is_conflict(*recorded)) return lost(now);
    if (recorded) take_record(*recorded);
    stall_after_settle_ = judge_batch(reports);
    return recorded && !recorded->has_value() ? store_failed(recorded->error()) : go_on(now);
}

RelayAction RelayMachine::settled(RelayTime now, const Result<void>& answer) {
    notes_.clear();
    if (!lease_.has_value()) return acquire(now);
    if (is_conflict(answer)) return lost(now);
    take_record(answer);
    return answer.has_value() ? go_on(now) : store_failed(answer.error());
}

/// Of everything in settlement_.
void RelayMachine::take_record(const Result<void>& answer) {
    if (answer.has_value()) {
        store_answered();
        lease_until_ = asked_at_ + options_.lease;
        conflicts_ = 0;
        account(false);
    } else if (answer.error().code == Errc::outcome_unknown) {
        // Perhaps done. Marking again is idempotent; counting a failed attempt again is not. So the failures are let go:
        // either they are recorded, or the row comes again and fails again. They are told now, lest nobody hears of a dead row.
        account(true);
    }
}

/// Of what became of each message sent, makes what is to be recorded. Is the transport out of reach?
bool RelayMachine::judge_batch(std::span<const DeliveryReport> reports) {
    static const DeliveryReport unset;
    const DeliveryReport* trouble = nullptr;
    bool some_sent = false;
    bool some_delivered = false;
    for (const Planned& planned : planned_) {
        const OutboxRow& row = page_[planned.row];
        // Behind a row that did not go: untouched, whatever the transport says, and so published again in its turn.
        if (held_keys_.contains(row.aggregate_id)) continue;
        const DeliveryReport* report = nullptr;
        if (planned.message.has_value()) report = *planned.message < reports.size() ? &reports[*planned.message] : &unset;
        some_sent = some_sent || report != nullptr;
        if (report != nullptr && report->delivery == Delivery::delivered) {
            some_delivered = true;
            settlement_.push_back({row.id, RowSettlement::What::published, {}, milliseconds(0)});
            event_types_.emplace_back();
            attempts_.push_back(row.attempts);
            continue;
        }
        held_keys_.insert(row.aggregate_id);
        if (report == nullptr) {
            row_failed(row, planned.reason);
        } else if (is_transient(*report)) {
            trouble = trouble == nullptr ? report : trouble;
        } else {
            row_failed(row, reason_of(*report));
        }
    }
    planned_.clear();
    if (trouble != nullptr) {
        transport_failed(*trouble, some_delivered);
    } else if (some_sent) {
        transport_answered();
    }
    return trouble != nullptr;
}

/// After a batch was published, or what was published was recorded.
RelayAction RelayMachine::go_on(RelayTime now) {
    const bool all_sent = stall_after_settle_ || unsent_ == page_.size();
    if (!all_sent) return renewal_is_due(now) ? acquire(now) : publish(now);
    if (settling()) return settle(now);
    const bool stall = stall_after_settle_;
    drop_page();
    return stall ? stalled_wait(transport_failures_) : next(now);
}

bool RelayMachine::renewal_is_due(RelayTime now) const { return lease_until_ - now < options_.lease / 2; }

RelayAction RelayMachine::next(RelayTime now) {
    if (!lease_.has_value() || renewal_is_due(now)) return acquire(now);
    return fetch();
}

RelayAction RelayMachine::fetch() const { return Fetch{*lease_, options_.batch_rows_max * batches_per_page}; }

RelayAction RelayMachine::acquire(RelayTime now) {
    asked_at_ = now;
    return Acquire{};
}

std::vector<Message> RelayMachine::plan_batch() {
    std::vector<Message> messages;
    Keys blocked;
    for (; unsent_ < page_.size() && messages.size() < options_.batch_rows_max; ++unsent_) {
        const OutboxRow& row = page_[unsent_];
        if (held_keys_.contains(row.aggregate_id) || blocked.contains(row.aggregate_id)) continue;
        Result<Message> message = to_message(row, options_.messages);
        if (!message.has_value()) {
            blocked.insert(row.aggregate_id);
            planned_.push_back({unsent_, std::nullopt, std::string(message.error().detail_text())});
            continue;
        }
        planned_.push_back({unsent_, messages.size(), {}});
        messages.push_back(std::move(*message));
    }
    return messages;
}

RelayAction RelayMachine::publish(RelayTime now) {
    Publish action;
    action.messages = plan_batch();
    if (action.messages.empty()) {
        stall_after_settle_ = judge_batch({});
        return go_on(now);
    }
    action.until = std::min(now + options_.publish_timeout, lease_until_);
    if (settling()) action.meanwhile = settle(now);
    return action;
}

Settle RelayMachine::settle(RelayTime now) {
    asked_at_ = now;
    return Settle{*lease_, settlement_};
}

RelayAction RelayMachine::idle() {
    // A wait never outlasts what the lease can spare, or a quiet relay would lose it.
    const milliseconds wait = std::max(tick, std::min(poll_, options_.lease / 3));
    poll_ = std::min(poll_ * 2, options_.poll_max);
    return Wait{Wait::Why::idle, wait};
}

RelayAction RelayMachine::lost(RelayTime now) {
    lease_.reset();
    drop_page();
    role_ = Role::standby;
    notes_.push_back({RelayNote::What::lease_lost, {}, {}, 0, {}, {}});
    // At once the first time: perhaps we only slept. A store that grants and fences in turn is not asked in a tight loop.
    if (++conflicts_ == 1) return acquire(now);
    return stalled_wait(conflicts_ - 1);
}

RelayAction RelayMachine::store_failed(const Error& error) {
    if (store_failures_ == 0) {
        notes_.push_back(
            {RelayNote::What::stalled, {}, {}, 0, "store", clean_text(to_string(error), reason_bytes_max)});
    }
    ++store_failures_;
    ++report_.stalled;
    if (!settling()) drop_page();
    return stalled_wait(store_failures_);
}

void RelayMachine::store_answered() {
    if (std::exchange(store_failures_, 0) > 0) notes_.push_back({RelayNote::What::recovered, {}, {}, 0, "store", {}});
}

void RelayMachine::transport_failed(const DeliveryReport& report, bool some_delivered) {
    if (transport_failures_ == 0) {
        notes_.push_back({RelayNote::What::stalled, {}, {}, 0, "transport", clean_text(reason_of(report), reason_bytes_max)});
    }
    // Where some go through the lane stays quick: a part that is closed must not slow down the rest more than it has to.
    transport_failures_ = some_delivered ? 1 : transport_failures_ + 1;
    ++report_.stalled;
}

void RelayMachine::transport_answered() {
    if (std::exchange(transport_failures_, 0) > 0) notes_.push_back({RelayNote::What::recovered, {}, {}, 0, "transport", {}});
}

RelayAction RelayMachine::stalled_wait(std::uint32_t failures) {
    // Probing twice a lease keeps the lease, and finds the way open soon after it is.
    const milliseconds most = std::max(tick, options_.lease / 2);
    return Wait{Wait::Why::stalled, std::clamp(backoff(options_).after(failures > 0 ? failures - 1 : 0, random_), tick, most)};
}

void RelayMachine::row_failed(const OutboxRow& row, std::string_view reason) {
    const bool dead = row.attempts + 1 >= options_.attempts_max;
    settlement_.push_back({row.id, dead ? RowSettlement::What::dead : RowSettlement::What::retry,
                           clean_text(reason, reason_bytes_max), dead ? milliseconds(0) : backoff(options_).after(row.attempts, random_)});
    event_types_.push_back(clean_text(row.event_type, event_type_bytes_max));
    attempts_.push_back(row.attempts + 1);
}

void RelayMachine::account(bool failures_only) {
    std::vector<RowSettlement> rest;
    for (std::size_t i = 0; i < settlement_.size(); ++i) {
        RowSettlement& row = settlement_[i];
        if (row.what == RowSettlement::What::published) {
            if (failures_only) {
                rest.push_back(std::move(row));
            } else {
                ++report_.published;
            }
            continue;
        }
        const bool dead = row.what == RowSettlement::What::dead;
        ++(dead ? report_.dead : report_.retried);
        notes_.push_back({dead ? RelayNote::What::row_dead : RelayNote::What::row_retry, std::move(row.id),
                          std::move(event_types_[i]), attempts_[i], {}, std::move(row.reason)});
    }
    settlement_ = std::move(rest);
    event_types_.assign(settlement_.size(), {});
    attempts_.assign(settlement_.size(), 0);
}

void RelayMachine::set_role(Role role) {
    if (std::exchange(role_, role) == role) return;
    const auto what = role == Role::leading ? RelayNote::What::leading : RelayNote::What::standby;
    notes_.push_back({what, {}, {}, 0, {}, {}});
}

void RelayMachine::drop_page() {
    page_.clear();
    unsent_ = 0;
    planned_.clear();
    held_keys_.clear();
    settlement_.clear();
    event_types_.clear();
    attempts_.clear();
    stall_after_settle_ = false;
}

}  // namespace ticketbottle::outbox
