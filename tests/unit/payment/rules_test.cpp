#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/event/events.hpp>
#include <ticketbottle/payment/rules.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace ticketbottle;

namespace {

using Names = std::vector<std::string>;

Payment row() {
    Payment payment;
    payment.id = "p-1";
    payment.order_code = "TB-1";
    payment.amount = {250000, Currency::vnd()};
    payment.provider = "vnpay";
    payment.provider_transaction_id = "ptid-1";
    payment.idempotency_key = "key-1";
    return payment;
}

SettleCommand success_command() {
    SettleCommand command;
    command.notification.gateway = Gateway::vnpay;
    command.notification.status = NotifiedStatus::succeeded;
    command.notification.order_id = "TB-1";
    command.notification.transaction_id = command.notification.charge_id = "t-1";
    command.notification.dedup_key = "d-1";
    command.notification.amount = Money{250000, Currency::vnd()};
    command.now = TimePoint(std::chrono::milliseconds(1000));
    return command;
}

InboxEntry entry(const SettleCommand& command, Outcome outcome, Refusal refusal) {
    const PaymentNotification& n = command.notification;
    return {n.gateway, n.dedup_key, "p-1", n.transaction_id, n.charge_id, n.status, *n.amount, outcome, refusal, command.now};
}

payment::Decision decided(const SettleCommand& command, const std::vector<Payment>& rows, const InboxEntry* same_key = nullptr,
                          const std::vector<InboxEntry>& of_payment = {}) {
    auto decision = payment::decide(command, {rows, same_key, of_payment});
    REQUIRE_MESSAGE(decision.has_value(), to_string(decision.error()));
    return std::move(*decision);
}

}  // namespace

TEST_CASE("lookup_of: each gateway's names, in the order they are tried") {
    struct Case {
        Gateway gateway;
        const char *order_id, *link_id;
        Names ids, codes;
    };
    for (const Case& c : std::vector<Case>{
             {Gateway::zalopay, "251213_TB-1", "", {"251213_TB-1"}, {"TB-1"}},
             {Gateway::zalopay, "251213_TB_1", "", {"251213_TB_1"}, {"TB_1"}},
             {Gateway::zalopay, "TB-1", "", {"TB-1"}, {}},
             {Gateway::zalopay, "251213_", "", {"251213_"}, {}},
             {Gateway::payos, "77", "link", {"link", "77"}, {}},
             {Gateway::payos, "77", "", {"77"}, {}},
             {Gateway::stripe, "4711", "cs_1", {"4711"}, {"4711"}},
             {Gateway::stripe, "", "cs_1", {"cs_1"}, {}},
             {Gateway::stripe_eventbridge, "", "", {}, {}},
             {Gateway::vnpay, "TB-1", "", {"TB-1"}, {"TB-1"}},
             {Gateway::momo, "TB-1", "", {"TB-1"}, {"TB-1"}},
             {Gateway::standard_webhooks, "TB-1", "", {"TB-1"}, {"TB-1"}},
         }) {
        CAPTURE(to_string(c.gateway));
        CAPTURE(c.order_id);
        PaymentNotification notification;
        notification.gateway = c.gateway;
        notification.status = NotifiedStatus::succeeded;
        notification.order_id = c.order_id;
        notification.link_id = c.link_id;
        const PaymentLookup lookup = payment::lookup_of(notification);
        CHECK(lookup.provider_transaction_ids == c.ids);
        CHECK(lookup.order_codes == c.codes);
        notification.status = NotifiedStatus::ignored;
        CHECK(payment::lookup_of(notification).provider_transaction_ids.empty());
    }
}

