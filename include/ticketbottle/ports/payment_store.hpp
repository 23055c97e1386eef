#pragma once
/// \file
/// Payments, and the inbox of notifications already taken.

#include <ticketbottle/core/notification.hpp>
#include <ticketbottle/core/result.hpp>
#include <ticketbottle/core/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ticketbottle {

enum class PaymentStatus : std::uint8_t { pending, completed, failed, cancelled };
/// "PENDING", "COMPLETED", "FAILED", "CANCELLED": the deployed enum's spelling.
[[nodiscard]] std::string_view to_string(PaymentStatus status) noexcept;
[[nodiscard]] std::optional<PaymentStatus> parse_payment_status(std::string_view text) noexcept;

/// A row of the deployed `payments` table.
struct Payment {
    std::string id;          ///< UUID text.
    std::string order_code;  ///< Unique.
    Money amount;            ///< `amountCents`: minor units of the currency, so whole dong for VND.
    std::string provider;    ///< "zalopay", "payos", ... ; case, '-' and '_' do not matter.
    std::string provider_transaction_id;  ///< Unique: what the gateway calls the order (app_trans_id, paymentLinkId, TxnRef).
    std::string idempotency_key;          ///< Unique.
    std::string redirect_url;
    std::string payment_url;
    PaymentStatus status = PaymentStatus::pending;
    std::string metadata;  ///< A JSON object, or "" for NULL.
    TimePoint created_at;
    TimePoint updated_at;
    std::optional<TimePoint> completed_at;
    std::optional<TimePoint> failed_at;
    std::optional<TimePoint> cancelled_at;
};

/// Which rows a notification may mean. Rows whose provider_transaction_id is listed; only if there is none,
/// rows whose order_code is listed. The payment room makes it (payment/rules.hpp).
struct PaymentLookup {
    std::vector<std::string> provider_transaction_ids;
    std::vector<std::string> order_codes;
};

/// What happens to a success that comes after the payment was closed as failed or cancelled: real money, seat gone.
enum class LateSuccess : std::uint8_t {
    hold,    ///< Record it and raise it; the status stays. A person refunds or re-opens.
    reopen,  ///< Complete the payment after all, with its PAYMENT_COMPLETED event.
};

/// How a payOS order number follows from an order code.
enum class PayosNumber : std::uint8_t {
    dated_base36,  ///< TB-<anything>-yyyymmdd-<letters and digits>: yyyymmdd * 10^8 + base36(last five characters).
    digits,        ///< The order code is the number.
    unknown,       ///< Cannot be derived: the payment link id alone decides (and `payosOrderCode` in metadata, if kept).
};

/// Everything a store needs to settle one notification in one transaction.
struct SettleCommand {
    PaymentNotification notification;
    PaymentLookup lookup;
    TimePoint now;  ///< For completed_at, updated_at, the event's time, the inbox row.
    LateSuccess late_success = LateSuccess::hold;
    PayosNumber payos_number = PayosNumber::dated_base36;
    std::vector<std::string> pass_through;  ///< Members of metadata that go into the event.
    std::string traceparent = {};           ///< Of the request that brought it (core/trace_context.hpp), for the event; "" for none.
};

enum class Outcome : std::uint8_t {
    applied,    ///< The state changed, once; its event is in the outbox.
    duplicate,  ///< Taken before, or the state is already so. Nothing changed.
    refused,    ///< Authentic but not acceptable; see Refusal. The payment did not change.
    ignored,    ///< Authentic, and says nothing that changes a state (pending, unrelated, a retryable failure).
    retry,      ///< Ours: the store could not say. Nothing is known to have changed; the gateway should call again.
};
[[nodiscard]] std::string_view to_string(Outcome outcome) noexcept;

enum class Refusal : std::uint8_t {
    none,
    unknown_order,
    ambiguous_order,     ///< Two payments answer to the same name.
    order_mismatch,      ///< One of two names matches, the other does not.
    provider_mismatch,   ///< The payment was opened with another gateway.
    amount_mismatch,
    currency_mismatch,
    already_completed,   ///< A failure or cancellation after the money came: COMPLETED never goes back.
    late_success,        ///< Recorded and raised; see LateSuccess.
    second_charge,       ///< Another movement of money on a completed payment. Recorded and raised.
    content_conflict,    ///< The same notification id with another amount, currency or order.
};
[[nodiscard]] std::string_view to_string(Refusal refusal) noexcept;
/// Needs a person: money is where it should not be, or somebody tries something. Logged as an alert.
[[nodiscard]] bool needs_person(Refusal refusal) noexcept;

