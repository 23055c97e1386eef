// Checkout and check-in on a real MariaDB: buyers at once for the last seat and the last use of a code, reservations that end in each
// way, orders reserved here and settled by signed callbacks, orders that cost nothing, prices as the rows have them.
#include "support/mariadb_orders.hpp"
#include "support/recording_observer.hpp"

#include <ticketbottle/checkout/handler.hpp>
#include <ticketbottle/mariadb/checkout.hpp>
#include <ticketbottle/payment/retrying_store.hpp>
#include <ticketbottle/webhook/handler.hpp>

#include <doctest/doctest.h>

#include <barrier>
#include <functional>
#include <map>
#include <thread>

namespace ticketbottle {
namespace {

using namespace std::chrono_literals;
using test::mariadb_rows;
using test::OrderShop;

constexpr std::size_t buyers = 16;

Deadline soon() { return Deadline::in(60s); }

/// A shop with event 7 ("Concert") and what a test adds.
class Shop : public OrderShop {
public:
    Shop() {
        database().options().connections_max = buyers;
        sql("INSERT INTO {} (id, name) VALUES (7, 'Concert'), (8, 'Another')", "events");
    }
    template <class... Values>
    void sql(const std::string& text, const std::string& name, Values... values) {
        mariadb_rows(fmt::format(fmt::runtime(text), table(name), values...));
    }
    /// \param quantity  SQL: a number or NULL.
    void add(int ticket, const std::string& price, const std::string& quantity) {
        sql("INSERT INTO {} (id, event_id, name, price, quantity) VALUES ({}, 7, 'Balcony', {}, {})", "tickets", ticket, price, quantity);
    }
    void add_code(int id, const std::string& code, const std::string& discount, const std::string& uses = "NULL") {
        sql("INSERT INTO {} (id, event_id, code, discount_type, discount_value, max_uses) VALUES ({}, 7, '{}', {}, {})", "discount_codes", id, code, discount, uses);
    }
    [[nodiscard]] std::string orders(const std::string& condition = "TRUE") const { return value("COUNT(*) FROM " + table("ticket_orders") + " WHERE " + condition); }
    [[nodiscard]] std::string sum(const std::string& condition) const {
        return value("COALESCE(SUM(quantity), 0) FROM " + table("ticket_orders") + " WHERE " + condition);
    }
    [[nodiscard]] std::string events(const std::string& type) const { return value("COUNT(*) FROM " + table("outbox") + " WHERE eventType = '" + type + "'"); }
};

struct Bought {
    int status = 0;
    std::string body;
    [[nodiscard]] std::string member(const std::string& name) const {
        const std::string mark = "\"" + name + "\":";
        const auto at = body.find(mark);
        if (at == std::string::npos) return "";
        const auto from = at + mark.size();
        std::string text = body.substr(from, body.find_first_of(",}", from) - from);
        std::erase(text, '"');
        return text;
    }
    [[nodiscard]] std::string reason() const { return member("reason"); }
    /// Of its session, "cs_test_17".
    [[nodiscard]] std::int64_t order() const { return std::stoll(member("session_id").substr(8)); }
};

checkout::CheckoutOptions options() {
    checkout::CheckoutOptions options;
    options.origins = {"https://shop.example"};
    options.check_in_token = Secret("EXAMPLE-door-token-1");
    return options;
}

/// One thread's handler, desk and store, as a host has them; the payment page always opens, unless told otherwise.
class Counter {
public:
    explicit Counter(const std::shared_ptr<mariadb::Pool>& pool, Observer& observer = Observer::none())
        : desk_(mariadb::checkout_desk(pool).value()),
          store_(std::make_unique<RetryingPaymentStore>(OrderShop::store(pool, observer), RetryOptions{.tries_max = 20})),
          handler_(checkout::CheckoutHandler::make(*desk_, *store_, {[this](const auto& request, Deadline) { return create(request); }, [](std::string_view, Deadline) -> Result<void> { return {}; }},
                                                   clock_, options(), observer)
                       .value()),
          webhook_(gateways(), *store_, clock_, {}, observer) {}

