// Hostile calls are in tests/vectors; here: what a notification holds, the signer, the query and its answers.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <ticketbottle/gateway/vnpay.hpp>
#include <vector>

#include "core/crypto.hpp"

using namespace ticketbottle;

namespace {

constexpr TimePoint now{std::chrono::milliseconds(1763712000000)};  // 15:00:00 in GMT+7

vnpay::Config make_config() {
    vnpay::Config config;
    config.tmn_code = "TBFAKE01";
    config.hash_secrets = {Secret("fake-hash-secret"), Secret("fake-hash-older")};
    return config;
}

TestNotification make_notification() {
    TestNotification notification;
    notification.order_id = "TB-1";
    notification.transaction_id = "14226101";
    notification.amount.minor_units = 250000;
    notification.description = "V\xc3\xa9 & b\xc3\xa1nh";
    return notification;
}

QueryTarget make_target() {
    QueryTarget target;
    target.order_id = "TB-1";
    target.request_id = "req-1";
    target.created_at = now - std::chrono::seconds(1);
    target.ip_address = "203.0.113.7";
    return target;
}

std::string outcome_of(const Verdict& verdict) {
    return std::string(verdict.has_value() ? to_string(verdict->notification.status)
                                           : to_string(verdict.error().reason));
}

/// An answer to the query, hashed as VNPay documents.
std::string make_answer(std::map<std::string, std::string> changes = {}, const std::string& key = "fake-hash-secret") {
    std::map<std::string, std::string> fields{{"ResponseId", "r1"},          {"Command", "querydr"},
                                              {"ResponseCode", "00"},        {"Message", "OK"},
                                              {"TmnCode", "TBFAKE01"},       {"TxnRef", "TB-1"},
                                              {"Amount", "25000000"},        {"BankCode", "NCB"},
                                              {"PayDate", "20251121150000"}, {"TransactionNo", "14226101"},
                                              {"TransactionType", "01"},     {"TransactionStatus", "00"},
                                              {"OrderInfo", "Ve | banh"}};
    for (auto& [name, value] : changes) fields[name] = value;
    std::string text;
    for (const char* name :
         {"ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode", "PayDate",
          "TransactionNo", "TransactionType", "TransactionStatus", "OrderInfo", "PromotionCode", "PromotionAmount"}) {
        text += (text.empty() ? "" : "|") + fields[name];
    }
    std::string body = "{";
    for (const auto& [name, value] : fields) {
        if (!value.empty()) body += "\"vnp_" + name + "\":\"" + value + "\",";
    }
    return body + "\"vnp_SecureHash\":\"" + crypto::lower_hex(crypto::hmac_sha512(key, {text})) + "\"}";
}

}  // namespace

TEST_CASE("VNPay: the signer writes what VNPay writes, byte for byte") {
    const auto request = vnpay::sign(make_notification(), make_config(), now);
    REQUIRE(request.has_value());
    CHECK(request->method == "GET");
    CHECK(request->path == "/webhook/vnpay");
    CHECK(request->body.empty());
    // The hash was computed with another HMAC implementation.
    CHECK(
        request->query ==
        "vnp_Amount=25000000&vnp_BankCode=NCB&vnp_CardType=ATM&vnp_OrderInfo=V%C3%A9+%26+b%C3%A1nh&vnp_PayDate="
        "20251121150000"
        "&vnp_ResponseCode=00&vnp_TmnCode=TBFAKE01&vnp_TransactionNo=14226101&vnp_TransactionStatus=00&vnp_TxnRef=TB-1"
        "&vnp_SecureHash=ed47372655cc4407960b72762ce9503b22cf616c2b0671d43574cf1ae7b3f2dc"
        "171971ad5d3f43690ea37fc74dbab052d02d6f3dd11a608e3bfe003feddd305e");
}

TEST_CASE("VNPay: a call becomes a notification in whole dong") {
    const auto request = vnpay::sign(make_notification(), make_config(), now);
    REQUIRE(request.has_value());
    const Verdict verdict = vnpay::verify(*request, make_config());
    REQUIRE(verdict.has_value());
    const PaymentNotification& notification = verdict->notification;
    CHECK(verdict->key_index == 0);
    CHECK(notification.gateway == Gateway::vnpay);
    CHECK(notification.status == NotifiedStatus::succeeded);
    CHECK(notification.order_id == "TB-1");
    CHECK(notification.transaction_id == "14226101");
    CHECK(notification.charge_id == "14226101");
    CHECK(notification.event_id.empty());
    CHECK(notification.dedup_key == "TB-1:14226101:succeeded");
    CHECK(notification.amount == Money{250000, Currency::vnd()});
    CHECK(notification.occurred_at == now);
}

