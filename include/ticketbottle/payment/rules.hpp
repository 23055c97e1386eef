#pragma once
/// \file
/// What a notification does to a payment: pure rules, the same for every store. A store loads the rows the
/// lookup names, asks decide, and writes what it says in one transaction, in which the rows are still as they were read.
/// Source of each rule: docs/payments.md.

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
///   stripe             order_id as provider_transaction_id or order_code; only without one: link_id as provider_transaction_id
///   vnpay, momo, ...   order_id as provider_transaction_id or order_code
/// Status ignored: no rows, for it names no payment of ours.
[[nodiscard]] PaymentLookup lookup_of(const PaymentNotification& notification);

/// The payOS number of an order code by `rule`, or nullopt if it does not follow.
[[nodiscard]] std::optional<std::int64_t> payos_number(std::string_view order_code, PayosNumber rule);

/// Under which gateway the inbox keeps a notification: stripe_eventbridge counts as stripe, because one event may come by both.
[[nodiscard]] Gateway inbox_gateway(Gateway gateway) noexcept;

/// Longest text of a payment, bytes. Ours, far above genuine ones; metadata so that its event stays under event_bytes_max.
inline constexpr std::size_t payment_id_bytes_max = 255;       ///< Each id, order code, key and the provider.
inline constexpr std::size_t payment_url_bytes_max = 8 * 1024;
inline constexpr std::size_t payment_metadata_bytes_max = 256 * 1024;

/// May this row be created? Errors: invalid_argument, naming the field, as PaymentStore::create says.
[[nodiscard]] Result<void> check_new_payment(const Payment& payment);
/// Is `stored` what an earlier try of `wanted` made? The same idempotency key, order code, amount and provider.
[[nodiscard]] bool is_same_request(const Payment& stored, const Payment& wanted);

/// What the store found: under locks that last until it has written, or of a version that the write holds it to.
struct Found {
    std::span<const Payment> candidates;     ///< Rows of the lookup (see PaymentLookup for which of its lists). Two are as good as more.
    const InboxEntry* same_key = nullptr;    ///< The inbox entry of (inbox_gateway, dedup_key), if there is one.
    /// Inbox entries of the one candidate with status succeeded, for charge ids. Read only if needs_charges.
    std::span<const InboxEntry> of_payment;
};
/// Does decide look at Found::of_payment? Only when a success meets a payment that is no longer PENDING.
[[nodiscard]] bool needs_charges(const PaymentNotification& notification, std::span<const Payment> candidates) noexcept;

/// What to write. Whatever is nullopt is not written; all together or not at all.
struct Decision {
    Settled settled;
    std::optional<Payment> update;     ///< The row as it shall be: status, its time, updated_at.
    std::optional<InboxEntry> inbox;   ///< Replaces the entry of its key, if there is one.
    /// id = derived_uuid(payment id, event type). A row of that id that is there already is left alone, and
    /// settled.outbox_id is then empty: the event has been told.
    std::optional<OutboxRow> outbox;
};

/// Pure. Total: any notification against any rows. Errors: malformed (a stored metadata is not a JSON object), internal.
/// In this order: status ignored -> ignored; no row, or two -> unknown_order, ambiguous_order; second name -> order_mismatch;
/// provider -> provider_mismatch; pending, retryable failure -> ignored; the inbox has the key with the same status -> duplicate,
/// or content_conflict if amount, currency or payment differ (an entry refused for its amount is judged again: the payment may have
/// been mended); currency, then amount -> mismatch (a success is recorded: the money is somewhere); then the state:
///   PENDING    succeeded, failed, cancelled -> applied
///   COMPLETED  succeeded: same charge, or not comparable -> duplicate; another charge -> second_charge (recorded)
///              failed, cancelled -> already_completed
///   FAILED,    succeeded -> late_success (recorded; or applied with LateSuccess::reopen); the same charge again -> duplicate
///   CANCELLED  failed, cancelled -> duplicate
[[nodiscard]] Result<Decision> decide(const SettleCommand& command, const Found& found);

}  // namespace ticketbottle::payment
