#pragma once
/// \file
/// The event that Stripe would make of a test notification. Internal.

#include <optional>
#include <string>
#include <string_view>
#include <ticketbottle/gateway/stripe.hpp>

namespace ticketbottle::stripe {

struct TestEvent {
    std::string_view type;
    std::string json;  ///< Two-space indented, as Stripe sends webhooks.
};

/// \param operation  Of the error, a literal.
/// \par Errors  invalid_argument, naming the field.
[[nodiscard]] Result<TestEvent> test_event(const TestNotification& notification, std::optional<Mode> mode,
                                           TimePoint now, std::string_view operation);

}  // namespace ticketbottle::stripe
