// Through PgBouncer, pooling by transaction: successive statements of one connection run in different sessions of the server.
#include "conformance/payment_values.hpp"
#include "support/postgres_backends.hpp"

#include <ticketbottle/memory/transports.hpp>
#include <ticketbottle/outbox/relay.hpp>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <thread>

namespace ticketbottle {
namespace {

using namespace std::chrono_literals;
using conformance::payments::command;
using conformance::payments::make_payment;
using conformance::payments::success;
using test::postgres_rows;

Deadline soon() { return Deadline::in(60s); }

TEST_CASE("PostgreSQL through PgBouncer by transaction: made, settled by many at once, relayed, over a restart of the pooler") {
    (void)test::postgres_server();
    test::Server pooler("pgbouncer.sh", {test::postgres_server().port_text()});
    postgres_rows("CREATE SCHEMA pooled");
    postgres::Options options;
    options.url = Secret(fmt::format("postgresql://postgres@127.0.0.1:{}/postgres?pgbouncer=true&schema=pooled&connection_limit=8", pooler.port()));
    const auto pool = postgres::Pool::make(options).value();
    REQUIRE(postgres::create_deployed_tables(*pool, soon()).has_value());
    REQUIRE(postgres::migrate(*pool, soon()).has_value());
    constexpr int payments = 200;
    const auto settle = [&](int from, int to) {
        std::vector<std::jthread> gateways;
        for (int t = 0; t < 8; ++t) {
            gateways.emplace_back([&, t] {
                const auto store = postgres::payment_store(pool);
                for (int n = from + t / 2; n < to; n += 4) {  // two at the same payment
                    for (const Deadline patience = soon(); !patience.expired();)
                        if (store->settle(command(success(make_payment(n))), Deadline::in(5s)).has_value()) break;
                }
            });
        }
    };
    for (int n = 0; n < payments; ++n) conformance::payments::create(*postgres::payment_store(pool), make_payment(n));
    settle(0, payments / 2);
    pooler.crash();
    pooler.restart();
    settle(payments / 2, payments);
    CHECK(test::postgres_rows("SELECT count(*) FROM pooled.payments WHERE status = 'COMPLETED'")[0][0] == std::to_string(payments));

    memory::Transport transport;
    const auto outbox = postgres::outbox_store(pool);
    outbox::Relay relay(*outbox, transport);
    CHECK(relay.run_once(soon()).value().published == payments);
    CHECK(transport.messages().size() == payments);
    CHECK(outbox->statistics(soon()).value().pending == 0);
}

TEST_CASE("PostgreSQL through PgBouncer without pgbouncer=true: a prepared statement that is elsewhere costs a repeat, and no call") {
    (void)test::postgres_server();
    test::Server pooler("pgbouncer.sh", {test::postgres_server().port_text()});
    postgres_rows("CREATE SCHEMA unpooled");
    postgres::Options options;
    options.url = Secret(fmt::format("postgresql://postgres@127.0.0.1:{}/postgres?schema=unpooled&connection_limit=4", pooler.port()));
    const auto pool = postgres::Pool::make(options).value();
    REQUIRE(postgres::create_deployed_tables(*pool, soon()).has_value());
    std::atomic<int> failed{0};
    std::vector<std::jthread> callers;
    for (int t = 0; t < 4; ++t) {
        callers.emplace_back([&] {
            const auto store = postgres::payment_store(pool);
            for (int n = 0; n < 50; ++n)
                if (!store->find(PaymentKey::id, "none", soon()).has_value()) ++failed;
        });
    }
    callers.clear();
    CHECK(failed == 0);
}

}  // namespace
}  // namespace ticketbottle
