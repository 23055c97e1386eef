// Standard Webhooks deliveries. The input's first three lines are the headers id, timestamp, signature; the rest is the
// body. Tried as it is (nobody can sign it with our secret, so it must be refused), and with a signature of ours.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <ticketbottle/gateway/standard_webhooks.hpp>

#include "core/crypto.hpp"

using namespace ticketbottle;

namespace {

constexpr std::string_view key = "fuzz-key-of-thirty-two-bytes-!!!";
const TimePoint now{std::chrono::seconds(1763712000)};

void must(bool holds) {
    if (!holds) {
        std::abort();
    }
}

const standard_webhooks::Config& config() {
    static const standard_webhooks::Config made{.secrets = {Secret("whpk_07JW8mDg0SqEOPYHg4l/9Zu1dpyOjWTtoWRZEyIAxzk="),
                                                            Secret("whsec_" + crypto::base64(key))}};
    return made;
}

std::string take_line(std::string& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string line = text.substr(0, end);
    text.erase(0, std::min(end + 1, text.size()));
    return line;
}

Verdict verify(const std::string& id, const std::string& timestamp, const std::string& signature,
               const std::string& body) {
    const Request request{
        .method = "POST",
        .path = "/webhooks/standard",
        .query = {},
        .headers = {{"webhook-id", id}, {"webhook-timestamp", timestamp}, {"webhook-signature", signature}},
        .body = body};
    return standard_webhooks::verify(request, config(), now);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    std::string body(reinterpret_cast<const char*>(bytes), size);
    const std::string id = take_line(body);
    const std::string timestamp = take_line(body);
    const std::string signature = take_line(body);

    must(!verify(id, timestamp, signature, body).has_value());

    const auto mac = crypto::hmac_sha256(key, {id, ".", timestamp, ".", body});
    const std::string ours = "v1," + crypto::base64({reinterpret_cast<const char*>(mac.data()), mac.size()});
    const Verdict verdict = verify(id, timestamp, signature + " " + ours, body);
    if (!verdict.has_value()) {
        must(verdict.error().reason != Reason::bad_signature);
        return 0;
    }
    const PaymentNotification& n = verdict->notification;
    must(verdict->key_index == 1 && n.dedup_key == id && n.event_id == id);
    must(n.amount.has_value() == (n.status != NotifiedStatus::ignored));
    must(!n.amount || (n.amount->minor_units >= 0 && !n.order_id.empty() && !n.charge_id.empty()));
    return 0;
}
