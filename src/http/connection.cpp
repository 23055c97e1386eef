#include "http/connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <cerrno>
#include <optional>
#include <sstream>

namespace ticketbottle::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = beast::http;
using tcp = asio::ip::tcp;

namespace {

constexpr std::string_view operation = "http.perform";
constexpr std::uint32_t answer_header_bytes_max = 64 * 1024;
constexpr std::size_t read_bytes = 16 * 1024;

bool is_address(const std::string& host) {
    beast::error_code no;
    asio::ip::make_address(host, no);
    return !no;
}

/// Not an HTTP answer, as opposed to a connection that ended.
bool is_bad_answer(beast::error_code error) {
    return error.category() == beast::error_code(wire::error::bad_version).category() &&
           error != wire::error::end_of_stream && error != wire::error::partial_message;
}

bool is_token(std::string_view name) {
    const auto token = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    };
    return !name.empty() && std::ranges::all_of(name, token);
}

/// Headers of the caller's; those that frame the message are ours to set.
Result<void> add_headers(const std::vector<Header>& headers, wire::request<wire::string_body>& request) {
    for (const Header& header : headers) {
        if (!is_token(header.name))
            return fail(Errc::invalid_argument, operation, "a header's name is not an HTTP token");
        const auto control = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; };
        if (std::ranges::any_of(header.value, control))
            return fail(Errc::invalid_argument, operation, "the header " + header.name + " holds a control character");
        switch (wire::string_to_field(header.name)) {
            case wire::field::host:
            case wire::field::connection:
            case wire::field::content_length:
            case wire::field::transfer_encoding:
                return fail(Errc::invalid_argument, operation,
                            "the header " + header.name + " is set by the client itself");
            default:
                request.insert(header.name, header.value);
        }
    }
    return {};
}

/// How far the exchange got decides what its failure means.
enum class Stage : std::uint8_t { connecting, sending, done };

struct Exchange {
    const std::string& request;
    wire::response_parser<wire::string_body> parser;
    beast::flat_buffer buffer;
    Stage stage = Stage::connecting;
    beast::error_code error;

    /// Takes what has come. False: the answer is whole, or there is none.
    bool parse(beast::error_code ended) {
        if (ended != asio::error::eof) {
            error = ended;
        } else if (parser.got_some()) {
            parser.put_eof(error);
        } else {
            error = wire::error::end_of_stream;
        }
        while (!error && !ended && !parser.is_done() && buffer.size() > 0) buffer.consume(parser.put(buffer.data(), error));
        if (error == wire::error::need_more) error = {};
        if (!error && parser.is_done()) stage = Stage::done;
        return !error && !ended && stage != Stage::done;
    }
};

Error failure(const Url& url, const Exchange& exchange, bool in_time) {
    const std::string where = url.host + ":" + url.port;
    const bool sent = exchange.stage == Stage::sending;
    if (!in_time) {
        return fail(sent ? Errc::outcome_unknown : Errc::cancelled, operation,
                    where + (sent ? ": deadline passed after the request was sent" : ": deadline passed"));
    }
    const std::string text = where + ": " + exchange.error.message();
    if (!sent) return fail(Errc::unavailable, operation, text);
    if (exchange.error == wire::error::body_limit || exchange.error == wire::error::header_limit)
        return fail(Errc::malformed, operation, where + ": the answer is too long");
    if (is_bad_answer(exchange.error)) return fail(Errc::malformed, operation, text);
    return fail(Errc::outcome_unknown, operation, text);
}

}  // namespace

class Trust {
public:
    asio::ssl::context context{asio::ssl::context::tls_client};
};

Result<std::shared_ptr<Trust>> make_trust(const std::string& ca_file) {
    auto trust = std::make_shared<Trust>();
    asio::ssl::context& tls = trust->context;
    beast::error_code error;
    if (SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION) != 1) error = asio::error::operation_not_supported;
    if (!error) tls.set_verify_mode(asio::ssl::verify_peer, error);
    if (!error && ca_file.empty()) {
        tls.set_default_verify_paths(error);
    } else if (!error) {
        tls.load_verify_file(ca_file, error);
    }
    if (error) return fail(Errc::invalid_argument, operation, "TLS, certificates to trust: " + error.message());
    return trust;
}

Result<std::string> request_text(const OutgoingRequest& outgoing, const Url& url, bool keep) {
    const auto verb = wire::string_to_verb(outgoing.method);
    if (verb == wire::verb::unknown) return fail(Errc::invalid_argument, operation, "unknown HTTP method");
    wire::request<wire::string_body> request(verb, url.target, 11);
    request.set(wire::field::host, url.authority());
    request.set(wire::field::user_agent, "ticketbottle");
    if (const Result<void> added = add_headers(outgoing.headers, request); !added.has_value()) return added.error();
    request.body() = outgoing.body;
    request.prepare_payload();
    request.keep_alive(keep);
    return (std::ostringstream() << request).str();
}

