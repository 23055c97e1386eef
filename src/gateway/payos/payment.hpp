#pragma once
/// \file
/// The fields that a payOS webhook and a query answer share, checked after their signature. Internal.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <ticketbottle/core/secret.hpp>
#include <ticketbottle/core/time.hpp>
#include <ticketbottle/gateway/query.hpp>

#include "core/json.hpp"
#include "gateway/fields.hpp"

namespace ticketbottle::payos {

/// 2^53 - 1. The signed text carries numbers as doubles: past this, two numbers share one text.
inline constexpr std::int64_t number_max = 9'007'199'254'740'991;
inline constexpr std::size_t link_id_bytes_max = 64;  ///< Ours; genuine ones have 32.

/// Letters, digits, '_' and '-' only, so that no part of it can be read as another field of the signed text.
[[nodiscard]] bool is_link_id(std::string_view text) noexcept;
[[nodiscard]] bool is_order_code(std::string_view digits) noexcept;  ///< 1..number_max, no leading zero.

/// null, "", "null" and "undefined" give the same signed text, so each is as good as absent.
[[nodiscard]] constexpr bool signs_as_absent(std::string_view text) noexcept {
    return text.empty() || text == "null" || text == "undefined";
}

/// Finds `data` and `signature` in a body or answer and checks one over the other.
/// \return  The index of the key that matched.
/// \par Errors  malformed_body (no data object), missing_signature, unsupported_value (see canonical_text),
/// bad_signature.
[[nodiscard]] gateway::Checked<std::size_t> check_signature(json::Value body, const Secrets& checksum_keys);

/// \name Members of `data`. The signature does not bind a value's type, so each is checked here.
/// @{
/// A JSON number, 1..2^53-1. missing_field, else bad_order_code.
[[nodiscard]] gateway::Checked<std::string_view> read_order_code(json::Value data);
/// missing_field, else bad_order_code: with the order code it names the order.
[[nodiscard]] gateway::Checked<std::string_view> read_link_id(json::Value data, std::string_view name);
/// A JSON integer, 0 (or 1, if `at_least` says so)..2^53-1. missing_field, else bad_amount.
[[nodiscard]] gateway::Checked<std::int64_t> read_amount(json::Value data, std::string_view name,
                                                         std::int64_t at_least);
/// A string that does not sign as an absent one would. missing_field, malformed_body.
[[nodiscard]] gateway::Checked<std::string_view> read_text(json::Value data, std::string_view name);
/// @}

/// "2025-11-21 15:00:00" (GMT+7), or ISO 8601 as query answers have it. Anything else: nullopt.
[[nodiscard]] std::optional<TimePoint> parse_time(std::string_view text);

/// "<reference>:<orderCode>:<paymentLinkId>:<status>". Unambiguous: only the reference may hold ':'.
[[nodiscard]] std::string dedup_key(std::string_view reference, std::string_view order_code, std::string_view link_id,
                                    NotifiedStatus status);

}  // namespace ticketbottle::payos
