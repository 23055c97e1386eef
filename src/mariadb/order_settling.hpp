#pragma once
/// \file
/// What settling an order reads, decides and writes, whether it goes alone or in company. Internal: not installed.

#include "mariadb/order_counts.hpp"

#include <ticketbottle/payment/rules.hpp>

namespace ticketbottle::mariadb {

/// What is read before it is decided: rows under their locks, and what the inbox has on them.
struct Read {
    std::vector<Order> orders;
    std::optional<InboxEntry> same_key;
    std::vector<InboxEntry> of_payment;  ///< Of the one order there is.
};

/// To be told of after the commit.
using Shortfalls = std::vector<Shortfall>;

/// Of the orders that were locked, those that are meant. By session goes before by number, as PaymentLookup says; the comparison is
/// ours, for the columns' collations may take more for equal.
[[nodiscard]] std::vector<Order> meant_of(const PaymentLookup& lookup, std::vector<Order> locked);

/// What the inbox has on the order, and on the notification's key.
[[nodiscard]] Query inbox_query(const PaymentNotification& notification, std::int64_t order_id);
/// Its answer, of the one order there is.
[[nodiscard]] Result<void> add_inbox(const Rows& rows, Read& read);

/// An order in a state that is none of ours is closed, and nothing re-opens it.
[[nodiscard]] Result<payment::Decision> decided(const SettleCommand& command, const Read& read);
/// Without a look at the inbox. nullopt: it must be looked at. Of an open order only the entry of the notification's own key matters,
/// and there is none, as a rule. What is decided so writes that key, or it is not taken: the table has it once, so the write proves it.
[[nodiscard]] Result<std::optional<payment::Decision>> decided_unseen(const SettleCommand& command, const Read& read);

/// Of order_sql::complete, without the id: payment intent and paying e-mail, each or NULL.
[[nodiscard]] std::vector<Parameter> completion_parameters(const PaymentNotification& notification);
/// Of order_sql::put_entry.
[[nodiscard]] std::vector<Parameter> entry_parameters(const InboxEntry& entry);
/// Of order_sql::put_new_event.
[[nodiscard]] std::vector<Parameter> event_parameters(const OutboxRow& row);

}  // namespace ticketbottle::mariadb
