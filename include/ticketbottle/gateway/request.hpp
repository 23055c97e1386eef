#pragma once
/// \file
/// One request as every verifier takes it, whatever brought it: raw HTTP, an API Gateway proxy event
/// (payload format 1.0 or 2.0), or an EventBridge envelope.

#include <ticketbottle/core/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace ticketbottle {

/// Longest callback body a verifier reads, bytes. Ours: the largest genuine one known is a Stripe event of
/// some tens of KiB; an order's data never comes near it.
inline constexpr std::size_t callback_body_bytes_max = 256 * 1024;
/// Longest query string, bytes. Ours; VNPay's documented fields add up to about 1.5 KiB.
inline constexpr std::size_t callback_query_bytes_max = 16 * 1024;
/// Longest proxy event or envelope around a body, bytes. Ours: a base64 body at its limit plus 256 KiB of headers and context.
inline constexpr std::size_t proxy_event_bytes_max = 1024 * 1024;
/// Deepest JSON nesting read anywhere. Ours; genuine messages stay under 12.
inline constexpr std::size_t json_depth_max = 64;

struct Header {
    std::string name;  ///< In any case; compared without regard to ASCII case.
    std::string value;
};

struct Request {
    std::string method;           ///< "POST", "GET"; "INVOKE" for an event that came without HTTP.
    std::string path;             ///< Without query, percent-encoding untouched.
    std::string query;            ///< Raw, without '?'.
    std::vector<Header> headers;  ///< In the order received; a name may repeat.
    std::string body;             ///< Exact bytes. Never re-serialised.

    /// The value of the only header of that name; empty if there is none. Repeated headers are joined
    /// with "," in their order (RFC 9110 section 5.3).
    [[nodiscard]] std::string header(std::string_view name) const;
};

/// Reads one function invocation: an API Gateway proxy event of either version becomes the HTTP request inside
/// it (base64 bodies decoded, v1's decoded query parameters encoded again, cookies and multi-value headers kept);
/// an EventBridge envelope becomes a Request with method "INVOKE" and the whole envelope as body.
/// \param event  UTF-8 JSON, at most proxy_event_bytes_max.
/// \par Errors   malformed: not JSON, neither kind of event, undecodable base64, a body over callback_body_bytes_max.
/// \par Threads  Any. \par Source docs/gateways/requests.md.
[[nodiscard]] Result<Request> request_from_invocation(std::string_view event);

}  // namespace ticketbottle
