#pragma once
/// \file
/// A shop of the deployed tables in a database of its own: orders, tickets and codes put there as the shop's checkout does, and the
/// order store as a backend of the payment suite.

#include "conformance/payment_values.hpp"
#include "support/mariadb_backends.hpp"

#include <ticketbottle/gateway/test_notification.hpp>
#include <ticketbottle/mariadb/orders.hpp>

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace ticketbottle::test {

inline Currency euro() { return *Currency::parse("EUR"); }

/// What Stripe tells of order `id`: one event, whichever way it comes.
inline TestNotification told_by_stripe(std::int64_t id, std::int64_t cents = 1999, NotifiedStatus status = NotifiedStatus::succeeded) {
    const std::string number = std::to_string(id);
    TestNotification event;
    event.status = status;
    event.order_id = number;
    event.link_id = "cs_test_" + number;
    event.transaction_id = status == NotifiedStatus::succeeded ? "pi_" + number : "";
    event.event_id = "evt_" + number + "_" + std::string(to_string(status));
    event.amount = {cents, euro()};
    return event;
}

class OrderShop {
public:
    OrderShop() {
        const auto made = mariadb::create_deployed_tables(*database_.pool(), MariadbDatabase::patience());
        if (!made.has_value()) throw std::runtime_error(to_string(made.error()));
    }
    MariadbDatabase& database() { return database_; }
    [[nodiscard]] std::string table(const std::string& name) const { return database_.name() + "." + name; }

    void add_ticket(int id, const std::string& quantity, int sold = 0) {
        mariadb_rows(fmt::format("INSERT INTO {} (id, event_id, name, price, quantity, sold_quantity) VALUES ({}, 7, 'Balcony', 19.99, {}, {})", table("tickets"), id, quantity, sold));
    }
    /// \param uses  SQL: a number or NULL.
    void add_code(int id, const std::string& uses, int used = 0) {
        mariadb_rows(fmt::format("INSERT INTO {} (id, event_id, code, max_uses, used_count) VALUES ({}, 7, 'CODE{}', {}, {})", table("discount_codes"), id, id, uses, used));
    }
    struct Order {
        std::int64_t id = 1;
        int ticket = 1;
        int quantity = 1;
        std::string total = "19.99";
        std::string code = "NULL";
        TimePoint created{};
    };
    /// A pending one, with the session "cs_test_<id>".
    void add_order(const Order& order) {
        mariadb_rows(fmt::format("INSERT INTO {} (id, event_id, ticket_id, email, quantity, unit_price, discount_code_id, total_amount, "
                                 "stripe_checkout_session_id, created_at) VALUES ({}, 7, {}, 'buyer@shop.example', {}, 19.99, {}, {}, 'cs_test_{}', '{}')",
                                 table("ticket_orders"), order.id, order.ticket, order.quantity, order.code, order.total, order.id,
                                 mariadb::datetime_text(order.created)));
    }
    /// One value, as text.
    [[nodiscard]] std::string value(const std::string& expression_and_rest) const {
        return mariadb_rows("SELECT " + expression_and_rest).at(0).at(0);
    }
    [[nodiscard]] std::string of_order(std::int64_t id, const std::string& column) const {
        return value(fmt::format("{} FROM {} WHERE id = {}", column, table("ticket_orders"), id));
    }
    [[nodiscard]] std::string sold(int ticket = 1) const {
        return value(fmt::format("sold_quantity FROM {} WHERE id = {}", table("tickets"), ticket));
    }
    [[nodiscard]] std::string used(int code = 1) const {
        return value(fmt::format("used_count FROM {} WHERE id = {}", table("discount_codes"), code));
    }
    [[nodiscard]] std::vector<OutboxRow> outbox() const {
        std::vector<OutboxRow> rows;
        for (const auto& columns : mariadb_rows("SELECT id, aggregateId, aggregateType, eventType, payload, " TKB_MS("createdAt") ", COALESCE(traceparent, '') FROM " +
                                                table("outbox") + " ORDER BY sequence"))
            rows.push_back({columns[0], columns[1], columns[2], columns[3], columns[4], TimePoint(std::chrono::milliseconds(std::stoll(columns[5]))), 0, columns[6]});
        return rows;
    }
    [[nodiscard]] std::unique_ptr<PaymentStore> store(Observer& observer = Observer::none()) const { return store(database_.pool(), observer); }
    [[nodiscard]] static std::unique_ptr<PaymentStore> store(std::shared_ptr<mariadb::Pool> pool, Observer& observer = Observer::none()) {
        auto made = mariadb::order_store(std::move(pool), {}, observer);
        if (!made.has_value()) throw std::runtime_error(to_string(made.error()));
        return std::move(*made);
    }

private:
    MariadbDatabase database_;
};

/// For the payment suite.
class MariadbOrders {
public:
    MariadbOrders() { shop_.add_ticket(1, "1000"); }
    static Payment payment(int n) {
        const std::string number = std::to_string(first_ + n);
        Payment p;
        p.id = p.order_code = number;
        p.amount = {2500 + n, euro()};
        p.provider = "stripe";
        p.provider_transaction_id = "cs_test_" + number;
        p.metadata = "{" + passed_through(n) + R"(,"ticket_id":"1","quantity":2})";
        p.created_at = p.updated_at = conformance::payments::at(n);
        return p;
    }
    static std::string passed_through(int) { return R"("customer_email":"buyer@shop.example","event_id":"7")"; }
    void put(const Payment& payment) {
        const std::int64_t cents = payment.amount.minor_units;
        shop_.add_order({std::stoll(payment.id), 1, 2, fmt::format("{}.{:02}", cents / 100, cents % 100), "NULL", payment.created_at});
    }
    std::unique_ptr<PaymentStore> open() { return shop_.store(pool_); }
    std::vector<OutboxRow> outbox() { return shop_.outbox(); }

private:
    static constexpr int first_ = 1000;
    OrderShop shop_;
    std::shared_ptr<mariadb::Pool> pool_ = shop_.database().pool();
};

}  // namespace ticketbottle::test
