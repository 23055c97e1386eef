#include <algorithm>
#include <array>
#include <span>
#include <ticketbottle/core/ids.hpp>

#include "core/crypto.hpp"

namespace ticketbottle {

namespace {

using Bytes = std::array<unsigned char, 16>;

constexpr bool is_dash_at(std::size_t i) noexcept { return i == 8 || i == 13 || i == 18 || i == 23; }

/// RFC 9562 section 4: the version is the high half of byte 6, the variant the two high bits of byte 8.
std::string uuid_text(Bytes bytes, unsigned version) {
    bytes[6] = static_cast<unsigned char>(version << 4 | (bytes[6] & 0x0fu));
    bytes[8] = static_cast<unsigned char>(0x80u | (bytes[8] & 0x3fu));
    std::string out = crypto::lower_hex(bytes);
    for (const std::size_t at : {8u, 13u, 18u, 23u}) out.insert(at, 1, '-');
    return out;
}

}  // namespace

std::string random_uuid() {
    Bytes bytes;
    crypto::random_bytes(bytes);
    return uuid_text(bytes, 4);
}

std::string derived_uuid(std::string_view space, std::string_view name) {
    const crypto::Sha256 digest = crypto::sha256({space, std::string_view("\0", 1), name});
    Bytes bytes;
    std::copy_n(digest.begin(), bytes.size(), bytes.begin());
    return uuid_text(bytes, 8);
}

bool is_uuid(std::string_view text) noexcept {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (is_dash_at(i) ? c != '-' : !hex) return false;
    }
    return true;
}

}  // namespace ticketbottle
