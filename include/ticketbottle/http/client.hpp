#pragma once
/// \file
/// One HTTP request, blocking with a deadline: for sending test callbacks and asking gateways.

#include <string>
#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>
#include <ticketbottle/gateway/query.hpp>

namespace ticketbottle::http {

struct ClientOptions {
    std::string ca_file;                                  ///< PEM certificates to trust; "" = the system's.
    std::size_t body_bytes_max = query_answer_bytes_max;  ///< A longer answer is refused.
};

/// Sends `request` (http:// or https://; the certificate and its host name are checked, TLS 1.2 or later) and reads the
/// answer. Redirects are not followed. Errors: invalid_argument (URL, method, a header that cannot be sent or is the
/// client's own: Host, Connection, Content-Length, Transfer-Encoding; a ca_file that cannot be read); unavailable (no
/// name, refused, TLS failure: nothing was processed); outcome_unknown (the connection broke or the deadline passed
/// after the request was sent); cancelled (deadline before); malformed (not HTTP, too long). The system's name look-up
/// knows no deadline: a slow name server can hold the call beyond it. Threads: any. Header values are never logged or
/// put into an error.
[[nodiscard]] Result<HttpAnswer> perform(const OutgoingRequest& request, Deadline deadline,
                                         const ClientOptions& options = {});

}  // namespace ticketbottle::http
