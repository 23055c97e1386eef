#pragma once
/// \file
/// What librdkafka says about the way to the brokers, in a sentence for people. Internal: not installed.

#include <ticketbottle/kafka/kafka.hpp>

#include <librdkafka/rdkafka.h>

#include <string>
#include <string_view>

namespace ticketbottle::kafka {

/// One line of printable ASCII, at most 400 bytes, without the password.
[[nodiscard]] std::string clean(std::string_view text, const Secret& password);

/// \param x509_error  OpenSSL's verdict on the last certificate; 0: none was refused.
/// \param version     librdkafka's, as rd_kafka_version() gives it.
[[nodiscard]] std::string explain(rd_kafka_resp_err_t code, int x509_error, std::string_view text, Sasl sasl, int version);

}  // namespace ticketbottle::kafka
