#pragma once
/// \file
/// A delivery time that the sender signed: reading it, and saying whether it is fresh. Also the checks of identifiers
/// that are stored as received. Internal. Threads: any.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <ticketbottle/core/time.hpp>
#include <ticketbottle/gateway/verdict.hpp>

namespace ticketbottle::gateway {

/// Longest signature header read, bytes. Ours: a rolled Stripe secret gives two signatures of 64 characters, a Standard
/// Webhooks sender a handful of 44 to 88.
inline constexpr std::size_t signature_header_bytes_max = 8 * 1024;
/// Longest identifier of a transaction, event or session, bytes. Ours: Stripe documents at most 255 characters.
inline constexpr std::size_t identifier_bytes_max = 255;

/// Unix seconds as decimal digits. No sign, space, fraction or leading zero: one time has one spelling, so the signed
/// text and the number compared cannot drift apart. A number past int64 is a far future: the greatest int64.
[[nodiscard]] std::optional<std::int64_t> parse_unix_seconds(std::string_view text) noexcept;

/// timestamp_expired or timestamp_future when `signed_at` is more than `tolerance` from `now` (whole seconds, as the
/// senders' own SDKs count), else nullopt. `header` is named in the detail.
[[nodiscard]] std::optional<Rejection> check_fresh(std::int64_t signed_at, TimePoint now,
                                                   std::chrono::seconds tolerance, std::string_view header);

/// 1..identifier_bytes_max bytes without control characters: what every store keeps unchanged. For text out of JSON,
/// which the parser has found to be UTF-8.
[[nodiscard]] bool is_identifier(std::string_view text) noexcept;
/// The same for text from elsewhere: UTF-8 too.
[[nodiscard]] bool is_utf8_identifier(std::string_view text) noexcept;

}  // namespace ticketbottle::gateway
