#pragma once
/// \file
/// From settings to the library's objects. Nothing here decides anything.

#include <memory>
#include <stop_token>
#include <thread>
#include <ticketbottle/checkout/handler.hpp>
#include <ticketbottle/checkout/stripe_client.hpp>
#include <ticketbottle/consumer/consumer.hpp>
#include <ticketbottle/host/settings.hpp>
#include <ticketbottle/host/topic_consumer.hpp>
#include <ticketbottle/mariadb/mariadb.hpp>
#include <ticketbottle/ports/clock.hpp>
#include <ticketbottle/ports/message_source.hpp>
#include <ticketbottle/ports/outbox_store.hpp>
#include <ticketbottle/ports/payment_store.hpp>
#include <ticketbottle/postgres/postgres.hpp>
#include <ticketbottle/sqlite/sqlite.hpp>

namespace program {

using ticketbottle::Result;
using ticketbottle::host::Settings;

[[nodiscard]] const ticketbottle::Clock& system_clock() noexcept;

/// Makes the data folder, and the database file's, if they are not there. Errors: unavailable.
[[nodiscard]] Result<void> make_folders(const Settings& settings);

/// The connections to DATABASE_URL's server, shared by whatever this process opens. Errors: invalid_argument, naming the variable.
[[nodiscard]] Result<std::shared_ptr<ticketbottle::postgres::Pool>> postgres_pool(const Settings& settings);

/// The same to DB_HOST's.
[[nodiscard]] Result<std::shared_ptr<ticketbottle::mariadb::Pool>> mariadb_pool(const Settings& settings);

/// In PostgreSQL, MariaDB or SQLite, as DATABASE_URL or DB_HOST says. \param mode  Of a SQLite file; a server's tables are looked for in any mode.
/// \param observer  Told of what a sale did that a person must know. Borrowed, must outlive the store.
[[nodiscard]] Result<std::unique_ptr<ticketbottle::PaymentStore>> open_payments(
    const Settings& settings, ticketbottle::sqlite::OpenMode mode = ticketbottle::sqlite::OpenMode::create,
    ticketbottle::Observer& observer = ticketbottle::Observer::none());
[[nodiscard]] Result<std::unique_ptr<ticketbottle::OutboxStore>> open_outbox(
    const Settings& settings, ticketbottle::sqlite::OpenMode mode = ticketbottle::sqlite::OpenMode::create);
/// Says in the log if PostgreSQL's tables are without the migration, or with one of an earlier version: all works, and less is known.
/// Errors: as of opening a store on it.
[[nodiscard]] Result<void> check_migration(const Settings& settings, ticketbottle::Observer& observer);
/// Has the database what checkout needs? Only with Settings::checkout. Errors: unsupported, naming the columns that are not there.
[[nodiscard]] ticketbottle::Result<void> check_checkout(const Settings& settings);
/// Where checkout keeps its orders. Only with Settings::checkout.
[[nodiscard]] Result<std::unique_ptr<ticketbottle::checkout::Desk>> open_desk(const Settings& settings);
/// Only with Settings::checkout. \param observer  Borrowed, must outlive it.
[[nodiscard]] std::unique_ptr<ticketbottle::checkout::StripeClient> make_stripe_client(const Settings& settings, ticketbottle::Observer& observer);
[[nodiscard]] ticketbottle::checkout::CheckoutOptions checkout_options(const Settings& settings, ticketbottle::ProcessorOptions processor);
/// Where events go: to Kafka if KAFKA_BROKERS is set, to SNS if TICKETBOTTLE_SNS_TOPIC_ARN is, else to the topic log. \param observer  Borrowed, must outlive it.
[[nodiscard]] Result<std::unique_ptr<ticketbottle::MessageTransport>> open_topics(const Settings& settings,
                                                                                  ticketbottle::Observer& observer);

/// Says in the log, soon, if the brokers cannot be reached or refuse the account: a relay without events would not notice. Does nothing
/// without KAFKA_BROKERS. \param observer  Borrowed, must outlive the thread.
[[nodiscard]] std::jthread check_brokers(const Settings& settings, ticketbottle::Observer& observer);

/// Reads one topic from where open_topics() publishes to. \param consumer  Whose position it goes by; any number of them
/// may read. \param observer  Borrowed, must outlive it.
[[nodiscard]] Result<std::unique_ptr<ticketbottle::MessageSource>> open_source(const Settings& settings,
                                                                              std::string_view consumer,
                                                                              const std::string& topic,
                                                                              ticketbottle::Observer& observer);

/// Is there a gateway that can be asked about payments? Errors: invalid_argument, naming what lacks.
[[nodiscard]] Result<void> check_askable(const Settings& settings);

/// Errors: invalid_argument, naming the variable.
[[nodiscard]] Result<ticketbottle::TicketRenderer> make_ticket_renderer(const Settings& settings);

/// Tickets and mails from Kafka or the topic log: PAYMENT_COMPLETED and TICKET_ISSUED events.
class Consumers {
public:
    /// Errors: invalid_argument (QR_CODE_BASE_URL or SES_FROM_EMAIL not set, a font that does not do), unavailable.
    [[nodiscard]] static Result<std::unique_ptr<Consumers>> open(const Settings& settings,
                                                                 ticketbottle::Observer& observer);
    ~Consumers();
    Consumers(const Consumers&) = delete;
    Consumers& operator=(const Consumers&) = delete;

    void run(std::stop_token stop) { topics_->run(std::move(stop)); }
    [[nodiscard]] Result<ticketbottle::host::TopicConsumerReport> run_once(ticketbottle::Deadline deadline) {
        return topics_->run_once(deadline);
    }
    [[nodiscard]] ticketbottle::host::TopicConsumerReport report() const { return topics_->report(); }

private:
    Consumers() = default;
    std::unique_ptr<ticketbottle::ObjectStore> store_;
    std::unique_ptr<ticketbottle::MailTransport> mails_;
    std::unique_ptr<ticketbottle::MessageTransport> dead_letters_;
    std::unique_ptr<ticketbottle::consumer::EventConsumer> events_;
    std::unique_ptr<ticketbottle::host::TopicConsumer> topics_;
};

}  // namespace program
