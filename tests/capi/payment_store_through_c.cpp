// A memory payment store behind C callbacks passes the port's suite: the host reads and writes rows, the library decides.
#include "conformance/payment_store.hpp"

#include "payment_store.hpp"
#include "through_c.hpp"

#include <ticketbottle/memory/database.hpp>
#include <ticketbottle/memory/manual_clock.hpp>

#include "memory/state.hpp"

namespace ticketbottle::conformance::payments {
namespace {

using test::text;
using test::told;
using test::within;

/// A host's database: the memory store for all but settle, and its tables for settle.
struct Host {
    std::shared_ptr<memory::Database> database;
    std::unique_ptr<PaymentStore> store = memory::Database::payment_store(database);
};
Host& host(void* user_data) { return *static_cast<Host*>(user_data); }

tkb_status give(const Payment& payment, tkb_payment_list* list, tkb_error** error_out) {
    const tkb_payment view = capi::to_view(payment);
    return tkb_payment_list_add(list, &view, error_out);
}

Payment taken(const tkb_payment* given) { return capi::to_payment(given, "test").value(); }

tkb_status create(void* user_data, const tkb_payment* payment, tkb_payment_list* stored, std::uint32_t timeout_ms, tkb_error** error_out) {
    const auto created = host(user_data).store->create(taken(payment), within(timeout_ms));
    return created.has_value() ? give(*created, stored, error_out) : told(created.error(), error_out);
}

tkb_status find(void* user_data, tkb_payment_key key, tkb_bytes value, tkb_payment_list* list, std::uint32_t timeout_ms,
                tkb_error** error_out) {
    const auto found = host(user_data).store->find(static_cast<PaymentKey>(key), text(value), within(timeout_ms));
    if (!found.has_value()) return told(found.error(), error_out);
    return found->has_value() ? give(**found, list, error_out) : TKB_OK;
}

/// The host's one transaction: the database's lock is held from the first look to the last write.
class Settling {
public:
    Settling(memory::Database::State& state, tkb_settlement* settlement, tkb_error** error_out)
        : state_(state), settlement_(settlement), error_out_(error_out) {}

    tkb_status run(const tkb_settle_lookup& lookup) {
        const std::scoped_lock lock(state_.mutex);
        tkb_status status = read(lookup);
        if (status == TKB_OK) {  // as after a transaction that the database gave up
            tkb_settlement_restart(settlement_);
            status = read(lookup);
        }
        tkb_decision decision = TKB_DECISION_INIT;
        if (status == TKB_OK) status = tkb_settlement_decide(settlement_, &decision, error_out_);
        if (status == TKB_OK) write(decision);
        return status;
    }

private:
    tkb_status read(const tkb_settle_lookup& lookup) {
        tkb_status status = add_all(state_.id_of_provider_transaction_id, lookup.provider_transaction_ids, lookup.provider_transaction_id_count);
        if (candidates_.empty() && status == TKB_OK) status = add_all(state_.id_of_order_code, lookup.order_codes, lookup.order_code_count);
        const auto same = state_.inbox.find({static_cast<Gateway>(lookup.inbox_gateway), text(lookup.dedup_key)});
        if (status == TKB_OK && same != state_.inbox.end()) {
            const tkb_inbox_entry view = capi::to_view(same->second.entry);
            status = tkb_settlement_set_inbox(settlement_, &view, error_out_);
        }
        if (status == TKB_OK && tkb_settlement_needs_charges(settlement_) == 1) status = add_charges(candidates_.front());
        candidates_.clear();
        return status;
    }
    tkb_status add_all(const std::unordered_map<std::string, std::string>& index, const tkb_bytes* names, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            const auto place = index.find(text(names[i]));
            if (place == index.end()) continue;
            candidates_.push_back(place->second);
            const tkb_payment view = capi::to_view(state_.payments.at(place->second));
            if (const tkb_status added = tkb_settlement_add_payment(settlement_, &view, error_out_); added != TKB_OK) return added;
        }
        return TKB_OK;
    }
    tkb_status add_charges(const std::string& payment_id) {
        for (const auto& [key, record] : state_.inbox) {
            if (record.entry.payment_id != payment_id || record.entry.status != NotifiedStatus::succeeded) continue;
            const tkb_inbox_entry view = capi::to_view(record.entry);
            if (const tkb_status added = tkb_settlement_add_charge(settlement_, &view, error_out_); added != TKB_OK) return added;
        }
        return TKB_OK;
    }
    void write(const tkb_decision& decision) {
        if (decision.update != nullptr) {
            const Payment payment = taken(decision.update);
            state_.payments.at(payment.id) = payment;
        }
        if (decision.inbox != nullptr) keep(capi::to_inbox_entry(decision.inbox, "test").value());
        if (decision.outbox == nullptr) return;
        const tkb_outbox_row& row = *decision.outbox;
        const bool added = state_.add_outbox_row({text(row.id), text(row.aggregate_id), text(row.aggregate_type), text(row.event_type),
                                                  text(row.payload), TimePoint(std::chrono::milliseconds(row.created_at_ms)), row.attempts,
                                                  text(row.traceparent)});
        if (!added) tkb_settlement_event_was_there(settlement_);
    }
    void keep(const InboxEntry& entry) {
        const memory::Database::State::InboxKey key(entry.gateway, entry.dedup_key);
        std::erase_if(state_.inbox_of_payment, [&](const auto& link) { return link.second == key; });
        auto& record = state_.inbox[key];
        if (record.sequence == 0) record.sequence = ++state_.inbox_sequence;
        record.entry = entry;
        state_.inbox_of_payment.emplace(entry.payment_id, key);
    }

