// Rows a second from a full SQLite outbox to a transport that takes everything, and to the topic log.
#include "temporary_folder.hpp"

#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/file/topic_log.hpp>
#include <ticketbottle/outbox/relay.hpp>
#include <ticketbottle/sqlite/sqlite.hpp>

#include <benchmark/benchmark.h>
#include <sqlite3.h>

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

void drain_sqlite_to_null(benchmark::State& state) { drain(state, false); }
void drain_sqlite_to_topic_log(benchmark::State& state) { drain(state, true); }
BENCHMARK(drain_sqlite_to_null)->Arg(100)->Arg(1000)->Iterations(3)->UseRealTime();
BENCHMARK(drain_sqlite_to_topic_log)->Arg(100)->Arg(1000)->Iterations(3)->UseRealTime();

}  // namespace
}  // namespace ticketbottle::benchmarks
