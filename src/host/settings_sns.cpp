// Where events go in Amazon SNS, and as whom. AWS's own names where there are some.

#include <ticketbottle/ports/message_transport.hpp>

#include "host/settings_reader.hpp"

namespace ticketbottle::host {

namespace {

constexpr std::string_view arn_example = "arn:aws:sns:eu-central-1:123456789012:payments.fifo";
constexpr std::string_view arns_example = "payment.completed=arn:aws:sns:eu-central-1:123456789012:completed.fifo";
constexpr std::size_t topics_max = 100;
constexpr std::size_t token_bytes_max = 8192;  // AWS sets no limit; they have a kilobyte or two

/// "topic=arn,topic=arn"; the SNS component looks at the ARNs.
void read_topic_arns(SettingsReader& reader, SnsSettings& sns) {
    std::string text;
    reader.text("TICKETBOTTLE_SNS_TOPIC_ARNS", arns_example, text);
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, rest.find(','));
        rest.remove_prefix(pair.size() + (pair.size() < rest.size() ? 1 : 0));
        const auto equals = pair.find('=');
        const std::string_view topic = pair.substr(0, equals);
        if (equals == std::string_view::npos || !is_topic_name(topic) || sns.topic_arns.size() == topics_max ||
            !sns.topic_arns.emplace(topic, pair.substr(equals + 1)).second)
            return reader.problem("TICKETBOTTLE_SNS_TOPIC_ARNS",
                                  "is not 1 to 100 of topic=ARN, each topic once, separated by commas", arns_example);
    }
}

/// A token is longer than the keys that are read elsewhere.
Secret read_token(SettingsReader& reader) {
    const std::string* token = reader.find("AWS_SESSION_TOKEN");
    if (token == nullptr) return {};
    if (token->size() <= token_bytes_max) return Secret(*token);
    reader.problem("AWS_SESSION_TOKEN", "is longer than 8192 bytes", "<token of temporary credentials>");
    return {};
}

void read_credentials(SettingsReader& reader, SnsSettings& sns) {
    if (!reader.has("AWS_REGION") && !reader.has("AWS_ACCESS_KEY_ID") && !reader.has("AWS_SECRET_ACCESS_KEY"))
        return reader.problem(
            "AWS_REGION",
            "is not set, nor are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, but events go to Amazon SNS",
            "eu-central-1");
    if (!reader.whole("Amazon SNS", {"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"})) return;
    reader.text("AWS_REGION", "eu-central-1", sns.region);
    reader.text("AWS_ACCESS_KEY_ID", "<id of an access key>", sns.access_key_id);
    sns.secret_access_key = reader.key("AWS_SECRET_ACCESS_KEY", "<that key>");
    sns.session_token = read_token(reader);
}

}  // namespace

void read_sns(SettingsReader& reader, Settings& settings) {
    if (!reader.has("TICKETBOTTLE_SNS_TOPIC_ARN") && !reader.has("TICKETBOTTLE_SNS_TOPIC_ARNS")) {
        for (const std::string_view name : {"TICKETBOTTLE_SNS_ORDERING", "TICKETBOTTLE_SNS_API_BASE"}) {
            if (reader.has(name))
                reader.problem("TICKETBOTTLE_SNS_TOPIC_ARN", "is not set, but " + std::string(name) + " is",
                               arn_example);
        }
        return;
    }
    if (reader.has("KAFKA_BROKERS"))
        reader.problem("TICKETBOTTLE_SNS_TOPIC_ARN or TICKETBOTTLE_SNS_TOPIC_ARNS",
                       "is set, and so is KAFKA_BROKERS: events go to one place", "(unset one)");
    SnsSettings sns;
    reader.text("TICKETBOTTLE_SNS_TOPIC_ARN", arn_example, sns.topic_arn);
    read_topic_arns(reader, sns);
    reader.choice<SnsOrdering>("TICKETBOTTLE_SNS_ORDERING",
                               {{"fifo", SnsOrdering::fifo}, {"may_lose", SnsOrdering::may_lose}}, sns.ordering);
    read_api_base(reader, "TICKETBOTTLE_SNS_API_BASE", "https://sns.eu-central-1.amazonaws.com", sns.api_base);
    read_credentials(reader, sns);
    settings.sns = std::move(sns);
}

}  // namespace ticketbottle::host
