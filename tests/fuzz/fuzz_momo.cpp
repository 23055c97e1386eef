// A MoMo call is accepted only with a right signature, and no other cut of its signed text is accepted too.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <ticketbottle/gateway/momo.hpp>

#include "core/crypto.hpp"
#include "core/json.hpp"
#include "gateway/momo/signed_text.hpp"

using namespace ticketbottle;

namespace {

constexpr std::string_view key = "fake-fuzz-secret";

void must(bool holds) {
    if (!holds) std::abort();
}

const momo::Config& config() {
    static const momo::Config value = [] {
        momo::Config made;
        made.partner_code = "MOMOFAKE";
        made.access_key = "fake-access";
        made.secret_keys = {Secret("fake-fuzz-other"), Secret(key)};
        return made;
    }();
    return value;
}

void check(const PaymentNotification& notification) {
    must(!notification.dedup_key.empty() && !notification.order_id.empty());
    must(!notification.amount || notification.amount->minor_units > 0);
    must(notification.status != NotifiedStatus::succeeded || notification.amount.has_value());
}

/// The order a reader of the signed text finds: its first "&orderId=<id>&orderInfo=" after "&message=".
[[nodiscard]] std::string_view order_in_text(std::string_view text) {
    constexpr std::string_view name = "&orderId=";
    std::size_t at = text.find("&message=");
    while ((at = text.find(name, at)) != std::string_view::npos) {
        const std::string_view rest = text.substr(at + name.size());
        const std::string_view id = rest.substr(0, rest.find('&'));
        const bool plain =
            !id.empty() && id.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.") ==
                               std::string_view::npos;
        if (plain && id.find_first_of("-_.") != 0 && id.find_last_of("-_.") != id.size() - 1 && id.size() <= 100 &&
            rest.substr(id.size()).starts_with("&orderInfo=")) {
            return id;
        }
        ++at;
    }
    return {};
}

void call(const std::string& body) {
    Request request;
    request.body = body;
    const Verdict verdict = momo::verify(request, config());
    if (!verdict.has_value()) {
        must(!verdict.error().detail.empty());
        return;
    }
    const auto document = json::parse(body);
    must(document.has_value());
    const auto text = momo::signed_text(document->root(), config().access_key);
    must(text.has_value());
    must(crypto::lower_hex(crypto::hmac_sha256(key, {*text})) == document->root()["signature"].text());
    must(order_in_text(*text) == verdict->notification.order_id);
    check(verdict->notification);
}

/// The mutator cannot find a signature, so inputs are also tried under a right one.
void signed_call(const std::string& body) {
    const auto document = json::parse(body);
    if (!document.has_value() || !document->root().is(json::Kind::object)) return;
    const auto text = momo::signed_text(document->root(), config().access_key);
    if (!text.has_value()) return;
    std::string members = "{";
    for (const json::Value member : document->root()) {
        if (member.key() == "signature") continue;
        json::write_string(member.key(), members);
        members += ':';
        json::write(member, members);
        members += ',';
    }
    call(members + "\"signature\":\"" + crypto::lower_hex(crypto::hmac_sha256(key, {*text})) + "\"}");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    call(text);
    signed_call(text);
    QueryTarget target;
    target.order_id = "TB-1";
    const Verdict answer = momo::read_answer(target, config(), HttpAnswer{200, text});
    if (answer.has_value()) {
        must(answer->notification.order_id == target.order_id);
        check(answer->notification);
    }
    return 0;
}