TEST_CASE("payos_number: the deployed derivation, integral, and nothing from what does not follow it") {
    struct Case {
        const char* order_code;
        std::optional<std::int64_t> number;
    };
    for (const Case& c : {Case{"TB-LTDTNL-20251213-8D39986M", 2025121315547054}, Case{"TB-LTDTNL-20251213-8d39986m", 2025121315547054},
                          Case{"TB-A-B-20251213-ZZZZZ", 2025121360466175}, Case{"TB--20251213-00000", 2025121300000000},
                          Case{"TB-20251213-00001", 2025121300000001}, Case{"TB-X-99991231-00000", 9999123100000000},
                          Case{"TB-X-20251213-1234", {}}, Case{"TB-X-2025121-12345", {}}, Case{"TB-X-02025121-12345", {}},
                          Case{"XX-X-20251213-12345", {}}, Case{"TB-X-20251213-1234_", {}}, Case{"TB-X-2025121a-12345", {}},
                          Case{"TB-X20251213-12345", {}}, Case{"TB-", {}}, Case{"", {}}, Case{"-", {}}, Case{"TB-20251213", {}}}) {
        CAPTURE(c.order_code);
        CHECK(payment::payos_number(c.order_code, PayosNumber::dated_base36) == c.number);
    }
    CHECK(payment::payos_number("4711", PayosNumber::digits) == 4711);
    CHECK(payment::payos_number("9223372036854775807", PayosNumber::digits) == 9223372036854775807);
    for (const char* none : {"", "9223372036854775808", "-1", "+1", "1 ", "1.0", "TB-1"})
        CHECK_FALSE(payment::payos_number(none, PayosNumber::digits));
    CHECK_FALSE(payment::payos_number("TB-LTDTNL-20251213-8D39986M", PayosNumber::unknown));
}

TEST_CASE("decide: the provider's spelling does not matter, another provider does") {
    struct Case {
        Gateway gateway;
        const char* provider;
        bool same;
    };
    for (const Case& c :
         {Case{Gateway::vnpay, "vnpay", true}, Case{Gateway::vnpay, "VN_PAY", true}, Case{Gateway::vnpay, "Vn-Pay", true},
          Case{Gateway::vnpay, "vnpay2", false}, Case{Gateway::vnpay, "", false}, Case{Gateway::zalopay, "ZALOPAY", true},
          Case{Gateway::stripe, "Stripe", true}, Case{Gateway::stripe_eventbridge, "STRIPE", true},
          Case{Gateway::stripe_eventbridge, "stripe-eventbridge", true}, Case{Gateway::stripe, "stripe_eventbridge", false},
          Case{Gateway::standard_webhooks, "Standard_Webhooks", true}, Case{Gateway::momo, "vnpay", false}}) {
        CAPTURE(to_string(c.gateway));
        CAPTURE(c.provider);
        SettleCommand command = success_command();
        command.notification.gateway = c.gateway;
        Payment payment = row();
        payment.provider = c.provider;
        const Settled settled = decided(command, {payment}).settled;
        CHECK(settled.refusal == (c.same ? Refusal::none : Refusal::provider_mismatch));
    }
}

TEST_CASE("decide: an applied one writes row, inbox and event, with an id that says what happened") {
    const payment::Decision decision = decided(success_command(), {row()});
    REQUIRE(decision.update);
    REQUIRE(decision.inbox);
    REQUIRE(decision.outbox);
    CHECK(decision.update->status == PaymentStatus::completed);
    CHECK(decision.outbox->id == derived_uuid("p-1", "PAYMENT_COMPLETED"));
    CHECK(decision.settled.outbox_id == decision.outbox->id);
    CHECK(decision.inbox->dedup_key == "d-1");
    CHECK(decision.inbox->outcome == Outcome::applied);
}

TEST_CASE("decide: the same transaction told as failed and then as paid is money, not a duplicate") {
    SettleCommand command = success_command();
    command.notification.status = NotifiedStatus::failed;
    const InboxEntry failed = entry(command, Outcome::applied, Refusal::none);
    Payment closed = row();
    closed.status = PaymentStatus::failed;
    const payment::Decision decision = decided(success_command(), {closed}, &failed);
    CHECK(decision.settled.refusal == Refusal::late_success);
    CHECK(decision.inbox.has_value());
}

TEST_CASE("decide: money refused for its amount is taken once the payment has been mended") {
    SettleCommand command = success_command();
    Payment wrong = row();
    wrong.amount.minor_units = 1;
    const payment::Decision refused = decided(command, {wrong});
    CHECK(refused.settled.refusal == Refusal::amount_mismatch);
    REQUIRE(refused.inbox);
    CHECK_FALSE(refused.update);
    CHECK_FALSE(refused.outbox);
    const payment::Decision again = decided(command, {wrong}, &*refused.inbox);
    CHECK(again.settled.refusal == Refusal::amount_mismatch);
    CHECK_FALSE(again.inbox);
    CHECK(decided(command, {row()}, &*refused.inbox).settled.outcome == Outcome::applied);
}

