// A memory outbox behind C callbacks passes the port's suite, and a relay publishes from it.
#include "conformance/outbox_store.hpp"

#include "outbox_store.hpp"
#include "through_c.hpp"

#include <ticketbottle/memory/database.hpp>
#include <ticketbottle/memory/manual_clock.hpp>

#include "memory/state.hpp"

#include <thread>
#include <vector>

namespace ticketbottle::conformance::outbox {
namespace {

using test::port_of;
using test::text;
using test::told;
using test::within;

RelayLease lease(tkb_bytes owner, std::uint64_t epoch) { return {text(owner), epoch}; }
TimePoint time(std::int64_t ms) { return TimePoint(std::chrono::milliseconds(ms)); }

tkb_status acquire(void* user_data, tkb_bytes owner, std::int64_t ttl_ms, std::uint64_t* epoch_out, std::uint32_t timeout_ms,
                   tkb_error** error_out) {
    const auto granted = port_of<OutboxStore>(user_data).acquire(text(owner), std::chrono::milliseconds(ttl_ms), within(timeout_ms));
    if (!granted.has_value()) return told(granted.error(), error_out);
    if (granted->has_value()) *epoch_out = (*granted)->epoch;
    return TKB_OK;
}

tkb_status release(void* user_data, tkb_bytes owner, std::uint64_t epoch, std::uint32_t timeout_ms, tkb_error** error_out) {
    return told(port_of<OutboxStore>(user_data).release(lease(owner, epoch), within(timeout_ms)), error_out);
}

tkb_status fetch(void* user_data, tkb_bytes owner, std::uint64_t epoch, std::uint32_t rows_max, tkb_outbox_page* page,
                 std::uint32_t timeout_ms, tkb_error** error_out) {
    const auto fetched = port_of<OutboxStore>(user_data).fetch(lease(owner, epoch), rows_max, within(timeout_ms));
    if (!fetched.has_value()) return told(fetched.error(), error_out);
    for (const OutboxRow& row : fetched->rows) {
        const tkb_outbox_row view = capi::to_view(row);
        if (const tkb_status added = tkb_outbox_page_add(page, &view, error_out); added != TKB_OK) return added;
    }
    if (fetched->next_due) tkb_outbox_page_set_next_due(page, fetched->next_due->count());
    return TKB_OK;
}

tkb_status settle(void* user_data, tkb_bytes owner, std::uint64_t epoch, std::int64_t ttl_ms, const tkb_row_settlement* rows,
                  std::size_t count, std::uint32_t timeout_ms, tkb_error** error_out) {
    std::vector<RowSettlement> settled;
    for (std::size_t i = 0; i < count; ++i) {
        settled.push_back({text(rows[i].id), static_cast<What>(rows[i].what), text(rows[i].reason),
                           std::chrono::milliseconds(rows[i].retry_after_ms)});
    }
    return told(port_of<OutboxStore>(user_data).settle(lease(owner, epoch), std::chrono::milliseconds(ttl_ms), settled, within(timeout_ms)),
                error_out);
}

tkb_status statistics(void* user_data, tkb_outbox_statistics* out, std::uint32_t timeout_ms, tkb_error** error_out) {
    const auto counted = port_of<OutboxStore>(user_data).statistics(within(timeout_ms));
    if (!counted.has_value()) return told(counted.error(), error_out);
    out->total = counted->total;
    out->published = counted->published;
    out->pending = counted->pending;
    out->dead = counted->dead;
    out->has_oldest_pending = counted->oldest_pending_age ? 1 : 0;
    out->oldest_pending_age_ms = counted->oldest_pending_age.value_or(0ms).count();
    out->lease_left_ms = counted->lease_left.value_or(0ms).count();
    return TKB_OK;
}

tkb_status dead(void* user_data, std::uint32_t rows_max, tkb_outbox_page* page, std::uint32_t timeout_ms, tkb_error** error_out) {
    const auto rows = port_of<OutboxStore>(user_data).dead(rows_max, within(timeout_ms));
    if (!rows.has_value()) return told(rows.error(), error_out);
    for (const DeadRow& row : *rows) {
        tkb_outbox_row view = TKB_OUTBOX_ROW_INIT;
        view.id = capi::bytes(row.id);
        view.aggregate_id = capi::bytes(row.aggregate_id);
        view.event_type = capi::bytes(row.event_type);
        view.attempts = row.attempts;
        view.reason = capi::bytes(row.reason);
        view.created_at_ms = capi::milliseconds_of(row.created_at);
        if (const tkb_status added = tkb_outbox_page_add(page, &view, error_out); added != TKB_OK) return added;
    }
    return TKB_OK;
}

tkb_status counted(const Result<std::uint64_t>& count, std::uint64_t* out, tkb_error** error_out) {
    if (!count.has_value()) return told(count.error(), error_out);
    *out = *count;
    return TKB_OK;
}

tkb_status requeue(void* user_data, const tkb_bytes* ids, std::size_t count, std::uint64_t* out, std::uint32_t timeout_ms,
                   tkb_error** error_out) {
    Ids names;
    for (std::size_t i = 0; i < count; ++i) names.push_back(text(ids[i]));
    return counted(port_of<OutboxStore>(user_data).requeue(names, within(timeout_ms)), out, error_out);
}

tkb_status remove_published(void* user_data, std::int64_t before_ms, std::uint32_t rows_max, std::uint64_t* out, std::uint32_t timeout_ms,
                            tkb_error** error_out) {
    return counted(port_of<OutboxStore>(user_data).remove_published(time(before_ms), rows_max, within(timeout_ms)), out, error_out);
}

tkb_status remove_dead(void* user_data, std::int64_t before_ms, std::uint32_t rows_max, std::uint64_t* out, std::uint32_t timeout_ms,
                       tkb_error** error_out) {
    return counted(port_of<OutboxStore>(user_data).remove_dead(time(before_ms), rows_max, within(timeout_ms)), out, error_out);
}

tkb_outbox_store_vtable vtable() {
    tkb_outbox_store_vtable table = TKB_OUTBOX_STORE_VTABLE_INIT;
    table.acquire = acquire;
    table.release = release;
    table.fetch = fetch;
    table.settle = settle;
    table.statistics = statistics;
    table.dead = dead;
    table.requeue = requeue;
    table.remove_published = remove_published;
    table.remove_dead = remove_dead;
    table.destroy = test::destroy_port<OutboxStore>;
    return table;
}

class CallbackBackend {
public:
    void put(const OutboxRow& row) { database_->add(row); }
    std::unique_ptr<OutboxStore> plain() { return memory::Database::outbox_store(database_); }
    std::unique_ptr<OutboxStore> open() { return open(vtable()); }
    std::unique_ptr<OutboxStore> open(const tkb_outbox_store_vtable& table) {
        return test::through_c<OutboxStore, tkb_outbox_store>(tkb_outbox_store_create, table,
                                                              test::user_data_of(plain()));
    }
    void advance(std::chrono::milliseconds by) { clock_.advance(by); }
    TimePoint now() const { return clock_.now(); }
    bool set_flags(const std::string& id, bool published, std::optional<TimePoint> published_at) {
        auto& state = database_->state();
        auto& record = state.outbox.at(state.outbox_ids.at(id));
        record.published = published;
        record.published_at = published_at;
        return true;
    }

private:
    memory::ManualClock clock_{std::chrono::sys_days(std::chrono::year(2025) / 11 / 21)};
    std::shared_ptr<memory::Database> database_ = std::make_shared<memory::Database>(clock_);
};

}  // namespace

TKB_OUTBOX_STORE_CONFORMANCE(CallbackBackend);

TEST_CASE("tkb_outbox_store: what the relay does not need may be left out, and is unsupported") {
    CallbackBackend backend;
    tkb_outbox_store_vtable table = vtable();
    table.statistics = nullptr;
    table.dead = nullptr;
    table.requeue = nullptr;
    table.remove_published = nullptr;
    table.remove_dead = nullptr;
    const auto store = backend.open(table);
    CHECK(store->statistics(soon()).error().code == Errc::unsupported);
    CHECK(store->dead(1, soon()).error().code == Errc::unsupported);
    CHECK(store->requeue(Ids{"a"}, soon()).error().code == Errc::unsupported);
    CHECK(store->remove_published(backend.now(), 1, soon()).error().code == Errc::unsupported);
    CHECK(store->remove_dead(backend.now(), 1, soon()).error().code == Errc::unsupported);
    CHECK(store->acquire("relay", ttl, soon()).value().has_value());
}

TEST_CASE("tkb_outbox_store: each function the relay needs is required, by name") {
    const auto refused = [](auto member, const char* name) {
        tkb_outbox_store_vtable table = vtable();
        table.*member = nullptr;
        tkb_outbox_store* store = nullptr;
        tkb_error* error = nullptr;
        CHECK(tkb_outbox_store_create(&table, nullptr, &store, &error) == TKB_INVALID_ARGUMENT);
        CHECK(store == nullptr);
        CHECK(text(tkb_error_detail(error)) == std::string("the vtable's ") + name + " is NULL");
        tkb_error_destroy(error);
    };
    refused(&tkb_outbox_store_vtable::acquire, "acquire");
    refused(&tkb_outbox_store_vtable::release, "release");
    refused(&tkb_outbox_store_vtable::fetch, "fetch");
    refused(&tkb_outbox_store_vtable::settle, "settle");
}

TEST_CASE("tkb_relay: a host's functions are called on the thread inside the library's call") {
    CallbackBackend backend;
    for (std::uint64_t n = 1; n <= 6; ++n) put(backend, n, "pay-" + std::to_string(n));
    static std::vector<std::thread::id> callers;
    callers.clear();
    tkb_outbox_store_vtable table = vtable();
    table.settle = [](auto... arguments) {
        callers.push_back(std::this_thread::get_id());
        return settle(arguments...);
    };
    const auto shop = backend.open();
    tkb_outbox_store* store = nullptr;
    REQUIRE(tkb_outbox_store_create(&table, test::user_data_of(backend.plain()), &store, nullptr) == TKB_OK);
    tkb_transport_vtable transport = TKB_TRANSPORT_VTABLE_INIT;
    transport.publish = [](void*, const tkb_message*, std::size_t count, std::uint32_t, tkb_delivery_report* reports) {
        callers.push_back(std::this_thread::get_id());
        for (std::size_t i = 0; i < count; ++i) reports[i].delivery = TKB_DELIVERY_DELIVERED;
        return tkb_status{TKB_OK};
    };
    tkb_relay_options options = TKB_RELAY_OPTIONS_INIT;
    options.batch_rows_max = 2;
    tkb_relay* relay = nullptr;
    REQUIRE(tkb_relay_create(&options, store, &transport, nullptr, &relay, nullptr) == TKB_OK);
    CHECK(tkb_relay_run_once(relay, 10'000, nullptr, nullptr) == TKB_OK);
    tkb_relay_destroy(relay);
    tkb_outbox_store_destroy(store);
    CHECK(callers == std::vector<std::thread::id>(6, std::this_thread::get_id()));
    CHECK(statistics(*shop).published == 6);
}

TEST_CASE("tkb_outbox_store: a page longer than was asked for is refused") {
    CallbackBackend backend;
    tkb_outbox_store_vtable table = vtable();
    table.fetch = [](void*, tkb_bytes, std::uint64_t, std::uint32_t rows_max, tkb_outbox_page* page, std::uint32_t, tkb_error** error_out) {
        const tkb_outbox_row row = TKB_OUTBOX_ROW_INIT;
        tkb_status status = TKB_OK;
        for (std::uint32_t i = 0; i <= rows_max && status == TKB_OK; ++i) status = tkb_outbox_page_add(page, &row, error_out);
        return status;
    };
    const auto fetched = backend.open(table)->fetch({"relay", 1}, 2, soon());
    REQUIRE_FALSE(fetched.has_value());
    CHECK(fetched.error().detail_text() == "more rows than rows_max");
}

}  // namespace ticketbottle::conformance::outbox
