#include <algorithm>
#include <ticketbottle/payment/rules.hpp>
#include <ticketbottle/reconcile/question.hpp>

#include "core/json.hpp"
#include "payment/names.hpp"

namespace ticketbottle::reconcile {

namespace {

constexpr std::size_t zalopay_date_digits = 6;
constexpr std::size_t create_date_digits = 14;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool all_digits(std::string_view text) noexcept { return !text.empty() && std::ranges::all_of(text, is_digit); }

/// yyMMdd_<anything>
bool is_app_trans_id(std::string_view name) noexcept {
    return name.size() > zalopay_date_digits + 1 && all_digits(name.substr(0, zalopay_date_digits)) &&
           name[zalopay_date_digits] == '_';
}

/// metadata's vnp_CreateDate, "20251213084640" in GMT+7.
std::optional<TimePoint> kept_create_date(const std::string& metadata) {
    if (metadata.empty()) return std::nullopt;
    const auto document = json::parse(metadata, {.bytes_max = payment::payment_metadata_bytes_max, .depth_max = 64});
    if (!document.has_value()) return std::nullopt;
    const std::string_view digits = document->root()["vnp_CreateDate"].text();
    if (digits.size() != create_date_digits || !all_digits(digits)) return std::nullopt;
    const auto part = [digits](std::size_t begin, std::size_t size) { return std::string(digits.substr(begin, size)); };
    const auto time = parse_iso8601(part(0, 4) + "-" + part(4, 2) + "-" + part(6, 2) + "T" + part(8, 2) + ":" +
                                    part(10, 2) + ":" + part(12, 2) + "+07:00");
    return time.has_value() ? std::optional(*time) : std::nullopt;
}

QueryTarget by_order(std::string_view order_id, TimePoint created_at) {
    QueryTarget target;
    target.order_id = order_id;
    target.created_at = created_at;
    return target;
}

QueryTarget by_link(std::string_view link_id, TimePoint created_at) {
    QueryTarget target;
    target.link_id = link_id;
    target.created_at = created_at;
    return target;
}

std::vector<QueryTarget> targets_of(const Payment& payment, Gateway gateway) {
    const std::string& name = payment.provider_transaction_id;
    const TimePoint created_at = payment.created_at;
    switch (gateway) {
        case Gateway::zalopay:
            if (is_app_trans_id(name)) return {by_order(name, created_at)};
            return {};
        case Gateway::payos:
            return {all_digits(name) ? by_order(name, created_at) : by_link(name, created_at)};
        case Gateway::stripe:
        case Gateway::stripe_eventbridge:
            return {by_link(name, created_at)};
        case Gateway::vnpay:
        case Gateway::momo: {
            const TimePoint asked_at =
                gateway == Gateway::vnpay ? kept_create_date(payment.metadata).value_or(created_at) : created_at;
            std::vector<QueryTarget> targets{by_order(name, asked_at)};
            if (payment.order_code != name) targets.push_back(by_order(payment.order_code, asked_at));
            return targets;
        }
        case Gateway::standard_webhooks:
            break;
    }
    return {};
}

/// Would the gateway's own builder take it?
bool is_askable(const Gateways& gateways, Gateway gateway, QueryTarget target) {
    target.request_id = "0";
    return query(gateways, gateway, target, target.created_at).has_value();
}

}  // namespace

std::optional<Gateway> gateway_of(std::string_view provider) {
    const std::string name = payment::folded_provider(provider);
    for (std::size_t i = 0; i < gateway_count; ++i) {
        const auto gateway = static_cast<Gateway>(i);
        if (payment::folded_provider(to_string(gateway)) == name) return gateway;
    }
    return std::nullopt;
}

bool can_ask(const Gateways& gateways, Gateway gateway) noexcept {
    switch (gateway) {
        case Gateway::zalopay:
            return gateways.zalopay && !gateways.zalopay->key1.empty();
        case Gateway::payos:
            return gateways.payos && !gateways.payos->client_id.empty() && !gateways.payos->api_key.empty();
        case Gateway::vnpay:
            return gateways.vnpay.has_value();
        case Gateway::stripe:
        case Gateway::stripe_eventbridge:
            return gateways.stripe && !gateways.stripe->api_key.empty();
        case Gateway::momo:
            return gateways.momo.has_value();
        case Gateway::standard_webhooks:
            break;
    }
    return false;
}

std::string_view to_string(Unaskable why) noexcept {
    switch (why) {
        case Unaskable::unknown_provider:
            return "unknown_provider";
        case Unaskable::no_query:
            return "no_query";
        case Unaskable::no_keys:
            return "no_keys";
        case Unaskable::no_name:
            return "no_name";
    }
    return "unknown";
}

void throw_exception_from_error(Unaskable why, const boost::source_location&) {
    throw BadResultAccess("cannot be asked: " + std::string(to_string(why)));
}

Result<Question, Unaskable> question_for(const Payment& payment, const Gateways& gateways) {
    const auto gateway = gateway_of(payment.provider);
    if (!gateway) return Unaskable::unknown_provider;
    if (*gateway == Gateway::standard_webhooks) return Unaskable::no_query;
    if (!can_ask(gateways, *gateway)) return Unaskable::no_keys;
    Question question{*gateway, targets_of(payment, *gateway)};
    std::erase_if(question.targets, [&](const QueryTarget& target) { return !is_askable(gateways, *gateway, target); });
    if (question.targets.empty()) return Unaskable::no_name;
    return question;
}

}  // namespace ticketbottle::reconcile
