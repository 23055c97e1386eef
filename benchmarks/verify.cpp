// What it costs to check and decode one callback, beside the floor that no verifier can go under: one HMAC over the bytes that the gateway
// signs, through OpenSSL's EVP, and one boost::json::parse of each JSON text in it. VNPay has no JSON: its floor is the HMAC alone. ZaloPay
// has two texts, one inside the other.
#include "keys.hpp"

#include <benchmark/benchmark.h>

#include "core/json.hpp"
#include "gateway/momo/signed_text.hpp"
#include "gateway/payos/canonical_text.hpp"

#include <boost/json.hpp>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace ticketbottle::benchmarks {
namespace {

constexpr Gateway gateways[] = {Gateway::zalopay, Gateway::payos, Gateway::vnpay, Gateway::stripe, Gateway::momo, Gateway::standard_webhooks};

/// A keyed HMAC with everything that can be done ahead done ahead: the algorithm fetched, the context made.
class BareHmac {
public:
    explicit BareHmac(const char* digest) : mac_(EVP_MAC_fetch(nullptr, "HMAC", nullptr)), context_(EVP_MAC_CTX_new(mac_)) {
        OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(digest), 0), OSSL_PARAM_construct_end()};
        EVP_MAC_CTX_set_params(context_, parameters);
    }
    ~BareHmac() {
        EVP_MAC_CTX_free(context_);
        EVP_MAC_free(mac_);
    }
    unsigned char operator()(const std::string& text) {
        static constexpr unsigned char key[] = "a-key-of-the-usual-length-32-byte";
        unsigned char out[64];
        std::size_t size = 0;
        EVP_MAC_init(context_, key, sizeof key - 1, nullptr);
        EVP_MAC_update(context_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
        EVP_MAC_final(context_, out, &size, sizeof out);
        return out[0];
    }

private:
    EVP_MAC* mac_;
    EVP_MAC_CTX* context_;
};

void verify_callback(benchmark::State& state) {
    const Gateway gateway = gateways[state.range(0)];
    const Gateways configured = example_gateways();
    const Request request = sign(configured, gateway, paid(gateway, 1), received).value();
    for (auto _ : state) {
        auto verdict = verify(configured, gateway, request, received);
        if (!verdict.has_value()) state.SkipWithError("refused");
        benchmark::DoNotOptimize(verdict);
    }
    state.SetLabel(std::string(to_string(gateway)));
}
BENCHMARK(verify_callback)->DenseRange(0, 5);

/// What one callback cannot do without.
struct Work {
    std::string signed_bytes;
    std::vector<std::string> json;
};

Work work_of(Gateway gateway, const Request& request) {
    if (gateway == Gateway::vnpay) return {request.query.substr(0, request.query.find("&vnp_SecureHash=")), {}};
    const json::Document body = json::parse(request.body).value();
    switch (gateway) {
        case Gateway::zalopay: {
            const std::string data(body.root()["data"].text());
            return {data, {request.body, data}};
        }
        case Gateway::payos:
            return {payos::canonical_text(body.root()["data"], "data").value(), {request.body}};
        case Gateway::momo:
            return {momo::signed_text(body.root(), "momo-access-example").value(), {request.body}};
        case Gateway::stripe:
            return {"1763712000." + request.body, {request.body}};
        case Gateway::standard_webhooks: {
            std::string text(request.header("webhook-id"));
            text.append(".").append(request.header("webhook-timestamp")).append(".").append(request.body);
            return {std::move(text), {request.body}};
        }
        default:
            return {};
    }
}

void floor_hmac_and_json(benchmark::State& state) {
    const Gateway gateway = gateways[state.range(0)];
    const Work work = work_of(gateway, sign(example_gateways(), gateway, paid(gateway, 1), received).value());
    BareHmac hmac(gateway == Gateway::vnpay ? "SHA512" : "SHA256");
    for (auto _ : state) {
        benchmark::DoNotOptimize(hmac(work.signed_bytes));
        for (const std::string& text : work.json) benchmark::DoNotOptimize(boost::json::parse(text));
    }
    const char* const parts[] = {": HMAC", ": HMAC and JSON", ": HMAC and JSON twice"};
    state.SetLabel(std::string(to_string(gateway)) + parts[work.json.size()]);
}
BENCHMARK(floor_hmac_and_json)->DenseRange(0, 5);

void floor_hmac(benchmark::State& state) {
    const Gateway gateway = gateways[state.range(0)];
    const Work work = work_of(gateway, sign(example_gateways(), gateway, paid(gateway, 1), received).value());
    BareHmac hmac(gateway == Gateway::vnpay ? "SHA512" : "SHA256");
    for (auto _ : state) benchmark::DoNotOptimize(hmac(work.signed_bytes));
    state.SetLabel(std::string(to_string(gateway)));
}
BENCHMARK(floor_hmac)->DenseRange(0, 5);

void refuse_forged_callback(benchmark::State& state) {
    const Gateway gateway = gateways[state.range(0)];
    const Gateways configured = example_gateways();
    Request request = sign(configured, gateway, paid(gateway, 1), received).value();
    std::string& bytes = request.body.empty() ? request.query : request.body;
    bytes.replace(bytes.find("250000"), 1, "9");
    for (auto _ : state) {
        auto verdict = verify(configured, gateway, request, received);
        if (verdict.has_value()) state.SkipWithError("accepted");
        benchmark::DoNotOptimize(verdict);
    }
    state.SetLabel(std::string(to_string(gateway)));
}
BENCHMARK(refuse_forged_callback)->DenseRange(0, 5);

}  // namespace
}  // namespace ticketbottle::benchmarks
