#include "kafka/config.hpp"

#include "core/format.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

namespace ticketbottle::kafka {
namespace {

/// Fails once and then does nothing: the first refusal is the one to tell.
class Writer {
public:
    explicit Writer(rd_kafka_conf_t* conf) : conf_(conf) {}

    /// \param option  Of ours, for the error. librdkafka's own text is left out where the value is a secret.
    void set(std::string_view option, const char* name, const char* value, bool secret = false) {
        if (error_.has_value()) return;
        std::array<char, 512> text{};
        if (rd_kafka_conf_set(conf_, name, value, text.data(), text.size()) == RD_KAFKA_CONF_OK) return;
        refuse(option, secret ? "librdkafka " + client_version() + " does not take it"
                              : formatted("librdkafka {} does not take it: {}", client_version(), text.data()));
    }
    void set(std::string_view option, const char* name, std::int64_t value) { set(option, name, std::to_string(value).c_str()); }
    void refuse(std::string_view option, std::string_view what) {
        if (!error_.has_value()) error_ = fail(Errc::invalid_argument, "kafka.open", formatted("{}: {}", option, what));
    }
    /// Was this librdkafka built with it? "ssl", "sasl_scram", "zstd".
    void need(std::string_view option, std::string_view feature) {
        std::array<char, 512> features{};
        std::size_t size = features.size();
        if (rd_kafka_conf_get(conf_, "builtin.features", features.data(), &size) != RD_KAFKA_CONF_OK) return;
        const std::string all = formatted(",{},", features.data());
        if (all.find(formatted(",{},", feature)) == std::string::npos)
            refuse(option, formatted("librdkafka {} was built without {}", client_version(), feature));
    }
    void readable(std::string_view option, const std::string& path) {
        if (::access(path.c_str(), R_OK) != 0) refuse(option, formatted("{} cannot be read: {}", path, std::strerror(errno)));
    }
    [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }

private:
    rd_kafka_conf_t* conf_;
    std::optional<Error> error_;
};

void set_security(Writer& writer, const Options& options) {
    const bool tls = options.security == Security::tls;
    const bool sasl = options.sasl != Sasl::none;
    writer.set("security", "security.protocol", sasl ? (tls ? "sasl_ssl" : "sasl_plaintext") : (tls ? "ssl" : "plaintext"));
    if (!tls) return;
    writer.need("security", "ssl");
    // librdkafka 2's default; said aloud, because 1.x accepts any host's certificate without it.
    writer.set("security", "ssl.endpoint.identification.algorithm", "https");
    writer.set("security", "enable.ssl.certificate.verification", "true");
    if (!options.ca_file.empty()) {
        writer.readable("ca_file", options.ca_file);
        writer.set("ca_file", "ssl.ca.location", options.ca_file.c_str());
    }
    if (!options.client_certificate_file.empty()) {
        writer.readable("client_certificate_file", options.client_certificate_file);
        writer.readable("client_key_file", options.client_key_file);
        writer.set("client_certificate_file", "ssl.certificate.location", options.client_certificate_file.c_str());
        writer.set("client_key_file", "ssl.key.location", options.client_key_file.c_str());
    }
}

void set_account(Writer& writer, const Options& options) {
    if (options.sasl == Sasl::none) return;
    writer.need("sasl", options.sasl == Sasl::plain ? "sasl_plain" : "sasl_scram");
    constexpr const char* names[] = {"", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};
    writer.set("sasl", "sasl.mechanisms", names[static_cast<std::size_t>(options.sasl)]);
    writer.set("username", "sasl.username", options.username.c_str());
    std::string password(options.password.expose());  // librdkafka wants it ended by a zero
    writer.set("password", "sasl.password", password.c_str(), true);
    ::explicit_bzero(password.data(), password.size());
}

void set_compression(Writer& writer, Compression compression) {
    constexpr const char* names[] = {"none", "gzip", "lz4", "snappy", "zstd"};
    const char* const name = names[static_cast<std::size_t>(compression)];
    if (compression != Compression::none) writer.need("compression", name);
    writer.set("compression", "compression.type", name);
}

void set_producing(Writer& writer, const Options& options) {
    // Idempotence brings acks=all and endless retries; a repeat of librdkafka's own is then no repeat in the topic. Order per
    // key needs no more, as a key has one message under way (docs/adr/0008).
    writer.set("brokers", "enable.idempotence", "true");
    writer.set("brokers", "max.in.flight.requests.per.connection", "5");
    writer.set("brokers", "message.timeout.ms", "0");  // the deadline of the call takes messages back
    writer.set("brokers", "linger.ms", "0");
    writer.set("request_timeout", "request.timeout.ms", options.request_timeout.count());
    writer.set("brokers", "partitioner", "murmur2_random");  // Java's, so that a key keeps its partition whoever writes it
    const auto bytes = static_cast<std::int64_t>(options.message_bytes_max);
    writer.set("message_bytes_max", "message.max.bytes", bytes);
    writer.set("message_bytes_max", "batch.size", bytes);
    writer.set("queue_bytes_max", "queue.buffering.max.kbytes", static_cast<std::int64_t>((options.queue_bytes_max + 1023) / 1024));
    writer.set("queue_bytes_max", "queue.buffering.max.messages", "10000");
}

void set_consuming(Writer& writer, const SourceOptions& options) {
    writer.set("group", "group.id", options.group.c_str());
    writer.set("group", "enable.auto.commit", "false");        // save() commits, and nothing else
    writer.set("group", "enable.auto.offset.store", "false");
    writer.set("group", "auto.offset.reset", "earliest");      // a new group begins with the oldest event
    writer.set("group", "session.timeout.ms", "10000");        // of a process that was killed
    writer.set("group", "enable.partition.eof", "true");       // so that "nothing more now" is known, not guessed
    writer.set("silence_max", "max.poll.interval.ms", options.silence_max.count());
    // The page in hand is what matters; what is fetched ahead may be a few of them.
    writer.set("connection", "queued.max.messages.kbytes", "8192");
    writer.set("connection", "queued.min.messages", "1000");
    writer.set("connection", "fetch.message.max.bytes", static_cast<std::int64_t>(options.connection.message_bytes_max));
    writer.set("connection", "check.crcs", "true");
    writer.set("connection", "allow.auto.create.topics", "false");  // a reader makes no topic
    // A topic that is not there yet, and a partition that is added, are seen within seconds.
    writer.set("connection", "topic.metadata.refresh.interval.ms", "10000");
}

void set_connections(Writer& writer, const Options& options) {
    std::string list;
    for (const std::string& broker : options.brokers) list += (list.empty() ? "" : ",") + broker;
    writer.set("brokers", "bootstrap.servers", list.c_str());
    writer.set("client_id", "client.id", options.client_id.c_str());
    writer.set("connect_timeout", "socket.connection.setup.timeout.ms", options.connect_timeout.count());
    writer.set("request_timeout", "socket.timeout.ms", options.request_timeout.count());
    writer.set("brokers", "socket.keepalive.enable", "true");
    writer.set("brokers", "socket.nagle.disable", "true");  // a commit's event is alone in its packet
    // A broker that is back is found within a second, where the default waits up to ten.
    writer.set("brokers", "reconnect.backoff.ms", "100");
    writer.set("brokers", "reconnect.backoff.max.ms", "1000");
    writer.set("brokers", "topic.metadata.refresh.fast.interval.ms", "100");  // who leads now, after a leader is lost
    writer.set("brokers", "log.connection.close", "false");  // brokers close what is idle; nobody needs to know
}

void set_way(Writer& writer, const Options& options) {
    set_connections(writer, options);
    set_security(writer, options);
    set_account(writer, options);
}

}  // namespace

Result<Config> make_producer_config(const Options& options) {
    if (const auto checked = check(options); !checked.has_value()) return checked.error();
    Config conf(rd_kafka_conf_new());
    Writer writer(conf.get());
    set_way(writer, options);
    set_producing(writer, options);
    set_compression(writer, options.compression);
    if (writer.error().has_value()) return *writer.error();
    return conf;
}

Result<Config> make_consumer_config(const SourceOptions& options) {
    if (const auto checked = check(options); !checked.has_value()) return checked.error();
    Config conf(rd_kafka_conf_new());
    Writer writer(conf.get());
    set_way(writer, options.connection);
    set_consuming(writer, options);
    if (writer.error().has_value()) return *writer.error();
    return conf;
}

std::string client_version() { return rd_kafka_version_str(); }

}  // namespace ticketbottle::kafka
