// A ZaloPay callback is accepted only if an independent reading finds its MAC right; answers never invent an order.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <ticketbottle/gateway/zalopay.hpp>

#include "core/crypto.hpp"
#include "core/json.hpp"

using namespace ticketbottle;

namespace {

constexpr std::string_view key = "fake-fuzz-key2";

void must(bool holds) {
    if (!holds) std::abort();
}

const zalopay::Config& config() {
    static const zalopay::Config value = [] {
        zalopay::Config made;
        made.app_id = 990001;
        made.key1 = Secret("fake-fuzz-key1");
        made.key2 = {Secret("fake-fuzz-other"), Secret(key)};
        return made;
    }();
    return value;
}

void check(const PaymentNotification& notification) {
    must(!notification.dedup_key.empty() && !notification.order_id.empty());
    must(!notification.amount || notification.amount->minor_units > 0);
    must(notification.status != NotifiedStatus::succeeded || (notification.amount && !notification.charge_id.empty()));
}

void callback(const std::string& body) {
    Request request;
    request.body = body;
    const Verdict verdict = zalopay::verify(request, config());
    if (!verdict.has_value()) {
        must(!verdict.error().detail.empty());
        return;
    }
    const auto document = json::parse(body);
    must(document.has_value());
    const json::Value root = document->root();
    must(crypto::lower_hex(crypto::hmac_sha256(key, {root["data"].text()})) == root["mac"].text());
    must(verdict->key_index == 1 && verdict->notification.status == NotifiedStatus::succeeded);
    check(verdict->notification);
}

/// The mutator cannot find a MAC, so inputs are also tried as `data` under a right one.
void signed_callback(const std::string& data) {
    if (!json::parse(data).has_value()) return;
    std::string body = R"({"type":1,"data":)";
    json::write_string(data, body);
    body += ",\"mac\":\"" + crypto::lower_hex(crypto::hmac_sha256(key, {data})) + "\"}";
    callback(body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    callback(text);
    signed_callback(text);
    QueryTarget target;
    target.order_id = "251121_TB-1";
    const Verdict answer = zalopay::read_answer(target, config(), HttpAnswer{200, text});
    if (answer.has_value()) {
        must(answer->notification.order_id == target.order_id);
        check(answer->notification);
    }
    return 0;
}