    memory::Database::State& state_;
    tkb_settlement* settlement_;
    tkb_error** error_out_;
    std::vector<std::string> candidates_;
};

tkb_status settle(void* user_data, const tkb_settle_lookup* lookup, tkb_settlement* settlement, std::uint32_t, tkb_error** error_out) {
    return Settling(host(user_data).database->state(), settlement, error_out).run(*lookup);
}

tkb_status pending(void* user_data, std::int64_t before_ms, std::uint32_t rows_max, tkb_payment_list* list, std::uint32_t timeout_ms,
                   tkb_error** error_out) {
    const auto found =
        host(user_data).store->pending(TimePoint(std::chrono::milliseconds(before_ms)), rows_max, within(timeout_ms));
    if (!found.has_value()) return told(found.error(), error_out);
    for (const Payment& payment : *found) {
        if (const tkb_status added = give(payment, list, error_out); added != TKB_OK) return added;
    }
    return TKB_OK;
}

tkb_status raised(void* user_data, std::uint32_t rows_max, tkb_inbox_list* list, std::uint32_t timeout_ms, tkb_error** error_out) {
    const auto found = host(user_data).store->raised(rows_max, within(timeout_ms));
    if (!found.has_value()) return told(found.error(), error_out);
    for (const InboxEntry& entry : *found) {
        const tkb_inbox_entry view = capi::to_view(entry);
        CHECK(view.needs_person == 1);
        if (const tkb_status added = tkb_inbox_list_add(list, &view, error_out); added != TKB_OK) return added;
    }
    return TKB_OK;
}

tkb_status counts(void* user_data, tkb_payment_counts* out, std::uint32_t timeout_ms, tkb_error** error_out) {
    const auto counted = host(user_data).store->counts(within(timeout_ms));
    if (!counted.has_value()) return told(counted.error(), error_out);
    out->pending = counted->pending;
    out->completed = counted->completed;
    out->failed = counted->failed;
    out->cancelled = counted->cancelled;
    out->raised = counted->raised;
    return TKB_OK;
}

tkb_status remove_inbox(void* user_data, std::int64_t before_ms, std::uint32_t rows_max, std::uint64_t* removed_out,
                        std::uint32_t timeout_ms, tkb_error** error_out) {
    const auto removed =
        host(user_data).store->remove_inbox(TimePoint(std::chrono::milliseconds(before_ms)), rows_max, within(timeout_ms));
    if (!removed.has_value()) return told(removed.error(), error_out);
    *removed_out = *removed;
    return TKB_OK;
}

tkb_payment_store_vtable vtable() {
    tkb_payment_store_vtable table = TKB_PAYMENT_STORE_VTABLE_INIT;
    table.create = create;
    table.find = find;
    table.settle = settle;
    table.pending = pending;
    table.raised = raised;
    table.counts = counts;
    table.remove_inbox = remove_inbox;
    table.destroy = [](void* user_data) { delete static_cast<Host*>(user_data); };
    return table;
}

class CallbackBackend {
public:
    std::unique_ptr<PaymentStore> open() { return open(vtable()); }
    std::unique_ptr<PaymentStore> open(const tkb_payment_store_vtable& table) {
        return test::through_c<PaymentStore, tkb_payment_store>(tkb_payment_store_create, table, new Host{database_});
    }
    std::vector<OutboxRow> outbox() {
        const std::scoped_lock lock(database_->state().mutex);
        std::vector<OutboxRow> rows;
        for (const auto& [sequence, record] : database_->state().outbox) rows.push_back(record.row);
        return rows;
    }

private:
    memory::ManualClock clock_;
    std::shared_ptr<memory::Database> database_ = std::make_shared<memory::Database>(clock_);
};

}  // namespace

