#pragma once
/// \file
/// A Stripe snapshot event as a payment notification: what a webhook and an EventBridge detail have in common.
/// Internal. Source: docs/gateways/stripe.md.

#include <optional>
#include <string_view>
#include <ticketbottle/core/notification.hpp>
#include <ticketbottle/gateway/stripe.hpp>

#include "core/json.hpp"
#include "gateway/fields.hpp"

namespace ticketbottle::stripe {

/// What surrounds `data.object`. Views into the document.
struct EventHead {
    std::string_view id;
    std::string_view type;
    std::optional<TimePoint> created;
};

/// \par Errors  missing_field, malformed_body, unsupported_type (`object` is not "event": a thin event, or no event),
///              unsupported_value (an id that cannot be stored), account_mismatch (livemode is not `mode`).
[[nodiscard]] gateway::Checked<EventHead> read_head(json::Value event, std::optional<Mode> mode);

/// By the event's type; one that is not about a payment is `ignored`, and its object is not looked at.
/// \param event  Has the member `data`.
/// \par Errors  missing_field, malformed_body, bad_amount, bad_order_code, unsupported_value.
[[nodiscard]] gateway::Checked<PaymentNotification> read_payment(json::Value event, const EventHead& head,
                                                                 Gateway gateway);

/// \name Members of a checkout session, payment intent or invoice.
/// @{
/// 0 or more (a session paid wholly by a coupon costs nothing). \par Errors missing_field, bad_amount,
/// unsupported_value.
[[nodiscard]] gateway::Checked<Money> read_money(json::Value object, std::string_view amount_name);
/// metadata.order_id, else client_reference_id, else "". \par Errors malformed_body, bad_order_code.
[[nodiscard]] gateway::Checked<std::string_view> read_order_id(json::Value object);
/// The id in `name`: a string, or an expanded object's `id`; "" if null or absent. \par Errors unsupported_value.
[[nodiscard]] gateway::Checked<std::string_view> read_reference(json::Value object, std::string_view name);
/// A checkout session that only saves a card takes no payment and has no amount.
[[nodiscard]] bool takes_no_payment(json::Value session) noexcept;
/// customer_email, else customer_details.email, else "".
[[nodiscard]] std::string_view payer_email(json::Value object);
[[nodiscard]] std::optional<TimePoint> read_created(json::Value object) noexcept;
/// A payment intent's id names one movement of money over all event types; no other id does.
[[nodiscard]] std::string_view charge_id_of(std::string_view transaction_id) noexcept;
/// @}

}  // namespace ticketbottle::stripe
