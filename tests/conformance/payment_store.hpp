#pragma once
/// \file
/// What every PaymentStore must do. Needs the public headers and doctest only, so a backend of your own runs it too:
///
///     struct MyBackend {
///         MyBackend();                              // a fresh, empty database
///         std::unique_ptr<PaymentStore> open();     // one more store on it
///         std::vector<OutboxRow> outbox();          // every row of its outbox, in insertion order
///     };
///     TKB_PAYMENT_STORE_CONFORMANCE(MyBackend);     // in one .cpp of a doctest program
///
/// A backend whose payments are made elsewhere, and which cannot hold just any name, also has
///
///         static Payment payment(int n);             // the n-th, as find() gives it while it is PENDING: created and updated at
///                                                    // at(n), the order code's last character the last digit of n, no two
///                                                    // amounts the same, provider "vnpay" or "stripe"
///         static std::string passed_through(int n);  // what default_pass_through() takes of its metadata into events: JSON members
///         void put(const Payment& payment);          // brings it into being
///
/// and runs TKB_PAYMENT_STORE_SETTLE_CONFORMANCE(MyBackend): every property but those of create() and of names that only other
/// gateways give. It is asked for nothing less in the rest.

#include "payment_values.hpp"

#include <doctest/doctest.h>
#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/payment/rules.hpp>
#include <ticketbottle/ports/payment_store.hpp>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace ticketbottle::conformance::payments {

// ---------------------------------------------------------------------------------------------------------- create, find

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: a created payment is found whole by each of its keys", Backend, payment_create_find) {
    Backend backend;
    auto store = backend.open();
    Payment wanted = make_payment(1, "payos");
    wanted.order_code = "TB-ĐÊM NHẠC-\"quoted\"-'1'";
    wanted.metadata = "{ \"customer_name\": \"Nguyễn Thị Ánh\", \"big\": 9007199254740993, \"f\": 1.10 }";
    const Result<Payment> created = store->create(wanted, soon());
    REQUIRE(created.has_value());
    CHECK(text_of(*created) == text_of(wanted));
    create(*store, make_payment(2));
    for (const auto& [key, value] : std::vector<std::pair<PaymentKey, std::string>>{
             {PaymentKey::id, wanted.id},
             {PaymentKey::order_code, wanted.order_code},
             {PaymentKey::provider_transaction_id, wanted.provider_transaction_id},
             {PaymentKey::idempotency_key, wanted.idempotency_key}}) {
        const auto found = backend.open()->find(key, value, soon());
        REQUIRE(found.has_value());
        REQUIRE(found->has_value());
        CHECK(text_of(**found) == text_of(wanted));
        CHECK_FALSE(store->find(key, value + " ", soon()).value().has_value());
        CHECK_FALSE(store->find(key, "", soon()).value().has_value());
    }
    CHECK_FALSE(store->find(PaymentKey::order_code, wanted.id, soon()).value().has_value());
    CHECK(backend.outbox().empty());
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: creating again under the same key returns the first row", Backend, payment_create_again) {
    Backend backend;
    auto store = backend.open();
    const Payment first = make_payment(1, "zalopay");
    create(*store, first);
    REQUIRE(settle(*store, success(first, "t", Gateway::zalopay)).outcome == Outcome::applied);
    const std::string before = text_of(stored(*store, first));
    Payment again = first;
    again.id = derived_uuid("payment", "other");
    again.provider = "Zalo_Pay";
    again.provider_transaction_id = "another";
    again.payment_url = "https://pay.example/another";
    const Result<Payment> answer = store->create(again, soon());
    REQUIRE(answer.has_value());
    CHECK(text_of(*answer) == before);
    CHECK(text_of(stored(*store, first)) == before);
    CHECK_FALSE(store->find(PaymentKey::id, again.id, soon()).value().has_value());
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: a unique value taken by a different payment is a conflict", Backend, payment_create_conflict) {
    Backend backend;
    auto store = backend.open();
    const Payment first = make_payment(1);
    create(*store, first);
    const std::string before = text_of(first);
    const std::vector<std::pair<const char*, std::function<void(Payment&)>>> cases{
        {"key, other amount", [&](Payment& p) { p.idempotency_key = first.idempotency_key; p.order_code = first.order_code; }},
        {"key, other order", [&](Payment& p) { p.idempotency_key = first.idempotency_key; p.amount = first.amount; }},
        {"key, other provider", [&](Payment& p) { p = first; p.provider = "momo"; }},
        {"key, other currency", [&](Payment& p) { p = first; p.amount.currency = *Currency::parse("EUR"); }},
        {"id", [&](Payment& p) { p.id = first.id; }},
        {"order code", [&](Payment& p) { p.order_code = first.order_code; }},
        {"provider transaction id", [&](Payment& p) { p.provider_transaction_id = first.provider_transaction_id; }},
    };
    for (const auto& [name, change] : cases) {
        CAPTURE(name);
        Payment other = make_payment(2);
        change(other);
        const Result<Payment> answer = store->create(other, soon());
        REQUIRE_FALSE(answer.has_value());
        CHECK(answer.error().code == Errc::conflict);
        CHECK(text_of(stored(*store, first)) == before);
        CHECK(store->counts(soon()).value().pending == 1);
    }
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: what is no payment is not created", Backend, payment_create_invalid) {
    Backend backend;
    auto store = backend.open();
    const std::vector<std::pair<const char*, std::function<void(Payment&)>>> cases{
        {"amount 0", [](Payment& p) { p.amount.minor_units = 0; }},
        {"amount below zero", [](Payment& p) { p.amount.minor_units = -1; }},
        {"no currency", [](Payment& p) { p.amount.currency = Currency(); }},
        {"no id", [](Payment& p) { p.id.clear(); }},
        {"no order code", [](Payment& p) { p.order_code.clear(); }},
        {"no provider", [](Payment& p) { p.provider.clear(); }},
        {"no provider transaction id", [](Payment& p) { p.provider_transaction_id.clear(); }},
        {"no idempotency key", [](Payment& p) { p.idempotency_key.clear(); }},
        {"not pending", [](Payment& p) { p.status = PaymentStatus::completed; p.completed_at = at(); }},
        {"a time of the end", [](Payment& p) { p.failed_at = at(); }},
        {"metadata an array", [](Payment& p) { p.metadata = "[]"; }},
        {"metadata broken", [](Payment& p) { p.metadata = "{\"a\":"; }},
        {"metadata with a member twice", [](Payment& p) { p.metadata = R"({"a":1,"a":2})"; }},
        {"metadata too long", [](Payment& p) { p.metadata = "{\"a\":\"" + std::string(payment::payment_metadata_bytes_max, 'x') + "\"}"; }},
        {"not UTF-8", [](Payment& p) { p.order_code = "TB-\xff"; }},
        {"a NUL", [](Payment& p) { p.order_code = std::string("TB\0-1", 5); }},
        {"an id too long", [](Payment& p) { p.id = std::string(payment::payment_id_bytes_max + 1, 'x'); }},
    };
    for (const auto& [name, change] : cases) {
        CAPTURE(name);
        Payment broken = make_payment(1);
        change(broken);
        const Result<Payment> answer = store->create(broken, soon());
        REQUIRE_FALSE(answer.has_value());
        CHECK(answer.error().code == Errc::invalid_argument);
    }
    CHECK(store->counts(soon()).value().pending == 0);
}

