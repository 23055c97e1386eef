#pragma once
/// \file
/// Payments, gateways and a clock that only the test moves: what a ReconcilerMachine is driven against. The store is
/// the shipped in-memory one, so what is settled and which events are written is judged by the real rules.

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <string>
#include <ticketbottle/memory/database.hpp>
#include <ticketbottle/memory/manual_clock.hpp>
#include <ticketbottle/payment/processor.hpp>
#include <ticketbottle/reconcile/reconciler.hpp>
#include <vector>

#include "memory/state.hpp"
#include "support/faulty_payment_store.hpp"
#include "support/gateway_answers.hpp"

namespace ticketbottle::test {

using namespace std::chrono_literals;

class ReconcileWorld {
public:
    using Exchange = std::function<Result<HttpAnswer>(Gateway, const OutgoingRequest&)>;

    reconcile::ReconcilerOptions options;
    Gateways gateways = askable_gateways();
    memory::ManualClock clock{TimePoint(std::chrono::milliseconds(1765613000000))};
    reconcile::Moment now{Deadline::Clock::time_point(1h), clock.now()};
    std::function<PaymentFault(std::string_view)> store_fault = [](std::string_view) { return PaymentFault::none; };
    Exchange exchange = [](Gateway, const OutgoingRequest&) -> Result<HttpAnswer> {
        return fail(Errc::unavailable, "world.exchange");
    };
    std::vector<reconcile::ReconcileNote> notes;
    std::vector<OutgoingRequest> asked;
    std::vector<Gateway> asked_of;
    std::size_t looks = 0;
    std::vector<reconcile::Moment> asked_at;

    /// \param age  Older than ask_after, so that it is asked for.
    Payment put(Gateway gateway, const std::string& name, std::chrono::minutes age = 20min) {
        Payment payment = askable_payment(gateway);
        payment.id = "id-" + std::string(to_string(gateway)) + "-" + name;
        payment.order_code = "TB-" + name;
        payment.provider_transaction_id = gateway == Gateway::zalopay  ? "251213_TB-" + name
                                          : gateway == Gateway::payos  ? "link-" + name
                                          : gateway == Gateway::stripe ? "cs_test_" + name
                                                                       : "TB-" + name;
        payment.idempotency_key = "key-" + std::string(to_string(gateway)) + "-" + name;
        payment.created_at = payment.updated_at = now.utc - age;
        return put(payment);
    }
    Payment put(const Payment& payment) {
        auto created = inner_->create(payment, soon());
        REQUIRE(created.has_value());
        payments[payment.id] = *created;
        return *created;
    }
    [[nodiscard]] PaymentStatus status(const std::string& id) {
        return (*inner_->find(PaymentKey::id, id, soon()))->status;
    }
    [[nodiscard]] std::vector<OutboxRow> events() {
        const std::scoped_lock lock(database_->state().mutex);
        std::vector<OutboxRow> rows;
        for (const auto& [sequence, record] : database_->state().outbox) rows.push_back(record.row);
        return rows;
    }
    PaymentStore& store() { return *inner_; }

    /// The gateway's genuine answer to `request`, about whichever payment it names; `told` overrides.
    Result<HttpAnswer> genuine(Gateway gateway, const OutgoingRequest& request, Told told = {}) {
        for (const auto& [id, payment] : payments) {
            const std::string& name = payment.provider_transaction_id;
            // At the end of a path, or a whole value of a form or a JSON object: never a part of a longer name.
            const bool named = request.url.ends_with("/" + name) ||
                               request.body.find("=" + name + "&") != std::string::npos ||
                               request.body.find("\"" + name + "\"") != std::string::npos;
            if (!named || reconcile::gateway_of(payment.provider) != gateway) continue;
            if (told.order_id.empty()) told.order_id = gateway == Gateway::payos ? "7" : payment.order_code;
            if (told.link_id.empty()) told.link_id = name;
            if (told.transaction_id.empty())
                told.transaction_id =
                    gateway == Gateway::stripe ? "pi_" + payment.order_code.substr(3) : "9" + digits(id);
            return HttpAnswer{200, answer_of(gateways, gateway, told)};
        }
        return fail(Errc::internal, "world.genuine", "it asks for no payment of ours");
    }
    void answer_genuinely(Told told = {}) {
        exchange = [this, told](Gateway gateway, const OutgoingRequest& request) {
            return genuine(gateway, request, told);
        };
    }

