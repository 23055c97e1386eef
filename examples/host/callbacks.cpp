#include "callbacks.hpp"

#include <ticketbottle/core/ids.hpp>

namespace program {

using namespace ticketbottle;

namespace {

Secrets random_keys() { return {Secret("forged-" + random_uuid())}; }

/// "whsec_" and the base64 of 24 bytes: any 32 characters of the alphabet are one.
Secret random_standard_webhooks_key() {
    std::string text = random_uuid();
    std::erase(text, '-');
    return Secret("whsec_" + text);
}

}  // namespace

Gateways with_other_keys(const Gateways& gateways) {
    Gateways other = gateways;
    if (other.zalopay) other.zalopay->key2 = random_keys();
    if (other.payos) other.payos->checksum_keys = random_keys();
    if (other.vnpay) other.vnpay->hash_secrets = random_keys();
    if (other.stripe) other.stripe->endpoint_secrets = {Secret("whsec_forged_" + random_uuid())};
    if (other.stripe_eventbridge) other.stripe_eventbridge->sources = {"aws.partner/stripe.com/ed_forged"};
    if (other.momo) other.momo->secret_keys = random_keys();
    if (other.standard_webhooks) other.standard_webhooks->secrets = {random_standard_webhooks_key()};
    return other;
}

OutgoingRequest to_outgoing(const Request& request, std::string_view base) {
    const bool invocation = request.method == "INVOKE";
    OutgoingRequest outgoing;
    outgoing.method = invocation ? "POST" : request.method;
    outgoing.headers = request.headers;
    if (invocation) outgoing.headers.push_back({"Content-Type", "application/json"});
    outgoing.body = request.body;
    const auto scheme = base.find("://");
    const auto path = base.find('/', scheme == std::string_view::npos ? 0 : scheme + 3);
    const bool has_path = path != std::string_view::npos && base.substr(path) != "/";
    outgoing.url = std::string(has_path ? base : base.substr(0, path));
    if (!has_path) outgoing.url += invocation ? "/invoke" : request.path;
    if (!request.query.empty())
        outgoing.url.append(outgoing.url.find('?') == std::string::npos ? "?" : "&").append(request.query);
    return outgoing;
}

}  // namespace program
