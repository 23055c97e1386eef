#pragma once
/// \file
/// The Stripe-Signature header. Internal. Source: docs/gateways/stripe.md.

#include <cstdint>
#include <string_view>
#include <vector>

#include "gateway/fields.hpp"

namespace ticketbottle::stripe {

inline constexpr std::string_view signature_header_name = "Stripe-Signature";

/// Views into the header.
struct SignatureHeader {
    std::string_view timestamp;        ///< As signed.
    std::int64_t signed_at = 0;        ///< The same, unix seconds.
    std::vector<std::string_view> v1;  ///< At least one; any text.
};

/// "t=<unix seconds>,v1=<hex>[,v1=...][,v0=...]": exactly one t; every other scheme is ignored, never fallen back to.
/// \par Errors  missing_signature (empty, or no v1), malformed_header (no t, several, not digits; too long).
[[nodiscard]] gateway::Checked<SignatureHeader> read_signature_header(std::string_view header);

}  // namespace ticketbottle::stripe
