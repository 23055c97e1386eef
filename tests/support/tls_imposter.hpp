#pragma once
/// \file
/// A TLS server on loopback with a certificate of a certificate authority made up on the spot, for tests of clients.
/// Answers each request with a fixed reply; one that says "Connection: close" ends the connection.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace ticketbottle::test {

struct FreeOpenSsl {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const noexcept { X509_free(certificate); }
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeOpenSsl>;
using Certificate = std::unique_ptr<X509, FreeOpenSsl>;

inline void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    if (extension == nullptr) throw std::runtime_error("no certificate extension");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/// \param names  "DNS:localhost,IP:127.0.0.1", or "CA" for a certificate authority.
inline Certificate make_certificate(EVP_PKEY* key, const std::string& names, X509* issuer, EVP_PKEY* issuer_key) {
    Certificate certificate(X509_new());
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), issuer == nullptr ? 1 : 2);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME* name = X509_get_subject_name(certificate.get());
    const std::string common = issuer == nullptr ? "imposter authority" : "imposter";
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common.c_str()), -1, -1,
                               0);
    X509* const from = issuer == nullptr ? certificate.get() : issuer;
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(from));
    add_extension(certificate.get(), from, NID_basic_constraints,
                  issuer == nullptr ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (issuer != nullptr) add_extension(certificate.get(), from, NID_subject_alt_name, names.c_str());
    if (X509_sign(certificate.get(), issuer_key, EVP_sha256()) == 0) throw std::runtime_error("no certificate");
    return certificate;
}

class TlsImposter {
public:
    /// \param names  What the certificate says: "DNS:localhost". \param ca_file  The authority's certificate is written
    /// there, as PEM.
    TlsImposter(const std::string& names, const std::string& ca_file, std::string reply) : reply_(std::move(reply)) {
        const Key authority_key(EVP_EC_gen("P-256"));
        const Key key(EVP_EC_gen("P-256"));
        const Certificate authority = make_certificate(authority_key.get(), "", nullptr, authority_key.get());
        const Certificate own = make_certificate(key.get(), names, authority.get(), authority_key.get());
        std::unique_ptr<BIO, int (*)(BIO*)> file(BIO_new_file(ca_file.c_str(), "w"), BIO_free);
        if (!file || PEM_write_bio_X509(file.get(), authority.get()) != 1)
            throw std::runtime_error("cannot write " + ca_file);
        context_.reset(SSL_CTX_new(TLS_server_method()));
        SSL_CTX_use_certificate(context_.get(), own.get());
        SSL_CTX_use_PrivateKey(context_.get(), key.get());
        listen();
        thread_ = std::thread([this] { serve(); });
    }
    ~TlsImposter() {
        (void)::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        (void)::close(listener_);
    }
    TlsImposter(const TlsImposter&) = delete;
    TlsImposter& operator=(const TlsImposter&) = delete;
    [[nodiscard]] std::string port() const { return std::to_string(port_); }
    /// Requests that came through a handshake.
    [[nodiscard]] int requests() const noexcept { return requests_; }
    [[nodiscard]] int connections() const noexcept { return connections_; }

private:
    void listen() {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 8) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            throw std::runtime_error("cannot listen");
        port_ = ntohs(address.sin_port);
    }
    void serve() {
        for (;;) {
            const int fd = ::accept(listener_, nullptr, nullptr);
            if (fd < 0) return;
            const std::unique_ptr<SSL, FreeOpenSsl> ssl(SSL_new(context_.get()));
            SSL_set_fd(ssl.get(), fd);
            char block[4096];
            if (SSL_accept(ssl.get()) == 1) {
                ++connections_;
                bool goes_on = true;
                while (goes_on && SSL_read(ssl.get(), block, sizeof block) > 0) {
                    ++requests_;
                    SSL_write(ssl.get(), reply_.data(), static_cast<int>(reply_.size()));
                    goes_on = reply_.find("Connection: close") == std::string::npos;
                }
                SSL_shutdown(ssl.get());
            }
            (void)::close(fd);
        }
    }

    std::string reply_;
    std::unique_ptr<SSL_CTX, FreeOpenSsl> context_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<int> requests_{0};
    std::atomic<int> connections_{0};
    std::thread thread_;
};

}  // namespace ticketbottle::test
