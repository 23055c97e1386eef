// What it costs to check and decode one callback, beside the floor that no verifier can go under: one HMAC over the same bytes
// through OpenSSL's EVP, and (where the scheme has a JSON body) one boost::json::parse of it. VNPay has no JSON: its floor is the HMAC alone.
#include "keys.hpp"

#include <benchmark/benchmark.h>

#include <boost/json.hpp>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/core_names.h>

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

void floor_hmac_and_json(benchmark::State& state) {
    const Gateway gateway = gateways[state.range(0)];
    const Request request = sign(example_gateways(), gateway, paid(gateway, 1), received).value();
    BareHmac hmac(gateway == Gateway::vnpay ? "SHA512" : "SHA256");
    const std::string& bytes = request.body.empty() ? request.query : request.body;
    for (auto _ : state) {
        benchmark::DoNotOptimize(hmac(bytes));
        if (!request.body.empty()) benchmark::DoNotOptimize(boost::json::parse(request.body));
    }
    state.SetLabel(std::string(to_string(gateway)));
}
BENCHMARK(floor_hmac_and_json)->DenseRange(0, 5);

void floor_hmac(benchmark::State& state) {
    const Gateway gateway = gateways[state.range(0)];
    const Request request = sign(example_gateways(), gateway, paid(gateway, 1), received).value();
    BareHmac hmac(gateway == Gateway::vnpay ? "SHA512" : "SHA256");
    const std::string& bytes = request.body.empty() ? request.query : request.body;
    for (auto _ : state) benchmark::DoNotOptimize(hmac(bytes));
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
