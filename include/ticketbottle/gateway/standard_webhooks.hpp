#pragma once
/// \file
/// Standard Webhooks: v1 (HMAC-SHA256) and v1a (Ed25519), with payments as `data` {order_id, payment_id, amount, currency}
/// and types payment.succeeded | failed | cancelled. There is no query: the sender retries.
/// Source: docs/gateways/standard-webhooks.md. Vectors: tests/vectors/.

#include <ticketbottle/core/secret.hpp>
#include <ticketbottle/gateway/request.hpp>
#include <ticketbottle/gateway/test_notification.hpp>
#include <ticketbottle/gateway/verdict.hpp>

#include <chrono>

namespace ticketbottle::standard_webhooks {

/// |now - webhook-timestamp|; 300 accepted, 301 refused. All reference SDKs.
inline constexpr std::chrono::seconds tolerance{300};

struct Config {
    /// Each "whsec_" + base64 (24..64 bytes; the prefix may be absent) for v1, "whpk_" + base64 (32 bytes) for v1a, or, for
    /// the test signer only, "whsk_" + base64 (32-byte Ed25519 seed, or 64 bytes seed + public key). 1..8, newest first.
    /// The scheme is bound to the key's type: a public key is never an HMAC key.
    Secrets secrets;
};

/// \param now  UTC, when the request was received.
/// \return  event_id and dedup_key = webhook-id; amount in the currency's minor unit; other types = ignored.
/// \par Errors  missing_signature (any of the three headers absent), malformed_header, bad_signature, timestamp_expired,
///              timestamp_future, malformed_body, duplicate_key, missing_field, bad_amount, bad_order_code, unsupported_value, config_error.
/// \par Threads Any. \par Exceptions std::bad_alloc only.
[[nodiscard]] Verdict verify(const Request& request, const Config& config, TimePoint now);

/// Signs with the first secret: v1 for whsec_, v1a for whsk_. To `/webhooks/standard`. \par Errors invalid_argument.
[[nodiscard]] Result<Request> sign(const TestNotification& notification, const Config& config, TimePoint now);

}  // namespace ticketbottle::standard_webhooks
