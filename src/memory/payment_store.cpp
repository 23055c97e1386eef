#include "memory/state.hpp"

#include <ticketbottle/payment/rules.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

namespace ticketbottle::memory {
namespace {

/// Every call is one critical section: what it does is done whole before another sees it.
class MemoryPaymentStore final : public PaymentStore {
public:
    explicit MemoryPaymentStore(std::shared_ptr<Database> database) : database_(std::move(database)), state_(database_->state()) {}

    Result<Payment> create(const Payment& payment, Deadline deadline) override;
    Result<std::optional<Payment>> find(PaymentKey key, std::string_view value, Deadline deadline) override;
    Result<Settled> settle(const SettleCommand& command, Deadline deadline) override;
    Result<std::vector<Payment>> pending(TimePoint created_before, std::uint32_t rows_max, Deadline deadline) override;
    Result<std::vector<InboxEntry>> raised(std::uint32_t rows_max, Deadline deadline) override;
    Result<PaymentCounts> counts(Deadline deadline) override;
    Result<std::uint64_t> remove_inbox(TimePoint before, std::uint32_t rows_max, Deadline deadline) override;

private:
    using Index = std::unordered_map<std::string, std::string>;

    const Payment* by(const Index& index, std::string_view value) const {
        const auto place = index.find(std::string(value));
        return place == index.end() ? nullptr : &state_.payments.at(place->second);
    }
    const Payment* by_id(std::string_view id) const {
        const auto place = state_.payments.find(std::string(id));
        return place == state_.payments.end() ? nullptr : &place->second;
    }
    std::vector<Payment> candidates(const PaymentLookup& lookup) const;
    std::vector<InboxEntry> charges(const std::string& payment_id) const;
    void keep(const InboxEntry& entry);
    void unlink(const std::string& payment_id, const Database::State::InboxKey& key);

