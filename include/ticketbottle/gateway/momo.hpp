#pragma once
/// \file
/// MoMo v2: IPN calls, their test signer, and the status query.
/// Source: docs/gateways/momo.md. Vectors: tests/vectors/.

#include <ticketbottle/core/secret.hpp>
#include <ticketbottle/gateway/query.hpp>
#include <ticketbottle/gateway/request.hpp>
#include <ticketbottle/gateway/test_notification.hpp>
#include <ticketbottle/gateway/verdict.hpp>

namespace ticketbottle::momo {

/// What resultCode 9000 (authorised) means: pending until captured, or final for one-step payments (autoCapture=1).
enum class Authorised : std::uint8_t { pending, succeeded };

struct Config {
    std::string partner_code;  ///< Ours; a call for another one is account_mismatch.
    std::string access_key;    ///< Part of the signed text; comes from here, never from the body.
    Secrets secret_keys;       ///< 1..4, newest first.
    Authorised authorised = Authorised::pending;
    std::string api_base = "https://payment.momo.vn";  ///< Test: https://test-payment.momo.vn
};

/// Checks and decodes one IPN. HMAC-SHA256 over thirteen fields in fixed order, raw and unescaped, numbers as their
/// token text; so orderId must match its documented pattern and orderType, payType hold no '&' or '='.
/// \return  0 = succeeded; 9000 by setting; 1000, 7000, 7002, 8000 = pending; 1003, 1006 = cancelled; documented final
///          failures = failed; other codes = failed but retryable (ask by query).
/// \par Errors  missing_signature, bad_signature, malformed_body, duplicate_key, missing_field, bad_amount, bad_order_code,
///              unsupported_value, account_mismatch, config_error.
/// \par Threads Any. \par Exceptions std::bad_alloc only.
[[nodiscard]] Verdict verify(const Request& request, const Config& config);

/// An IPN as MoMo would send it to `/webhook/momo`. Statuses succeeded, failed, cancelled, pending. \par Errors invalid_argument.
[[nodiscard]] Result<Request> sign(const TestNotification& notification, const Config& config, TimePoint now);

/// POST /v2/gateway/api/query. Use a timeout of at least 30 s. \par Errors invalid_argument.
[[nodiscard]] Result<OutgoingRequest> query(const QueryTarget& target, const Config& config);
/// Unsigned: relies on TLS; orderId and partnerCode must be the ones asked for.
[[nodiscard]] Verdict read_answer(const QueryTarget& target, const Config& config, const HttpAnswer& answer);

}  // namespace ticketbottle::momo
