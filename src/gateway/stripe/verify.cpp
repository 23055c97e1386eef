#include <ticketbottle/gateway/stripe.hpp>

#include "gateway/header.hpp"
#include "gateway/signed_time.hpp"
#include "gateway/stripe/event.hpp"
#include "gateway/stripe/signature_header.hpp"

namespace ticketbottle::stripe {

namespace {

/// Every key against every v1, all of them each time.
[[nodiscard]] std::optional<std::size_t> match_v1(const Secrets& keys, const SignatureHeader& header,
                                                  std::string_view body) {
    return gateway::first_match(keys, [&](std::string_view key) {
        const crypto::Sha256 mac = crypto::hmac_sha256(key, {header.timestamp, ".", body});
        unsigned matches = 0;
        for (const std::string_view v1 : header.v1) {
            matches += crypto::equals_hex(mac, v1) ? 1U : 0U;
        }
        return matches != 0;
    });
}

}  // namespace

Verdict verify(const Request& request, const Config& config, TimePoint now) {
    if (auto refused = gateway::check_size(request.body)) {
        return *refused;
    }
    if (auto refused = gateway::check_keys(config.endpoint_secrets, "endpoint_secrets")) {
        return *refused;
    }
    std::string joined;
    const auto header = read_signature_header(gateway::header(request, signature_header_name, joined));
    if (!header.has_value()) {
        return header.error();
    }
    // The MAC is over the bytes as they came: nothing is parsed before it is known who sent them.
    const auto key = match_v1(config.endpoint_secrets, *header, request.body);
    if (!key) {
        return gateway::reject(Reason::bad_signature, signature_header_name, "no endpoint secret gives a v1 of it");
    }
    if (auto refused = gateway::check_fresh(header->signed_at, now, tolerance, signature_header_name)) {
        return *refused;
    }
    const auto body = gateway::read_object(request.body, "body");
    if (!body.has_value()) {
        return body.error();
    }
    const auto head = read_head(body->root(), config.mode);
    if (!head.has_value()) {
        return head.error();
    }
    auto payment = read_payment(body->root(), *head, Gateway::stripe);
    if (!payment.has_value()) {
        return payment.error();
    }
    return Verified{std::move(*payment), *key};
}

}  // namespace ticketbottle::stripe
