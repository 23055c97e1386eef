// The program's commands as a user types them: serve, payment, send, status, relay, sweep, consume, ticket, and what is
// typed wrong.

#include <doctest/doctest.h>

#include <filesystem>

#include "support/served.hpp"
#include "support/temporary_folder.hpp"

namespace ticketbottle {
namespace {

using namespace std::chrono_literals;
using test::ProgramEnvironment;
using test::run_program;
using test::Served;
namespace fs = std::filesystem;

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// The folder, the environment, and a command in them.
struct Desk {
    test::TemporaryFolder folder;
    ProgramEnvironment environment = test::fake_environment("data");

    [[nodiscard]] test::Finished run(const std::vector<std::string>& arguments) const {
        return run_program(TKB_PROGRAM, arguments, environment, folder.path());
    }
    [[nodiscard]] Served serve(const std::string& name = "serve",
                               const std::vector<std::string>& arguments = {"serve", "--all"}) const {
        return Served(environment, folder.path(), name, arguments);
    }
    void create(const std::string& order, const std::string& email = "an@example.com") const {
        const auto created =
            run({"payment", "create", "vnpay", "--amount", "250000", "--order", order, "--email", email});
        REQUIRE_MESSAGE(created.code == 0, created.err);
    }
    [[nodiscard]] std::size_t mails() const {
        std::error_code error;
        std::size_t count = 0;
        for (auto entry = fs::directory_iterator(folder.path() / "data/mail/new", error);
             !error && entry != fs::directory_iterator(); entry.increment(error))
            ++count;
        return count;
    }
    /// Waits for the server's relay and consumers.
    [[nodiscard]] bool await_mails(std::size_t wanted) const {
        for (int i = 0; i < 2000 && mails() < wanted; ++i) std::this_thread::sleep_for(10ms);
        return mails() == wanted;
    }
};

TEST_CASE("ticketbottle serve --all: create, send, look, and stop cleanly within seconds at SIGTERM and SIGINT") {
    const Desk desk;
    desk.create("TB-TEST-20251121-00000001");
    for (const int signal : {SIGTERM, SIGINT}) {
        Served server = desk.serve();
        CHECK(server.get("/healthz").value().status == 200);
        const auto sent = desk.run(
            {"send", "vnpay", "--order", "TB-TEST-20251121-00000001", "--amount", "250000", "--url", server.url()});
        CHECK(sent.code == 0);
        CHECK(holds(sent.out, signal == SIGTERM ? "\"00\"" : "\"02\""));
        CHECK(desk.await_mails(1));
        const auto began = std::chrono::steady_clock::now();
        server.program().signal(signal);
        CHECK(server.program().wait(20s) == 0);
        CHECK(std::chrono::steady_clock::now() - began < 5s);  // under a second when optimised and alone
        CHECK(holds(server.program().err(), "program.stopping"));
    }
    const auto shown = desk.run({"payment", "show", "TB-TEST-20251121-00000001"});
    CHECK(shown.code == 0);
    CHECK(holds(shown.out, "\"status\":\"COMPLETED\""));
}

TEST_CASE(
    "ticketbottle serve: metrics count callbacks, other paths are refused, invocations only when they are switched "
    "on") {
    Desk desk;
    desk.create("TB-TEST-20251121-00000001");
    {
        const Served server = desk.serve("off", {"serve"});
        CHECK(server.paid("TB-TEST-20251121-00000001", 250000).value().body.find("\"00\"") != std::string::npos);
        CHECK(server.paid("TB-TEST-20251121-00000001", 250000).value().body.find("\"02\"") != std::string::npos);
        const std::string metrics = server.get("/metrics").value().body;
        CHECK(holds(metrics, R"(ticketbottle_callbacks_total{gateway="vnpay",situation="applied"} 1)"));
        CHECK(holds(metrics, R"(ticketbottle_callbacks_total{gateway="vnpay",situation="duplicate"} 1)"));
        CHECK(server.get("/").value().status == 404);
        CHECK(server.get("/etc/passwd").value().status == 404);
        CHECK(server.post("/invoke", "{}").value().status == 404);
        CHECK(http::perform({"DELETE", server.url() + "/webhook/vnpay", {}, ""}, Deadline::in(10s)).value().status ==
              405);
        CHECK(server.post("/webhook/momo", "{}").value().status >= 400);  // not configured here
    }
    desk.environment["TICKETBOTTLE_INVOKE"] = "on";
    const Served server = desk.serve("on", {"serve"});
    CHECK(server.post("/invoke", "{}").value().status == 400);
    const auto inside = server.post(
        "/invoke",
        R"({"httpMethod":"GET","path":"/prod/webhook/vnpay","queryStringParameters":{"vnp_TmnCode":"DEMO0001"}})");
    CHECK(inside.value().status == 200);
    CHECK(holds(inside.value().body, "\"statusCode\":200"));
    CHECK(holds(inside.value().body, "97"));
}

TEST_CASE("ticketbottle send: a forged callback is refused, a dead port is trouble, and --print sends nothing") {
    const Desk desk;
    desk.create("TB-TEST-20251121-00000001");
    Served server = desk.serve();
    const std::vector<std::string> callback = {"send",     "vnpay", "--order", "TB-TEST-20251121-00000001",
                                               "--amount", "250000"};
    const auto with = [&callback](std::vector<std::string> more) {
        more.insert(more.begin(), callback.begin(), callback.end());
        return more;
    };
    CHECK(holds(desk.run(with({"--url", server.url(), "--forge"})).out, "\"97\""));
    CHECK(holds(desk.run(with({"--url", server.url(), "--repeat", "3"})).out, "\"00\""));
    CHECK(holds(
        desk.run({"send", "vnpay", "--order", "TB-TEST-20251121-00000001", "--amount", "1", "--url", server.url()}).out,
        "\"04\""));
    const auto printed = desk.run(with({"--print"}));
    CHECK(printed.code == 0);
    CHECK(printed.out.starts_with("GET http://127.0.0.1:8080/webhook/vnpay?vnp_Amount=25000000&"));
    CHECK_FALSE(holds(printed.out, "fake-vnpay-secret"));
    const std::string url = server.url();
    server.program().signal(SIGTERM);
    CHECK(server.program().wait(20s) == 0);
    const auto dead = desk.run(with({"--url", url}));
    CHECK(dead.code == 1);
    CHECK(holds(dead.err, "refused"));
    const auto stripe =
        desk.run({"send", "stripe", "--order", "TB-X", "--amount", "1", "--status", "succeeded", "--forge", "--print"});
    CHECK(stripe.code == 0);
    CHECK(holds(stripe.out, "Stripe-Signature: t="));
    CHECK(desk.run({"send", "momo", "--order", "TB-X", "--amount", "1"}).code == 2);  // its keys are not set
}

TEST_CASE("ticketbottle: two servers on one database take each other's callbacks, and one event comes of them") {
    const Desk desk;
    for (int i = 0; i < 20; ++i) desk.create("TB-TEST-20251121-000000" + std::to_string(10 + i));
    const Served first = desk.serve("first");
    const Served second = desk.serve("second");
    std::atomic<int> applied{0};
    {
        std::vector<std::jthread> gateways;
        for (int copy = 0; copy < 4; ++copy) {
            gateways.emplace_back([&, copy] {
                for (int i = 0; i < 20; ++i) {
                    const auto answer = (copy % 2 == 0 ? first : second)
                                            .paid("TB-TEST-20251121-000000" + std::to_string(10 + i), 250000);
                    applied += answer.has_value() && holds(answer->body, "\"00\"") ? 1 : 0;
                }
            });
        }
    }
    CHECK(applied == 20);
    CHECK(desk.await_mails(20));
    const auto status = desk.run({"status", "--json"});
    CHECK(holds(status.out, "\"completed\":20"));
    CHECK(holds(status.out, "\"total\":20,\"published\":20,\"pending\":0,\"dead\":0"));
    CHECK(holds(status.out, "\"lease_left_ms\":"));
    CHECK(holds(desk.run({"status"}).out, "relay     one leads"));
}

TEST_CASE("ticketbottle relay, consume and sweep: the same as separate steps") {
    const Desk desk;
    desk.create("TB-TEST-20251121-00000001");
    {
        const Served server = desk.serve("serve", {"serve"});
        REQUIRE(server.paid("TB-TEST-20251121-00000001", 250000).has_value());
    }
    CHECK(holds(desk.run({"status"}).out, "waiting 1"));
    const auto relayed = desk.run({"relay", "--once"});
    CHECK(relayed.code == 0);
    CHECK(holds(relayed.out, "\"published\":1"));
    const auto consumed = desk.run({"consume", "--once"});
    CHECK(consumed.code == 0);
    CHECK(holds(consumed.out, "\"handled\":1"));
    CHECK(desk.mails() == 1);
    CHECK(holds(desk.run({"consume", "--once"}).out, "\"handled\":0"));
    const auto swept = desk.run({"sweep"});
    CHECK(swept.code == 0);
    CHECK(holds(swept.out, "\"deleted\":0"));
    CHECK(holds(swept.out, "\"totalEvents\":1"));
    CHECK(desk.run({"outbox", "dead"}).out.empty());
    CHECK(holds(desk.run({"outbox", "requeue", "--all"}).out, "0 requeued"));
    CHECK(desk.run({"outbox", "requeue", "no-such-id"}).code == 1);
    test::Program relay(TKB_PROGRAM, {"relay"}, desk.environment, desk.folder.path(), "relay");
    std::this_thread::sleep_for(2s);  // long enough for a sanitized program on a busy machine to have begun
    relay.signal(SIGTERM);
    CHECK(relay.wait(20s) == 0);
}

TEST_CASE("ticketbottle ticket: an event becomes a PDF; one that cannot be drawn is trouble, not a blank") {
    const Desk desk;
    const std::string event =
        R"({"ticket_id":"T-1","order_code":"TB-1","event_id":"E","event_name":"Đêm nhạc","event_date":"2025-12-01T12:00:00Z",)"
        R"("event_venue":"Hà Nội","ticket_type":"A","customer_name":"Nguyễn Văn Ánh","customer_email":"",)"
        R"("qr_code_data":"abc","issued_at":"2025-11-21T08:00:00Z"})";
    test::write_file(desk.folder.path() / "event.json", event);
    const auto drawn = desk.run({"ticket", "event.json"});
    CHECK_MESSAGE(drawn.code == 0, drawn.err);
    CHECK(test::read_file(desk.folder.path() / "T-1.pdf").starts_with("%PDF-"));
    CHECK(desk.run({"ticket", "event.json", "--output", "-", "--language", "en"}).out.starts_with("%PDF-"));
    test::write_file(desk.folder.path() / "bad.json", "{\"ticket_id\":\"../x\"}");
    CHECK(desk.run({"ticket", "bad.json"}).code == 1);
    CHECK(desk.run({"ticket", "absent.json"}).code == 1);
    CHECK(desk.run({"ticket", "event.json", "--language", "fr"}).code == 2);
}

TEST_CASE("ticketbottle: wrong settings end with 2 and a line each that names them, before anything is begun") {
    struct Case {
        const char* name;
        const char* value;
        const char* says;
    };
    const Case cases[] = {
        {"TICKETBOTTLE_LISTEN", "8080", "TICKETBOTTLE_LISTEN: "},
        {"TICKETBOTTLE_LSITEN", "127.0.0.1:1", "did you mean TICKETBOTTLE_LISTEN?"},
        {"VNPAY_HASH_SECRET", "", "VNPAY_HASH_SECRET: is not set"},
        {"DATABASE_URL", "mysql://u:not-a-real-password@h/d", "mysql is unsupported: this names PostgreSQL or a SQLite file; MariaDB is named by DB_HOST"},
        {"KAFKA_BROKERS", "http://h:9092", "KAFKA_BROKERS: "},
        {"QR_CODE_BASE_URL", "", "QR_CODE_BASE_URL: is not set"},
        {"SES_FROM_EMAIL", "", "SES_FROM_EMAIL: is not set"},
        {"TICKETBOTTLE_FONT", "/no/such/font.ttf", "TICKETBOTTLE_FONT: "},
    };
    for (const Case& one : cases) {
        Desk desk;
        desk.environment[one.name] = one.value;
        const auto refused = desk.run({"serve", "--all"});
        CAPTURE(one.name);
        CAPTURE(refused.err);
        CHECK(refused.code == 2);
        CHECK(refused.out.empty());
        CHECK(holds(refused.err, one.says));
        CHECK_FALSE(holds(refused.err, "not-a-real"));
    }
}

TEST_CASE("ticketbottle: what is typed wrong ends with 2 and says what; help and version with 0") {
    const Desk desk;
    struct Case {
        std::vector<std::string> arguments;
        const char* says;
    };
    const Case cases[] = {
        {{}, "Usage: ticketbottle COMMAND"},
        {{"sreve"}, "unknown command sreve"},
        {{"--frobnicate"}, "unknown option --frobnicate"},
        {{"serve", "--frobnicate"}, "unknown option --frobnicate"},
        {{"serve", "extra"}, "does not take \"extra\""},
        {{"serve", "--all=1"}, "takes no value"},
        {{"serve", "--all", "--all"}, "given twice"},
        {{"send"}, "lacks GATEWAY"},
        {{"send", "vnpay", "--order"}, "needs a value"},
        {{"send", "vnpay", "--order", "x"}, "--amount is required"},
        {{"send", "vnpay", "--order", "x", "--amount", "1.5"}, "--amount is not a whole number"},
        {{"send", "vnpay", "--order", "x", "--amount", "1", "--status", "paid"}, "--status"},
        {{"send", "paypal", "--order", "x", "--amount", "1"}, "zalopay"},
        {{"payment", "create", "vnpay"}, "--amount is required"},
        {{"payment", "create", "payos", "--amount", "1", "--order", "odd"}, "payOS number"},
        {{"payment", "destroy"}, "unknown command payment destroy"},
        {{"outbox", "requeue"}, "--all"},
    };
    for (const Case& one : cases) {
        const auto refused = run_program(TKB_PROGRAM, one.arguments, desk.environment, desk.folder.path());
        CAPTURE(one.says);
        CAPTURE(refused.err);
        CHECK(refused.code == 2);
        CHECK(refused.out.empty());
        CHECK(holds(refused.err, one.says));
    }
    CHECK(desk.run({"--version"}).out.starts_with("ticketbottle 0."));
    CHECK(holds(desk.run({"--help"}).out, "outbox requeue"));
    CHECK(holds(desk.run({"payment", "--help"}).out, "ticketbottle payment create"));
    for (const char* command : {"demo", "serve", "relay", "sweep", "consume", "send", "ticket", "status"}) {
        const auto help = desk.run({command, "--help"});
        CHECK(help.code == 0);
        CHECK(help.out.starts_with("Usage: ticketbottle " + std::string(command)));
    }
}

TEST_CASE("ticketbottle: what is not there is trouble: a database, a payment") {
    const Desk desk;
    CHECK(desk.run({"status"}).code != 0);
    CHECK_FALSE(fs::exists(desk.folder.path() / "data"));  // looking makes nothing
    desk.create("TB-TEST-20251121-00000001");
    CHECK(desk.run({"payment", "show", "TB-NONE"}).code == 1);
    CHECK(holds(desk.run({"payment", "list"}).out, "TB-TEST-20251121-00000001"));
}

}  // namespace
}  // namespace ticketbottle