    Bought buy(int ticket = 1, int quantity = 1, const std::string& code = "", int event = 7) {
        std::string body = fmt::format(R"({{"email":"buyer@shop.example","quantity":{})", quantity);
        body += code.empty() ? "}" : R"(,"discount_code":")" + code + "\"}";
        const auto answer = handler_->handle({"POST", fmt::format("/events/{}/tickets/{}/checkout", event, ticket), "", {}, body}, {}, soon());
        return {answer.reply.http_status, answer.reply.body};
    }
    Bought validate(std::int64_t order, int event = 7) {
        const auto answer = handler_->handle({"PATCH", fmt::format("/events/{}/ticket-orders/{}/validate", event, order), "", {{"Authorization", "Bearer EXAMPLE-door-token-1"}}, ""}, {}, soon());
        return {answer.reply.http_status, answer.reply.body};
    }
    /// Stripe's signed word on an order.
    Outcome told(std::int64_t order, NotifiedStatus status, std::int64_t cents) {
        const TestNotification event = test::told_by_stripe(order, cents, status);
        return webhook_.handle(stripe::sign(event, *gateways().stripe, clock_.now()).value(), soon()).settled.outcome;
    }
    PaymentStore& store() { return *store_; }
    checkout::Desk& desk() { return *desk_; }
    std::optional<Errc> page_fails;
    stripe::CheckoutSessionRequest page;

private:
    static const Gateways& gateways() {
        static const Gateways made = [] {
            Gateways gateways;
            gateways.stripe.emplace().endpoint_secrets = {Secret("whsec_not_a_real_one")};
            return gateways;
        }();
        return made;
    }
    Result<stripe::CheckoutSession> create(const stripe::CheckoutSessionRequest& request) {
        page = request;
        if (page_fails) return fail(*page_fails, "test", "scripted");
        stripe::CheckoutSession session;
        session.id = "cs_test_" + request.order_id;
        session.url = "https://checkout.stripe.example/" + session.id;
        return session;
    }

    SystemClock clock_;
    std::unique_ptr<checkout::Desk> desk_;
    std::unique_ptr<PaymentStore> store_;
    std::unique_ptr<checkout::CheckoutHandler> handler_;
    WebhookHandler webhook_;
};

/// So many threads at once, each with a counter of its own; what each of them bought.
std::vector<Bought> rush(Shop& shop, const std::function<Bought(Counter&, std::size_t)>& buy) {
    const auto pool = shop.database().pool();
    std::vector<Bought> bought(buyers);
    std::barrier at_the_door(buyers);
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < buyers; ++i) {
        threads.emplace_back([&, i] {
            Counter counter(pool);
            at_the_door.arrive_and_wait();
            (void)counter.store().counts(soon());  // with a connection each
            at_the_door.arrive_and_wait();
            bought[i] = buy(counter, i);
        });
    }
    threads.clear();
    return bought;
}

std::map<std::string, int> tally(const std::vector<Bought>& bought) {
    std::map<std::string, int> counts;
    for (const Bought& one : bought) ++counts[one.status == 200 ? "sold" : one.reason()];
    return counts;
}
using Tally = std::map<std::string, int>;

TEST_CASE("Checkout: of sixteen buyers at once one gets the last seat, and the others hear that none is left") {
    Shop shop;
    for (int ticket = 1; ticket <= 4; ++ticket) {  // the race is not always close
        shop.add(ticket, "19.99", "3");
        mariadb_rows("UPDATE " + shop.table("tickets") + " SET sold_quantity = 2");
        const auto bought = rush(shop, [ticket](Counter& counter, std::size_t) { return counter.buy(ticket); });
        CHECK(tally(bought) == Tally{{"sold", 1}, {"not_enough", 15}});
        const std::string of_ticket = "ticket_id = " + std::to_string(ticket);
        CHECK(shop.orders(of_ticket) == "1");
        CHECK(shop.orders(of_ticket + " AND status = 'pending' AND stripe_checkout_session_id = CONCAT('cs_test_', id)") == "1");
        CHECK(shop.sold(ticket) == "2");
    }
}

TEST_CASE("Checkout: wishes of one to three tickets never add up to more than there are") {
    Shop shop;
    shop.add(1, "19.99", "10");
    const auto bought = rush(shop, [](Counter& counter, std::size_t i) { return counter.buy(1, 1 + static_cast<int>(i % 3)); });
    CHECK(shop.sum("status = 'pending'") == "10");  // sixteen wishes of 31 in all: some of one always fit
    for (const Bought& one : bought) CHECK((one.status == 200 || one.reason() == "not_enough"));
}

