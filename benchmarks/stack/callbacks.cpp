// ZaloPay callbacks to `ticketbottle serve` on PostgreSQL, each for a pending payment of its own; pgbench writes the same rows.
#include "stack/database.hpp"
#include "stack/figures.hpp"
#include "stack/http_load.hpp"
#include "stack/pgbench.hpp"
#include "stack/scenarios.hpp"

#include "keys.hpp"

#include <ticketbottle/ports/clock.hpp>

#include <fmt/format.h>

#include <utility>

namespace ticketbottle::benchmarks {
namespace {

// Handlers at once: as many as the most clients. They share few connections.
constexpr int threads = 64;
constexpr int connections = 8;
constexpr std::size_t warm_ups = 200;
constexpr std::int64_t history = 50'000;  // settled payments there are before
constexpr std::int64_t numbers_begin = 251121000000000;  // keys.hpp counts from there

class ServedProgram {
public:
    ServedProgram(const Database& database, const std::string& folder)
        : program_(TKB_PROGRAM, {"serve"},
                   {{"DATABASE_URL", database.url("?connection_limit=" + std::to_string(connections))},
                    {"TICKETBOTTLE_DATA", folder},
                    {"TICKETBOTTLE_LISTEN", "127.0.0.1:0"},
                    {"TICKETBOTTLE_THREADS", std::to_string(threads)},
                    {"LOG_LEVEL", "warning"},
                    {"ZALOPAY_APP_ID", "990001"},
                    {"ZALOPAY_KEY2", "zalopay-example-key"}},
                   folder, "serve") {
        const std::string line = program_.await_line("\"listening\"");
        const auto at = line.find("\"port\":");
        if (at == std::string::npos) throw std::runtime_error("ticketbottle serve: " + program_.err());
        port_ = static_cast<std::uint16_t>(std::stoul(line.substr(at + 7)));
    }
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] ProcessUse use() const { return use_of(program_.pid()); }
    [[nodiscard]] std::string err() const { return program_.err(); }

private:
    test::Program program_;
    std::uint16_t port_ = 0;
};

std::string callback(const Gateways& gateways, std::int64_t number) {
    const auto signed_request = sign(gateways, Gateway::zalopay, paid(Gateway::zalopay, number), SystemClock().now());
    if (!signed_request.has_value()) throw std::runtime_error(to_string(signed_request.error()));
    std::string text = fmt::format("POST /webhook/zalopay HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n", signed_request->body.size());
    for (const Header& header : signed_request->headers) text += fmt::format("{}: {}\r\n", header.name, header.value);
    return text + "\r\n" + signed_request->body;
}

/// Payments of example callbacks first .. first+count-1.
std::string insert_payments(std::int64_t first, std::size_t count, const char* status) {
    return fmt::format(R"(
INSERT INTO payments (id, "orderCode", "amountCents", currency, provider, "providerTransactionId", "idempotencyKey", "redirectUrl",
                      "paymentUrl", status, metadata, "updatedAt")
SELECT gen_random_uuid()::text, 'TB-BENCH-' || n, 250000, 'VND', 'zalopay', '251121_TB-BENCH-' || n, 'key-' || n, 'https://shop.example/back',
       'https://gateway.example/pay/' || n, '{2}',
       jsonb_build_object('customer_email', 'buyer' || n || '@example.com', 'event_id', 'event-1', 'session_id', 'session-' || n), now()
  FROM generate_series({0}::bigint, {0}::bigint + {1} - 1) AS n)",
                       numbers_begin + first, count, status);
}

/// A shop that has been there for a while: settled payments, their inbox and their published events.
void make_history(Database& database) {
    database.sql(insert_payments(0, history, "COMPLETED"));
    database.sql(R"(
INSERT INTO payment_inbox (gateway, "dedupKey", "paymentId", "transactionId", "chargeId", status, amount, currency, outcome, refusal, raised, "receivedAt")
SELECT 'zalopay', 'old-' || id, id, "orderCode", "orderCode", 'succeeded', 250000, 'VND', 'applied', 'none', false, now() FROM payments)");
    database.sql(R"(
INSERT INTO outbox (id, "aggregateId", "aggregateType", "eventType", payload, published, "publishedAt")
SELECT gen_random_uuid()::text, id, 'Payment', 'PAYMENT_COMPLETED', '{"payment_id": "old"}', true, now() FROM payments)");
    database.settle_down();
}

/// Callbacks that have their payments, and no other run had them.
struct Payments {
    Database& database;
    std::int64_t next = history;

    std::int64_t make(std::size_t count) {
        const std::int64_t first = std::exchange(next, next + static_cast<std::int64_t>(count));
        database.sql(insert_payments(first, count, "PENDING"));
        database.settle_down();
        return first;
    }
    /// Throws unless all there ever were are completed and have one event and one inbox entry.
    void check() const {
        const std::string wrong = database.sql(R"(
SELECT (SELECT count(*) FROM payments p LEFT JOIN (SELECT "aggregateId", count(*) AS events FROM outbox GROUP BY 1) o ON o."aggregateId" = p.id
         WHERE p.status <> 'COMPLETED' OR o.events IS DISTINCT FROM 1)
     + (SELECT abs((SELECT count(DISTINCT "paymentId") FROM payment_inbox) - (SELECT count(*) FROM payments))))");
        if (wrong != "0") throw std::runtime_error("payments that are not completed with one event: " + wrong);
    }
};