// ---------------------------------------------------------------------------------------------------------------- settle

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: an applied notification writes status, time and event, and nothing else", Backend,
                          payment_settle_applied) {
    struct Case {
        NotifiedStatus status;
        PaymentStatus after;
        const char* type;
        const char* time_member;
        std::optional<TimePoint> Payment::*time;
    };
    for (const Case& c :
         {Case{NotifiedStatus::succeeded, PaymentStatus::completed, "PAYMENT_COMPLETED", "completed_at", &Payment::completed_at},
          Case{NotifiedStatus::failed, PaymentStatus::failed, "PAYMENT_FAILED", "failed_at", &Payment::failed_at},
          Case{NotifiedStatus::cancelled, PaymentStatus::cancelled, "PAYMENT_CANCELLED", "cancelled_at", &Payment::cancelled_at}}) {
        CAPTURE(c.type);
        Backend backend;
        auto store = backend.open();
        Payment before = nth<Backend>(1);
        std::string passed = R"("customer_email":"a@b.example","tickets":[{"n":1.50,"big":9007199254740993}])";
        if constexpr (HoldsItsOwnPayments<Backend>) {
            passed = Backend::passed_through(1);
        } else {
            before.metadata = R"({"order_code":"not me","secret":1,)" + passed + "}";
        }
        put(backend, *store, before);
        put(backend, *store, nth<Backend>(2));
        PaymentNotification notification = success(before);
        if (c.status != NotifiedStatus::succeeded) notification = with_status(notification, c.status);
        const Settled settled = settle(*store, notification, at(123456));
        CHECK(settled.outcome == Outcome::applied);
        CHECK(settled.refusal == Refusal::none);
        CHECK(settled.payment_id == before.id);
        CHECK(settled.order_code == before.order_code);
        CHECK(settled.before == PaymentStatus::pending);
        CHECK(settled.after == c.after);

        Payment expected = before;
        expected.status = c.after;
        expected.updated_at = at(123456);
        expected.*c.time = at(123456);
        CHECK(text_of(stored(*store, before)) == text_of(expected));
        CHECK(text_of(stored(*store, nth<Backend>(2))) == text_of(nth<Backend>(2)));

        OutboxRow row;
        row.id = derived_uuid(before.id, c.type);
        row.aggregate_id = before.id;
        row.aggregate_type = "Payment";
        row.event_type = c.type;
        row.payload = R"({"payment_id":")" + before.id + R"(","order_code":")" + before.order_code +
                      R"(","amount_cents":)" + std::to_string(before.amount.minor_units) + R"(,"currency":")" +
                      std::string(before.amount.currency.code()) + R"(","provider":")" + before.provider +
                      R"(","transaction_id":"t-1",")" + c.time_member + R"(":"2025-12-13T08:02:03.456Z",)" + passed + "}";
        row.created_at = at(123456);
        row.traceparent = trace_of(notification);
        CHECK(settled.outbox_id == row.id);
        CHECK(text_of(backend.outbox()) == text_of(std::vector<OutboxRow>{row}));
        CHECK(raised_count(*store) == 0);
    }
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: a notification taken before changes nothing", Backend, payment_settle_duplicate) {
    for (const NotifiedStatus status : {NotifiedStatus::succeeded, NotifiedStatus::failed, NotifiedStatus::cancelled}) {
        CAPTURE(to_string(status));
        Backend backend;
        auto store = backend.open();
        put(backend, *store, nth<Backend>(1));
        const PaymentNotification notification = with_status(success(nth<Backend>(1)), status);
        REQUIRE(settle(*store, notification, at(1000)).outcome == Outcome::applied);
        const std::string row = text_of(stored(*store, nth<Backend>(1)));
        const std::string outbox = text_of(backend.outbox());
        for (int i = 0; i < 3; ++i) {
            const Settled again = settle(*backend.open(), notification, at(2000));
            CHECK(again.outcome == Outcome::duplicate);
            CHECK(again.payment_id == nth<Backend>(1).id);
            CHECK(again.outbox_id.empty());
            CHECK(again.before == again.after);
        }
        CHECK(text_of(stored(*store, nth<Backend>(1))) == row);
        CHECK(text_of(backend.outbox()) == outbox);
    }
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: whatever the order of callbacks, one event per state change and COMPLETED stays", Backend,
                          payment_settle_any_order) {
    const std::uint64_t first_seed = seed();
    for (std::uint64_t round = 0; round < 8; ++round) {
        CAPTURE(first_seed);
        CAPTURE(round);
        std::mt19937_64 random(first_seed + round);
        Backend backend;
        auto store = backend.open();
        put(backend, *store, nth<Backend>(1));
        // A shop that was moved between gateways: retries of one attempt each, and another gateway's that must not count.
        std::vector<PaymentNotification> calls;
        for (int attempt = 0; attempt < 4; ++attempt) {
            const PaymentNotification good = success(nth<Backend>(1), "t-" + std::to_string(attempt));
            for (int i = 0; i < 6; ++i) {
                calls.push_back(good);
                calls.push_back(with_status(good, NotifiedStatus::failed));
                calls.push_back(with_status(good, NotifiedStatus::cancelled));
                calls.push_back(success(nth<Backend>(1), "m-" + std::to_string(attempt), Gateway::momo));
            }
        }
        for (int i = 0; i < 4; ++i) calls.push_back(with_status(success(nth<Backend>(1)), NotifiedStatus::pending));
        REQUIRE(calls.size() == 100);
        std::shuffle(calls.begin(), calls.end(), random);
        bool completed = false;
        std::size_t changes = 0;
        for (const PaymentNotification& call : calls) {
            SettleCommand one = command(call);
            one.late_success = round % 2 == 0 ? LateSuccess::hold : LateSuccess::reopen;
            const Result<Settled> settled = store->settle(one, soon());
            REQUIRE(settled.has_value());
            const PaymentStatus now = stored(*store, nth<Backend>(1)).status;
            CHECK(settled->after == now);
            changes += settled->before != settled->after ? 1 : 0;
            CHECK((settled->outcome == Outcome::applied) == (settled->before != settled->after));
            if (completed) CHECK(now == PaymentStatus::completed);
            completed = now == PaymentStatus::completed;
        }
        const std::vector<OutboxRow> rows = backend.outbox();
        CHECK(rows.size() == changes);
        CHECK(std::count_if(rows.begin(), rows.end(), [](const OutboxRow& row) { return row.event_type == "PAYMENT_COMPLETED"; }) ==
              (completed ? 1 : 0));
        if (round % 2 == 1) CHECK(completed);
    }
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: money after the end is recorded and raised once, and held", Backend, payment_late_success_hold) {
    for (const NotifiedStatus end : {NotifiedStatus::failed, NotifiedStatus::cancelled}) {
        Backend backend;
        auto store = backend.open();
        put(backend, *store, nth<Backend>(1));
        REQUIRE(settle(*store, with_status(success(nth<Backend>(1)), end), at(1000)).outcome == Outcome::applied);
        const std::string row = text_of(stored(*store, nth<Backend>(1)));
        const std::string outbox = text_of(backend.outbox());

        const PaymentNotification late = success(nth<Backend>(1), "t-late");
        const Settled settled = settle(*store, late, at(2000));
        CHECK(settled.outcome == Outcome::refused);
        CHECK(settled.refusal == Refusal::late_success);
        CHECK(settled.payment_id == nth<Backend>(1).id);
        CHECK(text_of(stored(*store, nth<Backend>(1))) == row);
        CHECK(text_of(backend.outbox()) == outbox);

        CHECK(settle(*store, late, at(3000)).outcome == Outcome::duplicate);
        PaymentNotification same_charge = late;
        same_charge.dedup_key += ":told-twice";
        CHECK(settle(*store, same_charge, at(3000)).outcome == Outcome::duplicate);

        const auto raised = backend.open()->raised(10, soon());
        REQUIRE(raised.has_value());
        REQUIRE(raised->size() == 1);
        InboxEntry expected;
        expected.gateway = gateway_of(nth<Backend>(1));
        expected.dedup_key = late.dedup_key;
        expected.payment_id = nth<Backend>(1).id;
        expected.transaction_id = expected.charge_id = "t-late";
        expected.status = NotifiedStatus::succeeded;
        expected.amount = nth<Backend>(1).amount;
        expected.outcome = Outcome::refused;
        expected.refusal = Refusal::late_success;
        expected.received_at = at(2000);
        CHECK(text_of(raised->front()) == text_of(expected));
        CHECK(store->counts(soon()).value().raised == 1);
    }
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: with reopen, money after the end completes the payment after all", Backend,
                          payment_late_success_reopen) {
    Backend backend;
    auto store = backend.open();
    put(backend, *store, nth<Backend>(1));
    REQUIRE(settle(*store, with_status(success(nth<Backend>(1)), NotifiedStatus::failed), at(1000)).outcome == Outcome::applied);
    SettleCommand late = command(success(nth<Backend>(1), "t-late"), at(2000));
    late.late_success = LateSuccess::reopen;
    const Result<Settled> settled = store->settle(late, soon());
    REQUIRE(settled.has_value());
    CHECK(settled->outcome == Outcome::applied);
    CHECK(settled->before == PaymentStatus::failed);
    CHECK(settled->after == PaymentStatus::completed);
    const Payment now = stored(*store, nth<Backend>(1));
    CHECK(now.status == PaymentStatus::completed);
    CHECK(now.completed_at == at(2000));
    CHECK(now.failed_at == at(1000));
    const std::vector<OutboxRow> rows = backend.outbox();
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].event_type == "PAYMENT_FAILED");
    CHECK(rows[1].event_type == "PAYMENT_COMPLETED");
    CHECK(store->settle(late, soon()).value().outcome == Outcome::duplicate);
    const PaymentNotification failure = with_status(success(nth<Backend>(1)), NotifiedStatus::failed);
    CHECK(settle(*store, failure).outcome == Outcome::duplicate);  // the one that was taken
    const PaymentNotification another = with_status(success(nth<Backend>(1), "t-x"), NotifiedStatus::failed);
    CHECK(settle(*store, another).refusal == Refusal::already_completed);
    CHECK(stored(*store, nth<Backend>(1)).status == PaymentStatus::completed);
    CHECK(backend.outbox().size() == 2);
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: a second charge is told from the first one told again", Backend, payment_second_charge) {
    Backend backend;
    auto store = backend.open();
    put(backend, *store, nth<Backend>(1));
    REQUIRE(settle(*store, success(nth<Backend>(1), "t-1")).outcome == Outcome::applied);
    const std::string row = text_of(stored(*store, nth<Backend>(1)));

    PaymentNotification told_twice = success(nth<Backend>(1), "t-1");
    told_twice.dedup_key = "another event of the same charge";
    CHECK(settle(*store, told_twice).outcome == Outcome::duplicate);
    PaymentNotification nameless = success(nth<Backend>(1), "t-9");
    nameless.charge_id.clear();
    CHECK(settle(*store, nameless).outcome == Outcome::duplicate);
    CHECK(raised_count(*store) == 0);

    const Settled second = settle(*store, success(nth<Backend>(1), "t-2"), at(70000));
    CHECK(second.outcome == Outcome::refused);
    CHECK(second.refusal == Refusal::second_charge);
    CHECK(settle(*store, success(nth<Backend>(1), "t-2")).outcome == Outcome::duplicate);
    CHECK(settle(*store, success(nth<Backend>(1), "t-3"), at(80000)).refusal == Refusal::second_charge);
    const auto raised = store->raised(10, soon()).value();
    REQUIRE(raised.size() == 2);
    CHECK(raised[0].charge_id == "t-3");  // newest first
    CHECK(raised[1].charge_id == "t-2");
    CHECK(store->raised(1, soon()).value().front().charge_id == "t-3");
    CHECK(text_of(stored(*store, nth<Backend>(1))) == row);
    CHECK(backend.outbox().size() == 1);
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: a charge that cannot be compared is not called a second one", Backend, payment_charge_unnamed) {
    Backend backend;
    auto store = backend.open();
    put(backend, *store, nth<Backend>(1));
    PaymentNotification nameless = success(nth<Backend>(1), "t-1");
    nameless.charge_id.clear();
    REQUIRE(settle(*store, nameless).outcome == Outcome::applied);
    CHECK(settle(*store, success(nth<Backend>(1), "t-2")).outcome == Outcome::duplicate);
    CHECK(raised_count(*store) == 0);
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: a refusal changes neither payment nor outbox", Backend, payment_refusals) {
    struct Case {
        const char* name;
        std::function<void(PaymentNotification&)> change;
        Outcome outcome;
        Refusal refusal;
        std::size_t raised;
    };
    const std::vector<Case> cases{
        {"unknown order", [](auto& n) { n.order_id = "TB-NOBODY"; }, Outcome::refused, Refusal::unknown_order, 0},
        {"no order id", [](auto& n) { n.order_id.clear(); }, Outcome::refused, Refusal::unknown_order, 0},
        {"order id in other case", [](auto& n) { n.order_id = "tb-TEST-20251213-00001"; }, Outcome::refused, Refusal::unknown_order, 0},
        {"other gateway", [](auto& n) { n.gateway = Gateway::momo; }, Outcome::refused, Refusal::provider_mismatch, 0},
        {"a dong less", [](auto& n) { n.amount->minor_units -= 1; }, Outcome::refused, Refusal::amount_mismatch, 1},
        {"a dong more", [](auto& n) { n.amount->minor_units += 1; }, Outcome::refused, Refusal::amount_mismatch, 1},
        {"hundredfold", [](auto& n) { n.amount->minor_units *= 100; }, Outcome::refused, Refusal::amount_mismatch, 1},
        {"no amount", [](auto& n) { n.amount.reset(); }, Outcome::refused, Refusal::amount_mismatch, 0},
        {"other currency", [](auto& n) { n.amount->currency = *Currency::parse("USD"); }, Outcome::refused, Refusal::currency_mismatch, 1},
        {"failed, other amount", [](auto& n) { n.amount->minor_units = 1; n.status = NotifiedStatus::failed; }, Outcome::refused,
         Refusal::amount_mismatch, 0},
        {"pending", [](auto& n) { n.status = NotifiedStatus::pending; }, Outcome::ignored, Refusal::none, 0},
        {"ignored", [](auto& n) { n.status = NotifiedStatus::ignored; n.amount.reset(); }, Outcome::ignored, Refusal::none, 0},
        {"ignored, nameless", [](auto& n) { n.status = NotifiedStatus::ignored; n.order_id.clear(); }, Outcome::ignored, Refusal::none, 0},
        {"may be tried again", [](auto& n) { n.status = NotifiedStatus::failed; n.finality = Finality::retryable; }, Outcome::ignored,
         Refusal::none, 0},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        Backend backend;
        auto store = backend.open();
        put(backend, *store, nth<Backend>(1));
        PaymentNotification notification = success(nth<Backend>(1));
        c.change(notification);
        for (int repeat = 0; repeat < 2; ++repeat) {  // told again, it is refused again, and raised once
            const Settled settled = settle(*store, notification);
            CHECK(settled.outcome == c.outcome);
            CHECK(settled.refusal == c.refusal);
            CHECK(settled.before == settled.after);
            CHECK(settled.outbox_id.empty());
            CHECK(text_of(stored(*store, nth<Backend>(1))) == text_of(nth<Backend>(1)));
            CHECK(backend.outbox().empty());
            CHECK(raised_count(*store) == c.raised);
        }
        CHECK(settle(*store, success(nth<Backend>(1), "t-good")).outcome == Outcome::applied);  // and nothing stands in the way
    }
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: one id with other content is a conflict", Backend, payment_content_conflict) {
    Backend backend;
    auto store = backend.open();
    put(backend, *store, nth<Backend>(1));
    put(backend, *store, nth<Backend>(2));
    REQUIRE(settle(*store, success(nth<Backend>(1))).outcome == Outcome::applied);
    const std::string outbox = text_of(backend.outbox());
    const std::string row = text_of(stored(*store, nth<Backend>(1)));
    PaymentNotification amount = success(nth<Backend>(1));
    amount.amount->minor_units = 1;
    CHECK(settle(*store, amount).refusal == Refusal::content_conflict);
    PaymentNotification currency = success(nth<Backend>(1));
    currency.amount->currency = *Currency::parse("USD");
    CHECK(settle(*store, currency).refusal == Refusal::content_conflict);
    PaymentNotification order = success(nth<Backend>(2));
    order.dedup_key = success(nth<Backend>(1)).dedup_key;
    CHECK(settle(*store, order).refusal == Refusal::content_conflict);
    CHECK(text_of(stored(*store, nth<Backend>(1))) == row);
    CHECK(text_of(stored(*store, nth<Backend>(2))) == text_of(nth<Backend>(2)));
    CHECK(text_of(backend.outbox()) == outbox);
    // The same id of another gateway is another id.
    if constexpr (!HoldsItsOwnPayments<Backend>) {
        const Payment of_momo = nth<Backend>(3, "momo");
        put(backend, *store, of_momo);
        PaymentNotification momo = success(of_momo, "x", Gateway::momo);
        momo.dedup_key = success(nth<Backend>(1)).dedup_key;
        CHECK(settle(*store, momo).outcome == Outcome::applied);
    }
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: COMPLETED never goes back", Backend, payment_completed_stays) {
    Backend backend;
    auto store = backend.open();
    put(backend, *store, nth<Backend>(1));
    REQUIRE(settle(*store, success(nth<Backend>(1))).outcome == Outcome::applied);
    const std::string row = text_of(stored(*store, nth<Backend>(1)));
    for (const NotifiedStatus status : {NotifiedStatus::failed, NotifiedStatus::cancelled}) {
        const Settled settled = settle(*store, with_status(success(nth<Backend>(1)), status));
        CHECK(settled.outcome == Outcome::refused);
        CHECK(settled.refusal == Refusal::already_completed);
        CHECK(settled.after == PaymentStatus::completed);
        CHECK(text_of(stored(*store, nth<Backend>(1))) == row);
    }
    CHECK(backend.outbox().size() == 1);
    CHECK(raised_count(*store) == 0);
}

