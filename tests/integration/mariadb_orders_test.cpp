// Orders of the deployed tables, paid through both of Stripe's entries, on a real MariaDB: many callbacks at once, locks held by others,
// a server that is killed, counts that do not fit. TKB_SLOW=1: a thousand orders instead of a hundred, twenty kills instead of three.
#include "support/child_process.hpp"
#include "support/imposter_gateway.hpp"
#include "support/mariadb_orders.hpp"
#include "support/recording_observer.hpp"

#include "mariadb/settle_group.hpp"

#include <ticketbottle/host/gateway_exchange.hpp>
#include <ticketbottle/mariadb/checkout.hpp>
#include <ticketbottle/memory/manual_clock.hpp>
#include <ticketbottle/payment/retrying_store.hpp>
#include <ticketbottle/reconcile/reconciler.hpp>
#include <ticketbottle/webhook/handler.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <numeric>
#include <random>
#include <thread>

namespace ticketbottle {
namespace {

using namespace std::chrono_literals;
using test::mariadb_rows;
using test::MariadbSession;
using test::OrderShop;

Deadline soon() { return Deadline::in(60s); }

Gateways gateways() {
    Gateways gateways;
    gateways.stripe.emplace().endpoint_secrets = {Secret("whsec_not_a_real_one")};
    gateways.stripe_eventbridge.emplace().sources = {"aws.partner/stripe.com/ed_test_1"};
    gateways.stripe_eventbridge->account = "123456789012";
    return gateways;
}

/// Stripe's two ways into one store.
class Entries {
public:
    explicit Entries(std::unique_ptr<PaymentStore> store, LateSuccess late_success = LateSuccess::hold, Observer& observer = Observer::none())
        : store_(std::move(store)), handler_(gateways_, *store_, clock_, options(late_success), observer) {}