TEST_CASE("Checkout: of sixteen buyers at once one gets the last use of a code; the others are not sold a dearer ticket instead") {
    Shop shop;
    for (int i = 1; i <= static_cast<int>(buyers); ++i) shop.add(i, "20.00", "NULL");  // one ticket each: only the code's row is fought for
    for (int code = 1; code <= 3; ++code) {
        shop.add_code(code, fmt::format("LAST{}", code), "'percentage', 50", "1");
        const auto bought = rush(shop, [code](Counter& counter, std::size_t i) { return counter.buy(static_cast<int>(i) + 1, 1, fmt::format("last{}", code)); });
        CHECK(tally(bought) == Tally{{"sold", 1}, {"code_used_up", 15}});
        CHECK(shop.orders() == std::to_string(code));
        CHECK(shop.orders(fmt::format("discount_code_id = {} AND unit_price = 10.00 AND discount_amount = 10.00 AND total_amount = 10.00", code)) == "1");
    }
}

TEST_CASE("Checkout: a reservation ends by failure, by expiry, by payment and by age, and not before") {
    Shop shop;
    shop.add(1, "19.99", "1");
    shop.add_code(1, "ONCE", "'fixed', 5", "1");
    Counter counter(shop.database().pool());
    const auto free = [&] { return counter.buy(1, 1, "ONCE"); };

    counter.page_fails = Errc::unavailable;  // certainly no page
    CHECK(free().status == 503);
    CHECK(shop.orders("status = 'failed'") == "1");
    counter.page_fails = Errc::invalid_argument;
    CHECK(free().status == 502);
    CHECK(shop.orders("status = 'failed'") == "2");

    counter.page_fails.reset();
    const Bought first = free();
    REQUIRE(first.status == 200);
    CHECK(free().reason() == "not_enough");
    CHECK(counter.told(first.order(), NotifiedStatus::cancelled, 1499) == Outcome::applied);  // checkout.session.expired

    counter.page_fails = Errc::outcome_unknown;  // perhaps a page: held until its time is over
    CHECK(free().status == 503);
    counter.page_fails.reset();
    CHECK(free().reason() == "not_enough");
    const auto age = [&](const std::string& by) { mariadb_rows("UPDATE " + shop.table("ticket_orders") + " SET created_at = NOW(3) - INTERVAL " + by + " WHERE status = 'pending'"); };
    age("44 MINUTE");
    CHECK(free().reason() == "not_enough");
    age("2701 SECOND");
    const Bought second = free();
    REQUIRE(second.status == 200);

    CHECK(counter.told(second.order(), NotifiedStatus::succeeded, 1499) == Outcome::applied);
    CHECK(shop.sold() == "1");
    CHECK(shop.used() == "1");
    CHECK(free().reason() == "not_enough");
    mariadb_rows("UPDATE " + shop.table("tickets") + " SET quantity = 0");  // no limit any more; the code has one
    CHECK(free().reason() == "code_used_up");
    CHECK(counter.buy().status == 200);
}

TEST_CASE("Checkout: reserved, paid by signed callbacks or left to expire, all at once: sums agree, and nothing is oversold") {
    Shop shop;
    shop.add(1, "20.00", "40");
    shop.add(2, "30.00", "25");
    shop.add_code(1, "TEN", "'percentage', 10", "12");
    (void)rush(shop, [](Counter& counter, std::size_t i) {
        Bought last;
        for (std::size_t n = 0; n < 8; ++n) {
            const std::size_t draw = i * 8 + n;
            const int ticket = draw % 2 == 0 ? 1 : 2;
            last = counter.buy(ticket, 1 + static_cast<int>(draw % 2), draw % 3 == 0 ? "TEN" : "");
            CHECK((last.status == 200 || last.reason() == "not_enough" || last.reason() == "code_used_up"));
            if (last.status != 200) continue;
            const auto cents = static_cast<std::int64_t>(counter.page.unit_amount * counter.page.quantity);
            const auto status = draw % 4 == 1 ? NotifiedStatus::cancelled : NotifiedStatus::succeeded;
            CHECK(counter.told(last.order(), status, cents) == Outcome::applied);
            CHECK(counter.told(last.order(), status, cents) == Outcome::duplicate);
        }
        return last;
    });
    CHECK(shop.orders("status = 'pending'") == "0");
    for (const int ticket : {1, 2}) {
        CHECK(shop.sold(ticket) == shop.sum(fmt::format("ticket_id = {} AND status = 'paid'", ticket)));
        CHECK(std::stoi(shop.sold(ticket)) <= (ticket == 1 ? 40 : 25));
        CHECK(std::stoi(shop.sold(ticket)) > 20);
    }
    CHECK(shop.used() == shop.orders("discount_code_id = 1 AND status = 'paid'"));
    CHECK(std::stoi(shop.used()) <= 12);
    CHECK(shop.events("PAYMENT_COMPLETED") == shop.orders("status = 'paid'"));
    CHECK(shop.events("ORDER_OVERSOLD") == "0");
    CHECK(shop.events("DISCOUNT_CODE_EXCEEDED") == "0");
    CHECK(shop.orders("total_amount <> unit_price * quantity OR unit_price + discount_amount <> IF(ticket_id = 1, 20, 30)") == "0");
}