    [[nodiscard]] reconcile::ReconcilerMachine machine(std::uint64_t seed = 1) const {
        return {gateways, options, "0123abcd-4567-4abc-8def-001122334455", seed};
    }
    void pass(std::chrono::milliseconds time) {
        now.steady += time;
        now.utc += time;
        clock.set(now.utc);
    }
    reconcile::ReconcileAction perform(reconcile::ReconcilerMachine& machine,
                                       const reconcile::ReconcileAction& action) {
        pass(1ms);
        reconcile::ReconcileAction next = std::visit([&](const auto& what) { return perform(machine, what); }, action);
        notes.insert(notes.end(), machine.notes().begin(), machine.notes().end());
        return next;
    }
    /// Runs until `until` has passed.
    void run(reconcile::ReconcilerMachine& machine, std::chrono::milliseconds until) {
        const auto end = now.steady + until;
        reconcile::ReconcileAction action = machine.begin(now);
        for (std::size_t steps = 0; now.steady < end; ++steps) {
            REQUIRE(steps < 200'000);
            action = perform(machine, action);
        }
    }
    [[nodiscard]] std::size_t noted(reconcile::ReconcileNote::What what) const {
        return static_cast<std::size_t>(std::ranges::count(notes, what, &reconcile::ReconcileNote::what));
    }
    [[nodiscard]] std::size_t asks(Gateway gateway) const {
        return static_cast<std::size_t>(std::ranges::count(asked_of, gateway));
    }

    std::map<std::string, Payment> payments;

private:
    static Deadline soon() { return Deadline::in(30s); }
    static std::string digits(const std::string& text) {
        return std::to_string(std::hash<std::string>()(text) % 1'000'000'000);
    }

    reconcile::ReconcileAction perform(reconcile::ReconcilerMachine& machine, const reconcile::Wait& wait) {
        CHECK(wait.at_most >= 1ms);
        CHECK(wait.at_most <= std::max(options.look_every, options.gateway_backoff_max));
        pass(wait.at_most);
        return machine.waited(now);
    }
    reconcile::ReconcileAction perform(reconcile::ReconcilerMachine& machine, const reconcile::Look& look) {
        ++looks;
        CHECK(look.created_before == now.utc - 1ms - options.ask_after);
        return machine.looked(now, faulty_.pending(look.created_before, look.rows_max, soon()));
    }
    reconcile::ReconcileAction perform(reconcile::ReconcilerMachine& machine, const reconcile::Ask& ask) {
        for (std::size_t i = asked_of.size(); i-- > 0;) {  // never two questions to one gateway closer than that
            if (asked_of[i] != ask.gateway) continue;
            CHECK(now.steady - asked_at[i].steady >= options.ask_interval);
            break;
        }
        asked.push_back(ask.request);
        asked_of.push_back(ask.gateway);
        asked_at.push_back(now);
        return machine.answered(now, exchange(ask.gateway, ask.request));
    }
    reconcile::ReconcileAction perform(reconcile::ReconcilerMachine& machine, const reconcile::Settle& settle) {
        return machine.settled(now, processor_.process(settle.notification, soon()));
    }

    std::shared_ptr<memory::Database> database_ = std::make_shared<memory::Database>(clock);
    std::unique_ptr<PaymentStore> inner_ = memory::Database::payment_store(database_);
    FaultyPaymentStore faulty_{*inner_, [this](std::string_view call) { return store_fault(call); }};
    PaymentProcessor processor_{faulty_, clock};
};

}  // namespace ticketbottle::test
