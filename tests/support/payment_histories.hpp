#pragma once
/// \file
/// Random histories on a payment store: a backend, the memory store and a model that shares no code with either agree at every step.

#include <ticketbottle/event/events.hpp>
#include <ticketbottle/payment/rules.hpp>

#include "conformance/payment_values.hpp"
#include "support/child_process.hpp"
#include "support/payment_backends.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace ticketbottle::test::histories {

using conformance::payments::at;
using conformance::payments::soon;
using conformance::payments::text_of;

/// The rules once more, told as a person would: naive loops over everything, no indexes, no shared helper.
class Model {
public:
    struct Row {
        std::string id, code, ptid, key, provider;
        std::int64_t amount;
        std::string state = "PENDING";
    };
    struct Taken {
        std::string payment, status, charge, currency, refusal;
        std::int64_t amount;
        TimePoint at;
        int number = 0;  ///< Order of first arrival of its key.
    };
    struct Answer {
        std::string outcome, refusal, payment, after;
    };

    bool has(const std::string& id, const std::string& code, const std::string& ptid, const std::string& key) const {
        for (const Row& row : rows) {
            if (row.id == id || row.code == code || row.ptid == ptid || row.key == key) return true;
        }
        return false;
    }

    Answer settle(const PaymentNotification& n, LateSuccess policy, TimePoint now) {
        const std::string status(to_string(n.status));
        if (status == "ignored") return {"ignored", "none", "", "PENDING"};
        const std::vector<Row*> meant = find(n);
        if (meant.empty()) return {"refused", "unknown_order", "", "PENDING"};
        if (meant.size() > 1) return {"refused", "ambiguous_order", "", "PENDING"};
        Row& row = *meant[0];
        const auto refuse = [&](const char* why) { return Answer{"refused", why, row.id, row.state}; };
        const std::string family = n.gateway == Gateway::stripe_eventbridge ? "stripe" : std::string(to_string(n.gateway));
        if (row.provider != family) return refuse("provider_mismatch");
        if (status == "pending" || (status == "failed" && n.finality == Finality::retryable)) return {"ignored", "none", row.id, row.state};
        const std::string key = family + " " + n.dedup_key;
        const auto known = inbox.find(key);
        if (known != inbox.end() && known->second.status == status) {
            const Taken& old = known->second;
            if (old.payment != row.id || old.amount != n.amount->minor_units || old.currency != n.amount->currency.code())
                return refuse("content_conflict");
            if (old.refusal != "amount_mismatch" && old.refusal != "currency_mismatch") return {"duplicate", "none", row.id, row.state};
        }
        const auto take = [&](const char* refusal) {
            const int number = known != inbox.end() ? known->second.number : ++numbers;
            inbox[key] = {row.id, status, n.charge_id, std::string(n.amount->currency.code()), refusal, n.amount->minor_units, now, number};
        };
        if (n.amount->currency.code() != "VND" || n.amount->minor_units != row.amount) {
            const char* why = n.amount->currency.code() != "VND" ? "currency_mismatch" : "amount_mismatch";
            if (status == "succeeded" && (known == inbox.end() || known->second.refusal != why)) take(why);
            return refuse(why);
        }
        std::set<std::string> charges;
        for (const auto& [name, old] : inbox) {
            const bool mismatch = old.refusal == "amount_mismatch" || old.refusal == "currency_mismatch";
            if (old.payment == row.id && old.status == "succeeded" && !mismatch && !old.charge.empty()) charges.insert(old.charge);
        }
        const bool same_charge = !n.charge_id.empty() && charges.contains(n.charge_id);
        const bool other_charge = !n.charge_id.empty() && !charges.empty() && !same_charge;
        const auto apply = [&]() -> Answer {
            row.state = status == "succeeded" ? "COMPLETED" : status == "failed" ? "FAILED" : "CANCELLED";
            take("none");
            events.emplace_back(row.id + " PAYMENT_" + row.state);
            return {"applied", "none", row.id, row.state};
        };
        if (row.state == "PENDING") return apply();
        if (row.state == "COMPLETED") {
            if (status != "succeeded") return refuse("already_completed");
            if (!other_charge) return {"duplicate", "none", row.id, row.state};
            take("second_charge");
            return refuse("second_charge");
        }
        if (status != "succeeded" || same_charge) return {"duplicate", "none", row.id, row.state};
        if (policy == LateSuccess::reopen) return apply();
        take("late_success");
        return refuse("late_success");
    }

