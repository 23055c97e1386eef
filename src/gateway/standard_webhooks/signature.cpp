#include "gateway/standard_webhooks/signature.hpp"

#include <algorithm>

#include "gateway/signed_time.hpp"

namespace ticketbottle::standard_webhooks {

namespace {

using gateway::Checked;
using gateway::reject;

/// The signatures by version. v1 as base64 text: our own MAC is encoded and compared, so a second spelling of the
/// same bytes is no match. v1a decoded, by a decoder that takes canonical base64 only.
struct Signatures {
    std::vector<std::string_view> v1;
    std::vector<std::string> v1a;
};

[[nodiscard]] Signatures split(std::string_view header) {
    Signatures signatures;
    while (!header.empty()) {
        const std::size_t space = std::min(header.find(' '), header.size());
        const std::string_view token = header.substr(0, space);
        header.remove_prefix(std::min(space + 1, header.size()));
        if (token.starts_with("v1,")) {
            signatures.v1.push_back(token.substr(3));
        } else if (token.starts_with("v1a,") && signatures.v1a.size() < asymmetric_signatures_max) {
            if (auto bytes = crypto::base64_decode(token.substr(4))) {
                signatures.v1a.push_back(std::move(*bytes));
            }
        }
    }
    return signatures;
}

[[nodiscard]] std::string_view as_text(const crypto::Sha256& mac) noexcept {
    return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

[[nodiscard]] bool matches_v1(const Key& key, const Signatures& signatures, const Headers& headers,
                              std::string_view body) {
    const std::string expected =
        crypto::base64(as_text(crypto::hmac_sha256(key.bytes(), {headers.id, ".", headers.timestamp, ".", body})));
    unsigned matches = 0;
    for (const std::string_view signature : signatures.v1) {
        matches += crypto::equal(expected, signature) ? 1U : 0U;
    }
    return matches != 0;
}

[[nodiscard]] bool matches_v1a(const Key& key, const Signatures& signatures, std::string_view message) {
    unsigned matches = 0;
    for (const std::string& signature : signatures.v1a) {
        matches += crypto::ed25519_verify(key.bytes(), signature, message) ? 1U : 0U;
    }
    return matches != 0;
}

/// Ed25519 takes its message in one piece. Empty if no key and signature of that scheme will ask for it.
[[nodiscard]] std::string message_for_v1a(const std::vector<Key>& keys, const Signatures& signatures,
                                          const Headers& headers, std::string_view body) {
    const bool has_key =
        std::any_of(keys.begin(), keys.end(), [](const Key& key) { return key.scheme() == Scheme::public_key; });
    std::string message;
    if (has_key && !signatures.v1a.empty()) {
        message.reserve(headers.id.size() + headers.timestamp.size() + body.size() + 2);
        message.append(headers.id).append(".").append(headers.timestamp).append(".").append(body);
    }
    return message;
}

}  // namespace

Checked<Headers> read_headers(const Request& request) {
    Headers headers{request.header(id_header), request.header(timestamp_header), request.header(signature_header)};
    if (headers.id.empty()) {
        return reject(Reason::missing_signature, id_header, "missing");
    }
    if (headers.timestamp.empty()) {
        return reject(Reason::missing_signature, timestamp_header, "missing");
    }
    if (headers.signatures.empty()) {
        return reject(Reason::missing_signature, signature_header, "missing");
    }
    if (!gateway::is_utf8_identifier(headers.id)) {
        return reject(Reason::malformed_header, id_header, "too long, not UTF-8, or with control characters");
    }
    if (headers.signatures.size() > gateway::signature_header_bytes_max) {
        return reject(Reason::malformed_header, signature_header, "longer than 8 KiB");
    }
    const auto signed_at = gateway::parse_unix_seconds(headers.timestamp);
    if (!signed_at) {
        return reject(Reason::malformed_header, timestamp_header, "not unix seconds");
    }
    headers.signed_at = *signed_at;
    return headers;
}

std::optional<std::size_t> match(const std::vector<Key>& keys, const Headers& headers, std::string_view body) {
    const Signatures signatures = split(headers.signatures);
    const std::string message = message_for_v1a(keys, signatures, headers, body);
    std::optional<std::size_t> found;
    for (std::size_t index = 0; index < keys.size(); ++index) {
        const Key& key = keys[index];
        bool matches = false;
        switch (key.scheme()) {
            case Scheme::hmac:
                matches = matches_v1(key, signatures, headers, body);
                break;
            case Scheme::public_key:
                matches = matches_v1a(key, signatures, message);
                break;
            case Scheme::private_key:
                break;
        }
        found = (matches && !found) ? index : found;
    }
    return found;
}

}  // namespace ticketbottle::standard_webhooks
