#include "wiring.hpp"

#include <chrono>
#include <filesystem>
#include <mutex>
#include <ticketbottle/email/mails.hpp>
#include <ticketbottle/file/directory_store.hpp>
#include <ticketbottle/file/mail_spool.hpp>
#include <ticketbottle/file/topic_log.hpp>
#include <ticketbottle/file/topic_source.hpp>
#include <ticketbottle/kafka/kafka.hpp>
#include <ticketbottle/host/gateway_exchange.hpp>
#include <ticketbottle/kafka/source.hpp>
#include <ticketbottle/mariadb/checkout.hpp>
#include <ticketbottle/mariadb/orders.hpp>
#include <ticketbottle/payment/retrying_store.hpp>
#include <ticketbottle/sns/sns.hpp>
#include <ticketbottle/ticket/ticket.hpp>

namespace program {

using namespace ticketbottle;

namespace {

constexpr std::chrono::seconds open_timeout{10};
// Stripe answers in a second or two; a buyer waits for ten, so a second try must fit.
constexpr std::chrono::milliseconds stripe_attempt_timeout{4000};
constexpr std::string_view consumer_name = "tickets-and-mails";

sqlite::Options sqlite_options(const Settings& settings, sqlite::OpenMode mode) {
    sqlite::Options options;
    options.path = settings.database;
    options.mode = mode;
    options.synchronous =
        settings.durability == host::Durability::full ? sqlite::Synchronous::full : sqlite::Synchronous::normal;
    return options;
}

Error lacks(const char* name, const char* what_for, const char* example) {
    return fail(Errc::invalid_argument, "settings.read",
                std::string(name) + ": is not set, but " + what_for + "; for example " + name + "=" + example);
}

/// The library's errors name its own option; a person knows the variable.
Error of_variable(const char* variable, const Error& error) {
    return fail(error.code, "settings.read", std::string(variable) + ": " + std::string(error.detail_text()));
}

kafka::Options kafka_options(const host::KafkaSettings& settings) {
    kafka::Options options;
    options.brokers = settings.brokers;
    options.security = static_cast<kafka::Security>(settings.security);
    options.sasl = static_cast<kafka::Sasl>(settings.sasl);
    options.username = settings.username;
    options.password = settings.password;
    options.ca_file = settings.ca_file;
    options.compression = static_cast<kafka::Compression>(settings.compression);
    return options;
}
// The settings' enumerations are those of the component, member for member.
static_assert(static_cast<int>(kafka::Security::tls) == static_cast<int>(host::KafkaSecurity::tls));
static_assert(static_cast<int>(kafka::Sasl::scram_sha_512) == static_cast<int>(host::KafkaSasl::scram_sha_512));
static_assert(static_cast<int>(kafka::Compression::zstd) == static_cast<int>(host::KafkaCompression::zstd));

sns::Options sns_options(const host::SnsSettings& settings, Observer& observer) {
    sns::Options options;
    options.credentials = {settings.access_key_id, settings.secret_access_key, settings.session_token};
    options.region = settings.region;
    options.endpoint = settings.api_base;
    options.topic_arn = settings.topic_arn;
    options.topic_arns = settings.topic_arns;
    options.ordering = static_cast<sns::Ordering>(settings.ordering);
    options.observer = &observer;
    return options;
}
static_assert(static_cast<int>(sns::Ordering::may_lose) == static_cast<int>(host::SnsOrdering::may_lose));

mariadb::Options mariadb_options(const host::MariadbSettings& settings) {
    mariadb::Options options;
    options.host = settings.host;
    options.port = settings.port;
    options.database = settings.database;
    options.user = settings.user;
    options.password = settings.password;
    options.tls.mode = static_cast<mariadb::TlsMode>(settings.tls);
    options.tls.ca_file = settings.ca_file;
    return options;
}
static_assert(static_cast<int>(mariadb::TlsMode::verify) == static_cast<int>(host::MariadbTls::verify));
static_assert(static_cast<int>(mariadb::TlsMode::off) == static_cast<int>(host::MariadbTls::off));

Result<TicketFonts> load_fonts(const host::TicketSettings& settings) {
    if (settings.font.empty()) {
        auto fonts = load_default_fonts();
        if (!fonts.has_value()) return of_variable("TICKETBOTTLE_FONT", fonts.error());
        return fonts;
    }
    auto regular = load_font(settings.font);
    if (!regular.has_value()) return of_variable("TICKETBOTTLE_FONT", regular.error());
    TicketFonts fonts;
    fonts.regular = std::move(*regular);
    if (settings.font_bold.empty()) return fonts;
    auto bold = load_font(settings.font_bold);
    if (!bold.has_value()) return of_variable("TICKETBOTTLE_FONT_BOLD", bold.error());
    fonts.bold = std::move(*bold);
    return fonts;
}

Result<email::MailRenderer> make_mail_renderer(const Settings& settings) {
    if (settings.tickets.mail_from.empty())
        return lacks("SES_FROM_EMAIL", "mails need a sender", "tickets@example.com");
    email::MailOptions options;
    options.from = {settings.tickets.mail_from, settings.tickets.mail_from_name};
    options.brand = settings.tickets.brand;
    if (settings.tickets.language) options.language = *settings.tickets.language;
    const auto zone = Zone::load(settings.tickets.zone);
    if (!zone.has_value()) return of_variable("TICKETBOTTLE_ZONE", zone.error());
    options.zone = *zone;
    auto renderer = email::MailRenderer::create(std::move(options));
    if (!renderer.has_value()) return of_variable("SES_FROM_EMAIL, TICKETBOTTLE_BRAND", renderer.error());
    return renderer;
}

std::string event_type_beside(const Message& message) {
    for (const MessageHeader& header : message.headers)
        if (header.name == "eventType") return header.value;
    return {};
}

std::vector<std::string> consumed_topics(const Settings& settings) {
    std::vector<std::string> topics = {settings.relay.messages.topics.at("PAYMENT_COMPLETED")};
    if (settings.ticket_topic != topics.front()) topics.push_back(settings.ticket_topic);
    return topics;
}

Result<std::vector<std::unique_ptr<MessageSource>>> open_sources(const Settings& settings, Observer& observer) {
    std::vector<std::unique_ptr<MessageSource>> sources;
    for (const std::string& topic : consumed_topics(settings)) {
        auto source = open_source(settings, consumer_name, topic, observer);
        if (!source.has_value()) return source.error();
        sources.push_back(std::move(*source));
    }
    return sources;
}

host::TopicConsumerOptions topic_options() {
    host::TopicConsumerOptions options;
    options.name = consumer_name;
    options.poll_max = std::chrono::milliseconds(200);
    return options;
}

}  // namespace

const Clock& system_clock() noexcept {
    static const SystemClock clock;
    return clock;
}

Result<void> make_folders(const Settings& settings) {
    for (const std::filesystem::path& folder :
         {std::filesystem::path(settings.data), std::filesystem::path(settings.database).parent_path()}) {
        std::error_code error;
        if (!folder.empty()) std::filesystem::create_directories(folder, error);
        if (error)
            return fail(Errc::unavailable, "program.make_folders",
                        "cannot make the folder " + folder.string() + ": " + error.message());
    }
    return {};
}

namespace {

/// One pool of a kind for the process. \param make  Called until it succeeds once.
template <class Pool, class Make>
Result<std::shared_ptr<Pool>> shared_pool(const char* variable, const Make& make) {
    static std::mutex mutex;
    static std::shared_ptr<Pool> pool;
    const std::lock_guard lock(mutex);
    if (pool) return pool;
    auto made = make();
    if (!made.has_value()) return of_variable(variable, made.error());
    pool = std::move(*made);
    return pool;
}

}  // namespace

Result<std::shared_ptr<postgres::Pool>> postgres_pool(const Settings& settings) {
    return shared_pool<postgres::Pool>("DATABASE_URL", [&settings] {
        postgres::Options options;
        options.url = settings.postgres;
        options.attempts_max = settings.relay.attempts_max;
        options.counting = settings.outbox_count == host::OutboxCount::estimate ? postgres::Counting::estimate : postgres::Counting::exact;
        return postgres::Pool::make(options);
    });
}

Result<std::shared_ptr<mariadb::Pool>> mariadb_pool(const Settings& settings) {
    return shared_pool<mariadb::Pool>("DB_HOST and those with it",
                                      [&settings] { return mariadb::Pool::make(mariadb_options(*settings.mariadb)); });
}

namespace {

Error no_tables(std::string_view what) { return fail(Errc::unsupported, "program.open", std::string(what)); }

/// With a clear word where the tables are not there; a server that is out of reach now is tried again by every call.
Result<postgres::Layout> postgres_layout(postgres::Pool& pool) {
    auto layout = postgres::inspect(pool, Deadline::in(open_timeout));
    if (!layout.has_value()) return of_variable("DATABASE_URL", layout.error());
    if (!layout->payments || !layout->outbox)
        return no_tables("DATABASE_URL: the tables payments and outbox are not there; ticketbottle migrate "
                         "--create-tables makes them in a development database");
    return layout;
}

Result<std::shared_ptr<postgres::Pool>> postgres_with_tables(const Settings& settings) {
    auto pool = postgres_pool(settings);
    if (!pool.has_value()) return pool;
    if (const auto layout = postgres_layout(**pool); !layout.has_value()) return layout.error();
    return pool;
}

Result<std::shared_ptr<mariadb::Pool>> mariadb_with_tables(const Settings& settings) {
    auto pool = mariadb_pool(settings);
    if (!pool.has_value()) return pool;
    const auto layout = mariadb::inspect(**pool, Deadline::in(open_timeout));
    if (!layout.has_value()) return of_variable("DB_HOST and those with it", layout.error());
    if (!layout->orders)
        return no_tables("DB_NAME: the tables ticket_orders, tickets and discount_codes are not there; ticketbottle migrate "
                         "--create-tables makes them in a development database");
    if (!layout->outbox || !layout->inbox) return no_tables("DB_NAME: outbox and inbox are not there, or of an earlier version; ticketbottle migrate makes them");
    return pool;
}

}  // namespace

Result<std::unique_ptr<PaymentStore>> open_payments(const Settings& settings, sqlite::OpenMode mode, Observer& observer) {
    if (!settings.postgres.empty()) {
        auto pool = postgres_with_tables(settings);
        if (!pool.has_value()) return pool.error();
        return postgres::payment_store(*pool);
    }
    if (settings.mariadb) {
        auto pool = mariadb_with_tables(settings);
        if (!pool.has_value()) return pool.error();
        auto orders = mariadb::order_store(*pool, {}, observer);
        if (!orders.has_value()) return orders.error();
        // Callbacks of one show write one row of `tickets`: InnoDB may pick one of two as a deadlock's loser.
        return std::make_unique<RetryingPaymentStore>(std::move(*orders), RetryOptions(), observer);
    }
    return sqlite::open_payment_store(sqlite_options(settings, mode), Deadline::in(open_timeout));
}

Result<std::unique_ptr<OutboxStore>> open_outbox(const Settings& settings, sqlite::OpenMode mode) {
    if (!settings.postgres.empty()) {
        auto pool = postgres_with_tables(settings);
        if (!pool.has_value()) return pool.error();
        return postgres::outbox_store(*pool);
    }
    if (settings.mariadb) {
        auto pool = mariadb_with_tables(settings);
        if (!pool.has_value()) return pool.error();
        return mariadb::outbox_store(*pool);
    }
    return sqlite::open_outbox_store(sqlite_options(settings, mode), Deadline::in(open_timeout));
}

Result<void> check_migration(const Settings& settings, Observer& observer) {
    if (settings.postgres.empty()) return {};
    const auto pool = postgres_pool(settings);
    if (!pool.has_value()) return pool.error();
    const auto layout = postgres_layout(**pool);
    if (!layout.has_value()) return layout.error();
    if (layout->inbox && layout->ordered) return {};
    observer.log(Severity::warning, "postgres.not_migrated",
                 "The tables are as they were deployed, or of an earlier version: repeats are known by a payment's state alone, events go by "
                 "createdAt and carry no trace. `ticketbottle migrate` adds what is missing, while all runs.",
                 {{"inbox", layout->inbox ? "there" : "missing"}, {"order", layout->ordered ? "sequence" : "createdAt"}});
    return {};
}

Result<void> check_checkout(const Settings& settings) {
    auto pool = mariadb_with_tables(settings);
    if (!pool.has_value()) return pool.error();
    const auto checked = mariadb::check_checkout_tables(**pool, Deadline::in(open_timeout));
    if (!checked.has_value()) return of_variable("TICKETBOTTLE_CHECKOUT_ORIGINS", checked.error());
    return {};
}

Result<std::unique_ptr<checkout::Desk>> open_desk(const Settings& settings) {
    auto pool = mariadb_with_tables(settings);
    if (!pool.has_value()) return pool.error();
    return mariadb::checkout_desk(*pool);
}

std::unique_ptr<checkout::StripeClient> make_stripe_client(const Settings& settings, Observer& observer) {
    checkout::StripeClientOptions options;
    options.attempt_timeout = stripe_attempt_timeout;
    return std::make_unique<checkout::StripeClient>(host::gateway_exchange(), *settings.gateways.stripe, system_clock(), options, observer);
}

checkout::CheckoutOptions checkout_options(const Settings& settings, ProcessorOptions processor) {
    checkout::CheckoutOptions options;
    options.origins = settings.checkout->origins;
    options.quantity_max = settings.checkout->quantity_max;
    options.session_life = settings.checkout->session_life;
    options.check_in_token = settings.checkout->check_in_token;
    options.processor = std::move(processor);
    return options;
}

Result<std::unique_ptr<MessageTransport>> open_topics(const Settings& settings, Observer& observer) {
    if (settings.kafka) {
        kafka::Options options = kafka_options(*settings.kafka);
        options.observer = &observer;
        auto transport = kafka::open_transport(options);
        if (!transport.has_value()) return of_variable("KAFKA_BROKERS and those with it", transport.error());
        return transport;
    }
    if (settings.sns) {
        auto transport = sns::open_transport(sns_options(*settings.sns, observer), host::gateway_exchange());
        if (!transport.has_value()) return of_variable("TICKETBOTTLE_SNS_TOPIC_ARN and those with it", transport.error());
        return transport;
    }
    file::TopicLogOptions options;
    options.directory = settings.topics_folder();
    return file::open_topic_log(options);
}

std::jthread check_brokers(const Settings& settings, Observer& observer) {
    if (!settings.kafka) return {};
    return std::jthread([options = kafka_options(*settings.kafka), &observer](const std::stop_token& stop) {
        const auto reached = kafka::probe(options, Deadline::in(open_timeout).or_stop(stop));
        if (reached.has_value() || stop.stop_requested()) return;
        const Error error = reached.error();
        observer.log(Severity::warning, "kafka.unreachable", "Events wait in the outbox until the brokers can be reached.",
                     {{"reason", error.detail_text()}});
    });
}

Result<std::unique_ptr<MessageSource>> open_source(const Settings& settings, std::string_view consumer,
                                                   const std::string& topic, Observer& observer) {
    if (settings.sns)
        return fail(Errc::unsupported, "settings.read",
                    "TICKETBOTTLE_SNS_TOPIC_ARN: events go to Amazon SNS, from which this program reads none; run serve and relay, and what "
                    "consumes behind a queue of the topic's (docs/sns.md)");
    if (!settings.kafka)
        return file::open_topic_source(
            {settings.topics_folder(), settings.cursors_folder(), std::string(consumer), topic, &observer});
    kafka::SourceOptions options;
    options.connection = kafka_options(*settings.kafka);
    options.connection.observer = &observer;
    options.group = std::string(consumer) + "." + topic;  // a group of its own for each topic: see group
    options.topic = topic;
    return kafka::open_source(options);
}

Result<void> check_askable(const Settings& settings) {
    for (std::size_t i = 0; i < gateway_count; ++i)
        if (reconcile::can_ask(settings.gateways, static_cast<Gateway>(i))) return {};
    return fail(Errc::invalid_argument, "settings.read",
                "no gateway has the keys to be asked with: VNPAY_HASH_SECRET, ZALOPAY_KEY1, PAYOS_API_KEY, "
                "STRIPE_SECRET_KEY or MOMO_SECRET_KEY (docs/settings.md)");
}

Result<TicketRenderer> make_ticket_renderer(const Settings& settings) {
    if (settings.tickets.qr_base_url.empty())
        return lacks("QR_CODE_BASE_URL", "tickets show it as a QR code", "https://example.com/check-in");
    auto fonts = load_fonts(settings.tickets);
    if (!fonts.has_value()) return fonts.error();
    TicketOptions options;
    options.fonts = std::move(*fonts);
    options.qr_base_url = settings.tickets.qr_base_url;
    options.brand = settings.tickets.brand;
    options.zone_name = settings.tickets.zone;
    if (settings.tickets.language) options.language = *settings.tickets.language;
    auto renderer = TicketRenderer::create(std::move(options));
    if (!renderer.has_value())
        return of_variable("TICKETBOTTLE_FONT, TICKETBOTTLE_BRAND or QR_CODE_BASE_URL", renderer.error());
    return renderer;
}

Consumers::~Consumers() = default;

Result<std::unique_ptr<Consumers>> Consumers::open(const Settings& settings, Observer& observer) {
    auto tickets = make_ticket_renderer(settings);
    if (!tickets.has_value()) return tickets.error();
    auto mails = make_mail_renderer(settings);
    if (!mails.has_value()) return mails.error();
    std::unique_ptr<Consumers> consumers(new Consumers);
    auto store = file::open_directory_store(settings.tickets_folder());
    if (!store.has_value()) return store.error();
    consumers->store_ = std::move(*store);
    auto spool = file::open_mail_spool(settings.mail_folder());
    if (!spool.has_value()) return spool.error();
    consumers->mails_ = std::move(*spool);
    auto dead_letters = open_topics(settings, observer);
    if (!dead_letters.has_value()) return dead_letters.error();
    consumers->dead_letters_ = std::move(*dead_letters);

    consumer::ConsumerOptions options;
    options.qr_base_url = settings.tickets.qr_base_url;
    auto events = consumer::EventConsumer::create(std::move(options), *tickets, *mails, *consumers->store_,
                                                  *consumers->mails_, &observer);
    if (!events.has_value()) return of_variable("QR_CODE_BASE_URL", events.error());
    consumers->events_ = std::make_unique<consumer::EventConsumer>(std::move(*events));

    const auto handle = [events = consumers->events_.get()](const Message& message, Deadline deadline) -> Result<void> {
        const auto consumed = events->handle(message.value, event_type_beside(message), deadline);
        if (!consumed.has_value()) return consumed.error();
        return {};
    };
    auto sources = open_sources(settings, observer);
    if (!sources.has_value()) return sources.error();
    auto topics = host::TopicConsumer::create(topic_options(), std::move(*sources), handle, *consumers->dead_letters_, observer);
    if (!topics.has_value()) return topics.error();
    consumers->topics_ = std::make_unique<host::TopicConsumer>(std::move(*topics));
    return consumers;
}

}  // namespace program