TEST_CASE("Checkout: what costs nothing is paid at once, counted once, and told once") {
    Shop shop;
    shop.add(1, "20.00", "5");
    shop.add_code(1, "GIFT", "'percentage', 100", "1");
    const auto bought = rush(shop, [](Counter& counter, std::size_t) { return counter.buy(1, 2, "gift"); });
    CHECK(tally(bought) == Tally{{"sold", 1}, {"code_used_up", 15}});
    const std::string id = shop.value("id FROM " + shop.table("ticket_orders"));
    for (const Bought& one : bought)
        if (one.status == 200) CHECK(one.member("checkout_url") == "https://shop.example/events/7?payment=success&session_id=free-" + id);
    CHECK(shop.orders("status = 'paid' AND total_amount = 0 AND unit_price = 0 AND discount_amount = 20.00") == "1");
    CHECK(shop.sold() == "2");
    CHECK(shop.used() == "1");
    CHECK(shop.events("PAYMENT_COMPLETED") == "1");
    CHECK(shop.value("COUNT(*) FROM " + shop.table("payment_inbox") + " WHERE dedupKey = 'free-" + id + "' AND amount = 0") == "1");
    Counter counter(shop.database().pool());
    CHECK(counter.validate(std::stoll(id)).status == 200);
}

TEST_CASE("Checkout: a price is what the rows say: base, the discount that ends first, the code if it is better") {
    Shop shop;
    shop.add(1, "19.99", "NULL");
    Counter counter(shop.database().pool());
    const auto unit = [&](const std::string& code = "") {
        const Bought bought = counter.buy(1, 2, code);
        return bought.status == 200 ? fmt::format("{} x {}", counter.page.unit_amount, counter.page.quantity) : bought.reason();
    };
    CHECK(unit() == "1999 x 2");
    CHECK(counter.page.product_name == "Balcony - Concert");
    CHECK(counter.page.currency == test::euro());
    const auto discount = [&](const std::string& rest) {
        shop.sql("INSERT INTO {} (ticket_id, discount_type, discount_value, valid_until, is_active) VALUES (1, {})", "ticket_discounts", rest);
    };
    discount("'fixed', 9, UTC_DATE() - INTERVAL 1 DAY, 1");
    discount("'fixed', 8, UTC_DATE(), 0");
    CHECK(unit() == "1999 x 2");
    discount("'fixed', 1, UTC_DATE() + INTERVAL 9 DAY, 1");
    CHECK(unit() == "1899 x 2");
    discount("'percentage', 15, UTC_DATE(), 1");  // today is its last day, and it ends first
    CHECK(unit() == "1699 x 2");
    shop.add_code(1, "WORSE", "'percentage', 10");
    shop.add_code(2, "BETTER", "'fixed', 10.5");
    CHECK(unit("WORSE") == "1699 x 2");
    CHECK(shop.orders("discount_code_id IS NOT NULL") == "0");
    CHECK(unit("better") == "949 x 2");
    CHECK(shop.orders("discount_code_id = 2 AND unit_price = 9.49 AND discount_amount = 10.50 AND total_amount = 18.98 AND user_id IS NULL AND cognito_sub IS NULL") == "1");
    mariadb_rows("UPDATE " + shop.table("tickets") + " SET price = 10.90");
    CHECK(unit("BETTER") == "40 x 2");
    mariadb_rows("UPDATE " + shop.table("tickets") + " SET price = 10.70");
    CHECK(unit("BETTER") == "amount_too_small");
}

