#include "kafka/trouble.hpp"

#include "core/format.hpp"

namespace ticketbottle::kafka {
namespace {

constexpr std::size_t text_bytes_max = 400;
// It sends the client's nonce twice, which brokers before Kafka 4 let pass (confluentinc/librdkafka#4895).
constexpr int scram_mended = 0x020601ff;

/// OpenSSL's X509_V_ERR_ numbers, which are fixed.
std::string_view certificate_fault(int x509_error) {
    switch (x509_error) {
        case 62:  // HOSTNAME_MISMATCH
        case 64:  // IP_ADDRESS_MISMATCH
            return "the broker's certificate names another host";
        case 2:   // UNABLE_TO_GET_ISSUER_CERT
        case 18:  // DEPTH_ZERO_SELF_SIGNED_CERT
        case 19:  // SELF_SIGNED_CERT_IN_CHAIN
        case 20:  // UNABLE_TO_GET_ISSUER_CERT_LOCALLY
        case 21:  // UNABLE_TO_VERIFY_LEAF_SIGNATURE
            return "the broker's certificate is from no authority that is trusted here (ca_file, or the system's)";
        case 9:  // CERT_NOT_YET_VALID
            return "the broker's certificate is not valid yet";
        case 10:  // CERT_HAS_EXPIRED
            return "the broker's certificate has expired";
        case 0: return "no TLS with the broker";
        default: return "the broker's certificate is refused";
    }
}

}  // namespace

std::string clean(std::string_view text, const Secret& password) {
    std::string out(text);
    const std::string_view secret = password.expose();
    for (auto at = secret.empty() ? std::string::npos : out.find(secret); at != std::string::npos; at = out.find(secret, at + 3))
        out.replace(at, secret.size(), "***");
    for (char& c : out) {
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = c == '\n' ? ' ' : '?';
    }
    if (out.size() > text_bytes_max) out.resize(text_bytes_max);
    return out;
}

std::string explain(rd_kafka_resp_err_t code, int x509_error, std::string_view text, Sasl sasl, int version) {
    const bool scram = sasl == Sasl::scram_sha_256 || sasl == Sasl::scram_sha_512;
    switch (code) {
        case RD_KAFKA_RESP_ERR__AUTHENTICATION:
        case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
            if (scram && version < scram_mended)
                return formatted("the broker refuses this account, or it is Kafka 4 or newer, with which librdkafka {}.{}.{} cannot do SCRAM "
                                   "(2.6.1 and later can): {}",
                                   version >> 24, (version >> 16) & 0xff, (version >> 8) & 0xff, text);
            return formatted("the broker refuses this account: {}", text);
        case RD_KAFKA_RESP_ERR__SSL: return formatted("{}: {}", certificate_fault(x509_error), text);
        case RD_KAFKA_RESP_ERR__RESOLVE: return formatted("the broker's name does not resolve: {}", text);
        case RD_KAFKA_RESP_ERR__TRANSPORT: return formatted("no connection to the broker: {}", text);
        case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: return formatted("no broker can be reached: {}", text);
        default: return formatted("{}: {}", rd_kafka_err2name(code), text);
    }
}

}  // namespace ticketbottle::kafka
