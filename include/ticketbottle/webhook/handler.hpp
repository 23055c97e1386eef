#pragma once
/// \file
/// The way of one callback: request in, routed, verified, settled, answered in the gateway's words.

#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/gateway/gateways.hpp>
#include <ticketbottle/payment/processor.hpp>

#include <chrono>
#include <optional>

namespace ticketbottle {

struct WebhookOptions {
    ProcessorOptions processor;
    ReplyOptions reply;
    /// An unknown order whose notification is younger than this may still be committing: the gateway is asked to call again.
    /// A notification that says no time (occurred_at) is taken as old.
    std::chrono::seconds order_may_appear_for{60};
};

struct Handled {
    Reply reply;
    std::optional<Gateway> gateway;  ///< nullopt: no gateway recognised (404).
    Situation situation = Situation::malformed;
    Settled settled;                     ///< outcome refused when verification failed.
    std::optional<Reason> rejected;      ///< Why verification failed.
};

/// Threads: as the store's (one call at a time per object). Lifetimes: all borrowed, and must outlive it, but options are copied.
class WebhookHandler {
public:
    WebhookHandler(const Gateways& gateways, PaymentStore& store, const Clock& clock, WebhookOptions options = {},
                   Observer& observer = Observer::none());

    /// Never throws but std::bad_alloc, never answers "applied" before the commit. No gateway recognised: 404.
    /// A body or query over its limit: 413. Metrics: ticketbottle_callbacks_total{gateway,situation},
    /// ticketbottle_callback_seconds{gateway}; a refused signature is logged with reason and remote facts, never with keys or body.
    [[nodiscard]] Handled handle(const Request& request, Deadline deadline);
    /// The same for one function invocation (API Gateway v1, v2, EventBridge). What is no invocation: 400.
    [[nodiscard]] Handled handle_invocation(std::string_view event, Deadline deadline);

private:
    [[nodiscard]] Handled settle(Gateway gateway, const Request& request, Deadline deadline);

    const Gateways& gateways_;
    const Clock& clock_;
    WebhookOptions options_;
    Observer& observer_;
    PaymentProcessor processor_;
};

}  // namespace ticketbottle
