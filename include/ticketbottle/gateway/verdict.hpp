#pragma once
/// \file
/// What a verifier says of a request.

#include <ticketbottle/core/notification.hpp>
#include <ticketbottle/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ticketbottle {

/// Why a request was refused. Stable names (to_string) for logs, metrics and test vectors.
enum class Reason : std::uint8_t {
    missing_signature = 1,
    bad_signature = 2,
    malformed_body = 3,
    malformed_header = 4,
    duplicate_key = 5,      ///< A JSON member or query parameter twice.
    missing_field = 6,
    bad_amount = 7,
    bad_order_code = 8,
    unsupported_type = 9,   ///< Authentic, but not a payment: ZaloPay type 2, Stripe thin event.
    unsupported_value = 10,
    account_mismatch = 11,  ///< Signed with our key, for another application, terminal or partner.
    untrusted_source = 12,
    timestamp_expired = 13,
    timestamp_future = 14,
    config_error = 15,      ///< A key is missing or empty here: our fault, never an accept.
};
/// "bad_signature", ...
[[nodiscard]] std::string_view to_string(Reason reason) noexcept;

/// malformed, unauthentic, unsupported or invalid_argument (config_error).
[[nodiscard]] Errc to_errc(Reason reason) noexcept;

struct Rejection {
    Reason reason = Reason::malformed_body;
    std::string detail;  ///< What and where: "data.amount: not an integer". Never key material or payload text.
};
[[noreturn]] void throw_exception_from_error(const Rejection& rejection, const boost::source_location& where);

struct Verified {
    PaymentNotification notification;
    std::size_t key_index = 0;  ///< Which of the configured keys matched, 0 = newest. A rotation is done when it is always 0.
};

using Verdict = Result<Verified, Rejection>;

}  // namespace ticketbottle
