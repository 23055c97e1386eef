#include "payment/names.hpp"

#include <algorithm>
#include <charconv>

namespace ticketbottle::payment {
namespace {

constexpr std::int64_t suffix_range = 100'000'000;  // the date stands above eight digits; five base-36 characters take at most eight

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::optional<std::int64_t> base36(char c) noexcept {
    if (is_digit(c)) return c - '0';
    if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
    if (c >= 'a' && c <= 'z') return c - 'a' + 10;
    return std::nullopt;
}

/// TB-<anything>-yyyymmdd-<letters and digits, five or more>.
std::optional<std::int64_t> dated_base36(std::string_view order_code) {
    constexpr std::string_view prefix = "TB-";
    constexpr std::size_t date_digits = 8;
    constexpr std::size_t used_characters = 5;
    const std::size_t dash = order_code.rfind('-');
    if (!order_code.starts_with(prefix) || dash == std::string_view::npos || dash < prefix.size() + date_digits) return std::nullopt;
    const std::string_view date = order_code.substr(dash - date_digits, date_digits);
    if (order_code[dash - date_digits - 1] != '-') return std::nullopt;
    const auto day = parse_number(date);
    const std::string_view suffix = order_code.substr(dash + 1);
    const bool plain = std::ranges::all_of(suffix, [](char c) { return base36(c).has_value(); });
    if (!day || date.front() == '0' || suffix.size() < used_characters || !plain) return std::nullopt;
    std::int64_t low = 0;
    for (const char c : suffix.substr(suffix.size() - used_characters)) low = low * 36 + *base36(c);
    return *day * suffix_range + low;
}

void add(std::vector<std::string>& names, std::string_view name) {
    if (!name.empty() && std::ranges::find(names, name) == names.end()) names.emplace_back(name);
}

}  // namespace

std::optional<std::int64_t> parse_number(std::string_view digits) noexcept {
    if (digits.empty() || !std::ranges::all_of(digits, is_digit)) return std::nullopt;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc() && end == digits.data() + digits.size() ? std::optional(number) : std::nullopt;
}

std::string folded_provider(std::string_view name) {
    std::string folded;
    for (const char c : name) {
        if (c == '-' || c == '_') continue;
        folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return folded;
}

bool is_provider(std::string_view provider, Gateway gateway) {
    const std::string folded = folded_provider(provider);
    return folded == folded_provider(to_string(inbox_gateway(gateway))) || folded == folded_provider(to_string(gateway));
}

Gateway inbox_gateway(Gateway gateway) noexcept { return gateway == Gateway::stripe_eventbridge ? Gateway::stripe : gateway; }

std::optional<std::int64_t> payos_number(std::string_view order_code, PayosNumber rule) {
    switch (rule) {
        case PayosNumber::dated_base36:
            return dated_base36(order_code);
        case PayosNumber::digits:
            return parse_number(order_code);
        case PayosNumber::unknown:
            break;
    }
    return std::nullopt;
}

PaymentLookup lookup_of(const PaymentNotification& notification) {
    PaymentLookup lookup;
    if (notification.status == NotifiedStatus::ignored) return lookup;
    const std::string_view order_id = notification.order_id;
    switch (notification.gateway) {
        case Gateway::zalopay:
            add(lookup.provider_transaction_ids, order_id);
            if (const std::size_t mark = order_id.find('_'); mark != std::string_view::npos)
                add(lookup.order_codes, order_id.substr(mark + 1));
            break;
        case Gateway::payos:
            add(lookup.provider_transaction_ids, notification.link_id);
            add(lookup.provider_transaction_ids, order_id);
            break;
        case Gateway::stripe:
        case Gateway::stripe_eventbridge:
            add(lookup.provider_transaction_ids, order_id.empty() ? std::string_view(notification.link_id) : order_id);
            add(lookup.order_codes, order_id);
            break;
        case Gateway::vnpay:
        case Gateway::momo:
        case Gateway::standard_webhooks:
            add(lookup.provider_transaction_ids, order_id);
            add(lookup.order_codes, order_id);
            break;
    }
    return lookup;
}

}  // namespace ticketbottle::payment
