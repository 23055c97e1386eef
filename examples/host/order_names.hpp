#pragma once
/// \file
/// What each gateway calls an order of ours: what `payment create` stores and `send` puts into a callback.

#include <string>
#include <ticketbottle/core/notification.hpp>
#include <ticketbottle/core/result.hpp>
#include <ticketbottle/ports/payment_store.hpp>

namespace program {

struct OrderNames {
    std::string order_id;                 ///< In the callback.
    std::string link_id;                  ///< In the callback, where the gateway has one: payOS, Stripe.
    std::string provider_transaction_id;  ///< In the payments table.
};

/// Depends on nothing but its arguments, so that two commands agree. \param link  Instead of the derived one, if not
/// empty. Errors: invalid_argument: payOS, and no number follows from the order code.
[[nodiscard]] ticketbottle::Result<OrderNames> names_of_order(ticketbottle::Gateway gateway,
                                                              const std::string& order_code, const std::string& link,
                                                              ticketbottle::PayosNumber rule,
                                                              ticketbottle::TimePoint now);

/// A new order code, TB-DEMO-<yyyymmdd>-<8 random letters and digits>: a form the payOS number follows from.
[[nodiscard]] std::string new_order_code(ticketbottle::TimePoint now);
/// Eighteen digits that follow from `text`: a transaction number that is the same for every callback of one payment.
[[nodiscard]] std::string digits_of(std::string_view text);

}  // namespace program