struct Settled {
    Outcome outcome = Outcome::retry;
    Refusal refusal = Refusal::none;
    std::string payment_id;  ///< Empty when no payment was found.
    std::string order_code;
    PaymentStatus before = PaymentStatus::pending;
    PaymentStatus after = PaymentStatus::pending;
    std::string outbox_id;  ///< Of the event written; empty if none.
};

/// One notification taken. The inbox keeps what was applied and what must be raised, so that a repeat is known.
struct InboxEntry {
    Gateway gateway = Gateway::zalopay;
    std::string dedup_key;
    std::string payment_id;
    std::string transaction_id;
    std::string charge_id;
    NotifiedStatus status = NotifiedStatus::succeeded;
    Money amount;
    Outcome outcome = Outcome::applied;
    Refusal refusal = Refusal::none;
    TimePoint received_at;
};

enum class PaymentKey : std::uint8_t { id, order_code, provider_transaction_id, idempotency_key };

struct PaymentCounts {
    std::uint64_t pending = 0;
    std::uint64_t completed = 0;
    std::uint64_t failed = 0;
    std::uint64_t cancelled = 0;
    std::uint64_t raised = 0;  ///< Inbox entries whose refusal needs a person.
};

/// Backends: memory, sqlite, postgres, mariadb. Contract: tests/conformance/payment_store.hpp; a backend is done when it passes.
/// Threads: one call at a time per object; objects (and processes) on one database are independent.
/// Lifetimes: arguments are read during the call only; returned values own their bytes.
/// Errors of every call: unavailable (not done), cancelled (deadline; not done), outcome_unknown (perhaps done: all calls are
/// idempotent, call again), internal. A backend never retries by itself.
class PaymentStore {
public:
    virtual ~PaymentStore() = default;
    PaymentStore(const PaymentStore&) = delete;
    PaymentStore& operator=(const PaymentStore&) = delete;

    /// Inserts a PENDING payment. The same idempotency key with the same order code, amount and provider returns the row
    /// that is there (so a retry is safe). Errors also: conflict (a unique value is taken by a different payment),
    /// invalid_argument (amount <= 0, an empty id, metadata not a JSON object, text not UTF-8).
    [[nodiscard]] virtual Result<Payment> create(const Payment& payment, Deadline deadline) = 0;

    /// No such payment: nullopt.
    [[nodiscard]] virtual Result<std::optional<Payment>> find(PaymentKey key, std::string_view value, Deadline deadline) = 0;

    /// Settles one notification by payment::decide, in ONE transaction: status, inbox row and outbox row are written together
    /// or not at all, whatever the number and order of callers and processes. Never returns Outcome::retry: that is an Error here.
    [[nodiscard]] virtual Result<Settled> settle(const SettleCommand& command, Deadline deadline) = 0;

    /// PENDING payments created before `created_before`, oldest first, at most `rows_max` (1..1000). For the reconciler.
    [[nodiscard]] virtual Result<std::vector<Payment>> pending(TimePoint created_before, std::uint32_t rows_max, Deadline deadline) = 0;

    /// Inbox entries that need a person, newest first, at most `rows_max` (1..1000).
    [[nodiscard]] virtual Result<std::vector<InboxEntry>> raised(std::uint32_t rows_max, Deadline deadline) = 0;

    [[nodiscard]] virtual Result<PaymentCounts> counts(Deadline deadline) = 0;

    /// Removes up to `rows_max` (1..10000) inbox entries received before `before`, except those that need a person.
    /// Returns how many. The retention must be longer than any gateway's retries: see docs/operations.md.
    [[nodiscard]] virtual Result<std::uint64_t> remove_inbox(TimePoint before, std::uint32_t rows_max, Deadline deadline) = 0;

protected:
    PaymentStore() = default;
};

}  // namespace ticketbottle
