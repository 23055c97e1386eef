#pragma once
/// \file
/// What a test signer is told: one payment outcome, to be written and signed as the gateway itself would.
/// Test signers are public API: your tests need genuine callbacks as much as ours do.

#include <ticketbottle/core/notification.hpp>
#include <ticketbottle/core/time.hpp>

#include <string>

namespace ticketbottle {

struct TestNotification {
    NotifiedStatus status = NotifiedStatus::succeeded;
    std::string order_id;        ///< As in PaymentNotification::order_id.
    std::string link_id;         ///< PayOS paymentLinkId; Stripe session id. Else ignored.
    std::string transaction_id;  ///< Digits for ZaloPay and MoMo.
    std::string event_id;        ///< Stripe event id, webhook-id, MoMo requestId. Else ignored.
    Money amount{0, Currency::vnd()};
    std::string description = "Thanh toan ve";
    std::string payer_email;     ///< Stripe only.
};

}  // namespace ticketbottle
