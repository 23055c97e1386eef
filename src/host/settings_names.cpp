// Which variables there are, which hold keys, and what a misspelt one was meant to be.

#include <openssl/crypto.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "host/settings_reader.hpp"

namespace ticketbottle::host {

namespace {

constexpr std::string_view prefix = "TICKETBOTTLE_";

const Variable* find_variable(std::string_view name) {
    const auto& known = known_variables();
    const auto found = std::ranges::find(known, name, &Variable::name);
    return found == known.end() ? nullptr : &*found;
}

/// Insertions, removals and replacements that lead from one to the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

/// The known TICKETBOTTLE_ name nearest to `name`, if it is near.
std::string_view meant(std::string_view name) {
    constexpr std::size_t near = 4;
    std::string_view best;
    std::size_t least = near + 1;
    for (const Variable& variable : known_variables()) {
        if (!variable.name.starts_with(prefix)) continue;
        if (const std::size_t d = distance(name, variable.name); d < least) {
            least = d;
            best = variable.name;
        }
    }
    return best;
}

bool is_plain_name(std::string_view name) {
    const auto plain = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return name.size() <= 100 && std::ranges::all_of(name, plain);
}

}  // namespace

const std::vector<Variable>& known_variables() {
    static const std::vector<Variable> known = {
        {"DATABASE_URL", true},  // may hold a password, when it is meant for another build
        {"DB_HOST"},
        {"DB_PORT"},
        {"DB_NAME"},
        {"DB_USER"},
        {"DB_PASSWORD", true},
        {"ZALOPAY_APP_ID"},
        {"ZALOPAY_KEY1", true},
        {"ZALOPAY_KEY2", true},
        {"PAYOS_CLIENT_ID"},
        {"PAYOS_API_KEY", true},
        {"PAYOS_CHECKSUM_KEY", true},
        {"VNPAY_TMN_CODE"},
        {"VNPAY_HASH_SECRET", true},
        {"STRIPE_SECRET_KEY", true},
        {"STRIPE_WEBHOOK_SECRET", true},
        {"STRIPE_EVENTBRIDGE_SOURCE"},
        {"STRIPE_EVENTBRIDGE_ACCOUNT"},
        {"MOMO_PARTNER_CODE"},
        {"MOMO_ACCESS_KEY", true},
        {"MOMO_SECRET_KEY", true},
        {"STANDARD_WEBHOOKS_SECRET", true},
        {"KAFKA_TOPIC_PAYMENT_COMPLETED"},
        {"KAFKA_TOPIC_PAYMENT_FAILED"},
        {"KAFKA_TOPIC_PAYMENT_CANCELLED"},
        {"KAFKA_BROKERS"},
        {"KAFKA_SSL"},
        {"KAFKA_SASL_MECHANISM"},
        {"KAFKA_SASL_USERNAME"},
        {"KAFKA_USERNAME"},
        {"KAFKA_SASL_PASSWORD", true},
        {"KAFKA_PASSWORD", true},
        {"AWS_REGION"},
        {"AWS_ACCESS_KEY_ID"},
        {"AWS_SECRET_ACCESS_KEY", true},
        {"AWS_SESSION_TOKEN", true},
        {"S3_BUCKET_TICKETS"},
        {"SES_REGION"},
        {"OUTBOX_BATCH_SIZE"},
        {"OUTBOX_MAX_RETRIES"},
        {"RETENTION_DAYS"},
        {"OUTBOX_RETENTION_DAYS"},
        {"CLOUDWATCH_NAMESPACE"},
        {"SES_FROM_EMAIL"},
        {"QR_CODE_BASE_URL"},
        {"LOG_LEVEL"},
        {"TICKETBOTTLE_KAFKA_CA"},
        {"TICKETBOTTLE_KAFKA_COMPRESSION"},
        {"TICKETBOTTLE_SNS_TOPIC_ARN"},
        {"TICKETBOTTLE_SNS_TOPIC_ARNS"},
        {"TICKETBOTTLE_SNS_ORDERING"},
        {"TICKETBOTTLE_SNS_API_BASE"},
        {"TICKETBOTTLE_DB_TLS"},
        {"TICKETBOTTLE_DB_CA"},
        {"TICKETBOTTLE_DATA"},
        {"TICKETBOTTLE_LISTEN"},
        {"TICKETBOTTLE_THREADS"},
        {"TICKETBOTTLE_INVOKE"},
        {"TICKETBOTTLE_ZONE"},
        {"TICKETBOTTLE_LANGUAGE"},
        {"TICKETBOTTLE_FONT"},
        {"TICKETBOTTLE_FONT_BOLD"},
        {"TICKETBOTTLE_BRAND"},
        {"TICKETBOTTLE_SYNCHRONOUS"},
        {"TICKETBOTTLE_OUTBOX_COUNT"},
        {"TICKETBOTTLE_LATE_SUCCESS"},
        {"TICKETBOTTLE_PAYOS_NUMBER"},
        {"TICKETBOTTLE_STRIPE_MODE"},
        {"TICKETBOTTLE_STRIPE_PARTIAL_DETAIL"},
        {"TICKETBOTTLE_MOMO_AUTHORISED"},
        {"TICKETBOTTLE_ZALOPAY_UNRELATED"},
        {"TICKETBOTTLE_ORDER_MAY_APPEAR"},
        {"TICKETBOTTLE_RECONCILE"},
        {"TICKETBOTTLE_RECONCILE_AFTER"},
        {"TICKETBOTTLE_RECONCILE_GIVE_UP"},
        {"TICKETBOTTLE_ZALOPAY_API_BASE"},
        {"TICKETBOTTLE_PAYOS_API_BASE"},
        {"TICKETBOTTLE_VNPAY_API_BASE"},
        {"TICKETBOTTLE_STRIPE_API_BASE"},
        {"TICKETBOTTLE_MOMO_API_BASE"},
        {"TICKETBOTTLE_CHECKOUT_ORIGINS"},
        {"TICKETBOTTLE_CHECKOUT_QUANTITY"},
        {"TICKETBOTTLE_CHECKOUT_MINUTES"},
        {"TICKETBOTTLE_CHECK_IN_TOKEN", true},
        {"TICKETBOTTLE_TOPIC_TICKET_ISSUED"},
        {"TICKETBOTTLE_TOPIC_ORDER_ALERTS"},
        {"TICKETBOTTLE_INBOX_RETENTION_DAYS"},
        {"TICKETBOTTLE_DEAD_RETENTION_DAYS"},
    };
    return known;
}

bool is_secret_variable(std::string_view name) noexcept {
    const Variable* variable = find_variable(name);
    return variable != nullptr && variable->secret;
}

void check_names(const Environment& environment, SettingsReader& reader) {
    for (const auto& [name, value] : environment) {
        if (!name.starts_with(prefix) || find_variable(name) != nullptr) continue;
        const std::string_view best = meant(name);
        const std::string shown = is_plain_name(name) ? name : std::string(prefix) + "...";
        if (best.empty())
            reader.problem(shown, "is no setting (docs/settings.md lists them)", "(remove it)");
        else
            reader.problem(shown, "is no setting; did you mean " + std::string(best) + "?", "(remove it)");
    }
    if (reader.has("S3_BUCKET_TICKETS"))
        reader.unsupported("S3_BUCKET_TICKETS",
                           "this build stores tickets in TICKETBOTTLE_DATA/tickets, not in S3: unset it");
    if (reader.has("SES_REGION"))
        reader.unsupported("SES_REGION",
                           "this build writes mails to TICKETBOTTLE_DATA/mail and sends none through SES: unset it");
}

Environment environment() {
    Environment all;
    for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const auto equals = text.find('=');
        if (equals != std::string_view::npos) all.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return all;
}

void wipe_environment_secrets() noexcept {
    for (const Variable& variable : known_variables()) {
        if (!variable.secret) continue;
        char* value = std::getenv(variable.name.data());  // the names are literals, so they end in NUL
        if (value == nullptr) continue;
        OPENSSL_cleanse(value, std::strlen(value));
        ::unsetenv(variable.name.data());
    }
}

}  // namespace ticketbottle::host