struct Run {
    std::vector<double> per_second, p50, p99;
    std::vector<double> server_cpu;  ///< Microseconds for each callback, of PostgreSQL's processes.
    void add(double rate, const std::vector<double>& milliseconds) {
        per_second.push_back(rate);
        p50.push_back(quantile(milliseconds, 0.5));
        p99.push_back(quantile(milliseconds, 0.99));
    }
    [[nodiscard]] std::string text() const {
        return fmt::format("{:9.0f} {:6.2f} {:7.2f} {:6.0f}", median(per_second), median(p50), median(p99), median(server_cpu));
    }
};

void run_pgbench(Payments& payments, const char* script, std::size_t clients, std::size_t count, Run& run) {
    const std::int64_t first = payments.make(count);
    const double cpu_before = payments.database.cpu_seconds();
    const PgbenchResult result = pgbench(script, payments.database.port(), clients, count, numbers_begin + first);
    run.server_cpu.push_back((payments.database.cpu_seconds() - cpu_before) / static_cast<double>(count) * 1e6);
    run.add(result.per_second, result.milliseconds);
    payments.check();
}

void run_ours(Payments& payments, const ServedProgram& served, std::size_t clients, std::size_t count, Run& run, std::vector<double>& cpu) {
    constexpr std::string_view taken = "\"return_code\":1";
    const std::int64_t first = payments.make(count + warm_ups);
    const Gateways gateways = example_gateways();
    std::vector<std::string> warm_up, requests;
    for (std::size_t n = 0; n < count + warm_ups; ++n)
        (n < warm_ups ? warm_up : requests).push_back(callback(gateways, first + static_cast<std::int64_t>(n)));
    (void)send_all(served.port(), clients, warm_up, taken);
    const double cpu_before = served.use().cpu_seconds, server_cpu_before = payments.database.cpu_seconds();
    const LoadResult result = send_all(served.port(), clients, requests, taken);
    cpu.push_back((served.use().cpu_seconds - cpu_before) / static_cast<double>(count) * 1e6);
    run.server_cpu.push_back((payments.database.cpu_seconds() - server_cpu_before) / static_cast<double>(count) * 1e6);
    if (result.unwelcome > 0) throw std::runtime_error(fmt::format("{} callbacks were not taken: {}", result.unwelcome, served.err()));
    run.add(static_cast<double>(count) / result.seconds, result.milliseconds);
    payments.check();
}

}  // namespace

void callbacks(const Size& size) {
    const test::TemporaryFolder folder;
    Database database(folder.path().string());
    make_history(database);
    Payments payments{database};
    const ServedProgram served(database, folder.path().string());
    fmt::print("Callbacks settled a second: HTTP in, committed in PostgreSQL (fsync on), answered. serve: {} threads, {} connections; pgbench:\n"
               "a connection per client, the same rows written by three statements in a transaction, or by one statement. Milliseconds.\n"
               "CPU: microseconds for each callback, of serve, and of PostgreSQL's processes.\n"
               "{:>7} | {:>9} {:>6} {:>7} {:>6} | {:>9} {:>6} {:>7} {:>6} | {:>9} {:>6} {:>7} {:>6} | {:>13} {:>13} | {:>9} {:>5}\n",
               threads, connections, "clients", "serve/s", "p50", "p99", "PG CPU", "pgbench/s", "p50", "p99", "PG CPU", "one st./s", "p50", "p99", "PG CPU",
               "serve/pgbench", "serve/one st.", "serve CPU", "load");
    for (const auto& [clients, usual] : {std::pair<std::size_t, double>{1, 5000}, {8, 20'000}, {64, 24'000}}) {
        if (size.clients != 0 && size.clients != clients) continue;
        const auto count = static_cast<std::size_t>(usual * size.scale) / 64 * 64;
        Run ours, transaction, one_statement;
        std::vector<double> cpu;
        for (int round = 0; round < size.rounds; ++round) {
            run_pgbench(payments, "transaction.sql", clients, count, transaction);
            run_ours(payments, served, clients, count, ours, cpu);
            run_pgbench(payments, "one_statement.sql", clients, count, one_statement);
            fmt::print(stderr, "callbacks, {} clients, round {}: serve {:.0f}, pgbench {:.0f}, one statement {:.0f}\n", clients, round + 1,
                       ours.per_second.back(), transaction.per_second.back(), one_statement.per_second.back());
        }
        fmt::print("{:>7} | {} | {} | {} | {:>13.2f} {:>13.2f} | {:>9.0f} {:>5.1f}\n", clients, ours.text(), transaction.text(), one_statement.text(),
                   median(ours.per_second) / median(transaction.per_second), median(ours.per_second) / median(one_statement.per_second), median(cpu),
                   load_average());
    }
    fmt::print("serve's peak: {:.0f} MiB\n\n", served.use().peak_mib);
}

}  // namespace ticketbottle::benchmarks
