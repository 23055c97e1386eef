#include "mariadb/outbox_reader.hpp"
#include "mariadb/outbox_sql.hpp"
#include "mariadb/pool.hpp"

#include "core/utf8.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace ticketbottle::mariadb {
namespace {

using std::chrono::milliseconds;
namespace sql = outbox_sql;

constexpr std::chrono::minutes lease_max{10};
constexpr std::chrono::hours retry_after_max{24 * 3660};  // ten years, so that no date overflows
constexpr std::size_t owner_bytes_max = 255;
constexpr std::size_t reason_bytes_max = 500;
constexpr std::size_t page_bytes_max = 8 * 1024 * 1024;

/// A text as the columns take it: UTF-8 without NUL; each byte that is not becomes U+FFFD.
std::string clean_text(std::string_view text) {
    if (utf8::valid(text) && text.find('\0') == std::string_view::npos) return std::string(text);
    std::string out;
    while (!text.empty()) {
        const auto code_point = utf8::take(text);
        if (!code_point) text.remove_prefix(1);
        utf8::append(code_point.value_or(U'\0') == U'\0' ? U'\uFFFD' : *code_point, out);
    }
    return out;
}

std::int64_t number_of(std::uint64_t epoch) { return std::bit_cast<std::int64_t>(epoch); }

/// One statement for each so many of `values`. Returns how many rows they matched.
template <class T>
Result<std::uint64_t> run_lists(Transaction& transaction, std::string (*statement)(std::size_t), std::span<const T> values) {
    std::uint64_t matched = 0;
    while (!values.empty()) {
        const auto some = values.first(std::min(values.size(), sql::list_max));
        values = values.subspan(some.size());
        Query query;
        const std::string text = statement(some.size());
        query.text = text;
        for_list(some, [&](const T& value) { query.parameters.emplace_back(value); });
        const auto rows = transaction.run(query);
        if (!rows.has_value()) return rows.error();
        matched += rows->matched();
    }
    return matched;
}

class Store final : public OutboxStore {
public:
    explicit Store(std::shared_ptr<Pool> pool) : pool_(std::move(pool)), impl_(pool_->impl()) {}

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
    /// What one statement of a fetch brought.
    struct Read {
        bool leads = false;
        std::int64_t generation = 0;
        TimePoint store_now;
        std::vector<ReadRow> rows;
        bool full = false;
        OutboxReader::Duration took{};
    };
    Result<Read> read(const RelayLease& lease, std::uint32_t rows_max, Deadline deadline);
    Result<void> settle_rows(Transaction& transaction, std::span<const RowSettlement> rows, TimePoint store_now);
    Result<void> settle_failed(Transaction& transaction, const RowSettlement& row, TimePoint store_now);
    std::string clocked(std::string_view text) const { return with_clock(text, impl_.clock); }

