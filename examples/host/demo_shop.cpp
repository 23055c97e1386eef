#include "demo_shop.hpp"

#include <mysql.h>

#include <algorithm>
#include <cstring>
#include <tuple>
#include <ticketbottle/event/events.hpp>
#include <ticketbottle/outbox/statement.hpp>
#include <ticketbottle/ports/clock.hpp>

#include "wiring.hpp"

namespace program {

using namespace ticketbottle;

namespace {

constexpr unsigned seconds_to_connect = 10;

std::string euros(std::int64_t cents) {
    const std::string fraction = std::to_string(cents % 100);
    return std::to_string(cents / 100) + "." + std::string(2 - fraction.size(), '0') + fraction;
}

TicketIssued ticket_of(const DemoOrder& order, std::size_t number, TimePoint now) {
    TicketIssued ticket;
    ticket.ticket_id = order.ticket_ids[number];
    ticket.order_code = order.order_code;
    ticket.event_id = "7";
    ticket.event_name = "Sommernachtskonzert – Ouvertüre & Sinfonie";
    ticket.event_date = std::chrono::floor<std::chrono::days>(now) + std::chrono::days(30) + std::chrono::hours(18);
    ticket.event_venue = "Stadthalle, Große Allee 1";
    ticket.ticket_type = order.sale->ticket == demo_scarce_ticket ? "Erste Reihe" : "Balkon";
    ticket.seat_info = "Platz " + order.order_code + "-" + std::to_string(number + 1);
    ticket.customer_name = "Zoë Müller";
    ticket.customer_email = order.sale->email;
    ticket.qr_code_data = "qr-" + ticket.ticket_id;
    ticket.issued_at = now;
    return ticket;
}

}  // namespace

/// Blocking, one session.
class DemoShop::Client {
public:
    Result<void> connect(const host::MariadbSettings& settings) {
        const my_bool encrypted = settings.tls != host::MariadbTls::off;
        const my_bool verified = settings.tls == host::MariadbTls::verify;
        mysql_options(handle_.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
        mysql_options(handle_.get(), MYSQL_OPT_CONNECT_TIMEOUT, &seconds_to_connect);
        mysql_options(handle_.get(), MYSQL_OPT_SSL_ENFORCE, &encrypted);
        mysql_options(handle_.get(), MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verified);
        if (!settings.ca_file.empty()) mysql_options(handle_.get(), MYSQL_OPT_SSL_CA, settings.ca_file.c_str());
        const std::string password(settings.password.expose());
        if (mysql_real_connect(handle_.get(), settings.host.c_str(), settings.user.c_str(), password.c_str(),
                               settings.database.c_str(), settings.port, nullptr, 0) == nullptr)
            return failed("the shop cannot connect");
        return {};
    }
    Result<void> run(const std::string& sql, std::vector<std::string> parameters) {
        const std::unique_ptr<MYSQL_STMT, my_bool (*)(MYSQL_STMT*)> statement(mysql_stmt_init(handle_.get()), mysql_stmt_close);
        std::vector<MYSQL_BIND> binds(parameters.size());
        for (std::size_t i = 0; i < binds.size(); ++i) {
            std::memset(&binds[i], 0, sizeof binds[i]);
            binds[i].buffer_type = parameters[i].empty() ? MYSQL_TYPE_NULL : MYSQL_TYPE_STRING;
            binds[i].buffer = parameters[i].data();
            binds[i].buffer_length = parameters[i].size();
        }
        if (!statement || mysql_stmt_prepare(statement.get(), sql.data(), sql.size()) != 0 ||
            mysql_stmt_bind_param(statement.get(), binds.data()) != 0 || mysql_stmt_execute(statement.get()) != 0)
            return failed("a statement of the shop");
        return {};
    }
    Result<void> run(const std::string& sql) {
        return mysql_real_query(handle_.get(), sql.data(), sql.size()) == 0 ? Result<void>() : failed("a statement of the shop");
    }
    /// The first column, each row's.
    Result<std::vector<std::string>> column(const std::string& sql) {
        if (const auto asked = run(sql); !asked.has_value()) return asked.error();
        const std::unique_ptr<MYSQL_RES, void (*)(MYSQL_RES*)> result(mysql_store_result(handle_.get()), mysql_free_result);
        std::vector<std::string> values;
        for (MYSQL_ROW row = nullptr; result && (row = mysql_fetch_row(result.get())) != nullptr;)
            values.emplace_back(row[0] == nullptr ? "" : row[0]);
        return values;
    }

private:
    Error failed(const std::string& what) const {
        return fail(Errc::unavailable, "demo", what + ": error " + std::to_string(mysql_errno(handle_.get())));
    }

    std::unique_ptr<MYSQL, void (*)(MYSQL*)> handle_{mysql_init(nullptr), mysql_close};
};

DemoShop::DemoShop(std::unique_ptr<Client> client) : client_(std::move(client)) {}
DemoShop::~DemoShop() = default;
DemoShop::DemoShop(DemoShop&&) noexcept = default;
DemoShop& DemoShop::operator=(DemoShop&&) noexcept = default;

Result<DemoShop> DemoShop::open(const host::MariadbSettings& settings) {
    auto client = std::make_unique<Client>();
    if (const auto connected = client->connect(settings); !connected.has_value()) return connected.error();
    return DemoShop(std::move(client));
}

Result<void> DemoShop::sell(const std::vector<DemoOrder>& plan) {
    for (const auto& [id, name, seats] : {std::tuple{1, "Balkon", 100}, {demo_scarce_ticket, "Erste Reihe", 2}}) {
        const auto put = client_->run(
            "INSERT INTO tickets (id, event_id, name, price, quantity, sold_quantity) VALUES (?, 7, ?, 24.50, ?, 0)",
            {std::to_string(id), name, std::to_string(seats)});
        if (!put.has_value()) return put;
    }
    const auto code = client_->run(
        "INSERT INTO discount_codes (id, event_id, code, max_uses, used_count) VALUES (?, 7, 'EINMAL', 1, 0)",
        {std::to_string(demo_discount_code)});
    if (!code.has_value()) return code;
    for (const DemoOrder& order : plan) {
        const DemoSale& sale = *order.sale;
        const auto put = client_->run(
            "INSERT INTO ticket_orders (id, event_id, ticket_id, email, quantity, unit_price, discount_amount, discount_code_id, "
            "total_amount, status, stripe_checkout_session_id) VALUES (?, 7, ?, ?, ?, 24.50, ?, ?, ?, 'pending', ?)",
            {order.order_code, std::to_string(sale.ticket), sale.email, std::to_string(sale.quantity),
             euros(sale.quantity * 2450 - sale.cents), sale.discounted ? std::to_string(demo_discount_code) : "", euros(sale.cents),
             "cs_demo_" + order.order_code});
        if (!put.has_value()) return put;
    }
    return {};
}

Result<void> DemoShop::issue_tickets(const std::vector<DemoOrder>& plan) {
    if (const auto begun = client_->run("START TRANSACTION"); !begun.has_value()) return begun;
    const auto paid = client_->column("SELECT id FROM ticket_orders WHERE status = 'paid' ORDER BY id FOR UPDATE");
    if (!paid.has_value()) return paid.error();
    const TimePoint now = system_clock().now();
    for (const DemoOrder& order : plan) {
        if (std::ranges::find(*paid, order.order_code) == paid->end()) continue;
        for (std::size_t i = 0; i < order.ticket_ids.size(); ++i) {
            outbox::Event event;
            event.aggregate_id = order.ticket_ids[i];
            event.aggregate_type = "Ticket";
            event.event_type = to_string(EventType::ticket_issued);
            event.payload = to_payload(ticket_of(order, i, now));
            event.created_at = now;
            const auto statement = outbox::insert_statement(event, outbox::Dialect::mariadb);
            if (!statement.has_value()) return statement.error();
            if (const auto put = client_->run(statement->text, statement->parameters); !put.has_value()) return put;
        }
    }
    return client_->run("COMMIT");
}

Result<std::vector<std::string>> DemoShop::wrong_counts(const std::vector<DemoOrder>& plan) {
    std::int64_t plenty = 0, scarce = 0, used = 0;
    for (const DemoOrder& order : plan) {
        if (order.status != PaymentStatus::completed) continue;
        (order.sale->ticket == demo_scarce_ticket ? scarce : plenty) += order.sale->quantity;
        used += order.sale->discounted ? 1 : 0;
    }
    const auto sold = client_->column("SELECT sold_quantity FROM tickets ORDER BY id");
    if (!sold.has_value()) return sold.error();
    const auto uses = client_->column("SELECT used_count FROM discount_codes");
    if (!uses.has_value()) return uses.error();
    std::vector<std::string> wrong;
    const std::vector<std::string> must = {std::to_string(plenty), std::to_string(scarce)};
    if (*sold != must) wrong.push_back("tickets sold are not " + must[0] + " and " + must[1]);
    if (*uses != std::vector<std::string>{std::to_string(used)}) wrong.push_back("uses of the code are not " + std::to_string(used));
    return wrong;
}

}  // namespace program
