#include <algorithm>
#include <ticketbottle/checkout/stripe_client.hpp>
#include <ticketbottle/core/ids.hpp>
#include <utility>

#include "core/retry.hpp"

namespace ticketbottle::checkout {

using std::chrono::milliseconds;
using stripe::CheckoutSession;

StripeClient::StripeClient(HttpExchange exchange, stripe::Config config, const Clock& clock,
                           StripeClientOptions options, Observer& observer)
    : exchange_(std::move(exchange)),
      config_(std::move(config)),
      clock_(clock),
      options_(options),
      observer_(observer) {}

Result<CheckoutSession> StripeClient::try_once(const OutgoingRequest& request, const Parse& parse,
                                               const Deadline& deadline) {
    const auto answer = exchange_(request, bounded(deadline, std::max(options_.attempt_timeout, milliseconds(1))));
    if (answer.has_value()) return parse(*answer);
    const Error error = answer.error();
    // No answer that could be read says nothing of what was done.
    if (error.code == Errc::malformed) return Error{Errc::outcome_unknown, error.operation, error.detail};
    // The try's own time ran out before it was sent.
    if (error.code == Errc::cancelled && !deadline.expired())
        return Error{Errc::unavailable, error.operation, error.detail};
    return error;
}

Result<CheckoutSession> StripeClient::ask(std::string_view call, const OutgoingRequest& request, const Parse& parse,
                                          const Deadline& deadline) {
    // Half of a wait at least: the same key is refused while its first request is still under way.
    const RetryRule rule{options_.attempts_max, {options_.backoff_base, options_.backoff_max, Jitter::equal}};
    auto session = repeated(
        rule, deadline, [&] { return try_once(request, parse, deadline); },
        [&](const Error& error) {
            observer_.count("ticketbottle_stripe_retries_total", {{"call", call}, {"code", to_string(error.code)}});
        });
    observer_.count("ticketbottle_stripe_calls_total",
                    {{"call", call}, {"result", session.has_value() ? "done" : to_string(session.error().code)}});
    return session;
}

Result<CheckoutSession> StripeClient::create(const stripe::CheckoutSessionRequest& request, Deadline deadline) {
    const auto outgoing = stripe::create_checkout_session(request, config_, clock_.now());
    if (!outgoing.has_value()) return outgoing.error();
    const auto parse = [&](const HttpAnswer& answer) {
        return stripe::parse_created_session(answer, request, config_);
    };
    return ask("create", *outgoing, parse, deadline);
}

Result<CheckoutSession> StripeClient::retrieve(std::string_view session_id, const Deadline& deadline) {
    const auto outgoing = stripe::retrieve_checkout_session(session_id, config_);
    if (!outgoing.has_value()) return outgoing.error();
    const auto parse = [&](const HttpAnswer& answer) { return stripe::parse_checkout_session(answer, config_); };
    auto session = ask("retrieve", *outgoing, parse, deadline);
    if (session.has_value() && session->id != session_id)
        return fail(Errc::outcome_unknown, "stripe_client.expire", "answer: not the session asked for");
    return session;
}

Result<void> StripeClient::expire(std::string_view session_id, Deadline deadline) {
    constexpr std::string_view operation = "stripe_client.expire";
    const auto outgoing = stripe::expire_checkout_session(session_id, "expire-" + random_uuid(), config_);
    if (!outgoing.has_value()) return outgoing.error();
    const auto parse = [&](const HttpAnswer& answer) { return stripe::parse_checkout_session(answer, config_); };
    auto session = ask("expire", *outgoing, parse, deadline);
    if (!session.has_value()) {
        if (session.error().code != Errc::invalid_argument) return session.error();
        // Stripe refuses to expire what is not open, and does not say by a code which of the two other states it is in.
        auto found = retrieve(session_id, deadline);
        if (!found.has_value() || found->status == stripe::SessionStatus::open) return session.error();
        session = std::move(found);
    }
    if (session->id != session_id) return fail(Errc::outcome_unknown, operation, "answer: not the session asked for");
    if (session->status == stripe::SessionStatus::complete)
        return fail(Errc::conflict, operation, "the session is complete");
    if (session->status == stripe::SessionStatus::open)
        return fail(Errc::outcome_unknown, operation, "answer: the session is still open");
    return {};
}

}  // namespace ticketbottle::checkout
