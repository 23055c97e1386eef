#include <ticketbottle/mariadb/orders.hpp>

#include "mariadb/pool.hpp"

#include <array>

namespace ticketbottle::mariadb {
namespace {

constexpr std::array<std::string_view, 5> tables{
    R"sql(CREATE TABLE IF NOT EXISTS events (
    id BIGINT NOT NULL AUTO_INCREMENT,
    name VARCHAR(255) NOT NULL,
    PRIMARY KEY (id)) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4)sql",
    R"sql(CREATE TABLE IF NOT EXISTS tickets (
    id BIGINT NOT NULL AUTO_INCREMENT,
    event_id BIGINT NOT NULL,
    name VARCHAR(255) NOT NULL,
    price DECIMAL(10,2) NOT NULL,
    is_active TINYINT(1) NOT NULL DEFAULT 1,
    quantity INT NULL,
    sold_quantity INT NOT NULL DEFAULT 0,
    PRIMARY KEY (id)) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4)sql",
    R"sql(CREATE TABLE IF NOT EXISTS ticket_discounts (
    id BIGINT NOT NULL AUTO_INCREMENT,
    ticket_id BIGINT NOT NULL,
    discount_type VARCHAR(20) NOT NULL,
    discount_value DECIMAL(10,2) NOT NULL,
    valid_until DATE NOT NULL,
    is_active TINYINT(1) NOT NULL DEFAULT 1,
    PRIMARY KEY (id),
    KEY ticket_discounts_ticket (ticket_id)) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4)sql",
    R"sql(CREATE TABLE IF NOT EXISTS discount_codes (
    id BIGINT NOT NULL AUTO_INCREMENT,
    event_id BIGINT NOT NULL,
    code VARCHAR(64) NOT NULL,
    discount_type VARCHAR(20) NOT NULL DEFAULT 'percentage',
    discount_value DECIMAL(10,2) NOT NULL DEFAULT 0,
    valid_from DATETIME NULL,
    valid_until DATETIME NULL,
    is_active TINYINT(1) NOT NULL DEFAULT 1,
    max_uses INT NULL,
    used_count INT NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    UNIQUE KEY discount_codes_code (event_id, code)) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4)sql",
    R"sql(CREATE TABLE IF NOT EXISTS ticket_orders (
    id BIGINT NOT NULL AUTO_INCREMENT,
    event_id BIGINT NOT NULL,
    ticket_id BIGINT NOT NULL,
    user_id BIGINT NULL,
    cognito_sub VARCHAR(255) NULL,
    email VARCHAR(255) NOT NULL,
    quantity INT NOT NULL,
    unit_price DECIMAL(10,2) NOT NULL,
    discount_amount DECIMAL(10,2) NOT NULL DEFAULT 0,
    discount_code_id BIGINT NULL,
    total_amount DECIMAL(10,2) NOT NULL,
    status VARCHAR(20) NOT NULL DEFAULT 'pending',
    stripe_checkout_session_id VARCHAR(255) NULL,
    stripe_payment_intent_id VARCHAR(255) NULL,
    validated_at DATETIME(3) NULL,
    created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    PRIMARY KEY (id),
    KEY ticket_orders_session (stripe_checkout_session_id),
    KEY ticket_orders_status (status, created_at),
    KEY ticket_orders_ticket (ticket_id, status, created_at),
    KEY ticket_orders_code (discount_code_id, status, created_at)) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4)sql"};

}  // namespace

Result<void> create_deployed_tables(Pool& pool, Deadline deadline) {
    constexpr std::string_view operation = "mariadb.create_deployed_tables";
    auto lease = pool.impl().borrow(operation, deadline);
    if (!lease.has_value()) return lease.error();
    for (const std::string_view table : tables) {
        if (auto made = (*lease)->execute(operation, table, Effect::writes, deadline); !made.has_value()) return made;
    }
    return {};
}

}  // namespace ticketbottle::mariadb
