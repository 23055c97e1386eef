#include <array>
#include <ticketbottle/gateway/vnpay.hpp>

#include "gateway/fields.hpp"
#include "gateway/gmt7.hpp"
#include "gateway/vnpay/outcome.hpp"
#include "gateway/vnpay/parameters.hpp"

namespace ticketbottle::vnpay {

namespace {

using gateway::Checked;
using gateway::reject;

[[nodiscard]] std::optional<Rejection> check_config(const Config& config) {
    if (config.tmn_code.empty()) {
        return reject(Reason::config_error, "tmn_code", "not configured");
    }
    return gateway::check_keys(config.hash_secrets, "hash_secrets");
}

/// Either text, any key; all are tried. That the texts are mostly the same is no secret.
[[nodiscard]] std::optional<std::size_t> match(const Parameters& parameters, const Secrets& keys,
                                               std::string_view hash) {
    const std::string rebuilt = parameters.rebuilt_text();
    const std::string raw = parameters.raw_text();
    const auto by_rebuilt = gateway::match_hex_sha512(keys, {rebuilt}, hash);
    if (raw == rebuilt) {
        return by_rebuilt;
    }
    const auto by_raw = gateway::match_hex_sha512(keys, {raw}, hash);
    return by_rebuilt ? by_rebuilt : by_raw;
}

[[nodiscard]] Checked<PaymentNotification> read_fields(const Parameters& parameters, const Config& config) {
    static constexpr std::array<std::string_view, 4> required{"vnp_TxnRef", "vnp_ResponseCode", "vnp_TransactionStatus",
                                                              "vnp_TmnCode"};
    for (const std::string_view name : required) {
        if (parameters[name].empty()) {
            return reject(Reason::missing_field, name, "missing");
        }
    }
    if (auto bad = gateway::check_order_id(parameters["vnp_TxnRef"], txn_ref_bytes_max, "vnp_TxnRef")) {
        return *bad;
    }
    const auto amount = read_amount(parameters["vnp_Amount"]);
    if (!amount.has_value()) {
        return amount.error();
    }
    if (auto bad = check_transaction_no(parameters["vnp_TransactionNo"])) {
        return *bad;
    }
    // Only the pay request has a currency; if a call ever names one, it must be the one we assume.
    if (const auto currency = parameters["vnp_CurrCode"]; !currency.empty() && currency != "VND") {
        return reject(Reason::unsupported_value, "vnp_CurrCode", "not VND");
    }
    if (parameters["vnp_TmnCode"] != config.tmn_code) {
        return reject(Reason::account_mismatch, "vnp_TmnCode", "another terminal's");
    }
    const std::string_view code = parameters["vnp_ResponseCode"];
    const Outcome outcome = outcome_of(code, parameters["vnp_TransactionStatus"]);
    PaymentNotification notification;
    notification.gateway = Gateway::vnpay;
    notification.status = outcome.status;
    notification.finality = outcome.finality;
    notification.order_id = parameters["vnp_TxnRef"];
    notification.amount = Money{*amount, Currency::vnd()};
    notification.occurred_at = gateway::parse_compact_gmt7(parameters["vnp_PayDate"]);
    set_transaction(notification, parameters["vnp_TransactionNo"], parameters["vnp_PayDate"], code);
    return notification;
}

}  // namespace

Verdict verify(const Request& request, const Config& config) {
    if (request.query.size() > callback_query_bytes_max) {
        return reject(Reason::malformed_body, "query", "longer than 16 KiB");
    }
    if (auto bad = check_config(config)) {
        return *bad;
    }
    Parameters parameters;
    if (auto bad = parameters.read(request.query)) {
        return *bad;
    }
    const std::string_view hash = parameters["vnp_SecureHash"];
    if (hash.empty()) {
        return reject(Reason::missing_signature, "vnp_SecureHash", "missing");
    }
    const auto key_index = match(parameters, config.hash_secrets, hash);
    if (!key_index) {
        return reject(Reason::bad_signature, "vnp_SecureHash", "matches no hash secret");
    }
    auto notification = read_fields(parameters, config);
    if (!notification.has_value()) {
        return notification.error();
    }
    return Verified{std::move(*notification), *key_index};
}

}  // namespace ticketbottle::vnpay
