#pragma once
/// \file
/// Signed callbacks for tests: signed by the library's own test signers and sent over HTTP.

#include <string>
#include <ticketbottle/core/time.hpp>
#include <ticketbottle/gateway/gateways.hpp>
#include <ticketbottle/gateway/query.hpp>

namespace program {

/// The same accounts with other keys, so that a callback signed with them is forged in nothing but its signature.
/// EventBridge has none: there the source is another.
[[nodiscard]] ticketbottle::Gateways with_other_keys(const ticketbottle::Gateways& gateways);

/// `base` without a path ("http://127.0.0.1:8080"): to the request's own path, an EventBridge envelope to /invoke. With
/// one
/// ("https://example.com/prod/webhook/vnpay"): there.
[[nodiscard]] ticketbottle::OutgoingRequest to_outgoing(const ticketbottle::Request& request, std::string_view base);

}  // namespace program
