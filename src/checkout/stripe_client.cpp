#include <algorithm>
#include <random>
#include <ticketbottle/checkout/stripe_client.hpp>
#include <ticketbottle/core/ids.hpp>
#include <utility>

#include "core/waiting.hpp"

namespace ticketbottle::checkout {

using std::chrono::milliseconds;
using stripe::CheckoutSession;

namespace {

[[nodiscard]] bool is_worth_repeating(Errc code) noexcept {
    return code == Errc::unavailable || code == Errc::outcome_unknown;
}

}  // namespace

StripeClient::StripeClient(HttpExchange exchange, stripe::Config config, const Clock& clock,
                           StripeClientOptions options, Observer& observer)
    : exchange_(std::move(exchange)),
      config_(std::move(config)),
      clock_(clock),
      options_(options),
      observer_(observer) {}

bool StripeClient::wait(std::uint32_t tries, const Deadline& deadline) const {
    if (tries >= options_.attempts_max) return false;
    const auto base = std::clamp<milliseconds>(options_.backoff_base, milliseconds(0), std::chrono::hours(1));
    const auto ceiling =
        std::min(std::max(options_.backoff_max, milliseconds(0)), base * (std::int64_t{1} << std::min(tries - 1, 20U)));
    // Half of it at least: the same key is refused while its first request is still under way.
    std::minstd_rand random{std::random_device{}()};
    const milliseconds chosen(
        std::uniform_int_distribution<std::int64_t>(ceiling.count() / 2, ceiling.count())(random));
    if (chosen >= deadline.remaining()) return false;
    pause(deadline.stop_token(), chosen);
    return !deadline.expired();
}

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

Result<CheckoutSession> StripeClient::repeated(std::string_view call, const OutgoingRequest& request,
                                               const Parse& parse, const Deadline& deadline) {
    bool perhaps_done = false;
    for (std::uint32_t tries = 1;; ++tries) {
        auto session = try_once(request, parse, deadline);
        if (session.has_value()) {
            observer_.count("ticketbottle_stripe_calls_total", {{"call", call}, {"result", "done"}});
            return session;
        }
        Error error = session.error();
        perhaps_done |= error.code == Errc::outcome_unknown;
        const bool again = is_worth_repeating(error.code);
        if (again && wait(tries, deadline)) {
            observer_.count("ticketbottle_stripe_retries_total", {{"call", call}, {"code", to_string(error.code)}});
            continue;
        }
        if (perhaps_done && (again || error.code == Errc::cancelled)) error.code = Errc::outcome_unknown;
        observer_.count("ticketbottle_stripe_calls_total", {{"call", call}, {"result", to_string(error.code)}});
        return error;
    }
}

Result<CheckoutSession> StripeClient::create(const stripe::CheckoutSessionRequest& request, Deadline deadline) {
    const auto outgoing = stripe::create_checkout_session(request, config_, clock_.now());
    if (!outgoing.has_value()) return outgoing.error();
    const auto parse = [&](const HttpAnswer& answer) {
        return stripe::parse_created_session(answer, request, config_);
    };
    return repeated("create", *outgoing, parse, deadline);
}

Result<CheckoutSession> StripeClient::retrieve(std::string_view session_id, const Deadline& deadline) {
    const auto outgoing = stripe::retrieve_checkout_session(session_id, config_);
    if (!outgoing.has_value()) return outgoing.error();
    const auto parse = [&](const HttpAnswer& answer) { return stripe::parse_checkout_session(answer, config_); };
    auto session = repeated("retrieve", *outgoing, parse, deadline);
    if (session.has_value() && session->id != session_id)
        return fail(Errc::outcome_unknown, "stripe_client.expire", "answer: not the session asked for");
    return session;
}

Result<void> StripeClient::expire(std::string_view session_id, Deadline deadline) {
    constexpr std::string_view operation = "stripe_client.expire";
    const auto outgoing = stripe::expire_checkout_session(session_id, "expire-" + random_uuid(), config_);
    if (!outgoing.has_value()) return outgoing.error();
    const auto parse = [&](const HttpAnswer& answer) { return stripe::parse_checkout_session(answer, config_); };
    auto session = repeated("expire", *outgoing, parse, deadline);
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
