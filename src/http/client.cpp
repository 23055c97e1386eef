#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <optional>
#include <sstream>
#include <ticketbottle/http/client.hpp>

namespace ticketbottle::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = beast::http;
using tcp = asio::ip::tcp;

namespace {

constexpr std::string_view operation = "http.perform";
constexpr std::uint32_t answer_header_bytes_max = 64 * 1024;
constexpr std::size_t read_bytes = 16 * 1024;

struct Url {
    bool tls = false;
    std::string host;
    std::string port;
    std::string target;

    [[nodiscard]] std::string authority() const {
        const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
        return port == (tls ? "443" : "80") ? name : name + ":" + port;
    }
    [[nodiscard]] bool host_is_address() const {
        beast::error_code no;
        asio::ip::make_address(host, no);
        return !no;
    }
};

/// host[:port] or [IPv6][:port].
bool split_authority(std::string_view authority, Url& url) {
    const bool bracketed = authority.starts_with('[');
    const auto end = bracketed ? authority.find(']') : authority.find(':');
    if (bracketed && end == std::string_view::npos) return false;
    url.host = std::string(bracketed ? authority.substr(1, end - 1) : authority.substr(0, end));
    const std::string_view rest =
        end == std::string_view::npos ? std::string_view() : authority.substr(bracketed ? end + 1 : end);
    if (!rest.empty()) {
        if (rest.front() != ':') return false;
        url.port = std::string(rest.substr(1));
    }
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    return !url.host.empty() && !url.port.empty() && url.port.size() <= 5 && std::ranges::all_of(url.port, digit) &&
           std::stoul(url.port) <= 65535;
}

/// scheme://host[:port][/path][?query]; no user information, no fragment.
std::optional<Url> parse_url(std::string_view text) {
    Url url;
    url.tls = text.starts_with("https://");
    if (!url.tls && !text.starts_with("http://")) return std::nullopt;
    text.remove_prefix(url.tls ? 8 : 7);
    const auto bad = [](char c) { return c <= 0x20 || c >= 0x7f || c == '#' || c == '\\'; };
    if (std::ranges::any_of(text, bad)) return std::nullopt;
    const auto slash = text.find_first_of("/?");
    const std::string_view authority = text.substr(0, slash);
    url.target = slash == std::string_view::npos ? "/" : std::string(text.substr(slash));
    if (url.target.front() == '?') url.target.insert(0, "/");
    if (authority.find('@') != std::string_view::npos) return std::nullopt;
    url.port = url.tls ? "443" : "80";
    if (!split_authority(authority, url)) return std::nullopt;
    return url;
}

/// How far the exchange got decides what its failure means.
enum class Stage : std::uint8_t { connecting, sending, done };

struct Exchange {
    Exchange(const Url& to, const ClientOptions& limits) : url(to), options(limits), resolver(context) {}

    const Url& url;
    const ClientOptions& options;
    asio::io_context context;
    tcp::resolver resolver;
    std::string request;  ///< As it is sent.
    wire::response_parser<wire::string_body> parser;
    beast::flat_buffer buffer;
    Stage stage = Stage::connecting;
    beast::error_code error;

    template <class Stream>
    void exchange(Stream& stream) {
        stage = Stage::sending;
        asio::async_write(stream, asio::buffer(request), [this, &stream](beast::error_code failed, std::size_t) {
            error = failed;
            if (!failed) read(stream);
        });
    }

    template <class Stream>
    void read(Stream& stream) {
        stream.async_read_some(buffer.prepare(read_bytes), [this, &stream](beast::error_code ended, std::size_t bytes) {
            buffer.commit(bytes);
            if (parse(ended)) read(stream);
        });
    }

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

    template <class Connected>
    void connect(beast::tcp_stream& stream, Connected connected) {
        const auto resolved = [this, &stream, connected](beast::error_code failed,
                                                         const tcp::resolver::results_type& found) {
            if (failed) {
                error = failed;
                return;
            }
            stream.async_connect(found, [this, connected](beast::error_code refused, const tcp::endpoint&) {
                if (refused)
                    error = refused;
                else
                    connected();
            });
        };
        resolver.async_resolve(url.host, url.port, resolved);
    }

