#pragma once
/// \file
/// One HTTP/1.1 connection: a request goes out and its answer comes back, blocking with a deadline. Internal: not installed.

#include "http/url.hpp"

#include <ticketbottle/http/client.hpp>

#include <memory>

namespace ticketbottle::http {

/// Whom to trust over TLS, of any number of connections.
class Trust;
/// TLS 1.2 or later, the other side's certificate checked. Errors: invalid_argument (the ca_file).
[[nodiscard]] Result<std::shared_ptr<Trust>> make_trust(const std::string& ca_file);

/// A request as it is sent. Errors: invalid_argument (method; a header, by name).
[[nodiscard]] Result<std::string> request_text(const OutgoingRequest& request, const Url& url, bool keep);

class Connection {
public:
    /// Connects with the first exchange. \param trust  nullptr: plain.
    Connection(Url url, std::shared_ptr<Trust> trust);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// \param request    request_text().
    /// \param head       Is the answer to have no body?
    /// Errors: as perform(); the connection is then of no more use.
    [[nodiscard]] Result<HttpAnswer> exchange(const std::string& request, bool head, std::size_t body_bytes_max, Deadline deadline);

    /// After an answer: will the other side take another request, and has nothing come that nobody asked for?
    [[nodiscard]] bool may_go_on() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ticketbottle::http
