#pragma once
/// \file
/// What MoMo's codes and names mean, for IPN calls and query answers. Internal.

#include <cstdint>
#include <string_view>
#include <ticketbottle/gateway/momo.hpp>

namespace ticketbottle::momo {

/// Longest orderId, bytes. Ours; MoMo's pages give 50.
inline constexpr std::size_t order_id_bytes_max = 100;

struct Outcome {
    NotifiedStatus status = NotifiedStatus::failed;
    Finality finality = Finality::retryable;
};

/// By resultCode. Only a failure that MoMo documents as final, and that is about the payment, may close an order.
[[nodiscard]] Outcome outcome_of(std::int64_t result_code, Authorised authorised) noexcept;

/// MoMo's documented form, ^[0-9a-zA-Z]([-_.]*[0-9a-zA-Z]+)*$: letters and digits at both ends, "-_." also between.
[[nodiscard]] bool is_order_id(std::string_view text) noexcept;

/// Fills transaction_id, charge_id and dedup_key, "<orderId>:<transId>:<status>". A transId of 0 is none; then
/// the resultCode tells one report from the next. The caller has set status and order_id.
void set_transaction(PaymentNotification& notification, std::int64_t trans_id, std::int64_t result_code);

}  // namespace ticketbottle::momo
