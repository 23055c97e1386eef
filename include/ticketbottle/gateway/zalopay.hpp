#pragma once
/// \file
/// ZaloPay OpenAPI v2: order callbacks, their test signer, and the status query.
/// Source: docs/gateways/zalopay.md. Vectors: tests/vectors/.

#include <ticketbottle/core/secret.hpp>
#include <ticketbottle/gateway/query.hpp>
#include <ticketbottle/gateway/request.hpp>
#include <ticketbottle/gateway/test_notification.hpp>
#include <ticketbottle/gateway/verdict.hpp>

namespace ticketbottle::zalopay {

struct Config {
    std::int64_t app_id = 0;  ///< Ours; a callback for another one is account_mismatch.
    Secret key1;              ///< Signs our requests (query). Not accepted for callbacks.
    Secrets key2;             ///< Verify callbacks; 1..4, newest first.
    std::string api_base = "https://openapi.zalopay.vn";  ///< Sandbox: https://sb-openapi.zalopay.vn
};

/// Checks and decodes one callback: body `{"data": "<json>", "mac": hex, "type": 1}`, MAC = HMAC-SHA256(key2, data).
/// Pure: no I/O, no clock, keeps nothing. ZaloPay signs no delivery time, so nothing is refused for its age.
/// \return  status succeeded always (ZaloPay reports only money taken); amount in whole dong.
/// \par Errors  missing_signature, bad_signature, malformed_body, duplicate_key, missing_field, bad_amount,
///              unsupported_type (type is not 1), account_mismatch, config_error.
/// \par Threads Any. \par Exceptions std::bad_alloc only.
[[nodiscard]] Verdict verify(const Request& request, const Config& config);

/// A callback as ZaloPay would send it to `/webhook/zalopay`. Only status succeeded exists.
/// \par Errors  invalid_argument: another status, empty key2, a transaction_id that is not 1..18 digits.
[[nodiscard]] Result<Request> sign(const TestNotification& notification, const Config& config, TimePoint now);

/// POST /v2/query. \par Errors invalid_argument: empty key1 or order id.
[[nodiscard]] Result<OutgoingRequest> query(const QueryTarget& target, const Config& config);
/// return_code 1 = succeeded, 2 = failed for good, anything else = pending (ask again). Unsigned: relies on TLS.
/// \par Errors  malformed_body, missing_field, bad_amount; unsupported_value for an HTTP status other than 200.
[[nodiscard]] Verdict read_answer(const QueryTarget& target, const Config& config, const HttpAnswer& answer);

}  // namespace ticketbottle::zalopay
