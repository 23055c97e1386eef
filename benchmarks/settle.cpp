// Callbacks a second from signed bytes to a durable SQLite commit, beside a bare transaction of the same three writes.
#include "keys.hpp"
#include "temporary_folder.hpp"

#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/sqlite/sqlite.hpp>
#include <ticketbottle/webhook/handler.hpp>

#include <benchmark/benchmark.h>
#include <sqlite3.h>

namespace ticketbottle::benchmarks {
namespace {

Deadline soon() { return Deadline::in(std::chrono::seconds(30)); }

sqlite::Options options(const TemporaryFolder& folder, std::int64_t synchronous) {
    sqlite::Options options;
    options.path = folder.file("payments.db");
    options.synchronous = synchronous == 0 ? sqlite::Synchronous::full : sqlite::Synchronous::normal;
    return options;
}

Payment payment(const TestNotification& n) {
    Payment p;
    p.id = random_uuid();
    p.order_code = n.order_id;
    p.amount = n.amount;
    p.provider = "vnpay";
    p.provider_transaction_id = n.order_id;
    p.idempotency_key = "key-" + n.order_id;
    p.redirect_url = p.payment_url = "https://shop.example.com/";
    p.metadata = R"({"customer_email":"an@example.com","customer_name":"An","event_name":"Live"})";
    p.created_at = p.updated_at = received;
    return p;
}

void callback_to_sqlite_commit(benchmark::State& state) {
    const TemporaryFolder folder;
    const Gateways gateways = example_gateways();
    auto store = sqlite::open_payment_store(options(folder, state.range(0)), soon()).value();
    const SystemClock clock;
    WebhookHandler handler(gateways, *store, clock);
    std::vector<Request> requests;
    for (std::int64_t i = 0; i < state.max_iterations; ++i) {
        const TestNotification n = paid(Gateway::vnpay, i);
        if (!store->create(payment(n), soon()).has_value()) return state.SkipWithError("create");
        requests.push_back(sign(gateways, Gateway::vnpay, n, received).value());
    }
    std::size_t next = 0;
    for (auto _ : state) {
        const Handled handled = handler.handle(requests[next++], soon());
        if (handled.situation != Situation::applied) state.SkipWithError("not applied");
    }
    state.SetItemsProcessed(state.iterations());
    state.SetLabel(state.range(0) == 0 ? "synchronous=FULL" : "synchronous=NORMAL");
}
BENCHMARK(callback_to_sqlite_commit)->Arg(0)->Arg(1)->Iterations(3000)->UseRealTime();

void floor_three_writes_to_sqlite(benchmark::State& state) {
    const TemporaryFolder folder;
    sqlite3* db = nullptr;
    sqlite3_open(folder.file("floor.db").c_str(), &db);
    const auto run = [db](const char* sql) { sqlite3_exec(db, sql, nullptr, nullptr, nullptr); };
    run("PRAGMA journal_mode=WAL");
    run(state.range(0) == 0 ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
    run("CREATE TABLE p(id TEXT PRIMARY KEY, status TEXT, at INTEGER)");
    run("CREATE TABLE i(k TEXT PRIMARY KEY, body TEXT)");
    run("CREATE TABLE o(n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, body TEXT)");
    std::vector<std::string> ids;
    run("BEGIN");
    for (std::int64_t i = 0; i < state.max_iterations; ++i) {
        ids.push_back(random_uuid());
        run(("INSERT INTO p VALUES('" + ids.back() + "','PENDING',0)").c_str());
    }
    run("COMMIT");
    const std::string body(300, 'x');
    sqlite3_stmt* statements[5] = {};
    const char* texts[5] = {"BEGIN IMMEDIATE", "UPDATE p SET status='COMPLETED', at=1 WHERE id=?1", "INSERT INTO i VALUES(?1, ?2)",
                            "INSERT INTO o(id, body) VALUES(?1, ?2)", "COMMIT"};
    for (int i = 0; i < 5; ++i) sqlite3_prepare_v2(db, texts[i], -1, &statements[i], nullptr);
    std::size_t next = 0;
    for (auto _ : state) {
        const std::string& id = ids[next++];
        for (int i = 0; i < 5; ++i) {
            sqlite3_reset(statements[i]);
            if (i > 0 && i < 4) sqlite3_bind_text(statements[i], 1, id.data(), static_cast<int>(id.size()), SQLITE_STATIC);
            if (i > 1 && i < 4) sqlite3_bind_text(statements[i], 2, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
            if (sqlite3_step(statements[i]) != SQLITE_DONE) state.SkipWithError(sqlite3_errmsg(db));
        }
    }
    state.SetItemsProcessed(state.iterations());
    state.SetLabel(state.range(0) == 0 ? "synchronous=FULL" : "synchronous=NORMAL");
    for (auto* statement : statements) sqlite3_finalize(statement);
    sqlite3_close(db);
}
BENCHMARK(floor_three_writes_to_sqlite)->Arg(0)->Arg(1)->Iterations(3000)->UseRealTime();

}  // namespace
}  // namespace ticketbottle::benchmarks
