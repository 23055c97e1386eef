#include <algorithm>
#include <array>
#include <optional>
#include <ticketbottle/sns/sns.hpp>

#include "core/format.hpp"
#include "sns/topic_arn.hpp"

namespace ticketbottle::sns {

namespace {

constexpr std::string_view operation = "sns.options";
constexpr std::size_t name_bytes_max = 256;
constexpr std::size_t endpoint_bytes_max = 200;

[[nodiscard]] bool is_name_character(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

[[nodiscard]] Error refuse(std::string_view option, std::string_view what) {
    return fail(Errc::invalid_argument, operation, formatted("{}: {}", option, what));
}

[[nodiscard]] Result<void> check_topic(std::string_view option, std::string_view arn, const Options& options) {
    if (!is_topic_arn(arn, options.region))
        return refuse(option,
                      formatted("is not a topic of region {}, for example arn:aws:sns:{}:123456789012:payments.fifo",
                                options.region, options.region));
    if (options.ordering == Ordering::fifo && !is_fifo(arn))
        return refuse(option, "is not a FIFO topic: a standard one keeps no order");
    return {};
}

[[nodiscard]] Result<void> check_endpoint(std::string_view endpoint) {
    if (endpoint.empty()) return {};
    const bool plain = std::all_of(endpoint.begin(), endpoint.end(),
                                   [](char c) { return c > ' ' && c <= '~' && c != '?' && c != '#' && c != '@'; });
    if (!plain || endpoint.size() > endpoint_bytes_max || endpoint.ends_with('/') ||
        (!endpoint.starts_with("https://") && !endpoint.starts_with("http://")))
        return refuse("endpoint",
                      "is not a URL without a slash at its end, for example https://sns.eu-central-1.amazonaws.com");
    return {};
}

}  // namespace

bool is_topic_arn(std::string_view arn, std::string_view region) noexcept {
    std::array<std::string_view, 6> parts;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto colon = i + 1 < parts.size() ? arn.find(':') : std::string_view::npos;
        parts[i] = arn.substr(0, colon);
        if (colon == std::string_view::npos && i + 1 < parts.size()) return false;
        arn.remove_prefix(colon == std::string_view::npos ? arn.size() : colon + 1);
    }
    std::string_view name = parts[5];
    const bool short_enough = name.size() <= name_bytes_max;
    if (is_fifo(name)) name.remove_suffix(5);
    const auto digits = [](std::string_view text) {
        return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    };
    return parts[0] == "arn" && (parts[1] == "aws" || parts[1] == "aws-cn" || parts[1] == "aws-us-gov") &&
           parts[2] == "sns" && parts[3] == region && parts[4].size() == 12 && digits(parts[4]) && short_enough &&
           !name.empty() && std::all_of(name.begin(), name.end(), is_name_character);
}

Result<void> check(const Options& options) {
    if (auto checked = aws::check(options.credentials, {options.region, "sns"}, operation); !checked.has_value())
        return checked;
    if (auto checked = check_endpoint(options.endpoint); !checked.has_value()) return checked;
    if (options.ordering != Ordering::fifo && options.ordering != Ordering::may_lose)
        return refuse("ordering", "is neither fifo nor may_lose");
    if (options.topic_arn.empty() && options.topic_arns.empty())
        return refuse("topic_arn", "is not set, and topic_arns is empty");
    if (!options.topic_arn.empty()) {
        if (auto checked = check_topic("topic_arn", options.topic_arn, options); !checked.has_value()) return checked;
    }
    for (const auto& [topic, arn] : options.topic_arns) {
        if (!is_topic_name(topic))
            return refuse("topic_arns", "a topic is not 1 to 249 letters, digits, '.', '_' or '-'");
        if (auto checked = check_topic(formatted("topic_arns[{}]", topic), arn, options); !checked.has_value())
            return checked;
    }
    return {};
}

}  // namespace ticketbottle::sns