// --------------------------------------------------------------------------------------------------- which payment is meant

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: ZaloPay's name is the whole app_trans_id, else what follows the first underscore", Backend,
                          payment_zalopay_names) {
    struct Case {
        const char* app_trans_id;
        const char* order_code;
        const char* provider_transaction_id;
        bool found;
    };
    for (const Case& c : {Case{"251213_TB-1", "TB-1", "ptid", true}, Case{"251213_TB-1", "other", "251213_TB-1", true},
                          Case{"251213_TB_WITH_MARKS", "TB_WITH_MARKS", "ptid", true}, Case{"251213_TB_WITH_MARKS", "MARKS", "ptid", false},
                          Case{"251213_TB-1", "251213_TB-1", "ptid", false}, Case{"TB-1", "TB-1", "ptid", false},
                          Case{"251213_", "TB-1", "ptid", false}}) {
        CAPTURE(c.app_trans_id);
        CAPTURE(c.order_code);
        Backend backend;
        auto store = backend.open();
        Payment row = make_payment(1, "ZaloPay");
        row.order_code = c.order_code;
        row.provider_transaction_id = c.provider_transaction_id;
        create(*store, row);
        PaymentNotification notification = success(row, "t-1", Gateway::zalopay);
        notification.order_id = c.app_trans_id;
        const Settled settled = settle(*store, notification);
        CHECK(settled.outcome == (c.found ? Outcome::applied : Outcome::refused));
        if (!c.found) CHECK(settled.refusal == Refusal::unknown_order);
    }
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: payOS's link and number must both be the payment's, as far as they can be known", Backend,
                          payment_payos_names) {
    // 20251213 * 10^8 + base36("9986M"): 15547054.
    const std::string number = "2025121315547054";
    const std::string order_code = "TB-LTDTNL-20251213-8D39986M";
    struct Case {
        const char* name;
        std::string order_code, provider_transaction_id, metadata, told_number, told_link;
        PayosNumber rule;
        Refusal refusal;
    };
    const std::vector<Case> cases{
        {"link, derived number", order_code, "link", "", number, "link", PayosNumber::dated_base36, Refusal::none},
        {"link, number of another order", order_code, "link", "", "2025121315547055", "link", PayosNumber::dated_base36,
         Refusal::order_mismatch},
        {"link, not a number", order_code, "link", "", "x", "link", PayosNumber::dated_base36, Refusal::order_mismatch},
        {"link, number kept in metadata", order_code, "link", R"({"payosOrderCode":77})", "77", "link", PayosNumber::dated_base36,
         Refusal::none},
        {"link, number kept as text", order_code, "link", R"({"payosOrderCode":"77"})", "77", "link", PayosNumber::unknown, Refusal::none},
        {"link, other number kept", order_code, "link", R"({"payosOrderCode":77})", number, "link", PayosNumber::dated_base36,
         Refusal::order_mismatch},
        {"link, number cannot be known", order_code, "link", "", "5", "link", PayosNumber::unknown, Refusal::none},
        {"link, order code follows no rule", "anything", "link", "", "5", "link", PayosNumber::dated_base36, Refusal::none},
        {"link, order code is the number", "4711", "link", "", "4711", "link", PayosNumber::digits, Refusal::none},
        {"link, order code is another number", "4711", "link", "", "4712", "link", PayosNumber::digits, Refusal::order_mismatch},
        {"older writer: number in the row", order_code, number, "", number, "link", PayosNumber::dated_base36, Refusal::none},
        {"older writer, link kept", order_code, number, R"({"paymentLinkId":"link"})", number, "link", PayosNumber::dated_base36,
         Refusal::none},
        {"older writer, other link kept", order_code, number, R"({"paymentLinkId":"link"})", number, "other", PayosNumber::dated_base36,
         Refusal::order_mismatch},
        {"other link", order_code, "link", "", number, "other", PayosNumber::dated_base36, Refusal::unknown_order},
        {"the order code is no name", order_code, "link", "", order_code, "other", PayosNumber::dated_base36, Refusal::unknown_order},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        Backend backend;
        auto store = backend.open();
        Payment row = make_payment(1, "PAY_OS");
        row.order_code = c.order_code;
        row.provider_transaction_id = c.provider_transaction_id;
        row.metadata = c.metadata;
        create(*store, row);
        PaymentNotification notification = success(row, "FT1", Gateway::payos);
        notification.order_id = c.told_number;
        notification.link_id = c.told_link;
        SettleCommand one = command(notification);
        one.payos_number = c.rule;
        const Result<Settled> settled = store->settle(one, soon());
        REQUIRE(settled.has_value());
        CHECK(settled->refusal == c.refusal);
        CHECK(settled->outcome == (c.refusal == Refusal::none ? Outcome::applied : Outcome::refused));
        if (c.refusal != Refusal::none) CHECK(text_of(stored(*store, row)) == text_of(row));
    }
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: two payments that answer to one name are not guessed between", Backend, payment_ambiguous) {
    Backend backend;
    auto store = backend.open();
    Payment by_link = make_payment(1, "payos");
    by_link.provider_transaction_id = "link";
    Payment by_number = make_payment(2, "payos");
    by_number.provider_transaction_id = "77";
    create(*store, by_link);
    create(*store, by_number);
    PaymentNotification notification = success(by_link, "FT1", Gateway::payos);
    notification.order_id = "77";
    notification.link_id = "link";
    const Settled settled = settle(*store, notification);
    CHECK(settled.outcome == Outcome::refused);
    CHECK(settled.refusal == Refusal::ambiguous_order);
    CHECK(settled.payment_id.empty());
    CHECK(store->counts(soon()).value().pending == 2);
    CHECK(backend.outbox().empty());
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: a name given as provider transaction id goes before the same as order code", Backend,
                          payment_name_order) {
    Backend backend;
    auto store = backend.open();
    Payment named = make_payment(1);
    named.provider_transaction_id = "SHARED";
    Payment coded = make_payment(2);
    coded.order_code = "SHARED";
    coded.amount = named.amount;
    create(*store, coded);
    create(*store, named);
    PaymentNotification notification = success(named);
    notification.order_id = "SHARED";
    CHECK(settle(*store, notification).payment_id == named.id);
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: one Stripe event by webhook and by EventBridge has one effect", Backend, payment_stripe_twice) {
    Backend backend;
    auto store = backend.open();
    Payment row = nth<Backend>(1, "stripe");
    if constexpr (!HoldsItsOwnPayments<Backend>) {
        row.order_code = "4711";
        row.provider_transaction_id = "cs_test_1";
        row.amount = {1999, *Currency::parse("EUR")};
    }
    put(backend, *store, row);
    PaymentNotification event = success(row, "pi_1", Gateway::stripe_eventbridge);
    event.link_id = row.provider_transaction_id;
    CHECK(settle(*store, event).outcome == Outcome::applied);
    event.gateway = Gateway::stripe;
    CHECK(settle(*store, event).outcome == Outcome::duplicate);
    PaymentNotification other_event = event;  // the payment intent's own event: no order id, found by its session or not at all
    other_event.order_id.clear();
    other_event.dedup_key = "evt_2";
    CHECK(settle(*store, other_event).outcome == Outcome::duplicate);
    CHECK(backend.outbox().size() == 1);

    Payment closed = nth<Backend>(2, "stripe");
    put(backend, *store, closed);
    REQUIRE(settle(*store, with_status(success(closed, "", Gateway::stripe), NotifiedStatus::cancelled)).outcome == Outcome::applied);
    PaymentNotification late = success(closed, "pi_2", Gateway::stripe);
    late.charge_id.clear();  // even where no charge id could tell
    CHECK(settle(*store, late).refusal == Refusal::late_success);
    late.gateway = Gateway::stripe_eventbridge;
    CHECK(settle(*store, late).outcome == Outcome::duplicate);
    CHECK(raised_count(*store) == 1);
}

