#pragma once
/// \file
/// HTTP requests, blocking with a deadline: for asking gateways, Stripe and SNS, and for sending test callbacks.

#include <chrono>
#include <memory>
#include <string>
#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>
#include <ticketbottle/gateway/query.hpp>

namespace ticketbottle::http {

struct ClientOptions {
    std::string ca_file;                                  ///< PEM certificates to trust; "" = the system's.
    std::size_t body_bytes_max = query_answer_bytes_max;  ///< A longer answer is refused.
    /// How long a connection waits for the next request to its place. Shorter than servers do (5 s and more), so that it is rarely they who
    /// end it. 0: none is kept.
    std::chrono::milliseconds kept_for{4000};
};

/// Keeps connections: up to eight that no request is using. The certificates to trust are read once, with the first https request.
/// Threads: any; each request has a connection to itself.
class Client {
public:
    explicit Client(ClientOptions options = {});
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Sends `request` (http:// or https://; the certificate and its host name are checked, TLS 1.2 or later) and reads the
    /// answer. Redirects are not followed, nothing is sent twice. Errors: invalid_argument (URL, method, a header that cannot be sent or
    /// is the client's own: Host, Connection, Content-Length, Transfer-Encoding; a ca_file that cannot be read); unavailable (no
    /// name, refused, TLS failure: nothing was processed); outcome_unknown (the connection broke or the deadline passed
    /// after the request was sent); cancelled (deadline before); malformed (not HTTP, too long). A kept connection is looked at before it is
    /// used; if the other side ends it just then, that is outcome_unknown too. The system's name look-up
    /// knows no deadline: a slow name server can hold the call beyond it. Header values are never logged or
    /// put into an error.
    [[nodiscard]] Result<HttpAnswer> perform(const OutgoingRequest& request, Deadline deadline);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Client::perform over a connection of its own, which is not kept whatever `options` say. Threads: any.
[[nodiscard]] Result<HttpAnswer> perform(const OutgoingRequest& request, Deadline deadline,
                                         const ClientOptions& options = {});

}  // namespace ticketbottle::http
