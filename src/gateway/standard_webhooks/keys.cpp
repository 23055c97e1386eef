#include "gateway/standard_webhooks/keys.hpp"

#include <openssl/crypto.h>

#include <optional>

namespace ticketbottle::standard_webhooks {

namespace {

using gateway::Checked;
using gateway::reject;

[[nodiscard]] bool take_prefix(std::string_view& text, std::string_view prefix) noexcept {
    const bool has = text.starts_with(prefix);
    text.remove_prefix(has ? prefix.size() : 0);
    return has;
}

[[nodiscard]] Scheme take_scheme(std::string_view& text) noexcept {
    if (take_prefix(text, "whpk_")) {
        return Scheme::public_key;
    }
    if (take_prefix(text, "whsk_")) {
        return Scheme::private_key;
    }
    (void)take_prefix(text, "whsec_");  // may be absent
    return Scheme::hmac;
}

[[nodiscard]] bool has_right_size(Scheme scheme, std::size_t bytes) noexcept {
    switch (scheme) {
        case Scheme::hmac:
            return bytes >= symmetric_bytes_min && bytes <= symmetric_bytes_max;
        case Scheme::public_key:
            return bytes == ed25519_bytes;
        case Scheme::private_key:
            return bytes == ed25519_bytes || bytes == 2 * ed25519_bytes;  // seed (+ public key)
    }
    return false;
}

[[nodiscard]] std::optional<Key> decode(std::string_view secret) {
    const Scheme scheme = take_scheme(secret);
    auto bytes = crypto::base64_decode(secret);
    if (!bytes) {
        return std::nullopt;
    }
    Key key(scheme, std::move(*bytes));
    if (!has_right_size(scheme, key.bytes().size())) {
        return std::nullopt;
    }
    return key;
}

}  // namespace

Key::Key(Key&& other) noexcept : scheme_(other.scheme_), bytes_(std::move(other.bytes_)) {
    OPENSSL_cleanse(other.bytes_.data(), other.bytes_.size());
}

Key::~Key() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

Checked<std::vector<Key>> decode_keys(const Secrets& secrets) {
    if (auto refused = gateway::check_keys(secrets, "secrets", secrets_max)) {
        return *refused;
    }
    std::vector<Key> keys;
    keys.reserve(secrets.size());
    for (const Secret& secret : secrets) {
        auto key = decode(secret.expose());
        if (!key) {
            return reject(Reason::config_error, "secrets", "one is not canonical base64, or of a wrong size");
        }
        keys.push_back(std::move(*key));
    }
    return keys;
}

}  // namespace ticketbottle::standard_webhooks