TEST_CASE(
    "VNPay: each status the signer can write is read back, and a pending report has another key than the success after "
    "it") {
    for (const auto status :
         {NotifiedStatus::succeeded, NotifiedStatus::failed, NotifiedStatus::cancelled, NotifiedStatus::pending}) {
        auto notification = make_notification();
        notification.status = status;
        const auto request = vnpay::sign(notification, make_config(), now);
        REQUIRE(request.has_value());
        const Verdict verdict = vnpay::verify(*request, make_config());
        CHECK(outcome_of(verdict) == to_string(status));
        CHECK(verdict->notification.dedup_key == "TB-1:14226101:" + std::string(to_string(status)));
    }
}

TEST_CASE("VNPay: failures without a transaction number have no charge, and two of them are two attempts") {
    auto notification = make_notification();
    notification.status = NotifiedStatus::failed;
    notification.transaction_id.clear();
    const auto first = vnpay::sign(notification, make_config(), now);
    const auto second = vnpay::sign(notification, make_config(), now + std::chrono::minutes(1));
    REQUIRE(first.has_value());
    REQUIRE(second.has_value());
    const Verdict a = vnpay::verify(*first, make_config());
    const Verdict b = vnpay::verify(*second, make_config());
    REQUIRE(a.has_value());
    REQUIRE(b.has_value());
    CHECK(a->notification.transaction_id.empty());
    CHECK(a->notification.charge_id.empty());
    CHECK(a->notification.dedup_key == "TB-1:-20251121150000-51:failed");
    CHECK(b->notification.dedup_key != a->notification.dedup_key);
}

TEST_CASE("VNPay: only what VNPay is sure of is final") {
    struct Row {
        const char* response_code;
        const char* transaction_status;
        const char* status;
        Finality finality;
    };
    const std::string hash_field = "&vnp_SecureHash=";
    for (const Row& row :
         {Row{"00", "00", "succeeded", Finality::final}, Row{"00", "01", "failed", Finality::retryable},
          Row{"00", "02", "failed", Finality::final}, Row{"00", "07", "pending", Finality::final},
          Row{"07", "00", "pending", Finality::final}, Row{"24", "02", "cancelled", Finality::final},
          Row{"51", "00", "failed", Finality::final}, Row{"99", "02", "failed", Finality::retryable},
          Row{"11", "02", "failed", Finality::final}, Row{"0", "0", "failed", Finality::final}}) {
        CAPTURE(row.response_code);
        CAPTURE(row.transaction_status);
        const std::string text = std::string("vnp_Amount=100&vnp_ResponseCode=") + row.response_code +
                                 "&vnp_TmnCode=TBFAKE01&vnp_TransactionStatus=" + row.transaction_status +
                                 "&vnp_TxnRef=TB-1";
        Request request;
        request.query = text + hash_field + crypto::lower_hex(crypto::hmac_sha512("fake-hash-older", {text}));
        const Verdict verdict = vnpay::verify(request, make_config());
        REQUIRE(verdict.has_value());
        CHECK(verdict->key_index == 1);
        CHECK(to_string(verdict->notification.status) == row.status);
        CHECK(verdict->notification.finality == row.finality);
        CHECK(verdict->notification.amount == Money{1, Currency::vnd()});
    }
}

