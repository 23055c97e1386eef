#include "postgres/outbox_reader.hpp"

#include "postgres/outbox_marks.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

namespace ticketbottle::postgres {
namespace {

// An operator's own UPDATE tells nobody. While keys are held it is looked for this often; else it cannot matter to us.
constexpr std::chrono::seconds forget_held_after{5};
constexpr std::chrono::seconds forget_held_after_when_dear{60};
// A read from the start that takes longer is followed by so many times its own time without one.
constexpr std::chrono::milliseconds dear{20};
constexpr int rests_per_read = 20;
constexpr std::chrono::milliseconds look_step{250};  // for the server a look costs as much as a page

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

bool before(const Place& a, const Place& b) {
    const auto number_a = number(a.at), number_b = number(b.at);
    if (number_a && number_b) return std::tie(*number_a, a.id) < std::tie(*number_b, b.id);
    // Timestamps: of one length, but for -infinity and the years after 9999.
    return std::forward_as_tuple(a.at.size(), a.at, a.id) < std::forward_as_tuple(b.at.size(), b.at, b.id);
}

}  // namespace

void OutboxReader::start(Place cursor) {
    from_ = cursor.at == start_.at ? From::start : From::floor;
    cursor_ = std::move(cursor);
}

void OutboxReader::forget() {
    floor_ = start_;
    first_.reset();
    rise_.reset();
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
    start(is_dear ? floor_ : start_);
}

bool OutboxReader::wants_writers(Time now) {
    if (now >= full_again_ || !first_ || now - looked_at_ < look_step) return false;
    looked_at_ = now;
    return true;
}

void OutboxReader::saw(const Writers& writers, Time now) {
    if (rise_) {
        std::erase_if(rise_->awaited, [&](const std::string& writer) { return !writers.contains(writer); });
    } else if (first_) {
        rise_ = {*first_, writers, now};
    }
}

/// With the rows of a statement that began at the start or at the floor.
void OutboxReader::move_floor(const std::vector<ReadRow>& rows, Time now, Duration took) {
    if (from_ == From::start) full_again_ = took > dear ? now + rests_per_read * took : now;
    if (!rows.empty()) first_ = rows.front().place;
    std::optional<Place> floor;
    if (rise_ && rise_->awaited.empty() && now - rise_->since >= grace_) {
        floor = rows.empty() ? rise_->place : std::min(rise_->place, *first_, before);
        rise_.reset();
    } else if (!rows.empty() && before(*first_, floor_)) {
        floor = first_;  // by somebody's hand a row waits again
    }
    if (floor) floor_ = {floor->at, ""};
}

bool OutboxReader::take(std::vector<ReadRow> rows, bool full, TimePoint store_now, Time now, Duration took, OutboxPage& page) {
    if (from_ != From::middle) move_floor(rows, now, took);
    // What is due again before the place that was read from: its key waits for the next statement, which begins no later.
    std::unordered_set<std::string> missed;
    for (auto place = held_.begin(); place != held_.end();) {
        const Held& held = place->second;
        const bool due = held.due && *held.due <= store_now;
        if (due && before(held.place, floor_)) floor_ = {held.place.at, ""};  // it rose while that row was held
        if (due && !before(cursor_, held.place)) missed.insert(place->first);
        place = due ? held_.erase(place) : std::next(place);
    }
    if (!rows.empty()) {
        cursor_ = rows.back().place;
        from_ = From::middle;
    }
    for (ReadRow& read : rows) {
        const std::string& key = read.row.aggregate_id;
        if (missed.contains(key)) continue;
        // Left out by the statement, but for what fell due after store_now.
        const auto held = held_.find(key);
        if (held != held_.end() && !before(read.place, held->second.place)) continue;
        const auto mark = read_mark(read.last_error);
        const bool dead = read.passed_max || (mark && mark->dead);
        if (dead || (mark && mark->due > store_now)) {
            held_[key] = {read.place, dead ? std::nullopt : std::optional(mark->due)};
            continue;
        }
        given_[read.row.id] = {key, read.place};
        page.rows.push_back(std::move(read.row));
    }
    if (!missed.empty()) start(now < full_again_ ? floor_ : start_);
    return page.rows.empty() && (full || !missed.empty());
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