TEST_CASE("Checkout: what cannot be sold is refused with its reason, and nothing is written") {
    Shop shop;
    shop.add(1, "19.99", "5");
    shop.add(2, "19.99", "5");
    shop.add(3, "9999999.00", "5");
    mariadb_rows("UPDATE " + shop.table("tickets") + " SET is_active = 0 WHERE id = 2");
    const auto code = [&](int id, const std::string& name, const std::string& change) {
        shop.add_code(id, name, "'fixed', 5");
        mariadb_rows("UPDATE " + shop.table("discount_codes") + " SET " + change + " WHERE id = " + std::to_string(id));
    };
    code(1, "OFF", "is_active = 0");
    code(2, "LATER", "valid_from = NOW() + INTERVAL 1 HOUR");
    code(3, "OVER", "valid_until = NOW() - INTERVAL 1 HOUR");
    code(4, "USED", "max_uses = 2, used_count = 2");
    code(5, "OTHER", "event_id = 8");
    code(6, "SÜMMER", "max_uses = NULL");
    code(7, "ODD", "discount_type = 'half'");
    code(8, "MINUS", "discount_value = -1");
    Counter counter(shop.database().pool());
    const struct {
        int ticket;
        int quantity;
        const char* code;
        int event;
        int status;
        const char* reason;
    } cases[] = {
        {9, 1, "", 7, 404, "ticket_unknown"},  {1, 1, "", 8, 404, "ticket_unknown"},       {1, 1, "", 9, 404, "ticket_unknown"},   {2, 1, "", 7, 400, "ticket_inactive"},
        {1, 6, "", 7, 400, "not_enough"},      {3, 1, "", 7, 400, "amount_too_large"},     {1, 1, "NONE", 7, 400, "code_unknown"}, {1, 1, "OFF", 7, 400, "code_unknown"},
        {1, 1, "OTHER", 7, 400, "code_unknown"}, {1, 1, "SUMMER", 7, 400, "code_unknown"}, {1, 1, "LATER", 7, 400, "code_not_yet_valid"}, {1, 1, "OVER", 7, 400, "code_expired"},
        {1, 1, "USED", 7, 400, "code_used_up"}, {1, 1, "ODD", 7, 500, "internal"},         {1, 1, "MINUS", 7, 500, "internal"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.ticket);
        CAPTURE(one.code);
        const Bought bought = counter.buy(one.ticket, one.quantity, one.code, one.event);
        CHECK(bought.status == one.status);
        CHECK(bought.reason() == one.reason);
    }
    CHECK(counter.buy(1, 6).body.find("Only 5 tickets available") != std::string::npos);
    CHECK(shop.orders() == "0");
    code(9, "ZERO", "max_uses = 0, used_count = 9, valid_from = NOW() - INTERVAL 1 HOUR, valid_until = NOW() + INTERVAL 1 HOUR");
    CHECK(counter.buy(1, 1, "zero").status == 200);
}

TEST_CASE("Checkout: a row that cannot be read is told by its name, never by what it holds") {
    Shop shop;
    shop.add(1, "19.99", "NULL");
    shop.add_code(4, "ODD", "'half', 5");
    test::RecordingObserver observer;
    Counter counter(shop.database().pool(), observer);
    CHECK(counter.buy(1, 1, "ODD").status == 500);
    const auto told = observer.records("checkout.failed");
    REQUIRE(told.size() == 1);
    CHECK(told[0].fields.at("error") == "discount_codes.discount_type of 4 cannot be read");
    CHECK(told[0].fields.at("step") == "reserve");
}

