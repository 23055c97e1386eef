// The outbox stores of the memory and sqlite components against the port's contract.
#include "conformance/outbox_store.hpp"

#include <ticketbottle/memory/database.hpp>
#include <ticketbottle/memory/manual_clock.hpp>
#include <ticketbottle/sqlite/sqlite.hpp>

#include "memory/state.hpp"

#include <sqlite3.h>

#include <filesystem>
#include <string>
#include <unistd.h>

namespace ticketbottle::conformance::outbox {

namespace {

const TimePoint start = std::chrono::sys_days(std::chrono::year(2025) / 11 / 21);

class MemoryBackend {
public:
    void put(const OutboxRow& row) { database_->add(row); }
    std::unique_ptr<OutboxStore> open() { return memory::Database::outbox_store(database_); }
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
    memory::ManualClock clock_{start};
    std::shared_ptr<memory::Database> database_ = std::make_shared<memory::Database>(clock_);
};

/// A database file in a directory of its own, written to by an embedder's own connection.
class SqliteBackend {
public:
    SqliteBackend() {
        std::string pattern = (std::filesystem::temp_directory_path() / "tkb-outbox-XXXXXX").string();
        directory_ = ::mkdtemp(pattern.data());
        options_.path = directory_ / "shop.db";
        options_.clock = &clock_;
        options_.synchronous = sqlite::Synchronous::normal;
        REQUIRE(open() != nullptr);
        REQUIRE(sqlite3_open(options_.path.c_str(), &writer_) == SQLITE_OK);
        sqlite3_busy_timeout(writer_, 10'000);
        execute("PRAGMA synchronous = OFF");
    }
    ~SqliteBackend() {
        sqlite3_close(writer_);
        std::filesystem::remove_all(directory_);
    }
    SqliteBackend(const SqliteBackend&) = delete;
    SqliteBackend& operator=(const SqliteBackend&) = delete;

    void put(const OutboxRow& row) {
        const auto id = sqlite::insert_event(
            writer_, {row.id, row.aggregate_id, row.aggregate_type, row.event_type, row.payload, row.created_at,
                      row.traceparent});
        REQUIRE_MESSAGE(id.has_value(), (id.has_value() ? std::string() : to_string(id.error())));
        CHECK(*id == row.id);
    }
    std::unique_ptr<OutboxStore> open() {
        auto store = sqlite::open_outbox_store(options_, soon());
        REQUIRE_MESSAGE(store.has_value(), (store.has_value() ? std::string() : to_string(store.error())));
        return std::move(*store);
    }
    void advance(std::chrono::milliseconds by) { clock_.advance(by); }
    TimePoint now() const { return clock_.now(); }
    bool set_flags(const std::string& id, bool published, std::optional<TimePoint> published_at) {
        execute("UPDATE outbox SET published = " + std::to_string(int(published)) + ", publishedAt = " +
                (published_at ? std::to_string(published_at->time_since_epoch().count()) : "NULL") + " WHERE id = '" + id + "'");
        return true;
    }

private:
    void execute(const std::string& sql) { REQUIRE(sqlite3_exec(writer_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK); }

    memory::ManualClock clock_{start};
    std::filesystem::path directory_;
    sqlite::Options options_;
    sqlite3* writer_ = nullptr;
};

}  // namespace

}  // namespace ticketbottle::conformance::outbox

TYPE_TO_STRING_AS("memory", ticketbottle::conformance::outbox::MemoryBackend);
TYPE_TO_STRING_AS("sqlite", ticketbottle::conformance::outbox::SqliteBackend);

namespace ticketbottle::conformance::outbox {

TKB_OUTBOX_STORE_CONFORMANCE(MemoryBackend, SqliteBackend);

// Not every store's clock can step back; these two take a host's.
TEST_CASE_TEMPLATE("OutboxStore: a lease given before the clock was set back does not shut the others out", Backend, MemoryBackend,
                   SqliteBackend) {
    Backend backend;
    const auto first = backend.open();
    const auto second = backend.open();
    const RelayLease lease = lease_of(*first, "relay-1");
    backend.advance(-24h);
    CHECK(lease_of(*second, "relay-2").epoch > lease.epoch);
    CHECK(first->settle(lease, ttl, {}, soon()).error().code == Errc::conflict);
}

}  // namespace ticketbottle::conformance::outbox
