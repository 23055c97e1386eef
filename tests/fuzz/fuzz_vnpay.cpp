// A VNPay call is accepted only with a hash over a text that says the same; a change of any signed byte is refused.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <ticketbottle/gateway/vnpay.hpp>

#include "core/crypto.hpp"
#include "core/json.hpp"
#include "gateway/form.hpp"
#include "gateway/vnpay/parameters.hpp"

using namespace ticketbottle;

namespace {

constexpr std::string_view key = "fake-fuzz-hash-secret";

void must(bool holds) {
    if (!holds) std::abort();
}

const vnpay::Config& config() {
    static const vnpay::Config value = [] {
        vnpay::Config made;
        made.tmn_code = "TBFAKE01";
        made.hash_secrets = {Secret("fake-fuzz-other"), Secret(key)};
        return made;
    }();
    return value;
}

void check(const PaymentNotification& notification) {
    must(!notification.dedup_key.empty() && !notification.order_id.empty());
    must(!notification.amount || notification.amount->minor_units > 0);
    must(notification.status != NotifiedStatus::succeeded || notification.amount.has_value());
}

[[nodiscard]] bool hash_is(std::string_view text, std::string_view hash) {
    return crypto::lower_hex(crypto::hmac_sha512(key, {text})) == hash;
}

void call(const std::string& query) {
    Request request;
    request.query = query;
    const Verdict verdict = vnpay::verify(request, config());
    if (!verdict.has_value()) {
        must(!verdict.error().detail.empty());
        return;
    }
    vnpay::Parameters parameters;
    must(!parameters.read(query));
    const std::string encoded = parameters.encoded_text();
    std::string buffer;
    const std::string_view received = parameters.received_text(buffer);
    must(hash_is(encoded, parameters.hash()) || hash_is(received, parameters.hash()));
    // What is acted upon is what was hashed: reading either text gives the same fields.
    for (const std::string_view text : {std::string_view(encoded), received}) {
        vnpay::Parameters again;
        must(!again.read(text));
        must(again["vnp_TxnRef"] == verdict->notification.order_id && again["vnp_Amount"] == parameters["vnp_Amount"]);
    }
    check(verdict->notification);
}

/// The mutator cannot find a hash, so inputs are also tried under a right one, over each of the two texts.
void signed_call(const std::string& query) {
    vnpay::Parameters parameters;
    if (parameters.read(query)) return;
    std::string buffer;
    for (const std::string& text : {parameters.encoded_text(), std::string(parameters.received_text(buffer))}) {
        call(query + "&vnp_SecureHash=" + crypto::lower_hex(crypto::hmac_sha512(key, {text})));
    }
}

void round_trip(const std::string& text) {
    std::string encoded;
    gateway::append_form_encoded(text, encoded);
    std::string decoded(encoded.size(), '\0');
    const char* const end = gateway::form_decode(encoded, decoded.data());
    must(end != nullptr && std::string_view(decoded.data(), end) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    round_trip(text);
    call(text);
    signed_call(text);
    QueryTarget target;
    target.order_id = "TB-1";
    const Verdict answer = vnpay::read_answer(target, config(), HttpAnswer{200, text});
    if (answer.has_value()) {
        must(answer->notification.order_id == target.order_id);
        must(text.find("vnp_SecureHash") != std::string::npos || text.find('\\') != std::string::npos);
        check(answer->notification);
    }
    return 0;
}
