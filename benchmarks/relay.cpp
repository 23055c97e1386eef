// Rows a second from a full SQLite outbox to a transport that takes everything, and to the topic log, beside the loop that no relay can go
// under: select a batch, append it to a file and sync that (where it goes to a log), mark its rows in one durable transaction.
#include "temporary_folder.hpp"

#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/file/topic_log.hpp>
#include <ticketbottle/outbox/relay.hpp>
#include <ticketbottle/sqlite/sqlite.hpp>

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>

namespace ticketbottle::benchmarks {
namespace {

constexpr int rows = 20000;
constexpr int keys = 1000;

class NullTransport final : public MessageTransport {
public:
    void publish(std::span<const Message>, std::span<DeliveryReport> reports, Deadline) override {
        for (DeliveryReport& report : reports) report.delivery = Delivery::delivered;
    }
    [[nodiscard]] Result<void> flush(Deadline) override { return {}; }
    [[nodiscard]] Result<void> close(Deadline) override { return {}; }
};

void fill(const std::string& path) {
    sqlite3* db = nullptr;
    sqlite3_open(path.c_str(), &db);
    sqlite3_exec(db, "BEGIN", nullptr, nullptr, nullptr);
    for (int i = 0; i < rows; ++i) {
        outbox::Event event;
        event.id = random_uuid();
        event.aggregate_id = "payment-" + std::to_string(i % keys);
        event.created_at = TimePoint(std::chrono::seconds(1763712000));
        event.event_type = "PAYMENT_COMPLETED";
        event.payload = "{\"payment_id\":\"payment-" + std::to_string(i % keys) + "\",\"filler\":\"" + std::string(240, 'x') + "\"}";
        if (!sqlite::insert_event(db, event).has_value()) throw std::runtime_error("insert");
    }
    sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr);
    sqlite3_close(db);
}

void drain(benchmark::State& state, bool to_topic_log) {
    for (auto _ : state) {
        state.PauseTiming();
        const TemporaryFolder folder;
        sqlite::Options options;
        options.path = folder.file("outbox.db");
        auto store = sqlite::open_outbox_store(options, Deadline::in(std::chrono::seconds(10))).value();
        fill(options.path);
        NullTransport null;
        std::unique_ptr<MessageTransport> log;
        if (to_topic_log) log = file::open_topic_log({.directory = folder.file("topics")}).value();
        outbox::RelayOptions relay_options;
        relay_options.batch_rows_max = static_cast<std::uint32_t>(state.range(0));
        outbox::Relay relay(*store, log ? *log : static_cast<MessageTransport&>(null), relay_options);
        state.ResumeTiming();
        const auto report = relay.run_once(Deadline::in(std::chrono::seconds(60)));
        if (!report.has_value() || report->published != rows) state.SkipWithError("not drained");
    }
    state.SetItemsProcessed(state.iterations() * rows);
}

/// Statements ready, no order per key, no lease, no retries: a row that fails would stop it for ever.
class BareLoop {
public:
    BareLoop(const std::string& path, int batch) {
        sqlite3_open(path.c_str(), &db_);
        sqlite3_exec(db_, "PRAGMA synchronous = FULL", nullptr, nullptr, nullptr);
        const char* const texts[] = {
            R"(SELECT "sequence", "aggregateId", "id", "eventType", "payload" FROM "outbox" WHERE "published" = 0 AND "publishedAt" IS NULL
               ORDER BY "sequence" LIMIT ?1)",
            "BEGIN IMMEDIATE", R"(UPDATE "outbox" SET "published" = 1, "publishedAt" = 1763712001000 WHERE "sequence" = ?1)", "COMMIT"};
        for (std::size_t i = 0; i < statements_.size(); ++i) sqlite3_prepare_v2(db_, texts[i], -1, &statements_[i], nullptr);
        sqlite3_bind_int(statements_[0], 1, batch);
    }
    ~BareLoop() {
        for (auto* statement : statements_) sqlite3_finalize(statement);
        sqlite3_close(db_);
    }
    BareLoop(const BareLoop&) = delete;
    BareLoop& operator=(const BareLoop&) = delete;

    /// Rows marked. `log` is a file descriptor, or -1.
    int run(int log) {
        int total = 0;
        while (select(log)) {
            step(1);
            for (const std::int64_t sequence : sequences_) {
                sqlite3_bind_int64(statements_[2], 1, sequence);
                step(2);
            }
            step(3);
            total += static_cast<int>(sequences_.size());
        }
        return total;
    }

private:
    bool select(int log) {
        sequences_.clear();
        lines_.clear();
        while (sqlite3_step(statements_[0]) == SQLITE_ROW) {
            sequences_.push_back(sqlite3_column_int64(statements_[0], 0));
            for (int i = 1; i < 5; ++i) lines_.append(reinterpret_cast<const char*>(sqlite3_column_text(statements_[0], i))).append(",");
            lines_ += '\n';
        }
        sqlite3_reset(statements_[0]);
        const bool written = log < 0 || (::write(log, lines_.data(), lines_.size()) == static_cast<ssize_t>(lines_.size()) && ::fdatasync(log) == 0);
        return written && !sequences_.empty();
    }
    void step(std::size_t statement) {
        if (sqlite3_step(statements_[statement]) != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(db_));
        sqlite3_reset(statements_[statement]);
    }

    sqlite3* db_ = nullptr;
    std::array<sqlite3_stmt*, 4> statements_{};
    std::vector<std::int64_t> sequences_;
    std::string lines_;
};

void floor_of_drain(benchmark::State& state, bool to_log) {
    for (auto _ : state) {
        state.PauseTiming();
        const TemporaryFolder folder;
        sqlite::Options options;
        options.path = folder.file("outbox.db");
        const auto schema = sqlite::open_outbox_store(options, Deadline::in(std::chrono::seconds(10))).value();
        fill(options.path);
        const int log = to_log ? ::open(folder.file("log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
        {
            BareLoop loop(options.path, static_cast<int>(state.range(0)));
            state.ResumeTiming();
            if (loop.run(log) != rows) state.SkipWithError("not drained");
            state.PauseTiming();
        }
        if (log >= 0) ::close(log);
        state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() * rows);
}

void drain_sqlite_to_null(benchmark::State& state) { drain(state, false); }
void drain_sqlite_to_topic_log(benchmark::State& state) { drain(state, true); }
void floor_select_and_mark(benchmark::State& state) { floor_of_drain(state, false); }
void floor_select_append_and_mark(benchmark::State& state) { floor_of_drain(state, true); }
BENCHMARK(drain_sqlite_to_null)->ArgName("batch")->Arg(100)->Arg(1000)->Iterations(3)->UseRealTime();
BENCHMARK(floor_select_and_mark)->ArgName("batch")->Arg(100)->Arg(1000)->Iterations(3)->UseRealTime();
BENCHMARK(drain_sqlite_to_topic_log)->ArgName("batch")->Arg(100)->Arg(1000)->Iterations(3)->UseRealTime();
BENCHMARK(floor_select_append_and_mark)->ArgName("batch")->Arg(100)->Arg(1000)->Iterations(3)->UseRealTime();

}  // namespace
}  // namespace ticketbottle::benchmarks
