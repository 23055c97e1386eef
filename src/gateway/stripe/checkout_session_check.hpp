#pragma once
/// \file
/// Does a checkout session's request keep Stripe's documented limits? Internal. Threads: any.

#include <optional>
#include <string>
#include <ticketbottle/gateway/stripe_checkout.hpp>

namespace ticketbottle::stripe {

/// The first fault, "product_name: longer than 250 characters", without a value; nullopt if there is none.
[[nodiscard]] std::optional<Error> find_fault(const CheckoutSessionRequest& request, const Config& config,
                                              TimePoint now);

/// api_key and api_base.
[[nodiscard]] std::optional<Error> find_fault(const Config& config, std::string_view operation);

[[nodiscard]] std::optional<Error> find_key_fault(std::string_view idempotency_key, std::string_view operation);

}  // namespace ticketbottle::stripe
