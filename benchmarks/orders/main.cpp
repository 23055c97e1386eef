// benchmark_orders [--rounds N] [--scale X] [--threads N] [--binlog]: Stripe webhooks settled on the tables of docs/cachao.md, a MariaDB with synced
// commits; Floor writes two rows of the same tables. In turns; medians, and the median of the rounds' ratios.
#include "orders/floor.hpp"
#include "stack/figures.hpp"

#include "support/server_process.hpp"

#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/mariadb/orders.hpp>
#include <ticketbottle/webhook/handler.hpp>

#include <fmt/format.h>

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace ticketbottle::benchmarks {
namespace {

constexpr int tickets = 1000;
constexpr int history = 50'000;  // orders paid before

struct Size {
    int rounds = 5;
    double scale = 1;
    std::size_t threads = 0;  // 0: 1, 8 and 32 in turn
    bool binlog = false;
};

class Shop {
public:
    explicit Shop(bool binlog) : server_("mariadb.sh", arguments(binlog)), client_(server_.port(), "test") {
        options_.host = "127.0.0.1";
        options_.port = server_.port();
        options_.database = "test";
        options_.user = "root";
        options_.tls.mode = mariadb::TlsMode::off;
        const auto pool = this->pool(1);
        const Deadline deadline = Deadline::in(std::chrono::minutes(1));
        if (const auto made = mariadb::create_deployed_tables(*pool, deadline); !made.has_value()) throw std::runtime_error(to_string(made.error()));
        if (const auto made = mariadb::migrate(*pool, deadline); !made.has_value()) throw std::runtime_error(to_string(made.error()));
        client_.sql(fmt::format("INSERT INTO tickets (id, event_id, name, price, quantity, sold_quantity) SELECT seq, 7, 'Balcony', 19.99, 100000000, 0 FROM seq_1_to_{}", tickets));
        (void)make(history, 0, "paid");
        client_.sql(fmt::format("INSERT INTO payment_inbox (gateway, dedupKey, paymentId, transactionId, chargeId, status, amount, currency, outcome, "
                                "refusal, raised, receivedAt) SELECT 'stripe', CONCAT('evt_old_', seq), seq, 'pi_old', 'pi_old', 'succeeded', 1999, 'EUR', "
                                "'applied', 'none', 0, NOW(3) FROM seq_1_to_{}", history));
    }
    [[nodiscard]] std::uint16_t port() const { return server_.port(); }
    [[nodiscard]] std::shared_ptr<mariadb::Pool> pool(std::size_t connections) {
        options_.connections_max = static_cast<std::uint32_t>(connections);
        return mariadb::Pool::make(options_).value();
    }
    /// So many new orders; the first one's number. \param ticket  0: each of another of the thousand.
    std::int64_t make(std::int64_t count, int ticket, const char* status = "pending") {
        const std::int64_t first = next_;
        next_ += count;
        client_.sql(fmt::format("INSERT INTO ticket_orders (id, event_id, ticket_id, email, quantity, unit_price, total_amount, status, "
                                "stripe_checkout_session_id) SELECT seq, 7, {}, 'buyer@shop.example', 1, 19.99, 19.99, '{}', CONCAT('cs_test_', seq) "
                                "FROM seq_{}_to_{}", ticket == 0 ? fmt::format("1 + seq % {}", tickets) : std::to_string(ticket), status, first, next_ - 1));
        return first;
    }
    /// Throws unless each of them is paid with one event; with `counted` also one inbox row each, and the tickets say as many as were sold.
    void check(std::int64_t first, std::int64_t count, std::int64_t sold) {
        const std::string range = fmt::format("BETWEEN {} AND {}", first, first + count - 1);
        expect("COUNT(*) FROM ticket_orders WHERE status = 'paid' AND id " + range, count);
        expect("COUNT(DISTINCT aggregateId) FROM outbox", count);
        expect("COUNT(*) FROM outbox", count);
        expect("SUM(sold_quantity) FROM tickets", sold_ += sold);
        client_.sql("TRUNCATE outbox");  // as a relay would have emptied it
    }
    [[nodiscard]] double cpu_seconds() const { return cpu_seconds_of(process_); }
    [[nodiscard]] std::string version() { return client_.sql("SELECT VERSION()"); }

private:
    static std::vector<std::string> arguments(bool binlog) {
        return binlog ? std::vector<std::string>{} : std::vector<std::string>{"--skip-log-bin"};
    }
    void expect(const std::string& what, std::int64_t count) {
        const std::string found = client_.sql("SELECT " + what);
        if (found != std::to_string(count)) throw std::runtime_error(fmt::format("{}: {}, not {}", what, found, count));
    }
    [[nodiscard]] pid_t server_process() const {
        std::ifstream file(server_.folder() + "/run/mariadbd.pid");
        pid_t process = 0;
        file >> process;
        return process;
    }

    test::Server server_;
    MariadbClient client_;
    mariadb::Options options_;
    pid_t process_ = server_process();
    std::int64_t next_ = 1;
    std::int64_t sold_ = 0;
};

struct Run {
    std::vector<double> per_second, server_cpu;
    [[nodiscard]] std::string text() const { return fmt::format("{:8.0f} {:6.0f}", median(per_second), median(server_cpu)); }
};

/// One call for each of the orders, by so many threads, each with what `make` makes it.
void timed(Shop& shop, std::size_t threads, std::int64_t first, std::int64_t count, Run& run,
           const std::function<std::function<void(std::int64_t)>()>& make) {
    std::vector<std::function<void(std::int64_t)>> workers;
    for (std::size_t i = 0; i < threads; ++i) workers.push_back(make());
    std::atomic<std::int64_t> next{first};
    std::atomic<bool> failed{false};
    const double cpu = shop.cpu_seconds();
    const auto began = std::chrono::steady_clock::now();
    {
        std::vector<std::jthread> running;
        for (const auto& worker : workers) {
            running.emplace_back([&] {
                try {
                    for (std::int64_t n = next++; n < first + count && !failed; n = next++) worker(n);
                } catch (const std::exception& error) {
                    if (!failed.exchange(true)) fmt::print(stderr, "benchmark_orders: {}\n", error.what());
                }
            });
        }
    }
    if (failed) throw std::runtime_error("a call failed");
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    run.per_second.push_back(static_cast<double>(count) / took.count());
    run.server_cpu.push_back((shop.cpu_seconds() - cpu) / static_cast<double>(count) * 1e6);
}

void run_floor(Shop& shop, std::size_t threads, int ticket, std::int64_t count, Floor::Ticket counted, Run& run) {
    const std::string payload(230, 'x');  // as long as the event of ours
    const std::int64_t first = shop.make(count, ticket);
    timed(shop, threads, first, count, run, [&] {
        return [floor = std::make_shared<Floor>(shop.port(), "test", counted), &payload, ticket](std::int64_t n) {
            floor->complete(n, ticket == 0 ? 1 + n % tickets : ticket, derived_uuid(std::to_string(n), "floor"), payload);
        };
    });
    shop.check(first, count, counted == Floor::Ticket::counted ? count : 0);
}

Gateways gateways() {
    Gateways gateways;
    gateways.stripe.emplace().endpoint_secrets = {Secret("whsec_not_a_real_one")};
    return gateways;
}

Request webhook(const Gateways& gateways, std::int64_t order) {
    TestNotification event;
    event.status = NotifiedStatus::succeeded;
    event.order_id = std::to_string(order);
    event.link_id = "cs_test_" + event.order_id;
    event.transaction_id = "pi_" + event.order_id;
    event.event_id = "evt_" + event.order_id;
    event.amount = {1999, *Currency::parse("EUR")};
    return stripe::sign(event, *gateways.stripe, SystemClock().now()).value();
}

/// What one thread of a server has.
struct Entry {
    Gateways gateways = benchmarks::gateways();
    SystemClock clock;
    std::unique_ptr<PaymentStore> store;
    WebhookHandler handler;
    explicit Entry(std::shared_ptr<mariadb::Pool> pool)
        : store(mariadb::order_store(std::move(pool)).value()), handler(gateways, *store, clock) {}
};

void run_ours(Shop& shop, std::size_t threads, int ticket, std::int64_t count, Run& run) {
    const auto warm_up = static_cast<std::int64_t>(threads) * 4;  // connections and their statements are made before
    const std::int64_t first = shop.make(count + warm_up, ticket);
    const auto pool = shop.pool(threads);
    const Gateways keys = gateways();
    std::vector<Request> requests;
    for (std::int64_t n = 0; n < count + warm_up; ++n) requests.push_back(webhook(keys, first + n));
    const auto make = [&] {
        return [entry = std::make_shared<Entry>(pool), &requests, first](std::int64_t n) {
            const Handled handled = entry->handler.handle(requests[static_cast<std::size_t>(n - first)], Deadline::in(std::chrono::seconds(60)));
            if (handled.settled.outcome != Outcome::applied) throw std::runtime_error("a callback was not applied: " + handled.reply.body);
        };
    };
    Run warming;
    timed(shop, threads, first, warm_up, warming, make);
    timed(shop, threads, first + warm_up, count, run, make);
    shop.check(first, count + warm_up, count + warm_up);
}

void compare(Shop& shop, std::size_t threads, int ticket, std::int64_t count, int rounds) {
    Run ours, floor, counting;
    std::vector<double> of_floor, of_counting;
    for (int round = 0; round < rounds; ++round) {
        run_floor(shop, threads, ticket, count, Floor::Ticket::untouched, floor);
        run_ours(shop, threads, ticket, count, ours);
        run_floor(shop, threads, ticket, count, Floor::Ticket::counted, counting);
        of_floor.push_back(ours.per_second.back() / floor.per_second.back());
        of_counting.push_back(ours.per_second.back() / counting.per_second.back());
    }
    fmt::print("{:>7} {:>8} | {} | {} {:6.2f} | {} {:6.2f} | {:5.1f}\n", threads, ticket == 0 ? "1000" : "one", ours.text(), floor.text(),
               median(of_floor), counting.text(), median(of_counting), load_average());
    std::fflush(stdout);
}

void run(const Size& size) {
    Shop shop(size.binlog);
    fmt::print("Orders settled a second: a signed Stripe webhook verified, decided, committed, on MariaDB {} (synced, binary log {}).\n"
               "floor: UPDATE order, INSERT outbox in a transaction; and with UPDATE tickets before its COMMIT. Ratios: medians of {} rounds in turns.\n"
               "CPU: microseconds for each order, of the server.\n"
               "{:>7} {:>8} | {:>8} {:>6} | {:>8} {:>6} {:>6} | {:>8} {:>6} {:>6} | {:>5}\n",
               shop.version(), size.binlog ? "on, synced" : "off", size.rounds, "threads", "tickets", "ours/s", "CPU", "floor/s", "CPU", "ratio",
               "+ticket/s", "CPU", "ratio", "load");
    for (const int ticket : {0, 1}) {
        for (const auto& [threads, usual] : {std::pair<std::size_t, double>{1, 1500}, {8, 4000}, {32, 8000}})
            if (size.threads == 0 || size.threads == threads) compare(shop, threads, ticket, static_cast<std::int64_t>(usual * size.scale), size.rounds);
    }
}

}  // namespace
}  // namespace ticketbottle::benchmarks

int main(int count, char** words) {
    ticketbottle::benchmarks::Size size;
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        const char* const value = i + 1 < count ? words[i + 1] : nullptr;
        if (word == "--binlog") {
            size.binlog = true;
        } else if (word == "--rounds" && value != nullptr && std::atoi(value) > 0) {
            size.rounds = std::atoi(words[++i]);
        } else if (word == "--threads" && value != nullptr && std::atoi(value) > 0) {
            size.threads = static_cast<std::size_t>(std::atoi(words[++i]));
        } else if (word == "--scale" && value != nullptr && std::atof(value) >= 0.01) {
            size.scale = std::atof(words[++i]);
        } else {
            std::fputs("Usage: benchmark_orders [--rounds N] [--scale X] [--threads 1|8|32] [--binlog]\n", stderr);
            return 2;
        }
    }
    try {
        ticketbottle::benchmarks::run(size);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "benchmark_orders: %s\n", error.what());
        return 1;
    }
    return 0;
}
