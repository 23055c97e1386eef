#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <ctime>
#include <exception>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>
#include <ticketbottle/core/time.hpp>
#include <ticketbottle/host/http_server.hpp>
#include <unordered_set>
#include <utility>
#include <vector>

#include "host/workers.hpp"

namespace ticketbottle::host {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

namespace {

constexpr std::string_view start_operation = "http_server.start";
// Read at once. A request line and headers of a callback are well under it.
constexpr std::size_t read_bytes = 4096;
// How long a connection that is being closed is still listened to, so that the answer is not lost in a reset.
constexpr std::chrono::milliseconds linger_timeout{500};
constexpr std::chrono::milliseconds stop_check_interval{5};
// After accept() failed, most likely for want of file descriptors.
constexpr std::chrono::milliseconds accept_retry_interval{50};

Request to_request(const http::request<http::string_body>& message) {
    Request request;
    request.method = std::string(message.method_string());
    const std::string_view target(message.target().data(), message.target().size());
    const auto question = target.find('?');
    request.path = std::string(target.substr(0, question));
    if (question != std::string_view::npos) request.query = std::string(target.substr(question + 1));
    for (const auto& field : message)
        request.headers.push_back({std::string(field.name_string()), std::string(field.value())});
    request.body = message.body();
    return request;
}

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
std::string http_date() {
    static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    char clock[32];
    std::strftime(clock, sizeof clock, " %Y %H:%M:%S GMT", &utc);
    const std::string day = std::to_string(utc.tm_mday);
    return std::string(days[utc.tm_wday]) + ", " + (day.size() == 1 ? "0" : "") + day + " " + months[utc.tm_mon] +
           clock;
}

struct AnswerTo {
    unsigned version = 11;
    bool head = false;  ///< The request was HEAD: the length is told, the body is not.
    bool keep_alive = false;
};

/// Fit to be sent, and not one that the message's own framing says.
bool may_send(const Header& header) {
    const auto token = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
    const auto printable = [](char c) { return (c >= ' ' && c <= '~') || c == '\t'; };
    if (header.name.empty() || !std::ranges::all_of(header.name, token) || !std::ranges::all_of(header.value, printable)) return false;
    switch (http::string_to_field(header.name)) {
        case http::field::connection:
        case http::field::content_length:
        case http::field::content_type:
        case http::field::date:
        case http::field::keep_alive:
        case http::field::transfer_encoding:
        case http::field::upgrade:
            return false;
        default:
            return true;
    }
}

http::response<http::string_body> to_message(HttpResponse response, const AnswerTo& to) {
    http::response<http::string_body> message;
    message.version(to.version);
    const bool valid_status = response.status >= 200 && response.status <= 599;
    message.result(valid_status ? static_cast<unsigned>(response.status) : 500u);
    message.set(http::field::date, http_date());
    if (!response.content_type.empty()) message.set(http::field::content_type, response.content_type);
    for (const Header& header : response.headers)
        if (may_send(header)) message.insert(header.name, header.value);
    message.keep_alive(to.keep_alive);
    const bool bodiless = message.result_int() == 204 || message.result_int() == 304;
    if (!bodiless) {
        message.body() = std::move(response.body);
        message.prepare_payload();
        if (to.head) message.body().clear();
    }
    return message;
}

HttpResponse refusal(int status, const char* text) { return {status, "text/plain", std::string(text) + "\n"}; }

/// Bytes that are no HTTP request, as opposed to a connection that ended.
bool is_bad_request(beast::error_code error) {
    return error.category() == beast::error_code(http::error::bad_method).category() &&
           error != http::error::end_of_stream && error != http::error::partial_message;
}

}  // namespace

class Session;

/// What server and sessions share.
struct HttpServer::Implementation {
    Implementation(const HttpServerOptions& given, HttpHandler handle, Observer& watch)
        : options(given),
          handler(std::move(handle)),
          observer(watch),
          acceptor(context),
          stop_timer(context),
          workers(given.threads) {}

