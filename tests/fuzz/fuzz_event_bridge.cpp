// EventBridge envelopes of Stripe events. There is no signature: what is accepted must name our source and account.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <ticketbottle/gateway/stripe.hpp>

#include "core/json.hpp"

using namespace ticketbottle;

namespace {

void must(bool holds) {
    if (!holds) {
        std::abort();
    }
}

stripe::EventBridgeConfig config(stripe::PartialDetail partial) {
    return {.sources = {"aws.partner/stripe.com/ed_fuzz"},
            .account = "111122223333",
            .mode = std::nullopt,
            .partial_detail = partial};
}

void check(const Verdict& verdict, std::string_view body) {
    if (!verdict.has_value()) {
        return;
    }
    const auto document = json::parse(body, {.bytes_max = proxy_event_bytes_max, .depth_max = json_depth_max});
    must(document.has_value());
    must(document->root()["source"].text() == "aws.partner/stripe.com/ed_fuzz");
    must(document->root()["account"].text() == "111122223333");
    const PaymentNotification& n = verdict->notification;
    must(n.gateway == Gateway::stripe_eventbridge && !n.dedup_key.empty());
    must(n.amount.has_value() == (n.status != NotifiedStatus::ignored));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string body(reinterpret_cast<const char*>(bytes), size);
    const Request delivered{.method = "INVOKE", .path = {}, .query = {}, .headers = {}, .body = body};
    const Verdict strict = stripe::verify_event_bridge(delivered, config(stripe::PartialDetail::refuse));
    const Verdict lenient = stripe::verify_event_bridge(delivered, config(stripe::PartialDetail::accept));
    check(strict, body);
    check(lenient, body);
    must(!strict.has_value() || lenient.has_value());

    const Request posted{.method = "POST", .path = "/webhooks/stripe", .query = {}, .headers = {}, .body = body};
    must(!stripe::verify_event_bridge(posted, config(stripe::PartialDetail::accept)).has_value());
    return 0;
}
