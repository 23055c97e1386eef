#pragma once
/// \file
/// A verified payment notification, the same for every gateway: what the gateway room produces and
/// the payment room consumes. Neither knows the other.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <ticketbottle/core/money.hpp>
#include <ticketbottle/core/time.hpp>

namespace ticketbottle {

enum class Gateway : std::uint8_t { zalopay, payos, vnpay, stripe, stripe_eventbridge, momo, standard_webhooks };
inline constexpr std::size_t gateway_count = 7;

/// "zalopay", "payos", "vnpay", "stripe", "stripe-eventbridge", "momo", "standard-webhooks".
[[nodiscard]] std::string_view to_string(Gateway gateway) noexcept;
/// Exact spelling of to_string. Errors: invalid_argument, naming the known ones.
[[nodiscard]] Result<Gateway> parse_gateway(std::string_view name);

enum class NotifiedStatus : std::uint8_t {
    succeeded,  ///< Money was taken.
    failed,
    cancelled,
    pending,  ///< Under way, or under review: no state change.
    ignored,  ///< Authentic, but says nothing about a payment's state.
};
[[nodiscard]] std::string_view to_string(NotifiedStatus status) noexcept;

/// May a failure close the payment? A Stripe payment_intent.payment_failed is retryable: the payer
/// may try another card, and only expiry or cancellation closes it.
enum class Finality : std::uint8_t { final, retryable };

/// Every text is UTF-8 as the gateway sent it: no trimming, folding or normalisation.
struct PaymentNotification {
    Gateway gateway = Gateway::zalopay;
    NotifiedStatus status = NotifiedStatus::ignored;
    Finality finality = Finality::final;

    /// The gateway's name for our order, as received: ZaloPay app_trans_id, PayOS orderCode digits,
    /// VNPay vnp_TxnRef, Stripe metadata.order_id, MoMo orderId. Empty only when the gateway sent none.
    std::string order_id;
    /// The gateway's second name for it, when both must match: PayOS paymentLinkId; Stripe session or
    /// intent id, a look-up key when there is no order id. Else empty.
    std::string link_id;
    /// The gateway's transaction number for people and reports. May be empty.
    std::string transaction_id;
    /// Names one movement of money; two different ones on one payment are two charges. Empty when
    /// the gateway's message does not name one comparable over its own event types.
    std::string charge_id;
    /// The gateway's id of this event or attempt (Stripe event id, webhook-id, MoMo requestId), or empty.
    std::string event_id;
    /// Deduplication key, unique within the gateway (spec: idempotency keys). Never empty.
    std::string dedup_key;

    /// Absent when the message carries none: with status ignored, and in a query's answer that is not a success.
    std::optional<Money> amount;
    /// The payer's e-mail when the gateway passes one on (Stripe). Personal: never logged.
    std::string payer_email;
    /// When the gateway says it happened. Informative; decisions use the store's clock.
    std::optional<TimePoint> occurred_at;
};

}  // namespace ticketbottle
