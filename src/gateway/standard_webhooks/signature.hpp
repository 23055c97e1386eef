#pragma once
/// \file
/// The three webhook- headers and the signatures in them. Internal. Source: docs/gateways/standard-webhooks.md.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <ticketbottle/gateway/request.hpp>
#include <vector>

#include "gateway/standard_webhooks/keys.hpp"

namespace ticketbottle::standard_webhooks {

inline constexpr std::string_view id_header = "webhook-id";
inline constexpr std::string_view timestamp_header = "webhook-timestamp";
inline constexpr std::string_view signature_header = "webhook-signature";

/// Most v1a signatures tried. Ours: each costs an Ed25519 verification per public key, and a header could hold a
/// hundred.
inline constexpr std::size_t asymmetric_signatures_max = 8;

/// Views of the request, or of what repeated headers were joined to.
struct Headers {
    std::string_view id;
    std::string_view timestamp;  ///< As signed.
    std::string_view signatures;
    std::int64_t signed_at = 0;  ///< unix seconds
};
struct JoinedHeaders {
    std::string id;
    std::string timestamp;
    std::string signatures;
};

/// \par Errors  missing_signature (any of the three absent or empty), malformed_header.
[[nodiscard]] gateway::Checked<Headers> read_headers(const Request& request, JoinedHeaders& joined);

/// The index of the newest key that made one of the signatures. Every key meets every signature of its own scheme;
/// unknown versions and tokens without a comma are passed over.
[[nodiscard]] std::optional<std::size_t> match(const std::vector<Key>& keys, const Headers& headers,
                                               std::string_view body);

}  // namespace ticketbottle::standard_webhooks
