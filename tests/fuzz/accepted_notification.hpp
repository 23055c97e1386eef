#pragma once
/// \file
/// What holds for whatever a gateway's verifier or query reader accepts.

#include <ticketbottle/core/notification.hpp>

#include "fuzz/must.hpp"

namespace ticketbottle::test {

inline void check_accepted(const PaymentNotification& notification) {
    must(!notification.dedup_key.empty() && !notification.order_id.empty());
    must(!notification.amount || notification.amount->minor_units > 0);
    must(notification.status != NotifiedStatus::succeeded || notification.amount.has_value());
}

}  // namespace ticketbottle::test
