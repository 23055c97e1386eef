#pragma once
/// \file
/// A message transport to Apache Kafka, Amazon MSK and what speaks their protocol, over librdkafka. By task: docs/kafka.md.

#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/core/secret.hpp>
#include <ticketbottle/ports/message_transport.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ticketbottle::kafka {

enum class Security : std::uint8_t {
    plaintext,  ///< Anyone on the way reads and changes the events.
    tls,        ///< The broker's certificate is verified, chain and name. TLS 1.2 or later.
};
enum class Sasl : std::uint8_t { none, plain, scram_sha_256, scram_sha_512 };
enum class Compression : std::uint8_t { none, gzip, lz4, snappy, zstd };

struct Options {
    std::vector<std::string> brokers;  ///< 1..100 of "host:port" or "host" (port 9092); "[::1]:9092". Any that answers will do.
    Security security = Security::tls;
    std::string ca_file;      ///< PEM, authorities to trust in place of the system's. Empty: the system's, which MSK needs no more than.
    std::string client_certificate_file;  ///< PEM, for mutual TLS; with client_key_file, or neither.
    std::string client_key_file;
    Sasl sasl = Sasl::none;   ///< plain needs TLS, for it shows the password to the other side. MSK: scram_sha_512.
    std::string username;     ///< With `sasl`.
    Secret password;          ///< With `sasl`. Without a zero byte.
    Compression compression = Compression::none;  ///< Of batches. Only what this librdkafka was built with.
    std::string client_id = "ticketbottle";       ///< 1..100 of [A-Za-z0-9._-]. Seen in the broker's logs and quotas.
    /// One message as Kafka counts it (key, value, headers and 100 bytes or so), and one batch. 4 KiB .. 16 MiB. The default is the
    /// brokers' own (message.max.bytes). A topic may have a lower one (max.message.bytes): then give the lowest.
    std::size_t message_bytes_max = 1'048'588;
    /// Handed to librdkafka and not acknowledged, keys and headers counted; publish waits for room. From message_bytes_max to 1 GiB.
    std::size_t queue_bytes_max = 8 * 1024 * 1024;
    std::chrono::milliseconds connect_timeout{10'000};  ///< Of TCP, TLS and SASL together, per broker. 1 s .. 5 min.
    std::chrono::milliseconds request_timeout{10'000};  ///< A broker that says nothing for so long is disconnected. 1 s .. 5 min.
    Observer* observer = nullptr;                       ///< Borrowed, must outlive the transport. nullptr: nobody is told.
};
/// Touches nothing outside. Errors: invalid_argument, naming the option; never a value that could be a key.
[[nodiscard]] Result<void> check(const Options& options);

/// Makes the producer: idempotent, acks from all in-sync replicas, partitions as Java's clients choose them. Does not wait for
/// a broker, and does not need one.
///
/// Order: of each key at most one message is under way, and the next one of that key goes when it is acknowledged. So nothing that
/// brokers refuse, and nothing that is lost on the way, lets a later message of its key past (docs/adr/0008-kafka-one-in-flight-per-key.md).
/// Deadline: what is not acknowledged at the deadline, or when a stop is requested, is taken back from librdkafka before publish
/// returns, so that nothing is sent behind the caller's back; the next publish makes a new producer.
/// Reports: not_sent with
///   unavailable   the way is closed: no broker, account refused, leader or replicas missing, broker's disk full, closed. A topic
///                 that alone cannot be had for now holds up no other one;
///   cancelled     the deadline passed, or a stop was requested, before it was handed over;
///   malformed     this message is refused: too large here or at the broker, or a record the broker finds invalid;
///   unsupported   its topic is: it does not exist and brokers do not make it, or this account may not write to it.
/// unknown (outcome_unknown): it was under way when the connection broke or the time was over. delivered: all in-sync replicas have it.
/// A batch the broker refuses for one message in it is sent again in halves, until that message is found: it alone is at fault.
/// A fatal error of librdkafka ends the page (not_sent or unknown, as librdkafka knows) and the next publish makes a new producer.
/// Threads: as the port; librdkafka's callbacks run inside the calls. It keeps one thread and one per broker.
/// Metrics: ticketbottle_kafka_messages_total{outcome}, ticketbottle_kafka_rebuilds_total. Log events: kafka.client (librdkafka's
/// lines), kafka.trouble, kafka.rebuilt, kafka.batch_refused; without keys, payload and passwords.
/// Errors: invalid_argument (as check(), an unreadable file, what this librdkafka cannot do), unavailable (no threads, no memory).
[[nodiscard]] Result<std::unique_ptr<MessageTransport>> open_transport(const Options& options);

/// Connects once and asks for the cluster's brokers. Sends nothing, makes no topic.
/// Errors: as open_transport; unavailable, in one sentence: a name that does not resolve, a refused connection, a certificate that is
/// not trusted, is expired or names another host, a refused account; cancelled (the deadline passed while nothing was wrong yet).
[[nodiscard]] Result<void> probe(const Options& options, Deadline deadline);

/// librdkafka's, at run time: "2.0.2".
[[nodiscard]] std::string client_version();

}  // namespace ticketbottle::kafka
