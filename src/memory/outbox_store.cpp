#include "memory/state.hpp"

#include "core/utf8.hpp"

#include <algorithm>
#include <unordered_set>

namespace ticketbottle::memory {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t last_error_bytes_max = 500;
constexpr std::size_t page_bytes_max = 8 * 1024 * 1024;
constexpr milliseconds lease_max = std::chrono::minutes(10);

bool is_published(const OutboxRecord& record) { return record.published || record.published_at.has_value(); }
bool is_dead(const OutboxRecord& record) { return !is_published(record) && record.dead_at.has_value(); }

class Store final : public OutboxStore {
public:
    explicit Store(std::shared_ptr<Database> database) : database_(std::move(database)), state_(database_->state()) {}

    Result<std::optional<RelayLease>> acquire(std::string_view owner, milliseconds ttl, Deadline deadline) override;
    Result<void> release(const RelayLease& lease, Deadline deadline) override;
    Result<OutboxPage> fetch(const RelayLease& lease, std::uint32_t rows_max, Deadline deadline) override;
    Result<void> settle(const RelayLease& lease, milliseconds ttl, std::span<const RowSettlement> rows,
                        Deadline deadline) override;
    Result<OutboxStatistics> statistics(Deadline deadline) override;
    Result<std::vector<DeadRow>> dead(std::uint32_t rows_max, Deadline deadline) override;
    Result<std::uint64_t> requeue(std::span<const std::string> ids, Deadline deadline) override;
    Result<std::uint64_t> remove_published(TimePoint before, std::uint32_t rows_max, Deadline deadline) override;
    Result<std::uint64_t> remove_dead(TimePoint before, std::uint32_t rows_max, Deadline deadline) override;

private:
    static Error cancelled(std::string_view operation) { return fail(Errc::cancelled, operation, "past the deadline"); }
    bool holds(const RelayLease& lease) const {
        return !lease.owner.empty() && state_.lease.owner == lease.owner && state_.lease.epoch == lease.epoch;
    }
    [[nodiscard]] std::optional<milliseconds> lease_left(TimePoint now) const {
        const milliseconds left = state_.lease.expires_at - now;
        // A lease that runs for longer than any may was given before the clock was set back.
        const bool lives = !state_.lease.owner.empty() && left > milliseconds(0) && left <= lease_max;
        return lives ? std::optional(left) : std::nullopt;
    }
    OutboxRecord* find(const std::string& id) {
        const auto place = state_.outbox_ids.find(id);
        return place == state_.outbox_ids.end() ? nullptr : &state_.outbox.at(place->second);
    }
    void settle_row(const RowSettlement& row, TimePoint now);
    template <class Wanted>
    std::uint64_t remove(std::uint32_t rows_max, Wanted wanted);

