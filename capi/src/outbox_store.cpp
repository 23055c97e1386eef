#include "outbox_store.hpp"

namespace ticketbottle::capi {

namespace {

using std::chrono::milliseconds;

constexpr tkb_outbox_store_vtable empty_vtable = TKB_OUTBOX_STORE_VTABLE_INIT;
constexpr tkb_outbox_row empty_row = TKB_OUTBOX_ROW_INIT;
constexpr milliseconds lease_max = std::chrono::minutes(10);
constexpr std::uint32_t dead_rows_max = 1000;
constexpr std::uint32_t remove_rows_max = 10'000;

static_assert(TKB_SETTLE_PUBLISHED == static_cast<std::uint32_t>(RowSettlement::What::published));
static_assert(TKB_SETTLE_RETRY == static_cast<std::uint32_t>(RowSettlement::What::retry));
static_assert(TKB_SETTLE_DEAD == static_cast<std::uint32_t>(RowSettlement::What::dead));

Result<void> check_ttl(milliseconds ttl, std::string_view operation) {
    if (ttl > milliseconds(0) && ttl <= lease_max) return {};
    return fail(Errc::invalid_argument, operation, "ttl: more than 0, at most 10 min");
}

Result<void> check_rows(std::uint32_t rows, std::uint32_t rows_max, std::string_view operation) {
    if (rows >= 1 && rows <= rows_max) return {};
    return fail(Errc::invalid_argument, operation, "rows_max: 1.." + std::to_string(rows_max));
}

Result<OutboxRow> to_row(const tkb_outbox_row& given, std::string_view operation) {
    for (const tkb_bytes& text : {given.id, given.aggregate_id, given.aggregate_type, given.event_type, given.payload, given.reason,
                                  given.traceparent})
        TKB_TRY(require(text, operation, "a text of the row"));
    OutboxRow row;
    row.id = view(given.id);
    row.aggregate_id = view(given.aggregate_id);
    row.aggregate_type = view(given.aggregate_type);
    row.event_type = view(given.event_type);
    row.payload = view(given.payload);
    row.created_at = time_point(given.created_at_ms);
    row.attempts = given.attempts;
    row.traceparent = view(given.traceparent);
    return row;
}

}  // namespace

Result<tkb_outbox_store_vtable> to_vtable(const tkb_outbox_store_vtable* given, std::string_view operation) {
    auto table = read_vtable(given, empty_vtable, operation);
    if (!table.has_value()) return table;
    TKB_TRY(require_function(table->acquire, operation, "acquire"));
    TKB_TRY(require_function(table->release, operation, "release"));
    TKB_TRY(require_function(table->fetch, operation, "fetch"));
    TKB_TRY(require_function(table->settle, operation, "settle"));
    return table;
}

tkb_outbox_row to_view(const OutboxRow& row) {
    tkb_outbox_row view = TKB_OUTBOX_ROW_INIT;
    view.attempts = row.attempts;
    view.id = bytes(row.id);
    view.aggregate_id = bytes(row.aggregate_id);
    view.aggregate_type = bytes(row.aggregate_type);
    view.event_type = bytes(row.event_type);
    view.payload = bytes(row.payload);
    view.created_at_ms = milliseconds_of(row.created_at);
    view.traceparent = bytes(row.traceparent);
    return view;
}

Result<std::optional<RelayLease>> CallbackOutboxStore::acquire(std::string_view owner, milliseconds ttl, Deadline deadline) {
    constexpr std::string_view operation = "host.outbox.acquire";
    if (owner.empty()) return fail(Errc::invalid_argument, operation, "owner is empty");
    TKB_TRY(check_ttl(ttl, operation));
    std::uint64_t epoch = 0;
    TKB_TRY(host_.call(operation, deadline, host_.table().acquire, bytes(owner), ttl.count(), &epoch));
    if (epoch == 0) return std::optional<RelayLease>();
    return std::optional(RelayLease{std::string(owner), epoch});
}

Result<void> CallbackOutboxStore::release(const RelayLease& lease, Deadline deadline) {
    return host_.call("host.outbox.release", deadline, host_.table().release, bytes(lease.owner), lease.epoch);
}

Result<OutboxPage> CallbackOutboxStore::fetch(const RelayLease& lease, std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "host.outbox.fetch";
    TKB_TRY(check_rows(rows_max, outbox_page_rows_max, operation));
    tkb_outbox_page page{rows_max, {}, {}, std::nullopt};
    TKB_TRY(host_.call(operation, deadline, host_.table().fetch, bytes(lease.owner), lease.epoch, rows_max, &page));
    return OutboxPage{std::move(page.rows), page.next_due};
}

Result<void> CallbackOutboxStore::settle(const RelayLease& lease, milliseconds ttl, std::span<const RowSettlement> rows,
                                         Deadline deadline) {
    constexpr std::string_view operation = "host.outbox.settle";
    TKB_TRY(check_ttl(ttl, operation));
    std::vector<tkb_row_settlement> views;
    views.reserve(rows.size());
    for (const RowSettlement& row : rows)
        views.push_back({bytes(row.id), bytes(row.reason), row.retry_after.count(), static_cast<std::uint32_t>(row.what), 0});
    return host_.call(operation, deadline, host_.table().settle, bytes(lease.owner), lease.epoch, ttl.count(), views.data(), views.size());
}

Result<OutboxStatistics> CallbackOutboxStore::statistics(Deadline deadline) {
    tkb_outbox_statistics told = TKB_OUTBOX_STATISTICS_INIT;
    TKB_TRY(host_.call("host.outbox.statistics", deadline, host_.table().statistics, &told));
    OutboxStatistics statistics{told.total, told.published, told.pending, told.dead, std::nullopt};
    if (told.has_oldest_pending != 0) statistics.oldest_pending_age = milliseconds(std::max<std::int64_t>(told.oldest_pending_age_ms, 0));
    if (told.lease_left_ms > 0) statistics.lease_left = milliseconds(told.lease_left_ms);
    return statistics;
}

Result<std::vector<DeadRow>> CallbackOutboxStore::dead(std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "host.outbox.dead";
    TKB_TRY(check_rows(rows_max, dead_rows_max, operation));
    tkb_outbox_page page{rows_max, {}, {}, std::nullopt};
    TKB_TRY(host_.call(operation, deadline, host_.table().dead, rows_max, &page));
    std::vector<DeadRow> rows;
    rows.reserve(page.rows.size());
    for (std::size_t i = 0; i < page.rows.size(); ++i) {
        OutboxRow& row = page.rows[i];
        rows.push_back({std::move(row.id), std::move(row.aggregate_id), std::move(row.event_type), row.attempts, std::move(page.reasons[i]),
                        row.created_at});
    }
    return rows;
}

Result<std::uint64_t> CallbackOutboxStore::requeue(std::span<const std::string> ids, Deadline deadline) {
    const std::vector<tkb_bytes> names = views(ids);
    std::uint64_t count = 0;
    TKB_TRY(host_.call("host.outbox.requeue", deadline, host_.table().requeue, names.data(), names.size(), &count));
    return count;
}

Result<std::uint64_t> CallbackOutboxStore::remove_published(TimePoint before, std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "host.outbox.remove_published";
    TKB_TRY(check_rows(rows_max, remove_rows_max, operation));
    std::uint64_t count = 0;
    TKB_TRY(host_.call(operation, deadline, host_.table().remove_published, milliseconds_of(before), rows_max, &count));
    return count;
}

Result<std::uint64_t> CallbackOutboxStore::remove_dead(TimePoint before, std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "host.outbox.remove_dead";
    TKB_TRY(check_rows(rows_max, remove_rows_max, operation));
    std::uint64_t count = 0;
    TKB_TRY(host_.call(operation, deadline, host_.table().remove_dead, milliseconds_of(before), rows_max, &count));
    return count;
}

}  // namespace ticketbottle::capi

