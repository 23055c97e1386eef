#include "sqlite/outbox_reader.hpp"

#include <algorithm>

namespace ticketbottle::sqlite {

namespace {

constexpr std::size_t page_bytes_max = 8 * 1024 * 1024;
// Looking for changes of others may take this part of the time, however many dead rows there are.
constexpr int check_share = 20;
constexpr std::int64_t dead_rows_few = 10'000;  // counted in about a millisecond: not worth sparing
constexpr int start_over_share = 50;
constexpr std::chrono::seconds start_over_after{60};

// Columns of both: what judge() and give() read.
constexpr const char* scan_sql =
    R"(SELECT "sequence", "aggregateId", "nextAttemptAt", "deadAt", "id", "aggregateType", "eventType", "payload", "createdAt",
              "retryCount", "traceparent"
         FROM "outbox" INDEXED BY "outbox_pending"
        WHERE "published" = 0 AND "publishedAt" IS NULL AND "sequence" > ?1 ORDER BY "sequence")";
constexpr const char* key_sql =
    R"(SELECT "sequence", "aggregateId", "nextAttemptAt", "deadAt", "id", "aggregateType", "eventType", "payload", "createdAt",
              "retryCount", "traceparent"
         FROM "outbox" INDEXED BY "outbox_pending_key"
        WHERE "published" = 0 AND "publishedAt" IS NULL AND "aggregateId" = ?1 ORDER BY "sequence" LIMIT ?2)";
constexpr const char* version_sql = "PRAGMA data_version";
constexpr const char* dead_sql =
    R"(SELECT count(*), coalesce(sum("sequence"), 0) FROM "outbox" INDEXED BY "outbox_dead" WHERE "deadAt" IS NOT NULL)";

}  // namespace

Result<OutboxPage> OutboxReader::read(std::uint64_t epoch, std::uint32_t rows_max) {
    now_ = connection_.now();
    if (epoch != epoch_) {
        forget();
        epoch_ = epoch;
    }
    if (auto noticed = notice_changes(); !noticed.has_value()) return noticed.error();
    step_back_to_unsettled();
    const Time start = Deadline::Clock::now();
    const bool from_start = floor_ == 0;
    if (from_start) started_at_ = start;

    OutboxPage page;
    page_bytes_ = 0;
    // Both get their part: neither a long queue behind a key that is due again nor a stream of new rows starves the other.
    due_first_ = !due_first_;
    const std::size_t share = rows_max > 1 ? rows_max / 2 : (due_first_ ? 1 : 0);
    const std::size_t for_due = due_count(share);
    if (auto scanned = scan(page, rows_max - for_due); !scanned.has_value()) return scanned.error();
    if (auto due = read_due_keys(page, rows_max); !due.has_value()) return due.error();
    if (page.rows.empty() && for_due == rows_max) {
        if (auto scanned = scan(page, rows_max); !scanned.has_value()) return scanned.error();
    }
    if (page.rows.empty() && !waiting_.empty()) {
        page.next_due = std::max(waiting_.begin()->first - now_, std::chrono::milliseconds(0));
    }
    if (from_start) start_cost_ = Deadline::Clock::now() - start;
    return page;
}

Result<void> OutboxReader::notice_changes() {
    const Time start = Deadline::Clock::now();
    if (dead_known_ && start - started_at_ > std::max<Span>(start_over_after, start_over_share * start_cost_)) forget();

    Query version_query = connection_.query(version_sql);
    const auto version_row = version_query.step();
    if (!version_row.has_value()) return version_row.error();
    const std::int64_t version = version_query.integer(0);
    const bool too_soon = dead_count_ > dead_rows_few && start - checked_at_ < check_share * check_cost_;
    if (dead_known_ && (version == seen_version_ || too_soon)) return {};

    Query query = connection_.query(dead_sql);
    const auto row = query.step();
    if (!row.has_value()) return row.error();
    const std::int64_t count = query.integer(0);
    const std::int64_t sum = query.integer(1);
    if (dead_known_ && (count != dead_count_ || sum != dead_sum_)) forget();
    dead_known_ = true;
    dead_count_ = count;
    dead_sum_ = sum;
    seen_version_ = version;
    checked_at_ = start;
    check_cost_ = Deadline::Clock::now() - start;
    return {};
}