    std::shared_ptr<Database> database_;
    Database::State& state_;
    std::uint64_t first_pending_ = 0;  ///< Every earlier row is published, and so for ever.
};

Result<std::optional<RelayLease>> Store::acquire(std::string_view owner, milliseconds ttl, Deadline deadline) {
    if (owner.empty() || ttl <= milliseconds(0) || ttl > lease_max) {
        return fail(Errc::invalid_argument, "outbox.acquire", "owner: not empty; ttl: at most 10 min");
    }
    if (deadline.expired()) return cancelled("outbox.acquire");
    const std::lock_guard lock(state_.mutex);
    LeaseRecord& lease = state_.lease;
    const TimePoint now = state_.clock.now();
    const bool lives = lease_left(now).has_value();
    if (lives && lease.owner != owner) return std::optional<RelayLease>();
    if (!lives) ++lease.epoch;
    lease.owner = owner;
    lease.expires_at = now + ttl;
    return std::optional(RelayLease{lease.owner, lease.epoch});
}

Result<void> Store::release(const RelayLease& lease, Deadline deadline) {
    if (deadline.expired()) return cancelled("outbox.release");
    const std::lock_guard lock(state_.mutex);
    if (holds(lease)) state_.lease.owner.clear();
    return {};
}

Result<OutboxPage> Store::fetch(const RelayLease& lease, std::uint32_t rows_max, Deadline deadline) {
    if (rows_max < 1 || rows_max > outbox_page_rows_max) return fail(Errc::invalid_argument, "outbox.fetch", "rows_max: 1..4000");
    if (deadline.expired()) return cancelled("outbox.fetch");
    const std::lock_guard lock(state_.mutex);
    if (!holds(lease)) return fail(Errc::conflict, "outbox.fetch", "the lease is lost");
    const TimePoint now = state_.clock.now();
    OutboxPage page;
    std::unordered_set<std::string_view> held;
    std::optional<TimePoint> first_due;
    std::size_t bytes = 0;
    bool all_published = true;
    for (auto place = state_.outbox.lower_bound(first_pending_); place != state_.outbox.end(); ++place) {
        const OutboxRecord& record = place->second;
        if (is_published(record)) continue;
        if (std::exchange(all_published, false)) first_pending_ = place->first;
        if (held.contains(record.row.aggregate_id)) continue;
        if (record.dead_at.has_value() || record.next_due.value_or(now) > now) {
            held.insert(record.row.aggregate_id);
            if (!record.dead_at.has_value()) first_due = std::min(first_due.value_or(*record.next_due), *record.next_due);
            continue;
        }
        bytes += record.row.payload.size();
        if (!page.rows.empty() && bytes > page_bytes_max) break;
        page.rows.push_back(record.row);
        if (page.rows.size() == rows_max) break;
    }
    if (page.rows.empty() && first_due.has_value()) page.next_due = *first_due - now;
    return page;
}

void Store::settle_row(const RowSettlement& row, TimePoint now) {
    OutboxRecord* record = find(row.id);
    if (record == nullptr || is_published(*record)) return;
    if (row.what == RowSettlement::What::published) {
        record->published = true;
        record->published_at = now;
        record->next_due.reset();
        record->dead_at.reset();
        return;
    }
    if (record->dead_at.has_value()) return;
    ++record->row.attempts;
    record->last_error = utf8::prefix(row.reason, last_error_bytes_max);
    if (row.what == RowSettlement::What::dead) {
        record->dead_at = now;
        record->next_due.reset();
    } else {
        record->next_due = now + row.retry_after;
    }
}

Result<void> Store::settle(const RelayLease& lease, milliseconds ttl, std::span<const RowSettlement> rows, Deadline deadline) {
    if (ttl <= milliseconds(0) || ttl > lease_max) {
        return fail(Errc::invalid_argument, "outbox.settle", "ttl: more than 0, at most 10 min");
    }
    if (deadline.expired()) return cancelled("outbox.settle");
    const std::lock_guard lock(state_.mutex);
    // A lease that has lapsed but that nobody took since is still the last one given: nothing happened in between.
    if (!holds(lease)) return fail(Errc::conflict, "outbox.settle", "the lease is lost");
    const TimePoint now = state_.clock.now();
    for (const RowSettlement& row : rows) settle_row(row, now);
    state_.lease.expires_at = now + ttl;
    return {};
}

Result<OutboxStatistics> Store::statistics(Deadline deadline) {
    if (deadline.expired()) return cancelled("outbox.statistics");
    const std::lock_guard lock(state_.mutex);
    OutboxStatistics statistics;
    std::optional<TimePoint> oldest;
    for (const auto& [sequence, record] : state_.outbox) {
        ++statistics.total;
        if (is_published(record)) {
            ++statistics.published;
        } else if (record.dead_at.has_value()) {
            ++statistics.dead;
        } else {
            ++statistics.pending;
            oldest = std::min(oldest.value_or(record.row.created_at), record.row.created_at);
        }
    }
    const TimePoint now = state_.clock.now();
    if (oldest.has_value()) statistics.oldest_pending_age = std::max(now - *oldest, milliseconds(0));
    statistics.lease_left = lease_left(now);
    return statistics;
}

Result<std::vector<DeadRow>> Store::dead(std::uint32_t rows_max, Deadline deadline) {
    if (rows_max < 1 || rows_max > 1000) return fail(Errc::invalid_argument, "outbox.dead", "rows_max: 1..1000");
    if (deadline.expired()) return cancelled("outbox.dead");
    const std::lock_guard lock(state_.mutex);
    std::vector<DeadRow> rows;
    for (const auto& [sequence, record] : state_.outbox) {
        if (!is_dead(record)) continue;
        rows.push_back({record.row.id, record.row.aggregate_id, record.row.event_type, record.row.attempts, record.last_error,
                        record.row.created_at});
    }
    std::ranges::stable_sort(rows, {}, &DeadRow::created_at);
    if (rows.size() > rows_max) rows.resize(rows_max);
    return rows;
}

Result<std::uint64_t> Store::requeue(std::span<const std::string> ids, Deadline deadline) {
    if (deadline.expired()) return cancelled("outbox.requeue");
    const std::lock_guard lock(state_.mutex);
    std::uint64_t count = 0;
    for (const std::string& id : ids) {
        OutboxRecord* record = find(id);
        if (record == nullptr || !is_dead(*record)) continue;
        record->dead_at.reset();
        record->next_due.reset();
        record->row.attempts = 0;
        record->last_error.clear();
        ++count;
    }
    return count;
}

template <class Wanted>
std::uint64_t Store::remove(std::uint32_t rows_max, Wanted wanted) {
    std::uint64_t count = 0;
    for (auto place = state_.outbox.begin(); place != state_.outbox.end() && count < rows_max;) {
        if (!wanted(place->second)) {
            ++place;
            continue;
        }
        state_.outbox_ids.erase(place->second.row.id);
        place = state_.outbox.erase(place);
        ++count;
    }
    return count;
}

Result<std::uint64_t> Store::remove_published(TimePoint before, std::uint32_t rows_max, Deadline deadline) {
    if (rows_max < 1 || rows_max > 10'000) return fail(Errc::invalid_argument, "outbox.remove_published", "rows_max: 1..10000");
    if (deadline.expired()) return cancelled("outbox.remove_published");
    const std::lock_guard lock(state_.mutex);
    return remove(rows_max, [&](const OutboxRecord& record) {
        return is_published(record) && record.published_at.value_or(record.row.created_at) < before;
    });
}

Result<std::uint64_t> Store::remove_dead(TimePoint before, std::uint32_t rows_max, Deadline deadline) {
    if (rows_max < 1 || rows_max > 10'000) return fail(Errc::invalid_argument, "outbox.remove_dead", "rows_max: 1..10000");
    if (deadline.expired()) return cancelled("outbox.remove_dead");
    const std::lock_guard lock(state_.mutex);
    return remove(rows_max, [&](const OutboxRecord& record) { return is_dead(record) && record.row.created_at < before; });
}

}  // namespace

std::unique_ptr<OutboxStore> Database::outbox_store(std::shared_ptr<Database> database) {
    return std::make_unique<Store>(std::move(database));
}

void Database::add(const OutboxRow& row) {
    const std::lock_guard lock(state_->mutex);
    state_->add_outbox_row(row);
}

}  // namespace ticketbottle::memory
