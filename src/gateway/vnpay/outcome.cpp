#include "gateway/vnpay/outcome.hpp"

namespace ticketbottle::vnpay {

Outcome outcome_of(std::string_view response_code, std::string_view transaction_status) noexcept {
    if (response_code == "00" && transaction_status == "00") {
        return {NotifiedStatus::succeeded, Finality::final};
    }
    // Money was taken and is held for a fraud review: a person at VNPay decides.
    if (response_code == "07" || transaction_status == "07") {
        return {NotifiedStatus::pending, Finality::final};
    }
    if (response_code == "24") {
        return {NotifiedStatus::cancelled, Finality::final};
    }
    // Not complete, or an unnamed fault: a failure for now, but only the query may close the order.
    if (transaction_status == "01" || response_code == "99") {
        return {NotifiedStatus::failed, Finality::retryable};
    }
    return {NotifiedStatus::failed, Finality::final};
}

gateway::Checked<std::int64_t> read_amount(std::string_view text) {
    if (text.empty()) {
        return gateway::reject(Reason::missing_field, "vnp_Amount", "missing");
    }
    const auto hundredths = gateway::parse_digits(text);
    if (!hundredths) {
        return gateway::reject(Reason::bad_amount, "vnp_Amount", "not digits within 64 bits");
    }
    if (*hundredths == 0 || *hundredths % 100 != 0) {
        return gateway::reject(Reason::bad_amount, "vnp_Amount", "not a multiple of 100 above zero");
    }
    return *hundredths / 100;
}

void set_transaction(PaymentNotification& notification, std::string_view transaction_no, std::string_view pay_date,
                     std::string_view code) {
    const std::string_view status = to_string(notification.status);
    std::string& key = notification.dedup_key;
    key.reserve(notification.order_id.size() + transaction_no.size() + pay_date.size() + code.size() + status.size() +
                4);
    key.append(notification.order_id).append(":");
    const bool has_number = transaction_no.find_first_not_of('0') != std::string_view::npos;
    if (has_number) {
        notification.transaction_id = transaction_no;
        notification.charge_id = transaction_no;
        key.append(transaction_no);
    } else {
        key.append("-").append(pay_date).append("-").append(code);
    }
    key.append(":").append(status);
}

std::optional<Rejection> check_transaction_no(std::string_view text) {
    if (!text.empty() && (text.size() > 32 || !gateway::is_digits(text))) {
        return gateway::reject(Reason::unsupported_value, "vnp_TransactionNo", "not digits");
    }
    return std::nullopt;
}

}  // namespace ticketbottle::vnpay
