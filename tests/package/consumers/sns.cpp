#include <ticketbottle/sns/sns.hpp>

int main() {
    ticketbottle::sns::Options options;
    options.region = "eu-central-1";
    options.topic_arn = "no topic's";
    const auto checked = ticketbottle::sns::check(options);  // needs no network
    return !checked.has_value() && checked.error().code == ticketbottle::Errc::invalid_argument ? 0 : 2;
}
