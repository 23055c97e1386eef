#pragma once
/// \file
/// The few OpenSSL calls the library makes, as values. Internal: not installed. Threads: any.

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ticketbottle::crypto {

using Sha256 = std::array<unsigned char, 32>;
using Sha512 = std::array<unsigned char, 64>;

/// MAC of the parts, one after the other. An empty key is a caller bug: aborts.
[[nodiscard]] Sha256 hmac_sha256(std::string_view key, std::initializer_list<std::string_view> parts);
[[nodiscard]] Sha512 hmac_sha512(std::string_view key, std::initializer_list<std::string_view> parts);
[[nodiscard]] Sha256 sha256(std::initializer_list<std::string_view> parts);

/// Constant time in the content; different lengths are unequal at once.
[[nodiscard]] bool equal(std::string_view a, std::string_view b) noexcept;
/// Is `text` the lower-case hex of `mac`? Constant time in the content. Upper case is unequal.
[[nodiscard]] bool equals_hex(std::span<const unsigned char> mac, std::string_view text) noexcept;

[[nodiscard]] std::string lower_hex(std::span<const unsigned char> bytes);

/// Standard alphabet with padding (RFC 4648 section 4).
[[nodiscard]] std::string base64(std::string_view bytes);
/// How long that is.
[[nodiscard]] constexpr std::size_t base64_size(std::size_t bytes) noexcept { return (bytes + 2) / 3 * 4; }
/// Writes base64_size(bytes.size()) characters.
void base64(std::string_view bytes, char* to) noexcept;
/// Strict: canonical, padded, no white space; anything else is nullopt.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

/// Ed25519 (RFC 8032). `key` is 32 bytes; a wrong size or point verifies as false.
[[nodiscard]] bool ed25519_verify(std::string_view public_key, std::string_view signature, std::string_view message);
/// 64 bytes; empty if the seed is not 32 bytes.
[[nodiscard]] std::string ed25519_sign(std::string_view seed, std::string_view message);

/// Fills with the system's randomness; aborts if there is none.
void random_bytes(std::span<unsigned char> out);

}  // namespace ticketbottle::crypto