    std::uint64_t forget(TimePoint before, std::size_t most) {
        std::vector<std::tuple<TimePoint, int, std::string>> old;
        for (const auto& [key, taken] : inbox) {
            if (taken.at < before && taken.refusal == "none") old.emplace_back(taken.at, taken.number, key);
        }
        std::sort(old.begin(), old.end());
        if (old.size() > most) old.resize(most);
        for (const auto& [time, number, key] : old) inbox.erase(key);
        return old.size();
    }

    std::uint64_t raised() const {
        std::uint64_t count = 0;
        for (const auto& [key, taken] : inbox) count += taken.refusal == "none" ? 0 : 1;
        return count;
    }
    std::uint64_t in(const std::string& state) const {
        return static_cast<std::uint64_t>(std::count_if(rows.begin(), rows.end(), [&](const Row& row) { return row.state == state; }));
    }

    std::vector<Row> rows;
    std::map<std::string, Taken> inbox;
    std::vector<std::string> events;
    int numbers = 0;

private:
    std::vector<Row*> find(const PaymentNotification& n) {
        std::vector<Row*> found;
        const bool stripe = n.gateway == Gateway::stripe || n.gateway == Gateway::stripe_eventbridge;
        for (Row& row : rows) {
            bool hit = !n.order_id.empty() && row.ptid == n.order_id;
            if (n.gateway == Gateway::payos) hit = hit || (!n.link_id.empty() && row.ptid == n.link_id);
            if (stripe && n.order_id.empty()) hit = !n.link_id.empty() && row.ptid == n.link_id;
            if (hit) found.push_back(&row);
        }
        if (!found.empty() || n.gateway == Gateway::payos) return found;
        for (Row& row : rows) {
            std::string name = n.order_id;
            if (n.gateway == Gateway::zalopay) {
                const auto mark = name.find('_');
                name = mark == std::string::npos ? "" : name.substr(mark + 1);
            }
            if (!name.empty() && row.code == name) found.push_back(&row);
        }
        return found;
    }
};

/// Draws from small sets, so that everything collides with everything.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : random_(seed) {}
    int roll(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }
    bool one_in(int count) { return roll(count) == 0; }

private:
    std::mt19937_64 random_;
};

inline constexpr std::array<const char*, 6> providers{"zalopay", "payos", "vnpay", "stripe", "momo", "standard-webhooks"};
inline constexpr std::array gateways{Gateway::zalopay, Gateway::payos, Gateway::vnpay, Gateway::stripe, Gateway::momo,
                              Gateway::standard_webhooks, Gateway::stripe_eventbridge};
inline constexpr int names = 14;

inline Payment random_payment(Dice& dice) {
    const int n = dice.roll(names);
    const std::string name = std::to_string(n);
    Payment payment = conformance::payments::make_payment(n, providers[static_cast<std::size_t>(n) % providers.size()]);
    // Order codes and provider names share a space, so that one row's code is another's provider transaction id.
    payment.order_code = "N" + name;
    payment.provider_transaction_id = dice.one_in(3) ? "N" + std::to_string(dice.roll(names)) : "1_N" + name;
    if (dice.one_in(8)) payment.id = conformance::payments::make_payment(dice.roll(names)).id;
    if (dice.one_in(8)) payment.idempotency_key = "key-" + std::to_string(dice.roll(names));
    if (dice.one_in(4)) payment.metadata = R"({"customer_name":"Ánh","note":1.50})";
    return payment;
}

