#pragma once
/// \file
/// What a host is told through its environment, as plain structs. Only this room knows the names of the variables.
/// Table of all of them: docs/settings.md.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/secret.hpp>
#include <ticketbottle/core/zone.hpp>
#include <ticketbottle/gateway/gateways.hpp>
#include <ticketbottle/host/http_server.hpp>
#include <ticketbottle/outbox/relay.hpp>
#include <ticketbottle/outbox/sweeper.hpp>
#include <ticketbottle/reconcile/reconciler.hpp>
#include <ticketbottle/webhook/handler.hpp>
#include <vector>

namespace ticketbottle::host {

/// Does a commit wait for the disk? TICKETBOTTLE_SYNCHRONOUS.
enum class Durability : std::uint8_t { full, normal };
/// How the sweeper counts published events in PostgreSQL: every row, or by the planner's estimate. TICKETBOTTLE_OUTBOX_COUNT.
enum class OutboxCount : std::uint8_t { exact, estimate };
/// Is POST /invoke served? TICKETBOTTLE_INVOKE. An EventBridge envelope carries no signature, so whoever reaches that
/// path is believed.
enum class Invocations : std::uint8_t { refuse, accept };
/// Does `serve --all` ask gateways about payments that stay pending? TICKETBOTTLE_RECONCILE. Off unless told: the gateways'
/// own addresses are the defaults, and a test system that asks a live gateway about its test orders hears "no such order".
enum class Reconciling : std::uint8_t { off, on };

/// What consumers need to draw tickets and write mails.
struct TicketSettings {
    std::string qr_base_url;     ///< QR_CODE_BASE_URL. Empty: not told, and tickets cannot be drawn.
    std::string mail_from;       ///< SES_FROM_EMAIL, the bare address. Empty: not told, and mails cannot be written.
    std::string mail_from_name;  ///< The display name, if SES_FROM_EMAIL is `Name <address>`.
    std::string zone = "Asia/Ho_Chi_Minh";  ///< TICKETBOTTLE_ZONE
    std::optional<Language>
        language;           ///< TICKETBOTTLE_LANGUAGE; nullopt: tickets Vietnamese, mails English, as deployed.
    std::string font;       ///< TICKETBOTTLE_FONT: path of a TrueType file; empty: one of the system's.
    std::string font_bold;  ///< TICKETBOTTLE_FONT_BOLD
    std::string brand = "TicketBottle";  ///< TICKETBOTTLE_BRAND
};

enum class KafkaSecurity : std::uint8_t { plaintext, tls };
enum class KafkaSasl : std::uint8_t { none, plain, scram_sha_256, scram_sha_512 };
enum class KafkaCompression : std::uint8_t { none, gzip, lz4, snappy, zstd };

/// Enough for kafka::Options, whose enumerations have the same members in the same order; this room does not know that one.
struct KafkaSettings {
    std::vector<std::string> brokers;                         ///< KAFKA_BROKERS
    KafkaSecurity security = KafkaSecurity::plaintext;        ///< KAFKA_SSL
    KafkaSasl sasl = KafkaSasl::none;                         ///< KAFKA_SASL_MECHANISM, if there is an account.
    std::string username;                                     ///< KAFKA_SASL_USERNAME or KAFKA_USERNAME
    Secret password;                                          ///< KAFKA_SASL_PASSWORD or KAFKA_PASSWORD
    std::string ca_file;                                      ///< TICKETBOTTLE_KAFKA_CA. Empty: the system's authorities.
    KafkaCompression compression = KafkaCompression::none;    ///< TICKETBOTTLE_KAFKA_COMPRESSION
};

enum class SnsOrdering : std::uint8_t { fifo, may_lose };

/// Enough for sns::Options; as with Kafka.
struct SnsSettings {
    std::string topic_arn;  ///< TICKETBOTTLE_SNS_TOPIC_ARN
    std::map<std::string, std::string, std::less<>> topic_arns;  ///< TICKETBOTTLE_SNS_TOPIC_ARNS
    SnsOrdering ordering = SnsOrdering::fifo;                    ///< TICKETBOTTLE_SNS_ORDERING
    std::string api_base;       ///< TICKETBOTTLE_SNS_API_BASE. Empty: the region's own.
    std::string region;         ///< AWS_REGION
    std::string access_key_id;  ///< AWS_ACCESS_KEY_ID
    Secret secret_access_key;   ///< AWS_SECRET_ACCESS_KEY
    Secret session_token;       ///< AWS_SESSION_TOKEN
};

enum class MariadbTls : std::uint8_t { off, required, verify };

/// Enough for mariadb::Options; as with Kafka.
struct MariadbSettings {
    std::string host;           ///< DB_HOST
    std::uint16_t port = 3306;  ///< DB_PORT
    std::string database;       ///< DB_NAME
    std::string user;           ///< DB_USER
    Secret password;            ///< DB_PASSWORD
    /// TICKETBOTTLE_DB_TLS. Unless told: verify, but off where DB_HOST is this machine itself (localhost, 127.0.0.1, ::1).
    MariadbTls tls = MariadbTls::verify;
    std::string ca_file;        ///< TICKETBOTTLE_DB_CA. Empty: the system's authorities.
};

/// Enough for checkout::CheckoutOptions; as with Kafka.
struct CheckoutSettings {
    std::vector<std::string> origins;        ///< TICKETBOTTLE_CHECKOUT_ORIGINS, the first one the default.
    std::uint32_t quantity_max = 10;         ///< TICKETBOTTLE_CHECKOUT_QUANTITY
    std::chrono::minutes session_life{35};   ///< TICKETBOTTLE_CHECKOUT_MINUTES
    Secret check_in_token;                   ///< TICKETBOTTLE_CHECK_IN_TOKEN. Empty: check-in is not served.
};

struct Settings {
    std::string data = "ticketbottle-data";                      ///< TICKETBOTTLE_DATA: the folder everything lives in.
    std::string database = "ticketbottle-data/ticketbottle.db";  ///< DATABASE_URL: path of the SQLite file.
    /// DATABASE_URL, if it is a PostgreSQL URL (docs/postgres.md): payments and outbox are there, and `database` is empty.
    Secret postgres;
    /// Set if DB_HOST is (docs/cachao.md): orders and outbox are there, and `database` is empty.
    std::optional<MariadbSettings> mariadb;
    /// Set if TICKETBOTTLE_CHECKOUT_ORIGINS is, which needs DB_HOST and STRIPE_SECRET_KEY: `serve` takes checkouts.
    std::optional<CheckoutSettings> checkout;
    Durability durability = Durability::full;
    OutboxCount outbox_count = OutboxCount::exact;
    Gateways gateways;       ///< Keys; where they are asked: TICKETBOTTLE_<GATEWAY>_API_BASE.
    HttpServerOptions http;  ///< TICKETBOTTLE_LISTEN, TICKETBOTTLE_THREADS
    WebhookOptions webhook;  ///< TICKETBOTTLE_LATE_SUCCESS, _PAYOS_NUMBER, _ZALOPAY_UNRELATED, _ORDER_MAY_APPEAR
    Invocations invocations = Invocations::refuse;
    /// Set if KAFKA_BROKERS is: events go there. A program that cannot must refuse, rather than put them elsewhere.
    std::optional<KafkaSettings> kafka;
    /// Set if TICKETBOTTLE_SNS_TOPIC_ARN or TICKETBOTTLE_SNS_TOPIC_ARNS is, which KAFKA_BROKERS then may not be: the same of SNS.
    std::optional<SnsSettings> sns;
    outbox::RelayOptions relay;  ///< OUTBOX_BATCH_SIZE, OUTBOX_MAX_RETRIES, KAFKA_TOPIC_PAYMENT_*, TICKETBOTTLE_TOPIC_ORDER_ALERTS
    outbox::SweeperOptions
        sweeper;  ///< RETENTION_DAYS or OUTBOX_RETENTION_DAYS, TICKETBOTTLE_INBOX_/DEAD_RETENTION_DAYS
    Reconciling reconciling = Reconciling::off;
    reconcile::ReconcilerOptions reconcile;  ///< TICKETBOTTLE_RECONCILE_AFTER, TICKETBOTTLE_RECONCILE_GIVE_UP
    std::string cloudwatch_namespace;  ///< CLOUDWATCH_NAMESPACE. Empty: no CloudWatch lines.
    TicketSettings tickets;
    /// TICKETBOTTLE_TOPIC_TICKET_ISSUED: the topic of the log other services put TICKET_ISSUED events on.
    std::string ticket_topic = "ticket.issued";
    Severity log_level = Severity::info;  ///< LOG_LEVEL

