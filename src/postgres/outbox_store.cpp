#include "postgres/outbox_marks.hpp"
#include "postgres/outbox_reader.hpp"
#include "postgres/outbox_sql.hpp"
#include "postgres/pool.hpp"

#include "core/utf8.hpp"

#include <algorithm>

namespace ticketbottle::postgres {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::minutes lease_max{10};
constexpr std::size_t reason_bytes_max = 500;
constexpr std::size_t page_bytes_max = 8 * 1024 * 1024;  // where page_sql cuts
constexpr std::chrono::seconds layout_age_max{60};
// createdAt is of the writer's clock, or of its transaction's begin: until then the lock was not held.
constexpr std::chrono::seconds created_grace{5};

class Store final : public OutboxStore {
public:
    explicit Store(std::shared_ptr<Pool> pool) : pool_(std::move(pool)), impl_(pool_->impl()) { read_in(Order::created); }

    Result<std::optional<RelayLease>> acquire(std::string_view owner, milliseconds ttl, Deadline deadline) override;
    Result<void> release(const RelayLease& lease, Deadline deadline) override;
    Result<OutboxPage> fetch(const RelayLease& lease, std::uint32_t rows_max, Deadline deadline) override;
    Result<void> settle(const RelayLease& lease, milliseconds ttl, std::span<const RowSettlement> rows, Deadline deadline) override;
    Result<OutboxStatistics> statistics(Deadline deadline) override;
    Result<std::vector<DeadRow>> dead(std::uint32_t rows_max, Deadline deadline) override;
    Result<std::uint64_t> requeue(std::span<const std::string> ids, Deadline deadline) override;
    Result<std::uint64_t> remove_published(TimePoint before, std::uint32_t rows_max, Deadline deadline) override;
    Result<std::uint64_t> remove_dead(TimePoint before, std::uint32_t rows_max, Deadline deadline) override;

private:
    void read_in(Order order);
    Result<void> choose_order(Deadline deadline);
    std::optional<OutboxReader::Writers> writers(Deadline deadline);
    Query page_query(std::uint32_t rows_max) const;
    Parameter attempts_max() const { return std::to_string(impl_.options.attempts_max); }
    ReadRow read_row(const Rows& rows, int row) const;

