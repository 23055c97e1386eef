#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <ticketbottle/host/http_server.hpp>
#include <vector>

#include "support/recording_observer.hpp"
#include "support/tcp_client.hpp"

using namespace ticketbottle;
using namespace std::chrono_literals;
using host::HttpResponse;
using host::HttpServer;
using host::HttpServerOptions;
using test::TcpClient;

namespace {

HttpServerOptions small_options() {
    HttpServerOptions options;
    options.port = 0;
    options.threads = 2;
    options.header_bytes_max = 1024;
    options.body_bytes_max = 1000;
    return options;
}

/// "POST /path?query body-size"
HttpResponse echo(const Request& request, std::uint32_t) {
    return {
        200, "text/plain",
        request.method + " " + request.path + "?" + request.query + " " + std::to_string(request.body.size()) + "\n"};
}

std::unique_ptr<HttpServer> start(const HttpServerOptions& options, host::HttpHandler handler = echo,
                                  Observer& observer = Observer::none()) {
    auto server = HttpServer::start(options, std::move(handler), observer);
    REQUIRE_MESSAGE(server.has_value(), to_string(server.error()));
    return std::move(*server);
}

std::string exchange(std::uint16_t port, std::string_view bytes) {
    TcpClient client(port);
    client.send(bytes);
    return client.read_all();
}

std::string post(std::string_view path, std::size_t body_bytes, std::string_view extra = "Connection: close\r\n") {
    return "POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(extra) +
           "Content-Length: " + std::to_string(body_bytes) + "\r\n\r\n" + std::string(body_bytes, 'x');
}

int status_of(std::string_view answer) {
    if (!answer.starts_with("HTTP/1.1 ") || answer.size() < 12) return 0;
    return (answer[9] - '0') * 100 + (answer[10] - '0') * 10 + (answer[11] - '0');
}

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t times = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++times;
    return times;
}

}  // namespace

TEST_CASE("HttpServer: a request reaches the handler as it was sent, and its answer the client") {
    const auto server = start(small_options());
    const std::string answer = exchange(server->port(), post("/webhook/vnpay?a=1&b=%20", 12));
    CHECK(status_of(answer) == 200);
    CHECK(answer.ends_with("POST /webhook/vnpay?a=1&b=%20 12\n"));
    CHECK(answer.find("Content-Type: text/plain") != std::string::npos);
    CHECK(answer.find("Date: ") != std::string::npos);
}

TEST_CASE("HttpServer: a handler's headers are sent, but none that would break or bend the answer") {
    const auto server = start(small_options(), [](const Request&, std::uint32_t) {
        HttpResponse response{200, "text/plain", "body\n"};
        response.headers = {{"Access-Control-Allow-Origin", "https://shop.example"}, {"Vary", "Origin"}, {"Vary", "Accept"}, {"X-A", "1\r\nX-Injected: 2"},
                            {"X B", "1"},  {"", "1"},  {"Content-Length", "1"}, {"transfer-encoding", "chunked"}, {"Connection", "upgrade"}};
        return response;
    });
    const std::string answer = exchange(server->port(), post("/", 1));
    CHECK(status_of(answer) == 200);
    CHECK(answer.find("\r\nAccess-Control-Allow-Origin: https://shop.example\r\n") != std::string::npos);
    CHECK(answer.find("\r\nVary: Origin\r\n") != std::string::npos);
    CHECK(answer.find("\r\nVary: Accept\r\n") != std::string::npos);
    CHECK(answer.find("\r\nContent-Length: 5\r\n") != std::string::npos);
    CHECK(answer.ends_with("\r\n\r\nbody\n"));
    for (const char* absent : {"Injected", "X B", "chunked", "upgrade", "Content-Length: 1"}) CHECK(answer.find(absent) == std::string::npos);
}

