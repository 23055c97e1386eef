#include <algorithm>
#include <array>
#include <ticketbottle/gateway/vnpay.hpp>

#include "core/utf8.hpp"
#include "gateway/fields.hpp"
#include "gateway/gmt7.hpp"
#include "gateway/vnpay/outcome.hpp"

namespace ticketbottle::vnpay {

namespace {

using gateway::Checked;
using gateway::reject;

constexpr std::string_view operation = "vnpay.query";

[[nodiscard]] Error invalid(std::string detail) { return fail(Errc::invalid_argument, operation, std::move(detail)); }

/// The hashed text joins fields with '|' and escapes nothing, so no field of ours may hold one.
[[nodiscard]] bool fits_hashed_text(std::string_view text) noexcept {
    return text.find('|') == std::string_view::npos && utf8::valid(text);
}

[[nodiscard]] std::optional<Error> check(const QueryTarget& target, const Config& config) {
    if (config.tmn_code.empty() || config.api_base.empty()) {
        return invalid("tmn_code and api_base must be configured");
    }
    if (auto bad = gateway::check_keys(config.hash_secrets, "hash_secrets")) {
        return invalid(bad->detail);
    }
    if (auto bad = gateway::check_order_id(target.order_id, txn_ref_bytes_max, "order_id")) {
        return invalid(bad->detail);
    }
    if (target.request_id.empty() || target.request_id.size() > 32) {
        return invalid("request_id must be 1 to 32 bytes");
    }
    if (target.ip_address.empty()) {
        return invalid("ip_address is empty");
    }
    for (const std::string_view text : {std::string_view(target.order_id), std::string_view(target.request_id),
                                        std::string_view(target.ip_address), std::string_view(config.tmn_code)}) {
        if (!fits_hashed_text(text)) {
            return invalid("order_id, request_id, ip_address and tmn_code must be UTF-8 without '|'");
        }
    }
    return std::nullopt;
}

constexpr std::size_t order_info_index = 12;
/// The fields the answer's hash is over, in its order.
constexpr std::array<std::string_view, 15> hashed_fields{
    "vnp_ResponseId", "vnp_Command",       "vnp_ResponseCode",    "vnp_Message",
    "vnp_TmnCode",    "vnp_TxnRef",        "vnp_Amount",          "vnp_BankCode",
    "vnp_PayDate",    "vnp_TransactionNo", "vnp_TransactionType", "vnp_TransactionStatus",
    "vnp_OrderInfo",  "vnp_PromotionCode", "vnp_PromotionAmount"};
static_assert(hashed_fields[order_info_index] == "vnp_OrderInfo");

/// Text of a string or number; "" if absent or null, as VNPay hashes it.
[[nodiscard]] Checked<std::string_view> text_of(json::Value answer, std::string_view name) {
    const json::Value member = answer[name];
    if (!member || member.is(json::Kind::null) || member.is(json::Kind::string) || member.is(json::Kind::number)) {
        return member.text();
    }
    return reject(Reason::malformed_body, name, "neither a string nor a number");
}

[[nodiscard]] Checked<std::string> hashed_text(json::Value answer) {
    std::string text;
    for (std::size_t i = 0; i < hashed_fields.size(); ++i) {
        const auto field = text_of(answer, hashed_fields[i]);
        if (!field.has_value()) {
            return field.error();
        }
        // With '|' in one free text only, the text can be cut in one way only.
        if (i != order_info_index && field->find('|') != std::string_view::npos) {
            return reject(Reason::unsupported_value, hashed_fields[i], "holds '|'");
        }
        text.append(i == 0 ? "" : "|").append(*field);
    }
    return text;
}

/// vnp_TransactionStatus of a payment. Reversed, refunded and unknown states change nothing here: a person decides.
[[nodiscard]] NotifiedStatus status_of(std::string_view transaction_status) noexcept {
    if (transaction_status == "00") {
        return NotifiedStatus::succeeded;
    }
    return transaction_status == "02" ? NotifiedStatus::failed : NotifiedStatus::pending;
}

/// Already checked by hashed_text to be text.
[[nodiscard]] std::string_view field(json::Value answer, std::string_view name) noexcept { return answer[name].text(); }

[[nodiscard]] Checked<PaymentNotification> read_payment(json::Value answer, PaymentNotification notification) {
    const std::string_view transaction_status = field(answer, "vnp_TransactionStatus");
    if (transaction_status.empty()) {
        return reject(Reason::missing_field, "vnp_TransactionStatus", "missing");
    }
    const std::string_view type = field(answer, "vnp_TransactionType");
    // 02 and 03 are refunds: their "00" is no payment.
    notification.status = type.empty() || type == "01" ? status_of(transaction_status) : NotifiedStatus::ignored;
    const std::string_view amount_text = field(answer, "vnp_Amount");
    if (notification.status == NotifiedStatus::succeeded || !amount_text.empty()) {
        const auto amount = read_amount(amount_text);
        if (!amount.has_value()) {
            return amount.error();
        }
        notification.amount = Money{*amount, Currency::vnd()};
    }
    const std::string_view number = field(answer, "vnp_TransactionNo");
    if (auto bad = check_transaction_no(number)) {
        return *bad;
    }
    notification.occurred_at = gateway::parse_compact_gmt7(field(answer, "vnp_PayDate"));
    set_transaction(notification, number, field(answer, "vnp_PayDate"), transaction_status);
    return notification;
}

[[nodiscard]] Checked<PaymentNotification> read_fields(json::Value answer, const QueryTarget& target,
                                                       const Config& config) {
    if (field(answer, "vnp_TmnCode") != config.tmn_code) {
        return reject(Reason::account_mismatch, "vnp_TmnCode", "another terminal's");
    }
    if (field(answer, "vnp_TxnRef") != target.order_id) {
        return reject(Reason::bad_order_code, "vnp_TxnRef", "not the order asked for");
    }
    PaymentNotification notification;
    notification.gateway = Gateway::vnpay;
    notification.order_id = target.order_id;
    const std::string_view code = field(answer, "vnp_ResponseCode");
    if (code == "00") {
        return read_payment(answer, std::move(notification));
    }
    if (code != "91") {
        return reject(Reason::unsupported_value, "vnp_ResponseCode", "the query was refused");
    }
    // Not known there: the payer has not begun to pay, or never will; the order's expiry decides.
    notification.status = NotifiedStatus::pending;
    set_transaction(notification, {}, {}, code);
    return notification;
}

}  // namespace

Result<OutgoingRequest> query(const QueryTarget& target, const Config& config, TimePoint now) {
    if (auto bad = check(target, config)) {
        return *bad;
    }
    const std::string transaction_date = gateway::to_compact_gmt7(target.created_at);
    const std::string create_date = gateway::to_compact_gmt7(now);
    const std::string order_info = "Query " + target.order_id;
    const auto hash =
        crypto::hmac_sha512(config.hash_secrets.front().expose(),
                            {target.request_id, "|2.1.0|querydr|", config.tmn_code, "|", target.order_id, "|",
                             transaction_date, "|", create_date, "|", target.ip_address, "|", order_info});
    OutgoingRequest request;
    request.method = "POST";
    request.url = config.api_base + "/merchant_webapi/api/transaction";
    request.headers.push_back({"Content-Type", "application/json"});
    json::ObjectWriter body(request.body);
    body.string("vnp_RequestId", target.request_id);
    body.string("vnp_Version", "2.1.0");
    body.string("vnp_Command", "querydr");
    body.string("vnp_TmnCode", config.tmn_code);
    body.string("vnp_TxnRef", target.order_id);
    body.string("vnp_OrderInfo", order_info);
    body.string("vnp_TransactionDate", transaction_date);
    body.string("vnp_CreateDate", create_date);
    body.string("vnp_IpAddr", target.ip_address);
    body.string("vnp_SecureHash", crypto::lower_hex(hash));
    body.finish();
    return request;
}

Verdict read_answer(const QueryTarget& target, const Config& config, const HttpAnswer& answer) {
    if (config.tmn_code.empty() || target.order_id.empty()) {
        return reject(Reason::config_error, "tmn_code", "the terminal or the order asked for is empty");
    }
    if (auto bad = gateway::check_keys(config.hash_secrets, "hash_secrets")) {
        return *bad;
    }
    if (answer.status != 200) {
        return reject(Reason::unsupported_value, "status", "the query's HTTP status is not 200");
    }
    const auto body = gateway::read_object(answer.body, "body", query_answer_bytes_max);
    if (!body.has_value()) {
        return body.error();
    }
    const json::Value root = body->root();
    const auto hash = gateway::required_signature(root, "vnp_SecureHash");
    if (!hash.has_value()) {
        return hash.error();
    }
    const auto text = hashed_text(root);
    if (!text.has_value()) {
        return text.error();
    }
    const auto key_index = gateway::match_hex_sha512(config.hash_secrets, {*text}, *hash);
    if (!key_index) {
        return reject(Reason::bad_signature, "vnp_SecureHash", "matches no hash secret");
    }
    auto notification = read_fields(root, target, config);
    if (!notification.has_value()) {
        return notification.error();
    }
    return Verified{std::move(*notification), *key_index};
}

}  // namespace ticketbottle::vnpay
