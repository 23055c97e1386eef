#include "gateway/momo/outcome.hpp"

#include "core/format.hpp"

#include <algorithm>
#include <array>

namespace ticketbottle::momo {

namespace {

constexpr std::array<std::int64_t, 4> pending_codes{1000, 7000, 7002, 8000};
constexpr std::array<std::int64_t, 2> cancelled_codes{1003, 1006};
/// Marked final in MoMo's table and about a payment. Left out on purpose: 98 and 99 (marked final, but "try again" and
/// "unknown error"), and 1080, 1081, 1088, which are about refunds.
constexpr std::array<std::int64_t, 11> final_failure_codes{1001, 1002, 1004, 1005, 1007, 1017,
                                                           1026, 2019, 4001, 4002, 4100};

template <std::size_t size>
[[nodiscard]] bool holds(const std::array<std::int64_t, size>& codes, std::int64_t code) noexcept {
    return std::find(codes.begin(), codes.end(), code) != codes.end();
}

[[nodiscard]] bool is_letter_or_digit(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

Outcome outcome_of(std::int64_t result_code, Authorised authorised) noexcept {
    if (result_code == 0) {
        return {NotifiedStatus::succeeded, Finality::final};
    }
    if (result_code == 9000) {
        return {authorised == Authorised::succeeded ? NotifiedStatus::succeeded : NotifiedStatus::pending,
                Finality::final};
    }
    if (holds(pending_codes, result_code)) {
        return {NotifiedStatus::pending, Finality::final};
    }
    if (holds(cancelled_codes, result_code)) {
        return {NotifiedStatus::cancelled, Finality::final};
    }
    return {NotifiedStatus::failed, holds(final_failure_codes, result_code) ? Finality::final : Finality::retryable};
}

bool is_order_id(std::string_view text) noexcept {
    if (text.empty() || text.size() > order_id_bytes_max || !is_letter_or_digit(text.front()) ||
        !is_letter_or_digit(text.back())) {
        return false;
    }
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.'; });
}

void set_transaction(PaymentNotification& notification, std::int64_t trans_id, std::int64_t result_code) {
    const std::string_view status = to_string(notification.status);
    if (trans_id > 0) {
        notification.transaction_id = std::to_string(trans_id);
        notification.charge_id = notification.transaction_id;
        std::string& key = notification.dedup_key;
        key.reserve(notification.order_id.size() + notification.transaction_id.size() + status.size() + 2);
        key.append(notification.order_id).append(":").append(notification.transaction_id).append(":").append(status);
    } else {
        notification.dedup_key = formatted("{}:-{}:{}", notification.order_id, result_code, status);
    }
}

}  // namespace ticketbottle::momo
