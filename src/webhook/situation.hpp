#pragma once
/// \file
/// What a settlement is, as far as the gateway is concerned. Internal: not installed. Pure.

#include <ticketbottle/gateway/reply.hpp>
#include <ticketbottle/ports/payment_store.hpp>

#include <chrono>

namespace ticketbottle::webhook {

/// \param now     When the request was received, with `window` for an unknown order: one that the gateway says happened less
///                than `window` ago may still be committing. Without a time nothing is known, and it cannot appear.
[[nodiscard]] Situation situation_of(const Settled& settled, const PaymentNotification& notification, TimePoint now,
                                     std::chrono::seconds window) noexcept;

}  // namespace ticketbottle::webhook
