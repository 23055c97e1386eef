#pragma once
/// \file
/// What a producer and a consumer of librdkafka have in common: the handle, its callbacks, and what was last wrong on the way to
/// the brokers. Internal: not installed.
/// Threads: one call at a time; librdkafka's callbacks run inside poll(), but for the certificate's.

#include <ticketbottle/kafka/kafka.hpp>

#include "kafka/config.hpp"

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <string>
#include <string_view>

namespace ticketbottle::kafka {

class Client {
public:
    virtual ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// What was last wrong on the way, until something gets through. "": nothing.
    [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }
    void got_through() noexcept {
        trouble_.clear();
        all_down_ = false;
        x509_error_ = 0;
    }
    /// Nobody is told anything any more.
    virtual void silence() noexcept;

protected:
    explicit Client(const Options& options);
    /// Makes the handle. librdkafka's opaque pointer is a Client*. Errors: as open_transport().
    [[nodiscard]] Result<void> start(rd_kafka_type_t type, Config conf);

    Options options_;
    Observer* observer_;
    rd_kafka_t* handle_ = nullptr;
    std::string trouble_;
    bool specific_ = false;  ///< Does trouble_ say more than that all brokers are down?
    bool all_down_ = false;

private:
    void on_error(rd_kafka_resp_err_t code, std::string_view text);
    static void log_callback(const rd_kafka_t* handle, int level, const char* facility, const char* text);

    std::atomic<int> x509_error_{0};
};

}  // namespace ticketbottle::kafka
