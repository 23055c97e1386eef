#pragma once
/// \file
/// Did a request come over HTTP? Internal.

#include <ticketbottle/gateway/request.hpp>

namespace ticketbottle::gateway {

/// As request_from_invocation makes them of EventBridge envelopes. An envelope has no signature, so one that an HTTP
/// client posts must never be taken for one that AWS delivered; every HTTP request has a path.
[[nodiscard]] inline bool came_without_http(const Request& request) noexcept {
    return request.method == "INVOKE" && request.path.empty() && request.query.empty() && request.headers.empty();
}

}  // namespace ticketbottle::gateway
