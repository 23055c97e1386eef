#include "webhook/situation.hpp"

#include <doctest/doctest.h>

using namespace ticketbottle;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const TimePoint now(milliseconds(1765612800000));

Settled settled(Outcome outcome, Refusal refusal = Refusal::none) {
    Settled s;
    s.outcome = outcome;
    s.refusal = refusal;
    return s;
}

}  // namespace

TEST_CASE("situation_of: every outcome and refusal has its answer, and only a commit is answered as applied") {
    PaymentNotification told;
    told.status = NotifiedStatus::succeeded;
    struct Case {
        Outcome outcome;
        Refusal refusal;
        Situation situation;
    };
    for (const Case& c :
         {Case{Outcome::applied, Refusal::none, Situation::applied}, Case{Outcome::duplicate, Refusal::none, Situation::duplicate},
          Case{Outcome::retry, Refusal::none, Situation::transient_error},
          Case{Outcome::refused, Refusal::unknown_order, Situation::unknown_order},
          Case{Outcome::refused, Refusal::ambiguous_order, Situation::amount_mismatch},
          Case{Outcome::refused, Refusal::order_mismatch, Situation::amount_mismatch},
          Case{Outcome::refused, Refusal::provider_mismatch, Situation::amount_mismatch},
          Case{Outcome::refused, Refusal::amount_mismatch, Situation::amount_mismatch},
          Case{Outcome::refused, Refusal::currency_mismatch, Situation::amount_mismatch},
          Case{Outcome::refused, Refusal::content_conflict, Situation::amount_mismatch},
          Case{Outcome::refused, Refusal::already_completed, Situation::duplicate},
          Case{Outcome::refused, Refusal::late_success, Situation::applied},
          Case{Outcome::refused, Refusal::second_charge, Situation::applied},
          Case{Outcome::refused, Refusal::none, Situation::transient_error},
          Case{Outcome::ignored, Refusal::none, Situation::applied}}) {
        CAPTURE(to_string(c.refusal));
        CHECK(webhook::situation_of(settled(c.outcome, c.refusal), told, now, seconds(60)) == c.situation);
    }
    told.status = NotifiedStatus::ignored;
    CHECK(webhook::situation_of(settled(Outcome::ignored), told, now, seconds(60)) == Situation::not_for_us);
    told.status = NotifiedStatus::pending;
    CHECK(webhook::situation_of(settled(Outcome::ignored), told, now, seconds(60)) == Situation::applied);
}

TEST_CASE("situation_of: an unknown order may appear while the notification is young, on either side of our clock") {
    PaymentNotification told;
    told.status = NotifiedStatus::succeeded;
    const auto at_age = [&](milliseconds age) {
        told.occurred_at = now - age;
        return webhook::situation_of(settled(Outcome::refused, Refusal::unknown_order), told, now, seconds(60));
    };
    CHECK(at_age(milliseconds(0)) == Situation::order_may_appear);
    CHECK(at_age(milliseconds(59999)) == Situation::order_may_appear);
    CHECK(at_age(milliseconds(60000)) == Situation::unknown_order);
    CHECK(at_age(milliseconds(-59999)) == Situation::order_may_appear);
    CHECK(at_age(milliseconds(-60000)) == Situation::unknown_order);
    told.occurred_at.reset();
    CHECK(webhook::situation_of(settled(Outcome::refused, Refusal::unknown_order), told, now, seconds(60)) == Situation::unknown_order);
    told.occurred_at = now;
    CHECK(webhook::situation_of(settled(Outcome::refused, Refusal::amount_mismatch), told, now, seconds(60)) ==
          Situation::amount_mismatch);
}