    std::shared_ptr<Pool> pool_;
    Pool::Impl& impl_;
    const std::string taken_ = clocked(sql::taken);
    const std::string make_lease_ = clocked(sql::make_lease);
    const std::string acquire_ = clocked(sql::acquire);
    const std::string renew_ = clocked(sql::renew);
    const std::string statistics_ = clocked(sql::statistics);
    OutboxReader reader_;
    std::uint64_t epoch_ = 0;
    std::int64_t generation_ = -1;
    std::uint32_t rows_limit_ = outbox_page_rows_max;  ///< Fewer where pages were longer than page_bytes_max.
};

Result<std::optional<RelayLease>> Store::acquire(std::string_view owner, milliseconds ttl, Deadline deadline) {
    constexpr std::string_view operation = "outbox.acquire";
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    if (owner.empty() || owner.size() > owner_bytes_max || clean_text(owner) != owner || ttl <= milliseconds(0) || ttl > lease_max)
        return fail(Errc::invalid_argument, operation, "owner: text of 1..255 bytes; ttl: at most 10 min");
    const std::string name(owner);
    const auto taken = impl_.run(operation, {taken_, {name}}, Effect::reads, deadline);
    if (!taken.has_value()) return taken.error();
    if (taken->size() > 0 && taken->flag(0, 0)) return std::optional<RelayLease>();
    if (taken->size() == 0) {
        if (const auto made = impl_.run(operation, {make_lease_, {}}, Effect::writes, deadline); !made.has_value()) return made.error();
    }
    const auto granted = impl_.run(operation, {acquire_, {name, ttl.count(), name, name}}, Effect::writes, deadline);
    if (!granted.has_value()) return granted.error();
    if (granted->matched() == 0) return std::optional<RelayLease>();
    return std::optional(RelayLease{name, granted->insert_id()});
}

Result<void> Store::release(const RelayLease& lease, Deadline deadline) {
    const auto released =
        impl_.run("outbox.release", {sql::release, {clean_text(lease.owner), number_of(lease.epoch)}}, Effect::writes, deadline);
    if (!released.has_value()) return released.error();
    return {};
}

ReadRow read_row(const Rows& rows, std::size_t row) {
    ReadRow read;
    read.sequence = rows.integer(row, 0);
    read.row.id = rows.text(row, 1);
    read.row.aggregate_id = rows.text(row, 2);
    read.row.aggregate_type = rows.text(row, 3);
    read.row.event_type = rows.text(row, 4);
    read.row.payload = rows.text(row, 5);
    read.row.created_at = rows.time(row, 6);
    read.row.attempts = static_cast<std::uint32_t>(std::clamp<std::int64_t>(rows.integer(row, 7), 0, UINT32_MAX));
    read.due = rows.optional_time(row, 8);
    read.dead = rows.flag(row, 9);
    read.row.traceparent = rows.text(row, 10);
    return read;
}

Result<Store::Read> Store::read(const RelayLease& lease, std::uint32_t rows_max, Deadline deadline) {
    const auto began = Deadline::Clock::now();
    const std::vector<std::string> left_out = reader_.leave_out(sql::keys_max, began);
    const std::uint32_t limit = std::min(rows_max, rows_limit_);
    const std::string text = clocked(sql::page(left_out.size()));
    Query query{text, {clean_text(lease.owner), number_of(lease.epoch), reader_.cursor()}, page_bytes_max, Query::Overflow::cut};
    if (!left_out.empty()) for_list(left_out, [&](const std::string& key) { query.parameters.emplace_back(key); });
    query.parameters.emplace_back(std::int64_t{limit});
    const auto answer = impl_.run("outbox.fetch", query, Effect::reads, deadline);
    if (!answer.has_value()) return answer.error();
    Read read;
    for (std::size_t i = 0; i < answer->size(); ++i) {
        if (answer->is_null(i, 0)) {
            read.leads = true;
            read.store_now = answer->time(i, 6);
            read.generation = answer->integer(i, 7);
        } else {
            read.rows.push_back(read_row(*answer, i));
        }
    }
    read.took = Deadline::Clock::now() - began;
    read.full = answer->cut() || read.rows.size() == limit;
    // What was cut was sent all the same: ask for no more than fits, and by and by for more again.
    const auto came = static_cast<std::uint32_t>(read.rows.size());
    rows_limit_ = answer->cut() ? std::max(came, 1U) : std::min(rows_limit_ * 2, outbox_page_rows_max);
    return read;
}

Result<OutboxPage> Store::fetch(const RelayLease& lease, std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "outbox.fetch";
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    if (rows_max < 1 || rows_max > outbox_page_rows_max) return fail(Errc::invalid_argument, operation, "rows_max: 1..4000");
    if (lease.epoch != epoch_) {
        reader_.forget();
        epoch_ = lease.epoch;
    }
    reader_.begin(Deadline::Clock::now());
    OutboxPage page;
    for (;;) {
        auto read = this->read(lease, rows_max, deadline);
        if (!read.has_value()) return read.error();
        if (!read->leads) return fail(Errc::conflict, operation, "the lease is lost");
        if (read->generation != generation_) {
            // Somebody requeued or removed dead rows: what is known of held keys is out of date.
            generation_ = read->generation;
            reader_.forget();
            continue;
        }
        const bool more = reader_.take(std::move(read->rows), read->full, read->store_now, Deadline::Clock::now(), read->took, page);
        if (more) continue;
        if (page.rows.empty()) page.next_due = reader_.next_due(read->store_now);
        return page;
    }
}

Result<void> Store::settle(const RelayLease& lease, milliseconds ttl, std::span<const RowSettlement> rows, Deadline deadline) {
    constexpr std::string_view operation = "outbox.settle";
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    if (ttl <= milliseconds(0) || ttl > lease_max) return fail(Errc::invalid_argument, operation, "ttl: at most 10 min");
    auto transaction = Transaction::begin(impl_, operation, deadline);
    if (!transaction.has_value()) return transaction.error();
    // The lease's row first: while we hold it nobody takes the lease over, and requeue() and remove_dead() take it first as well.
    const auto renewed = transaction->run({renew_, {ttl.count(), clean_text(lease.owner), number_of(lease.epoch)}});
    if (!renewed.has_value()) return renewed.error();
    if (renewed->matched() == 0) return fail(Errc::conflict, operation, "the lease is lost");
    const TimePoint store_now(milliseconds(number_of(renewed->insert_id())) - ttl);
    if (auto settled = settle_rows(*transaction, rows, store_now); !settled.has_value()) return settled;
    if (auto committed = transaction->commit(); !committed.has_value()) {
        reader_.forget();
        return committed;
    }
    reader_.settled(rows, store_now);
    return {};
}

Result<void> Store::settle_rows(Transaction& transaction, std::span<const RowSettlement> rows, TimePoint store_now) {
    std::vector<std::int64_t> sequences;
    std::vector<std::string> ids;
    for (const RowSettlement& row : rows) {
        if (row.what != RowSettlement::What::published) continue;
        if (const auto sequence = reader_.sequence_of(row.id)) {
            sequences.push_back(*sequence);
        } else {
            ids.push_back(clean_text(row.id));
        }
    }
    const auto removed = run_lists<std::int64_t>(transaction, sql::remove_by_sequence, sequences);
    if (!removed.has_value()) return removed.error();
    const auto removed_too = run_lists<std::string>(transaction, sql::remove_by_id, ids);
    if (!removed_too.has_value()) return removed_too.error();
    for (const RowSettlement& row : rows) {
        if (row.what == RowSettlement::What::published) continue;
        if (auto failed = settle_failed(transaction, row, store_now); !failed.has_value()) return failed;
    }
    return {};
}

Result<void> Store::settle_failed(Transaction& transaction, const RowSettlement& row, TimePoint store_now) {
    const bool dead = row.what == RowSettlement::What::dead;
    const std::string reason = clean_text(row.reason);
    Query query;
    query.parameters = {std::int64_t{dead}, std::string(utf8::prefix(reason, reason_bytes_max)), Parameter()};
    const auto after = std::clamp<milliseconds>(row.retry_after, milliseconds(0), retry_after_max);
    if (!dead) query.parameters[2] = datetime_text(store_now + after);
    if (const auto sequence = reader_.sequence_of(row.id)) {
        query.text = sql::fail_by_sequence;
        query.parameters.emplace_back(*sequence);
    } else {
        query.text = sql::fail_by_id;
        query.parameters.emplace_back(clean_text(row.id));
    }
    const auto done = transaction.run(query);
    if (!done.has_value()) return done.error();
    return {};
}

Result<OutboxStatistics> Store::statistics(Deadline deadline) {
    const auto rows = impl_.run("outbox.statistics", {statistics_, {}}, Effect::reads, deadline);
    if (!rows.has_value()) return rows.error();
    OutboxStatistics counted;
    counted.total = static_cast<std::uint64_t>(rows->integer(0, 0));
    counted.dead = static_cast<std::uint64_t>(rows->integer(0, 1));
    counted.pending = counted.total - counted.dead;
    if (!rows->is_null(0, 2)) counted.oldest_pending_age = milliseconds(std::max<std::int64_t>(rows->integer(0, 2), 0));
    if (!rows->is_null(0, 3)) counted.lease_left = milliseconds(rows->integer(0, 3));
    return counted;
}

Result<std::vector<DeadRow>> Store::dead(std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "outbox.dead";
    if (rows_max < 1 || rows_max > 1000) return fail(Errc::invalid_argument, operation, "rows_max: 1..1000");
    const auto rows = impl_.run(operation, {sql::dead, {std::int64_t{rows_max}}}, Effect::reads, deadline);
    if (!rows.has_value()) return rows.error();
    std::vector<DeadRow> found;
    for (std::size_t i = 0; i < rows->size(); ++i) {
        DeadRow row;
        row.id = rows->text(i, 0);
        row.aggregate_id = rows->text(i, 1);
        row.event_type = rows->text(i, 2);
        row.attempts = static_cast<std::uint32_t>(std::clamp<std::int64_t>(rows->integer(i, 3), 0, UINT32_MAX));
        row.reason = rows->text(i, 4);
        row.created_at = rows->time(i, 5);
        found.push_back(std::move(row));
    }
    return found;
}

Result<std::uint64_t> Store::requeue(std::span<const std::string> ids, Deadline deadline) {
    auto transaction = Transaction::begin(impl_, "outbox.requeue", deadline);
    if (!transaction.has_value()) return transaction.error();
    if (const auto told = transaction->run({sql::tell, {}}); !told.has_value()) return told.error();
    std::vector<std::string> cleaned;
    for (const std::string& id : ids) cleaned.push_back(clean_text(id));
    const auto requeued = run_lists<std::string>(*transaction, sql::requeue, cleaned);
    if (!requeued.has_value() || *requeued == 0) return requeued;
    if (auto committed = transaction->commit(); !committed.has_value()) return committed.error();
    return requeued;
}

Result<std::uint64_t> Store::remove_published(TimePoint, std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "outbox.remove_published";
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    if (rows_max < 1 || rows_max > 10'000) return fail(Errc::invalid_argument, operation, "rows_max: 1..10000");
    return 0;
}

Result<std::uint64_t> Store::remove_dead(TimePoint before, std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "outbox.remove_dead";
    if (rows_max < 1 || rows_max > 10'000) return fail(Errc::invalid_argument, operation, "rows_max: 1..10000");
    auto transaction = Transaction::begin(impl_, operation, deadline);
    if (!transaction.has_value()) return transaction.error();
    const auto found = transaction->run({sql::dead_before, {datetime_text(before), std::int64_t{rows_max}}});
    if (!found.has_value()) return found.error();
    if (found->size() == 0) return 0;
    std::vector<std::int64_t> sequences;
    for (std::size_t i = 0; i < found->size(); ++i) sequences.push_back(found->integer(i, 0));
    if (const auto told = transaction->run({sql::tell, {}}); !told.has_value()) return told.error();
    const auto removed = run_lists<std::int64_t>(*transaction, sql::remove_dead, sequences);
    if (!removed.has_value()) return removed;
    if (auto committed = transaction->commit(); !committed.has_value()) return committed.error();
    return removed;
}

}  // namespace

std::unique_ptr<OutboxStore> outbox_store(std::shared_ptr<Pool> pool) { return std::make_unique<Store>(std::move(pool)); }

}  // namespace ticketbottle::mariadb
