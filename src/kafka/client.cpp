#include "kafka/client.hpp"

#include "kafka/trouble.hpp"

#include <array>
#include <cstdio>

namespace ticketbottle::kafka {
namespace {

Client& self(void* opaque) { return *static_cast<Client*>(opaque); }

}  // namespace

Client::Client(const Options& options)
    : options_(options), observer_(options.observer != nullptr ? options.observer : &Observer::none()) {}

Client::~Client() {
    if (handle_ != nullptr) rd_kafka_destroy_flags(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

Result<void> Client::start(rd_kafka_type_t type, Config conf) {
    rd_kafka_conf_set_opaque(conf.get(), this);
    rd_kafka_conf_set_error_cb(conf.get(), [](rd_kafka_t*, int code, const char* text, void* opaque) {
        self(opaque).on_error(static_cast<rd_kafka_resp_err_t>(code), text);
    });
    rd_kafka_conf_set_log_cb(conf.get(), &Client::log_callback);
    if (options_.security == Security::tls) {
        // Changes no verdict, but remembers it: librdkafka's text says no more than that the certificate was refused.
        rd_kafka_conf_set_ssl_cert_verify_cb(
            conf.get(), [](rd_kafka_t*, const char*, std::int32_t, int* x509_error, int, const char*, std::size_t, char* text,
                           std::size_t size, void* opaque) {
                if (*x509_error == 0) return 1;
                self(opaque).x509_error_ = *x509_error;
                (void)std::snprintf(text, size, "OpenSSL verdict %d", *x509_error);
                return 0;
            });
    }
    std::array<char, 512> text{};
    (void)rd_kafka_conf_set(conf.get(), "log.queue", "true", text.data(), text.size());
    handle_ = rd_kafka_new(type, conf.get(), text.data(), text.size());
    if (handle_ == nullptr) {
        // Its threads apart, all that can fail here is what the options name: files, mostly.
        const bool resources = rd_kafka_last_error() == RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
        return fail(resources ? Errc::unavailable : Errc::invalid_argument, "kafka.open", clean(text.data(), options_.password));
    }
    (void)conf.release();
    rd_kafka_set_log_queue(handle_, nullptr);  // into poll(), so that nobody is told on a thread of librdkafka's
    return {};
}

void Client::log_callback(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
    const Client& client = self(rd_kafka_opaque(handle));
    // A connection that fails is an error to librdkafka (3); the relay says when that stops it.
    const Severity severity = level <= 2   ? Severity::error
                              : level <= 4 ? Severity::warning
                              : level <= 6 ? Severity::info
                                           : Severity::debug;
    const std::string line = clean(text, client.options_.password);
    const std::string from = clean(facility, client.options_.password);
    client.observer_->log(severity, "kafka.client", "", {{"facility", std::string_view(from)}, {"text", std::string_view(line)}});
}

void Client::on_error(rd_kafka_resp_err_t code, std::string_view text) {
    // A handshake that fails again is told as a lost connection.
    const bool handshake = code == RD_KAFKA_RESP_ERR__TRANSPORT && text.find("SSL_HANDSHAKE") != std::string_view::npos;
    const std::string said = explain(handshake ? RD_KAFKA_RESP_ERR__SSL : code, x509_error_, clean(text, options_.password), options_.sasl,
                                     rd_kafka_version());
    const bool all = code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
    all_down_ = all_down_ || all;
    if (!all || trouble_.empty() || !specific_) {
        trouble_ = said;
        specific_ = !all;
    }
    const std::string_view name = rd_kafka_err2name(code);
    observer_->log(Severity::warning, "kafka.trouble", said, {{"code", name}});
}

void Client::silence() noexcept { observer_ = &Observer::none(); }

}  // namespace ticketbottle::kafka
