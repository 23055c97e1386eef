#include <doctest/doctest.h>
#include <openssl/err.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "core/crypto.hpp"

namespace crypto = ticketbottle::crypto;
using namespace std::string_view_literals;

namespace {

std::string from_hex(std::string_view hex) {
    std::string out;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    }
    return out;
}

std::string hex_of(std::string_view bytes) {
    return crypto::lower_hex({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}

}  // namespace

TEST_CASE("Crypto: HMAC gives the vectors of RFC 4231") {
    const struct {
        std::string key, data, sha256, sha512;
    } rows[] = {
        {std::string(20, '\x0b'), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
         "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f"
         "1702e696c203a126854"},
        {"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
         "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6"
         "b4b636e070a38bce737"},
        {std::string(20, '\xaa'), std::string(50, '\xdd'),
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
         "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee89"
         "42674278859e13292fb"},
        {from_hex("0102030405060708090a0b0c0d0e0f10111213141516171819"), std::string(50, '\xcd'),
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
         "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5788063a5f19741120c4"
         "f2de2adebeb10a298dd"},
        {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
         "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0"
         "aec8b915a985d786598"},
        {std::string(131, '\xaa'),
         "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be "
         "hashed before "
         "being used by the HMAC algorithm.",
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
         "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de04"
         "46065c97440fa8c6a58"},
    };
    for (int round = 0; round < 2; ++round) {  // the second time each context has held another key before
        for (const auto& row : rows) {
            CHECK(crypto::lower_hex(crypto::hmac_sha256(row.key, {row.data})) == row.sha256);
            CHECK(crypto::lower_hex(crypto::hmac_sha512(row.key, {row.data})) == row.sha512);
        }
    }
}

TEST_CASE("Crypto: parts are one message") {
    CHECK(crypto::hmac_sha256("Jefe", {"what do ya ", "", "want for nothing?"}) ==
          crypto::hmac_sha256("Jefe", {"what do ya want for nothing?"}));
    CHECK(crypto::sha256({"a", std::string_view(), "bc"}) == crypto::sha256({"abc"}));
    CHECK(crypto::hmac_sha256("k", {}) == crypto::hmac_sha256("k", {""}));
}

TEST_CASE("Crypto: SHA-256 gives the vectors of FIPS 180-4") {
    CHECK(crypto::lower_hex(crypto::sha256({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(crypto::lower_hex(crypto::sha256({"abc"})) ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(crypto::lower_hex(crypto::sha256({"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"})) ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(crypto::lower_hex(crypto::sha256({std::string(1'000'000, 'a')})) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("Crypto: threads do not share a context") {
    const auto expected = crypto::hmac_sha256("key 0", {"message"});
    std::vector<std::thread> threads;
    std::vector<int> wrong(4, 0);
    for (std::size_t t = 0; t < wrong.size(); ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 200; ++i) {
                (void)crypto::hmac_sha256("key of thread " + std::to_string(t), {"other"});
                wrong[t] += crypto::hmac_sha256("key 0", {"mess", "age"}) != expected;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == std::vector<int>(4, 0));
}

TEST_CASE("Crypto: equal compares content and length") {
    CHECK(crypto::equal("", ""));
    CHECK(crypto::equal(std::string_view(), ""));
    CHECK(crypto::equal("a\0b"sv, "a\0b"sv));
    CHECK(!crypto::equal("a\0b"sv, "a\0c"sv));
    CHECK(!crypto::equal("abc", "abcd"));
    CHECK(!crypto::equal("abc", "Abc"));
    for (std::size_t size = 1; size < 40; ++size) {
        const std::string text(size, 'x');
        CHECK(crypto::equal(text, std::string(size, 'x')));
        for (std::size_t at = 0; at < size; ++at) {
            std::string other = text;
            other[at] = 'y';
            CHECK(!crypto::equal(text, other));
        }
    }
}

TEST_CASE("Crypto: equals_hex takes lower-case hex of every byte and nothing else") {
    std::vector<unsigned char> mac(70);
    for (std::size_t i = 0; i < mac.size(); ++i) mac[i] = static_cast<unsigned char>(i * 37 + 11);
    for (const std::size_t size : {0u, 1u, 20u, 32u, 33u, 64u, 70u}) {
        const std::span<const unsigned char> part(mac.data(), size);
        const std::string hex = crypto::lower_hex(part);
        CHECK(crypto::equals_hex(part, hex));
        CHECK(!crypto::equals_hex(part, hex + "0"));
        for (std::size_t i = 0; i < hex.size(); ++i) {
            std::string other = hex;
            other[i] = other[i] == '0' ? '1' : '0';
            CHECK(!crypto::equals_hex(part, other));
        }
    }
    const unsigned char letters[] = {0xab};
    CHECK(crypto::equals_hex(letters, "ab"));
    CHECK(!crypto::equals_hex(letters, "AB"));
    CHECK(!crypto::equals_hex(letters, "a"));
    CHECK(!crypto::equals_hex(letters, ""));
}

TEST_CASE("Crypto: base64 gives the vectors of RFC 4648, both ways") {
    const struct {
        std::string_view bytes, text;
    } rows[] = {{"", ""},
                {"f", "Zg=="},
                {"fo", "Zm8="},
                {"foo", "Zm9v"},
                {"foob", "Zm9vYg=="},
                {"fooba", "Zm9vYmE="},
                {"foobar", "Zm9vYmFy"},
                {"\xfb\xff\xbf", "+/+/"},
                {"\0\0"sv, "AAA="}};
    for (const auto& row : rows) {
        CHECK(crypto::base64(row.bytes) == row.text);
        CHECK(crypto::base64_decode(row.text) == std::string(row.bytes));
    }
    std::string every;
    for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
    CHECK(crypto::base64_decode(crypto::base64(every)) == every);
}

TEST_CASE("Crypto: base64 that is not canonical is refused") {
    for (const std::string_view text :
         {"Z"sv, "Zg"sv, "Zg="sv, "Zg==="sv, "===="sv, "="sv, "Z==="sv, "Zh=="sv, "Zm9="sv, "Zm9v\n"sv, "Zm 9v"sv,
          "Zg==Zg=="sv, "Z=g="sv, "Zm9-"sv, "Zm9_"sv, "Zm9\0"sv, "Zm9\xff"sv, " Zm9"sv}) {
        CAPTURE(text);
        CHECK(crypto::base64_decode(text) == std::nullopt);
    }
}

TEST_CASE("Crypto: Ed25519 gives the vectors of RFC 8032, and a change anywhere fails") {
    const struct {
        std::string_view seed, key, message, signature;
    } rows[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bb"
         "e24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302"
         "aeeb00d291612bb0c00"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed"
         "28dc027beceea1ec40a"},
    };
    for (const auto& row : rows) {
        const std::string key = from_hex(row.key), message = from_hex(row.message), signature = from_hex(row.signature);
        CHECK(hex_of(crypto::ed25519_sign(from_hex(row.seed), message)) == row.signature);
        CHECK(crypto::ed25519_verify(key, signature, message));
        CHECK(!crypto::ed25519_verify(key, signature, message + "x"));
        for (const std::size_t at : {std::size_t{0}, std::size_t{31}, std::size_t{32}, std::size_t{63}}) {
            std::string changed = signature;
            changed[at] = static_cast<char>(changed[at] ^ 1);
            CHECK(!crypto::ed25519_verify(key, changed, message));
        }
    }
}

TEST_CASE("Crypto: Ed25519 with keys or signatures of a wrong size or point is false and leaves no OpenSSL error") {
    ERR_clear_error();
    const std::string key = from_hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    CHECK(!crypto::ed25519_verify("", std::string(64, 'x'), "m"));
    CHECK(!crypto::ed25519_verify(key.substr(1), std::string(64, 'x'), "m"));
    CHECK(!crypto::ed25519_verify(key, "", "m"));
    CHECK(!crypto::ed25519_verify(key, std::string(63, 'x'), "m"));
    CHECK(!crypto::ed25519_verify(key, std::string(65, 'x'), "m"));
    CHECK(!crypto::ed25519_verify(std::string(32, '\xff'), std::string(64, '\0'), "m"));
    CHECK(!crypto::ed25519_verify(key, std::string(64, '\0'), "m"));
    CHECK(crypto::ed25519_sign("short", "m").empty());
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("Crypto: random bytes fill all of the span, differently each time") {
    std::array<unsigned char, 1000> a{}, b{};
    crypto::random_bytes(a);
    crypto::random_bytes(b);
    CHECK(a != b);
    CHECK(std::count(a.end() - 100, a.end(), 0) < 50);
    crypto::random_bytes({});
}
