#include "postgres/outbox_reader.hpp"

#include "postgres/outbox_marks.hpp"

#include <algorithm>
#include <unordered_set>

namespace ticketbottle::postgres {
namespace {

// An operator's own UPDATE tells nobody. While keys are held it is looked for this often; else it cannot matter to us.
constexpr std::chrono::seconds forget_held_after{5};
// A row that was committed late, behind the cursor, is found when the page after it is not full, or after this long.
constexpr std::chrono::seconds rewind_after{1};

}  // namespace

void OutboxReader::rewind() {
    cursor_ = start_;
    at_start_ = true;
}

void OutboxReader::forget() {
    rewind();
    held_.clear();
    given_.clear();
}

void OutboxReader::begin(Time now) {
    if (held_.empty()) {
        forgotten_at_ = now;
    } else if (now - forgotten_at_ >= forget_held_after) {
        forget();
        forgotten_at_ = now;
    }
    // What was given and not settled is due still.
    if (!given_.empty() || now - rewound_at_ >= rewind_after) {
        rewind();
        rewound_at_ = now;
        given_.clear();
    }
}

void OutboxReader::take(std::vector<ReadRow> rows, bool full, TimePoint store_now, OutboxPage& page) {
    std::unordered_set<std::string> blocked;  // keys of which this page gives no more
    // What is due again may stand behind the cursor: then its key waits for the read from the start that follows.
    bool behind = false;
    for (auto place = held_.begin(); place != held_.end();) {
        const bool due = place->second.due && *place->second.due <= store_now;
        if (due && !at_start_) {
            blocked.insert(place->first);
            behind = true;
        }
        place = due ? held_.erase(place) : std::next(place);
    }
    if (!rows.empty()) {
        cursor_ = rows.back().place;
        at_start_ = false;
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
    if (!full || behind) rewind();
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