TEST_CASE("VNPay: wherever a call's parameters stand, the hash is over them sorted by name, as received or encoded anew") {
    const std::string received = "vnp_Amount=100&vnp_BankCode=N%20CB&vnp_OrderInfo=a&vnp_ResponseCode=00&vnp_TmnCode=TBFAKE01"
                                 "&vnp_TransactionStatus=00&vnp_TxnRef=T%2d1";
    const std::string encoded = "vnp_Amount=100&vnp_BankCode=N+CB&vnp_OrderInfo=a&vnp_ResponseCode=00&vnp_TmnCode=TBFAKE01"
                                "&vnp_TransactionStatus=00&vnp_TxnRef=T-1";
    const auto read = [](const std::vector<std::string>& parts) {
        Request request;
        for (const std::string& part : parts) request.query += (request.query.empty() ? "" : "&") + part;
        return vnpay::verify(request, make_config());
    };
    for (const std::string& text : {received, encoded}) {
        std::vector<std::string> parts{"vnp_SecureHash=" + crypto::lower_hex(crypto::hmac_sha512("fake-hash-older", {text})),
                                       "vnp_SecureHashType=HMACSHA512", "utm_source=x%20y", "vnp_Empty=", "vnp_Bare", ""};
        for (std::size_t at = 0; at < received.size();) {
            const std::size_t end = std::min(received.find('&', at), received.size());
            parts.push_back(received.substr(at, end - at));
            at = end + 1;
        }
        for (std::size_t i = 0; i < parts.size(); ++i) {
            std::rotate(parts.begin(), parts.begin() + 1, parts.end());
            const Verdict verdict = read(parts);
            REQUIRE(outcome_of(verdict) == "succeeded");
            CHECK(verdict->key_index == 1);
            CHECK(verdict->notification.order_id == "T-1");
            std::vector<std::string> twice = parts;
            twice.push_back(parts.front());
            CHECK(outcome_of(read(twice)) == (parts.front().empty() ? "succeeded" : "duplicate_key"));
            std::vector<std::string> fewer(parts.begin() + 1, parts.end());
            const bool unhashed = !parts.front().starts_with("vnp_") || parts.front() == "vnp_Empty=" ||
                                  parts.front() == "vnp_Bare" || parts.front().starts_with("vnp_SecureHashType");
            const bool hash = parts.front().starts_with("vnp_SecureHash=");
            CHECK(outcome_of(read(fewer)) == (unhashed ? "succeeded" : hash ? "missing_signature" : "bad_signature"));
        }
        for (int i = 60; i > 0; --i) parts.push_back("x" + std::to_string(i) + "=%41");
        CHECK(outcome_of(read(parts)) == "succeeded");
    }
}