    /// Runs until the exchange ends or the deadline; false on the deadline.
    bool run(Deadline deadline) {
        while (!context.stopped() && !deadline.expired()) context.run_for(deadline.slice());
        return context.stopped();
    }

    bool run_plain(Deadline deadline) {
        beast::tcp_stream stream(context);
        connect(stream, [&] { exchange(stream); });
        return run(deadline);
    }

    bool run_tls(Deadline deadline, asio::ssl::context& tls) {
        beast::ssl_stream<beast::tcp_stream> stream(context, tls);
        stream.set_verify_callback(asio::ssl::host_name_verification(url.host));
        if (!url.host_is_address()) SSL_set_tlsext_host_name(stream.native_handle(), url.host.c_str());
        connect(beast::get_lowest_layer(stream), [&] {
            stream.async_handshake(asio::ssl::stream_base::client, [&](beast::error_code failed) {
                if (failed)
                    error = failed;
                else
                    exchange(stream);
            });
        });
        return run(deadline);
    }
};

/// TLS 1.2 or later, the other side's certificate checked. Errors: invalid_argument (the ca_file).
Result<void> prepare(asio::ssl::context& tls, const ClientOptions& options) {
    beast::error_code error;
    if (SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION) != 1)
        error = asio::error::operation_not_supported;
    if (!error) tls.set_verify_mode(asio::ssl::verify_peer, error);
    if (!error && options.ca_file.empty())
        tls.set_default_verify_paths(error);
    else if (!error)
        tls.load_verify_file(options.ca_file, error);
    if (error) return fail(Errc::invalid_argument, operation, "TLS, certificates to trust: " + error.message());
    return {};
}

/// Not an HTTP answer, as opposed to a connection that ended.
bool is_bad_answer(beast::error_code error) {
    return error.category() == beast::error_code(wire::error::bad_version).category() &&
           error != wire::error::end_of_stream && error != wire::error::partial_message;
}

Error failure(const Exchange& exchange, bool in_time) {
    const std::string where = exchange.url.host + ":" + exchange.url.port;
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

}  // namespace

Result<HttpAnswer> perform(const OutgoingRequest& outgoing, Deadline deadline, const ClientOptions& options) {
    const auto url = parse_url(outgoing.url);
    if (!url)
        return fail(Errc::invalid_argument, operation,
                    "the URL must be http://host[:port]/path or https://..., printable ASCII");
    const auto verb = wire::string_to_verb(outgoing.method);
    if (verb == wire::verb::unknown) return fail(Errc::invalid_argument, operation, "unknown HTTP method");
    if (deadline.expired()) return fail(Errc::cancelled, operation, "deadline passed");
    try {
        Exchange exchange(*url, options);
        wire::request<wire::string_body> request(verb, url->target, 11);
        request.set(wire::field::host, url->authority());
        request.set(wire::field::user_agent, "ticketbottle");
        if (const Result<void> added = add_headers(outgoing.headers, request); !added.has_value()) return added.error();
        request.body() = outgoing.body;
        request.prepare_payload();
        request.keep_alive(false);
        exchange.request = (std::ostringstream() << request).str();
        exchange.parser.eager(true);
        exchange.parser.body_limit(options.body_bytes_max);
        exchange.parser.header_limit(answer_header_bytes_max);
        exchange.parser.skip(verb == wire::verb::head);

        bool in_time = false;
        if (url->tls) {
            asio::ssl::context tls(asio::ssl::context::tls_client);
            if (const Result<void> prepared = prepare(tls, options); !prepared.has_value()) return prepared.error();
            in_time = exchange.run_tls(deadline, tls);
        } else {
            in_time = exchange.run_plain(deadline);
        }
        if (exchange.stage != Stage::done) return failure(exchange, in_time);
        return HttpAnswer{static_cast<int>(exchange.parser.get().result_int()),
                          std::move(exchange.parser.get().body())};
    } catch (
        const boost::system::system_error& e) {  // before anything was sent: no descriptors, no thread for the look-up
        return fail(Errc::unavailable, operation, "socket: " + e.code().message());
    }
}

}  // namespace ticketbottle::http