Result<void> OutboxReader::scan(OutboxPage& page, std::size_t rows_max) {
    if (page.rows.size() >= rows_max) return {};
    Query query = connection_.query(scan_sql);
    query.bind(floor_);
    for (;;) {
        const auto row = query.step();
        if (!row.has_value()) return row.error();
        if (!*row) return {};
        const std::string key = query.text(1);
        if (!held_.contains(key) && judge(query, key) == Verdict::give) {
            give(query, key, page);
        }
        floor_ = query.integer(0);
        if (page.rows.size() >= rows_max || page_bytes_ >= page_bytes_max) return {};
    }
}

Result<void> OutboxReader::read_due_keys(OutboxPage& page, std::size_t rows_max) {
    std::pair<TimePoint, std::string> last;
    // A key may be found empty and let go, or be held anew: so each time the next one after the last is looked up.
    for (auto place = waiting_.begin(); place != waiting_.end() && place->first <= now_; place = waiting_.upper_bound(last)) {
        if (page.rows.size() >= rows_max || page_bytes_ >= page_bytes_max) break;
        last = *place;
        if (auto read = read_key(last.second, page, rows_max - page.rows.size()); !read.has_value()) return read;
    }
    return {};
}

Result<void> OutboxReader::read_key(const std::string& key, OutboxPage& page, std::size_t rows_max) {
    Query query = connection_.query(key_sql);
    query.bind(key).bind(static_cast<std::int64_t>(rows_max));
    bool any = false;
    for (;;) {
        const auto row = query.step();
        if (!row.has_value()) return row.error();
        if (!*row) break;
        any = true;
        if (judge(query, key) == Verdict::hold) return {};
        give(query, key, page);
        if (page_bytes_ >= page_bytes_max) return {};
    }
    // Nothing of this key is left: its next row will be a new one, above the floor.
    if (!any) let_go(key);
    return {};
}

OutboxReader::Verdict OutboxReader::judge(const Query& query, const std::string& key) {
    if (!query.is_null(3)) {
        hold(key, std::nullopt);
        return Verdict::hold;
    }
    if (const auto due = query.optional_time(2); due.has_value() && *due > now_) {
        hold(key, *due);
        return Verdict::hold;
    }
    return Verdict::give;
}

void OutboxReader::give(const Query& query, const std::string& key, OutboxPage& page) {
    OutboxRow row;
    row.id = query.text(4);
    row.aggregate_id = key;
    row.aggregate_type = query.text(5);
    row.event_type = query.text(6);
    row.payload = query.text(7);
    row.created_at = query.time(8);
    row.attempts = static_cast<std::uint32_t>(std::clamp<std::int64_t>(query.integer(9), 0, UINT32_MAX));
    row.traceparent = query.text(10);
    given_.push_back({row.id, key, query.integer(0), false});
    page_bytes_ += row.payload.size();
    page.rows.push_back(std::move(row));
}

void OutboxReader::step_back_to_unsettled() {
    for (const Given& given : given_) {
        if (!given.published && !held_.contains(given.key)) floor_ = std::min(floor_, given.sequence - 1);
    }
    given_.clear();
}

void OutboxReader::settled(std::span<const RowSettlement> rows, TimePoint now) {
    std::unordered_map<std::string_view, Given*> by_id;
    for (Given& given : given_) by_id.emplace(given.id, &given);
    for (const RowSettlement& row : rows) {
        const auto place = by_id.find(row.id);
        if (place == by_id.end()) {
            if (row.what == RowSettlement::What::published) continue;  // gone from the index, whoever had it
            return forget();
        }
        switch (row.what) {
            case RowSettlement::What::published: place->second->published = true; break;
            case RowSettlement::What::retry: hold(place->second->key, now + row.retry_after); break;
            case RowSettlement::What::dead: hold(place->second->key, std::nullopt); break;
        }
    }
}

void OutboxReader::row_died(std::int64_t sequence) noexcept {
    ++dead_count_;
    dead_sum_ += sequence;
}

void OutboxReader::forget() {
    floor_ = 0;
    held_.clear();
    waiting_.clear();
    given_.clear();
    dead_known_ = false;
}

void OutboxReader::hold(const std::string& key, std::optional<TimePoint> due) {
    let_go(key);
    if (due.has_value()) waiting_.emplace(*due, key);
    held_.emplace(key, Hold{due});
}

void OutboxReader::let_go(const std::string& key) {
    const auto place = held_.find(key);
    if (place == held_.end()) return;
    if (place->second.due.has_value()) waiting_.erase({*place->second.due, key});
    held_.erase(place);
}

std::size_t OutboxReader::due_count(std::size_t most) const {
    std::size_t count = 0;
    for (auto place = waiting_.begin(); place != waiting_.end() && place->first <= now_ && count < most; ++place) ++count;
    return count;
}

}  // namespace ticketbottle::sqlite
