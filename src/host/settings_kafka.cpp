// Where the Kafka brokers are, and how they are spoken to. The names are the deployed services'.

#include <algorithm>

#include "host/settings_reader.hpp"

namespace ticketbottle::host {

namespace {

constexpr std::size_t brokers_max = 100;
constexpr std::size_t account_bytes_max = 1024;
constexpr std::string_view brokers_example = "b-1.example.com:9096,b-2.example.com:9096";

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// Host, and perhaps a port; the Kafka component looks closer.
bool may_be_broker(std::string_view text) {
    const auto plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view(".-_:[]").find(c) != std::string_view::npos;
    };
    return !text.empty() && std::ranges::all_of(text, plain);
}

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

void read_brokers(SettingsReader& reader, std::vector<std::string>& brokers) {
    std::string_view rest = *reader.find("KAFKA_BROKERS");
    for (bool more = true; more;) {
        const auto comma = rest.find(',');
        const std::string_view broker = trimmed(rest.substr(0, comma));
        more = comma != std::string_view::npos;
        if (more) rest.remove_prefix(comma + 1);
        if (!may_be_broker(broker) || brokers.size() == brokers_max)
            return reader.problem("KAFKA_BROKERS", "is not 1 to 100 of host:port, without a scheme, separated by commas", brokers_example);
        brokers.emplace_back(broker);
    }
}

/// The one of two names that is set; both are the same thing, so they may not differ. "": neither.
std::string_view one_of(SettingsReader& reader, std::string_view name, std::string_view other, std::string_view example) {
    if (reader.has(name) && reader.has(other) && *reader.find(name) != *reader.find(other)) {
        reader.problem(other, "is not what " + std::string(name) + " says; they mean the same, so set one", example);
        return {};
    }
    return reader.has(name) ? name : reader.has(other) ? other : std::string_view();
}

/// Also a comma may stand in these, and a space.
bool is_account_text(std::string_view text) { return text.size() <= account_bytes_max && !std::ranges::any_of(text, is_control); }

void read_account(SettingsReader& reader, KafkaSettings& kafka) {
    constexpr std::string_view user_example = "relay";
    constexpr std::string_view password_example = "<password of that account>";
    const std::string_view user = one_of(reader, "KAFKA_SASL_USERNAME", "KAFKA_USERNAME", user_example);
    const std::string_view password = one_of(reader, "KAFKA_SASL_PASSWORD", "KAFKA_PASSWORD", password_example);
    if (user.empty() != password.empty()) {
        const std::string_view present = user.empty() ? password : user;
        return reader.problem(user.empty() ? "KAFKA_SASL_USERNAME" : "KAFKA_SASL_PASSWORD",
                              "is not set, but " + std::string(present) + " is: an account needs both",
                              user.empty() ? user_example : password_example);
    }
    if (user.empty()) {
        if (reader.has("KAFKA_SASL_MECHANISM"))
            reader.problem("KAFKA_SASL_USERNAME", "is not set, but KAFKA_SASL_MECHANISM is: an account needs both", user_example);
        return;
    }
    kafka.sasl = KafkaSasl::scram_sha_256;
    reader.choice<KafkaSasl>("KAFKA_SASL_MECHANISM",
                             {{"scram-sha-256", KafkaSasl::scram_sha_256}, {"scram-sha-512", KafkaSasl::scram_sha_512}, {"plain", KafkaSasl::plain}},
                             kafka.sasl);
    for (const std::string_view name : {user, password}) {
        if (!is_account_text(*reader.find(name)))
            reader.problem(name, "is longer than 1024 bytes or holds a control character", name == user ? user_example : password_example);
    }
    kafka.username = *reader.find(user);
    kafka.password = Secret(*reader.find(password));
    if (kafka.sasl == KafkaSasl::plain && kafka.security != KafkaSecurity::tls)
        reader.problem("KAFKA_SSL", "is not true, but KAFKA_SASL_MECHANISM is plain, which shows the password to whoever listens", "true");
}

}  // namespace

void read_kafka(SettingsReader& reader, Settings& settings) {
    if (!reader.has("KAFKA_BROKERS")) {
        for (const std::string_view name : {"TICKETBOTTLE_KAFKA_CA", "TICKETBOTTLE_KAFKA_COMPRESSION"}) {
            if (reader.has(name)) reader.problem("KAFKA_BROKERS", "is not set, but " + std::string(name) + " is", brokers_example);
        }
        return;
    }
    KafkaSettings kafka;
    read_brokers(reader, kafka.brokers);
    reader.choice<KafkaSecurity>("KAFKA_SSL",
                                 {{"true", KafkaSecurity::tls},
                                  {"false", KafkaSecurity::plaintext},
                                  {"on", KafkaSecurity::tls},
                                  {"off", KafkaSecurity::plaintext},
                                  {"1", KafkaSecurity::tls},
                                  {"0", KafkaSecurity::plaintext},
                                  {"yes", KafkaSecurity::tls},
                                  {"no", KafkaSecurity::plaintext}},
                                 kafka.security);
    read_account(reader, kafka);
    reader.text("TICKETBOTTLE_KAFKA_CA", "/etc/ssl/kafka-ca.pem", kafka.ca_file);
    if (!kafka.ca_file.empty() && kafka.security != KafkaSecurity::tls)
        reader.problem("KAFKA_SSL", "is not true, but TICKETBOTTLE_KAFKA_CA is set", "true");
    reader.choice<KafkaCompression>("TICKETBOTTLE_KAFKA_COMPRESSION",
                                    {{"none", KafkaCompression::none},
                                     {"gzip", KafkaCompression::gzip},
                                     {"lz4", KafkaCompression::lz4},
                                     {"snappy", KafkaCompression::snappy},
                                     {"zstd", KafkaCompression::zstd}},
                                    kafka.compression);
    settings.kafka = std::move(kafka);
}

}  // namespace ticketbottle::host
