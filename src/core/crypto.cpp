#include "core/crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace ticketbottle::crypto {

namespace {

template <auto free>
struct Freer {
    template <class T>
    void operator()(T* object) const noexcept {
        free(object);
    }
};

using MacContext = std::unique_ptr<EVP_MAC_CTX, Freer<EVP_MAC_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;

/// Without HMAC or SHA-2 nothing here can answer "authentic" or not: stop instead of guessing.
[[noreturn]] void stop(const char* why) {
    std::fputs("ticketbottle: ", stderr);
    std::fputs(why, stderr);
    std::fputc('\n', stderr);
    std::abort();
}

const unsigned char* bytes(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

/// Keeps OpenSSL's error queue, which the host shares, as it was.
class ErrorMark {
public:
    ErrorMark() { ERR_set_mark(); }
    ~ErrorMark() { ERR_pop_to_mark(); }
    ErrorMark(const ErrorMark&) = delete;
    ErrorMark& operator=(const ErrorMark&) = delete;
};

/// A context for the thread, made once: looking the algorithm up costs more than the MAC of a callback.
/// It holds the last key's state until the next call or the thread's end; OpenSSL cleanses both.
MacContext make_mac_context(const char* digest) {
    static EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    if (hmac == nullptr) stop("OpenSSL has no HMAC");
    MacContext context(EVP_MAC_CTX_new(hmac));
    if (!context) throw std::bad_alloc();
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(digest), 0),
                                 OSSL_PARAM_construct_end()};
    if (EVP_MAC_CTX_set_params(context.get(), params) != 1) stop("OpenSSL has no SHA-2 for HMAC");
    return context;
}

template <class Mac>
Mac run_mac(EVP_MAC_CTX* context, std::string_view key, std::initializer_list<std::string_view> parts) {
    if (key.empty()) stop("HMAC with an empty key");
    Mac out;
    std::size_t written = 0;
    bool ok = EVP_MAC_init(context, bytes(key), key.size(), nullptr) == 1;
    for (const std::string_view part : parts) ok = ok && EVP_MAC_update(context, bytes(part), part.size()) == 1;
    ok = ok && EVP_MAC_final(context, out.data(), &written, out.size()) == 1;
    if (!ok || written != out.size()) stop("HMAC failed");
    return out;
}

DigestContext make_digest_context() {
    DigestContext context(EVP_MD_CTX_new());
    if (!context) throw std::bad_alloc();
    return context;
}

/// By arithmetic: a table would be read at a place that a MAC's bytes choose.
char hex_digit(unsigned char value) noexcept {
    const auto past_nine = static_cast<unsigned char>(value > 9);
    return static_cast<char>('0' + value + past_nine * ('a' - '9' - 1));
}

/// CRYPTO_memcmp goes by single bytes: here the differences are gathered eight at a time, and it judges what they come to.
bool same(const char* a, const char* b, std::size_t size) noexcept {
    static constexpr std::uint64_t none = 0;
    std::uint64_t difference = 0;
    std::size_t at = 0;
    for (; at + sizeof difference <= size; at += sizeof difference) {
        std::uint64_t left = 0;
        std::uint64_t right = 0;
        std::memcpy(&left, a + at, sizeof left);
        std::memcpy(&right, b + at, sizeof right);
        difference |= left ^ right;
    }
    return (CRYPTO_memcmp(&difference, &none, sizeof none) | CRYPTO_memcmp(a + at, b + at, size - at)) == 0;
}

constexpr std::string_view base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<signed char, 256> base64_values = [] {
    std::array<signed char, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < base64_alphabet.size(); ++i) {
        table[static_cast<unsigned char>(base64_alphabet[i])] = static_cast<signed char>(i);
    }
    return table;
}();

}  // namespace

Sha256 hmac_sha256(std::string_view key, std::initializer_list<std::string_view> parts) {
    thread_local const MacContext context = make_mac_context("SHA256");
    return run_mac<Sha256>(context.get(), key, parts);
}

Sha512 hmac_sha512(std::string_view key, std::initializer_list<std::string_view> parts) {
    thread_local const MacContext context = make_mac_context("SHA512");
    return run_mac<Sha512>(context.get(), key, parts);
}

Sha256 sha256(std::initializer_list<std::string_view> parts) {
    static const EVP_MD* const digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (digest == nullptr) stop("OpenSSL has no SHA-256");
    thread_local const DigestContext context = make_digest_context();
    Sha256 out;
    unsigned written = 0;
    bool ok = EVP_DigestInit_ex2(context.get(), digest, nullptr) == 1;
    for (const std::string_view part : parts) ok = ok && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
    ok = ok && EVP_DigestFinal_ex(context.get(), out.data(), &written) == 1;
    if (!ok || written != out.size()) stop("SHA-256 failed");
    return out;
}