    std::shared_ptr<Database> database_;
    Database::State& state_;
};

Result<void> in_time(std::string_view operation, Deadline deadline) {
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    return {};
}

Result<void> in_range(std::string_view operation, std::uint32_t rows, std::uint32_t rows_max) {
    if (rows < 1 || rows > rows_max) return fail(Errc::invalid_argument, operation, "rows_max is out of its range");
    return {};
}

Result<Payment> MemoryPaymentStore::create(const Payment& payment, Deadline deadline) {
    constexpr std::string_view operation = "payment.create";
    if (auto timely = in_time(operation, deadline); !timely.has_value()) return timely.error();
    if (auto valid = payment::check_new_payment(payment); !valid.has_value()) return valid.error();
    const std::scoped_lock lock(state_.mutex);
    if (const Payment* stored = by(state_.id_of_idempotency_key, payment.idempotency_key)) {
        if (payment::is_same_request(*stored, payment)) return *stored;
        return fail(Errc::conflict, operation, "the idempotency key is taken by a different payment");
    }
    if (by_id(payment.id) != nullptr || by(state_.id_of_order_code, payment.order_code) != nullptr ||
        by(state_.id_of_provider_transaction_id, payment.provider_transaction_id) != nullptr)
        return fail(Errc::conflict, operation, "the id, order code or provider transaction id is taken by a different payment");
    state_.payments.emplace(payment.id, payment);
    state_.id_of_order_code.emplace(payment.order_code, payment.id);
    state_.id_of_provider_transaction_id.emplace(payment.provider_transaction_id, payment.id);
    state_.id_of_idempotency_key.emplace(payment.idempotency_key, payment.id);
    return payment;
}

Result<std::optional<Payment>> MemoryPaymentStore::find(PaymentKey key, std::string_view value, Deadline deadline) {
    constexpr std::string_view operation = "payment.find";
    if (auto timely = in_time(operation, deadline); !timely.has_value()) return timely.error();
    const std::scoped_lock lock(state_.mutex);
    const Payment* found = nullptr;
    switch (key) {
        case PaymentKey::id:
            found = by_id(value);
            break;
        case PaymentKey::order_code:
            found = by(state_.id_of_order_code, value);
            break;
        case PaymentKey::provider_transaction_id:
            found = by(state_.id_of_provider_transaction_id, value);
            break;
        case PaymentKey::idempotency_key:
            found = by(state_.id_of_idempotency_key, value);
            break;
    }
    return found == nullptr ? std::nullopt : std::optional(*found);
}

std::vector<Payment> MemoryPaymentStore::candidates(const PaymentLookup& lookup) const {
    std::vector<Payment> found;
    const auto add = [&](const Payment* payment) {
        if (payment == nullptr) return;
        const bool known = std::ranges::any_of(found, [&](const Payment& other) { return other.id == payment->id; });
        if (!known) found.push_back(*payment);
    };
    for (const std::string& name : lookup.provider_transaction_ids) add(by(state_.id_of_provider_transaction_id, name));
    if (!found.empty()) return found;
    for (const std::string& name : lookup.order_codes) add(by(state_.id_of_order_code, name));
    return found;
}

std::vector<InboxEntry> MemoryPaymentStore::charges(const std::string& payment_id) const {
    std::vector<InboxEntry> found;
    const auto [first, last] = state_.inbox_of_payment.equal_range(payment_id);
    for (auto place = first; place != last; ++place) {
        const InboxEntry& entry = state_.inbox.at(place->second).entry;
        if (entry.status == NotifiedStatus::succeeded) found.push_back(entry);
    }
    return found;
}

void MemoryPaymentStore::keep(const InboxEntry& entry) {
    const Database::State::InboxKey key(entry.gateway, entry.dedup_key);
    const auto [place, inserted] = state_.inbox.try_emplace(key);
    if (inserted) {
        place->second.sequence = ++state_.inbox_sequence;
    } else {
        unlink(place->second.entry.payment_id, key);
    }
    place->second.entry = entry;
    state_.inbox_of_payment.emplace(entry.payment_id, key);
}

void MemoryPaymentStore::unlink(const std::string& payment_id, const Database::State::InboxKey& key) {
    const auto [first, last] = state_.inbox_of_payment.equal_range(payment_id);
    state_.inbox_of_payment.erase(std::find_if(first, last, [&](const auto& link) { return link.second == key; }));
}

Result<Settled> MemoryPaymentStore::settle(const SettleCommand& command, Deadline deadline) {
    if (auto timely = in_time("payment.settle", deadline); !timely.has_value()) return timely.error();
    const std::scoped_lock lock(state_.mutex);
    const std::vector<Payment> rows = candidates(command.lookup);
    const PaymentNotification& notification = command.notification;
    const auto same = state_.inbox.find({payment::inbox_gateway(notification.gateway), notification.dedup_key});
    std::vector<InboxEntry> of_payment;
    if (payment::needs_charges(notification, rows)) of_payment = charges(rows.front().id);
    Result<payment::Decision> decision =
        payment::decide(command, {rows, same == state_.inbox.end() ? nullptr : &same->second.entry, of_payment});
    if (!decision.has_value()) return decision.error();
    if (decision->update) state_.payments.at(decision->update->id) = *decision->update;
    if (decision->inbox) keep(*decision->inbox);
    if (decision->outbox && !state_.add_outbox_row(*decision->outbox)) decision->settled.outbox_id.clear();
    return std::move(decision->settled);
}

Result<std::vector<Payment>> MemoryPaymentStore::pending(TimePoint created_before, std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "payment.pending";
    if (auto timely = in_time(operation, deadline); !timely.has_value()) return timely.error();
    if (auto valid = in_range(operation, rows_max, 1000); !valid.has_value()) return valid.error();
    const std::scoped_lock lock(state_.mutex);
    std::vector<Payment> found;
    for (const auto& [id, payment] : state_.payments) {
        if (payment.status == PaymentStatus::pending && payment.created_at < created_before) found.push_back(payment);
    }
    std::ranges::sort(found, [](const Payment& a, const Payment& b) {
        return std::tie(a.created_at, a.id) < std::tie(b.created_at, b.id);
    });
    if (found.size() > rows_max) found.resize(rows_max);
    return found;
}

Result<std::vector<InboxEntry>> MemoryPaymentStore::raised(std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "payment.raised";
    if (auto timely = in_time(operation, deadline); !timely.has_value()) return timely.error();
    if (auto valid = in_range(operation, rows_max, 1000); !valid.has_value()) return valid.error();
    const std::scoped_lock lock(state_.mutex);
    std::vector<const Database::State::InboxRecord*> found;
    for (const auto& [key, record] : state_.inbox) {
        if (needs_person(record.entry.refusal)) found.push_back(&record);
    }
    std::ranges::sort(found, [](const auto* a, const auto* b) {
        return std::tie(a->entry.received_at, a->sequence) > std::tie(b->entry.received_at, b->sequence);
    });
    std::vector<InboxEntry> entries;
    for (const auto* record : found) {
        if (entries.size() == rows_max) break;
        entries.push_back(record->entry);
    }
    return entries;
}

Result<PaymentCounts> MemoryPaymentStore::counts(Deadline deadline) {
    if (auto timely = in_time("payment.counts", deadline); !timely.has_value()) return timely.error();
    const std::scoped_lock lock(state_.mutex);
    PaymentCounts counts;
    for (const auto& [id, payment] : state_.payments) {
        switch (payment.status) {
            case PaymentStatus::pending:
                ++counts.pending;
                break;
            case PaymentStatus::completed:
                ++counts.completed;
                break;
            case PaymentStatus::failed:
                ++counts.failed;
                break;
            case PaymentStatus::cancelled:
                ++counts.cancelled;
                break;
        }
    }
    for (const auto& [key, record] : state_.inbox) counts.raised += needs_person(record.entry.refusal) ? 1 : 0;
    return counts;
}

Result<std::uint64_t> MemoryPaymentStore::remove_inbox(TimePoint before, std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "payment.remove_inbox";
    if (auto timely = in_time(operation, deadline); !timely.has_value()) return timely.error();
    if (auto valid = in_range(operation, rows_max, 10000); !valid.has_value()) return valid.error();
    const std::scoped_lock lock(state_.mutex);
    using Record = std::pair<const Database::State::InboxKey, Database::State::InboxRecord>;
    std::vector<const Record*> old;
    for (const Record& record : state_.inbox) {
        const InboxEntry& entry = record.second.entry;
        if (entry.received_at < before && !needs_person(entry.refusal)) old.push_back(&record);
    }
    std::ranges::sort(old, [](const Record* a, const Record* b) {
        return std::tie(a->second.entry.received_at, a->second.sequence) < std::tie(b->second.entry.received_at, b->second.sequence);
    });
    if (old.size() > rows_max) old.resize(rows_max);
    for (const Record* record : old) {
        const Database::State::InboxKey key = record->first;
        unlink(record->second.entry.payment_id, key);
        state_.inbox.erase(key);
    }
    return std::uint64_t{old.size()};
}

}  // namespace

std::unique_ptr<PaymentStore> Database::payment_store(std::shared_ptr<Database> database) {
    return std::make_unique<MemoryPaymentStore>(std::move(database));
}

}  // namespace ticketbottle::memory
