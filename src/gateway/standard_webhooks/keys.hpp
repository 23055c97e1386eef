#pragma once
/// \file
/// Standard Webhooks secrets, decoded: each is a key of one scheme and never of another. Internal.

#include <string>
#include <string_view>
#include <vector>

#include "gateway/fields.hpp"

namespace ticketbottle::standard_webhooks {

inline constexpr std::size_t secrets_max = 8;
/// The specification's range for a symmetric secret.
inline constexpr std::size_t symmetric_bytes_min = 24;
inline constexpr std::size_t symmetric_bytes_max = 64;
inline constexpr std::size_t ed25519_bytes = 32;

enum class Scheme : std::uint8_t {
    hmac,         ///< "whsec_" or no prefix: signs and verifies v1.
    public_key,   ///< "whpk_": verifies v1a.
    private_key,  ///< "whsk_": signs v1a, verifies nothing.
};

/// Key bytes that are wiped when it dies. Move only.
class Key {
public:
    Key(Scheme scheme, std::string bytes) : scheme_(scheme), bytes_(std::move(bytes)) {}
    Key(Key&& other) noexcept;
    Key& operator=(Key&&) = delete;
    ~Key();

    [[nodiscard]] Scheme scheme() const noexcept { return scheme_; }
    /// HMAC key, 32-byte public key, or 32-byte seed.
    [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }

private:
    Scheme scheme_;
    std::string bytes_;
};

/// All secrets, in their order. \par Errors config_error: none, more than 8, undecodable, or of a wrong size.
[[nodiscard]] gateway::Checked<std::vector<Key>> decode_keys(const Secrets& secrets);

}  // namespace ticketbottle::standard_webhooks
