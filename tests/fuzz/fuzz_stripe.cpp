// Stripe webhooks and query answers. First line of the input: a Stripe-Signature header; the rest: a body. Tried as it
// is (nobody can sign it with our secret, so it must be refused), and with a signature of ours, to reach the event
// decoder.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <ticketbottle/gateway/stripe.hpp>

#include "core/crypto.hpp"

using namespace ticketbottle;

namespace {

constexpr std::string_view secret = "whsec_fuzz";
const TimePoint now{std::chrono::seconds(1763712000)};

void must(bool holds) {
    if (!holds) {
        std::abort();
    }
}

const stripe::Config& config() {
    static const stripe::Config made{.endpoint_secrets = {Secret("whsec_new"), Secret(secret)},
                                     .mode = std::nullopt,
                                     .api_key = Secret("sk_test_fuzz")};
    return made;
}

Request request(std::string header, std::string body) {
    return {.method = "POST",
            .path = "/webhooks/stripe",
            .query = {},
            .headers = {{"Stripe-Signature", std::move(header)}},
            .body = std::move(body)};
}

void check(const Verdict& verdict) {
    if (!verdict.has_value()) {
        must(verdict.error().reason != Reason::bad_signature && !verdict.error().detail.empty());
        return;
    }
    const PaymentNotification& n = verdict->notification;
    must(!n.dedup_key.empty());
    must(n.amount.has_value() == (n.status != NotifiedStatus::ignored));
    must(!n.amount || n.amount->minor_units >= 0);
    must(n.charge_id.empty() || n.charge_id.starts_with("pi_"));
    must(n.order_id.find('\0') == std::string::npos && n.payer_email.find('\n') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string input(reinterpret_cast<const char*>(bytes), size);
    const std::size_t line_end = std::min(input.find('\n'), input.size());
    const std::string header = input.substr(0, line_end);
    const std::string body = input.substr(std::min(line_end + 1, input.size()));

    must(!stripe::verify(request(header, body), config(), now).has_value());

    // Our v1 after whatever the header says: its parser must not be led to refuse a good one for a wrong reason, nor
    // crash.
    const std::string mac = crypto::lower_hex(crypto::hmac_sha256(secret, {"1763712000", ".", body}));
    check(stripe::verify(request("t=1763712000,v1=" + mac, body), config(), now));
    const Verdict appended = stripe::verify(request(header + ",v1=" + mac, body), config(), now);
    must(!appended.has_value() || appended->key_index == 1);

    for (const char* asked : {"cs_test_fuzz", "pi_fuzz"}) {
        QueryTarget target;
        target.link_id = asked;
        check(stripe::read_answer(target, config(), {.status = 200, .body = body}));
    }
    return 0;
}
