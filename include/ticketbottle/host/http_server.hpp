#pragma once
/// \file
/// A small HTTP/1.1 server for hosts that have none: limits on everything, a fixed number of threads, a clean stop.
/// Plain HTTP: TLS ends at the load balancer or proxy in front.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/core/result.hpp>
#include <ticketbottle/gateway/request.hpp>
#include <vector>

namespace ticketbottle::host {

struct HttpServerOptions {
    std::string address = "127.0.0.1";         ///< An IP address; "0.0.0.0" or "::" for every interface.
    std::uint16_t port = 8080;                 ///< 0: a free one, see HttpServer::port.
    std::uint32_t threads = 4;                 ///< Handlers run at once, 1..256.
    std::uint32_t connections_max = 1024;      ///< More are closed at once.
    std::size_t header_bytes_max = 32 * 1024;  ///< Request line and headers; more is 431. 1 KiB .. 1 MiB.
    std::size_t body_bytes_max =
        proxy_event_bytes_max;  ///< More is 413: before it is read, if its length was told. 1 byte .. 64 MiB.
    std::chrono::milliseconds request_timeout{10000};  ///< From a request's first byte to its last; more is 408.
    std::chrono::milliseconds idle_timeout{60000};     ///< Between requests on a kept connection.
};

struct HttpResponse {
    int status = 200;
    std::string content_type;  ///< Empty: none is sent.
    std::string body;
    std::vector<Header> headers{};  ///< More of them. One with a line end, or that is the server's own (Content-Length, ...), is left out.
};

/// A status outside 200..599 is sent as 500; the answer to a HEAD carries no body.
/// Runs on one of the server's threads, several at once, numbered 0 .. threads-1 in `worker`: a handler may keep one
/// store per worker. What it throws is answered 500 and logged.
using HttpHandler = std::function<HttpResponse(const Request& request, std::uint32_t worker)>;

class HttpServer {
public:
    /// Listens and returns. Errors: invalid_argument (address, limits), unavailable (port taken, no permission).
    /// \param observer  Borrowed; must outlive the server.
    [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(const HttpServerOptions& options,
                                                                   HttpHandler handler,
                                                                   Observer& observer = Observer::none());
    /// As stop(1 s).
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept;

    /// Stops listening at once, lets requests in hand be answered for at most `grace`, closes the rest, joins. A
    /// handler that still runs then is waited for: give what it calls a deadline. Idempotent.
    void stop(std::chrono::milliseconds grace);

    struct Implementation;  ///< Internal.

private:
    explicit HttpServer(std::unique_ptr<Implementation> implementation);
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace ticketbottle::host
