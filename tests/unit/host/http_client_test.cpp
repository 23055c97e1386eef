#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>
#include <ticketbottle/http/client.hpp>
#include <ticketbottle/host/gateway_exchange.hpp>
#include <ticketbottle/host/http_server.hpp>

#include "support/file_bytes.hpp"
#include "support/stop_soon.hpp"
#include "support/tcp_imposter.hpp"
#include "support/temporary_folder.hpp"
#include "support/tls_imposter.hpp"

using namespace ticketbottle;
using namespace std::chrono_literals;
using http::perform;

namespace {

OutgoingRequest get(std::string url) { return {"GET", std::move(url), {}, ""}; }
Deadline soon() { return Deadline::in(10s); }

std::string answer_of(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

/// A port nobody listens on: bound, never listened to, so nobody else gets it either.
class DeadPort {
public:
    DeadPort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port_ = ntohs(address.sin_port);
    }
    ~DeadPort() { ::close(fd_); }
    DeadPort(const DeadPort&) = delete;
    DeadPort& operator=(const DeadPort&) = delete;
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

private:
    int fd_;
    std::uint16_t port_ = 0;
};

/// Counts its connections, and answers every request on them with what `answer` says.
class CountingServer {
public:
    explicit CountingServer(std::string answer) : answer_(std::move(answer)) {}
    [[nodiscard]] std::string url() const { return server_.url(); }
    [[nodiscard]] int connections() const { return connections_; }
    [[nodiscard]] int requests() const { return requests_; }

private:
    void serve(int fd) {
        ++connections_;
        while (test::receive_until(fd, "\r\n\r\n") != "") {
            ++requests_;
            test::send_all(fd, answer_);
            if (answer_.find("Length") == std::string::npos) return;  // it ends with the connection
        }
    }
    const std::string answer_;
    std::atomic<int> connections_{0};
    std::atomic<int> requests_{0};
    test::TcpImposter server_{[this](int fd) { serve(fd); }};  // last: its thread uses the others
};

void check_error(const Result<HttpAnswer>& result, Errc code) {
    REQUIRE_FALSE(result.has_value());
    CAPTURE(to_string(result.error()));
    CHECK(result.error().code == code);
}

}  // namespace

