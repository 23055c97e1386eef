#include <ticketbottle/ports/message_transport.hpp>

namespace ticketbottle {

bool is_topic_name(std::string_view topic) noexcept {
    constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    return !topic.empty() && topic.size() <= topic_bytes_max && topic != "." && topic != ".." &&
           topic.find_first_not_of(allowed) == std::string_view::npos;
}

Result<void> check_message(const Message& message, std::size_t value_bytes_max) {
    const auto refuse = [](std::string rule) { return fail(Errc::malformed, "message.check", std::move(rule)); };
    if (!is_topic_name(message.topic)) return refuse("a topic has 1 to 249 letters, digits, '.', '_' and '-', and is not \".\" or \"..\"");
    if (message.value.size() > value_bytes_max) {
        return refuse("the value has " + std::to_string(message.value.size()) + " bytes, over the limit of " +
                      std::to_string(value_bytes_max));
    }
    std::size_t envelope = message.key.size();
    for (const MessageHeader& header : message.headers) envelope += header.name.size() + header.value.size() + 1;
    if (envelope > message_envelope_bytes_max) return refuse("key and headers are over 64 KiB together");
    return {};
}

}  // namespace ticketbottle
