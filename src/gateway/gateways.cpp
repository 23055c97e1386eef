// Each verb, by Gateway.

#include <ticketbottle/gateway/gateways.hpp>

#include "gateway/event_origin.hpp"
#include "gateway/fields.hpp"

namespace ticketbottle {

namespace {

[[nodiscard]] Rejection not_configured(Gateway gateway) {
    return gateway::reject(Reason::config_error, to_string(gateway), "not configured");
}

[[nodiscard]] Error not_configured(Gateway gateway, std::string_view operation) {
    return fail(Errc::invalid_argument, operation, std::string(to_string(gateway)) + " is not configured");
}

}  // namespace

Verdict verify(const Gateways& gateways, Gateway gateway, const Request& request, TimePoint now) {
    switch (gateway) {
        case Gateway::zalopay:
            return gateways.zalopay ? zalopay::verify(request, *gateways.zalopay) : not_configured(gateway);
        case Gateway::payos:
            return gateways.payos ? payos::verify(request, *gateways.payos) : not_configured(gateway);
        case Gateway::vnpay:
            return gateways.vnpay ? vnpay::verify(request, *gateways.vnpay) : not_configured(gateway);
        case Gateway::stripe:
            return gateways.stripe ? stripe::verify(request, *gateways.stripe, now) : not_configured(gateway);
        case Gateway::stripe_eventbridge:
            if (!gateways.stripe_eventbridge) {
                return not_configured(gateway);
            }
            if (!gateway::came_without_http(request)) {
                return gateway::reject(Reason::untrusted_source, "request",
                                       "an EventBridge envelope that came over HTTP");
            }
            return stripe::verify_event_bridge(request, *gateways.stripe_eventbridge);
        case Gateway::momo:
            return gateways.momo ? momo::verify(request, *gateways.momo) : not_configured(gateway);
        case Gateway::standard_webhooks:
            return gateways.standard_webhooks ? standard_webhooks::verify(request, *gateways.standard_webhooks, now)
                                              : not_configured(gateway);
    }
    return gateway::reject(Reason::config_error, "gateway", "no such gateway");
}

Result<Request> sign(const Gateways& gateways, Gateway gateway, const TestNotification& notification, TimePoint now) {
    static constexpr std::string_view operation = "gateway.sign";
    switch (gateway) {
        case Gateway::zalopay:
            return gateways.zalopay ? zalopay::sign(notification, *gateways.zalopay, now)
                                    : not_configured(gateway, operation);
        case Gateway::payos:
            return gateways.payos ? payos::sign(notification, *gateways.payos, now)
                                  : not_configured(gateway, operation);
        case Gateway::vnpay:
            return gateways.vnpay ? vnpay::sign(notification, *gateways.vnpay, now)
                                  : not_configured(gateway, operation);
        case Gateway::stripe:
            return gateways.stripe ? stripe::sign(notification, *gateways.stripe, now)
                                   : not_configured(gateway, operation);
        case Gateway::stripe_eventbridge:
            return gateways.stripe_eventbridge
                       ? stripe::wrap_event_bridge(notification, *gateways.stripe_eventbridge, now)
                       : not_configured(gateway, operation);
        case Gateway::momo:
            return gateways.momo ? momo::sign(notification, *gateways.momo, now) : not_configured(gateway, operation);
        case Gateway::standard_webhooks:
            return gateways.standard_webhooks ? standard_webhooks::sign(notification, *gateways.standard_webhooks, now)
                                              : not_configured(gateway, operation);
    }
    return fail(Errc::invalid_argument, operation, "no such gateway");
}

Result<OutgoingRequest> query(const Gateways& gateways, Gateway gateway, const QueryTarget& target, TimePoint now) {
    static constexpr std::string_view operation = "gateway.query";
    switch (gateway) {
        case Gateway::zalopay:
            return gateways.zalopay ? zalopay::query(target, *gateways.zalopay) : not_configured(gateway, operation);
        case Gateway::payos:
            return gateways.payos ? payos::query(target, *gateways.payos) : not_configured(gateway, operation);
        case Gateway::vnpay:
            return gateways.vnpay ? vnpay::query(target, *gateways.vnpay, now) : not_configured(gateway, operation);
        case Gateway::stripe:
            return gateways.stripe ? stripe::query(target, *gateways.stripe) : not_configured(gateway, operation);
        case Gateway::stripe_eventbridge:
            if (!gateways.stripe) {
                return fail(Errc::unsupported, operation,
                            "an event bus cannot be asked without a stripe configuration");
            }
            return stripe::query(target, *gateways.stripe);
        case Gateway::momo:
            return gateways.momo ? momo::query(target, *gateways.momo) : not_configured(gateway, operation);
        case Gateway::standard_webhooks:
            return fail(Errc::unsupported, operation, "Standard Webhooks define no query");
    }
    return fail(Errc::invalid_argument, operation, "no such gateway");
}

Verdict read_answer(const Gateways& gateways, Gateway gateway, const QueryTarget& target, const HttpAnswer& answer) {
    switch (gateway) {
        case Gateway::zalopay:
            return gateways.zalopay ? zalopay::read_answer(target, *gateways.zalopay, answer) : not_configured(gateway);
        case Gateway::payos:
            return gateways.payos ? payos::read_answer(target, *gateways.payos, answer) : not_configured(gateway);
        case Gateway::vnpay:
            return gateways.vnpay ? vnpay::read_answer(target, *gateways.vnpay, answer) : not_configured(gateway);
        case Gateway::stripe:
        case Gateway::stripe_eventbridge:
            return gateways.stripe ? stripe::read_answer(target, *gateways.stripe, answer) : not_configured(gateway);
        case Gateway::momo:
            return gateways.momo ? momo::read_answer(target, *gateways.momo, answer) : not_configured(gateway);
        case Gateway::standard_webhooks:
            break;
    }
    return gateway::reject(Reason::unsupported_value, "gateway", "it has no query to answer");
}

}  // namespace ticketbottle