TEST_CASE("HttpServer: headers reach the handler in order, repeated ones too") {
    std::string seen;
    const auto server = start(small_options(), [&seen](const Request& request, std::uint32_t) {
        for (const Header& header : request.headers) seen += header.name + "=" + header.value + ";";
        return HttpResponse{204, "", ""};
    });
    const std::string answer =
        exchange(server->port(), "GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nx-a: 2\r\nConnection: close\r\n\r\n");
    CHECK(status_of(answer) == 204);
    CHECK(answer.find("Content-Length") == std::string::npos);
    CHECK(seen == "Host=h;X-A=1;x-a=2;Connection=close;");
}

TEST_CASE("HttpServer: a kept connection serves one request after the other") {
    const auto server = start(small_options());
    TcpClient client(server->port());
    for (int i = 0; i < 3; ++i) {
        REQUIRE(client.send(post("/n", 3, "")));
        CHECK(status_of(client.read_until("POST /n? 3\n")) == 200);
    }
    CHECK_FALSE(client.closed());
}

TEST_CASE("HttpServer: pipelined requests are answered in order, also when one comes in pieces") {
    const auto server = start(small_options());
    TcpClient client(server->port());
    const std::string all = post("/first", 5, "") + post("/second", 900, "") + post("/third", 0);
    for (std::size_t at = 0; at < all.size(); at += 300) {
        REQUIRE(client.send(std::string_view(all).substr(at, 300)));
        std::this_thread::sleep_for(2ms);
    }
    const std::string answers = client.read_all();
    CHECK(count(answers, "HTTP/1.1 200") == 3);
    CHECK(answers.find("/first") < answers.find("/second"));
    CHECK(answers.find("/second") < answers.find("/third"));
}

TEST_CASE("HttpServer: what passes a limit is refused with its own status") {
    test::RecordingObserver observer;
    std::atomic<int> handled{0};
    const auto server = start(
        small_options(),
        [&handled](const Request& request, std::uint32_t worker) {
            ++handled;
            return echo(request, worker);
        },
        observer);
    const std::string long_header = "GET / HTTP/1.1\r\nHost: h\r\nX-Long: " + std::string(2000, 'a') + "\r\n\r\n";
    const std::string chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" +
                                std::string(1000, 'x') + "\r\n1\r\nx\r\n0\r\n\r\n";
    struct Case {
        const char* name;
        std::string bytes;
        int status;
    };
    const Case cases[] = {
        {"a body at the limit", post("/", 1000), 200},
        {"a body over it", post("/", 1001), 413},
        {"a body over it, in chunks", chunked, 413},
        {"headers over their limit", long_header, 431},
    };
    for (const Case& one : cases) {
        CAPTURE(one.name);
        CHECK(status_of(exchange(server->port(), one.bytes)) == one.status);
    }
    CHECK(handled == 1);
    CHECK(observer.value("ticketbottle_http_refused_total") == 3);
}