    [[nodiscard]] std::string topics_folder() const { return data + "/topics"; }
    [[nodiscard]] std::string tickets_folder() const { return data + "/tickets"; }
    [[nodiscard]] std::string mail_folder() const { return data + "/mail"; }
    [[nodiscard]] std::string cursors_folder() const { return data + "/cursors"; }
};

using Environment = std::map<std::string, std::string>;

/// The process's environment. Call before threads start: the C library does not guard it.
[[nodiscard]] Environment environment();
/// Overwrites, in the process's own environment, the values of the variables that hold keys, so that no child inherits
/// them and they are gone from memory. Call before threads start.
void wipe_environment_secrets() noexcept;

/// A variable that is set but empty counts as not set. Names that do not begin with TICKETBOTTLE_ and are not ours are
/// ignored. Keys go into Secrets; their copies in `environment` are overwritten before it returns. \par Errors
/// invalid_argument: every wrong setting by name, what is wrong and an example, one a line; never a value that
///              could be a key. unsupported: the first of them asks for something this build has not (another database,
///              S3).
[[nodiscard]] Result<Settings> read_settings(Environment environment);

/// One variable, for help texts and the check that docs/settings.md is complete.
struct Variable {
    std::string_view name;
    bool secret = false;
};
[[nodiscard]] const std::vector<Variable>& known_variables();

}  // namespace ticketbottle::host