using namespace ticketbottle;
using namespace ticketbottle::capi;

tkb_status tkb_outbox_page_add(tkb_outbox_page* page, const tkb_outbox_row* row, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "outbox_page.add";
        TKB_TRY(require(page, operation, "page"));
        TKB_TRY(require(row, operation, "row"));
        const auto read = read_struct(row, empty_row, operation);
        if (!read.has_value()) return read.error();
        if (page->rows.size() >= page->rows_max) return fail(Errc::invalid_argument, operation, "more rows than rows_max");
        auto made = to_row(*read, operation);
        if (!made.has_value()) return made.error();
        page->reasons.emplace_back(view(read->reason));
        page->rows.push_back(std::move(*made));
        return {};
    });
}

void tkb_outbox_page_set_next_due(tkb_outbox_page* page, int64_t next_due_ms) {
    constexpr std::int64_t day_ms = 24 * 60 * 60 * 1000;  // later than any relay sleeps; and no sum of it overflows
    if (page != nullptr) page->next_due = std::chrono::milliseconds(std::clamp<std::int64_t>(next_due_ms, 0, day_ms));
}

tkb_status tkb_outbox_store_create(const tkb_outbox_store_vtable* vtable, void* user_data, tkb_outbox_store** store_out,
                                   tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "outbox_store.create";
        TKB_TRY(require(store_out, operation, "store_out"));
        *store_out = nullptr;
        const auto table = to_vtable(vtable, operation);
        if (!table.has_value()) return table.error();
        make_handle<CallbackOutboxStore>(*table, user_data, store_out);
        return {};
    });
}
void tkb_outbox_store_destroy(tkb_outbox_store* store) { delete store; }
