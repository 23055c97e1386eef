#pragma once
/// \file
/// payOS payment-requests webhooks, their test signer, and the status query.
/// Source: docs/gateways/payos.md. Vectors: tests/vectors/.

#include <ticketbottle/core/secret.hpp>
#include <ticketbottle/gateway/query.hpp>
#include <ticketbottle/gateway/request.hpp>
#include <ticketbottle/gateway/test_notification.hpp>
#include <ticketbottle/gateway/verdict.hpp>

namespace ticketbottle::payos {

struct Config {
    Secrets checksum_keys;  ///< 1..4, newest first.
    std::string client_id;  ///< For queries.
    Secret api_key;         ///< For queries.
    std::string api_base = "https://api-merchant.payos.vn";
};

/// Checks and decodes one webhook. Only `data` is signed: HMAC-SHA256 over its `key=value&...` text, keys ascending,
/// values printed as ECMAScript prints them. The text has no escaping, so `orderCode` must be digits (1..2^53-1) and
/// `paymentLinkId` must match [A-Za-z0-9_-]{1,64}: without that a signed body can be re-cut onto another order.
/// \return  order_id = orderCode digits, link_id and event_id = paymentLinkId, transaction_id = reference; amount is of *this transfer*.
///          succeeded iff the signed data.code is "00", else failed.
/// \par Errors  missing_signature, bad_signature, malformed_body, duplicate_key, missing_field, bad_amount,
///              bad_order_code (orderCode or paymentLinkId), unsupported_value (nested object, array of non-objects,
///              currency not VND), config_error.
/// \par Threads Any. \par Exceptions std::bad_alloc only.
[[nodiscard]] Verdict verify(const Request& request, const Config& config);

/// A webhook as payOS would send it to `/webhook/payos`. Statuses succeeded and failed.
/// \par Errors  invalid_argument.
[[nodiscard]] Result<Request> sign(const TestNotification& notification, const Config& config, TimePoint now);

/// GET /v2/payment-requests/{link_id, else order_id}. \par Errors invalid_argument.
[[nodiscard]] Result<OutgoingRequest> query(const QueryTarget& target, const Config& config);
/// Paid iff status PAID and amountPaid >= amount; CANCELLED and EXPIRED = cancelled; FAILED = failed; else pending.
/// The answer must be signed: an absent signature is missing_signature, not "verified". It must be for the order and link
/// asked for (else bad_order_code). `amount` is the link's; charge_id is empty unless exactly one transfer paid it.
[[nodiscard]] Verdict read_answer(const QueryTarget& target, const Config& config, const HttpAnswer& answer);

}  // namespace ticketbottle::payos