bool equal(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && same(a.data(), b.data(), a.size());
}

bool equals_hex(std::span<const unsigned char> mac, std::string_view text) noexcept {
    if (text.size() != mac.size() * 2) return false;
    bool equal = true;
    for (std::size_t i = 0; i < mac.size(); i += 32) {  // by pieces of a fixed buffer, so that nothing allocates
        std::array<char, 64> hex;
        const std::size_t count = std::min<std::size_t>(32, mac.size() - i);
        for (std::size_t k = 0; k < count; ++k) {
            hex[2 * k] = hex_digit(mac[i + k] >> 4);
            hex[2 * k + 1] = hex_digit(mac[i + k] & 15);
        }
        equal &= same(hex.data(), text.data() + 2 * i, 2 * count);
    }
    return equal;
}

std::string lower_hex(std::span<const unsigned char> data) {
    std::string out;
    out.reserve(data.size() * 2);
    for (const unsigned char byte : data) {
        out += hex_digit(byte >> 4);
        out += hex_digit(byte & 15);
    }
    return out;
}

void base64(std::string_view data, char* to) noexcept {
    const auto put = [&to](unsigned group, unsigned characters) {
        for (unsigned k = 0; k < 4; ++k) *to++ = k < characters ? base64_alphabet[group >> (18 - 6 * k) & 63] : '=';
    };
    const auto byte = [&data](std::size_t at) -> unsigned { return at < data.size() ? static_cast<unsigned char>(data[at]) : 0; };
    for (; data.size() >= 3; data.remove_prefix(3)) put(byte(0) << 16 | byte(1) << 8 | byte(2), 4);
    if (!data.empty()) put(byte(0) << 16 | byte(1) << 8, static_cast<unsigned>(data.size()) + 1);
}

std::string base64(std::string_view data) {
    std::string out(base64_size(data.size()), '\0');
    base64(data, out.data());
    return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
    text.remove_suffix(padding);
    std::string out(text.size() * 3 / 4, '\0');
    char* to = out.data();
    const auto put = [&to](int group, int bytes) {
        for (int k = 0; k < bytes; ++k) *to++ = static_cast<char>(group >> (16 - 8 * k) & 0xff);
    };
    // A character that is none of ours is -1, and makes its whole group negative.
    const auto value = [&text](std::size_t at) -> int { return at < text.size() ? base64_values[static_cast<unsigned char>(text[at])] : 0; };
    const auto group_of = [&value] { return value(0) << 18 | value(1) << 12 | value(2) << 6 | value(3); };
    for (; text.size() >= 4; text.remove_prefix(4)) {
        const int group = group_of();
        if (group < 0) return std::nullopt;
        put(group, 3);
    }
    if (text.empty()) return out;
    const int group = group_of();  // of two or three characters
    const int bytes = static_cast<int>(text.size()) - 1;
    const bool left_over = (group & ((1 << (24 - 8 * bytes)) - 1)) != 0;  // a second spelling of the same bytes
    if (group < 0 || left_over) return std::nullopt;
    put(group, bytes);
    return out;
}

bool ed25519_verify(std::string_view public_key, std::string_view signature, std::string_view message) {
    if (public_key.size() != 32 || signature.size() != 64) return false;
    const ErrorMark mark;
    const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes(public_key), public_key.size()));
    const DigestContext context = make_digest_context();
    if (!key || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1) return false;
    return EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(message), message.size()) == 1;
}

std::string ed25519_sign(std::string_view seed, std::string_view message) {
    if (seed.size() != 32) return {};
    const ErrorMark mark;
    const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes(seed), seed.size()));
    const DigestContext context = make_digest_context();
    std::string out(64, '\0');
    std::size_t written = out.size();
    const bool ok = key && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
                    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &written,
                                   bytes(message), message.size()) == 1;
    if (!ok || written != out.size()) stop("Ed25519 signing failed");
    return out;
}

void random_bytes(std::span<unsigned char> out) {
    while (!out.empty()) {
        const ssize_t got = ::getrandom(out.data(), out.size(), 0);
        if (got < 0 && errno != EINTR) stop("the system gives no randomness");
        if (got > 0) out = out.subspan(static_cast<std::size_t>(got));
    }
}

}  // namespace ticketbottle::crypto
