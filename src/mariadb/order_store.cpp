#include "mariadb/order_settling.hpp"
#include "mariadb/order_sql.hpp"
#include "mariadb/pool.hpp"
#include "mariadb/settle_group.hpp"

#include "core/format.hpp"

#include <algorithm>
#include <iterator>
#include <span>

namespace ticketbottle::mariadb {
namespace {

namespace sql = order_sql;

constexpr std::size_t rows_in_list = 1000;

/// Swiftly: what ought not to be there is taken not to be, and the write tells if it was; several statements go together.
/// Carefully: one thing after the other, each looked at first.
enum class Way : std::uint8_t { swift, careful };

constexpr Trip trip_of(Way way) { return way == Way::swift ? Trip::together : Trip::each; }

class OrderStore final : public PaymentStore {
public:
    OrderStore(std::shared_ptr<Pool> pool, OrderOptions options, Observer& observer)
        : pool_(std::move(pool)),
          impl_(pool_->impl()),
          shared_options_(std::make_shared<const OrderOptions>(std::move(options))),
          observer_(observer) {}

    Result<Payment> create(const Payment& payment, Deadline deadline) override;
    Result<std::optional<Payment>> find(PaymentKey key, std::string_view value, Deadline deadline) override;
    Result<Settled> settle(const SettleCommand& command, Deadline deadline) override;
    Result<std::vector<Payment>> pending(TimePoint created_before, std::uint32_t rows_max, Deadline deadline) override;
    Result<std::vector<InboxEntry>> raised(std::uint32_t rows_max, Deadline deadline) override;
    Result<PaymentCounts> counts(Deadline deadline) override;
    Result<std::uint64_t> remove_inbox(TimePoint before, std::uint32_t rows_max, Deadline deadline) override;

private:
    Result<std::vector<std::int64_t>> with_session(std::string_view operation, std::string_view session, Deadline deadline);
    Result<std::vector<std::int64_t>> meant_by(const PaymentLookup& lookup, Deadline deadline);
    Result<std::vector<Order>> read_orders(std::span<const Rows> locked) const;
    static Result<payment::Decision> decide(Transaction& transaction, const SettleCommand& command, Way way, Read& read);
    [[nodiscard]] Query order_query(const PaymentNotification& notification, const Order& order, PaymentStatus status) const;
    Result<Shortfalls> write(Transaction& transaction, const SettleCommand& command, const Read& read, Way way,
                             payment::Decision& decision);
    Result<Settled> settle_orders(const SettleCommand& command, const std::vector<std::int64_t>& ids, Way way, Deadline deadline);
    Result<std::optional<Settled>> settle_in_company(const SettleCommand& command, std::int64_t id, Deadline deadline);
    Result<Settled> settle_alone(const SettleCommand& command, const std::vector<std::int64_t>& ids, Deadline deadline);