// -------------------------------------------------------------------------------------------------------- many at once

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: stores that settle the same notifications at once apply each once", Backend,
                          payment_concurrent_settle) {
    constexpr int payments = 30;
    constexpr int workers = 3;
    Backend backend;
    auto store = backend.open();
    for (int i = 0; i < payments; ++i) put(backend, *store, nth<Backend>(i));
    std::vector<std::unique_ptr<PaymentStore>> stores;
    for (int i = 0; i < workers; ++i) stores.push_back(backend.open());
    std::vector<int> applied(workers, 0);
    std::vector<int> failed(workers, 0);
    std::vector<std::thread> threads;
    for (int worker = 0; worker < workers; ++worker) {
        threads.emplace_back([&, worker] {
            const auto mine = static_cast<std::size_t>(worker);
            for (int i = 0; i < payments; ++i) {
                const PaymentNotification good = success(nth<Backend>(i));
                // Half of the payments are told a failure by one and a success by the others.
                const bool bad = i % 2 == 0 && worker == 0;
                const auto settled = stores[mine]->settle(command(bad ? with_status(good, NotifiedStatus::failed) : good), soon());
                if (!settled.has_value()) {
                    ++failed[mine];
                } else if (settled->outcome == Outcome::applied) {
                    ++applied[mine];
                }
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(std::count(failed.begin(), failed.end(), 0) == workers);
    CHECK(applied[0] + applied[1] + applied[2] == payments);
    CHECK(backend.outbox().size() == payments);
    const PaymentCounts counts = store->counts(soon()).value();
    CHECK(counts.pending == 0);
    CHECK(counts.completed + counts.failed == payments);
    CHECK(counts.raised == counts.failed);  // each failed one has had its money since, told twice and raised once
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: one payment created by several at once is there once", Backend, payment_concurrent_create) {
    constexpr int workers = 3;
    constexpr int rounds = 10;
    Backend backend;
    std::vector<std::unique_ptr<PaymentStore>> stores;
    for (int i = 0; i < workers; ++i) stores.push_back(backend.open());
    std::vector<std::vector<std::string>> ids(workers);
    std::vector<std::thread> threads;
    for (int worker = 0; worker < workers; ++worker) {
        threads.emplace_back([&, worker] {
            const auto mine = static_cast<std::size_t>(worker);
            for (int i = 0; i < rounds; ++i) {
                Payment wanted = make_payment(i);
                wanted.id = derived_uuid(std::to_string(worker), std::to_string(i));
                const Result<Payment> created = stores[mine]->create(wanted, soon());
                ids[mine].push_back(created.has_value() ? created->id : "error");
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(ids[0] == ids[1]);
    CHECK(ids[0] == ids[2]);
    CHECK(std::count(ids[0].begin(), ids[0].end(), "error") == 0);
    CHECK(stores[0]->counts(soon()).value().pending == rounds);
}

// --------------------------------------------------------------------------------------------------------- the rest

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: pending lists what is old and open, oldest first", Backend, payment_pending) {
    Backend backend;
    auto store = backend.open();
    for (const int n : {5, 3, 1, 4, 2}) put(backend, *store, nth<Backend>(n));
    REQUIRE(settle(*store, success(nth<Backend>(2))).outcome == Outcome::applied);
    const auto codes = [&](TimePoint before, std::uint32_t rows_max) {
        std::string out;
        for (const Payment& row : store->pending(before, rows_max, soon()).value()) out += row.order_code.back();
        return out;
    };
    CHECK(codes(at(100), 10) == "1345");
    CHECK(codes(at(100), 2) == "13");
    CHECK(codes(at(4), 10) == "13");  // created at 4 is not before 4
    CHECK(codes(at(0), 10).empty());
    CHECK(text_of(store->pending(at(2), 1, soon()).value().front()) == text_of(nth<Backend>(1)));
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: counts follow the states", Backend, payment_counts) {
    Backend backend;
    auto store = backend.open();
    for (int n = 0; n < 10; ++n) put(backend, *store, nth<Backend>(n));
    for (int n = 0; n < 4; ++n) REQUIRE(settle(*store, success(nth<Backend>(n))).outcome == Outcome::applied);
    for (int n = 4; n < 7; ++n) (void)settle(*store, with_status(success(nth<Backend>(n)), NotifiedStatus::failed));
    (void)settle(*store, with_status(success(nth<Backend>(7)), NotifiedStatus::cancelled));
    (void)settle(*store, success(nth<Backend>(7), "late"));
    const PaymentCounts counts = backend.open()->counts(soon()).value();
    CHECK(counts.completed == 4);
    CHECK(counts.failed == 3);
    CHECK(counts.cancelled == 1);
    CHECK(counts.pending == 2);
    CHECK(counts.raised == 1);
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: retention removes old inbox entries, oldest first, but none that needs a person", Backend,
                          payment_inbox_retention) {
    Backend backend;
    auto store = backend.open();
    for (int n = 0; n < 6; ++n) {
        put(backend, *store, nth<Backend>(n));
        REQUIRE(settle(*store, success(nth<Backend>(n), "t-1"), at(1000 + n)).outcome == Outcome::applied);
    }
    REQUIRE(settle(*store, success(nth<Backend>(0), "t-2"), at(1000)).refusal == Refusal::second_charge);
    CHECK(store->remove_inbox(at(1000), 100, soon()).value() == 0);  // received at 1000 is not before 1000
    CHECK(store->remove_inbox(at(1004), 3, soon()).value() == 3);
    CHECK(store->remove_inbox(at(1004), 100, soon()).value() == 1);
    CHECK(store->remove_inbox(at(1004), 100, soon()).value() == 0);
    CHECK(raised_count(*store) == 1);
    // A retry later than the retention meets the payment's state: still no second event.
    CHECK(settle(*store, success(nth<Backend>(1), "t-1")).outcome == Outcome::duplicate);
    CHECK(settle(*store, success(nth<Backend>(0), "t-2")).outcome == Outcome::duplicate);
    CHECK(settle(*store, success(nth<Backend>(5), "t-9")).refusal == Refusal::second_charge);  // its entry is still there
    CHECK(backend.outbox().size() == 6);
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: a number of rows out of its range is refused", Backend, payment_rows_range) {
    Backend backend;
    auto store = backend.open();
    for (const std::uint32_t rows : {0U, 1001U}) {
        CHECK(store->pending(at(), rows, soon()).error().code == Errc::invalid_argument);
        CHECK(store->raised(rows, soon()).error().code == Errc::invalid_argument);
    }
    for (const std::uint32_t rows : {0U, 10001U}) CHECK(store->remove_inbox(at(), rows, soon()).error().code == Errc::invalid_argument);
}

TEST_CASE_TEMPLATE_DEFINE("PaymentStore: past the deadline nothing is done", Backend, payment_deadline) {
    Backend backend;
    auto store = backend.open();
    put(backend, *store, nth<Backend>(1));
    CHECK(store->create(nth<Backend>(2), past()).error().code == Errc::cancelled);
    CHECK(store->find(PaymentKey::id, nth<Backend>(1).id, past()).error().code == Errc::cancelled);
    CHECK(store->settle(command(success(nth<Backend>(1))), past()).error().code == Errc::cancelled);
    CHECK(store->pending(at(1000), 10, past()).error().code == Errc::cancelled);
    CHECK(store->raised(10, past()).error().code == Errc::cancelled);
    CHECK(store->counts(past()).error().code == Errc::cancelled);
    CHECK(store->remove_inbox(at(1000000), 10, past()).error().code == Errc::cancelled);
    CHECK(store->counts(soon()).value().pending == 1);
    CHECK(text_of(stored(*store, nth<Backend>(1))) == text_of(nth<Backend>(1)));
    CHECK(backend.outbox().empty());
    CHECK(settle(*store, success(nth<Backend>(1))).outcome == Outcome::applied);
}

}  // namespace ticketbottle::conformance::payments

/// Runs every property on each of the backends, but those of create() and of names that other gateways give.
#define TKB_PAYMENT_STORE_SETTLE_CONFORMANCE(...)                                          \
    namespace ticketbottle::conformance::payments {                                        \
    TEST_CASE_TEMPLATE_INVOKE(payment_settle_applied, __VA_ARGS__);                        \
    TEST_CASE_TEMPLATE_INVOKE(payment_settle_duplicate, __VA_ARGS__);                      \
    TEST_CASE_TEMPLATE_INVOKE(payment_settle_any_order, __VA_ARGS__);                      \
    TEST_CASE_TEMPLATE_INVOKE(payment_late_success_hold, __VA_ARGS__);                     \
    TEST_CASE_TEMPLATE_INVOKE(payment_late_success_reopen, __VA_ARGS__);                   \
    TEST_CASE_TEMPLATE_INVOKE(payment_second_charge, __VA_ARGS__);                         \
    TEST_CASE_TEMPLATE_INVOKE(payment_charge_unnamed, __VA_ARGS__);                        \
    TEST_CASE_TEMPLATE_INVOKE(payment_refusals, __VA_ARGS__);                              \
    TEST_CASE_TEMPLATE_INVOKE(payment_content_conflict, __VA_ARGS__);                      \
    TEST_CASE_TEMPLATE_INVOKE(payment_completed_stays, __VA_ARGS__);                       \
    TEST_CASE_TEMPLATE_INVOKE(payment_stripe_twice, __VA_ARGS__);                          \
    TEST_CASE_TEMPLATE_INVOKE(payment_concurrent_settle, __VA_ARGS__);                     \
    TEST_CASE_TEMPLATE_INVOKE(payment_pending, __VA_ARGS__);                               \
    TEST_CASE_TEMPLATE_INVOKE(payment_counts, __VA_ARGS__);                                \
    TEST_CASE_TEMPLATE_INVOKE(payment_inbox_retention, __VA_ARGS__);                       \
    TEST_CASE_TEMPLATE_INVOKE(payment_rows_range, __VA_ARGS__);                            \
    TEST_CASE_TEMPLATE_INVOKE(payment_deadline, __VA_ARGS__);                              \
    }                                                                                      \
    static_assert(true)

/// Runs every property on each of the backends.
#define TKB_PAYMENT_STORE_CONFORMANCE(...)                                                 \
    TKB_PAYMENT_STORE_SETTLE_CONFORMANCE(__VA_ARGS__);                                     \
    namespace ticketbottle::conformance::payments {                                        \
    TEST_CASE_TEMPLATE_INVOKE(payment_create_find, __VA_ARGS__);                           \
    TEST_CASE_TEMPLATE_INVOKE(payment_create_again, __VA_ARGS__);                          \
    TEST_CASE_TEMPLATE_INVOKE(payment_create_conflict, __VA_ARGS__);                       \
    TEST_CASE_TEMPLATE_INVOKE(payment_create_invalid, __VA_ARGS__);                        \
    TEST_CASE_TEMPLATE_INVOKE(payment_zalopay_names, __VA_ARGS__);                         \
    TEST_CASE_TEMPLATE_INVOKE(payment_payos_names, __VA_ARGS__);                           \
    TEST_CASE_TEMPLATE_INVOKE(payment_ambiguous, __VA_ARGS__);                             \
    TEST_CASE_TEMPLATE_INVOKE(payment_name_order, __VA_ARGS__);                            \
    TEST_CASE_TEMPLATE_INVOKE(payment_concurrent_create, __VA_ARGS__);                     \
    }                                                                                      \
    static_assert(true)
