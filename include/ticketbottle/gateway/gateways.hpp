#pragma once
/// \file
/// All gateways behind one door: which are configured, whose request this is, and each verb by Gateway.

#include <ticketbottle/gateway/momo.hpp>
#include <ticketbottle/gateway/payos.hpp>
#include <ticketbottle/gateway/reply.hpp>
#include <ticketbottle/gateway/standard_webhooks.hpp>
#include <ticketbottle/gateway/stripe.hpp>
#include <ticketbottle/gateway/vnpay.hpp>
#include <ticketbottle/gateway/zalopay.hpp>

#include <optional>

namespace ticketbottle {

/// The gateways a host takes callbacks from. One that is absent, or whose keys are empty, refuses with config_error.
struct Gateways {
    std::optional<zalopay::Config> zalopay;
    std::optional<payos::Config> payos;
    std::optional<vnpay::Config> vnpay;
    std::optional<stripe::Config> stripe;
    std::optional<stripe::EventBridgeConfig> stripe_eventbridge;
    std::optional<momo::Config> momo;
    std::optional<standard_webhooks::Config> standard_webhooks;
};

/// Whose request is this? The path decides: a segment `zalopay`, `zalo-pay`, `payos`, `pay-os`, `vnpay`, `vn-pay`, `stripe`,
/// `momo`, `standard`, `standard-webhooks` (any ASCII case) right after a segment `webhook` or `webhooks`, whatever
/// stage prefix stands before. With no such segment the shape decides: the Stripe-Signature or webhook-signature header,
/// vnp_ parameters, then the body (data+mac+type, code+desc+data+signature, partnerCode+signature, an EventBridge envelope).
/// A path that names a gateway is never overruled by the body. Nothing recognised: nullopt.
[[nodiscard]] std::optional<Gateway> route(const Request& request);

/// \param now  UTC, when the request was received. Only the schemes that sign a time look at it.
[[nodiscard]] Verdict verify(const Gateways& gateways, Gateway gateway, const Request& request, TimePoint now);

/// The test signer of that gateway. \par Errors invalid_argument: not configured, or a value it cannot express.
[[nodiscard]] Result<Request> sign(const Gateways& gateways, Gateway gateway, const TestNotification& notification, TimePoint now);

/// \par Errors  unsupported for standard_webhooks and stripe_eventbridge without a stripe configuration; invalid_argument.
[[nodiscard]] Result<OutgoingRequest> query(const Gateways& gateways, Gateway gateway, const QueryTarget& target, TimePoint now);
[[nodiscard]] Verdict read_answer(const Gateways& gateways, Gateway gateway, const QueryTarget& target, const HttpAnswer& answer);

}  // namespace ticketbottle
