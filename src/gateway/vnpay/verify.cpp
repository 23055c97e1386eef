#include <ticketbottle/gateway/vnpay.hpp>

#include "gateway/fields.hpp"
#include "gateway/gmt7.hpp"
#include "gateway/vnpay/outcome.hpp"
#include "gateway/vnpay/parameters.hpp"

namespace ticketbottle::vnpay {

namespace {

using gateway::reject;

[[nodiscard]] std::optional<Rejection> check_config(const Config& config) {
    if (config.tmn_code.empty()) {
        return reject(Reason::config_error, "tmn_code", "not configured");
    }
    return gateway::check_keys(config.hash_secrets, "hash_secrets");
}

/// Any key, over either text. The second is made only where the first does not match: that tells nobody more than the reply does.
[[nodiscard]] std::optional<std::size_t> match(const Parameters& parameters, const Secrets& keys,
                                               std::string_view hash) {
    std::string buffer;
    const std::string_view received = parameters.received_text(buffer);
    if (const auto key_index = gateway::match_hex_sha512(keys, {received}, hash)) {
        return key_index;
    }
    const std::string encoded = parameters.encoded_text();
    return encoded == received ? std::nullopt : gateway::match_hex_sha512(keys, {encoded}, hash);
}

/// The parameters, whose hash was right.
[[nodiscard]] std::optional<Rejection> read_fields(const Parameters& parameters, const Config& config,
                                                   PaymentNotification& notification) {
    const std::string_view txn_ref = parameters["vnp_TxnRef"];
    const std::string_view code = parameters["vnp_ResponseCode"];
    const std::string_view transaction_status = parameters["vnp_TransactionStatus"];
    const std::string_view tmn_code = parameters["vnp_TmnCode"];
    const std::string_view transaction_no = parameters["vnp_TransactionNo"];
    const std::string_view pay_date = parameters["vnp_PayDate"];
    const auto missing = [](std::string_view name) { return reject(Reason::missing_field, name, "missing"); };
    if (txn_ref.empty()) return missing("vnp_TxnRef");
    if (code.empty()) return missing("vnp_ResponseCode");
    if (transaction_status.empty()) return missing("vnp_TransactionStatus");
    if (tmn_code.empty()) return missing("vnp_TmnCode");
    if (auto bad = gateway::check_order_id(txn_ref, txn_ref_bytes_max, "vnp_TxnRef")) {
        return bad;
    }
    const auto amount = read_amount(parameters["vnp_Amount"]);
    if (!amount.has_value()) {
        return amount.error();
    }
    if (auto bad = check_transaction_no(transaction_no)) {
        return bad;
    }
    // Only the pay request has a currency; if a call ever names one, it must be the one we assume.
    if (const auto currency = parameters["vnp_CurrCode"]; !currency.empty() && currency != "VND") {
        return reject(Reason::unsupported_value, "vnp_CurrCode", "not VND");
    }
    if (tmn_code != config.tmn_code) {
        return reject(Reason::account_mismatch, "vnp_TmnCode", "another terminal's");
    }
    const Outcome outcome = outcome_of(code, transaction_status);
    notification.gateway = Gateway::vnpay;
    notification.status = outcome.status;
    notification.finality = outcome.finality;
    notification.order_id = txn_ref;
    notification.amount = Money{*amount, Currency::vnd()};
    notification.occurred_at = gateway::parse_compact_gmt7(pay_date);
    set_transaction(notification, transaction_no, pay_date, code);
    return std::nullopt;
}

[[nodiscard]] std::optional<Rejection> read(const Request& request, const Config& config, Verified& verified) {
    if (request.query.size() > callback_query_bytes_max) {
        return reject(Reason::malformed_body, "query", "longer than 16 KiB");
    }
    if (auto bad = check_config(config)) {
        return bad;
    }
    Parameters parameters;
    if (auto bad = parameters.read(request.query)) {
        return bad;
    }
    const std::string_view hash = parameters.hash();
    if (hash.empty()) {
        return reject(Reason::missing_signature, "vnp_SecureHash", "missing");
    }
    const auto key_index = match(parameters, config.hash_secrets, hash);
    if (!key_index) {
        return reject(Reason::bad_signature, "vnp_SecureHash", "matches no hash secret");
    }
    verified.key_index = *key_index;
    return read_fields(parameters, config, verified.notification);
}

}  // namespace

Verdict verify(const Request& request, const Config& config) {
    Verdict verdict = Verified();  // filled where it is: to move a notification costs as much as to read half of it
    if (auto bad = read(request, config, *verdict)) {
        verdict = *bad;
    }
    return verdict;
}

}  // namespace ticketbottle::vnpay