    std::shared_ptr<Pool> pool_;
    Pool::Impl& impl_;
    const std::shared_ptr<const OrderOptions> shared_options_;  ///< Of the settlements that are under way when the store is gone.
    const OrderOptions& options_ = *shared_options_;
    Observer& observer_;
};

Error out_of_range(std::string_view operation, std::uint32_t most) {
    return fail(Errc::invalid_argument, operation, formatted("rows_max: 1..{}", most));
}

Query event_query(const OutboxRow& row, Way way) {
    Query query{sql::put_new_event, event_parameters(row)};
    query.counted = way == Way::careful;
    if (way == Way::swift) return query;
    query.text = sql::put_event;
    query.parameters.emplace_back(row.id);
    return query;
}

Query entry_query(const InboxEntry& entry, bool replaces) {
    Query query{replaces ? sql::replace_entry : sql::put_entry, entry_parameters(entry)};
    query.counted = false;
    return query;
}

Result<Payment> OrderStore::create(const Payment&, Deadline deadline) {
    constexpr std::string_view operation = "payment.create";
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    return fail(Errc::unsupported, operation,
                "orders are made by the shop's checkout, which knows their ticket and buyer; this store settles them");
}

/// Orders that may be of that session: the column's collation may take more for equal.
Result<std::vector<std::int64_t>> OrderStore::with_session(std::string_view operation, std::string_view session, Deadline deadline) {
    std::vector<std::int64_t> ids;
    const auto rows = impl_.run(operation, {sql::by_session, {std::string(session)}}, Effect::reads, deadline);
    if (!rows.has_value()) return rows.error();
    for (std::size_t i = 0; i < rows->size(); ++i) ids.push_back(rows->integer(i, 0));
    return ids;
}

Result<std::optional<Payment>> OrderStore::find(PaymentKey key, std::string_view value, Deadline deadline) {
    constexpr std::string_view operation = "payment.find";
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    std::vector<std::int64_t> ids;
    if (key == PaymentKey::provider_transaction_id && is_session_id(value)) {
        auto found = with_session(operation, value, deadline);
        if (!found.has_value()) return found.error();
        ids = std::move(*found);
    } else if (key == PaymentKey::id || key == PaymentKey::order_code) {
        if (const auto id = order_number(value)) ids.push_back(*id);
    }
    std::optional<Payment> payment;
    for (const std::int64_t id : ids) {
        const auto rows = impl_.run(operation, {sql::by_id, {id}}, Effect::reads, deadline);
        if (!rows.has_value()) return rows.error();
        if (rows->size() == 0) continue;
        auto order = read_order(operation, *rows, 0, options_);
        if (!order.has_value()) return order.error();
        if (key == PaymentKey::provider_transaction_id && order->payment.provider_transaction_id != value) continue;
        if (payment) return fail(Errc::conflict, operation, "two orders have that checkout session");
        payment = std::move(order->payment);
    }
    if (!payment) return payment;
    const auto entries = impl_.run(operation, {sql::applied, {payment->id}}, Effect::reads, deadline);
    if (!entries.has_value()) return entries.error();
    for (std::size_t i = 0; i < entries->size(); ++i) {
        const auto entry = read_inbox_entry(operation, *entries, i);
        if (!entry.has_value()) return entry.error();
        add_times(*payment, *entry);
    }
    return payment;
}

/// Ids of the orders that may be meant, ascending. Searched before the transaction, which then locks by key alone.
Result<std::vector<std::int64_t>> OrderStore::meant_by(const PaymentLookup& lookup, Deadline deadline) {
    std::vector<std::int64_t> ids;
    for (const std::string& name : lookup.provider_transaction_ids) {
        if (!is_session_id(name)) continue;
        const auto found = with_session("payment.settle", name, deadline);
        if (!found.has_value()) return found.error();
        ids.insert(ids.end(), found->begin(), found->end());
    }
    for (const std::string& code : lookup.order_codes) {
        if (const auto id = order_number(code)) ids.push_back(*id);
    }
    std::ranges::sort(ids);
    ids.erase(std::ranges::unique(ids).begin(), ids.end());
    return ids;
}

Result<std::vector<Order>> OrderStore::read_orders(std::span<const Rows> locked) const {
    std::vector<Order> orders;
    for (const Rows& rows : locked) {
        if (rows.size() == 0) continue;
        auto order = read_order("payment.settle", rows, 0, options_);
        if (!order.has_value()) return order.error();
        orders.push_back(std::move(*order));
    }
    return orders;
}

/// The row is there: it is locked by us.
Query OrderStore::order_query(const PaymentNotification& notification, const Order& order, PaymentStatus status) const {
    Query query{sql::close, {status == PaymentStatus::failed ? options_.failed : options_.cancelled}};
    if (status == PaymentStatus::completed) query = {sql::complete, completion_parameters(notification)};
    query.parameters.emplace_back(order.id);
    query.counted = false;
    return query;
}

Result<payment::Decision> OrderStore::decide(Transaction& transaction, const SettleCommand& command, Way way, Read& read) {
    if (read.orders.size() != 1) return decided(command, read);
    if (way == Way::swift) {
        auto decision = decided_unseen(command, read);
        if (!decision.has_value()) return decision.error();
        if (decision->has_value()) return std::move(**decision);
    }
    const auto inbox = transaction.run(inbox_query(command.notification, read.orders.front().id));
    if (!inbox.has_value()) return inbox.error();
    if (auto added = add_inbox(*inbox, read); !added.has_value()) return added.error();
    return decided(command, read);
}

// Locks are taken in one order by whoever settles: the order's row, then its inbox rows and events (nobody else writes those of an
// order that we hold), then the ticket's row, then the discount code's. So no two callbacks wait for one another in a circle. The
// rows that many orders share come last, and are held for the shortest time.
Result<Shortfalls> OrderStore::write(Transaction& transaction, const SettleCommand& command, const Read& read, Way way,
                                     payment::Decision& decision) {
    const Order& order = read.orders.front();
    const bool completes = decision.update && decision.update->status == PaymentStatus::completed;
    std::vector<Query> queries;
    if (decision.update) queries.push_back(order_query(command.notification, order, decision.update->status));
    if (decision.inbox) queries.push_back(entry_query(*decision.inbox, read.same_key.has_value()));
    if (decision.outbox) queries.push_back(event_query(*decision.outbox, way));
    const std::size_t before_counts = queries.size();
    if (completes) std::ranges::move(counting(order), std::back_inserter(queries));
    const auto answers = transaction.run_all(queries, trip_of(way));
    if (!answers.has_value()) return answers.error();
    const bool there = decision.outbox && way == Way::careful && (*answers)[before_counts - 1].matched() == 0;
    if (there) decision.settled.outbox_id.clear();
    if (!completes) return Shortfalls();
    auto shortfalls = shortfalls_of(transaction, order, std::span(*answers).subspan(before_counts));
    if (!shortfalls.has_value()) return shortfalls;
    std::vector<Query> events;
    for (const Shortfall& shortfall : *shortfalls)
        events.push_back(event_query(event_of(shortfall, order, command), way));
    if (const auto told = transaction.run_all(events, trip_of(way)); !told.has_value()) return told.error();
    return shortfalls;
}

Result<Settled> OrderStore::settle_orders(const SettleCommand& command, const std::vector<std::int64_t>& ids, Way way,
                                          Deadline deadline) {
    // Each is locked by its key, in the order of their numbers.
    std::vector<Query> locks;
    for (const std::int64_t id : ids) locks.push_back({sql::lock, {id}});
    std::vector<Rows> locked;
    auto transaction = Transaction::begin(impl_, "payment.settle", locks, trip_of(way), locked, deadline);
    if (!transaction.has_value()) return transaction.error();
    auto orders = read_orders(locked);
    if (!orders.has_value()) return orders.error();
    Read read;
    read.orders = meant_of(command.lookup, std::move(*orders));
    auto decision = decide(*transaction, command, way, read);
    if (!decision.has_value()) return decision.error();
    // Nothing to write: the transaction's end lets go of the lock, and no sync is paid for a duplicate.
    if (!decision->update && !decision->inbox && !decision->outbox) return std::move(decision->settled);
    const auto shortfalls = write(*transaction, command, read, way, *decision);
    if (!shortfalls.has_value()) return shortfalls.error();
    if (auto committed = transaction->commit(); !committed.has_value()) return committed.error();
    for (const Shortfall& shortfall : *shortfalls) tell(observer_, shortfall, read.orders.front());
    return std::move(decision->settled);
}

Result<Settled> OrderStore::settle(const SettleCommand& command, Deadline deadline) {
    constexpr std::string_view operation = "payment.settle";
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    std::vector<std::int64_t> ids;
    if (command.notification.status != NotifiedStatus::ignored) {
        auto meant = meant_by(command.lookup, deadline);
        if (!meant.has_value()) return meant.error();
        ids = std::move(*meant);
    }
    if (ids.empty()) {
        auto decision = payment::decide(command, {});
        if (!decision.has_value()) return decision.error();
        return std::move(decision->settled);
    }
    if (ids.size() == 1) {
        auto settled = settle_in_company(command, ids.front(), deadline);
        if (!settled.has_value()) return settled.error();
        if (settled->has_value()) return std::move(**settled);
    }
    return settle_alone(command, ids, deadline);
}

/// nullopt: it is to be done alone.
Result<std::optional<Settled>> OrderStore::settle_in_company(const SettleCommand& command, std::int64_t id, Deadline deadline) {
    auto task = std::make_shared<const SettleGroup::Task>(SettleGroup::Task{command, id, shared_options_});
    auto done = impl_.settlements().run("payment.settle", std::move(task), deadline);
    if (!done.has_value()) return done.error();
    if (!done->has_value()) return std::optional<Settled>();
    for (const Shortfall& shortfall : (*done)->shortfalls) tell(observer_, shortfall, (*done)->order);
    return std::optional(std::move((*done)->settled));
}

Result<Settled> OrderStore::settle_alone(const SettleCommand& command, const std::vector<std::int64_t>& ids, Deadline deadline) {
    auto settled = settle_orders(command, ids, Way::swift, deadline);
    if (settled.has_value()) return settled;
    // What does not fit, or is there already, was refused whole. Carefully, it is told which it was, or goes.
    const Errc code = settled.error().code;
    if (code != Errc::invalid_argument && code != Errc::conflict) return settled;
    settled = settle_orders(command, ids, Way::careful, deadline);
    if (settled.has_value() || settled.error().code != Errc::conflict) return settled;
    const Error error = settled.error();
    // Two orders' callbacks with one key, at once: the other was first. Called again, this one is told what it is.
    return fail(Errc::unavailable, error.operation, "another callback took the notification's key meanwhile");
}

Result<std::vector<Payment>> OrderStore::pending(TimePoint created_before, std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "payment.pending";
    if (rows_max < 1 || rows_max > 1000) return out_of_range(operation, 1000);
    const auto rows = impl_.run(operation, {sql::pending, {datetime_text(created_before), std::int64_t{rows_max}}}, Effect::reads, deadline);
    if (!rows.has_value()) return rows.error();
    std::vector<Payment> found;
    for (std::size_t i = 0; i < rows->size(); ++i) {
        auto order = read_order(operation, *rows, i, options_);
        if (order.has_value()) {
            found.push_back(std::move(order->payment));
            continue;
        }
        // One row that cannot be read shall not keep all others from being asked about.
        const Error error = order.error();
        observer_.log(Severity::error, "order.unreadable", "An open order cannot be settled until its row is mended.",
                      {{"error", error.detail_text()}});
    }
    return found;
}

Result<std::vector<InboxEntry>> OrderStore::raised(std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "payment.raised";
    if (rows_max < 1 || rows_max > 1000) return out_of_range(operation, 1000);
    const auto rows = impl_.run(operation, {sql::raised, {std::int64_t{rows_max}}}, Effect::reads, deadline);
    if (!rows.has_value()) return rows.error();
    std::vector<InboxEntry> found;
    for (std::size_t i = 0; i < rows->size(); ++i) {
        auto entry = read_inbox_entry(operation, *rows, i);
        if (!entry.has_value()) return entry.error();
        found.push_back(std::move(*entry));
    }
    return found;
}

Result<PaymentCounts> OrderStore::counts(Deadline deadline) {
    const auto rows = impl_.run("payment.counts", {sql::counts, {}}, Effect::reads, deadline);
    if (!rows.has_value()) return rows.error();
    PaymentCounts counts;
    for (std::size_t i = 0; i < rows->size(); ++i) {
        const std::string_view status = rows->view(i, 1);
        const auto number = static_cast<std::uint64_t>(rows->integer(i, 2));
        if (!rows->flag(i, 0)) {
            counts.raised = number;
        } else if (status == "pending") {
            counts.pending = number;
        } else if (status == "paid") {
            counts.completed = number;
        } else if (status == options_.failed) {
            counts.failed = number;
        } else if (status == options_.cancelled) {
            counts.cancelled = number;
        }
    }
    return counts;
}

Result<std::uint64_t> OrderStore::remove_inbox(TimePoint before, std::uint32_t rows_max, Deadline deadline) {
    constexpr std::string_view operation = "payment.remove_inbox";
    if (rows_max < 1 || rows_max > 10'000) return out_of_range(operation, 10'000);
    const auto old = impl_.run(operation, {sql::old_entries, {datetime_text(before), std::int64_t{rows_max}}}, Effect::reads, deadline);
    if (!old.has_value()) return old.error();
    if (old->size() == 0) return std::uint64_t{0};
    auto transaction = Transaction::begin(impl_, operation, deadline);
    if (!transaction.has_value()) return transaction.error();
    std::uint64_t removed = 0;
    for (std::size_t at = 0; at < old->size(); at += rows_in_list) {
        const std::size_t count = std::min(rows_in_list, old->size() - at);
        const std::string text =
            formatted("DELETE FROM payment_inbox WHERE raised = 0 AND sequence IN ({})", placeholders(list_step(count)));
        Query query{text, {}};
        for (std::size_t i = 0; i < list_step(count); ++i)
            query.parameters.emplace_back(old->integer(at + std::min(i, count - 1), 0));
        const auto some = transaction->run(query);
        if (!some.has_value()) return some.error();
        removed += some->matched();
    }
    if (auto committed = transaction->commit(); !committed.has_value()) return committed.error();
    return removed;
}

}  // namespace

Result<std::unique_ptr<PaymentStore>> order_store(std::shared_ptr<Pool> pool, OrderOptions options, Observer& observer) {
    constexpr std::string_view operation = "mariadb.order_store";
    if (!pool) return fail(Errc::invalid_argument, operation, "pool: none");
    if (auto checked = check_order_options(operation, options); !checked.has_value()) return checked.error();
    return std::unique_ptr<PaymentStore>(std::make_unique<OrderStore>(std::move(pool), std::move(options), observer));
}

}  // namespace ticketbottle::mariadb