TEST_CASE("decide: money refused for its amount is no charge to compare with") {
    Payment completed = row();
    completed.status = PaymentStatus::completed;
    SettleCommand partial = success_command();
    partial.notification.charge_id = "t-partial";
    const std::vector<InboxEntry> only_refused{entry(partial, Outcome::refused, Refusal::amount_mismatch)};
    CHECK(decided(success_command(), {completed}, nullptr, only_refused).settled.outcome == Outcome::duplicate);
    const std::vector<InboxEntry> both{only_refused[0], entry(success_command(), Outcome::applied, Refusal::none)};
    SettleCommand other = success_command();
    other.notification.charge_id = "t-2";
    CHECK(decided(other, {completed}, nullptr, both).settled.refusal == Refusal::second_charge);
}

TEST_CASE("decide: checks come in their order, so the first thing wrong is the one told") {
    SettleCommand command = success_command();
    command.notification.gateway = Gateway::momo;
    command.notification.amount = Money{1, *Currency::parse("USD")};
    CHECK(decided(command, {row(), row()}).settled.refusal == Refusal::ambiguous_order);
    CHECK(decided(command, {row()}).settled.refusal == Refusal::provider_mismatch);
    command.notification.gateway = Gateway::vnpay;
    const InboxEntry known = entry(success_command(), Outcome::applied, Refusal::none);
    CHECK(decided(command, {row()}, &known).settled.refusal == Refusal::content_conflict);
    CHECK(decided(command, {row()}).settled.refusal == Refusal::currency_mismatch);
    command.notification.amount->currency = Currency::vnd();
    CHECK(decided(command, {row()}).settled.refusal == Refusal::amount_mismatch);
    command.notification.status = NotifiedStatus::ignored;
    CHECK(decided(command, {}).settled.outcome == Outcome::ignored);
}

TEST_CASE("decide: a stored metadata that is no object is an error, and only where it is needed") {
    Payment broken = row();
    broken.metadata = "[1]";
    SettleCommand command = success_command();
    const auto decision = payment::decide(command, {std::vector{broken}, nullptr, {}});
    REQUIRE_FALSE(decision.has_value());
    CHECK(decision.error().code == Errc::malformed);
    command.notification.amount->minor_units = 1;
    CHECK(decided(command, {broken}).settled.refusal == Refusal::amount_mismatch);
}

TEST_CASE("decide: total over every status, state, gateway and policy; money never goes back and nothing is half decided") {
    for (std::size_t gateway = 0; gateway < gateway_count; ++gateway) {
        for (const auto status : {NotifiedStatus::succeeded, NotifiedStatus::failed, NotifiedStatus::cancelled, NotifiedStatus::pending,
                                  NotifiedStatus::ignored}) {
            for (const auto state : {PaymentStatus::pending, PaymentStatus::completed, PaymentStatus::failed, PaymentStatus::cancelled}) {
                for (const auto policy : {LateSuccess::hold, LateSuccess::reopen}) {
                    SettleCommand command = success_command();
                    command.notification.gateway = static_cast<Gateway>(gateway);
                    command.notification.status = status;
                    command.late_success = policy;
                    Payment payment = row();
                    payment.provider = to_string(command.notification.gateway);
                    payment.status = state;
                    const payment::Decision decision = decided(command, {payment});
                    CHECK(decision.update.has_value() == decision.outbox.has_value());
                    CHECK(decision.update.has_value() == (decision.settled.outcome == Outcome::applied));
                    if (decision.update) CHECK(decision.inbox.has_value());
                    CHECK(decision.settled.outcome != Outcome::retry);
                    if (state == PaymentStatus::completed) CHECK_FALSE(decision.update);
                    if (decision.update && state != PaymentStatus::pending) {
                        CHECK(policy == LateSuccess::reopen);
                        CHECK(decision.update->status == PaymentStatus::completed);
                    }
                }
            }
        }
    }
}

TEST_CASE("needs_charges: only a named success on a payment that is no longer pending") {
    const SettleCommand command = success_command();
    Payment completed = row();
    completed.status = PaymentStatus::completed;
    CHECK(payment::needs_charges(command.notification, std::vector{completed}));
    CHECK_FALSE(payment::needs_charges(command.notification, std::vector{row()}));
    CHECK_FALSE(payment::needs_charges(command.notification, std::vector{completed, completed}));
    CHECK_FALSE(payment::needs_charges(command.notification, {}));
}
