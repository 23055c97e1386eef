#pragma once
/// \file
/// AWS Signature Version 4 of one request, its body in hand: pure, no network, no clock.
/// Source: "AWS Signature Version 4 for API requests" of the IAM user guide; checked with its published examples and by
/// botocore.

#include <string>
#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/secret.hpp>
#include <ticketbottle/core/time.hpp>
#include <ticketbottle/gateway/query.hpp>

namespace ticketbottle::aws {

struct Credentials {
    std::string access_key_id;  ///< 1..128 of [A-Za-z0-9_]. Appears in requests; no secret.
    Secret secret_access_key;
    Secret session_token;  ///< Of temporary credentials; else empty.
};

struct Scope {
    std::string region;   ///< "eu-central-1"
    std::string service;  ///< "sns"
};

/// Adds X-Amz-Date, X-Amz-Security-Token (with a session token) and Authorization to `request`. Signed are method,
/// path, query, the body's SHA-256, Host as the URL names it, and every header the request has. \param request  An
/// absolute http or https URL without user, fragment, empty or dot segments; its path and query percent-encoded
/// already.
///                 Not for S3, whose paths are encoded once only.
/// \param now      UTC; AWS takes it within 5 minutes of its own.
/// \par Errors     invalid_argument: the URL, credentials or scope, or a header of the names above already there. No
/// value is named. \par Threads    Any. \par Exceptions std::bad_alloc only.
[[nodiscard]] Result<OutgoingRequest> sign(OutgoingRequest request, const Credentials& credentials, const Scope& scope,
                                           TimePoint now);

/// Could they sign? \param operation  The caller's, a literal, for the error. Errors: invalid_argument.
[[nodiscard]] Result<void> check(const Credentials& credentials, const Scope& scope, std::string_view operation);

}  // namespace ticketbottle::aws
