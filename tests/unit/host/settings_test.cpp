#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <set>
#include <string>
#include <ticketbottle/host/settings.hpp>

#include "support/file_bytes.hpp"

using namespace ticketbottle;
using namespace std::chrono_literals;
using host::Environment;
using host::read_settings;
using host::Settings;

namespace {

/// Every gateway, with obviously fake keys.
Environment all_gateways() {
    return {{"ZALOPAY_APP_ID", "2553"},
            {"ZALOPAY_KEY1", "fake-zalopay-1"},
            {"ZALOPAY_KEY2", "fake-zalopay-2,fake-zalopay-2-old"},
            {"PAYOS_CLIENT_ID", "fake-client"},
            {"PAYOS_API_KEY", "fake-api-key"},
            {"PAYOS_CHECKSUM_KEY", "fake-checksum"},
            {"VNPAY_TMN_CODE", "DEMO0001"},
            {"VNPAY_HASH_SECRET", "fake-hash"},
            {"STRIPE_SECRET_KEY", "sk_fake"},
            {"STRIPE_WEBHOOK_SECRET", "whsec_fake_new,whsec_fake_old"},
            {"STRIPE_EVENTBRIDGE_SOURCE", "aws.partner/stripe.com/ed_fake,stripe.com"},
            {"STRIPE_EVENTBRIDGE_ACCOUNT", "123456789012"},
            {"MOMO_PARTNER_CODE", "MOMOFAKE"},
            {"MOMO_ACCESS_KEY", "fake-access"},
            {"MOMO_SECRET_KEY", "fake-momo"},
            {"STANDARD_WEBHOOKS_SECRET",
             "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,whpk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}};
}

Settings good(const Environment& environment) {
    const auto settings = read_settings(environment);
    REQUIRE_MESSAGE(settings.has_value(), to_string(settings.error()));
    return *settings;
}

std::string problem(const Environment& environment, Errc code = Errc::invalid_argument) {
    const auto settings = read_settings(environment);
    REQUIRE_FALSE(settings.has_value());
    CHECK(settings.error().code == code);
    return std::string(settings.error().detail_text());
}

}  // namespace

TEST_CASE("Settings: with no variables everything has its default and no gateway is configured") {
    const Settings settings = good({});
    CHECK(settings.data == "ticketbottle-data");
    CHECK(settings.database == "ticketbottle-data/ticketbottle.db");
    CHECK(settings.durability == host::Durability::full);
    CHECK(settings.http.address == "127.0.0.1");
    CHECK(settings.http.port == 8080);
    CHECK(settings.invocations == host::Invocations::refuse);
    CHECK(settings.relay.batch_rows_max == 100);
    CHECK(settings.relay.attempts_max == 5);
    CHECK(settings.sweeper.published_retention == 7 * 24h);
    CHECK_FALSE(settings.sweeper.dead_retention);
    CHECK(settings.webhook.processor.late_success == LateSuccess::hold);
    CHECK(settings.tickets.zone == "Asia/Ho_Chi_Minh");
    CHECK_FALSE(settings.tickets.language);
    CHECK(settings.log_level == Severity::info);
    CHECK(settings.reconciling == host::Reconciling::off);
    CHECK(settings.reconcile.ask_after == 15min);
    const Gateways& gateways = settings.gateways;
    CHECK_FALSE((gateways.zalopay || gateways.payos || gateways.vnpay || gateways.stripe ||
                 gateways.stripe_eventbridge || gateways.momo || gateways.standard_webhooks));
}

TEST_CASE("Settings: every gateway's keys arrive where they belong, newest first") {
    const Gateways gateways = good(all_gateways()).gateways;
    REQUIRE(gateways.zalopay);
    CHECK(gateways.zalopay->app_id == 2553);
    CHECK(gateways.zalopay->key1.expose() == "fake-zalopay-1");
    REQUIRE(gateways.zalopay->key2.size() == 2);
    CHECK(gateways.zalopay->key2[0].expose() == "fake-zalopay-2");
    CHECK(gateways.zalopay->key2[1].expose() == "fake-zalopay-2-old");
    REQUIRE(gateways.payos);
    CHECK(gateways.payos->client_id == "fake-client");
    CHECK(gateways.payos->api_key.expose() == "fake-api-key");
    CHECK(gateways.payos->checksum_keys.at(0).expose() == "fake-checksum");
    REQUIRE(gateways.vnpay);
    CHECK(gateways.vnpay->tmn_code == "DEMO0001");
    CHECK(gateways.vnpay->hash_secrets.at(0).expose() == "fake-hash");
    REQUIRE(gateways.stripe);
    CHECK(gateways.stripe->api_key.expose() == "sk_fake");
    CHECK(gateways.stripe->endpoint_secrets.at(1).expose() == "whsec_fake_old");
    CHECK_FALSE(gateways.stripe->mode);
    REQUIRE(gateways.stripe_eventbridge);
    CHECK(gateways.stripe_eventbridge->sources ==
          std::vector<std::string>{"aws.partner/stripe.com/ed_fake", "stripe.com"});
    CHECK(gateways.stripe_eventbridge->account == "123456789012");
    REQUIRE(gateways.momo);
    CHECK(gateways.momo->partner_code == "MOMOFAKE");
    CHECK(gateways.momo->access_key == "fake-access");
    CHECK(gateways.momo->secret_keys.at(0).expose() == "fake-momo");
    REQUIRE(gateways.standard_webhooks);
    CHECK(gateways.standard_webhooks->secrets.size() == 2);
}

TEST_CASE("Settings: each variable changes what it says") {
    const Settings settings = good({{"TICKETBOTTLE_DATA", "/srv/tkb"},
                                    {"TICKETBOTTLE_LISTEN", "[::1]:0"},
                                    {"TICKETBOTTLE_THREADS", "16"},
                                    {"TICKETBOTTLE_INVOKE", "on"},
                                    {"TICKETBOTTLE_ZONE", "UTC"},
                                    {"TICKETBOTTLE_LANGUAGE", "en"},
                                    {"TICKETBOTTLE_FONT", "/a.ttf"},
                                    {"TICKETBOTTLE_FONT_BOLD", "/b.ttf"},
                                    {"TICKETBOTTLE_BRAND", "Vé Việt"},
                                    {"TICKETBOTTLE_SYNCHRONOUS", "normal"},
                                    {"TICKETBOTTLE_OUTBOX_COUNT", "estimate"},
                                    {"TICKETBOTTLE_LATE_SUCCESS", "reopen"},
                                    {"TICKETBOTTLE_PAYOS_NUMBER", "digits"},
                                    {"TICKETBOTTLE_ZALOPAY_UNRELATED", "refuse"},
                                    {"TICKETBOTTLE_ORDER_MAY_APPEAR", "0"},
                                    {"TICKETBOTTLE_RECONCILE", "on"},
                                    {"TICKETBOTTLE_RECONCILE_AFTER", "20"},
                                    {"TICKETBOTTLE_RECONCILE_GIVE_UP", "3"},
                                    {"TICKETBOTTLE_TOPIC_TICKET_ISSUED", "tickets"},
                                    {"TICKETBOTTLE_INBOX_RETENTION_DAYS", "30"},
                                    {"TICKETBOTTLE_DEAD_RETENTION_DAYS", "365"},
                                    {"KAFKA_TOPIC_PAYMENT_COMPLETED", "paid"},
                                    {"KAFKA_TOPIC_PAYMENT_FAILED", "failed"},
                                    {"KAFKA_TOPIC_PAYMENT_CANCELLED", "cancelled"},
                                    {"OUTBOX_BATCH_SIZE", "7"},
                                    {"OUTBOX_MAX_RETRIES", "9"},
                                    {"OUTBOX_RETENTION_DAYS", "3"},
                                    {"CLOUDWATCH_NAMESPACE", "TicketBottle/Outbox"},
                                    {"SES_FROM_EMAIL", "Vé Việt <tickets@example.com>"},
                                    {"QR_CODE_BASE_URL", "https://example.com/q"},
                                    {"LOG_LEVEL", "debug"}});
    CHECK(settings.database == "/srv/tkb/ticketbottle.db");
    CHECK(settings.topics_folder() == "/srv/tkb/topics");
    CHECK(settings.http.address == "::1");
    CHECK(settings.http.port == 0);
    CHECK(settings.http.threads == 16);
    CHECK(settings.invocations == host::Invocations::accept);
    CHECK(settings.tickets.zone == "UTC");
    CHECK(settings.tickets.language == Language::en);
    CHECK(settings.tickets.font == "/a.ttf");
    CHECK(settings.tickets.font_bold == "/b.ttf");
    CHECK(settings.tickets.brand == "Vé Việt");
    CHECK(settings.durability == host::Durability::normal);
    CHECK(settings.outbox_count == host::OutboxCount::estimate);
    CHECK(settings.webhook.processor.late_success == LateSuccess::reopen);
    CHECK(settings.webhook.processor.payos_number == PayosNumber::digits);
    CHECK(settings.webhook.reply.zalopay_unrelated == ZaloPayUnrelated::refuse);
    CHECK(settings.webhook.order_may_appear_for == 0s);
    CHECK(settings.reconciling == host::Reconciling::on);
    CHECK(settings.reconcile.ask_after == 20min);
    CHECK(settings.reconcile.give_up_after == 72h);
    CHECK(settings.ticket_topic == "tickets");
    CHECK(settings.sweeper.inbox_retention == 30 * 24h);
    CHECK(settings.sweeper.dead_retention == 365 * 24h);
    CHECK(settings.sweeper.published_retention == 3 * 24h);
    CHECK(settings.relay.messages.topics.at("PAYMENT_COMPLETED") == "paid");
    CHECK(settings.relay.messages.topics.at("PAYMENT_FAILED") == "failed");
    CHECK(settings.relay.messages.topics.at("PAYMENT_CANCELLED") == "cancelled");
    CHECK(settings.relay.messages.topics.at("TICKET_ISSUED") == "tickets");
    CHECK(settings.relay.batch_rows_max == 7);
    CHECK(settings.relay.attempts_max == 9);
    CHECK(settings.cloudwatch_namespace == "TicketBottle/Outbox");
    CHECK(settings.tickets.mail_from == "tickets@example.com");
    CHECK(settings.tickets.mail_from_name == "Vé Việt");
    CHECK(settings.tickets.qr_base_url == "https://example.com/q");
    CHECK(settings.log_level == Severity::debug);
    CHECK(good({{"LOG_LEVEL", "WARN"}}).log_level == Severity::warning);
}

TEST_CASE("Settings: a wrong value is refused, by the variable's name, with an example") {
    struct Case {
        const char* name;
        const char* value;
        const char* says;
    };
    const Case cases[] = {
        {"TICKETBOTTLE_LISTEN", "8080", "a port"},
        {"TICKETBOTTLE_RECONCILE", "yes", "on or off"},
        {"TICKETBOTTLE_RECONCILE_AFTER", "0", "1 to 10080"},
        {"TICKETBOTTLE_RECONCILE_GIVE_UP", "0", "1 to 365"},
        {"TICKETBOTTLE_LISTEN", "127.0.0.1:", "a port"},
        {"TICKETBOTTLE_LISTEN", "127.0.0.1:65536", "a port"},
        {"TICKETBOTTLE_LISTEN", "localhost:8080", "IP address"},
        {"TICKETBOTTLE_LISTEN", "[]:80", "IP address"},
        {"TICKETBOTTLE_THREADS", "0", "from 1 to 256"},
        {"TICKETBOTTLE_THREADS", "four", "from 1 to 256"},
        {"TICKETBOTTLE_THREADS", "4 ", "from 1 to 256"},
        {"TICKETBOTTLE_THREADS", "99999999999999999999", "from 1 to 256"},
        {"TICKETBOTTLE_INVOKE", "yes", "off or on"},
        {"TICKETBOTTLE_ZONE", "Asia/Nowhere", "zone"},
        {"TICKETBOTTLE_LANGUAGE", "fr", "vi or en"},
        {"TICKETBOTTLE_BRAND", "a\nb", "control"},
        {"TICKETBOTTLE_BRAND", "\xff", "UTF-8"},
        {"TICKETBOTTLE_SYNCHRONOUS", "off", "full or normal"},
        {"TICKETBOTTLE_OUTBOX_COUNT", "none", "exact or estimate"},
        {"TICKETBOTTLE_LATE_SUCCESS", "ignore", "hold or reopen"},
        {"TICKETBOTTLE_PAYOS_NUMBER", "36", "dated_base36"},
        {"TICKETBOTTLE_ZALOPAY_UNRELATED", "x", "accept or refuse"},
        {"TICKETBOTTLE_ORDER_MAY_APPEAR", "-1", "whole number"},
        {"TICKETBOTTLE_TOPIC_TICKET_ISSUED", "a/b", "topic name"},
        {"TICKETBOTTLE_INBOX_RETENTION_DAYS", "0", "whole number"},
        {"TICKETBOTTLE_DEAD_RETENTION_DAYS", "x", "whole number"},
        {"KAFKA_TOPIC_PAYMENT_COMPLETED", "..", "topic name"},
        {"OUTBOX_BATCH_SIZE", "1001", "from 1 to 1000"},
        {"OUTBOX_MAX_RETRIES", "0", "from 1 to 1000"},
        {"RETENTION_DAYS", "-7", "whole number"},
        {"OUTBOX_RETENTION_DAYS", "3651", "whole number"},
        {"SES_FROM_EMAIL", "nobody", "mail address"},
        {"SES_FROM_EMAIL", "<>", "mail address"},
        {"SES_FROM_EMAIL", "A <b@example.com", "mail address"},
        {"QR_CODE_BASE_URL", "example.com", "URL"},
        {"QR_CODE_BASE_URL", "https://example.com/#x", "URL"},
        {"LOG_LEVEL", "loud", "info or debug"},
        {"DATABASE_URL", "ticketbottle.db", "neither file:PATH"},
        {"DATABASE_URL", "file:", "names no file"},
        {"DATABASE_URL", "file::memory:", "names no file"},
        {"DATABASE_URL", "sqlite://host/x.db", "names a host"},
        {"DATABASE_URL", "file:x.db?connection_limit=1", "parameters"},
        {"STANDARD_WEBHOOKS_SECRET", "whsec_short", "whsec_"},
        {"STANDARD_WEBHOOKS_SECRET", "whpk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "whpk_"},
        {"STRIPE_WEBHOOK_SECRET", "sk_fake", "whsec_"},
    };
    for (const Case& one : cases) {
        CAPTURE(one.name);
        CAPTURE(one.value);
        const std::string text = problem({{one.name, one.value}});
        CAPTURE(text);
        CHECK(text.starts_with(std::string(one.name) + ": "));
        CHECK(text.find(one.says) != std::string::npos);
        CHECK(text.find("; for example " + std::string(one.name) + "=") != std::string::npos);
        CHECK(text.find('\n') == std::string::npos);
    }
}

TEST_CASE("Settings: a gateway that is half configured is refused, naming what lacks") {
    struct Case {
        const char* removed;
        const char* gateway;
    };
    const Case cases[] = {
        {"ZALOPAY_APP_ID", "ZaloPay"},
        {"ZALOPAY_KEY2", "ZaloPay"},
        {"PAYOS_CHECKSUM_KEY", "payOS"},
        {"PAYOS_CLIENT_ID", "payOS"},
        {"PAYOS_API_KEY", "payOS"},
        {"VNPAY_TMN_CODE", "VNPay"},
        {"VNPAY_HASH_SECRET", "VNPay"},
        {"STRIPE_EVENTBRIDGE_SOURCE", "EventBridge"},
        {"STRIPE_EVENTBRIDGE_ACCOUNT", "EventBridge"},
        {"MOMO_PARTNER_CODE", "MoMo"},
        {"MOMO_ACCESS_KEY", "MoMo"},
        {"MOMO_SECRET_KEY", "MoMo"},
    };
    for (const Case& one : cases) {
        for (const bool emptied : {false, true}) {  // set to nothing is not set
            CAPTURE(one.removed);
            CAPTURE(emptied);
            Environment environment = all_gateways();
            if (emptied)
                environment[one.removed] = "";
            else
                environment.erase(one.removed);
            const std::string text = problem(environment);
            CAPTURE(text);
            CHECK(text.starts_with(std::string(one.removed) + ": is not set"));
            CHECK(text.find(one.gateway) != std::string::npos);
        }
    }
    CHECK(problem({{"STRIPE_SECRET_KEY", "sk_fake"}}).starts_with("STRIPE_WEBHOOK_SECRET: is not set"));
    CHECK(problem({{"TICKETBOTTLE_FONT_BOLD", "/b.ttf"}}).starts_with("TICKETBOTTLE_FONT: is not set"));
}

TEST_CASE("Settings: keys that only serve for asking are not needed for callbacks") {
    Environment environment = all_gateways();
    for (const char* name : {"ZALOPAY_KEY1", "PAYOS_CLIENT_ID", "PAYOS_API_KEY", "STRIPE_SECRET_KEY"})
        environment.erase(name);
    const Gateways gateways = good(environment).gateways;
    CHECK((gateways.zalopay && gateways.payos && gateways.stripe));
    const Gateways bridge = good({{"STRIPE_SECRET_KEY", "rk_fake"},
                                  {"STRIPE_EVENTBRIDGE_SOURCE", "aws.partner/stripe.com/ed_fake"},
                                  {"STRIPE_EVENTBRIDGE_ACCOUNT", "123456789012"}})
                                .gateways;
    REQUIRE(bridge.stripe);
    CHECK(bridge.stripe->endpoint_secrets.empty());  // so the verifier refuses
}

TEST_CASE("Settings: lists of keys are checked one by one") {
    for (const char* value : {"a,", ",a", "a,,b", "a b", "a,b,c,d,e", "a\tb"}) {
        CAPTURE(value);
        CHECK(
            problem({{"VNPAY_TMN_CODE", "DEMO0001"}, {"VNPAY_HASH_SECRET", value}}).starts_with("VNPAY_HASH_SECRET: "));
    }
    CHECK(problem({{"VNPAY_TMN_CODE", "DEMO0001"}, {"VNPAY_HASH_SECRET", std::string(2000, 'k')}})
              .starts_with("VNPAY_HASH_SECRET: "));
}

TEST_CASE("Settings: DATABASE_URL names a SQLite file") {
    const std::pair<const char*, const char*> cases[] = {{"file:data/x.db", "data/x.db"},
                                                         {"file:/var/x.db", "/var/x.db"},
                                                         {"file:///var/x.db", "/var/x.db"},
                                                         {"sqlite:x.db", "x.db"},
                                                         {"sqlite:///var/x.db", "/var/x.db"}};
    for (const auto& [url, path] : cases) {
        CAPTURE(url);
        CHECK(good({{"DATABASE_URL", url}}).database == path);
    }
}

TEST_CASE("Settings: a PostgreSQL URL is kept whole and secret, and no file is named") {
    for (const char* url : {"postgresql://app:not-a-real-password@db:5432/app?schema=public", "postgres://app@db/app"}) {
        const host::Settings settings = good({{"DATABASE_URL", url}});
        CHECK(settings.postgres.expose() == url);
        CHECK(settings.database.empty());
    }
    CHECK(good({}).postgres.empty());
}

TEST_CASE("Settings: DB_HOST and those with it name a MariaDB server; the password stays secret, commas and all") {
    const host::Environment cachao{{"DB_HOST", "db.example"}, {"DB_PORT", "3307"}, {"DB_NAME", "cachao"}, {"DB_USER", "app"},
                                   {"DB_PASSWORD", "not,a real password"}, {"TICKETBOTTLE_DB_CA", "/etc/ca.pem"}};
    const host::Settings settings = good(cachao);
    REQUIRE(settings.mariadb.has_value());
    CHECK(settings.mariadb->host == "db.example");
    CHECK(settings.mariadb->port == 3307);
    CHECK(settings.mariadb->database == "cachao");
    CHECK(settings.mariadb->user == "app");
    CHECK(settings.mariadb->password.expose() == "not,a real password");
    CHECK(settings.mariadb->ca_file == "/etc/ca.pem");
    CHECK(settings.database.empty());
    CHECK_FALSE(good({}).mariadb.has_value());
}

TEST_CASE("Settings: a MariaDB server elsewhere is spoken to by checked TLS unless told otherwise, one on this machine in the clear") {
    const auto tls = [](const std::string& host, const std::string& word) {
        return good({{"DB_HOST", host}, {"DB_NAME", "cachao"}, {"DB_USER", "app"}, {"TICKETBOTTLE_DB_TLS", word}}).mariadb->tls;
    };
    CHECK(tls("db.example", "") == host::MariadbTls::verify);
    CHECK(tls("localhost.example", "") == host::MariadbTls::verify);
    for (const char* host : {"localhost", "127.0.0.1", "::1"}) CHECK(tls(host, "") == host::MariadbTls::off);
    CHECK(tls("127.0.0.1", "verify") == host::MariadbTls::verify);
    CHECK(tls("db.example", "required") == host::MariadbTls::required);
    CHECK(tls("db.example", "OFF") == host::MariadbTls::off);
}

TEST_CASE("Settings: a MariaDB server half named, or beside DATABASE_URL, is refused") {
    CHECK(problem({{"DB_HOST", "db"}, {"DB_USER", "app"}}).starts_with("DB_NAME: is not set, but DB_HOST is"));
    CHECK(problem({{"DB_PASSWORD", "not-a-real-password"}}).find("not-a-real") == std::string::npos);
    const host::Environment whole{{"DB_HOST", "db"}, {"DB_NAME", "cachao"}, {"DB_USER", "app"}};
    const auto with = [&whole](const char* name, const std::string& value) {
        host::Environment environment = whole;
        environment[name] = value;
        return problem(environment);
    };
    CHECK(good(whole).http.threads == 16);
    CHECK(good({{"DATABASE_URL", "postgresql://app@db/app"}}).http.threads == 16);
    CHECK(good({}).http.threads == 4);
    CHECK(with("DATABASE_URL", "file:x.db").starts_with("DB_HOST: is set, and so is DATABASE_URL"));
    CHECK(with("DB_PORT", "0").starts_with("DB_PORT: "));
    CHECK(with("DB_PORT", "65536").starts_with("DB_PORT: "));
    CHECK(with("DB_PASSWORD", std::string(4097, 'p')).starts_with("DB_PASSWORD: is longer"));
    CHECK(with("TICKETBOTTLE_DB_TLS", "prefer").starts_with("TICKETBOTTLE_DB_TLS: is not verify or required or off"));
    host::Environment unused_ca = whole;
    unused_ca["TICKETBOTTLE_DB_TLS"] = "required";
    unused_ca["TICKETBOTTLE_DB_CA"] = "/etc/ca.pem";
    CHECK(problem(unused_ca).starts_with("TICKETBOTTLE_DB_CA: is set, but the server's certificate is not looked at"));
}

TEST_CASE("Settings: checkout is served to the origins that are named, beside a database and a key to ask Stripe with") {
    const host::Environment whole{{"DB_HOST", "db"}, {"DB_NAME", "cachao"}, {"DB_USER", "app"}, {"STRIPE_WEBHOOK_SECRET", "whsec_fake"}, {"STRIPE_SECRET_KEY", "sk_fake"},
                                  {"TICKETBOTTLE_CHECKOUT_ORIGINS", "https://shop.example,http://localhost:5173"}};
    const auto with = [&whole](const char* name, const std::string& value) {
        host::Environment environment = whole;
        environment[name] = value;
        return environment;
    };
    const auto plain = good(whole).checkout;
    REQUIRE(plain.has_value());
    CHECK(plain->origins == std::vector<std::string>{"https://shop.example", "http://localhost:5173"});
    CHECK(plain->quantity_max == 10);
    CHECK(plain->session_life == 35min);
    CHECK(plain->check_in_token.empty());
    CHECK(good(with("TICKETBOTTLE_CHECKOUT_QUANTITY", "4")).checkout->quantity_max == 4);
    CHECK(good(with("TICKETBOTTLE_CHECKOUT_MINUTES", "60")).checkout->session_life == 60min);
    CHECK(good(with("TICKETBOTTLE_CHECK_IN_TOKEN", "EXAMPLE-door-token-1")).checkout->check_in_token.expose() == "EXAMPLE-door-token-1");
    CHECK_FALSE(good({}).checkout.has_value());
    CHECK_FALSE(good(with("TICKETBOTTLE_CHECKOUT_ORIGINS", "")).checkout.has_value());

    CHECK(problem(with("DB_HOST", "")).find("DB_HOST: is not set, but TICKETBOTTLE_CHECKOUT_ORIGINS is") != std::string::npos);
    CHECK(problem(with("STRIPE_SECRET_KEY", "")).starts_with("STRIPE_SECRET_KEY: is not set, but TICKETBOTTLE_CHECKOUT_ORIGINS is"));
    CHECK(problem({{"TICKETBOTTLE_CHECK_IN_TOKEN", "EXAMPLE-door-token-1"}}).starts_with("TICKETBOTTLE_CHECKOUT_ORIGINS: is not set, but TICKETBOTTLE_CHECK_IN_TOKEN is"));
    for (const char* origins : {"*", "https://shop.example/", "https://shop.example,", "https://Shop.example", "http://shop.example", "https://shop.example/events", "https://a@shop.example"})
        CHECK_MESSAGE(problem(with("TICKETBOTTLE_CHECKOUT_ORIGINS", origins)).starts_with("TICKETBOTTLE_CHECKOUT_ORIGINS: is not 1 to 32 of"), origins);
    for (const char* token : {"tiny", "with-an-\xc3\xbc-in-the-middle", "one-token-of-16,and-another-one-16"}) {
        const std::string text = problem(with("TICKETBOTTLE_CHECK_IN_TOKEN", token));
        CHECK(text.starts_with("TICKETBOTTLE_CHECK_IN_TOKEN: "));
        CHECK(text.find(token) == std::string::npos);
    }
    CHECK(problem(with("TICKETBOTTLE_CHECKOUT_QUANTITY", "0")).starts_with("TICKETBOTTLE_CHECKOUT_QUANTITY: "));
    CHECK(problem(with("TICKETBOTTLE_CHECKOUT_MINUTES", "30")).starts_with("TICKETBOTTLE_CHECKOUT_MINUTES: "));
}

TEST_CASE("Settings: another database, S3 and SES are unsupported in so many words, and no password is shown") {
    const std::pair<const char*, const char*> cases[] = {
        {"DATABASE_URL", "mariadb://app:not-a-real-password@db:5432/app"},
        {"DATABASE_URL", "mysql://app:not-a-real-password@db/app"},
        {"S3_BUCKET_TICKETS", "bucket"},
        {"SES_REGION", "ap-southeast-1"}};
    for (const auto& [name, value] : cases) {
        CAPTURE(name);
        const std::string text = problem({{name, value}}, Errc::unsupported);
        CHECK(text.starts_with(std::string(name) + ": "));
        CHECK(text.find(name[0] == 'D' ? "DB_HOST" : "this build") != std::string::npos);
        CHECK(text.find("not-a-real") == std::string::npos);
        CHECK(text.find("5432") == std::string::npos);
    }
    CHECK(problem({{"DATABASE_URL", "postgresq1://app:not-a-real-password@db/app"}}).find("not-a-real") ==
          std::string::npos);
}

TEST_CASE(
    "Settings: a misspelt TICKETBOTTLE_ name is refused with the name that was meant; others' names are left alone") {
    CHECK(problem({{"TICKETBOTTLE_LISTNE", "127.0.0.1:80"}}).find("did you mean TICKETBOTTLE_LISTEN?") !=
          std::string::npos);
    CHECK(problem({{"TICKETBOTTLE_", "x"}}).starts_with("TICKETBOTTLE_: is no setting"));
    CHECK(problem({{"TICKETBOTTLE_SOMETHING_ELSE_ENTIRELY", "not-a-real-value"}}).find("not-a-real-value") ==
          std::string::npos);
    CHECK(problem({{"TICKETBOTTLE_\x1b[31m", "x"}}).find('\x1b') == std::string::npos);
    (void)good({{"PATH", "/bin"}, {"KAFKA_SSL", "true"}, {"SOMETHING", "\xff"}});
}

TEST_CASE("Settings: all that is wrong is told at once, one a line") {
    const std::string text = problem({{"OUTBOX_BATCH_SIZE", "x"}, {"LOG_LEVEL", "x"}, {"VNPAY_TMN_CODE", "DEMO0001"}});
    CAPTURE(text);
    std::size_t lines = 1;
    for (const char c : text) lines += c == '\n' ? 1 : 0;
    CHECK(lines == 3);
    for (const char* name : {"OUTBOX_BATCH_SIZE: ", "LOG_LEVEL: ", "VNPAY_HASH_SECRET: "})
        CHECK(text.find(name) != std::string::npos);
}

TEST_CASE("Settings: no error shows a key") {
    for (const auto& [changed, ignored] : all_gateways()) {
        for (const char* suffix : {" x", ",", "\n"}) {
            Environment environment = all_gateways();
            environment[changed] += suffix;
            const auto settings = read_settings(environment);
            if (settings.has_value()) continue;
            CAPTURE(changed);
            CHECK(settings.error().detail_text().find("fake") == std::string_view::npos);
            CHECK(settings.error().detail_text().find("AAAA") == std::string_view::npos);
        }
    }
}

TEST_CASE("Settings: each gateway is asked where its API base says, over https or on this machine, and nowhere else") {
    struct Base {
        const char* name;
        std::string (*of)(const Gateways&);
        const char* otherwise;
    };
    const Base bases[] = {
        {"TICKETBOTTLE_ZALOPAY_API_BASE", [](const Gateways& g) { return g.zalopay->api_base; },
         "https://openapi.zalopay.vn"},
        {"TICKETBOTTLE_PAYOS_API_BASE", [](const Gateways& g) { return g.payos->api_base; },
         "https://api-merchant.payos.vn"},
        {"TICKETBOTTLE_VNPAY_API_BASE", [](const Gateways& g) { return g.vnpay->api_base; },
         "https://sandbox.vnpayment.vn"},
        {"TICKETBOTTLE_STRIPE_API_BASE", [](const Gateways& g) { return g.stripe->api_base; },
         "https://api.stripe.com"},
        {"TICKETBOTTLE_MOMO_API_BASE", [](const Gateways& g) { return g.momo->api_base; }, "https://payment.momo.vn"},
    };
    for (const Base& base : bases) {
        CAPTURE(base.name);
        CHECK(base.of(good(all_gateways()).gateways) == base.otherwise);
        for (const char* url : {"https://gateway.example", "https://gateway.example:8443/v9", "http://127.0.0.1:8080",
                                "http://localhost:1/x", "http://[::1]:80", "http://127.9.9.9"}) {
            Environment environment = all_gateways();
            environment[base.name] = url;
            CHECK(base.of(good(environment).gateways) == url);
        }
        for (const char* url :
             {"http://gateway.example", "gateway.example", "https://", "https://x/", "ftp://x", "https://x?y=1",
              "https://x#y", "https://user@x", "http://127.0.0.1.evil.example", "http://127.0.0.1@evil.example",
              "http://127.evil.0.1", "http://localhost.evil.example", "https://x y", "https://:443", "HTTPS://x"}) {
            CAPTURE(url);
            Environment environment = all_gateways();
            environment[base.name] = url;
            CHECK(problem(environment).starts_with(std::string(base.name) + ": "));
        }
        CHECK(problem({{base.name, "https://gateway.example"}}).find(" needs both") != std::string::npos);
    }
}

TEST_CASE("Settings: the two names of the retention must agree") {
    CHECK(good({{"RETENTION_DAYS", "14"}}).sweeper.published_retention == 14 * 24h);
    CHECK(good({{"RETENTION_DAYS", "14"}, {"OUTBOX_RETENTION_DAYS", "14"}}).sweeper.published_retention == 14 * 24h);
    CHECK(problem({{"RETENTION_DAYS", "14"}, {"OUTBOX_RETENTION_DAYS", "7"}}).starts_with("OUTBOX_RETENTION_DAYS: "));
}

TEST_CASE("Settings: docs/settings.md names every variable, and none that does not exist") {
    const std::string text = test::read_file(std::string(TKB_SOURCE_DIR) + "/docs/settings.md");
    std::set<std::string> known = {"TICKETBOTTLE_", "KAFKA_"};  // beginnings of names
    for (const host::Variable& variable : host::known_variables()) {
        CAPTURE(variable.name);
        CHECK(text.find("`" + std::string(variable.name) + "`") != std::string::npos);
        known.emplace(variable.name);
    }
    for (std::size_t begin = text.find('`'), end = 0; begin != std::string::npos; begin = text.find('`', end + 1)) {
        end = text.find('`', begin + 1);
        REQUIRE(end != std::string::npos);
        const std::string word = text.substr(begin + 1, end - begin - 1);
        const bool a_name = word.find('_') != std::string::npos &&
                            word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string::npos;
        CAPTURE(word);
        if (a_name) CHECK(known.contains(word));
    }
}

TEST_CASE("Settings: keys are wiped from the process's environment, where they stood, and other variables stay") {
    ::setenv("VNPAY_HASH_SECRET", "fake-key-to-wipe", 1);
    ::setenv("VNPAY_TMN_CODE", "DEMO0001", 1);
    const char* place = std::getenv("VNPAY_HASH_SECRET");
    CHECK(host::environment().at("VNPAY_HASH_SECRET") == "fake-key-to-wipe");
    host::wipe_environment_secrets();
    CHECK(std::getenv("VNPAY_HASH_SECRET") == nullptr);
    CHECK(place[0] == '\0');  // the C library keeps the string it was given
    CHECK(host::environment().at("VNPAY_TMN_CODE") == "DEMO0001");
    ::unsetenv("VNPAY_TMN_CODE");
}
