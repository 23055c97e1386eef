#include "gateway/standard_webhooks/signature.hpp"

#include <algorithm>
#include <array>

#include "gateway/header.hpp"
#include "gateway/signed_time.hpp"

namespace ticketbottle::standard_webhooks {

namespace {

using gateway::Checked;
using gateway::reject;

/// Calls `take(text)` for each "<version>,<text>" of the header; stops when it returns false.
template <class Take>
void for_each_signature(std::string_view header, std::string_view version, Take take) {
    while (!header.empty()) {
        const std::size_t space = std::min(header.find(' '), header.size());
        const std::string_view token = header.substr(0, space);
        header.remove_prefix(std::min(space + 1, header.size()));
        const bool is_version = token.starts_with(version) && token.substr(version.size()).starts_with(',');
        if (is_version && !take(token.substr(version.size() + 1))) {
            return;
        }
    }
}

[[nodiscard]] std::string_view as_text(const crypto::Sha256& mac) noexcept {
    return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

/// Compared as base64 text, ours with theirs, so a second spelling of the same bytes is no match.
[[nodiscard]] bool matches_v1(const Key& key, const Headers& headers, std::string_view body) {
    std::array<char, crypto::base64_size(sizeof(crypto::Sha256))> expected;
    crypto::base64(as_text(crypto::hmac_sha256(key.bytes(), {headers.id, ".", headers.timestamp, ".", body})), expected.data());
    unsigned matches = 0;
    for_each_signature(headers.signatures, "v1", [&](std::string_view signature) {
        matches += crypto::equal({expected.data(), expected.size()}, signature) ? 1U : 0U;
        return true;
    });
    return matches != 0;
}

/// By a decoder that takes canonical base64 only.
[[nodiscard]] std::vector<std::string> decode_v1a(std::string_view header) {
    std::vector<std::string> signatures;
    for_each_signature(header, "v1a", [&](std::string_view text) {
        if (auto bytes = crypto::base64_decode(text)) {
            signatures.push_back(std::move(*bytes));
        }
        return signatures.size() < asymmetric_signatures_max;
    });
    return signatures;
}

/// Ed25519 takes its message in one piece.
[[nodiscard]] std::string message_for_v1a(const Headers& headers, std::string_view body) {
    std::string message;
    message.reserve(headers.id.size() + headers.timestamp.size() + body.size() + 2);
    message.append(headers.id).append(".").append(headers.timestamp).append(".").append(body);
    return message;
}

[[nodiscard]] bool matches_v1a(const Key& key, const std::vector<std::string>& signatures, std::string_view message) {
    unsigned matches = 0;
    for (const std::string& signature : signatures) {
        matches += crypto::ed25519_verify(key.bytes(), signature, message) ? 1U : 0U;
    }
    return matches != 0;
}

}  // namespace

Checked<Headers> read_headers(const Request& request, JoinedHeaders& joined) {
    Headers headers;
    headers.id = gateway::header(request, id_header, joined.id);
    headers.timestamp = gateway::header(request, timestamp_header, joined.timestamp);
    headers.signatures = gateway::header(request, signature_header, joined.signatures);
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
    const bool any_public =
        std::any_of(keys.begin(), keys.end(), [](const Key& key) { return key.scheme() == Scheme::public_key; });
    const auto v1a = any_public ? decode_v1a(headers.signatures) : std::vector<std::string>();
    const auto message = v1a.empty() ? std::string() : message_for_v1a(headers, body);
    std::optional<std::size_t> found;
    for (std::size_t index = 0; index < keys.size(); ++index) {
        const Key& key = keys[index];
        bool matches = false;
        switch (key.scheme()) {
            case Scheme::hmac:
                matches = matches_v1(key, headers, body);
                break;
            case Scheme::public_key:
                matches = matches_v1a(key, v1a, message);
                break;
            case Scheme::private_key:
                break;
        }
        found = (matches && !found) ? index : found;
    }
    return found;
}

}  // namespace ticketbottle::standard_webhooks
