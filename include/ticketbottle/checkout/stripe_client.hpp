#pragma once
/// \file
/// Opens and expires Stripe checkout sessions over a network of the host's, and asks again what did not get through.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>
#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>
#include <ticketbottle/gateway/query.hpp>
#include <ticketbottle/gateway/stripe_checkout.hpp>
#include <ticketbottle/ports/clock.hpp>

namespace ticketbottle::checkout {

struct StripeClientOptions {
    std::uint32_t attempts_max = 4;  ///< Of one call, the first one included; 0 counts as 1.
    /// Before try n + 1: from half of min(backoff_max, backoff_base * 2^(n-1)) to the whole of it.
    std::chrono::milliseconds backoff_base{250};
    std::chrono::milliseconds backoff_max{4000};
    std::chrono::milliseconds attempt_timeout{
        15'000};  ///< Of one try, within the call's deadline. Stripe's answers take a second or so.
};

/// Every try of one call is the very same request, idempotency key included, so Stripe does it once however often it
/// arrives. Repeated are unavailable and outcome_unknown; and cancelled when it was a try's own time that ran out. Any
/// other error is final. Threads: any number at once, if `exchange` allows it. Lifetimes: owns the exchange and the
/// settings; clock and observer are borrowed. Metrics: ticketbottle_stripe_calls_total{call,result},
/// ticketbottle_stripe_retries_total{call,code}.
class StripeClient {
public:
    /// \param exchange  host::gateway_exchange(), or one of the host's own.
    /// \param config    api_key, api_base and mode; the endpoint secrets are not used.
    StripeClient(HttpExchange exchange, stripe::Config config, const Clock& clock, StripeClientOptions options = {},
                 Observer& observer = Observer::none());

    /// Opens a session. Calling again with the same request, from any process within 24 hours, gives the same session.
    /// \par Errors  As create_checkout_session and parse_created_session: invalid_argument, unsupported, conflict;
    /// unavailable: no try
    ///              reached Stripe, or each was refused for load; outcome_unknown: perhaps there is a session, so call
    ///              again with the same request, or leave it to expire; cancelled: the deadline had passed before
    ///              anything was sent.
    [[nodiscard]] Result<stripe::CheckoutSession> create(const stripe::CheckoutSessionRequest& request,
                                                         Deadline deadline);

    /// Closes an open session to payment. Done also if it has expired already (Stripe then refuses, and is asked for
    /// the state). \par Errors  conflict: it is complete: the customer has paid, or the payment is under way; the
    /// webhook tells.
    ///              Else as create.
    [[nodiscard]] Result<void> expire(std::string_view session_id, Deadline deadline);

private:
    using Parse = std::function<Result<stripe::CheckoutSession>(const HttpAnswer&)>;
    [[nodiscard]] Result<stripe::CheckoutSession> try_once(const OutgoingRequest& request, const Parse& parse,
                                                           const Deadline& deadline);
    [[nodiscard]] Result<stripe::CheckoutSession> ask(std::string_view call, const OutgoingRequest& request,
                                                      const Parse& parse, const Deadline& deadline);
    [[nodiscard]] Result<stripe::CheckoutSession> retrieve(std::string_view session_id, const Deadline& deadline);

    HttpExchange exchange_;
    stripe::Config config_;
    const Clock& clock_;
    StripeClientOptions options_;
    Observer& observer_;
};

}  // namespace ticketbottle::checkout