TEST_CASE("Checkout: a lock that somebody keeps is waited for, and what is not done is told as such") {
    Shop shop;
    shop.add(1, "19.99", "5");
    test::MariadbSession keeper(test::mariadb_server().port(), shop.database().name());
    keeper.rows("BEGIN");
    keeper.rows("SELECT * FROM tickets WHERE id = 1 FOR UPDATE");
    Counter counter(shop.database().pool());
    checkout::Wanted wanted;
    wanted.event = checkout::EventId{7};
    wanted.ticket = checkout::TicketId{1};
    wanted.email = "buyer@shop.example";
    wanted.reserved_for = 45min;
    const auto late = counter.desk().reserve(wanted, Deadline::in(200ms));
    REQUIRE_FALSE(late.has_value());
    CHECK(late.error().code == Errc::cancelled);
    keeper.rows("ROLLBACK");
    CHECK(counter.desk().reserve(wanted, soon()).value().no_sale == checkout::NoSale::none);
    CHECK(shop.orders() == "1");
}

TEST_CASE("Checkout: an order that was closed meanwhile takes no session, and is not let go twice") {
    Shop shop;
    shop.add(1, "19.99", "5");
    Counter counter(shop.database().pool());
    const Bought bought = counter.buy();
    const checkout::OrderId order{bought.order()};
    CHECK(counter.desk().attach_session(order, "cs_test_again", soon()).has_value());
    CHECK(counter.desk().release(order, soon()).value() == checkout::Release::released);
    CHECK(counter.desk().release(order, soon()).value() == checkout::Release::closed);
    CHECK(counter.desk().attach_session(order, "cs_test_other", soon()).error().code == Errc::conflict);
    CHECK(shop.of_order(bought.order(), "stripe_checkout_session_id") == "cs_test_again");
    CHECK(counter.desk().attach_session(order, "17", soon()).error().code == Errc::invalid_argument);
    CHECK(counter.desk().release(checkout::OrderId{4711}, soon()).value() == checkout::Release::closed);
    const Bought paid = counter.buy();
    CHECK(counter.told(paid.order(), NotifiedStatus::succeeded, 1999) == Outcome::applied);
    CHECK(counter.desk().release(checkout::OrderId{paid.order()}, soon()).value() == checkout::Release::paid);
    CHECK(shop.of_order(paid.order(), "status") == "paid");
}

TEST_CASE("Check-in: of sixteen doors at once one validates a paid order, of its own event only") {
    Shop shop;
    shop.add(1, "19.99", "5");
    Counter counter(shop.database().pool());
    const std::int64_t order = counter.buy().order();
    CHECK(counter.validate(order).reason() == "not_paid");
    CHECK(counter.told(order, NotifiedStatus::succeeded, 1999) == Outcome::applied);
    CHECK(counter.validate(order, 8).reason() == "order_unknown");
    CHECK(counter.validate(order + 1).reason() == "order_unknown");
    CHECK(shop.of_order(order, "validated_at") == "NULL");
    const auto doors = rush(shop, [order](Counter& door, std::size_t) { return door.validate(order); });
    CHECK(tally(doors) == Tally{{"sold", 1}, {"already_validated", 15}});
    const std::string at = shop.of_order(order, "DATE_FORMAT(validated_at, '%Y-%m-%dT%T.%f')").substr(0, 23) + "Z";
    for (const Bought& door : doors) CHECK(door.member("validated_at") == at);
}

TEST_CASE("Checkout: tables without a column that is needed are refused by its name") {
    Shop shop;
    const auto pool = shop.database().pool();
    CHECK(mariadb::check_checkout_tables(*pool, soon()).has_value());
    mariadb_rows("ALTER TABLE " + shop.table("ticket_orders") + " DROP COLUMN cognito_sub");
    mariadb_rows("ALTER TABLE " + shop.table("discount_codes") + " DROP COLUMN valid_from");
    const auto checked = mariadb::check_checkout_tables(*pool, soon());
    REQUIRE_FALSE(checked.has_value());
    CHECK(checked.error().code == Errc::unsupported);
    CHECK(checked.error().detail_text().ends_with(": discount_codes.valid_from, ticket_orders.cognito_sub"));
    mariadb_rows("DROP TABLE " + shop.table("ticket_discounts"));
    CHECK(mariadb::check_checkout_tables(*pool, soon()).error().detail_text().find("ticket_discounts.ticket_id, ticket_discounts.discount_type") != std::string_view::npos);

    mariadb::OrderOptions options;
    options.failed = "paid";
    CHECK(mariadb::checkout_desk(pool, options).error().detail_text().starts_with("failed: "));
    CHECK(mariadb::checkout_desk(nullptr).error().code == Errc::invalid_argument);
}

}  // namespace
}  // namespace ticketbottle