TEST_CASE(
    "HTTP client: a request arrives as it was given, with its headers and exact body, and the answer comes back") {
    std::string seen;
    test::TcpImposter server([&seen](int fd) {
        seen = test::receive_until(fd, "{\"a\": 1}");
        test::send_all(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
    });
    const OutgoingRequest request{"POST",
                                  server.url("/v2/query?x=1"),
                                  {{"Content-Type", "application/json"}, {"X-A", "1"}, {"X-A", "2"}},
                                  "{\"a\": 1}"};
    const auto answer = perform(request, soon());
    REQUIRE(answer.has_value());
    CHECK(answer->status == 404);
    CHECK(answer->body == "no");
    CHECK(seen.starts_with("POST /v2/query?x=1 HTTP/1.1\r\n"));
    CHECK(seen.find("Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n") != std::string::npos);
    CHECK(seen.find("X-A: 1\r\nX-A: 2\r\n") != std::string::npos);
    CHECK(seen.find("Content-Length: 8\r\n") != std::string::npos);
    CHECK(seen.ends_with("\r\n\r\n{\"a\": 1}"));
}

TEST_CASE("HTTP client: it and the server of this room understand each other, with and without a body") {
    host::HttpServerOptions options;
    options.port = 0;
    const auto server = host::HttpServer::start(options, [](const Request& request, std::uint32_t) {
        return host::HttpResponse{request.body.empty() ? 204 : 200, "text/plain", request.body};
    });
    REQUIRE(server.has_value());
    const std::string url = "http://127.0.0.1:" + std::to_string((*server)->port()) + "/x";
    const std::string body(100'000, 'b');
    CHECK(perform({"POST", url, {}, body}, soon()).value().body == body);
    CHECK(perform(get(url), soon()).value().status == 204);
    CHECK(perform({"HEAD", url, {}, ""}, soon()).value().body.empty());
}

TEST_CASE("HTTP client: a refused connection is unavailable: nothing was processed") {
    const DeadPort nobody;
    check_error(perform(get(nobody.url()), soon()), Errc::unavailable);
}

TEST_CASE("HTTP client: a deadline that passed before is cancelled") {
    const DeadPort nobody;
    check_error(perform(get(nobody.url()), Deadline::in(0ms)), Errc::cancelled);
}

TEST_CASE("HTTP client: a deadline that passes after the request was sent leaves the outcome unknown, and in time") {
    test::TcpImposter server([](int fd) { (void)test::receive_until(fd, "never"); });
    const auto began = std::chrono::steady_clock::now();
    check_error(perform(get(server.url()), Deadline::in(150ms)), Errc::outcome_unknown);
    CHECK(std::chrono::steady_clock::now() - began < 3s);
}

TEST_CASE("HTTP client: a stop ends a request long before its deadline") {
    test::TcpImposter server([](int fd) { (void)test::receive_until(fd, "never"); });
    const test::StopSoon stop(300ms);
    const auto began = std::chrono::steady_clock::now();
    const auto answer = perform(get(server.url()), Deadline::in(60s).or_stop(stop.token()));
    REQUIRE_FALSE(answer.has_value());  // how far it had come is not ours to say on a busy machine
    CHECK((answer.error().code == Errc::outcome_unknown || answer.error().code == Errc::cancelled));
    CHECK(std::chrono::steady_clock::now() - began < 20s);
}

TEST_CASE("HTTP client: a connection that breaks after the request was sent leaves the outcome unknown") {
    for (const char* sent : {"", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"}) {
        CAPTURE(sent);
        test::TcpImposter server([sent](int fd) {
            (void)test::receive_until(fd, "\r\n\r\n");
            test::send_all(fd, sent);
        });
        check_error(perform(get(server.url()), soon()), Errc::outcome_unknown);
    }
}

TEST_CASE("HTTP client: an answer that is not HTTP, or too long, is malformed") {
    struct Case {
        const char* name;
        std::string sent;
    };
    const Case cases[] = {
        {"not HTTP", "220 mail.example ESMTP\r\n\r\n"},
        {"a body over the limit", answer_of(std::string(101, 'x'))},
        {"a body over the limit, until the end", "HTTP/1.1 200 OK\r\n\r\n" + std::string(200, 'x')},
        {"headers over the limit", "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n"},
    };
    for (const Case& one : cases) {
        CAPTURE(one.name);
        test::TcpImposter server([&one](int fd) {
            (void)test::receive_until(fd, "\r\n\r\n");
            test::send_all(fd, one.sent);
        });
        check_error(perform(get(server.url()), soon(), {"", 100}), Errc::malformed);
    }
    test::TcpImposter server([](int fd) {
        (void)test::receive_until(fd, "\r\n\r\n");
        test::send_all(fd, answer_of(std::string(100, 'x')));
    });
    CHECK(perform(get(server.url()), soon(), {"", 100}).value().body.size() == 100);
}

TEST_CASE("HTTP client: a redirect is an answer like any other, not followed") {
    test::TcpImposter server([](int fd) {
        (void)test::receive_until(fd, "\r\n\r\n");
        test::send_all(fd, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    });
    CHECK(perform(get(server.url()), soon()).value().status == 302);
}

TEST_CASE("HTTP client: what cannot be a request is refused before anything is sent") {
    const char* urls[] = {"",
                          "ftp://host/",
                          "http://",
                          "http:///path",
                          "http://host:port/",
                          "http://host:/",
                          "http://host:65536/",
                          "http://user:pass@host/",
                          "http://host/a b",
                          "http://host/\r\nX: 1",
                          "http://host/#part",
                          "http://[::1/",
                          "http://[::1]x/",
                          "http://h\xc3\xb6st/"};
    for (const char* url : urls) {
        CAPTURE(url);
        check_error(perform(get(url), soon()), Errc::invalid_argument);
    }
    const DeadPort nobody;
    const Header headers[] = {
        {"X-A", "1\r\nX-B: 2"},          {"X A", "1"}, {"", "1"}, {"Host", "elsewhere"}, {"content-length", "5"},
        {"Transfer-Encoding", "chunked"}};
    for (const Header& header : headers) {
        CAPTURE(header.name);
        check_error(perform({"POST", nobody.url(), {header}, ""}, soon()), Errc::invalid_argument);
    }
    check_error(perform({"FETCH", nobody.url(), {}, ""}, soon()), Errc::invalid_argument);
}

TEST_CASE("HTTP client: no error shows a header's value or the body") {
    const DeadPort nobody;
    const auto answer = perform({"POST", nobody.url(), {{"X-Api-Key", "not-a-real-key"}}, "not-a-real-body"}, soon());
    REQUIRE_FALSE(answer.has_value());
    CHECK(to_string(answer.error()).find("not-a-real") == std::string::npos);
    const auto refused = perform({"POST", nobody.url(), {{"X-Api-Key", "not-a-real\nkey"}}, ""}, soon());
    CHECK(to_string(refused.error()).find("not-a-real") == std::string::npos);
}

TEST_CASE(
    "HTTP client over TLS: a certificate of a trusted authority for the right name, and for an address, is accepted") {
    const test::TemporaryFolder folder;
    const test::TlsImposter server("DNS:localhost,IP:127.0.0.1", folder / "ca.pem", answer_of("hello"));
    for (const std::string host : {"localhost", "127.0.0.1"}) {
        CAPTURE(host);
        const auto answer =
            perform(get("https://" + host + ":" + server.port() + "/"), soon(), {folder / "ca.pem", 1000});
        REQUIRE_MESSAGE(answer.has_value(), to_string(answer.error()));
        CHECK(answer->body == "hello");
    }
}

TEST_CASE(
    "HTTP client over TLS: an untrusted authority, another name, and plain HTTP are unavailable, and no request is "
    "sent") {
    const test::TemporaryFolder folder;
    const test::TlsImposter server("DNS:elsewhere.example", folder / "ca.pem", answer_of("hello"));
    const std::string url = "https://localhost:" + server.port() + "/";
    SUBCASE("the system's authorities do not know ours") { check_error(perform(get(url), soon()), Errc::unavailable); }
    SUBCASE("the certificate is for another name") {
        check_error(perform(get(url), soon(), {folder / "ca.pem", 1000}), Errc::unavailable);
    }
    SUBCASE("another authority") {
        const test::TlsImposter other("DNS:localhost", folder / "other.pem", answer_of("hello"));
        check_error(perform(get(url), soon(), {folder / "other.pem", 1000}), Errc::unavailable);
    }
    SUBCASE("the server speaks no TLS") {
        test::TcpImposter plain([](int fd) { test::send_all(fd, answer_of("hello")); });
        check_error(perform(get("https://127.0.0.1:" + std::to_string(plain.port()) + "/"), soon()), Errc::unavailable);
    }
    CHECK(server.requests() == 0);
}

TEST_CASE("HTTP client over TLS: a file of certificates that is not there or none is a wrong setting") {
    const test::TemporaryFolder folder;
    test::write_file(folder.path() / "empty.pem", "not a certificate");
    for (const std::string name : {"absent.pem", "empty.pem"}) {
        CAPTURE(name);
        check_error(perform(get("https://localhost:1/"), soon(), {folder / name, 1000}), Errc::invalid_argument);
    }
}

TEST_CASE("HTTP client: requests to one place go over one connection, and to another over another") {
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
    const CountingServer one(answer + "A1"), two(answer + "B2");
    {
        http::Client client;
        for (int i = 0; i < 3; ++i) {
            CHECK(client.perform(get(one.url()), soon()).value().body == "A1");
            CHECK(client.perform(get(two.url()), soon()).value().body == "B2");
        }
    }
    CHECK(one.connections() == 1);
    CHECK(two.connections() == 1);
    CHECK(one.requests() == 3);
    const HttpExchange exchange = host::gateway_exchange();
    for (const HttpExchange& copy : {exchange, exchange}) CHECK(copy(get(one.url()), soon()).has_value());
    CHECK(one.connections() == 2);
    CHECK(one.requests() == 5);
}

TEST_CASE("HTTP client: after an answer that may not be the last of its connection none else is asked for there") {
    struct Case {
        const char* name;
        std::string answer;
    };
    const Case cases[] = {
        {"it says so", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"},
        {"an older protocol", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"},
        {"it ends with the connection", "HTTP/1.1 200 OK\r\n\r\nbody"},
        {"something behind it", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"},
        {"an interim answer", "HTTP/1.1 100 Continue\r\nX-Length: 0\r\n\r\n"},
    };
    for (const Case& one : cases) {
        CAPTURE(one.name);
        const CountingServer server(one.answer);
        http::Client client;
        const auto first = client.perform(get(server.url()), soon());
        REQUIRE(first.has_value());
        const auto second = client.perform(get(server.url()), soon());
        REQUIRE(second.has_value());
        CHECK(second->body == first->body);
        CHECK(server.connections() == 2);
    }
}

TEST_CASE("HTTP client: a connection that the server ended meanwhile, or that is too old, is not used") {
    std::atomic<int> ended = 0;
    const test::TcpImposter server([&](int fd) {
        (void)test::receive_until(fd, "\r\n\r\n");
        test::send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        (void)::shutdown(fd, SHUT_WR);
        ++ended;
    });
    http::Client client;
    for (int i = 1; i <= 3; ++i) {
        CHECK(client.perform(get(server.url()), soon()).has_value());
        for (const Deadline patience = soon(); ended < i && !patience.expired();) std::this_thread::sleep_for(1ms);
    }
    CHECK(ended == 3);

    const CountingServer patient("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    http::Client forgetful({.ca_file = {}, .kept_for = 1ms});
    for (int i = 0; i < 2; ++i) {
        CHECK(forgetful.perform(get(patient.url()), soon()).has_value());
        std::this_thread::sleep_for(5ms);
    }
    CHECK(patient.connections() == 2);
}

TEST_CASE("HTTP client: a request over a connection that breaks is not sent again, and its outcome is unknown") {
    std::atomic<int> requests = 0;
    const test::TcpImposter server([&](int fd) {
        (void)test::receive_until(fd, "\r\n\r\n");
        test::send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        requests += test::receive_until(fd, "\r\n\r\n").empty() ? 1 : 2;
    });
    http::Client client;
    CHECK(client.perform(get(server.url()), soon()).has_value());
    check_error(client.perform({"POST", server.url(), {}, "x"}, soon()), Errc::outcome_unknown);
    CHECK(requests == 2);
    CHECK(client.perform(get(server.url()), soon()).has_value());
}

TEST_CASE("HTTP client: threads share it, each request with a connection to itself") {
    host::HttpServerOptions options;
    options.port = 0;
    const auto server = host::HttpServer::start(options, [](const Request& request, std::uint32_t) {
        return host::HttpResponse{200, "text/plain", request.body};
    });
    REQUIRE(server.has_value());
    const std::string url = "http://127.0.0.1:" + std::to_string((*server)->port()) + "/x";
    http::Client client;
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&, thread] {
                for (int i = 0; i < 50; ++i) {
                    const std::string body = std::to_string(thread) + "/" + std::to_string(i);
                    const auto answer = client.perform({"POST", url, {}, body}, soon());
                    if (!answer.has_value() || answer->body != body) ++wrong;
                }
            });
        }
    }
    CHECK(wrong == 0);
}

TEST_CASE("HTTP client over TLS: one handshake serves several requests") {
    const test::TemporaryFolder folder;
    const test::TlsImposter server("DNS:localhost", folder / "ca.pem", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    http::Client client({.ca_file = folder / "ca.pem"});
    for (int i = 0; i < 3; ++i) CHECK(client.perform(get("https://localhost:" + server.port() + "/"), soon()).value().body == "hello");
    CHECK(server.requests() == 3);
    CHECK(server.connections() == 1);
}
