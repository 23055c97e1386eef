#pragma once
/// \file
/// VNPay 2.1.0: IPN calls, their test signer, and querydr.
/// Source: docs/gateways/vnpay.md. Vectors: tests/vectors/.

#include <ticketbottle/core/secret.hpp>
#include <ticketbottle/gateway/query.hpp>
#include <ticketbottle/gateway/request.hpp>
#include <ticketbottle/gateway/test_notification.hpp>
#include <ticketbottle/gateway/verdict.hpp>

namespace ticketbottle::vnpay {

struct Config {
    std::string tmn_code;   ///< Ours; a call for another one is account_mismatch.
    Secrets hash_secrets;   ///< 1..4, newest first.
    std::string api_base = "https://sandbox.vnpayment.vn";  ///< For querydr. Production's host is in your VNPay contract.
};

/// Checks and decodes one IPN call (everything is in request.query). HMAC-SHA512 over the sorted `vnp_` parameters;
/// accepted if either the re-encoded text or the pairs exactly as received give the hash.
/// \return  amount = vnp_Amount / 100 in whole dong. succeeded iff vnp_ResponseCode and vnp_TransactionStatus are both "00";
///          24 = cancelled; 07 (held for fraud review) = pending; else failed.
/// \par Errors  missing_signature, bad_signature, malformed_body (bad percent-encoding, not UTF-8, too long), duplicate_key,
///              missing_field, bad_amount (not digits, not a multiple of 100), account_mismatch, config_error.
/// \par Threads Any. \par Exceptions std::bad_alloc only.
[[nodiscard]] Verdict verify(const Request& request, const Config& config);

/// An IPN call as VNPay would make it to `/webhook/vnpay`. Statuses succeeded, failed, cancelled, pending.
/// \par Errors  invalid_argument.
[[nodiscard]] Result<Request> sign(const TestNotification& notification, const Config& config, TimePoint now);

/// POST /merchant_webapi/api/transaction. \par Errors invalid_argument.
[[nodiscard]] Result<OutgoingRequest> query(const QueryTarget& target, const Config& config, TimePoint now);
/// ResponseCode is about the query, TransactionStatus about the payment: 00 paid, 02 failed, 07 review = pending, 01 pending.
/// An answer without vnp_SecureHash is missing_signature.
[[nodiscard]] Verdict read_answer(const QueryTarget& target, const Config& config, const HttpAnswer& answer);

}  // namespace ticketbottle::vnpay
