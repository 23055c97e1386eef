#pragma once
/// \file
/// What a notification does to a payment: pure rules, the same for every store. A store loads the rows the
/// lookup names, asks decide, and writes what it says in one transaction. A store that decides in SQL proves itself
/// equal to this by test. Source of each rule: docs/payments.md.

#include <ticketbottle/core/notification.hpp>
#include <ticketbottle/ports/outbox_store.hpp>
#include <ticketbottle/ports/payment_store.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ticketbottle::payment {

/// Which rows may be meant:
///   zalopay            provider_transaction_id = whole app_trans_id, else order_code = all after the first '_'
///   payos              provider_transaction_id = paymentLinkId or the order number's digits
///   stripe             order_id as order_code or provider_transaction_id, else link_id as provider_transaction_id
///   vnpay, momo, ...   order_id as provider_transaction_id or order_code
[[nodiscard]] PaymentLookup lookup_of(const PaymentNotification& notification);

/// The payOS number of an order code by `rule`, or nullopt if it does not follow.
[[nodiscard]] std::optional<std::int64_t> payos_number(std::string_view order_code, PayosNumber rule);

/// What the store found, read inside the transaction that will write.
struct Found {
    std::span<const Payment> candidates;    ///< Rows of the lookup (see PaymentLookup for which of its lists).
    const InboxEntry* same_key = nullptr;   ///< The inbox entry of (gateway, dedup_key), if there is one.
    std::span<const InboxEntry> of_payment; ///< Inbox entries of the one candidate with status succeeded, for charge ids.
};

/// What to write. Whatever is nullopt is not written; all together or not at all.
struct Decision {
    Settled settled;
    std::optional<Payment> update;     ///< The row as it shall be: status, its time, updated_at.
    std::optional<InboxEntry> inbox;
    std::optional<OutboxRow> outbox;   ///< id = derived_uuid(payment id, event type).
};

/// Pure. Total: any notification against any rows. Errors: malformed (a stored metadata is not a JSON object), internal.
/// In this order: no row, or two -> unknown_order, ambiguous_order; second name -> order_mismatch; provider -> provider_mismatch;
/// pending, ignored, retryable failure -> ignored; the inbox has the key -> duplicate, or content_conflict if amount, currency or
/// payment differ; currency, then amount -> mismatch; then the state:
///   PENDING    succeeded, failed, cancelled -> applied
///   COMPLETED  succeeded: same charge, or not comparable -> duplicate; another charge -> second_charge (recorded)
///              failed, cancelled -> already_completed
///   FAILED,    succeeded -> late_success (recorded; or applied with LateSuccess::reopen)
///   CANCELLED  failed, cancelled -> duplicate
[[nodiscard]] Result<Decision> decide(const SettleCommand& command, const Found& found);

}  // namespace ticketbottle::payment
