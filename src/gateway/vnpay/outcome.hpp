#pragma once
/// \file
/// What VNPay's codes mean, for IPN calls and query answers. Internal.

#include <string_view>
#include <ticketbottle/core/notification.hpp>

#include "gateway/fields.hpp"

namespace ticketbottle::vnpay {

/// Longest vnp_TxnRef, bytes. VNPay's.
inline constexpr std::size_t txn_ref_bytes_max = 100;

struct Outcome {
    NotifiedStatus status = NotifiedStatus::failed;
    Finality finality = Finality::final;
};

/// An IPN call has two codes; success needs both.
[[nodiscard]] Outcome outcome_of(std::string_view response_code, std::string_view transaction_status) noexcept;

/// vnp_Amount (dong times 100, digits, leading zeros allowed) as whole dong above zero. Else bad_amount.
[[nodiscard]] gateway::Checked<std::int64_t> read_amount(std::string_view text);

/// Fills transaction_id, charge_id and dedup_key: "<TxnRef>:<TransactionNo>:<status>". A failure may have no number
/// (absent or "0"); then `pay_date` and `code` tell one attempt from the next. The caller has set status and order_id,
/// and dedup_key is empty.
void set_transaction(PaymentNotification& notification, std::string_view transaction_no, std::string_view pay_date,
                     std::string_view code);

/// Absent, or 1..32 digits (the limit is ours; today's are 8). Else unsupported_value.
[[nodiscard]] std::optional<Rejection> check_transaction_no(std::string_view text);

}  // namespace ticketbottle::vnpay
