#include "postgres/outbox_reader.hpp"

#include "postgres/outbox_marks.hpp"

#include <algorithm>
#include <unordered_set>

namespace ticketbottle::postgres {
namespace {

// An operator's own UPDATE tells nobody. While keys are held it is looked for this often; else it cannot matter to us.
constexpr std::chrono::seconds forget_held_after{5};
constexpr std::chrono::seconds forget_held_after_when_dear{60};
// A read from the start that takes longer is followed by so many times its own time without one.
constexpr std::chrono::milliseconds dear{20};
constexpr int rests_per_read = 20;
// No transaction that writes events should be open for longer.
constexpr std::chrono::seconds floor_age{5};
constexpr std::chrono::milliseconds start_step{250};  // no finer is the past of the floor kept

}  // namespace

void OutboxReader::start(Place cursor) {
    from_ = cursor.at == start_.at ? From::start : From::floor;
    cursor_ = std::move(cursor);
}

void OutboxReader::forget() {
    starts_.clear();
    held_.clear();
    given_.clear();
    start(start_);
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
    start(is_dear ? floor(now) : start_);
}

Place OutboxReader::floor(Time now) {
    while (starts_.size() > 1 && now - starts_[1].seen_at >= floor_age) starts_.pop_front();
    if (starts_.empty() || now - starts_.front().seen_at < floor_age) return start_;
    return {starts_.front().place.at, ""};
}

void OutboxReader::remember_start(const std::vector<ReadRow>& rows, Time now, Duration took) {
    if (from_ == From::start) full_again_ = took > dear ? now + rests_per_read * took : now;
    if (rows.empty() || (!starts_.empty() && now - starts_.back().seen_at < start_step)) return;
    starts_.push_back({now, rows.front().place});
}

bool OutboxReader::take(std::vector<ReadRow> rows, bool full, TimePoint store_now, Time now, Duration took, OutboxPage& page) {
    if (from_ != From::middle) remember_start(rows, now, took);
    std::unordered_set<std::string> blocked;  // keys of which this page gives no more
    // What is due again may stand before the place that was read from: then its key waits for a read from the start.
    bool missed = false;
    for (auto place = held_.begin(); place != held_.end();) {
        const bool due = place->second.due && *place->second.due <= store_now;
        if (due && from_ != From::start) {
            blocked.insert(place->first);
            missed = true;
        }
        place = due ? held_.erase(place) : std::next(place);
    }
    if (!rows.empty()) {
        cursor_ = rows.back().place;
        from_ = From::middle;
    }
    for (ReadRow& read : rows) {
        const std::string& key = read.row.aggregate_id;
        if (blocked.contains(key)) continue;
        const auto mark = read_mark(read.last_error);
        const bool dead = read.passed_max || (mark && mark->dead);
        if (dead || (mark && mark->due > store_now)) {
            held_[key] = {read.place, dead ? std::nullopt : std::optional(mark->due)};
            blocked.insert(key);
            continue;
        }
        given_[read.row.id] = {key, read.place};
        page.rows.push_back(std::move(read.row));
    }
    if (missed) {
        starts_.clear();  // the floor rose while that row was held
        start(start_);
    }
    return page.rows.empty() && (full || missed);
}

std::optional<std::chrono::milliseconds> OutboxReader::next_due(TimePoint store_now) const {
    std::optional<TimePoint> first;
    for (const auto& [key, held] : held_) {
        if (held.due) first = std::min(first.value_or(*held.due), *held.due);
    }
    if (!first) return std::nullopt;
    return std::max(*first - store_now, std::chrono::milliseconds(0));
}

void OutboxReader::settled(std::span<const RowSettlement> rows, TimePoint store_now) {
    for (const RowSettlement& row : rows) {
        const auto place = given_.find(row.id);
        if (place == given_.end()) {
            if (row.what != RowSettlement::What::published) forget();
            continue;
        }
        if (row.what != RowSettlement::What::published) {
            const bool dead = row.what == RowSettlement::What::dead;
            held_[place->second.key] = {place->second.place, dead ? std::nullopt : std::optional(store_now + row.retry_after)};
        }
        given_.erase(place);
    }
}

}  // namespace ticketbottle::postgres