inline PaymentNotification random_notification(Dice& dice, const Model& model) {
    PaymentNotification n;
    n.gateway = gateways[static_cast<std::size_t>(dice.roll(static_cast<int>(gateways.size())))];
    const int target = dice.roll(names);
    if (!dice.one_in(6)) n.gateway = gateways[static_cast<std::size_t>(target) % providers.size()];
    if (n.gateway == Gateway::stripe && dice.one_in(3)) n.gateway = Gateway::stripe_eventbridge;
    const std::string name = "N" + std::to_string(target);
    n.order_id = dice.one_in(2) ? name : "1_" + name;
    if (dice.one_in(20)) n.order_id.clear();
    n.link_id = dice.one_in(2) ? "1_" + name : "";
    constexpr std::array statuses{NotifiedStatus::succeeded, NotifiedStatus::succeeded, NotifiedStatus::succeeded, NotifiedStatus::failed,
                                  NotifiedStatus::failed,    NotifiedStatus::cancelled, NotifiedStatus::pending,   NotifiedStatus::ignored};
    n.status = statuses[static_cast<std::size_t>(dice.roll(static_cast<int>(statuses.size())))];
    n.finality = dice.one_in(5) ? Finality::retryable : Finality::final;
    const std::string transaction = "t" + std::to_string(dice.roll(3));
    n.transaction_id = transaction;
    if (n.status == NotifiedStatus::succeeded && !dice.one_in(4)) n.charge_id = transaction;
    n.dedup_key = name + ":" + transaction + (dice.one_in(5) ? "" : ":" + std::string(to_string(n.status)));
    if (dice.one_in(30)) n.dedup_key = "shared";
    n.amount = Money{250000 + target, Currency::vnd()};
    for (const Model::Row& row : model.rows) {
        if (row.code == name && !dice.one_in(8)) n.amount->minor_units = row.amount;
    }
    if (dice.one_in(25)) n.amount->currency = *Currency::parse("EUR");
    return n;
}

/// \param Backend  As the conformance suite's.
template <class Backend>
struct Run {
    Dice dice;
    Model model;
    test::MemoryPayments memory;
    Backend other;
    std::unique_ptr<PaymentStore> a = memory.open();
    std::unique_ptr<PaymentStore> b = other.open();
    std::int64_t now = 0;
    std::set<std::string> seen;  ///< "outcome refusal before", so that a history that never meets a rule is noticed.

    explicit Run(std::uint64_t seed) : dice(seed) {}

    void create() {
        const Payment wanted = random_payment(dice);
        const bool taken = model.has(wanted.id, wanted.order_code, wanted.provider_transaction_id, wanted.idempotency_key);
        const Result<Payment> one = a->create(wanted, soon());
        const Result<Payment> two = b->create(wanted, soon());
        REQUIRE(one.has_value() == two.has_value());
        if (one.has_value()) {
            REQUIRE(text_of(*one) == text_of(*two));
        } else {
            REQUIRE(one.error().code == Errc::conflict);
            REQUIRE(two.error().code == Errc::conflict);
        }
        if (!taken) {
            REQUIRE(one.has_value());
            model.rows.push_back({wanted.id, wanted.order_code, wanted.provider_transaction_id, wanted.idempotency_key, wanted.provider,
                                  wanted.amount.minor_units});
        } else if (one.has_value()) {
            REQUIRE(one->idempotency_key == wanted.idempotency_key);  // what was there, given back
            REQUIRE(one->order_code == wanted.order_code);
        }
    }

