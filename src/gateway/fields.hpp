#pragma once
/// \file
/// What every verifier of the room does the same way: refuse with a Reason and a place, try every key in constant
/// time, and read members of a hostile JSON object. Internal. Threads: any. Exceptions: std::bad_alloc.
///
/// Order of a verifier: check_size, check_keys, read_object (syntax), match_hex_* (MAC), then the fields.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <ticketbottle/core/secret.hpp>
#include <ticketbottle/gateway/request.hpp>
#include <ticketbottle/gateway/verdict.hpp>

#include "core/crypto.hpp"
#include "core/json.hpp"

namespace ticketbottle::gateway {

/// Most keys a gateway may have (documented 1..4; standard_webhooks passes its own 8).
inline constexpr std::size_t keys_max = 4;

template <class T>
using Checked = Result<T, Rejection>;

/// `what` is a member path or header name of ours ("data.amount"), `why` a literal: neither may hold payload text.
[[nodiscard]] Rejection reject(Reason reason, std::string_view what, std::string_view why);
/// \overload  With "<outer>.<what>: <why>"; an empty `outer` is left out.
[[nodiscard]] Rejection reject(Reason reason, std::string_view outer, std::string_view what, std::string_view why);

/// nullopt if there are 1..count_max keys and none is empty; else config_error. `name` as in the Config, "key2".
[[nodiscard]] std::optional<Rejection> check_keys(const Secrets& keys, std::string_view name,
                                                  std::size_t count_max = keys_max);
/// nullopt if `body` is at most callback_body_bytes_max; else malformed_body.
[[nodiscard]] std::optional<Rejection> check_size(std::string_view body);

/// The index of the newest key for which `matches(key)` holds; every key is tried, whichever matched before.
template <class Matches>
[[nodiscard]] std::optional<std::size_t> first_match(const Secrets& keys, Matches matches) {
    std::optional<std::size_t> found;
    for (std::size_t index = 0; index < keys.size(); ++index) {
        const bool equal = matches(keys[index].expose());
        found = (equal && !found) ? index : found;
    }
    return found;
}
/// Whose MAC over the parts is `mac_hex` (lower-case hex; constant time; all keys tried)? Keys must have passed
/// check_keys.
[[nodiscard]] std::optional<std::size_t> match_hex_sha256(const Secrets& keys,
                                                          std::initializer_list<std::string_view> parts,
                                                          std::string_view mac_hex);
[[nodiscard]] std::optional<std::size_t> match_hex_sha512(const Secrets& keys,
                                                          std::initializer_list<std::string_view> parts,
                                                          std::string_view mac_hex);

/// Parses `text`, whose root must be an object. duplicate_key, else malformed_body; `where` ("body", "data") is named.
/// The document views `text`.
[[nodiscard]] Checked<json::Document> read_object(std::string_view text, std::string_view where,
                                                  std::size_t bytes_max = callback_body_bytes_max);

/// Readers of one member. `outer` is the path of `object` for the error ("data"; "" for the root). An absent or null
/// member is missing_field; a value of another type is `wrong_type`.
[[nodiscard]] Checked<std::string_view> required_text(json::Value object, std::string_view name,
                                                      std::string_view outer = {},
                                                      Reason wrong_type = Reason::malformed_body);
/// Plain integer tokens within int64 only: no string, fraction or exponent.
[[nodiscard]] Checked<std::int64_t> required_integer(json::Value object, std::string_view name,
                                                     std::string_view outer = {},
                                                     Reason wrong_type = Reason::malformed_body);
/// An integer above zero; anything else is bad_amount.
[[nodiscard]] Checked<std::int64_t> required_amount(json::Value object, std::string_view name,
                                                    std::string_view outer = {});

/// The signature member's text. Absent, null or "" is missing_signature; another type malformed_body.
[[nodiscard]] Checked<std::string_view> required_signature(json::Value object, std::string_view name);

/// Fit to be an order's name: 1..bytes_max bytes, no control characters. Else bad_order_code (missing_field if empty).
/// A store may cut a text at NUL and a log at a line end, so such names are refused at the door.
[[nodiscard]] std::optional<Rejection> check_order_id(std::string_view order_id, std::size_t bytes_max,
                                                      std::string_view path);

[[nodiscard]] bool is_digits(std::string_view text) noexcept;  ///< At least one character, all of '0'..'9'.

/// Decimal digits (leading zeros allowed) within int64, else nullopt.
[[nodiscard]] std::optional<std::int64_t> parse_digits(std::string_view text) noexcept;

/// ASCII case only. No other case folding happens anywhere.
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;

}  // namespace ticketbottle::gateway