    HttpServerOptions options;
    HttpHandler handler;
    Observer& observer;
    std::unordered_set<Session*>
        sessions;               // touched on `thread` only; outlives the context, whose handlers own the sessions
    asio::io_context context;   // sockets and timers, on one thread
    tcp::acceptor acceptor;
    asio::steady_timer stop_timer;
    Workers workers;
    std::thread thread;
    std::uint16_t port = 0;
    std::atomic<bool> stopping{false};
    std::mutex stop_mutex;
    bool stopped = false;

    void listen(const tcp::endpoint& endpoint, beast::error_code& error);
    void accept();
    void admit(tcp::socket socket);
    void run();
    void close_sessions(Deadline until);
    HttpResponse call(const http::request<http::string_body>& message, std::uint32_t worker);
};

/// One connection: read a request, hand it to a worker, write the answer, again. Everything but the handler runs on the
/// context's thread.
class Session : public std::enable_shared_from_this<Session> {
public:
    Session(tcp::socket socket, HttpServer::Implementation& server)
        : stream_(std::move(socket)), request_timer_(server.context), server_(server) {
        server_.sessions.insert(this);
    }
    ~Session() { server_.sessions.erase(this); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void read_next() {
        busy_ = false;
        if (server_.stopping) return close();
        stream_.expires_after(server_.options.idle_timeout);
        if (buffer_.size() > 0) return read_request();
        // The request's own time runs from its first byte, not from the idle wait before it.
        stream_.async_read_some(buffer_.prepare(read_bytes),
                                [self = shared_from_this()](beast::error_code error, std::size_t bytes) {
                                    if (error) return self->close();
                                    self->buffer_.commit(bytes);
                                    self->read_request();
                                });
    }

    void stop_if_idle() {
        if (!busy_) close();
    }
    void close() {
        request_timer_.cancel();
        beast::error_code ignored;
        stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
        stream_.socket().close(ignored);
    }

private:
    void read_request() {
        busy_ = true;
        timed_out_ = false;
        parser_.emplace();
        parser_->header_limit(static_cast<std::uint32_t>(server_.options.header_bytes_max));
        parser_->body_limit(server_.options.body_bytes_max);
        // A timer of its own: the stream's would close the socket, and there would be no way left to answer 408.
        stream_.expires_never();
        request_timer_.expires_after(server_.options.request_timeout);
        request_timer_.async_wait([self = shared_from_this(), request = ++requests_](beast::error_code error) {
            if (error || !self->reading_ || self->requests_ != request) return;
            self->timed_out_ = true;
            self->stream_.cancel();
        });
        reading_ = true;
        parse();
    }

    /// Takes what has come; asks for more until the request is whole.
    void parse() {
        beast::error_code error;
        while (!error && !parser_->is_done() && buffer_.size() > 0) {
            const bool in_header = !parser_->is_header_done();
            buffer_.consume(parser_->put(buffer_.data(), error));
            if (error || !in_header || !parser_->is_header_done()) continue;
            parser_->eager(true);  // from here on the body is taken too
            if (!parser_->is_done() && beast::iequals(parser_->get()[http::field::expect], "100-continue")) return go_on();
        }
        if (error && error != http::error::need_more) return refuse(error);
        if (parser_->is_done()) return run_handler();
        stream_.async_read_some(buffer_.prepare(read_bytes),
                                [self = shared_from_this()](beast::error_code failed, std::size_t bytes) {
                                    if (failed) return self->refuse(failed);
                                    self->buffer_.commit(bytes);
                                    self->parse();
                                });
    }

    /// The client waits for leave to send the body.
    void go_on() {
        static constexpr std::string_view leave = "HTTP/1.1 100 Continue\r\n\r\n";
        asio::async_write(stream_, asio::buffer(leave), [self = shared_from_this()](beast::error_code error, std::size_t) {
            if (error) return self->refuse(error);
            self->parse();
        });
    }

    void run_handler() {
        reading_ = false;
        request_timer_.cancel();
        server_.workers.hand([self = shared_from_this()](std::uint32_t worker) mutable {
            HttpResponse response = self->server_.call(self->parser_->get(), worker);
            auto& context = self->server_.context;
            asio::post(context, [self = std::move(self), response = std::move(response)]() mutable {
                const auto& message = self->parser_->get();
                const AnswerTo to{message.version(), message.method() == http::verb::head,
                                  message.keep_alive() && !self->server_.stopping};
                self->write(to_message(std::move(response), to));
            });
        });
    }

    void refuse(beast::error_code error) {
        reading_ = false;
        request_timer_.cancel();
        HttpResponse response;
        if (timed_out_)
            response = refusal(408, "request took too long");
        else if (error == http::error::body_limit)
            response = refusal(413, "request body too long");
        else if (error == http::error::header_limit)
            response = refusal(431, "request headers too long");
        else if (is_bad_request(error))
            response = refusal(400, "not an HTTP request");
        else
            return close();
        const std::string status = std::to_string(response.status);
        server_.observer.count("ticketbottle_http_refused_total", {{"status", status}});
        write(to_message(std::move(response), {}));
    }

    void write(const http::response<http::string_body>& message) {
        keep_alive_ = message.keep_alive();
        response_ = (std::ostringstream() << message).str();
        stream_.expires_after(server_.options.request_timeout);
        asio::async_write(stream_, asio::buffer(response_), [self = shared_from_this()](beast::error_code error, std::size_t) {
            if (error) return self->close();
            if (!self->keep_alive_) return self->linger();
            self->read_next();
        });
    }

    /// Closes our side first and reads what still comes, so that the answer is not lost in a reset.
    void linger() {
        beast::error_code ignored;
        stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
        stream_.expires_after(linger_timeout);
        drain();
    }
    void drain() {
        buffer_.consume(buffer_.size());
        stream_.async_read_some(buffer_.prepare(read_bytes),
                                [self = shared_from_this()](beast::error_code error, std::size_t bytes) {
                                    self->drained_ += bytes;
                                    if (error || self->drained_ > 4 * self->server_.options.body_bytes_max)
                                        return self->close();
                                    self->drain();
                                });
    }

    beast::tcp_stream stream_;
    asio::steady_timer request_timer_;
    HttpServer::Implementation& server_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    std::string response_;  ///< As it is sent.
    std::uint64_t requests_ = 0;
    std::size_t drained_ = 0;
    bool keep_alive_ = false;
    bool busy_ = false;     ///< From a request's first byte to the end of its answer.
    bool reading_ = false;  ///< The part of it in which the request's time runs.
    bool timed_out_ = false;
};

void HttpServer::Implementation::listen(const tcp::endpoint& endpoint, beast::error_code& error) {
    acceptor.open(endpoint.protocol(), error);
    if (error) return;
    acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (error) return;
    acceptor.bind(endpoint, error);
    if (error) return;
    acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return;
    port = acceptor.local_endpoint(error).port();
}

void HttpServer::Implementation::accept() {
    acceptor.async_accept([this](beast::error_code error, tcp::socket socket) {
        if (stopping || error == asio::error::operation_aborted) return;
        if (!error) {
            admit(std::move(socket));
            return accept();
        }
        // Out of file descriptors, most likely: wait a little instead of spinning.
        auto timer = std::make_shared<asio::steady_timer>(context, accept_retry_interval);
        timer->async_wait([this, timer](beast::error_code) {
            if (!stopping) accept();
        });
    });
}

void HttpServer::Implementation::admit(tcp::socket socket) {
    if (sessions.size() >= options.connections_max)
        return observer.count("ticketbottle_http_connections_refused_total");
    try {
        beast::error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        std::make_shared<Session>(std::move(socket), *this)->read_next();
    } catch (const std::bad_alloc&) {  // this connection is dropped, the server goes on
        observer.count("ticketbottle_http_connections_refused_total");
    }
}

HttpResponse HttpServer::Implementation::call(const http::request<http::string_body>& message, std::uint32_t worker) {
    HttpResponse response;
    try {
        response = handler(to_request(message), worker);
    } catch (const std::exception& e) {
        observer.log(Severity::error, "http.handler_threw", "A request handler threw.",
                     {{"what", std::string_view(e.what())}});
        response = refusal(500, "internal error");
    } catch (...) {
        observer.log(Severity::error, "http.handler_threw", "A request handler threw.");
        response = refusal(500, "internal error");
    }
    return response;
}

/// What is thrown here (no memory) has lost one connection's next step; the others go on.
void HttpServer::Implementation::run() {
    for (;;) {
        try {
            context.run();
            return;
        } catch (const std::exception& e) {
            observer.log(Severity::error, "http.connection_threw", "A connection was given up.",
                         {{"what", std::string_view(e.what())}});
        }
    }
}

void HttpServer::Implementation::close_sessions(Deadline until) {
    if (sessions.empty()) return;
    if (until.expired()) {
        const std::vector<Session*> left(sessions.begin(), sessions.end());
        for (Session* session : left) session->close();
        return;
    }
    stop_timer.expires_after(stop_check_interval);
    stop_timer.async_wait([this, until](beast::error_code) { close_sessions(until); });
}

HttpServer::HttpServer(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
HttpServer::~HttpServer() { stop(std::chrono::seconds(1)); }
std::uint16_t HttpServer::port() const noexcept { return implementation_->port; }

namespace {

Result<void> check(const HttpServerOptions& options) {
    const auto invalid = [](const char* text) { return fail(Errc::invalid_argument, start_operation, text); };
    if (options.threads < 1 || options.threads > 256) return invalid("threads must be 1..256");
    if (options.connections_max < 1) return invalid("connections_max must be at least 1");
    if (options.header_bytes_max < 1024 || options.header_bytes_max > 1024 * 1024)
        return invalid("header_bytes_max must be 1 KiB .. 1 MiB");
    if (options.body_bytes_max < 1 || options.body_bytes_max > 64 * 1024 * 1024)
        return invalid("body_bytes_max must be 1 byte .. 64 MiB");
    if (options.request_timeout.count() < 1 || options.idle_timeout.count() < 1)
        return invalid("timeouts must be positive");
    if (options.request_timeout > std::chrono::hours(1) || options.idle_timeout > std::chrono::hours(24))
        return invalid("request_timeout must be at most 1 h, idle_timeout at most 24 h");
    return {};
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpServerOptions& options, HttpHandler handler,
                                                      Observer& observer) {
    if (const Result<void> checked = check(options); !checked.has_value()) return checked.error();
    if (!handler) return fail(Errc::invalid_argument, start_operation, "no handler");
    beast::error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error) return fail(Errc::invalid_argument, start_operation, "\"" + options.address + "\" is not an IP address");
    try {
        auto server = std::make_unique<Implementation>(options, std::move(handler), observer);
        server->listen(tcp::endpoint(address, options.port), error);
        if (error) {
            return fail(Errc::unavailable, start_operation,
                        "cannot listen on " + options.address + " port " + std::to_string(options.port) + ": " +
                            error.message());
        }
        server->accept();
        server->thread = std::thread([raw = server.get()] { raw->run(); });
        return std::unique_ptr<HttpServer>(new HttpServer(std::move(server)));
    } catch (const std::system_error& e) {  // no thread, no epoll descriptor
        return fail(Errc::unavailable, start_operation, "cannot start: " + e.code().message());
    } catch (const boost::system::system_error& e) {
        return fail(Errc::unavailable, start_operation, "cannot start: " + e.code().message());
    }
}

void HttpServer::stop(std::chrono::milliseconds grace) {
    Implementation& server = *implementation_;
    const std::lock_guard lock(server.stop_mutex);
    if (server.stopped) return;
    server.stopped = true;
    server.stopping = true;
    asio::post(server.context, [&server, grace] {
        beast::error_code ignored;
        server.acceptor.close(ignored);
        const std::vector<Session*> open(server.sessions.begin(), server.sessions.end());
        for (Session* session : open) session->stop_if_idle();
        server.close_sessions(Deadline::in(grace));
    });
    server.thread.join();   // ends when the last connection has, or at the end of the grace
    server.workers.join();  // a handler that outlasts the grace is waited for; nobody hears its answer
}

}  // namespace ticketbottle::host