struct Connection::State {
    State(Url place, std::shared_ptr<Trust> whom) : url(std::move(place)), trust(std::move(whom)), resolver(context) {
        if (trust) {
            tls.emplace(context, trust->context);
        } else {
            plain.emplace(context);
        }
    }

    const Url url;
    const std::shared_ptr<Trust> trust;
    asio::io_context context;
    tcp::resolver resolver;
    std::optional<beast::tcp_stream> plain;  ///< This or
    std::optional<beast::ssl_stream<beast::tcp_stream>> tls;
    bool open = false;
    bool goes_on = false;  ///< By the last answer.

    [[nodiscard]] beast::tcp_stream& socket() { return tls ? tls->next_layer() : *plain; }

    void begin(Exchange& exchange) {
        if (open) return send(exchange);
        resolver.async_resolve(url.host, url.port, [this, &exchange](beast::error_code failed, const tcp::resolver::results_type& found) {
            exchange.error = failed;
            if (failed) return;
            socket().async_connect(found, [this, &exchange](beast::error_code refused, const tcp::endpoint&) {
                exchange.error = refused;
                if (!refused) connected(exchange);
            });
        });
    }

    void connected(Exchange& exchange) {
        beast::error_code ignored;
        socket().socket().set_option(tcp::no_delay(true), ignored);
        if (!tls) return send(exchange);
        tls->set_verify_callback(asio::ssl::host_name_verification(url.host));
        if (!is_address(url.host)) SSL_set_tlsext_host_name(tls->native_handle(), url.host.c_str());
        tls->async_handshake(asio::ssl::stream_base::client, [this, &exchange](beast::error_code failed) {
            exchange.error = failed;
            if (!failed) send(exchange);
        });
    }

    void send(Exchange& exchange) {
        open = true;
        exchange.stage = Stage::sending;
        if (tls) {
            send(exchange, *tls);
        } else {
            send(exchange, *plain);
        }
    }
    template <class Stream>
    static void send(Exchange& exchange, Stream& stream) {
        asio::async_write(stream, asio::buffer(exchange.request), [&exchange, &stream](beast::error_code failed, std::size_t) {
            exchange.error = failed;
            if (!failed) read(exchange, stream);
        });
    }
    template <class Stream>
    static void read(Exchange& exchange, Stream& stream) {
        stream.async_read_some(exchange.buffer.prepare(read_bytes), [&exchange, &stream](beast::error_code ended, std::size_t bytes) {
            exchange.buffer.commit(bytes);
            if (exchange.parse(ended)) read(exchange, stream);
        });
    }

    /// Until the exchange ends or the deadline; false on the deadline.
    bool run(Deadline deadline) {
        context.restart();
        while (!context.stopped() && !deadline.expired()) context.run_for(deadline.slice());
        return context.stopped();
    }
};

Connection::Connection(Url url, std::shared_ptr<Trust> trust) : state_(std::make_unique<State>(std::move(url), std::move(trust))) {}
Connection::~Connection() = default;

Result<HttpAnswer> Connection::exchange(const std::string& request, bool head, std::size_t body_bytes_max, Deadline deadline) {
    Exchange exchange{request, {}, {}, Stage::connecting, {}};
    exchange.parser.eager(true);
    exchange.parser.body_limit(body_bytes_max);
    exchange.parser.header_limit(answer_header_bytes_max);
    exchange.parser.skip(head);
    state_->begin(exchange);
    const bool in_time = state_->run(deadline);
    if (exchange.stage != Stage::done) {
        const Error error = failure(state_->url, exchange, in_time);
        state_.reset();  // with whatever was to be told to this exchange
        return error;
    }
    const auto& answer = exchange.parser.get();
    // An answer that ends with the connection, an interim one, or bytes behind its end: what comes next would be taken for another answer.
    state_->goes_on = !answer.need_eof() && answer.result_int() >= 200 && exchange.buffer.size() == 0;
    return HttpAnswer{static_cast<int>(answer.result_int()), std::move(exchange.parser.get().body())};
}

bool Connection::may_go_on() const {
    if (!state_ || !state_->goes_on) return false;
    if (state_->tls && SSL_has_pending(state_->tls->native_handle()) == 1) return false;
    char byte = 0;
    const int handle = state_->socket().socket().native_handle();
    return ::recv(handle, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace ticketbottle::http
