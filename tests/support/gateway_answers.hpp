#pragma once
/// \file
/// What each gateway of test_gateways() answers to a status query, signed with its key where it signs.

#include <fmt/format.h>

#include <map>
#include <string>

#include "core/crypto.hpp"
#include "support/test_gateways.hpp"

namespace ticketbottle::test {

/// test_gateways() with the keys that queries need.
inline Gateways askable_gateways() {
    Gateways gateways = test_gateways();
    gateways.payos->client_id = "not-a-real-client";
    gateways.payos->api_key = Secret("not-a-real-api-key");
    gateways.stripe->api_key = Secret("sk_not_a_real_key");
    return gateways;
}

/// The gateways that have a query of their own.
inline constexpr std::array queried_gateways{Gateway::zalopay, Gateway::payos, Gateway::vnpay, Gateway::stripe,
                                             Gateway::momo};

/// payment_of(gateway) under a name that the gateway itself gives.
inline Payment askable_payment(Gateway gateway) {
    Payment payment = payment_of(gateway);
    if (gateway == Gateway::zalopay) payment.provider_transaction_id = "251213_" + payment.order_code;
    if (gateway == Gateway::stripe || gateway == Gateway::stripe_eventbridge)
        payment.provider_transaction_id = "cs_test_1";
    if (gateway == Gateway::vnpay || gateway == Gateway::momo) payment.provider_transaction_id = payment.order_code;
    return payment;
}

/// What an answer says; by default that payment_of(gateway) was paid, by the transaction that notification_of(gateway)
/// tells of.
struct Told {
    NotifiedStatus status = NotifiedStatus::succeeded;
    std::int64_t amount = 250000;
    std::string order_id = {};  ///< Empty: as asked.
    std::string link_id = {};
    std::string transaction_id = {};
    std::string checksum_key = {};  ///< Not empty: signed with this.
};

inline std::string zalopay_answer(const Told& told) {
    switch (told.status) {
        case NotifiedStatus::succeeded:
            return fmt::format(
                R"({{"return_code":1,"sub_return_code":1,"is_processing":false,"amount":{},"zp_trans_id":{}}})",
                told.amount, told.transaction_id);
        case NotifiedStatus::failed:
            return R"({"return_code":2,"sub_return_code":-54,"is_processing":false,"amount":0,"zp_trans_id":0})";
        default:
            return R"({"return_code":3,"sub_return_code":-49,"is_processing":true,"amount":0,"zp_trans_id":0})";
    }
}

inline std::string payos_answer(const Told& told, const std::string& key) {
    const bool paid = told.status == NotifiedStatus::succeeded;
    const char* status = paid                                       ? "PAID"
                         : told.status == NotifiedStatus::cancelled ? "CANCELLED"
                         : told.status == NotifiedStatus::failed    ? "FAILED"
                                                                    : "PENDING";
    const std::int64_t amount_paid = paid ? told.amount : 0;
    const std::string transfers =
        paid ? fmt::format(R"([{{"amount":{},"reference":"{}"}}])", told.amount, told.transaction_id)
             : std::string("[]");
    const std::string text = fmt::format("amount={}&amountPaid={}&id={}&orderCode={}&status={}&transactions={}",
                                         told.amount, amount_paid, told.link_id, told.order_id, status, transfers);
    return fmt::format(
        R"({{"code":"00","desc":"success","data":{{"id":"{}","orderCode":{},"amount":{},"amountPaid":{},)"
        R"("status":"{}","transactions":{}}},"signature":"{}"}})",
        told.link_id, told.order_id, told.amount, amount_paid, status, transfers,
        crypto::lower_hex(crypto::hmac_sha256(key, {text})));
}

inline std::string vnpay_answer(const Told& told, const std::string& tmn_code, const std::string& key) {
    const bool known = told.status != NotifiedStatus::ignored;
    std::map<std::string, std::string> fields{{"ResponseId", "r1"},
                                              {"Command", "querydr"},
                                              {"Message", "m"},
                                              {"TmnCode", tmn_code},
                                              {"TxnRef", told.order_id}};
    fields["ResponseCode"] = known ? "00" : "91";
    if (known) {
        fields["Amount"] = std::to_string(told.amount * 100);
        fields["TransactionNo"] = told.transaction_id;
        fields["TransactionType"] = "01";
        fields["PayDate"] = "20251213150000";
        fields["TransactionStatus"] = told.status == NotifiedStatus::succeeded ? "00"
                                      : told.status == NotifiedStatus::failed  ? "02"
                                                                               : "01";
    }
    std::string text;
    for (const char* name :
         {"ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode", "PayDate",
          "TransactionNo", "TransactionType", "TransactionStatus", "OrderInfo", "PromotionCode", "PromotionAmount"})
        text += (text.empty() ? "" : "|") + fields[name];
    std::string body = "{";
    for (const auto& [name, value] : fields)
        if (!value.empty()) body += fmt::format(R"("vnp_{}":"{}",)", name, value);
    return body + fmt::format(R"("vnp_SecureHash":"{}"}})", crypto::lower_hex(crypto::hmac_sha512(key, {text})));
}

inline std::string momo_answer(const Told& told) {
    const bool paid = told.status == NotifiedStatus::succeeded;
    const int code = paid                                       ? 0
                     : told.status == NotifiedStatus::cancelled ? 1006
                     : told.status == NotifiedStatus::failed    ? 1005
                                                                : 1000;
    return fmt::format(
        R"({{"partnerCode":"MOMOTEST","orderId":"{}","requestId":"q1","resultCode":{},)"
        R"("amount":{},"transId":{},"responseTime":1765612000000}})",
        told.order_id, code, told.amount, paid ? told.transaction_id : "0");
}

inline std::string stripe_answer(const Told& told) {
    const bool paid = told.status == NotifiedStatus::succeeded;
    return fmt::format(
        R"({{"id":"{}","object":"checkout.session","mode":"payment","livemode":false,"status":"{}",)"
        R"("payment_status":"{}","amount_total":{},"currency":"vnd","payment_intent":{},"metadata":{{"order_id":"{}"}},"created":1765612000}})",
        told.link_id,
        told.status == NotifiedStatus::cancelled ? "expired"
        : paid                                   ? "complete"
                                                 : "open",
        paid ? "paid" : "unpaid", told.amount, paid ? "\"" + told.transaction_id + "\"" : "null", told.order_id);
}

/// The body of a 200 answer about askable_payment(gateway), but for what `told` says otherwise.
inline std::string answer_of(const Gateways& gateways, Gateway gateway, Told told = {}) {
    const TestNotification callback = notification_of(gateway);
    if (told.order_id.empty()) told.order_id = callback.order_id;
    if (told.link_id.empty()) told.link_id = callback.link_id;
    if (told.transaction_id.empty()) told.transaction_id = callback.transaction_id;
    const auto key = [&](const Secrets& keys) {
        return told.checksum_key.empty() ? std::string(keys.front().expose()) : told.checksum_key;
    };
    switch (gateway) {
        case Gateway::zalopay:
            return zalopay_answer(told);
        case Gateway::payos:
            return payos_answer(told, key(gateways.payos->checksum_keys));
        case Gateway::vnpay:
            return vnpay_answer(told, gateways.vnpay->tmn_code, key(gateways.vnpay->hash_secrets));
        case Gateway::momo:
            return momo_answer(told);
        case Gateway::stripe:
        case Gateway::stripe_eventbridge:
            return stripe_answer(told);
        case Gateway::standard_webhooks:
            break;
    }
    throw std::runtime_error("it has no query");
}

}  // namespace ticketbottle::test
