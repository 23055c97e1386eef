// The plan of `demo --stack cachao`: a shop's orders in euros, told by both of Stripe's entries.
#include <array>

#include "demo_plan.hpp"

namespace program {

using namespace ticketbottle;

namespace {

constexpr int rush = 5;
constexpr std::array<const char*, 4> buyers = {"zoe@example.com", "jorg@example.com", "anais@example.com", "an@example.com"};

class CachaoPlanner {
public:
    DemoOrder order(int ticket, int quantity, bool discounted, PaymentStatus ends, std::string story) {
        DemoOrder order;
        order.gateway = Gateway::stripe;
        order.order_code = std::to_string(++count_);
        order.story = std::move(story);
        const std::int64_t cents = quantity * 2450 - (discounted ? 500 : 0);
        order.sale = DemoSale{ticket, quantity, cents, discounted, buyers[static_cast<std::size_t>(count_) % buyers.size()]};
        Payment payment;
        payment.id = payment.order_code = order.order_code;
        payment.amount = {cents, *Currency::parse("EUR")};
        order.payment = std::move(payment);
        order.status = ends;
        if (ends == PaymentStatus::completed) order.event = EventType::payment_completed;
        if (ends == PaymentStatus::failed) order.event = EventType::payment_failed;
        if (ends == PaymentStatus::cancelled) order.event = EventType::payment_cancelled;
        for (int i = 1; i <= quantity; ++i) order.ticket_ids.push_back("T-" + order.order_code + "-" + std::to_string(i));
        return order;
    }

private:
    int count_ = 0;
};

/// What Stripe tells of the order by `entry`. One status is one event, whichever entry it comes by.
DemoCallback& add(DemoOrder& order, Gateway entry, std::string what, NotifiedStatus status, Situation situation) {
    DemoCallback callback;
    callback.what = std::move(what);
    callback.entry = entry;
    callback.notification.status = status;
    callback.notification.order_id = order.order_code;
    callback.notification.link_id = "cs_demo_" + order.order_code;
    callback.notification.event_id = "evt_demo_" + std::string(to_string(status)) + "_" + order.order_code;
    callback.notification.amount = order.payment->amount;
    if (status == NotifiedStatus::succeeded) callback.notification.transaction_id = "pi_demo_" + order.order_code;
    callback.situation = situation;
    return order.callbacks.emplace_back(std::move(callback));
}

constexpr Gateway webhook = Gateway::stripe;
constexpr Gateway bridge = Gateway::stripe_eventbridge;

/// The same event by both entries, the first of them in several copies at once.
void add_paid(DemoOrder& order, Gateway first, int copies = 1) {
    add(order, first, "paid", NotifiedStatus::succeeded, Situation::applied).copies = copies;
    add(order, first == webhook ? bridge : webhook, "paid, by the other entry", NotifiedStatus::succeeded, Situation::duplicate);
}

DemoOrder rushed(CachaoPlanner& planner, Gateway first, int quantity, bool discounted) {
    const bool by_webhook = first == webhook;
    auto order = planner.order(1, quantity, discounted, PaymentStatus::completed,
                               by_webhook ? "forged; paid x5 at once by webhook, once more by EventBridge; failed, too late"
                                          : "forged; paid x5 at once by EventBridge, once more by webhook; failed, too late");
    add(order, first, "forged", NotifiedStatus::succeeded, Situation::bad_signature).signature = Signature::forged;
    add_paid(order, first, rush);
    add(order, first, "failed, too late", NotifiedStatus::failed, Situation::duplicate);
    return order;
}

}  // namespace

std::vector<DemoOrder> make_cachao_plan() {
    CachaoPlanner planner;
    std::vector<DemoOrder> plan;
    plan.push_back(rushed(planner, webhook, 2, true));
    plan.push_back(rushed(planner, bridge, 1, false));
    plan.push_back(planner.order(1, 1, true, PaymentStatus::completed, "its discount code was used up meanwhile: sold, and told"));
    add_paid(plan.back(), webhook);
    plan.back().alerts = {"DISCOUNT_CODE_EXCEEDED"};
    plan.push_back(planner.order(demo_scarce_ticket, 1, false, PaymentStatus::completed, "one of the two seats in the first row"));
    add_paid(plan.back(), bridge);
    plan.push_back(planner.order(demo_scarce_ticket, 2, false, PaymentStatus::completed, "the seats are gone: paid is paid, and it is told"));
    add_paid(plan.back(), webhook);
    plan.back().alerts = {"ORDER_OVERSOLD"};

    plan.push_back(planner.order(1, 2, false, PaymentStatus::pending, "genuine, but 0.49 instead of 49.00: changes nothing"));
    add(plan.back(), webhook, "wrong amount", NotifiedStatus::succeeded, Situation::amount_mismatch).notification.amount.minor_units = 49;
    plan.back().raised = 1;
    plan.push_back(planner.order(1, 1, false, PaymentStatus::completed, "session complete but unpaid; paid later, by a bank; the same again"));
    add(plan.back(), webhook, "unpaid yet", NotifiedStatus::pending, Situation::applied).becomes = "ignored";
    add(plan.back(), bridge, "paid later", NotifiedStatus::succeeded, Situation::applied).delayed = true;
    add(plan.back(), bridge, "paid later, again", NotifiedStatus::succeeded, Situation::duplicate).delayed = true;
    plan.push_back(planner.order(1, 1, false, PaymentStatus::cancelled, "expired; paid after all: held for a person"));
    add(plan.back(), webhook, "expired", NotifiedStatus::cancelled, Situation::applied);
    add(plan.back(), bridge, "expired, by the other entry", NotifiedStatus::cancelled, Situation::duplicate);
    add(plan.back(), webhook, "paid, too late", NotifiedStatus::succeeded, Situation::applied).becomes = "held";
    plan.back().raised = 1;
    plan.push_back(planner.order(1, 1, false, PaymentStatus::failed, "the bank refused; the same again"));
    add(plan.back(), bridge, "failed", NotifiedStatus::failed, Situation::applied);
    add(plan.back(), webhook, "failed, by the other entry", NotifiedStatus::failed, Situation::duplicate);
    return plan;
}

}  // namespace program
