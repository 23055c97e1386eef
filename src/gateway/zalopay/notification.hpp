#pragma once
/// \file
/// What a ZaloPay callback and a ZaloPay query answer have in common. Internal.

#include <cstdint>
#include <string>
#include <string_view>
#include <ticketbottle/core/notification.hpp>

namespace ticketbottle::zalopay {

/// Longest app_trans_id, bytes. ZaloPay's (callback and order-create pages).
inline constexpr std::size_t app_trans_id_bytes_max = 40;

/// "<app_id>:<zp_trans_id>:<status>": the same for the callback and for the query's answer, so that both settle once.
[[nodiscard]] std::string dedup_key(std::int64_t app_id, std::int64_t zp_trans_id, NotifiedStatus status);
/// For an answer that names no transaction: "<app_id>:order:<app_trans_id>:<status>".
[[nodiscard]] std::string dedup_key(std::int64_t app_id, std::string_view app_trans_id, NotifiedStatus status);

}  // namespace ticketbottle::zalopay
