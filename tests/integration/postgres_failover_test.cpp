// A URL with two hosts: a primary and its standby, which takes over; and a first host that says nothing at all.
#include "conformance/payment_values.hpp"
#include "support/history_checker.hpp"
#include "support/server_process.hpp"

#include <ticketbottle/outbox/relay.hpp>
#include <ticketbottle/postgres/postgres.hpp>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <libpq-fe.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

namespace ticketbottle {
namespace {

using namespace std::chrono_literals;
using conformance::payments::command;
using conformance::payments::make_payment;
using conformance::payments::success;

Deadline soon() { return Deadline::in(60s); }

std::string sql(std::uint16_t port, const std::string& text) {
    const std::unique_ptr<PGconn, void (*)(PGconn*)> handle(PQconnectdb(fmt::format("postgresql://postgres@127.0.0.1:{}/postgres", port).c_str()), PQfinish);
    const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(handle.get(), text.c_str()), PQclear);
    if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR || PQstatus(handle.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(handle.get()));
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

std::shared_ptr<postgres::Pool> pool_of(const std::string& hosts) {
    postgres::Options options;
    options.url = Secret(fmt::format("postgresql://postgres@{}/postgres?target_session_attrs=read-write&connection_limit=6", hosts));
    return postgres::Pool::make(options).value();
}

/// Takes everything, and counts by key.
class Counting final : public MessageTransport {
public:
    void publish(std::span<const Message> messages, std::span<DeliveryReport> reports, Deadline) override {
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < messages.size(); ++i) {
            ++told_[messages[i].key];
            reports[i].delivery = Delivery::delivered;
        }
    }
    Result<void> flush(Deadline) override { return {}; }
    Result<void> close(Deadline) override { return {}; }
    [[nodiscard]] std::map<std::string, int> told() {
        const std::lock_guard lock(mutex_);
        return told_;
    }

private:
    std::mutex mutex_;
    std::map<std::string, int> told_;
};

TEST_CASE("PostgreSQL fails over to its standby under load: what was answered is there, each payment is settled once and told") {
    test::Server primary("postgres.sh");
    test::Server standby("postgres.sh");
    standby.stop();
    (void)standby.call("follow", {standby.folder(), primary.port_text()});
    standby.restart();
    // An answer means that both have it, as with a synchronous standby of a managed service.
    sql(primary.port(), "ALTER SYSTEM SET synchronous_standby_names = '*'");
    sql(primary.port(), "SELECT pg_reload_conf()");
    for (const Deadline patience = soon(); sql(primary.port(), "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != "1";) {
        REQUIRE_FALSE(patience.expired());
        std::this_thread::sleep_for(20ms);
    }

    const auto pool = pool_of(fmt::format("127.0.0.1:{},127.0.0.1:{}", primary.port(), standby.port()));
    REQUIRE(postgres::create_deployed_tables(*pool, soon()).has_value());
    REQUIRE(postgres::migrate(*pool, soon()).has_value());
    constexpr int payments = 300;
    for (int n = 0; n < payments; ++n) conformance::payments::create(*postgres::payment_store(pool), make_payment(n));

    Counting transport;
    const auto outbox = postgres::outbox_store(pool);
    outbox::RelayOptions options;
    options.batch_rows_max = 50;
    options.lease = 2s;
    options.publish_timeout = 1s;
    REQUIRE(outbox::check(options).has_value());
    options.poll_max = 20ms;
    options.backoff_max = 200ms;
    outbox::BackgroundRelay relay(*outbox, transport, options);
    std::atomic<int> answered{0};
    std::atomic<bool> lost_patience{false};
    std::vector<std::jthread> gateways;
    for (int t = 0; t < 3; ++t) {
        gateways.emplace_back([&, t] {
            const auto store = postgres::payment_store(pool);
            for (int n = t; n < payments; n += 3) {
                const Deadline patience = soon();
                while (!store->settle(command(success(make_payment(n))), Deadline::in(4s)).has_value()) {
                    if (patience.expired()) lost_patience = true;
                    if (patience.expired()) return;
                    std::this_thread::sleep_for(20ms);
                }
                ++answered;
            }
        });
    }
    while (answered < payments / 3) std::this_thread::sleep_for(5ms);
    primary.crash();
    (void)standby.call("promote", {standby.folder()});
    sql(standby.port(), "ALTER SYSTEM RESET synchronous_standby_names");  // it has none itself
    sql(standby.port(), "SELECT pg_reload_conf()");
    gateways.clear();
    CHECK_FALSE(lost_patience);
    CHECK(answered == payments);
    for (const Deadline patience = soon(); !patience.expired();) {
        const auto left = outbox->statistics(soon());
        if (left.has_value() && left->pending == 0) break;
        std::this_thread::sleep_for(50ms);
    }
    relay.stop();
    CHECK(sql(standby.port(), "SELECT count(*) FROM payments WHERE status = 'COMPLETED'") == std::to_string(payments));
    CHECK(sql(standby.port(), "SELECT count(*) FROM outbox WHERE published AND id <> 'ticketbottle-relay-lease'") == std::to_string(payments));
    const std::map<std::string, int> told = transport.told();
    CHECK(told.size() == payments);
    int repeats = 0;
    for (const auto& [key, times] : told) repeats += times - 1;
    CHECK(repeats <= 50);  // the page in flight
}

TEST_CASE("PostgreSQL URL with two hosts: one that takes connections and says nothing does not keep a call from the other") {
    test::Server server("postgres.sh", {"--no-fsync"});
    const int silent = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(silent, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(silent, 16) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(silent, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    const auto pool = pool_of(fmt::format("127.0.0.1:{},127.0.0.1:{}", ntohs(address.sin_port), server.port()));
    const auto began = std::chrono::steady_clock::now();
    const auto layout = postgres::inspect(*pool, Deadline::in(4s));
    CHECK_MESSAGE(layout.has_value(), to_string(layout.error()));
    CHECK(std::chrono::steady_clock::now() - began < 4s);
    ::close(silent);
}

}  // namespace
}  // namespace ticketbottle
