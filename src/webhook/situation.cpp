#include "webhook/situation.hpp"

namespace ticketbottle::webhook {
namespace {

bool may_appear(const PaymentNotification& notification, TimePoint now, std::chrono::seconds window) noexcept {
    if (!notification.occurred_at) return false;
    // Clocks differ, so a little ahead is young too; far ahead is a wrong time and would ask for retries for ever.
    const auto age = now - *notification.occurred_at;
    return age < window && age > -window;
}

Situation of_refusal(Refusal refusal) noexcept {
    switch (refusal) {
        case Refusal::unknown_order:
            return Situation::unknown_order;
        case Refusal::late_success:   // recorded, and a person told: the gateway has done its part
        case Refusal::second_charge:
            return Situation::applied;
        case Refusal::already_completed:
            return Situation::duplicate;
        case Refusal::ambiguous_order:
        case Refusal::order_mismatch:
        case Refusal::provider_mismatch:
        case Refusal::amount_mismatch:
        case Refusal::currency_mismatch:
        case Refusal::content_conflict:
            return Situation::amount_mismatch;
        case Refusal::none:
            break;
    }
    return Situation::transient_error;
}

}  // namespace

Situation situation_of(const Settled& settled, const PaymentNotification& notification, TimePoint now,
                       std::chrono::seconds window) noexcept {
    switch (settled.outcome) {
        case Outcome::applied:
            return Situation::applied;
        case Outcome::duplicate:
            return Situation::duplicate;
        case Outcome::ignored:
            return notification.status == NotifiedStatus::ignored ? Situation::not_for_us : Situation::applied;
        case Outcome::refused: {
            const Situation situation = of_refusal(settled.refusal);
            const bool early = situation == Situation::unknown_order && may_appear(notification, now, window);
            return early ? Situation::order_may_appear : situation;
        }
        case Outcome::retry:
            break;
    }
    return Situation::transient_error;
}

}  // namespace ticketbottle::webhook
