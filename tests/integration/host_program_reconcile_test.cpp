// The program asks a gateway as a user runs it: reconcile, query, and serve --all with a callback that never comes.

#include <doctest/doctest.h>

#include <filesystem>
#include <ticketbottle/sqlite/sqlite.hpp>

#include "support/gateway_answers.hpp"
#include "support/imposter_gateway.hpp"
#include "support/served.hpp"
#include "support/temporary_folder.hpp"

namespace ticketbottle {
namespace {

using namespace std::chrono_literals;
using test::http_answer;
using test::ImposterReply;
using test::ImposterRequest;
using test::run_program;
using test::Told;
namespace fs = std::filesystem;

constexpr const char* order = "TB-TEST-20251121-00000001";

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A folder, a VNPay that tells `told` of every order, and a payment that was opened twenty minutes ago.
struct Desk {
    test::TemporaryFolder folder;
    test::ImposterGateway vnpay{"DNS:localhost", folder / "ca.pem",
                                [](const ImposterRequest&) { return ImposterReply{}; }};
    test::ProgramEnvironment environment = test::fake_environment("data");

    Desk() {
        environment["TICKETBOTTLE_VNPAY_API_BASE"] = vnpay.url();
        environment["SSL_CERT_FILE"] = folder / "ca.pem";
        tell({});
        fs::create_directories(folder.path() / "data");
        Payment payment;
        payment.id = "6d1a0c3e-0000-4000-8000-000000000001";
        payment.order_code = payment.provider_transaction_id = payment.idempotency_key = order;
        payment.amount = {250000, Currency::vnd()};
        payment.provider = "vnpay";
        payment.metadata = R"({"customer_email":"an@example.com","customer_name":"An"})";
        payment.created_at = payment.updated_at = SystemClock().now() - 20min;
        auto store = sqlite::open_payment_store({.path = folder / "data/ticketbottle.db"}, Deadline::in(30s));
        REQUIRE(store.has_value());
        REQUIRE((*store)->create(payment, Deadline::in(30s)).has_value());
    }
    void tell(Told told, const std::string& key = "fake-vnpay-secret") {
        if (told.order_id.empty()) told.order_id = order;
        told.transaction_id = "14000001";
        vnpay.answer_with([=](const ImposterRequest&) {
            return ImposterReply{http_answer(200, test::vnpay_answer(told, "DEMO0001", key))};
        });
    }
    [[nodiscard]] test::Finished run(const std::vector<std::string>& arguments) const {
        return run_program(TKB_PROGRAM, arguments, environment, folder.path());
    }
    [[nodiscard]] std::string status() const { return run({"status", "--json"}).out; }
    [[nodiscard]] std::size_t mails() const {
        std::error_code error;
        std::size_t count = 0;
        for (auto entry = fs::directory_iterator(folder.path() / "data/mail/new", error);
             !error && entry != fs::directory_iterator(); entry.increment(error))
            ++count;
        return count;
    }
};

TEST_CASE(
    "ticketbottle serve --all: a lost callback heals by asking; the callback that comes after all is a duplicate") {
    Desk desk;
    desk.environment["TICKETBOTTLE_RECONCILE"] = "on";
    test::Served server(desk.environment, desk.folder.path());
    for (int i = 0; i < 3000 && desk.mails() == 0; ++i) std::this_thread::sleep_for(10ms);
    CHECK(desk.mails() == 1);  // settled, published, mailed: the relay was woken
    const auto late = server.paid(order, 250000);
    CHECK(holds(late.value().body, "\"02\""));
    CHECK(holds(desk.status(), R"("completed":1)"));
    CHECK(holds(desk.status(), R"("raised":0)"));
    CHECK(holds(desk.status(), R"("total":1,"published":1)"));
    CHECK(holds(server.get("/metrics").value().body,
                R"(ticketbottle_reconcile_answers_total{gateway="vnpay",result="settled"} 1)"));
    CHECK(holds(server.get("/metrics").value().body, R"(ticketbottle_reconcile_gateway_up{gateway="vnpay"} 1)"));
    server.program().signal(SIGTERM);
    CHECK(server.program().wait(20s) == 0);
    CHECK(holds(server.program().err(), "reconcile.healed"));
    CHECK_FALSE(holds(server.program().err(), "fake-vnpay-secret"));
    CHECK(desk.vnpay.requests().size() == 1);
    CHECK(desk.mails() == 1);
}

TEST_CASE(
    "ticketbottle serve --all: a gateway that hangs does not hold up a stop; without TICKETBOTTLE_RECONCILE nobody is "
    "asked") {
    Desk desk;
    desk.vnpay.answer_with([](const ImposterRequest&) { return ImposterReply{"", ImposterReply::Then::hang}; });
    {
        test::Served quiet(desk.environment, desk.folder.path(), "quiet");
        CHECK(quiet.get("/healthz").value().status == 200);
        quiet.program().signal(SIGTERM);
        CHECK(quiet.program().wait(20s) == 0);
        CHECK(desk.vnpay.requests().empty());
    }
    desk.environment["TICKETBOTTLE_RECONCILE"] = "on";
    test::Served server(desk.environment, desk.folder.path());
    for (int i = 0; i < 3000 && desk.vnpay.requests().empty(); ++i) std::this_thread::sleep_for(10ms);
    REQUIRE(desk.vnpay.requests().size() == 1);
    const auto began = std::chrono::steady_clock::now();
    server.program().signal(SIGTERM);
    CHECK(server.program().wait(20s) == 0);
    CHECK(std::chrono::steady_clock::now() - began < 5s);  // the question's own timeout is 10 s
}

TEST_CASE("ticketbottle reconcile: once, and until a stop; a payment that stays open changes nothing") {
    Desk desk;
    desk.tell({.status = NotifiedStatus::pending});
    const auto open = desk.run({"reconcile", "--once"});
    CHECK_MESSAGE(open.code == 0, open.err);
    CHECK(holds(open.out, R"("asked":1,"settled":0,"unchanged":0,"open":1)"));
    CHECK(holds(desk.status(), R"("pending":1,"completed":0)"));
    {
        test::Program until(TKB_PROGRAM, {"reconcile"}, desk.environment, desk.folder.path(), "until");
        for (int i = 0; i < 3000 && desk.vnpay.requests().size() < 2; ++i) std::this_thread::sleep_for(10ms);
        until.signal(SIGTERM);
        CHECK(until.wait(20s) == 0);
        CHECK(holds(until.out(), R"("settled":0)"));
    }
    desk.tell({});
    const auto done = desk.run({"reconcile", "--once"});
    CHECK(done.code == 0);
    CHECK(holds(done.out, R"("asked":1,"settled":1)"));
    CHECK(holds(desk.run({"reconcile", "--once"}).out, R"("asked":0)"));
    CHECK(holds(desk.status(), R"("completed":1)"));
    CHECK(holds(desk.status(), R"("total":1,"published":0)"));
}

TEST_CASE("ticketbottle query: shows what the gateway says, changes nothing, and settles when it is told to") {
    Desk desk;
    const auto shown = desk.run({"query", "--payment", order});
    CHECK_MESSAGE(shown.code == 0, shown.err);
    CHECK(holds(shown.out, R"("payment_status":"PENDING","gateway":"vnpay")"));
    CHECK(holds(
        shown.out,
        R"("answer":"settle","status":"succeeded","amount":250000,"currency":"VND","transaction_id":"14000001")"));
    CHECK_FALSE(holds(shown.out, "an@example.com"));
    CHECK(holds(desk.status(), R"("pending":1)"));
    desk.tell({.status = NotifiedStatus::pending});
    CHECK(holds(desk.run({"query", "--payment", order, "--settle"}).out, R"("answer":"open")"));
    desk.tell({}, "another-key");
    const auto forged = desk.run({"query", "--payment", order, "--settle"});
    CHECK(forged.code == 1);
    CHECK(holds(forged.out, R"("answer":"forged")"));
    desk.tell({.amount = 1});
    const auto refused = desk.run({"query", "--payment", order, "--settle"});
    CHECK(refused.code == 1);
    CHECK(holds(refused.out, R"("outcome":"refused","refusal":"amount_mismatch","payment_status":"PENDING")"));
    desk.tell({});
    desk.vnpay.answer_with([](const ImposterRequest&) { return ImposterReply{http_answer(503, "")}; });
    CHECK(desk.run({"query", "--payment", order}).code == 1);
    CHECK(holds(desk.status(), R"("pending":1,"completed":0)"));
    CHECK(desk.run({"query", "--payment", "TB-NONE"}).code == 1);
}

TEST_CASE("ticketbottle query --settle: the answer settles as a callback would, and again is a duplicate") {
    Desk desk;
    const auto settled = desk.run({"query", "--payment", order, "--settle"});
    CHECK_MESSAGE(settled.code == 0, settled.err);
    CHECK(holds(settled.out, R"("outcome":"applied","refusal":"none","payment_status":"COMPLETED")"));
    const auto again = desk.run({"query", "--payment", order, "--settle"});
    CHECK(again.code == 0);
    CHECK(holds(again.out, R"("outcome":"duplicate")"));
    CHECK(holds(desk.status(), R"("total":1,)"));
    CHECK(holds(desk.status(), R"("raised":0)"));
}

TEST_CASE("ticketbottle: what is wrong about asking ends with 2 and says what") {
    Desk desk;
    CHECK(holds(desk.run({"query"}).err, "--payment is required"));
    for (const char* command : {"reconcile", "query"}) {
        const auto help = desk.run({command, "--help"});
        CHECK(help.code == 0);
        CHECK(help.out.starts_with("Usage: ticketbottle " + std::string(command)));
    }
    desk.environment["TICKETBOTTLE_VNPAY_API_BASE"] = "http://gateway.example";
    const auto plain = desk.run({"reconcile", "--once"});
    CHECK(plain.code == 2);
    CHECK(holds(plain.err, "TICKETBOTTLE_VNPAY_API_BASE: "));
    for (const char* name : {"VNPAY_TMN_CODE", "VNPAY_HASH_SECRET", "TICKETBOTTLE_VNPAY_API_BASE"})
        desk.environment.erase(name);
    desk.environment["TICKETBOTTLE_RECONCILE"] = "on";  // Stripe is left, with a key for callbacks alone
    for (const std::vector<std::string>& command : {std::vector<std::string>{"reconcile"}, {"serve", "--all"}}) {
        const auto keyless = desk.run(command);
        CHECK(keyless.code == 2);
        CHECK(holds(keyless.err, "no gateway has the keys"));
    }
    const auto unaskable = desk.run({"query", "--payment", order});
    CHECK(unaskable.code == 2);
    CHECK(holds(unaskable.err, "no_keys"));
}

}  // namespace
}  // namespace ticketbottle