TEST_CASE("VNPay: a call through API Gateway 1.0, which hands over decoded parameters, still verifies") {
    const auto sent = vnpay::sign(make_notification(), make_config(), now);
    REQUIRE(sent.has_value());
    std::string event = R"({"httpMethod":"GET","path":"/webhook/vnpay","queryStringParameters":{)";
    std::string_view rest = sent->query;
    while (!rest.empty()) {
        const auto end = std::min(rest.find('&'), rest.size());
        const auto pair = rest.substr(0, end);
        const auto equals = pair.find('=');
        std::string value(pair.substr(equals + 1));
        if (value.starts_with("V%C3")) value = "V\xc3\xa9 & b\xc3\xa1nh";
        event += (event.back() == '{' ? "\"" : ",\"") + std::string(pair.substr(0, equals)) + "\":\"" + value + "\"";
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const auto request = request_from_invocation(event + "}}");
    REQUIRE(request.has_value());
    CHECK(outcome_of(vnpay::verify(*request, make_config())) == "succeeded");
}

TEST_CASE("VNPay: the signer refuses what VNPay cannot say") {
    const auto refuses = [](auto change) {
        auto notification = make_notification();
        auto config = make_config();
        change(notification, config);
        const auto request = vnpay::sign(notification, config, now);
        return !request.has_value() && request.error().code == Errc::invalid_argument;
    };
    CHECK(refuses([](auto& n, auto&) { n.status = NotifiedStatus::ignored; }));
    CHECK(refuses([](auto& n, auto&) { n.order_id = std::string(101, 'a'); }));
    CHECK(refuses([](auto& n, auto&) { n.description = "\xed\xa0\x80"; }));
    CHECK(refuses([](auto& n, auto&) { n.transaction_id = "-1"; }));
    CHECK(refuses([](auto& n, auto&) { n.amount.minor_units = 9223372036854775807; }));
    CHECK(refuses([](auto& n, auto&) { n.amount.minor_units = -1; }));
    CHECK(refuses([](auto& n, auto&) { n.amount.currency = *Currency::parse("USD"); }));
    CHECK(refuses([](auto&, auto& c) { c.hash_secrets.clear(); }));
    CHECK(refuses([](auto&, auto& c) { c.tmn_code.clear(); }));
}

TEST_CASE("VNPay: the query is signed over its fields in order, times in GMT+7") {
    const auto request = vnpay::query(make_target(), make_config(), now);
    REQUIRE(request.has_value());
    CHECK(request->url == "https://sandbox.vnpayment.vn/merchant_webapi/api/transaction");
    CHECK(
        request->body ==
        R"({"vnp_RequestId":"req-1","vnp_Version":"2.1.0","vnp_Command":"querydr","vnp_TmnCode":"TBFAKE01","vnp_TxnRef":"TB-1",)"
        R"("vnp_OrderInfo":"Query TB-1","vnp_TransactionDate":"20251121145959","vnp_CreateDate":"20251121150000","vnp_IpAddr":"203.0.113.7",)"
        R"("vnp_SecureHash":"b8f31f7fc82315d87bcd97a30b94055bcfeb3c76183c3740b5c79dd0b16d8d243ebc6abf4b031c17378c351fa6e574d96c85c02c8bc932b17560158e12e361d8"})");
    const auto refuses = [](auto change) {
        auto target = make_target();
        change(target);
        const auto refused = vnpay::query(target, make_config(), now);
        return !refused.has_value() && refused.error().code == Errc::invalid_argument;
    };
    CHECK(refuses([](auto& t) { t.order_id = "a|b"; }));
    CHECK(refuses([](auto& t) { t.order_id.clear(); }));
    CHECK(refuses([](auto& t) { t.request_id.clear(); }));
    CHECK(refuses([](auto& t) { t.request_id = std::string(33, 'a'); }));
    CHECK(refuses([](auto& t) { t.ip_address.clear(); }));
}

TEST_CASE("VNPay: an answer's hash, as computed elsewhere, verifies") {
    // One known answer with a hash of another HMAC implementation; make_answer must agree with it.
    CHECK(make_answer().find(
              "0c4ed2116ffff0a7e856c2ae0d744f9b5b3fc62b5d801b6138df95c938b727fb108bfd3bc49fde94c0cd0e9b030b73feaf"
              "345ffb71344f2f56b8bb1b987dd465") != std::string::npos);
    const Verdict verdict = vnpay::read_answer(make_target(), make_config(), HttpAnswer{200, make_answer()});
    REQUIRE(verdict.has_value());
    CHECK(verdict->notification.status == NotifiedStatus::succeeded);
    CHECK(verdict->notification.amount == Money{250000, Currency::vnd()});
    CHECK(verdict->notification.dedup_key == "TB-1:14226101:succeeded");
    CHECK(verdict->notification.charge_id == "14226101");
}

TEST_CASE("VNPay: an answer says paid only for this order, this terminal, a payment, and signed") {
    using Changes = std::map<std::string, std::string>;
    struct Row {
        Changes changes;
        const char* outcome;
    };
    for (const Row& row :
         {Row{Changes{{"TransactionStatus", "01"}}, "pending"}, Row{Changes{{"TransactionStatus", "02"}}, "failed"},
          Row{Changes{{"TransactionStatus", "04"}}, "pending"}, Row{Changes{{"TransactionStatus", "07"}}, "pending"},
          Row{Changes{{"TransactionStatus", "09"}}, "pending"}, Row{Changes{{"TransactionType", "02"}}, "ignored"},
          Row{Changes{{"TransactionStatus", ""}}, "missing_field"}, Row{Changes{{"Amount", ""}}, "missing_field"},
          Row{Changes{{"Amount", "150"}}, "bad_amount"}, Row{Changes{{"TmnCode", "OTHER"}}, "account_mismatch"},
          Row{Changes{{"TxnRef", "TB-2"}}, "bad_order_code"}, Row{Changes{{"ResponseCode", "91"}}, "pending"},
          Row{Changes{{"ResponseCode", "94"}}, "unsupported_value"},
          Row{Changes{{"ResponseCode", ""}}, "unsupported_value"},
          Row{Changes{{"Message", "a|b"}}, "unsupported_value"},
          Row{Changes{{"TransactionNo", "x"}}, "unsupported_value"}}) {
        const std::string body = make_answer(row.changes);
        CAPTURE(body);
        CHECK(outcome_of(vnpay::read_answer(make_target(), make_config(), HttpAnswer{200, body})) == row.outcome);
    }
    std::string stripped = make_answer();
    stripped.replace(stripped.find("vnp_SecureHash"), 14, "vnp_SecureHush");
    CHECK(outcome_of(vnpay::read_answer(make_target(), make_config(), HttpAnswer{200, stripped})) ==
          "missing_signature");
    CHECK(outcome_of(vnpay::read_answer(make_target(), make_config(), HttpAnswer{200, make_answer({}, "other")})) ==
          "bad_signature");
    CHECK(outcome_of(vnpay::read_answer(make_target(), make_config(), HttpAnswer{500, make_answer()})) ==
          "unsupported_value");
    CHECK(outcome_of(vnpay::read_answer(make_target(), make_config(), HttpAnswer{200, "[1]"})) == "malformed_body");
}
