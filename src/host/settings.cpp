#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>
#include <ticketbottle/host/settings.hpp>
#include <ticketbottle/ports/mail_transport.hpp>

#include "host/settings_reader.hpp"

namespace ticketbottle::host {

namespace {

constexpr std::int64_t days_max = 3650;

/// Overwrites the values that are keys, whichever way the reading ends.
class Wiper {
public:
    explicit Wiper(Environment& environment) : environment_(environment) {}
    ~Wiper() {
        for (auto& [name, value] : environment_)
            if (is_secret_variable(name)) OPENSSL_cleanse(value.data(), value.size());
    }
    Wiper(const Wiper&) = delete;
    Wiper& operator=(const Wiper&) = delete;

private:
    Environment& environment_;
};

/// "127.0.0.1:8080", "[::1]:8080", ":8080" (every interface).
void read_listen(SettingsReader& reader, HttpServerOptions& http) {
    constexpr std::string_view name = "TICKETBOTTLE_LISTEN";
    constexpr std::string_view example = "127.0.0.1:8080";
    const std::string* value = reader.find(name);
    if (value == nullptr) return;
    const auto colon = value->rfind(':');
    std::uint16_t port = 0;
    const char* const end = value->data() + value->size();
    const char* const digits = colon == std::string::npos ? end : value->data() + colon + 1;
    const auto [stopped, error] = std::from_chars(digits, end, port);
    std::string address = colon == std::string::npos ? "" : value->substr(0, colon);
    if (address.empty()) address = "0.0.0.0";
    if (address.front() == '[' && address.back() == ']') address = address.substr(1, address.size() - 2);
    const auto plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' || c == ':';
    };
    if (colon == std::string::npos || digits == end || error != std::errc() || stopped != end || address.empty() ||
        !std::ranges::all_of(address, plain))
        return reader.problem(name, "is not an IP address, a colon and a port (0 for a free one)", example);
    http.address = address;
    http.port = port;
}

void read_days(SettingsReader& reader, std::string_view name, std::chrono::hours& into) {
    if (const auto days = reader.number(name, 1, days_max, "7")) into = std::chrono::hours(*days * 24);
}

void read_retention(SettingsReader& reader, outbox::SweeperOptions& sweeper) {
    if (reader.has("RETENTION_DAYS") && reader.has("OUTBOX_RETENTION_DAYS") &&
        *reader.find("RETENTION_DAYS") != *reader.find("OUTBOX_RETENTION_DAYS"))
        reader.problem("OUTBOX_RETENTION_DAYS", "is not what RETENTION_DAYS says; they mean the same, so set one", "7");
    read_days(reader, "OUTBOX_RETENTION_DAYS", sweeper.published_retention);
    read_days(reader, "RETENTION_DAYS", sweeper.published_retention);
    read_days(reader, "TICKETBOTTLE_INBOX_RETENTION_DAYS", sweeper.inbox_retention);
    if (reader.has("TICKETBOTTLE_DEAD_RETENTION_DAYS")) {
        sweeper.dead_retention.emplace();
        read_days(reader, "TICKETBOTTLE_DEAD_RETENTION_DAYS", *sweeper.dead_retention);
    }
}

void read_relay(SettingsReader& reader, outbox::RelayOptions& relay) {
    if (const auto rows = reader.number("OUTBOX_BATCH_SIZE", 1, 1000, "100"))
        relay.batch_rows_max = static_cast<std::uint32_t>(*rows);
    if (const auto tries = reader.number("OUTBOX_MAX_RETRIES", 1, 1000, "5"))
        relay.attempts_max = static_cast<std::uint32_t>(*tries);
    reader.topic("KAFKA_TOPIC_PAYMENT_COMPLETED", "payment.completed", relay.messages.topics["PAYMENT_COMPLETED"]);
    reader.topic("KAFKA_TOPIC_PAYMENT_FAILED", "payment.failed", relay.messages.topics["PAYMENT_FAILED"]);
    reader.topic("KAFKA_TOPIC_PAYMENT_CANCELLED", "payment.cancelled", relay.messages.topics["PAYMENT_CANCELLED"]);
    std::string alerts = relay.messages.topics["ORDER_OVERSOLD"];
    reader.topic("TICKETBOTTLE_TOPIC_ORDER_ALERTS", "order.alerts", alerts);
    relay.messages.topics["ORDER_OVERSOLD"] = relay.messages.topics["DISCOUNT_CODE_EXCEEDED"] = alerts;
}

/// `address` or `Name <address>`.
void read_mail_from(SettingsReader& reader, TicketSettings& tickets) {
    constexpr std::string_view name = "SES_FROM_EMAIL";
    constexpr std::string_view example = "tickets@example.com";
    std::string text;
    reader.text(name, example, text);
    if (text.empty()) return;
    std::string address = text;
    std::string display;
    if (const auto open = text.find('<'); open != std::string::npos && text.back() == '>') {
        address = text.substr(open + 1, text.size() - open - 2);
        display = text.substr(0, text.find_last_not_of(' ', open == 0 ? 0 : open - 1) + 1);
        if (open == 0) display.clear();
    }
    if (!check_address(address).has_value()) return reader.problem(name, "is not a mail address", example);
    tickets.mail_from = address;
    tickets.mail_from_name = display;
}

void read_qr_base_url(SettingsReader& reader, std::string& url) {
    constexpr std::string_view name = "QR_CODE_BASE_URL";
    reader.text(name, "https://example.com/check-in", url);
    const auto printable = [](char c) { return c > 0x20 && c < 0x7f && c != '#'; };
    if (!url.empty() &&
        (!(url.starts_with("https://") || url.starts_with("http://")) || !std::ranges::all_of(url, printable))) {
        reader.problem(name, "is not an http or https URL in printable ASCII without a fragment",
                       "https://example.com/check-in");
        url.clear();
    }
}

void read_tickets(SettingsReader& reader, TicketSettings& tickets) {
    read_mail_from(reader, tickets);
    read_qr_base_url(reader, tickets.qr_base_url);
    reader.text("TICKETBOTTLE_ZONE", "Asia/Ho_Chi_Minh", tickets.zone);
    if (!Zone::load(tickets.zone).has_value())
        reader.problem("TICKETBOTTLE_ZONE", "is no zone of this system's time zone database", "Asia/Ho_Chi_Minh");
    if (reader.has("TICKETBOTTLE_LANGUAGE")) {
        tickets.language = Language::vi;
        reader.choice<Language>("TICKETBOTTLE_LANGUAGE", {{"vi", Language::vi}, {"en", Language::en}},
                                *tickets.language);
    }
    reader.text("TICKETBOTTLE_FONT", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", tickets.font);
    reader.text("TICKETBOTTLE_FONT_BOLD", "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf", tickets.font_bold);
    (void)reader.whole("a font of your own", {"TICKETBOTTLE_FONT"}, {"TICKETBOTTLE_FONT_BOLD"});
    reader.text("TICKETBOTTLE_BRAND", "TicketBottle", tickets.brand);
}

void read_webhook(SettingsReader& reader, WebhookOptions& webhook) {
    reader.choice<LateSuccess>("TICKETBOTTLE_LATE_SUCCESS",
                               {{"hold", LateSuccess::hold}, {"reopen", LateSuccess::reopen}},
                               webhook.processor.late_success);
    reader.choice<PayosNumber>("TICKETBOTTLE_PAYOS_NUMBER",
                               {{"dated_base36", PayosNumber::dated_base36},
                                {"digits", PayosNumber::digits},
                                {"unknown", PayosNumber::unknown}},
                               webhook.processor.payos_number);
    reader.choice<ZaloPayUnrelated>("TICKETBOTTLE_ZALOPAY_UNRELATED",
                                    {{"accept", ZaloPayUnrelated::accept}, {"refuse", ZaloPayUnrelated::refuse}},
                                    webhook.reply.zalopay_unrelated);
    if (const auto seconds = reader.number("TICKETBOTTLE_ORDER_MAY_APPEAR", 0, 86400, "60"))
        webhook.order_may_appear_for = std::chrono::seconds(*seconds);
}

void read_process(SettingsReader& reader, Settings& settings) {
    read_listen(reader, settings.http);
    // On PostgreSQL and MariaDB callbacks that wait for one another share a transaction: threads cost no connection there.
    if (!settings.postgres.empty() || settings.mariadb) settings.http.threads = 16;
    if (const auto threads = reader.number("TICKETBOTTLE_THREADS", 1, 256, "8"))
        settings.http.threads = static_cast<std::uint32_t>(*threads);
    reader.choice<Invocations>("TICKETBOTTLE_INVOKE", {{"off", Invocations::refuse}, {"on", Invocations::accept}},
                               settings.invocations);
    reader.choice<OutboxCount>("TICKETBOTTLE_OUTBOX_COUNT", {{"exact", OutboxCount::exact}, {"estimate", OutboxCount::estimate}},
                               settings.outbox_count);
    reader.choice<Durability>("TICKETBOTTLE_SYNCHRONOUS", {{"full", Durability::full}, {"normal", Durability::normal}},
                              settings.durability);
    reader.choice<Severity>("LOG_LEVEL",
                            {{"info", Severity::info},
                             {"debug", Severity::debug},
                             {"warn", Severity::warning},
                             {"warning", Severity::warning},
                             {"error", Severity::error},
                             {"alert", Severity::alert}},
                            settings.log_level);
    reader.text("CLOUDWATCH_NAMESPACE", "TicketBottle/Outbox", settings.cloudwatch_namespace);
    reader.topic("TICKETBOTTLE_TOPIC_TICKET_ISSUED", "ticket.issued", settings.ticket_topic);
}

}  // namespace

Result<Settings> read_settings(Environment environment) {
    const Wiper wiper(environment);
    SettingsReader reader(environment);
    Settings settings;
    check_names(environment, reader);
    reader.text("TICKETBOTTLE_DATA", "/var/lib/ticketbottle", settings.data);
    read_database(reader, settings);
    read_gateways(reader, settings.gateways);
    read_checkout(reader, settings);
    read_process(reader, settings);
    read_webhook(reader, settings.webhook);
    read_relay(reader, settings.relay);
    settings.relay.messages.topics["TICKET_ISSUED"] = settings.ticket_topic;  // which others write into the outbox
    read_kafka(reader, settings);
    read_sns(reader, settings);
    read_retention(reader, settings.sweeper);
    read_reconcile(reader, settings);
    read_tickets(reader, settings.tickets);
    if (auto problems = reader.problems()) return *problems;
    return settings;
}

}  // namespace ticketbottle::host
