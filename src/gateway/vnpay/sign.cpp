#include <array>
#include <limits>
#include <ticketbottle/gateway/vnpay.hpp>
#include <utility>

#include "core/utf8.hpp"
#include "gateway/fields.hpp"
#include "gateway/form.hpp"
#include "gateway/gmt7.hpp"
#include "gateway/vnpay/outcome.hpp"

namespace ticketbottle::vnpay {

namespace {

constexpr std::string_view operation = "vnpay.sign";

[[nodiscard]] Error invalid(std::string detail) { return fail(Errc::invalid_argument, operation, std::move(detail)); }

struct Codes {
    std::string_view response;
    std::string_view transaction;
};

[[nodiscard]] Result<Codes> codes_of(NotifiedStatus status) {
    switch (status) {
        case NotifiedStatus::succeeded:
            return Codes{"00", "00"};
        case NotifiedStatus::failed:
            return Codes{"51", "02"};
        case NotifiedStatus::cancelled:
            return Codes{"24", "02"};
        case NotifiedStatus::pending:
            return Codes{"07", "07"};
        case NotifiedStatus::ignored:
            break;
    }
    return invalid("VNPay has no call for status ignored");
}

[[nodiscard]] std::optional<Error> check(const TestNotification& notification, const Config& config) {
    if (config.tmn_code.empty()) {
        return invalid("tmn_code is not configured");
    }
    if (auto bad = gateway::check_keys(config.hash_secrets, "hash_secrets")) {
        return invalid(bad->detail);
    }
    if (auto bad = gateway::check_order_id(notification.order_id, txn_ref_bytes_max, "order_id")) {
        return invalid(bad->detail);
    }
    if (!utf8::valid(notification.order_id) || !utf8::valid(notification.description) ||
        !utf8::valid(config.tmn_code)) {
        return invalid("order_id, description and tmn_code must be UTF-8");
    }
    const Money amount = notification.amount;
    if (amount.currency != Currency::vnd() || amount.minor_units <= 0 ||
        amount.minor_units > std::numeric_limits<std::int64_t>::max() / 100) {
        return invalid("the amount must be in VND and above zero");
    }
    if (auto bad = check_transaction_no(notification.transaction_id)) {
        return invalid("transaction_id must be at most 32 digits");
    }
    return std::nullopt;
}

}  // namespace

Result<Request> sign(const TestNotification& notification, const Config& config, TimePoint now) {
    if (auto bad = check(notification, config)) {
        return *bad;
    }
    const auto codes = codes_of(notification.status);
    if (!codes.has_value()) {
        return codes.error();
    }
    const std::string amount = std::to_string(notification.amount.minor_units * 100);
    const std::string date = gateway::to_compact_gmt7(now);
    const std::string_view number =
        notification.transaction_id.empty() ? "0" : std::string_view(notification.transaction_id);
    const std::array<std::pair<std::string_view, std::string_view>, 10> sorted{{
        {"vnp_Amount", amount},
        {"vnp_BankCode", "NCB"},
        {"vnp_CardType", "ATM"},
        {"vnp_OrderInfo", notification.description},
        {"vnp_PayDate", date},
        {"vnp_ResponseCode", codes->response},
        {"vnp_TmnCode", config.tmn_code},
        {"vnp_TransactionNo", number},
        {"vnp_TransactionStatus", codes->transaction},
        {"vnp_TxnRef", notification.order_id},
    }};
    std::string text;
    for (const auto& [name, value] : sorted) {
        if (!value.empty()) {
            text.append(text.empty() ? "" : "&").append(name).append("=");
            gateway::append_form_encoded(value, text);
        }
    }
    Request request;
    request.method = "GET";
    request.path = "/webhook/vnpay";
    request.query = text + "&vnp_SecureHash=" +
                    crypto::lower_hex(crypto::hmac_sha512(config.hash_secrets.front().expose(), {text}));
    return request;
}

}  // namespace ticketbottle::vnpay
