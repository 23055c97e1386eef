#pragma once
/// \file
/// A gateway on loopback over TLS, with a certificate of an authority made up on the spot: each request is handed to
/// the test, which says which bytes come back and what happens then.

#include <algorithm>
#include <cctype>
#include <csignal>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "support/tcp_imposter.hpp"
#include "support/tls_imposter.hpp"

namespace ticketbottle::test {

struct ImposterRequest {
    std::string line;     ///< "GET /v2/payment-requests/x HTTP/1.1"
    std::string headers;  ///< As received.
    std::string body;
};

struct ImposterReply {
    std::string bytes;  ///< Exactly what is sent.
    enum class Then : std::uint8_t {
        close,
        hang,  ///< Until the client goes.
    } then = Then::close;
};

/// A whole HTTP answer.
inline std::string http_answer(int status, const std::string& body, const std::string& more_headers = {}) {
    return "HTTP/1.1 " + std::to_string(status) + " -\r\nConnection: close\r\nContent-Type: application/json\r\n" + more_headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class ImposterGateway {
public:
    using Answer = std::function<ImposterReply(const ImposterRequest&)>;

    /// \param names    Of the certificate: "DNS:localhost". \param ca_file  The authority's certificate is written
    /// there, as PEM.
    ImposterGateway(const std::string& names, const std::string& ca_file, Answer answer)
        : context_(make_context(names, ca_file)), answer_(std::move(answer)), server_([this](int fd) { serve(fd); }) {
        (void)std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to clients that have gone
    }

    [[nodiscard]] std::string url() const { return "https://localhost:" + std::to_string(server_.port()); }
    /// Requests that came through a handshake, whole.
    [[nodiscard]] std::vector<ImposterRequest> requests() const {
        const std::scoped_lock lock(mutex_);
        return requests_;
    }
    void answer_with(Answer answer) {
        const std::scoped_lock lock(mutex_);
        answer_ = std::move(answer);
    }

private:
    static std::unique_ptr<SSL_CTX, FreeOpenSsl> make_context(const std::string& names, const std::string& ca_file) {
        const Key authority_key(EVP_EC_gen("P-256"));
        const Key key(EVP_EC_gen("P-256"));
        const Certificate authority = make_certificate(authority_key.get(), "", nullptr, authority_key.get());
        const Certificate own = make_certificate(key.get(), names, authority.get(), authority_key.get());
        const std::unique_ptr<BIO, int (*)(BIO*)> file(BIO_new_file(ca_file.c_str(), "w"), BIO_free);
        if (!file || PEM_write_bio_X509(file.get(), authority.get()) != 1)
            throw std::runtime_error("cannot write " + ca_file);
        std::unique_ptr<SSL_CTX, FreeOpenSsl> context(SSL_CTX_new(TLS_server_method()));
        SSL_CTX_use_certificate(context.get(), own.get());
        SSL_CTX_use_PrivateKey(context.get(), key.get());
        return context;
    }

    static std::size_t content_length(std::string headers) {
        std::ranges::transform(headers, headers.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        const std::string mark = "\r\ncontent-length:";
        const auto at = headers.find(mark);
        return at == std::string::npos ? 0 : std::stoul(headers.substr(at + mark.size()));
    }

    static bool receive(SSL* ssl, ImposterRequest& request) {
        std::string got;
        std::size_t size = std::string::npos;
        char block[4096];
        while (got.size() < size) {
            const int bytes = SSL_read(ssl, block, sizeof block);
            if (bytes <= 0) return false;
            got.append(block, static_cast<std::size_t>(bytes));
            const auto end = got.find("\r\n\r\n");
            if (end != std::string::npos) size = end + 4 + content_length(got.substr(0, end));
        }
        const auto end = got.find("\r\n\r\n");
        request.line = got.substr(0, got.find("\r\n"));
        request.headers = got.substr(request.line.size(), end - request.line.size());
        request.body = got.substr(end + 4);
        return true;
    }

    void serve(int fd) {
        const std::unique_ptr<SSL, FreeOpenSsl> ssl(SSL_new(context_.get()));
        SSL_set_fd(ssl.get(), fd);
        ImposterRequest request;
        if (SSL_accept(ssl.get()) != 1 || !receive(ssl.get(), request)) return;
        Answer answer;
        {
            const std::scoped_lock lock(mutex_);
            requests_.push_back(request);
            answer = answer_;
        }
        const ImposterReply reply = answer(request);
        if (!reply.bytes.empty()) (void)SSL_write(ssl.get(), reply.bytes.data(), static_cast<int>(reply.bytes.size()));
        char byte = 0;
        if (reply.then == ImposterReply::Then::hang) (void)SSL_read(ssl.get(), &byte, 1);  // ends when the client goes
        SSL_shutdown(ssl.get());
    }

    std::unique_ptr<SSL_CTX, FreeOpenSsl> context_;
    mutable std::mutex mutex_;
    Answer answer_;
    std::vector<ImposterRequest> requests_;
    TcpImposter server_;  // last: its thread uses everything above
};

}  // namespace ticketbottle::test