TKB_PAYMENT_STORE_CONFORMANCE(CallbackBackend);

TEST_CASE("tkb_payment_store: a host that gives back nothing, too much or nonsense is told so, and nothing is taken from it") {
    CallbackBackend backend;
    tkb_payment_store_vtable table = vtable();
    SUBCASE("no row created") {
        table.create = [](void*, const tkb_payment*, tkb_payment_list*, std::uint32_t, tkb_error**) { return TKB_OK; };
        CHECK(backend.open(table)->create(make_payment(1), soon()).error().code == Errc::internal);
    }
    SUBCASE("no decision asked for") {
        table.settle = [](void*, const tkb_settle_lookup*, tkb_settlement*, std::uint32_t, tkb_error**) { return TKB_OK; };
        CHECK(backend.open(table)->settle(command(success(make_payment(1))), soon()).error().code == Errc::internal);
    }
    SUBCASE("a row after the decision") {
        table.settle = [](void*, const tkb_settle_lookup*, tkb_settlement* settlement, std::uint32_t, tkb_error** error_out) {
            tkb_decision decision = TKB_DECISION_INIT;
            CHECK(tkb_settlement_decide(settlement, &decision, nullptr) == TKB_OK);
            CHECK(decision.update == nullptr);
            const Payment payment = make_payment(1);
            const tkb_payment late = capi::to_view(payment);
            return tkb_settlement_add_payment(settlement, &late, error_out);
        };
        CHECK(backend.open(table)->settle(command(success(make_payment(1))), soon()).error().code == Errc::invalid_argument);
    }
    SUBCASE("two rows for one name, and a status and a currency that are none") {
        table.find = [](void*, tkb_payment_key, tkb_bytes, tkb_payment_list* list, std::uint32_t, tkb_error** error_out) {
            const Payment payment = make_payment(1);
            tkb_payment view = capi::to_view(payment);
            view.status = 4;
            CHECK(tkb_payment_list_add(list, &view, nullptr) == TKB_MALFORMED);
            view = capi::to_view(payment);
            view.currency = {"D\0ng", 4};
            CHECK(tkb_payment_list_add(list, &view, nullptr) == TKB_MALFORMED);
            view = capi::to_view(payment);
            CHECK(tkb_payment_list_add(list, &view, nullptr) == TKB_OK);
            return tkb_payment_list_add(list, &view, error_out);
        };
        CHECK(backend.open(table)->find(PaymentKey::id, "x", soon()).error().detail_text() == "more payments than were asked for");
    }
    CHECK(backend.outbox().empty());
}

TEST_CASE("tkb_inbox_entry: numbers that are none are refused, each by name") {
    const InboxEntry entry;
    tkb_inbox_list list{10, {}};
    const auto refused = [&](auto member, std::uint32_t number) {
        tkb_inbox_entry view = capi::to_view(entry);
        view.*member = number;
        return tkb_inbox_list_add(&list, &view, nullptr) == TKB_MALFORMED;
    };
    CHECK(refused(&tkb_inbox_entry::gateway, 7));
    CHECK(refused(&tkb_inbox_entry::status, 5));
    CHECK(refused(&tkb_inbox_entry::outcome, 5));
    CHECK(refused(&tkb_inbox_entry::refusal, 11));
    CHECK_FALSE(refused(&tkb_inbox_entry::refusal, 10));
    CHECK(text(tkb_refusal_name(9)) == "second_charge");
    CHECK(text(tkb_refusal_name(11)).empty());
}

TEST_CASE("tkb_is_same_payment: the same request for one idempotency key, however the provider is written") {
    const Payment payment = make_payment(1, "zalopay");
    Payment again = payment;
    again.provider = "Zalo_Pay";
    again.id = "another";
    tkb_payment first = capi::to_view(payment);
    tkb_payment second = capi::to_view(again);
    CHECK(tkb_is_same_payment(&first, &second) == 1);
    second.amount_minor_units += 1;
    CHECK(tkb_is_same_payment(&first, &second) == 0);
    CHECK(tkb_is_same_payment(&first, nullptr) == 0);
}

}  // namespace ticketbottle::conformance::payments
