// What it costs to check and decode one callback, beside the floor that no verifier can go under: one MAC over the bytes that the gateway
// signs, through OpenSSL's EVP, and one boost::json::parse of each JSON text in it. The row's label says what its floor is made of.
#include "beside.hpp"
#include "keys.hpp"

#include "core/json.hpp"
#include "gateway/momo/signed_text.hpp"
#include "gateway/payos/canonical_text.hpp"

#include <boost/json.hpp>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstdlib>
#include <functional>

namespace ticketbottle::benchmarks {
namespace {

template <auto free>
struct Freer {
    template <class T>
    void operator()(T* object) const noexcept {
        free(object);
    }
};

const unsigned char* bytes(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }

/// A keyed HMAC with everything that can be done ahead done ahead: the algorithm fetched, the context made.
class BareHmac {
public:
    explicit BareHmac(const char* digest) : mac_(EVP_MAC_fetch(nullptr, "HMAC", nullptr)), context_(EVP_MAC_CTX_new(mac_.get())) {
        OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(digest), 0), OSSL_PARAM_construct_end()};
        EVP_MAC_CTX_set_params(context_.get(), parameters);
    }
    void operator()(const std::string& text) const {
        static constexpr unsigned char key[] = "a-key-of-the-usual-length-32-byte";
        unsigned char out[64];
        std::size_t size = 0;
        EVP_MAC_init(context_.get(), key, sizeof key - 1, nullptr);
        EVP_MAC_update(context_.get(), bytes(text), text.size());
        EVP_MAC_final(context_.get(), out, &size, sizeof out);
        benchmark::DoNotOptimize(out);
    }

private:
    std::unique_ptr<EVP_MAC, Freer<EVP_MAC_free>> mac_;
    std::unique_ptr<EVP_MAC_CTX, Freer<EVP_MAC_CTX_free>> context_;
};

/// The key ready, too.
class BareEd25519 {
public:
    explicit BareEd25519(const std::string& seed)
        : key_(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes(seed), seed.size())), context_(EVP_MD_CTX_new()) {}
    [[nodiscard]] std::string public_key() const {
        std::string key(32, '\0');
        std::size_t size = key.size();
        EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(key.data()), &size);
        return key;
    }
    void operator()(const std::string& text, const std::string& signature) const {
        EVP_MD_CTX_reset(context_.get());
        EVP_DigestVerifyInit(context_.get(), nullptr, nullptr, nullptr, key_.get());
        if (EVP_DigestVerify(context_.get(), bytes(signature), signature.size(), bytes(text), text.size()) != 1) std::abort();
    }

private:
    std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>> key_;
    std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>> context_;
};

void bare_json(const std::string& text) { benchmark::DoNotOptimize(boost::json::parse(text)); }

/// A genuine callback, and what it cannot do without.
struct Callback {
    std::string name;
    Gateway gateway{};
    Gateways gateways;
    Request request;
    std::string floor_is;
    std::function<void()> floor;
};

Callback callback(std::string name, Gateway gateway, Gateways gateways = example_gateways()) {
    Callback c{std::move(name), gateway, std::move(gateways), {}, {}, {}};
    c.request = sign(c.gateways, gateway, paid(gateway, 1), received).value();
    return c;
}

void set_floor(Callback& c, const char* digest, std::string signed_bytes, std::vector<std::string> json) {
    static constexpr const char* parts[] = {"", " + JSON", " + JSON twice (the body, and the text in it)"};
    c.floor_is = "HMAC-" + std::string(digest) + parts[json.size()];
    c.floor = [hmac = std::make_shared<BareHmac>(digest), text = std::move(signed_bytes), json = std::move(json)] {
        (*hmac)(text);
        for (const std::string& each : json) bare_json(each);
    };
}

std::string standard_webhooks_text(const Request& request) {
    return request.header("webhook-id") + "." + request.header("webhook-timestamp") + "." + request.body;
}

Callback signed_by_ed25519() {
    const std::string seed = "0123456789abcdef0123456789abcdef";
    const auto bare = std::make_shared<BareEd25519>(seed);
    Gateways gateways = example_gateways();
    gateways.standard_webhooks->secrets = {Secret("whsk_" + crypto::base64(seed)), Secret("whpk_" + crypto::base64(bare->public_key()))};
    Callback c = callback("standard-webhooks-v1a", Gateway::standard_webhooks, std::move(gateways));
    c.floor_is = "Ed25519 verify + JSON";
    c.floor = [bare, text = standard_webhooks_text(c.request), body = c.request.body,
               signature = crypto::base64_decode(c.request.header("webhook-signature").substr(4)).value()] {
        (*bare)(text, signature);
        bare_json(body);
    };
    return c;
}

std::vector<Callback> callbacks() {
    std::vector<Callback> out;
    const auto add = [&out](Gateway gateway, const char* digest, const auto& work) {
        Callback c = callback(std::string(to_string(gateway)), gateway);
        auto [text, json] = work(c.request, json::parse(c.request.body));
        set_floor(c, digest, std::move(text), std::move(json));
        out.push_back(std::move(c));
    };
    using Texts = std::vector<std::string>;
    using Body = Result<json::Document, json::ParseError>;
    add(Gateway::zalopay, "SHA256", [](const Request& request, const Body& body) {
        const std::string data(body.value().root()["data"].text());
        return std::pair(data, Texts{request.body, data});
    });
    add(Gateway::payos, "SHA256", [](const Request& request, const Body& body) {
        return std::pair(payos::canonical_text(body.value().root()["data"], "data").value(), Texts{request.body});
    });
    add(Gateway::vnpay, "SHA512", [](const Request& request, const Body&) {
        return std::pair(request.query.substr(0, request.query.find("&vnp_SecureHash=")), Texts{});
    });
    add(Gateway::stripe, "SHA256",
        [](const Request& request, const Body&) { return std::pair("1763712000." + request.body, Texts{request.body}); });
    add(Gateway::momo, "SHA256", [](const Request& request, const Body& body) {
        return std::pair(momo::signed_text(body.value().root(), "momo-access-example").value(), Texts{request.body});
    });
    add(Gateway::standard_webhooks, "SHA256",
        [](const Request& request, const Body&) { return std::pair(standard_webhooks_text(request), Texts{request.body}); });
    out.push_back(signed_by_ed25519());
    return out;
}

void verify_one(benchmark::State& state, const Callback& c) {
    const auto work = [&] {
        auto verdict = verify(c.gateways, c.gateway, c.request, received);
        if (!verdict.has_value()) state.SkipWithError("refused");
        benchmark::DoNotOptimize(verdict);
    };
    measure_beside(state, work, c.floor);
    state.SetLabel("floor: " + c.floor_is);
}

void refuse_forged(benchmark::State& state, const Callback& c) {
    Request request = c.request;
    std::string& bytes = request.body.empty() ? request.query : request.body;
    bytes.replace(bytes.find("250000"), 1, "9");
    for (auto _ : state) {
        auto verdict = verify(c.gateways, c.gateway, request, received);
        if (verdict.has_value()) state.SkipWithError("accepted");
        benchmark::DoNotOptimize(verdict);
    }
}

const bool registered = [] {
    for (const Callback& c : callbacks()) {
        benchmark::RegisterBenchmark(("verify/" + c.name).c_str(), verify_one, c)->UseManualTime();
    }
    for (const Callback& c : callbacks()) benchmark::RegisterBenchmark(("refuse_forged/" + c.name).c_str(), refuse_forged, c);
    return true;
}();

}  // namespace
}  // namespace ticketbottle::benchmarks
