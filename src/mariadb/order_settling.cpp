#include "mariadb/order_settling.hpp"

#include "core/utf8.hpp"
#include "mariadb/order_sql.hpp"

#include <algorithm>

namespace ticketbottle::mariadb {
namespace {

constexpr std::string_view operation = "payment.settle";
constexpr std::size_t email_bytes_max = 254;  // what can be mailed (RFC 5321), and fits the column

/// The e-mail that a payment was made with, if it is one to keep.
std::string_view paying_email(const PaymentNotification& notification) {
    const std::string_view email = notification.payer_email;
    const bool good = email.find('@') != std::string_view::npos && email.size() <= email_bytes_max && utf8::valid(email);
    return notification.status == NotifiedStatus::succeeded && good ? email : std::string_view();
}

bool among(const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
}

Parameter text_or_null(std::string_view text) { return text.empty() ? Parameter() : Parameter(std::string(text)); }

}  // namespace

std::vector<Order> meant_of(const PaymentLookup& lookup, std::vector<Order> locked) {
    std::vector<Order> by_session, by_number;
    for (Order& order : locked) {
        const std::string& session = order.payment.provider_transaction_id;
        if (!session.empty() && among(lookup.provider_transaction_ids, session)) {
            by_session.push_back(std::move(order));
        } else if (among(lookup.order_codes, order.payment.order_code)) {
            by_number.push_back(std::move(order));
        }
    }
    return by_session.empty() ? by_number : by_session;
}

Query inbox_query(const PaymentNotification& notification, std::int64_t order_id) {
    return {order_sql::inbox,
            {std::string(to_string(payment::inbox_gateway(notification.gateway))), notification.dedup_key, std::to_string(order_id)}};
}

Result<void> add_inbox(const Rows& rows, Read& read) {
    Order& order = read.orders.front();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto entry = read_inbox_entry(operation, rows, i, 1);
        if (!entry.has_value()) return entry.error();
        if (rows.flag(i, 0)) {
            read.same_key = std::move(*entry);
            continue;
        }
        add_times(order.payment, *entry);
        if (entry->status == NotifiedStatus::succeeded) read.of_payment.push_back(std::move(*entry));
    }
    // An order that was paid before there was an inbox: the charge it has had stands in its row.
    if (order.payment.status == PaymentStatus::completed && order.payment_intent.starts_with("pi_")) {
        InboxEntry had;
        had.status = NotifiedStatus::succeeded;
        had.charge_id = order.payment_intent;
        read.of_payment.push_back(std::move(had));
    }
    return {};
}

Result<payment::Decision> decided(const SettleCommand& command, const Read& read) {
    std::vector<Payment> candidates;
    for (const Order& order : read.orders) {
        candidates.push_back(order.payment);
        candidates.back().metadata = metadata_of(order, paying_email(command.notification));
    }
    const payment::Found found{candidates, read.same_key ? &*read.same_key : nullptr, read.of_payment};
    const bool foreign = std::ranges::any_of(read.orders, &Order::foreign_state);
    if (!foreign || command.late_success == LateSuccess::hold) return payment::decide(command, found);
    SettleCommand held = command;
    held.late_success = LateSuccess::hold;
    return payment::decide(held, found);
}

Result<std::optional<payment::Decision>> decided_unseen(const SettleCommand& command, const Read& read) {
    const bool one = read.orders.size() == 1;
    if (one && read.orders.front().payment.status != PaymentStatus::pending) return std::optional<payment::Decision>();
    auto decision = decided(command, read);
    if (!decision.has_value()) return decision.error();
    if (one && !decision->inbox) return std::optional<payment::Decision>();
    return std::optional(std::move(*decision));
}

std::vector<Parameter> completion_parameters(const PaymentNotification& notification) {
    return {text_or_null(notification.charge_id), text_or_null(paying_email(notification))};
}

std::vector<Parameter> entry_parameters(const InboxEntry& entry) {
    return {std::string(to_string(entry.gateway)), entry.dedup_key, entry.payment_id, entry.transaction_id, entry.charge_id,
            std::string(to_string(entry.status)), entry.amount.minor_units, std::string(entry.amount.currency.code()),
            std::string(to_string(entry.outcome)), std::string(to_string(entry.refusal)), datetime_text(entry.received_at),
            std::int64_t{needs_person(entry.refusal)}};
}

std::vector<Parameter> event_parameters(const OutboxRow& row) {
    return {row.id, row.aggregate_id, row.aggregate_type, row.event_type, row.payload, datetime_text(row.created_at),
            text_or_null(row.traceparent)};
}

}  // namespace ticketbottle::mariadb
