#include "mariadb/outbox_reader.hpp"

#include <algorithm>

namespace ticketbottle::mariadb {
namespace {

constexpr std::chrono::milliseconds start_step{250};  // no finer is the past of the floor kept

}  // namespace

void OutboxReader::start(std::int64_t cursor) {
    cursor_ = cursor;
    from_start_ = cursor == 0;
    first_statement_ = true;
    missed_ = false;
    blocked_.clear();
}

void OutboxReader::forget() {
    starts_.clear();
    held_.clear();
    given_.clear();
    left_out_.clear();
    start(0);
}

void OutboxReader::begin(Time now) {
    const bool is_dear = now < full_again_;
    if (held_.empty()) {
        forgotten_at_ = now;
    } else if (now - forgotten_at_ >= (is_dear ? forget_held_after_when_dear : forget_held_after)) {
        forget();
        forgotten_at_ = now;
    }
    given_.clear();  // what was given and not settled is due still
    start(is_dear ? floor(now) : 0);
}

std::int64_t OutboxReader::floor(Time now) {
    while (starts_.size() > 1 && now - starts_[1].first >= floor_age) starts_.pop_front();
    return starts_.empty() || now - starts_.front().first < floor_age ? 0 : starts_.front().second - 1;
}

void OutboxReader::remember_start(std::int64_t first, Time now, Duration took) {
    if (from_start_) full_again_ = took > dear ? now + rests_per_read * took : now;
    if (starts_.empty() || now - starts_.back().first >= start_step) starts_.emplace_back(now, first);
}

std::vector<std::string> OutboxReader::leave_out(std::size_t keys_max, Time now) {
    left_out_.clear();
    std::vector<std::string> keys;
    // The store's clock goes as ours does, or nearly: who is wrong about a key reads it once more, or once in vain.
    const auto since = std::chrono::floor<std::chrono::milliseconds>(now - seen_at_);
    const TimePoint store_now = store_time_ ? *store_time_ + since : TimePoint::min();
    for (const auto& [key, held] : held_) {
        if (keys.size() >= keys_max) break;
        if (held.earlier || (held.due && *held.due <= store_now)) continue;
        keys.push_back(key);
        left_out_.insert(key);
    }
    return keys;
}

/// What is due again is held no longer. If the statement left it out, or began behind it, it comes with a later one.
void OutboxReader::end_holds(TimePoint store_now) {
    for (auto place = held_.begin(); place != held_.end();) {
        const auto& [key, held] = *place;
        if (!held.due || *held.due > store_now) {
            ++place;
            continue;
        }
        if (left_out_.contains(key) || held.sequence <= cursor_) {
            blocked_.insert(key);
            missed_ = true;
        }
        for (auto& [time, first] : starts_) first = std::min(first, held.sequence);  // the floor was above it while it was held
        place = held_.erase(place);
    }
}

bool OutboxReader::may_give(const ReadRow& read, bool given_before, TimePoint store_now) {
    const std::string& key = read.row.aggregate_id;
    if (blocked_.contains(key)) return false;
    if (read.dead || (read.due && *read.due > store_now)) {
        held_[key] = {read.sequence, read.dead ? std::nullopt : read.due, given_before};
        blocked_.insert(key);
        return false;
    }
    const auto held = held_.find(key);
    if (held == held_.end() || read.sequence < held->second.sequence) return true;
    if (read.sequence > held->second.sequence) return false;
    held_.erase(held);  // the table says otherwise, and is right
    return true;
}

bool OutboxReader::take(std::vector<ReadRow> rows, bool full, TimePoint store_now, Time now, Duration took, OutboxPage& page) {
    store_time_ = store_now;
    seen_at_ = now;
    end_holds(store_now);
    if (!rows.empty()) highest_ = std::max(highest_, rows.back().sequence);
    if (first_statement_) remember_start(rows.empty() ? highest_ + 1 : rows.front().sequence, now, took);
    first_statement_ = false;
    std::unordered_set<std::string> giving;
    for (ReadRow& read : rows) {
        const std::string& key = read.row.aggregate_id;
        cursor_ = read.sequence;
        if (!may_give(read, giving.contains(key), store_now)) continue;
        giving.insert(key);
        given_[read.row.id] = {key, read.sequence};
        page.rows.push_back(std::move(read.row));
    }
    if (!page.rows.empty()) return false;
    if (full) return true;
    if (!missed_) return false;
    start(floor(now));  // the end was reached without anything to give, and without those
    return true;
}

std::optional<std::chrono::milliseconds> OutboxReader::next_due(TimePoint store_now) const {
    std::optional<TimePoint> first;
    for (const auto& [key, held] : held_) {
        if (held.due) first = std::min(first.value_or(*held.due), *held.due);
    }
    if (!first) return std::nullopt;
    return std::max(*first - store_now, std::chrono::milliseconds(0));
}

std::optional<std::int64_t> OutboxReader::sequence_of(const std::string& id) const {
    const auto place = given_.find(id);
    return place == given_.end() ? std::nullopt : std::optional(place->second.sequence);
}

void OutboxReader::settled(std::span<const RowSettlement> rows, TimePoint store_now) {
    std::vector<std::string> failed;
    bool unknown = false;
    for (const RowSettlement& row : rows) {
        const auto place = given_.find(row.id);
        if (place == given_.end()) {
            unknown = unknown || row.what != RowSettlement::What::published;
            continue;
        }
        if (row.what != RowSettlement::What::published) {
            const bool dead = row.what == RowSettlement::What::dead;
            held_[place->second.key] = {place->second.sequence, dead ? std::nullopt : std::optional(store_now + row.retry_after), false};
            failed.push_back(place->second.key);
        }
        given_.erase(place);
    }
    for (const std::string& key : failed) {
        Held& held = held_[key];
        held.earlier = std::ranges::any_of(given_, [&](const auto& entry) {
            return entry.second.key == key && entry.second.sequence < held.sequence;
        });
    }
    if (unknown) forget();
}

}  // namespace ticketbottle::mariadb