TEST_CASE("HttpServer: a body over the limit is refused before it is read") {
    const auto server = start(small_options());
    TcpClient client(server->port());
    REQUIRE(client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000\r\n\r\n"));
    CHECK(status_of(client.read_until("\n\n", 2s)) == 413);
}

TEST_CASE("HttpServer: a client that keeps sending after a refusal still gets the answer, not a reset") {
    HttpServerOptions options = small_options();
    options.body_bytes_max = 100'000;
    const auto server = start(options);
    TcpClient client(server->port());
    CHECK(client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n"));
    for (int i = 0; i < 3; ++i) {  // the first piece after a close would be answered by a reset, the second would fail
        std::this_thread::sleep_for(50ms);
        CHECK(client.send(std::string(10'000, 'x')));
    }
    CHECK(status_of(client.read_all()) == 413);
    CHECK_FALSE(client.reset());
}

TEST_CASE("HttpServer: what is not HTTP is answered 400 and the connection closed") {
    const auto server = start(small_options());
    const std::string_view cases[] = {
        "\x16\x03\x01\x02\x01 this is a TLS hello\r\n\r\n",
        "GET / HTTP/1.1\r\nHost h\r\n\r\n",
        "GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "\r\n\r\n\r\n nonsense\r\n\r\n",
    };
    for (const std::string_view bytes : cases) {
        CAPTURE(bytes);
        TcpClient client(server->port());
        client.send(bytes);
        CHECK(status_of(client.read_all(3s)) == 400);
        CHECK(client.closed());
    }
    CHECK(status_of(exchange(server->port(), post("/", 1))) == 200);
}

TEST_CASE("HttpServer: a request that takes too long is answered 408, whether its headers or its body are slow") {
    HttpServerOptions options = small_options();
    options.request_timeout = 150ms;
    const auto server = start(options);
    for (const std::string_view bytes : {"POST / HT", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc"}) {
        CAPTURE(bytes);
        TcpClient client(server->port());
        const auto began = std::chrono::steady_clock::now();
        client.send(bytes);
        CHECK(status_of(client.read_all(5s)) == 408);
        CHECK(client.closed());
        CHECK(std::chrono::steady_clock::now() - began < 3s);
    }
}

TEST_CASE("HttpServer: bytes that trickle in do not extend a request's time") {
    HttpServerOptions options = small_options();
    options.request_timeout = 200ms;
    const auto server = start(options);
    TcpClient client(server->port());
    const auto began = std::chrono::steady_clock::now();
    std::string answer;
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
    while (answer.empty() && std::chrono::steady_clock::now() - began < 5s) {
        if (!client.send("x")) break;
        answer = client.read_until("\r\n", 20ms);
    }
    CHECK(status_of(answer) == 408);
}

TEST_CASE("HttpServer: an idle connection is closed without a word after its time, a slow handler is not") {
    HttpServerOptions options = small_options();
    options.idle_timeout = 150ms;
    options.request_timeout = 100ms;
    const auto server = start(options, [](const Request& request, std::uint32_t worker) {
        std::this_thread::sleep_for(400ms);
        return echo(request, worker);
    });
    TcpClient client(server->port());
    CHECK(client.read_all(3s).empty());
    CHECK(client.closed());
    CHECK(status_of(exchange(server->port(), post("/", 1))) == 200);
}

TEST_CASE("HttpServer: a client that goes away in the middle harms nobody") {
    const auto server = start(small_options());
    for (const std::string_view bytes : {"", "PO", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc"}) {
        TcpClient client(server->port());
        client.send(bytes);
        client.finish_sending();
        CHECK(client.read_all(3s).empty());
    }
    CHECK(status_of(exchange(server->port(), post("/", 1))) == 200);
}

TEST_CASE("HttpServer: connections over the maximum are closed at once, and there is room again when others end") {
    HttpServerOptions options = small_options();
    options.connections_max = 2;
    test::RecordingObserver observer;
    const auto server = start(options, echo, observer);
    auto first = std::make_unique<TcpClient>(server->port());
    TcpClient second(server->port());
    first->send(post("/", 1, ""));
    CHECK(status_of(first->read_until("? 1\n")) == 200);
    second.send(post("/", 1, ""));
    CHECK(status_of(second.read_until("? 1\n")) == 200);
    CHECK(exchange(server->port(), post("/", 1)).empty());
    CHECK(observer.value("ticketbottle_http_connections_refused_total") == 1);
    first->close();
    std::string answer;
    for (int i = 0; i < 100 && answer.empty(); ++i) {
        std::this_thread::sleep_for(20ms);
        answer = exchange(server->port(), post("/", 1));
    }
    CHECK(status_of(answer) == 200);
}

TEST_CASE(
    "HttpServer: Expect: 100-continue is answered before the body is sent, and a body too long is refused instead") {
    const auto server = start(small_options());
    {
        TcpClient client(server->port());
        client.send(
            "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n");
        CHECK(status_of(client.read_until("\r\n\r\n", 3s)) == 100);
        client.send("abc");
        CHECK(status_of(client.read_all(3s)) == 200);
    }
    TcpClient client(server->port());
    client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5000\r\n\r\n");
    CHECK(status_of(client.read_until("\n\n", 3s)) == 413);
}

TEST_CASE("HttpServer: the answer to HEAD tells the length and carries no body, so the next answer is read right") {
    const auto server = start(small_options());
    const std::string answers = exchange(server->port(), "HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n" + post("/next", 1));
    CHECK(answers.find("Content-Length: 11\r\n") != std::string::npos);
    CHECK(answers.find("HEAD /h") == std::string::npos);
    CHECK(count(answers, "HTTP/1.1 200") == 2);
}

TEST_CASE("HttpServer: a handler that throws is answered 500 and logged, and the server goes on") {
    test::RecordingObserver observer;
    const auto server = start(
        small_options(),
        [](const Request& request, std::uint32_t worker) -> HttpResponse {
            if (request.path == "/std") throw std::runtime_error("secret detail");
            if (request.path == "/other") throw 7;
            if (request.path == "/status") return {42, "", ""};
            return echo(request, worker);
        },
        observer);
    for (const char* path : {"/std", "/other", "/status"}) {
        CAPTURE(path);
        const std::string answer = exchange(server->port(), post(path, 1));
        CHECK(status_of(answer) == 500);
        CHECK(answer.find("secret detail") == std::string::npos);
    }
    CHECK(observer.records("http.handler_threw").size() == 2);
    CHECK(status_of(exchange(server->port(), post("/", 1))) == 200);
}

TEST_CASE("HttpServer: handlers run side by side, each worker number on one of them at a time") {
    HttpServerOptions options = small_options();
    options.threads = 4;
    std::latch together(4);
    std::atomic<int> using_number[4]{};
    std::atomic<bool> shared{false};
    const auto server = start(options, [&](const Request& request, std::uint32_t worker) {
        if (worker >= 4 || ++using_number[worker] != 1) shared = true;
        together.arrive_and_wait();  // ends only if four handlers run at once
        --using_number[worker];
        return echo(request, worker);
    });
    std::vector<std::jthread> clients;
    std::atomic<int> good{0};
    for (int i = 0; i < 4; ++i)
        clients.emplace_back([&] { good += status_of(exchange(server->port(), post("/", 1))) == 200 ? 1 : 0; });
    clients.clear();
    CHECK(good == 4);
    CHECK_FALSE(shared);
}

TEST_CASE("HttpServer: requests that follow one another are handled by few of many threads, not by each in turn") {
    HttpServerOptions options = small_options();
    options.threads = 64;
    std::mutex mutex;
    std::set<std::uint32_t> workers;
    const auto server = start(options, [&](const Request& request, std::uint32_t worker) {
        const std::lock_guard lock(mutex);
        workers.insert(worker);
        return echo(request, worker);
    });
    TcpClient client(server->port());
    for (int i = 0; i < 200; ++i) {
        REQUIRE(client.send(post("/n", 3, "")));
        REQUIRE(status_of(client.read_until("POST /n? 3\n")) == 200);
    }
    const std::lock_guard lock(mutex);
    CHECK(workers.size() < 32);  // taken in turn it would be all of them
}

TEST_CASE("HttpServer: requests that find all threads busy wait, and are answered when one is free") {
    HttpServerOptions options = small_options();
    options.threads = 1;
    std::latch entered(1);
    std::latch released(1);
    std::string order;
    const auto server = start(options, [&](const Request& request, std::uint32_t worker) {
        if (request.path == "/first") {
            entered.count_down();
            released.wait();
        }
        order += request.path;  // there is one thread
        return echo(request, worker);
    });
    TcpClient first(server->port());
    first.send(post("/first", 1));
    entered.wait();
    TcpClient second(server->port());
    second.send(post("/second", 1));
    std::this_thread::sleep_for(50ms);
    TcpClient third(server->port());
    third.send(post("/third", 1));
    std::this_thread::sleep_for(50ms);
    CHECK(second.read_until("\n", 1ms).empty());
    released.count_down();
    for (TcpClient* client : {&first, &second, &third}) CHECK(status_of(client->read_all(5s)) == 200);
    CHECK(order.starts_with("/first"));
    CHECK(order.size() == std::string_view("/first/second/third").size());
}

TEST_CASE("HttpServer: stop answers the requests in hand, closes idle connections and takes no new ones") {
    std::latch entered(1);
    auto server = start(small_options(), [&](const Request& request, std::uint32_t worker) {
        entered.count_down();
        std::this_thread::sleep_for(200ms);
        return echo(request, worker);
    });
    const std::uint16_t port = server->port();
    TcpClient idle(port);
    TcpClient busy(port);
    busy.send(post("/busy", 1, ""));
    entered.wait();
    std::jthread stopping([&] { server->stop(5s); });
    const std::string answer = busy.read_all(5s);
    CHECK(status_of(answer) == 200);
    CHECK(answer.find("Connection: close") != std::string::npos);
    CHECK(idle.read_all(3s).empty());
    CHECK(idle.closed());
    stopping.join();
    CHECK_THROWS(TcpClient{port});
    server->stop(0ms);  // again: nothing
}

TEST_CASE("HttpServer: a request that is being read when stop comes is still served within the grace") {
    auto server = start(small_options());
    TcpClient client(server->port());
    client.send("POST /late HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na");
    std::this_thread::sleep_for(50ms);
    std::jthread stopping([&] { server->stop(5s); });
    std::this_thread::sleep_for(50ms);
    client.send("bc");
    CHECK(status_of(client.read_all(3s)) == 200);
}

TEST_CASE("HttpServer: stop ends at the grace, whatever a client does not do") {
    auto server = start(small_options());
    TcpClient client(server->port());
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
    std::this_thread::sleep_for(50ms);
    const auto began = std::chrono::steady_clock::now();
    server->stop(100ms);
    CHECK(std::chrono::steady_clock::now() - began < 2s);
    CHECK(client.read_all(2s).empty());
    CHECK(client.closed());
}

TEST_CASE("HttpServer: options that cannot be are refused by name") {
    struct Case {
        const char* word;
        Errc code;
        void (*change)(HttpServerOptions&);
    };
    const Case cases[] = {
        {"threads", Errc::invalid_argument, [](HttpServerOptions& o) { o.threads = 0; }},
        {"threads", Errc::invalid_argument, [](HttpServerOptions& o) { o.threads = 257; }},
        {"connections_max", Errc::invalid_argument, [](HttpServerOptions& o) { o.connections_max = 0; }},
        {"header_bytes_max", Errc::invalid_argument, [](HttpServerOptions& o) { o.header_bytes_max = 10; }},
        {"body_bytes_max", Errc::invalid_argument, [](HttpServerOptions& o) { o.body_bytes_max = 0; }},
        {"timeouts", Errc::invalid_argument, [](HttpServerOptions& o) { o.idle_timeout = 0ms; }},
        {"not an IP address", Errc::invalid_argument, [](HttpServerOptions& o) { o.address = "localhost"; }},
        {"cannot listen", Errc::unavailable, [](HttpServerOptions& o) { o.address = "192.0.2.1"; }},
    };
    for (const Case& one : cases) {
        HttpServerOptions options = small_options();
        one.change(options);
        const auto server = HttpServer::start(options, echo);
        CAPTURE(one.word);
        REQUIRE_FALSE(server.has_value());
        CHECK(server.error().code == one.code);
        CHECK(server.error().detail_text().find(one.word) != std::string_view::npos);
    }
    CHECK(HttpServer::start(small_options(), nullptr).error().code == Errc::invalid_argument);
}

TEST_CASE("HttpServer: a port that is taken is unavailable, and says which") {
    const auto server = start(small_options());
    HttpServerOptions options = small_options();
    options.port = server->port();
    const auto second = HttpServer::start(options, echo);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == Errc::unavailable);
    CHECK(second.error().detail_text().find(std::to_string(options.port)) != std::string_view::npos);
}
