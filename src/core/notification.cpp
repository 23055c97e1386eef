#include <array>
#include <ticketbottle/core/notification.hpp>

namespace ticketbottle {

namespace {

constexpr std::array<Gateway, gateway_count> gateways = {Gateway::zalopay,
                                                         Gateway::payos,
                                                         Gateway::vnpay,
                                                         Gateway::stripe,
                                                         Gateway::stripe_eventbridge,
                                                         Gateway::momo,
                                                         Gateway::standard_webhooks};

}  // namespace

std::string_view to_string(Gateway gateway) noexcept {
    switch (gateway) {
        case Gateway::zalopay:
            return "zalopay";
        case Gateway::payos:
            return "payos";
        case Gateway::vnpay:
            return "vnpay";
        case Gateway::stripe:
            return "stripe";
        case Gateway::stripe_eventbridge:
            return "stripe-eventbridge";
        case Gateway::momo:
            return "momo";
        case Gateway::standard_webhooks:
            return "standard-webhooks";
    }
    return "unknown";
}

Result<Gateway> parse_gateway(std::string_view name) {
    std::string known;
    for (const Gateway gateway : gateways) {
        if (to_string(gateway) == name) return gateway;
        if (!known.empty()) known += ", ";
        known += to_string(gateway);
    }
    return fail(Errc::invalid_argument, "core.parse_gateway", "unknown gateway; known are " + known);
}

std::string_view to_string(NotifiedStatus status) noexcept {
    switch (status) {
        case NotifiedStatus::succeeded:
            return "succeeded";
        case NotifiedStatus::failed:
            return "failed";
        case NotifiedStatus::cancelled:
            return "cancelled";
        case NotifiedStatus::pending:
            return "pending";
        case NotifiedStatus::ignored:
            return "ignored";
    }
    return "unknown";
}

}  // namespace ticketbottle
