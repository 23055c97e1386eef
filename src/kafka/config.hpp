#pragma once
/// \file
/// Options as librdkafka's configuration. Internal: not installed.

#include <ticketbottle/kafka/kafka.hpp>
#include <ticketbottle/kafka/source.hpp>

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>

namespace ticketbottle::kafka {

struct FreeConfig {
    void operator()(rd_kafka_conf_t* conf) const noexcept { rd_kafka_conf_destroy(conf); }
};
using Config = std::unique_ptr<rd_kafka_conf_t, FreeConfig>;

/// Checks the options, that the files can be read, and that this librdkafka can do what is asked. No callbacks are set.
/// Errors: invalid_argument, naming the option.
[[nodiscard]] Result<Config> make_producer_config(const Options& options);
[[nodiscard]] Result<Config> make_consumer_config(const SourceOptions& options);

}  // namespace ticketbottle::kafka