    Handled webhook(const TestNotification& event, Deadline deadline = soon()) {
        return handler_.handle(stripe::sign(event, *gateways_.stripe, clock_.now()).value(), std::move(deadline));
    }
    Handled event_bridge(const TestNotification& event, Deadline deadline = soon()) {
        return handler_.handle_invocation(stripe::wrap_event_bridge(event, *gateways_.stripe_eventbridge, clock_.now()).value().body, std::move(deadline));
    }
    PaymentStore& store() { return *store_; }

private:
    static WebhookOptions options(LateSuccess late_success) {
        WebhookOptions options;
        options.processor.late_success = late_success;
        return options;
    }
    SystemClock clock_;
    Gateways gateways_ = gateways();
    std::unique_ptr<PaymentStore> store_;
    WebhookHandler handler_;
};

std::unique_ptr<PaymentStore> retrying(std::unique_ptr<PaymentStore> store, Observer& observer = Observer::none()) {
    return std::make_unique<RetryingPaymentStore>(std::move(store), RetryOptions{.tries_max = 20}, observer);
}

template <class F>
bool eventually(F holds) {
    for (const Deadline patience = soon(); !patience.expired();) {
        if (holds()) return true;
        std::this_thread::sleep_for(5ms);
    }
    return false;
}

bool somebody_waits() {
    std::this_thread::sleep_for(200ms);  // asked more often, the server gives what it gave before
    return mariadb_rows("SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'").at(0).at(0) != "0";
}

std::vector<std::string> types(const OrderShop& shop) {
    std::vector<std::string> types;
    for (const OutboxRow& row : shop.outbox()) types.push_back(row.event_type);
    return types;
}
using Types = std::vector<std::string>;

/// Orders 1..count, each of one to three tickets of five kinds; a third of them with one of two codes.
void add_orders(OrderShop& shop, int count) {
    for (int ticket = 1; ticket <= 5; ++ticket) shop.add_ticket(ticket, "1000000");
    for (int code = 1; code <= 2; ++code) shop.add_code(code, "NULL");
    mariadb_rows(fmt::format("INSERT INTO {} (id, event_id, ticket_id, email, quantity, unit_price, discount_code_id, total_amount, "
                             "stripe_checkout_session_id) SELECT seq, 7, 1 + seq % 5, 'buyer@shop.example', 1 + seq % 3, 19.99, "
                             "IF(seq % 3 = 0, 1 + seq % 2, NULL), 19.99, CONCAT('cs_test_', seq) FROM seq_1_to_{}",
                             shop.table("ticket_orders"), count));
}

/// Do counts and events agree with the orders that are paid? How many are.
int judge(const OrderShop& shop) {
    const std::string orders = shop.table("ticket_orders");
    for (const auto& row : mariadb_rows(fmt::format("SELECT t.id, t.sold_quantity, (SELECT COALESCE(SUM(quantity), 0) FROM {} WHERE ticket_id = t.id AND "
                                                    "status = 'paid') FROM {} t", orders, shop.table("tickets")))) {
        CAPTURE(row[0]);
        CHECK(row[1] == row[2]);
    }
    for (const auto& row : mariadb_rows(fmt::format("SELECT d.id, d.used_count, (SELECT COUNT(*) FROM {} WHERE discount_code_id = d.id AND status = 'paid') "
                                                    "FROM {} d", orders, shop.table("discount_codes")))) {
        CAPTURE(row[0]);
        CHECK(row[1] == row[2]);
    }
    const std::string paid = shop.value("COUNT(*) FROM " + orders + " WHERE status = 'paid'");
    CHECK(shop.value("COUNT(*) FROM " + shop.table("outbox")) == paid);
    CHECK(shop.value("COUNT(DISTINCT aggregateId) FROM " + shop.table("outbox") + " WHERE eventType = 'PAYMENT_COMPLETED'") == paid);
    CHECK(shop.value(fmt::format("COUNT(*) FROM {} o JOIN {} i ON i.paymentId = CAST(o.id AS CHAR) COLLATE utf8mb4_nopad_bin WHERE o.status = 'paid'", orders,
                                 shop.table("payment_inbox"))) == paid);
    CHECK(shop.value("COUNT(*) FROM " + orders + " WHERE status = 'paid' AND NOT stripe_payment_intent_id <=> CONCAT('pi_', id)") == "0");
    return std::stoi(paid);
}

TEST_CASE("Orders: twenty deliveries of each payment at once, two events by both entries, have one effect") {
    const int orders = test::rounds(100, 1000);
    constexpr std::size_t workers = 20;
    OrderShop shop;
    add_orders(shop, orders);
    shop.database().options().connections_max = 4;
    const auto pool = shop.database().pool();
    std::array<int, workers> applied{}, duplicates{}, others{};
    const auto began = Deadline::Clock::now();
    {
        std::vector<std::jthread> threads;
        for (std::size_t w = 0; w < workers; ++w) {
            threads.emplace_back([&, w] {
                Entries entries(retrying(OrderShop::store(pool)));
                for (int id = 1; id <= orders; ++id) {
                    TestNotification event = test::told_by_stripe(id);
                    if (w % 4 >= 2) event.event_id += "_of_another_type";  // of the same charge: it is the order that makes them one
                    const Handled handled = w % 2 == 0 ? entries.webhook(event) : entries.event_bridge(event);
                    ++(handled.settled.outcome == Outcome::applied ? applied : handled.settled.outcome == Outcome::duplicate ? duplicates : others)[w];
                }
            });
        }
    }
    const std::chrono::duration<double> took = Deadline::Clock::now() - began;
    MESSAGE(orders << " orders, " << static_cast<int>(workers) * orders << " deliveries in " << took.count() << " s");
    const auto sum = [](const auto& counts) { return std::accumulate(counts.begin(), counts.end(), 0); };
    CHECK(sum(others) == 0);
    CHECK(sum(applied) == orders);
    CHECK(sum(duplicates) == orders * (static_cast<int>(workers) - 1));
    CHECK(judge(shop) == orders);
}

TEST_CASE("Orders: a server killed again and again loses no payment and counts none twice") {
    const int kills = test::rounds(3, 20);
    OrderShop shop;
    add_orders(shop, 100'000);
    shop.database().options().connect_timeout = 1s;
    shop.database().options().connections_max = 3;  // so that they go in groups
    const auto pool = shop.database().pool();
    std::atomic<int> started{0}, last{100'000};
    std::atomic<int> refused{0};
    std::vector<std::jthread> threads;
    for (int w = 0; w < 6; ++w) {
        threads.emplace_back([&, w] {
            Entries entries(retrying(OrderShop::store(pool)));
            for (int id = 1; id <= last; ++id) {
                for (int before = started; before < id && !started.compare_exchange_weak(before, id);) {}
                for (const Deadline patience = soon(); !patience.expired() && last > 0;) {  // as Stripe does, until it is taken
                    const Handled handled = w % 2 == 0 ? entries.webhook(test::told_by_stripe(id), Deadline::in(4s)) : entries.event_bridge(test::told_by_stripe(id), Deadline::in(4s));
                    if (handled.settled.outcome == Outcome::refused) ++refused;
                    if (handled.settled.outcome != Outcome::retry) break;
                    std::this_thread::sleep_for(20ms);
                }
            }
        });
    }
    const struct Enough {  // a server that will not start again ends the test, not its patience
        std::atomic<int>& last;
        int exceptions = std::uncaught_exceptions();
        ~Enough() { if (std::uncaught_exceptions() > exceptions) last = 0; }
    } enough{last};
    const auto goes_on = [&] { return eventually([&, before = started.load()] { return started > before + 5; }); };
    std::mt19937 random(5);
    bool went_on = goes_on();
    for (int kill = 0; kill < kills; ++kill) {
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 200));
        test::mariadb_server().crash();
        test::mariadb_server().restart();
        went_on &= goes_on();  // so that the next one, too, comes in the middle of work
    }
    last = started.load();
    threads.clear();
    CHECK(went_on);
    CHECK(refused == 0);
    const int paid = judge(shop);
    MESSAGE(paid << " orders paid");
    CHECK(paid >= last);
    CHECK(paid > 20);
}

TEST_CASE("Orders: what was paid is written to the order, and the event says it") {
    OrderShop shop;
    shop.add_ticket(1, "10");
    shop.add_order({.id = 17, .quantity = 2, .total = "1234.50"});
    Entries entries(shop.store());
    TestNotification event = test::told_by_stripe(17, 123450);
    event.payer_email = "payer@shop.example";
    const Handled handled = entries.webhook(event);
    CHECK(handled.settled.outcome == Outcome::applied);
    CHECK(handled.reply.http_status == 200);
    CHECK(shop.of_order(17, "status") == "paid");
    CHECK(shop.of_order(17, "stripe_payment_intent_id") == "pi_17");
    CHECK(shop.of_order(17, "email") == "payer@shop.example");
    CHECK(shop.of_order(17, "stripe_checkout_session_id") == "cs_test_17");
    CHECK(shop.sold() == "2");
    REQUIRE(types(shop) == Types{"PAYMENT_COMPLETED"});
    const OutboxRow row = shop.outbox().front();
    CHECK(row.aggregate_id == "17");
    const PaymentEvent told_on = parse_payment_event(EventType::payment_completed, row.payload).value();
    CHECK(told_on.order_code == "17");
    CHECK(told_on.amount == Money{123450, test::euro()});
    CHECK(told_on.transaction_id == "pi_17");
    CHECK(told_on.customer_email == "payer@shop.example");
    CHECK(entries.event_bridge(event).settled.outcome == Outcome::duplicate);
    // An address that could not be mailed leaves the order's.
    shop.add_order({.id = 18});
    event = test::told_by_stripe(18);
    event.payer_email = std::string(255, 'a');
    CHECK(entries.webhook(event).settled.outcome == Outcome::applied);
    CHECK(shop.of_order(18, "email") == "buyer@shop.example");
    CHECK(entries.store().create({}, soon()).error().code == Errc::unsupported);
}

TEST_CASE("Orders: only an order's own decimal id, or its session, names it") {
    OrderShop shop;
    shop.add_ticket(1, "10");
    shop.add_order({.id = 1});
    shop.add_order({.id = 17});
    Entries entries(shop.store());
    for (const std::string name : {"017", "17.0", "1e1", "+17", "-17", "0x11", "17a", "0", "9223372036854775808", "18", "pi_17", "cs_test_"}) {
        CAPTURE(name);
        TestNotification event = test::told_by_stripe(17);
        event.order_id = name;
        CHECK(entries.webhook(event).settled.refusal == Refusal::unknown_order);
        CHECK_FALSE(entries.store().find(PaymentKey::id, name, soon()).value().has_value());
        CHECK_FALSE(entries.store().find(PaymentKey::provider_transaction_id, name, soon()).value().has_value());
    }
    for (const std::string session : {"CS_TEST_17", "cs_TEST_17", "cs_test_17 ", "cs_test_%"}) {  // the column takes the first two for equal
        CAPTURE(session);
        TestNotification event = test::told_by_stripe(17);
        event.order_id.clear();
        event.link_id = session;
        CHECK(entries.webhook(event).settled.refusal == Refusal::unknown_order);
        CHECK_FALSE(entries.store().find(PaymentKey::provider_transaction_id, session, soon()).value().has_value());
    }
    CHECK(shop.outbox().empty());
    TestNotification event = test::told_by_stripe(17);
    event.order_id.clear();
    CHECK(entries.webhook(event).settled.payment_id == "17");
    // One session in two orders: nobody guesses.
    shop.add_order({.id = 18});
    mariadb_rows("UPDATE " + shop.table("ticket_orders") + " SET stripe_checkout_session_id = 'cs_test_1'  WHERE id = 18");
    event = test::told_by_stripe(1);
    event.order_id.clear();
    CHECK(entries.webhook(event).settled.refusal == Refusal::ambiguous_order);
    CHECK(entries.store().find(PaymentKey::provider_transaction_id, "cs_test_1", soon()).error().code == Errc::conflict);
    CHECK(shop.of_order(1, "status") == "pending");
}

TEST_CASE("Orders: a cent too little or too much is refused and raised, and settles once the order is mended") {
    OrderShop shop;
    shop.add_ticket(1, "10");
    shop.add_order({.id = 1});
    Entries entries(shop.store());
    for (const std::int64_t cents : {1998, 2000, 199900, 19}) {
        TestNotification event = test::told_by_stripe(1, cents);
        event.event_id += std::to_string(cents);
        CHECK(entries.webhook(event).settled.refusal == Refusal::amount_mismatch);
    }
    CHECK(shop.of_order(1, "status") == "pending");
    CHECK(shop.sold() == "0");
    CHECK(shop.outbox().empty());
    CHECK(entries.store().raised(100, soon()).value().size() == 4);
    mariadb_rows("UPDATE " + shop.table("ticket_orders") + " SET total_amount = 20.00");
    TestNotification event = test::told_by_stripe(1, 2000);
    event.event_id += "2000";
    CHECK(entries.event_bridge(event).settled.outcome == Outcome::applied);
    CHECK(shop.sold() == "1");
    CHECK(entries.store().raised(100, soon()).value().size() == 3);
}

TEST_CASE("Orders: money for an order that was closed is held for a person, or completes it where that is asked for") {
    OrderShop shop;
    shop.add_ticket(1, "10");
    for (const int id : {1, 2, 3}) shop.add_order({.id = id});
    Entries holding(shop.store());
    CHECK(holding.webhook(test::told_by_stripe(1, 1999, NotifiedStatus::cancelled)).settled.outcome == Outcome::applied);
    CHECK(shop.of_order(1, "status") == "cancelled");
    CHECK(holding.webhook(test::told_by_stripe(2, 1999, NotifiedStatus::failed)).settled.outcome == Outcome::applied);
    CHECK(shop.of_order(2, "status") == "failed");
    CHECK(holding.webhook(test::told_by_stripe(1)).settled.refusal == Refusal::late_success);
    CHECK(holding.event_bridge(test::told_by_stripe(1)).settled.outcome == Outcome::duplicate);
    CHECK(shop.of_order(1, "status") == "cancelled");
    CHECK(shop.sold() == "0");
    Entries opening(shop.store(), LateSuccess::reopen);
    CHECK(opening.webhook(test::told_by_stripe(2)).settled.outcome == Outcome::applied);
    CHECK(opening.event_bridge(test::told_by_stripe(2)).settled.outcome == Outcome::duplicate);
    CHECK(shop.of_order(2, "status") == "paid");
    CHECK(shop.sold() == "1");
    CHECK(types(shop) == Types{"PAYMENT_CANCELLED", "PAYMENT_FAILED", "PAYMENT_COMPLETED"});
    // A state that is none of ours is closed for good.
    mariadb_rows("UPDATE " + shop.table("ticket_orders") + " SET status = 'refunded' WHERE id = 3");
    CHECK(opening.webhook(test::told_by_stripe(3, 1999, NotifiedStatus::cancelled)).settled.outcome == Outcome::duplicate);
    CHECK(opening.webhook(test::told_by_stripe(3)).settled.refusal == Refusal::late_success);
    CHECK(shop.of_order(3, "status") == "refunded");
    CHECK(shop.sold() == "1");
    CHECK(holding.store().counts(soon()).value().raised == 2);
}

TEST_CASE("Orders: tickets sold out and codes used up are told once, and the sale stands") {
    struct Case {
        const char* name;
        OrderShop::Order order;
        Types events;
        const char* reason;
        const char* sold;
        const char* used;
    };
    const auto completed = std::string("PAYMENT_COMPLETED");
    const std::vector<Case> cases{
        {"the last ones", {.id = 1, .quantity = 2}, {completed}, "", "10", "4"},
        {"one more than there are", {.id = 1, .quantity = 3}, {completed, "ORDER_OVERSOLD"}, "sold_out", "11", "4"},
        {"no such ticket", {.id = 1, .ticket = 99}, {completed, "ORDER_OVERSOLD"}, "ticket_missing", "8", "4"},
        {"no quantity", {.id = 1, .quantity = 0}, {completed, "ORDER_OVERSOLD"}, "quantity_invalid", "8", "4"},
        {"a quantity below zero", {.id = 1, .quantity = -3}, {completed, "ORDER_OVERSOLD"}, "quantity_invalid", "8", "4"},
        {"the code's last use", {.id = 1, .code = "1"}, {completed}, "", "9", "5"},
        {"a use too many", {.id = 1, .code = "2"}, {completed, "DISCOUNT_CODE_EXCEEDED"}, "used_up", "9", "4"},
        {"a code without limit", {.id = 1, .code = "3"}, {completed}, "", "9", "4"},
        {"0 is no limit either", {.id = 1, .ticket = 2, .code = "4"}, {completed}, "", "8", "4"},
        {"no such code", {.id = 1, .code = "99"}, {completed, "DISCOUNT_CODE_EXCEEDED"}, "code_missing", "9", "4"},
        {"both", {.id = 1, .quantity = 3, .code = "2"}, {completed, "ORDER_OVERSOLD", "DISCOUNT_CODE_EXCEEDED"}, "", "11", "4"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        OrderShop shop;
        shop.add_ticket(1, "10", 8);
        shop.add_code(1, "5", 4);
        shop.add_code(2, "5", 5);
        shop.add_code(3, "NULL", 4000);
        shop.add_code(4, "0", 4000);
        shop.add_ticket(2, "0", 4000);
        shop.add_order(c.order);
        test::RecordingObserver observer;
        Entries entries(shop.store(observer));
        CHECK(entries.webhook(test::told_by_stripe(1)).settled.outcome == Outcome::applied);
        CHECK(entries.event_bridge(test::told_by_stripe(1)).settled.outcome == Outcome::duplicate);
        CHECK(shop.of_order(1, "status") == "paid");
        CHECK(shop.sold() == c.sold);
        CHECK(shop.used() == c.used);
        CHECK(types(shop) == c.events);
        const auto alerts = observer.records("order.shortfall");
        CHECK(alerts.size() == c.events.size() - 1);
        CHECK(observer.value("ticketbottle_order_shortfalls_total") == static_cast<double>(c.events.size() - 1));
        if (c.events.size() != 2) continue;
        CHECK(alerts[0].severity == Severity::alert);
        CHECK(alerts[0].fields.at("reason") == c.reason);
        const OutboxRow row = shop.outbox().back();
        CHECK(row.aggregate_id == "1");
        CHECK(row.payload.find(fmt::format(R"("reason":"{}")", c.reason)) != std::string::npos);
        if (std::string_view(c.reason) == "sold_out")
            CHECK(row.payload.starts_with(R"({"payment_id":"1","order_code":"1","reason":"sold_out","event_id":"7","ticket_id":"1","quantity":3,"sold_quantity":11,"ticket_quantity":10,"detected_at":")"));
        if (std::string_view(c.reason) == "used_up")
            CHECK(row.payload.starts_with(R"({"payment_id":"1","order_code":"1","reason":"used_up","event_id":"7","discount_code_id":"2","quantity":1,"used_count":6,"max_uses":5,"detected_at":")"));
    }
}

TEST_CASE("Orders: a count that does not fit its column stops the settlement whole, and says where") {
    OrderShop shop;
    shop.add_ticket(1, "2147483647", 2147483647);
    shop.add_ticket(2, "10");
    shop.add_code(1, "NULL", 2147483647);
    shop.add_order({.id = 1});
    shop.add_order({.id = 2, .ticket = 2, .code = "1"});
    test::RecordingObserver observer;
    Entries entries(shop.store(), LateSuccess::hold, observer);
    for (const auto& [id, column] : {std::pair{1, "tickets.sold_quantity of 1"}, {2, "discount_codes.used_count of 1"}}) {
        const Handled handled = entries.webhook(test::told_by_stripe(id));
        CHECK(handled.settled.outcome == Outcome::retry);
        CHECK(handled.reply.http_status == 500);
        CHECK(observer.records("payment.settle_failed").back().fields.at("error").find(column) != std::string::npos);
        CHECK(shop.of_order(id, "status") == "pending");
    }
    CHECK(shop.sold(2) == "0");
    CHECK(shop.outbox().empty());
    CHECK(shop.value("COUNT(*) FROM " + shop.table("payment_inbox")) == "0");
    mariadb_rows("ALTER TABLE " + shop.table("tickets") + " MODIFY sold_quantity BIGINT NOT NULL");
    CHECK(entries.event_bridge(test::told_by_stripe(1)).settled.outcome == Outcome::applied);
    mariadb_rows("UPDATE " + shop.table("tickets") + " SET sold_quantity = 9223372036854775807 WHERE id = 2");
    mariadb_rows("UPDATE " + shop.table("ticket_orders") + " SET discount_code_id = NULL");
    CHECK(entries.webhook(test::told_by_stripe(2)).settled.outcome == Outcome::retry);
    CHECK(shop.of_order(2, "status") == "pending");
}

TEST_CASE("Orders: a completion takes two round trips, a duplicate three") {
    OrderShop shop;
    shop.add_ticket(1, "100");
    shop.add_code(1, "100");
    for (int id = 1; id <= 3; ++id) shop.add_order({.id = id, .code = "1"});
    Entries entries(shop.store());
    MariadbSession watching(test::mariadb_server().port(), shop.database().name());
    const auto questions = [&] { return std::stoll(watching.rows("SHOW GLOBAL STATUS LIKE 'Questions'")[0][1]); };  // asks one itself
    REQUIRE(entries.webhook(test::told_by_stripe(1)).settled.outcome == Outcome::applied);  // connects, and prepares
    REQUIRE(entries.event_bridge(test::told_by_stripe(1)).settled.outcome == Outcome::duplicate);
    for (const Outcome outcome : {Outcome::applied, Outcome::duplicate}) {  // which rolls back: no sync is paid for it
        const auto before = questions();
        CHECK(entries.webhook(test::told_by_stripe(2)).settled.outcome == outcome);
        CHECK(questions() - before - 1 == (outcome == Outcome::applied ? 2 : 3));
    }
    CHECK(shop.sold() == "2");
    CHECK(shop.used() == "2");
}

/// Holds a group up at the inbox, so that who comes meanwhile goes together, in the next one.
class Crowd {
public:
    explicit Crowd(OrderShop& shop) : shop_(shop), holder_(test::mariadb_server().port(), shop.database().name()) {
        shop.database().options().connections_max = 2;  // one group at a time, and a connection for what goes alone
        pool_ = shop.database().pool();
        shop.add_ticket(first_, "10");
        shop.add_order({.id = first_, .ticket = first_});
        holder_.rows("LOCK TABLES payment_inbox WRITE");
        leader_ = told(test::told_by_stripe(first_));
        REQUIRE(eventually(table_waits));
    }
    /// In a thread of its own; comes back when it waits for a group.
    std::future<Handled> come(const TestNotification& event) {
        const std::size_t before = pool_->impl().settlements().waiting();
        auto handled = told(event);
        REQUIRE(eventually([&] { return pool_->impl().settlements().waiting() == before + 1; }));
        return handled;
    }
    void go() {
        holder_.rows("UNLOCK TABLES");
        REQUIRE(leader_.get().settled.outcome == Outcome::applied);
    }
    [[nodiscard]] const std::shared_ptr<mariadb::Pool>& pool() const { return pool_; }
    static bool table_waits() { return waiting_session() != "0"; }
    test::RecordingObserver observer;
    static std::string waiting_session() {
        return mariadb_rows("SELECT COALESCE(MAX(id), 0) FROM information_schema.processlist WHERE state = 'Waiting for table metadata lock'").at(0).at(0);
    }

private:
    std::future<Handled> told(TestNotification event) {
        return std::async(std::launch::async, [this, event = std::move(event)] { return Entries(OrderShop::store(pool_), LateSuccess::hold, observer).webhook(event); });
    }
    static constexpr int first_ = 1000;
    OrderShop& shop_;
    MariadbSession holder_;
    std::shared_ptr<mariadb::Pool> pool_;
    std::future<Handled> leader_;
};

std::int64_t commits() { return std::stoll(mariadb_rows("SHOW GLOBAL STATUS LIKE 'Com_commit'").at(0).at(1)); }

TEST_CASE("Orders in company: each has its own end, and what they took is told as if one had come after the other") {
    OrderShop shop;
    shop.add_ticket(1, "100");
    shop.add_ticket(2, "10", 8);
    shop.add_code(1, "1");
    shop.add_code(2, "0", 7);
    shop.add_order({.id = 1, .quantity = 3, .code = "2"});
    shop.add_order({.id = 2});
    shop.add_order({.id = 4, .ticket = 2, .quantity = 2});
    shop.add_order({.id = 5, .ticket = 2, .quantity = 2});
    shop.add_order({.id = 6, .ticket = 2, .code = "1"});
    shop.add_order({.id = 7, .ticket = 99, .code = "1"});
    shop.add_order({.id = 8});
    shop.add_order({.id = 9});
    REQUIRE(Entries(shop.store()).webhook(test::told_by_stripe(9)).settled.outcome == Outcome::applied);
    Crowd crowd(shop);
    const auto before = commits();
    struct Told {
        TestNotification event;
        Outcome outcome;
        Refusal refusal = Refusal::none;
    };
    const std::vector<Told> all{{test::told_by_stripe(7), Outcome::applied},
                                {test::told_by_stripe(2, 1998), Outcome::refused, Refusal::amount_mismatch},
                                {test::told_by_stripe(5), Outcome::applied},
                                {test::told_by_stripe(8, 1999, NotifiedStatus::cancelled), Outcome::applied},
                                {test::told_by_stripe(9), Outcome::duplicate},
                                {test::told_by_stripe(1), Outcome::applied},
                                {test::told_by_stripe(1), Outcome::duplicate},
                                {test::told_by_stripe(10), Outcome::refused, Refusal::unknown_order},
                                {test::told_by_stripe(6), Outcome::applied},
                                {test::told_by_stripe(4), Outcome::applied}};
    std::vector<std::future<Handled>> ends;
    for (const Told& told : all) ends.push_back(crowd.come(told.event));
    crowd.go();
    for (std::size_t i = 0; i < all.size(); ++i) {
        CAPTURE(i);
        const Handled handled = ends[i].get();
        CHECK(handled.settled.outcome == all[i].outcome);
        CHECK(handled.settled.refusal == all[i].refusal);
        CHECK(handled.settled.order_code == (all[i].refusal == Refusal::unknown_order ? "" : all[i].event.order_id));
    }
    CHECK(commits() - before == 4);  // the first group's, the second's five, the refusal, the cancellation
    CHECK(shop.sold(1) == "4");
    CHECK(shop.sold(2) == "13");
    CHECK(shop.used(1) == "2");
    CHECK(shop.used(2) == "8");
    for (const int id : {1, 4, 5, 6, 7}) CHECK(shop.of_order(id, "stripe_payment_intent_id") == "pi_" + std::to_string(id));
    std::map<std::string, std::string> told;
    for (const OutboxRow& row : shop.outbox()) told[row.aggregate_id + " " + row.event_type] = row.payload;
    CHECK(told.size() == 12);
    CHECK(told["5 ORDER_OVERSOLD"].find(R"("quantity":2,"sold_quantity":12,"ticket_quantity":10)") != std::string::npos);
    CHECK(told["6 ORDER_OVERSOLD"].find(R"("quantity":1,"sold_quantity":13,"ticket_quantity":10)") != std::string::npos);
    CHECK(told["7 ORDER_OVERSOLD"].find("ticket_missing") != std::string::npos);
    CHECK(told["7 DISCOUNT_CODE_EXCEEDED"].find(R"("used_count":2,"max_uses":1)") != std::string::npos);
    for (const int id : {1, 4, 5, 6, 7, 9, 1000}) CHECK(told.contains(std::to_string(id) + " PAYMENT_COMPLETED"));
    CHECK(told.contains("8 PAYMENT_CANCELLED"));
    CHECK(shop.value("COUNT(*) FROM " + shop.table("payment_inbox")) == "9");
}

TEST_CASE("Orders in company: one that cannot be written does not keep the others from it") {
    OrderShop shop;
    shop.add_ticket(1, "100");
    shop.add_ticket(2, "NULL", 2147483647);
    for (const int id : {1, 2, 3}) shop.add_order({.id = id, .ticket = id == 2 ? 2 : 1});
    Crowd crowd(shop);
    std::vector<std::future<Handled>> ends;
    for (const int id : {1, 2, 3}) ends.push_back(crowd.come(test::told_by_stripe(id)));
    crowd.go();
    CHECK(ends[0].get().settled.outcome == Outcome::applied);
    CHECK(ends[1].get().settled.outcome == Outcome::retry);
    CHECK(ends[2].get().settled.outcome == Outcome::applied);
    CHECK(shop.sold(1) == "2");
    CHECK(shop.of_order(2, "status") == "pending");
    CHECK(types(shop) == Types{"PAYMENT_COMPLETED", "PAYMENT_COMPLETED", "PAYMENT_COMPLETED"});
}

TEST_CASE("Orders in company: a row that somebody holds delays those who need it, and no others") {
    for (const std::string held : {"ticket_orders WHERE id = 2", "tickets WHERE id = 2", "discount_codes WHERE id = 2"}) {
        CAPTURE(held);
        OrderShop shop;
        for (const int id : {1, 2}) shop.add_ticket(id, "100"), shop.add_code(id, "100");
        for (const int id : {1, 2, 3}) shop.add_order({.id = id, .ticket = id == 2 ? 2 : 1, .code = id == 2 ? "2" : "1"});
        Crowd crowd(shop);
        MariadbSession holder(test::mariadb_server().port(), shop.database().name());
        holder.rows("BEGIN");
        holder.rows("SELECT * FROM " + held + " FOR UPDATE");
        std::vector<std::future<Handled>> ends;
        for (const int id : {1, 2, 3}) ends.push_back(crowd.come(test::told_by_stripe(id)));
        crowd.go();
        CHECK(ends[0].get().settled.outcome == Outcome::applied);
        CHECK(ends[2].get().settled.outcome == Outcome::applied);
        CHECK(ends[1].wait_for(0s) == std::future_status::timeout);  // it waits for five seconds
        holder.rows("COMMIT");
        CHECK(ends[1].get().settled.outcome == Outcome::applied);
        CHECK(judge(shop) == 4);
    }
}

TEST_CASE("Orders in company: a connection that is lost is told to all of a group, and nothing of it is done") {
    OrderShop shop;
    shop.add_ticket(1, "100");
    shop.add_code(1, "100");
    for (const int id : {1, 2, 3}) shop.add_order({.id = id, .code = "1"});
    Crowd crowd(shop);
    MariadbSession holder(test::mariadb_server().port(), shop.database().name());
    holder.rows("LOCK TABLES discount_codes WRITE");
    std::vector<std::future<Handled>> ends;
    for (const int id : {1, 2, 3}) ends.push_back(crowd.come(test::told_by_stripe(id)));
    crowd.go();
    REQUIRE(eventually(Crowd::table_waits));
    mariadb_rows("KILL " + Crowd::waiting_session());
    for (auto& end : ends) CHECK(end.get().settled.outcome == Outcome::retry);
    CHECK(crowd.observer.records("payment.settle_failed").size() == 3);
    for (const auto& record : crowd.observer.records("payment.settle_failed")) CHECK(record.fields.at("error").find("CR_SERVER_LOST") != std::string::npos);
    holder.rows("UNLOCK TABLES");
    CHECK(shop.sold() == "0");
    CHECK(types(shop) == Types{"PAYMENT_COMPLETED"});
    Entries entries(OrderShop::store(crowd.pool()));
    for (const int id : {1, 2, 3}) CHECK(entries.webhook(test::told_by_stripe(id)).settled.outcome == Outcome::applied);
    CHECK(judge(shop) == 4);
}

TEST_CASE("Orders in company: groups of several tickets and codes, and checkouts beside them, never wait in a circle") {
    constexpr int orders = 240;
    OrderShop shop;
    add_orders(shop, orders);
    mariadb_rows("INSERT INTO " + shop.table("events") + " (id, name) VALUES (7, 'Show')");
    shop.database().options().connections_max = 8;
    const auto pool = shop.database().pool();
    const auto deadlocks = [] { return mariadb_rows("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'").at(0).at(1); };
    const auto before = deadlocks();
    std::atomic<int> next{0}, applied{0}, reserved{0};
    {
        std::vector<std::jthread> threads;
        for (int w = 0; w < 12; ++w) {
            threads.emplace_back([&] {
                Entries entries(OrderShop::store(pool));
                for (int n = next++; n < orders; n = next++)  // far from the order of their numbers
                    applied += entries.webhook(test::told_by_stripe(1 + n * 77 % orders)).settled.outcome == Outcome::applied ? 1 : 0;
            });
        }
        threads.emplace_back([&] {
            const auto desk = mariadb::checkout_desk(pool).value();
            for (int n = 0; next < orders; ++n) {
                checkout::Wanted wanted;
                wanted.event = checkout::EventId{7};
                wanted.ticket = checkout::TicketId{1 + n % 5};
                wanted.email = "buyer@shop.example";
                wanted.quantity = 1;
                wanted.code = n % 2 == 0 ? "CODE1" : "CODE2";
                wanted.reserved_for = 45min;
                reserved += desk->reserve(wanted, soon()).has_value() ? 1 : 0;
            }
        });
    }
    CHECK(deadlocks() == before);
    CHECK(applied == orders);
    CHECK(reserved > 0);
    CHECK(judge(shop) == orders);
}

TEST_CASE("Orders: an event that is there already is not written again, and does not stand in the way") {
    OrderShop shop;
    shop.add_ticket(1, "1", 1);
    shop.add_order({.id = 1});
    Entries entries(shop.store());
    REQUIRE(entries.webhook(test::told_by_stripe(1)).settled.outcome == Outcome::applied);
    REQUIRE(types(shop) == Types{"PAYMENT_COMPLETED", "ORDER_OVERSOLD"});
    mariadb_rows("UPDATE " + shop.table("ticket_orders") + " SET status = 'pending'");  // by hand
    TestNotification again = test::told_by_stripe(1);
    again.event_id = "evt_other";
    const Handled handled = entries.event_bridge(again);
    CHECK(handled.settled.outcome == Outcome::applied);
    CHECK(handled.settled.outbox_id.empty());
    CHECK(shop.of_order(1, "status") == "paid");
    CHECK(shop.sold() == "3");
    CHECK(types(shop) == Types{"PAYMENT_COMPLETED", "ORDER_OVERSOLD"});
}

TEST_CASE("Orders: an amount that cannot be read stops its own order and no other") {
    OrderShop shop;
    shop.add_ticket(1, "10");
    mariadb_rows("ALTER TABLE " + shop.table("ticket_orders") + " MODIFY total_amount DECIMAL(12,3) NULL");
    shop.add_order({.id = 1, .total = "NULL"});
    shop.add_order({.id = 2, .total = "19.995"});
    shop.add_order({.id = 3, .total = "-19.99"});
    shop.add_order({.id = 4, .total = "19.990"});
    test::RecordingObserver observer;
    Entries entries(shop.store(observer));
    for (const int id : {1, 2, 3}) {
        CHECK(entries.webhook(test::told_by_stripe(id)).settled.outcome == Outcome::retry);
        const auto found = entries.store().find(PaymentKey::id, std::to_string(id), soon());
        REQUIRE_FALSE(found.has_value());
        CHECK(found.error().code == Errc::malformed);
        CHECK(to_string(found.error()).find(fmt::format("order {}: ticket_orders.total_amount", id)) != std::string::npos);
    }
    // One that no checkout session was made for can be asked about nowhere.
    for (const std::string session : {"NULL", "''"}) {
        shop.add_order({.id = session == "NULL" ? 5 : 6});
        mariadb_rows("UPDATE " + shop.table("ticket_orders") + " SET stripe_checkout_session_id = " + session + " ORDER BY id DESC LIMIT 1");
    }
    const auto pending = entries.store().pending(TimePoint(24h), 10, soon()).value();
    REQUIRE(pending.size() == 1);
    CHECK(pending[0].id == "4");
    CHECK(observer.records("order.unreadable").size() == 3);
    CHECK(entries.webhook(test::told_by_stripe(4)).settled.outcome == Outcome::applied);
}

TEST_CASE("Orders: what the webhook before ours has marked as paid is a duplicate, and counts nothing again") {
    OrderShop shop;
    shop.add_ticket(1, "10", 1);
    for (const int id : {1, 2}) shop.add_order({.id = id});
    const auto mark = [&](int id) {
        return fmt::format("UPDATE {} SET status = 'paid', stripe_payment_intent_id = 'pi_{}' WHERE id = {}", shop.table("ticket_orders"), id, id);
    };
    mariadb_rows(mark(1));
    Entries entries(shop.store());
    CHECK(entries.webhook(test::told_by_stripe(1)).settled.outcome == Outcome::duplicate);
    TestNotification second = test::told_by_stripe(1);
    second.event_id = "evt_other";
    second.transaction_id = "pi_other";
    CHECK(entries.webhook(second).settled.refusal == Refusal::second_charge);  // the charge it has had stands in its row
    CHECK(entries.store().raised(10, soon()).value().size() == 1);
    // At the same time: ours waits for its row, and then finds it paid.
    MariadbSession old_webhook(test::mariadb_server().port(), shop.database().name());
    old_webhook.rows("BEGIN");
    old_webhook.rows(mark(2));
    auto ours = std::async(std::launch::async, [&] { return entries.event_bridge(test::told_by_stripe(2)).settled.outcome; });
    CHECK(eventually(somebody_waits));
    old_webhook.rows("COMMIT");
    CHECK(ours.get() == Outcome::duplicate);
    CHECK(shop.sold() == "1");
    CHECK(shop.outbox().empty());
}

TEST_CASE("Orders: a deadlock, and a lock that is held for too long, are retried; without the retries nothing is done") {
    OrderShop shop;
    shop.add_ticket(1, "10");
    for (const int id : {1, 2}) shop.add_order({.id = id});
    mariadb_rows("CREATE TABLE " + shop.table("ballast") + " (n INT)");
    test::RecordingObserver observer;
    Entries entries(retrying(shop.store(), observer));
    const auto retries = [&] { return observer.value("ticketbottle_store_retries_total"); };
    {
        // The other one has changed more rows: the server lets ours go.
        MariadbSession other(test::mariadb_server().port(), shop.database().name());
        other.rows("BEGIN");
        other.rows("INSERT INTO ballast SELECT seq FROM seq_1_to_500");
        other.rows("UPDATE tickets SET name = 'Stalls' WHERE id = 1");
        auto ours = std::async(std::launch::async, [&] { return entries.webhook(test::told_by_stripe(1)).settled.outcome; });
        CHECK(eventually(somebody_waits));
        other.rows("UPDATE ticket_orders SET user_id = 1 WHERE id = 1");
        CHECK(eventually([&] { return retries() >= 1; }));
        other.rows("COMMIT");
        CHECK(ours.get() == Outcome::applied);
    }
    {
        MariadbSession other(test::mariadb_server().port(), shop.database().name());
        other.rows("BEGIN");
        other.rows("SELECT * FROM ticket_orders WHERE id = 2 FOR UPDATE");
        const double before = retries();
        auto without = std::async(std::launch::async, [&] {
            SettleCommand command;
            command.notification = stripe::verify(stripe::sign(test::told_by_stripe(2), *gateways().stripe, SystemClock().now()).value(), *gateways().stripe,
                                                  SystemClock().now()).value().notification;
            command.lookup = payment::lookup_of(command.notification);
            command.now = SystemClock().now();
            return shop.store()->settle(command, soon());
        });
        auto ours = std::async(std::launch::async, [&] { return entries.webhook(test::told_by_stripe(2)).settled.outcome; });
        CHECK(eventually([&] { return retries() > before; }));
        const auto refused = without.get();
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().code == Errc::unavailable);
        CHECK(to_string(refused.error()).find("1205") != std::string::npos);
        other.rows("ROLLBACK");
        CHECK(ours.get() == Outcome::applied);
    }
    CHECK(shop.sold() == "2");
    CHECK(types(shop) == Types{"PAYMENT_COMPLETED", "PAYMENT_COMPLETED"});
}

/// What Stripe answers to a question about a checkout session.
struct Session {
    std::int64_t order = 1;
    std::int64_t cents = 1999;
    const char* currency = "eur";
    const char* status = "complete";
    const char* payment_status = "paid";
    std::string id = {};         ///< Empty: the order's own.
    std::string named = {};      ///< The order in its metadata; empty: its own.

    [[nodiscard]] std::string answer() const {
        const bool paid = std::string_view(payment_status) == "paid";
        const std::string number = std::to_string(order);
        return test::http_answer(
            200, fmt::format(R"({{"id":"{}","object":"checkout.session","mode":"payment","livemode":false,"status":"{}","payment_status":"{}","amount_total":{},)"
                             R"("currency":"{}","payment_intent":{},"metadata":{{"order_id":"{}"}},"customer_details":{{"email":"payer@shop.example"}},"created":1765612000}})",
                             id.empty() ? "cs_test_" + number : id, status, payment_status, cents, currency, paid ? "\"pi_" + number + "\"" : "null",
                             named.empty() ? number : named));
    }
};

/// A shop whose Stripe is asked over TLS, twenty minutes after its orders were made.
class AskingShop {
public:
    AskingShop() { shop.add_ticket(1, "1000"); }

    reconcile::ReconcileReport ask(std::chrono::milliseconds timeout = 20s) {
        reconcile::ReconcilerOptions options;
        options.exchange_timeout = timeout;
        options.ask_interval = 1ms;
        Gateways asked = gateways();
        asked.stripe->api_key = Secret("sk_not_a_real_key");
        asked.stripe->api_base = stripe.url();
        const auto store = shop.store(observer);
        reconcile::Reconciler reconciler(asked, *store, host::gateway_exchange({folder / "ca.pem"}), clock, {}, options, observer);
        const auto report = reconciler.run_once(soon());
        REQUIRE_MESSAGE(report.has_value(), to_string(report.error()));
        return *report;
    }
    void answer(std::string bytes, test::ImposterReply::Then then = test::ImposterReply::Then::close) {
        stripe.answer_with([bytes = std::move(bytes), then](const test::ImposterRequest&) { return test::ImposterReply{bytes, then}; });
    }

    test::TemporaryFolder folder;
    test::ImposterGateway stripe{"DNS:localhost", folder / "ca.pem", [](const test::ImposterRequest&) { return test::ImposterReply{}; }};
    OrderShop shop;
    memory::ManualClock clock{TimePoint(20min)};
    test::RecordingObserver observer;
};

TEST_CASE("Orders: one whose callback never came is asked about and sold once, whatever Stripe said before") {
    using reconcile::Came;
    using Then = test::ImposterReply::Then;
    AskingShop desk;
    OrderShop& shop = desk.shop;
    shop.add_order({.id = 1});
    shop.add_order({.id = 2, .created = TimePoint(19min)});  // too young
    shop.add_order({.id = 3});                               // never had a session: there is nothing to ask
    mariadb_rows("UPDATE " + shop.table("ticket_orders") + " SET stripe_checkout_session_id = NULL WHERE id = 3");
    const std::string good = Session{}.answer();
    struct Said {
        const char* what;
        std::string bytes;
        Came came;
        Then then = Then::close;
    };
    const std::vector<Said> wrong = {
        {"nothing, and hangs", "", Came::unreachable, Then::hang},
        {"half of it, and hangs", good.substr(0, good.size() - 20), Came::unreachable, Then::hang},
        {"half of it", good.substr(0, good.size() - 20), Came::unreachable},
        {"an error with a good body", test::http_answer(500, good.substr(good.find("{"))), Came::unreachable},
        {"no JSON", test::http_answer(200, "<html>log in</html>"), Came::not_believed},
        {"a session of another order", Session{.named = "2"}.answer(), Came::not_believed},
        {"another session", Session{.id = "cs_test_2"}.answer(), Came::not_believed},
        {"not paid yet", Session{.status = "open", .payment_status = "unpaid"}.answer(), Came::open},
        {"complete, but paid later", Session{.payment_status = "unpaid"}.answer(), Came::open},
    };
    for (const Said& said : wrong) {
        CAPTURE(said.what);
        desk.answer(said.bytes, said.then);
        const auto report = desk.ask(said.then == Then::hang ? 300ms : 20s);
        CHECK(report.asked() == 1);
        CHECK(report.total(said.came) == 1);
        CHECK(shop.of_order(1, "status") == "pending");
    }
    CHECK(shop.sold() == "0");
    CHECK(shop.outbox().empty());
    CHECK(shop.store()->counts(soon()).value().raised == 0);

    desk.answer(good);
    CHECK(desk.ask().total(Came::settled) == 1);
    CHECK(shop.of_order(1, "status") == "paid");
    CHECK(shop.of_order(1, "stripe_payment_intent_id") == "pi_1");
    CHECK(shop.of_order(1, "email") == "payer@shop.example");
    Entries entries(shop.store());
    CHECK(entries.webhook(test::told_by_stripe(1)).settled.outcome == Outcome::duplicate);  // the callbacks come after all
    CHECK(entries.event_bridge(test::told_by_stripe(1)).settled.outcome == Outcome::duplicate);
    CHECK(desk.ask().asked() == 0);
    CHECK(shop.sold() == "1");
    CHECK(types(shop) == Types{"PAYMENT_COMPLETED"});
    for (const auto& request : desk.stripe.requests()) {
        CHECK(request.line == "GET /v1/checkout/sessions/cs_test_1 HTTP/1.1");
        CHECK(request.headers.find("Bearer sk_not_a_real_key") != std::string::npos);
    }

    desk.clock.advance(19min);
    desk.answer(Session{.order = 2, .status = "expired", .payment_status = "unpaid"}.answer());
    CHECK(desk.ask().total(Came::settled) == 1);
    CHECK(shop.of_order(2, "status") == "cancelled");
    CHECK(shop.sold() == "1");
}

TEST_CASE("Orders: an answer of another amount sells nothing and waits for a person; the callback of the right one sells") {
    using reconcile::Came;
    for (const Session& lie : {Session{.cents = 1998}, Session{.currency = "usd"}, Session{.cents = 199900}}) {
        CAPTURE(lie.cents);
        AskingShop desk;
        desk.shop.add_order({.id = 1});
        desk.answer(lie.answer());
        CHECK(desk.ask().total(Came::refused) == 1);
        CHECK(desk.ask().total(Came::refused) == 1);  // the same again is told once
        CHECK(desk.shop.of_order(1, "status") == "pending");
        CHECK(desk.shop.sold() == "0");
        CHECK(desk.shop.outbox().empty());
        CHECK(desk.shop.store()->counts(soon()).value().raised == 1);
        desk.answer(Session{}.answer());
        CHECK(desk.ask().total(Came::settled) == 0);  // who answered with two amounts is not believed either time
        CHECK(Entries(desk.shop.store()).webhook(test::told_by_stripe(1)).settled.outcome == Outcome::applied);
        CHECK(desk.shop.sold() == "1");
    }
}

TEST_CASE("Orders: two reconcilers and both entries at once sell each order once") {
    constexpr int orders = 12;
    AskingShop desk;
    for (int id = 1; id <= orders; ++id) desk.shop.add_order({.id = id});
    desk.stripe.answer_with([](const test::ImposterRequest& request) {
        const std::string mark = "/cs_test_";
        return test::ImposterReply{Session{.order = std::stoll(request.line.substr(request.line.find(mark) + mark.size()))}.answer()};
    });
    std::atomic<int> applied{0};
    {
        std::vector<std::jthread> all;
        for (int i = 0; i < 2; ++i) {
            all.emplace_back([&] { applied += static_cast<int>(desk.ask().total(reconcile::Came::settled)); });
            all.emplace_back([&, i] {
                Entries entries(retrying(desk.shop.store()));
                for (int id = orders; id >= 1; --id) {
                    const Handled handled = i == 0 ? entries.webhook(test::told_by_stripe(id)) : entries.event_bridge(test::told_by_stripe(id));
                    applied += handled.settled.outcome == Outcome::applied ? 1 : 0;
                }
            });
        }
    }
    CHECK(applied == orders);
    CHECK(desk.shop.sold() == std::to_string(orders));
    CHECK(judge(desk.shop) == orders);
    CHECK(desk.shop.store()->counts(soon()).value().raised == 0);
}

TEST_CASE("Orders: columns of other types serve as well") {
    OrderShop shop;
    shop.add_ticket(1, "10");
    mariadb_rows("ALTER TABLE " + shop.table("ticket_orders") +
                 " MODIFY id INT UNSIGNED NOT NULL AUTO_INCREMENT, MODIFY ticket_id INT UNSIGNED, MODIFY status ENUM('pending', 'paid', 'failed', 'cancelled') "
                 "CHARACTER SET latin1 NOT NULL DEFAULT 'pending', MODIFY created_at TIMESTAMP NULL, MODIFY validated_at TIMESTAMP NULL, MODIFY total_amount DECIMAL(12,4), "
                 "MODIFY stripe_checkout_session_id VARCHAR(200) CHARACTER SET latin1, MODIFY email VARCHAR(254) CHARACTER SET latin1 NULL");
    shop.add_order({.id = 4000000000, .created = TimePoint(1'700'000'000s)});
    Entries entries(shop.store());
    const auto pending = entries.store().pending(TimePoint(1'700'000'001s), 10, soon());
    REQUIRE_MESSAGE(pending.has_value(), to_string(pending.error()));
    REQUIRE(pending->size() == 1);
    CHECK(pending->front().created_at == TimePoint(1'700'000'000s));
    TestNotification event = test::told_by_stripe(4000000000);
    event.order_id.clear();
    CHECK(entries.webhook(event).settled.outcome == Outcome::applied);
    CHECK(entries.event_bridge(event).settled.outcome == Outcome::duplicate);
    CHECK(shop.sold() == "1");
    CHECK(entries.store().counts(soon()).value().completed == 1);
    const TimePoint now(1'700'000'100s);
    CHECK(mariadb::check_in(*shop.database().pool(), "4000000000", now, soon()).value().what == mariadb::CheckIn::What::done);
    CHECK(mariadb::check_in(*shop.database().pool(), "4000000000", now + 9s, soon()).value().at == now);
}

TEST_CASE("Orders: what cannot be an option is refused by its name") {
    const auto pool = test::MariadbDatabase(test::MariadbDatabase::Tables::none).pool();
    const auto error = [&](const std::function<void(mariadb::OrderOptions&)>& change) {
        mariadb::OrderOptions options;
        change(options);
        const auto made = mariadb::order_store(pool, options);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().code == Errc::invalid_argument);
        return to_string(made.error());
    };
    for (const std::string state : {"", "paid", "pending", "a b", "x'", "\xff"}) {
        CHECK(error([&](auto& options) { options.failed = state; }).find("failed") != std::string::npos);
        CHECK(error([&](auto& options) { options.cancelled = state; }).find("cancelled") != std::string::npos);
    }
    CHECK(error([](auto& options) { options.failed = "closed", options.cancelled = "closed"; }).find("same") != std::string::npos);
    CHECK(error([](auto& options) { options.currency = Currency(); }).find("currency") != std::string::npos);
    CHECK_FALSE(mariadb::order_store(nullptr).has_value());
    // Without the tables it is told what is missing.
    const auto store = mariadb::order_store(pool).value();
    CHECK(store->counts(soon()).has_value() == false);
}

TEST_CASE("Check-in: of many at once one is done, and only a paid order can be") {
    using What = mariadb::CheckIn::What;
    OrderShop shop;
    shop.add_ticket(1, "10");
    for (const int id : {1, 2}) shop.add_order({.id = id});
    Entries entries(shop.store());
    REQUIRE(entries.webhook(test::told_by_stripe(1)).settled.outcome == Outcome::applied);
    const auto pool = shop.database().pool();
    CHECK(mariadb::check_in(*pool, "2", SystemClock().now(), soon()).value().what == What::not_paid);
    CHECK(shop.of_order(2, "validated_at") == "NULL");
    const TimePoint now(1'765'612'800'123ms);
    std::atomic<int> done{0}, already{0};
    std::array<std::optional<TimePoint>, 16> times;
    {
        std::vector<std::jthread> doors;
        for (std::size_t door = 0; door < times.size(); ++door) {
            doors.emplace_back([&, door] {
                const auto answer = mariadb::check_in(*pool, "1", now + std::chrono::milliseconds(door), soon());
                if (!answer.has_value()) return;
                done += answer->what == What::done ? 1 : 0;
                already += answer->what == What::already ? 1 : 0;
                times[door] = answer->at;
            });
        }
    }
    CHECK(done == 1);
    CHECK(already == 15);
    CHECK(std::ranges::count(times, times[0]) == 16);
    for (const char* name : {"", "3", "01", " 1", "1 ", "1e0", "-1", "0", "1; DROP TABLE tickets", "99999999999999999999"}) {
        CAPTURE(name);
        const auto answer = mariadb::check_in(*pool, name, now, soon()).value();
        CHECK(answer.what == What::unknown);
        CHECK_FALSE(answer.at.has_value());
    }
    mariadb_rows("UPDATE " + shop.table("ticket_orders") + " SET status = 'refunded' WHERE id = 1");
    const auto refunded = mariadb::check_in(*pool, "1", now, soon()).value();
    CHECK(refunded.what == What::not_paid);
    CHECK(refunded.at == times[0]);
    CHECK(mariadb::check_in(*pool, "1", now, Deadline::in(-1ms)).error().code == Errc::cancelled);
}

}  // namespace
}  // namespace ticketbottle
