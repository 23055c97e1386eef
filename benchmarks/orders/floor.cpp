#include "orders/floor.hpp"

#include <cstring>
#include <mutex>
#include <stdexcept>

namespace ticketbottle::benchmarks {
namespace {

MYSQL_BIND text(std::string& value) {
    MYSQL_BIND bind;
    std::memset(&bind, 0, sizeof bind);
    bind.buffer_type = MYSQL_TYPE_STRING;
    bind.buffer = value.data();
    bind.buffer_length = value.size();
    return bind;
}

MYSQL_BIND number(std::int64_t& value) {
    MYSQL_BIND bind;
    std::memset(&bind, 0, sizeof bind);
    bind.buffer_type = MYSQL_TYPE_LONGLONG;
    bind.buffer = &value;
    return bind;
}

}  // namespace

MariadbClient::MariadbClient(std::uint16_t port, const std::string& database) {
    static std::once_flag once;
    std::call_once(once, [] { (void)mysql_server_init(0, nullptr, nullptr); });
    handle_.reset(mysql_init(nullptr));
    mysql_options(handle_.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (mysql_real_connect(handle_.get(), "127.0.0.1", "root", "", database.c_str(), port, nullptr, 0) == nullptr)
        throw std::runtime_error(mysql_error(handle_.get()));
}

std::string MariadbClient::sql(const std::string& text) {
    if (mysql_real_query(handle_.get(), text.data(), text.size()) != 0) throw std::runtime_error(mysql_error(handle_.get()));
    const std::unique_ptr<MYSQL_RES, void (*)(MYSQL_RES*)> result(mysql_store_result(handle_.get()), mysql_free_result);
    MYSQL_ROW row = result ? mysql_fetch_row(result.get()) : nullptr;
    return row != nullptr && row[0] != nullptr ? row[0] : "";
}

Floor::Floor(std::uint16_t port, const std::string& database, Ticket ticket)
    : client_(port, database),
      ticket_(ticket),
      update_(prepare("UPDATE ticket_orders SET status = 'paid', stripe_payment_intent_id = 'pi_floor' WHERE id = ?")),
      insert_(prepare("INSERT INTO outbox (id, aggregateId, aggregateType, eventType, payload, createdAt) "
                      "VALUES (?, ?, 'Payment', 'PAYMENT_COMPLETED', ?, NOW(3))")),
      count_(prepare("UPDATE tickets SET sold_quantity = sold_quantity + 1 WHERE id = ?")) {
    client_.sql("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
}

Floor::Statement Floor::prepare(std::string_view text) {
    Statement statement(mysql_stmt_init(client_.handle()), mysql_stmt_close);
    if (mysql_stmt_prepare(statement.get(), text.data(), text.size()) != 0) throw std::runtime_error(mysql_stmt_error(statement.get()));
    return statement;
}

void Floor::run(const Statement& statement, std::vector<MYSQL_BIND>& parameters) {
    if (mysql_stmt_bind_param(statement.get(), parameters.data()) != 0 || mysql_stmt_execute(statement.get()) != 0)
        throw std::runtime_error(mysql_stmt_error(statement.get()));
    if (mysql_stmt_affected_rows(statement.get()) != 1) throw std::runtime_error("a statement of the floor changed no row");
}

void Floor::simple(std::string_view text) {
    if (mysql_real_query(client_.handle(), text.data(), text.size()) != 0) throw std::runtime_error(mysql_error(client_.handle()));
}

void Floor::complete(std::int64_t order, std::int64_t ticket, std::string event_id, std::string payload) {
    std::string key = std::to_string(order);
    std::vector<MYSQL_BIND> of_update{number(order)}, of_insert{text(event_id), text(key), text(payload)}, of_count{number(ticket)};
    simple("START TRANSACTION");
    run(update_, of_update);
    run(insert_, of_insert);
    if (ticket_ == Ticket::counted) run(count_, of_count);
    simple("COMMIT");
}

}  // namespace ticketbottle::benchmarks
