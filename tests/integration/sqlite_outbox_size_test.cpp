// The outbox store on a table of a size: pages must not grow dearer with what waits, is held, or is long published. Bounds are loose:
// they catch a page that costs a scan of the table, not a slow machine.
#include <ticketbottle/sqlite/sqlite.hpp>

#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <chrono>
#include <map>
#include <string>

namespace ticketbottle {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr auto lease_time = 300s;
Deadline soon() { return Deadline::in(120s); }

class Table {
public:
    Table() {
        options_.path = folder_ / "shop.db";
        options_.synchronous = sqlite::Synchronous::normal;
        store = std::move(sqlite::open_outbox_store(options_, soon()).value());
        REQUIRE(sqlite3_open(options_.path.c_str(), &database_) == SQLITE_OK);
        sqlite3_busy_timeout(database_, 20'000);
        lease = store->acquire("relay", lease_time, soon()).value().value();
    }
    ~Table() { sqlite3_close(database_); }
    Table(const Table&) = delete;
    Table& operator=(const Table&) = delete;

    void execute(const std::string& sql) {
        REQUIRE_MESSAGE(sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK, sqlite3_errmsg(database_));
    }
    /// Rows `first` to `last`, their keys in turn.
    void fill(int first, int last, int keys, const char* more_columns = "", const char* more_values = "") {
        execute(fmt::format("WITH RECURSIVE n(i) AS (SELECT {} UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
                            "INSERT INTO outbox (id, aggregateId, aggregateType, eventType, payload, createdAt{}) "
                            "SELECT printf('%08x', i), 'key-' || (i % {}), 'Payment', 'PAYMENT_COMPLETED', '{{\"filler\":\"' || "
                            "hex(zeroblob(100)) || '\"}}', 1763712000000 + i{} FROM n",
                            first, last, more_columns, keys, more_values));
    }
    OutboxPage fetch(std::uint32_t rows_max = 100) { return store->fetch(lease, rows_max, soon()).value(); }
    void settle(const OutboxPage& page, RowSettlement::What what, std::chrono::milliseconds wait = 0ms) {
        std::vector<RowSettlement> rows;
        std::map<std::string_view, bool> failed;
        for (const OutboxRow& row : page.rows) {
            if (failed[row.aggregate_id]) continue;
            failed[row.aggregate_id] = what != RowSettlement::What::published;
            rows.push_back({row.id, what, "no", wait});
        }
        REQUIRE(store->settle(lease, lease_time, rows, soon()).has_value());
    }
    template <class Call>
    static Milliseconds time(Call call) {
        const auto start = Steady::now();
        call();
        return Steady::now() - start;
    }

    std::unique_ptr<OutboxStore> store;
    RelayLease lease;

private:
    test::TemporaryFolder folder_;
    sqlite::Options options_;
    sqlite3* database_ = nullptr;
};

TEST_CASE("SQLite outbox: 200,000 pending rows are drained in pages that all cost the same") {
    Table table;
    table.fill(1, 100'000, 5000, ", published, publishedAt", ", 1, 1763712000000");  // history in front
    table.fill(100'001, 300'000, 5000);
    Milliseconds first{};
    Milliseconds worst{};
    std::size_t rows = 0;
    const auto all = Table::time([&] {
        for (;;) {
            OutboxPage page;
            const auto took = Table::time([&] { page = table.fetch(1000); });
            if (rows == 0) first = took;
            worst = std::max(worst, took);
            if (page.rows.empty()) break;
            rows += page.rows.size();
            table.settle(page, RowSettlement::What::published);
        }
    });
    MESSAGE(fmt::format("{} rows in {:.0f} ms; first page {:.1f} ms, worst {:.1f} ms", rows, all.count(), first.count(), worst.count()));
    CHECK(rows == 200'000);
    CHECK(worst < 500ms);
}

TEST_CASE("SQLite outbox: 200,000 rows behind dead and waiting keys are passed once, not at every page") {
    for (const bool dead : {true, false}) {
        CAPTURE(dead);
        Table table;
        table.fill(1, 200'000, 20'000);
        for (int page = 0; page < 20; ++page) {
            table.settle(table.fetch(1000), dead ? RowSettlement::What::dead : RowSettlement::What::retry, 1h);
        }
        const auto pass = Table::time([&] { CHECK(table.fetch().rows.empty()); });
        Milliseconds sum{};
        constexpr int pages = 50;
        for (int i = 1; i <= pages; ++i) {
            table.fill(200'000 + i, 200'000 + i, 1'000'000);
            OutboxPage page;
            sum += Table::time([&] { page = table.fetch(); });
            REQUIRE(page.rows.size() == 1);
            table.settle(page, RowSettlement::What::published);
        }
        MESSAGE(fmt::format("first pass {:.1f} ms, then {:.2f} ms a page", pass.count(), sum.count() / pages));
        CHECK(sum / pages < 20ms);  // a scan of what is held takes longer by far
    }
}

TEST_CASE("SQLite outbox: retention removes from a large table in short transactions") {
    Table table;
    table.fill(1, 100'000, 5000, ", published, publishedAt", ", 1, 1763712000000 + i");
    table.fill(100'001, 101'000, 5000);
    Milliseconds worst{};
    std::uint64_t removed = 0;
    for (;;) {
        std::uint64_t count = 0;
        const auto took = Table::time([&] {
            count = table.store->remove_published(TimePoint(1763712000000ms + 24h), 1000, soon()).value();
        });
        worst = std::max(worst, took);
        removed += count;
        if (count < 1000) break;
    }
    MESSAGE(fmt::format("{} rows, a thousand took at most {:.1f} ms", removed, worst.count()));
    CHECK(removed == 100'000);
    CHECK(worst < 2s);
    CHECK(table.store->statistics(soon()).value().pending == 1000);
}

}  // namespace
}  // namespace ticketbottle