    std::shared_ptr<Pool> pool_;
    Pool::Impl& impl_;
    const std::string& schema_ = impl_.target.schema;
    const Statement taken_{"tkb_taken", taken_sql(schema_)};
    const Statement acquire_{"tkb_acquire", acquire_sql(schema_)};
    const Statement release_{"tkb_release", release_sql(schema_)};
    const Statement lease_{"tkb_lease", lease_sql(schema_)};
    const Statement writers_{"tkb_writers", writers_sql(schema_)};
    const Statement settle_{"tkb_settle_rows", settle_rows_sql(schema_)};
    const Statement statistics_{"tkb_statistics", statistics_sql(schema_, impl_.options.counting == Counting::estimate)};
    const Statement dead_{"tkb_dead", dead_sql(schema_)};
    const Statement requeue_{"tkb_requeue", requeue_sql(schema_)};
    const Statement remove_dead_{"tkb_remove_dead", remove_dead_sql(schema_)};
    const Statement remove_published_{"tkb_remove_published", remove_published_sql(schema_)};
    // Of the order that the last lease was taken with.
    Order order_ = Order::created;
    Statement page_;
    Statement page_with_held_;
    std::optional<OutboxReader> reader_;
    std::uint64_t epoch_ = 0;
    std::int64_t generation_ = -1;
    std::uint32_t rows_limit_ = outbox_page_rows_max;  ///< Fewer where pages were cut: the server reads what it cuts all the same.
};

std::string epoch_text(const RelayLease& lease) { return std::to_string(lease.epoch); }

void Store::read_in(Order order) {
    order_ = order;
    const std::string suffix = order == Order::sequence ? "_sequence" : "_created";
    page_ = {"tkb_page" + suffix, page_sql(schema_, order, false)};
    page_with_held_ = {"tkb_page_held" + suffix, page_sql(schema_, order, true)};
    reader_.emplace(Place{std::string(first_place(order)), ""}, order == Order::sequence ? milliseconds(0) : created_grace);
}

Result<void> Store::choose_order(Deadline deadline) {
    const Result<Layout> layout = impl_.layout(layout_age_max, deadline);
    if (!layout.has_value()) return layout.error();
    const Order order = layout->ordered ? Order::sequence : Order::created;
    if (order != order_) read_in(order);
    return {};
}

Result<std::optional<RelayLease>> Store::acquire(std::string_view owner, milliseconds ttl, Deadline deadline) {
    constexpr std::string_view operation = "outbox.acquire";
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    if (owner.empty() || clean_text(owner) != owner || ttl <= milliseconds(0) || ttl > lease_max)
        return fail(Errc::invalid_argument, operation, "owner: text, not empty; ttl: at most 10 min");
    const auto taken = impl_.run(operation, Query{&taken_, {std::string(owner)}}, Effect::reads, deadline);
    if (!taken.has_value()) return taken.error();
    if (taken->size() > 0) return std::optional<RelayLease>();
    const auto granted =
        impl_.run(operation, Query{&acquire_, {std::string(owner), std::to_string(ttl.count())}}, Effect::writes, deadline);
    if (!granted.has_value()) return granted.error();
    if (granted->size() == 0) return std::optional<RelayLease>();
    return std::optional(RelayLease{std::string(owner), static_cast<std::uint64_t>(granted->integer(0, 0))});
}

Result<void> Store::release(const RelayLease& lease, Deadline deadline) {
    const auto released =
        impl_.run("outbox.release", Query{&release_, {clean_text(lease.owner), epoch_text(lease)}}, Effect::writes, deadline);
    if (!released.has_value()) return released.error();
    return {};
}

/// nullopt: that cannot be told now, and nothing follows from it. The next pages begin where this one does.
std::optional<OutboxReader::Writers> Store::writers(Deadline deadline) {
    const auto rows = impl_.run("outbox.fetch", Query{&writers_, {}}, Effect::reads, deadline);
    if (!rows.has_value()) return std::nullopt;
    OutboxReader::Writers found;
    for (int i = 0; i < rows->size(); ++i) {
        if (rows->flag(i, 1)) return std::nullopt;  // before it was prepared it may have had another name
        found.insert(rows->text(i, 0));
    }
    return found;
}

Query Store::page_query(std::uint32_t rows_max) const {
    std::vector<Parameter> parameters{reader_->cursor().at, reader_->cursor().id, std::to_string(rows_max)};
    if (reader_->held().empty()) return {&page_, std::move(parameters)};
    std::vector<std::string> keys, places, ids, dues;
    for (const auto& [key, held] : reader_->held()) {
        keys.push_back(key);
        places.push_back(held.place.at);
        ids.push_back(held.place.id);
        dues.push_back(std::to_string(held.due ? held.due->time_since_epoch().count() : INT64_MAX));
    }
    for (const auto* list : {&keys, &places, &ids, &dues}) parameters.emplace_back(array_text(*list));
    return {&page_with_held_, std::move(parameters), true};
}

ReadRow Store::read_row(const Rows& rows, int row) const {
    ReadRow read;
    read.row.id = rows.text(row, 0);
    read.row.aggregate_id = rows.text(row, 1);
    read.row.aggregate_type = rows.text(row, 2);
    read.row.event_type = rows.text(row, 3);
    read.row.payload = rows.text(row, 4);
    read.row.created_at = rows.time(row, 5);
    read.row.attempts = static_cast<std::uint32_t>(std::clamp<std::int64_t>(rows.integer(row, 6), 0, UINT32_MAX));
    read.row.traceparent = rows.text(row, 9);
    read.last_error = rows.text(row, 7);
    read.place = {rows.text(row, 8), read.row.id};
    read.passed_max = read.row.attempts >= impl_.options.attempts_max;
    return read;
}

Result<OutboxPage> Store::fetch(const RelayLease& lease, std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "outbox.fetch";
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    if (rows_max < 1 || rows_max > outbox_page_rows_max) return fail(Errc::invalid_argument, operation, "rows_max: 1..4000");
    if (lease.epoch != epoch_) {
        if (auto chosen = choose_order(deadline); !chosen.has_value()) return chosen.error();
        reader_->forget();
        epoch_ = lease.epoch;
    }
    const auto began_at = Deadline::Clock::now();
    if (reader_->wants_writers(began_at)) {
        if (const auto found = writers(deadline)) reader_->saw(*found, began_at);
    }
    reader_->begin(began_at);
    OutboxPage page;
    for (;;) {
        const auto asked_at = Deadline::Clock::now();
        const std::uint32_t limit = std::min(rows_max, rows_limit_);
        const std::vector<Query> queries{{&lease_, {clean_text(lease.owner), epoch_text(lease)}}, page_query(limit)};
        const auto answers = impl_.run(operation, queries, Effect::reads, deadline);
        if (!answers.has_value()) {
            if (answers.error().code == Errc::unsupported) epoch_ = 0;  // a migration undone: look at the layout anew
            if (answers.error().code == Errc::unavailable) reader_->forget();  // the next answer may be another server's
            return answers.error();
        }
        const Rows& held = answers->front();
        if (held.size() == 0) return fail(Errc::conflict, operation, "the lease is lost");
        const std::int64_t generation = held.integer(0, 0);
        if (generation != generation_) {
            // Somebody requeued or removed dead rows: what is known of held keys is out of date.
            generation_ = generation;
            reader_->forget();
            continue;
        }
        const TimePoint now = held.time(0, 1);
        const Rows& answer = (*answers)[1];
        std::vector<ReadRow> rows;
        std::size_t bytes = 0;
        for (int i = 0; i < answer.size(); ++i) {
            rows.push_back(read_row(answer, i));
            bytes += rows.back().row.payload.size();
        }
        const bool cut = bytes >= page_bytes_max;
        const bool full = cut || rows.size() == limit;
        rows_limit_ = cut ? static_cast<std::uint32_t>(rows.size()) : std::min(rows_limit_ * 2, outbox_page_rows_max);
        const auto answered_at = Deadline::Clock::now();
        if (reader_->take(std::move(rows), full, now, answered_at, answered_at - asked_at, page)) continue;
        if (page.rows.empty()) page.next_due = reader_->next_due(now);
        return page;
    }
}

Result<void> Store::settle(const RelayLease& lease, milliseconds ttl, std::span<const RowSettlement> rows, Deadline deadline) {
    constexpr std::string_view operation = "outbox.settle";
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    if (ttl <= milliseconds(0) || ttl > lease_max) return fail(Errc::invalid_argument, operation, "ttl: at most 10 min");
    std::vector<std::string> published, failed, dead, after, reasons;
    for (const RowSettlement& row : rows) {
        if (row.what == RowSettlement::What::published) {
            published.push_back(clean_text(row.id));
            continue;
        }
        failed.push_back(clean_text(row.id));
        dead.emplace_back(row.what == RowSettlement::What::dead ? "t" : "f");
        after.push_back(std::to_string(row.retry_after.count()));
        reasons.emplace_back(utf8::prefix(clean_text(row.reason), reason_bytes_max));
    }
    const Query query{&settle_,
                      {clean_text(lease.owner), epoch_text(lease), std::to_string(ttl.count()), array_text(published), array_text(failed),
                       array_text(dead), array_text(after), array_text(reasons), attempts_max()}};
    const auto answer = impl_.run(operation, query, Effect::writes, deadline);
    if (!answer.has_value()) {
        if (answer.error().code == Errc::outcome_unknown) reader_->forget();
        return answer.error();
    }
    if (!answer->flag(0, 0)) return fail(Errc::conflict, operation, "the lease is lost");
    reader_->settled(rows, answer->time(0, 1));
    return {};
}

Result<OutboxStatistics> Store::statistics(Deadline deadline) {
    const auto rows = impl_.run("outbox.statistics", Query{&statistics_, {attempts_max()}}, Effect::reads, deadline);
    if (!rows.has_value()) return rows.error();
    OutboxStatistics counted;
    if (rows->size() == 0) return counted;
    const auto number = [&](int column) { return static_cast<std::uint64_t>(std::max<std::int64_t>(rows->integer(0, column), 0)); };
    counted.total = number(0);
    counted.published = number(1);
    counted.pending = number(2);
    counted.dead = number(3);
    if (!rows->is_null(0, 4)) counted.oldest_pending_age = milliseconds(std::max<std::int64_t>(rows->integer(0, 4), 0));
    if (!rows->is_null(0, 5)) counted.lease_left = milliseconds(rows->integer(0, 5));
    return counted;
}

Result<std::vector<DeadRow>> Store::dead(std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "outbox.dead";
    if (rows_max < 1 || rows_max > 1000) return fail(Errc::invalid_argument, operation, "rows_max: 1..1000");
    const auto rows = impl_.run(operation, Query{&dead_, {attempts_max(), std::to_string(rows_max)}}, Effect::reads, deadline);
    if (!rows.has_value()) return rows.error();
    std::vector<DeadRow> found;
    for (int i = 0; i < rows->size(); ++i) {
        DeadRow row;
        row.id = rows->text(i, 0);
        row.aggregate_id = rows->text(i, 1);
        row.event_type = rows->text(i, 2);
        row.created_at = rows->time(i, 5);
        const std::string_view last_error = rows->view(i, 4);
        const auto mark = read_mark(last_error);
        row.attempts = mark ? mark->attempts : static_cast<std::uint32_t>(std::clamp<std::int64_t>(rows->integer(i, 3), 0, UINT32_MAX));
        row.reason = utf8::prefix(mark ? mark->reason : last_error, reason_bytes_max);
        found.push_back(std::move(row));
    }
    return found;
}

Result<std::uint64_t> Store::requeue(std::span<const std::string> ids, Deadline deadline) {
    std::vector<std::string> cleaned;
    for (const std::string& id : ids) cleaned.push_back(clean_text(id));
    const auto rows = impl_.run("outbox.requeue", Query{&requeue_, {attempts_max(), array_text(cleaned)}}, Effect::writes, deadline);
    if (!rows.has_value()) return rows.error();
    return static_cast<std::uint64_t>(rows->integer(0, 0));
}

Result<std::uint64_t> Store::remove_published(TimePoint before, std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "outbox.remove_published";
    if (rows_max < 1 || rows_max > 10'000) return fail(Errc::invalid_argument, operation, "rows_max: 1..10000");
    const auto rows =
        impl_.run(operation, Query{&remove_published_, {timestamp_text(before), std::to_string(rows_max)}}, Effect::writes, deadline);
    if (!rows.has_value()) return rows.error();
    return rows->changed();
}

Result<std::uint64_t> Store::remove_dead(TimePoint before, std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "outbox.remove_dead";
    if (rows_max < 1 || rows_max > 10'000) return fail(Errc::invalid_argument, operation, "rows_max: 1..10000");
    const auto rows = impl_.run(operation, Query{&remove_dead_, {attempts_max(), timestamp_text(before), std::to_string(rows_max)}},
                                Effect::writes, deadline);
    if (!rows.has_value()) return rows.error();
    return static_cast<std::uint64_t>(rows->integer(0, 0));
}

}  // namespace

std::unique_ptr<OutboxStore> outbox_store(std::shared_ptr<Pool> pool) { return std::make_unique<Store>(std::move(pool)); }

}  // namespace ticketbottle::postgres