    void settle() {
        SettleCommand command = conformance::payments::command(random_notification(dice, model), at(now));
        command.payos_number = PayosNumber::unknown;
        command.late_success = dice.one_in(3) ? LateSuccess::reopen : LateSuccess::hold;
        const Result<Settled> one = a->settle(command, soon());
        const Result<Settled> two = b->settle(command, soon());
        REQUIRE(one.has_value());
        REQUIRE(two.has_value());
        REQUIRE(text_of(*one) == text_of(*two));
        const Model::Answer expected = model.settle(command.notification, command.late_success, at(now));
        REQUIRE(to_string(one->outcome) == expected.outcome);
        REQUIRE(to_string(one->refusal) == expected.refusal);
        REQUIRE(one->payment_id == expected.payment);
        seen.insert(expected.outcome + " " + expected.refusal);
        REQUIRE(to_string(one->after) == expected.after);
    }

    void forget() {
        const TimePoint before = at(now - dice.roll(400));
        const auto most = static_cast<std::uint32_t>(1 + dice.roll(5));
        const std::uint64_t expected = model.forget(before, most);
        REQUIRE(a->remove_inbox(before, most, soon()).value() == expected);
        REQUIRE(b->remove_inbox(before, most, soon()).value() == expected);
    }

    void compare_everything() {
        for (const Model::Row& row : model.rows) {
            const auto one = a->find(PaymentKey::id, row.id, soon());
            const auto two = b->find(PaymentKey::id, row.id, soon());
            REQUIRE(text_of(**one) == text_of(**two));
            REQUIRE(to_string((*one)->status) == row.state);
        }
        std::string raised_a, raised_b, pending_a, pending_b;
        for (const InboxEntry& entry : a->raised(1000, soon()).value()) raised_a += text_of(entry) + "\n";
        for (const InboxEntry& entry : b->raised(1000, soon()).value()) raised_b += text_of(entry) + "\n";
        for (const Payment& payment : a->pending(at(7), 5, soon()).value()) pending_a += text_of(payment) + "\n";
        for (const Payment& payment : b->pending(at(7), 5, soon()).value()) pending_b += text_of(payment) + "\n";
        REQUIRE(raised_a == raised_b);
        REQUIRE(pending_a == pending_b);
        for (PaymentStore* store : {a.get(), b.get()}) {
            const PaymentCounts counts = store->counts(soon()).value();
            REQUIRE(counts.pending == model.in("PENDING"));
            REQUIRE(counts.completed == model.in("COMPLETED"));
            REQUIRE(counts.failed == model.in("FAILED"));
            REQUIRE(counts.cancelled == model.in("CANCELLED"));
            REQUIRE(counts.raised == model.raised());
        }
        const std::vector<OutboxRow> events = memory.outbox();
        REQUIRE(text_of(events) == text_of(other.outbox()));
        REQUIRE(events.size() == model.events.size());
        for (std::size_t i = 0; i < events.size(); ++i) REQUIRE(events[i].aggregate_id + " " + events[i].event_type == model.events[i]);
    }
};

template <class Backend>
void agree(int histories) {
    const std::uint64_t seed = conformance::payments::seed();
    MESSAGE("TKB_SEED=" << seed);
    std::set<std::string> seen;
    for (int history = 0; history < histories; ++history) {
        CAPTURE(seed);
        CAPTURE(history);
        Run<Backend> run(seed + static_cast<std::uint64_t>(history));
        for (int step = 0; step < 400; ++step) {
            CAPTURE(step);
            run.now += run.dice.roll(3);  // now and then two at the same millisecond
            const int what = run.dice.roll(20);
            if (what < 4) {
                run.create();
            } else if (what < 19) {
                run.settle();
            } else {
                run.forget();
            }
            if (step % 50 == 49) run.compare_everything();
        }
        seen.merge(run.seen);
    }
    for (const char* rule : {"applied none", "duplicate none", "ignored none", "refused unknown_order", "refused ambiguous_order",
                             "refused provider_mismatch", "refused amount_mismatch", "refused currency_mismatch",
                             "refused already_completed", "refused late_success", "refused second_charge", "refused content_conflict"}) {
        CAPTURE(rule);
        CHECK(seen.contains(rule));
    }
}

}  // namespace ticketbottle::test::histories
