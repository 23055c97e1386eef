#pragma once
/// \file
/// Stripe: signed webhooks and EventBridge envelopes of snapshot events, their test signers, and the status query.
/// Source: docs/gateways/stripe.md. Vectors: tests/vectors/.

#include <ticketbottle/core/secret.hpp>
#include <ticketbottle/gateway/query.hpp>
#include <ticketbottle/gateway/request.hpp>
#include <ticketbottle/gateway/test_notification.hpp>
#include <ticketbottle/gateway/verdict.hpp>

#include <chrono>
#include <optional>

namespace ticketbottle::stripe {

/// How old, or how far ahead, a signed time may be. Stripe's SDKs: 300 s back; the same ahead is ours.
inline constexpr std::chrono::seconds tolerance{300};

enum class Mode : std::uint8_t { test, live };

struct Config {
    Secrets endpoint_secrets;  ///< "whsec_..." whole, 1..4, newest first. The prefix is part of the key.
    std::optional<Mode> mode;  ///< If set, an event of the other mode is account_mismatch.
    Secret api_key;            ///< "sk_..." or "rk_...", for queries.
    std::string api_base = "https://api.stripe.com";
};

enum class PartialDetail : std::uint8_t {
    refuse,
    accept,  ///< Also `detail` = {"data": ...} with the type in detail-type, as an older bridge sends it.
};

struct EventBridgeConfig {
    /// Exact names, e.g. "aws.partner/stripe.com/ed_...". There is no signature: the source is the trust, so nothing
    /// is accepted that is not listed. List "stripe.com" only for a bus nobody else may put events on.
    std::vector<std::string> sources;
    std::string account;  ///< 12 digits, ours.
    std::optional<Mode> mode;
    PartialDetail partial_detail = PartialDetail::refuse;
};

/// Checks the Stripe-Signature header over the exact body (any v1 with any key), then decodes the event.
/// \param now  UTC, when the request was received: compared with the signed time, `tolerance` both ways.
/// \return  event_id = event.id; amounts in the currency's minor unit; a type that is not about payment is status ignored.
/// \par Errors  missing_signature (also: no v1), malformed_header, bad_signature, timestamp_expired, timestamp_future,
///              malformed_body, duplicate_key, missing_field, bad_amount, bad_order_code (cannot be
///              stored: control characters), unsupported_type (thin event),
///              unsupported_value, account_mismatch, config_error.
/// \par Threads Any. \par Exceptions std::bad_alloc only.
[[nodiscard]] Verdict verify(const Request& request, const Config& config, TimePoint now);

/// Checks the envelope's source and account, then decodes detail (`object` = "event", `type` = detail-type).
/// \param request  As request_from_invocation makes it: method INVOKE, body = the envelope, and nothing else. One that came
///                 over HTTP is untrusted_source: anyone can post an envelope.
/// \par Errors  untrusted_source, account_mismatch, malformed_body, duplicate_key, missing_field, unsupported_type,
///              unsupported_value, bad_amount, config_error (no source, or no account).
[[nodiscard]] Verdict verify_event_bridge(const Request& request, const EventBridgeConfig& config);

/// A checkout.session event for `/webhooks/stripe`: succeeded = completed and paid, pending = completed and unpaid,
/// failed = async_payment_failed, cancelled = expired, ignored = customer.created. \par Errors invalid_argument.
[[nodiscard]] Result<Request> sign(const TestNotification& notification, const Config& config, TimePoint now);
[[nodiscard]] Result<Request> wrap_event_bridge(const TestNotification& notification, const EventBridgeConfig& config, TimePoint now);

/// GET /v1/checkout/sessions/{link_id} or, when it begins with "pi_", /v1/payment_intents/{link_id}.
/// \par Errors  invalid_argument: no API key, or a link_id of neither kind.
[[nodiscard]] Result<OutgoingRequest> query(const QueryTarget& target, const Config& config);
[[nodiscard]] Verdict read_answer(const QueryTarget& target, const Config& config, const HttpAnswer& answer);

}  // namespace ticketbottle::stripe
