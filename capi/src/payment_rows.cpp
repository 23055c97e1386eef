#include "payment_rows.hpp"

#include "callbacks.hpp"

namespace ticketbottle::capi {

namespace {

constexpr tkb_payment empty_payment = TKB_PAYMENT_INIT;
constexpr tkb_inbox_entry empty_entry = TKB_INBOX_ENTRY_INIT;

static_assert(TKB_PAYMENT_CANCELLED == static_cast<std::uint32_t>(PaymentStatus::cancelled));
static_assert(TKB_PAYMENT_KEY_IDEMPOTENCY_KEY == static_cast<std::uint32_t>(PaymentKey::idempotency_key));
// The numbers a host keeps in its inbox; append only.
constexpr std::uint32_t outcome_last = 4;
constexpr std::uint32_t refusal_last = 10;
static_assert(outcome_last == static_cast<std::uint32_t>(Outcome::retry));
static_assert(refusal_last == static_cast<std::uint32_t>(Refusal::content_conflict));

std::int64_t to_ms(const std::optional<TimePoint>& time) { return time ? milliseconds_of(*time) : TKB_NO_TIME; }
std::optional<TimePoint> to_time(std::int64_t ms) { return ms == TKB_NO_TIME ? std::nullopt : std::optional(time_point(ms)); }

Result<void> in_range(std::uint32_t number, std::uint32_t last, std::string_view operation, const char* name) {
    if (number <= last) return {};
    return fail(Errc::malformed, operation, std::string(name) + " has no number " + std::to_string(number));
}

}  // namespace

tkb_payment to_view(const Payment& payment) {
    tkb_payment view = empty_payment;
    view.status = static_cast<tkb_payment_status>(payment.status);
    view.id = bytes(payment.id);
    view.order_code = bytes(payment.order_code);
    view.amount_minor_units = payment.amount.minor_units;
    view.currency = bytes(payment.amount.currency.code());
    view.provider = bytes(payment.provider);
    view.provider_transaction_id = bytes(payment.provider_transaction_id);
    view.idempotency_key = bytes(payment.idempotency_key);
    view.redirect_url = bytes(payment.redirect_url);
    view.payment_url = bytes(payment.payment_url);
    view.metadata = bytes(payment.metadata);
    view.created_at_ms = milliseconds_of(payment.created_at);
    view.updated_at_ms = milliseconds_of(payment.updated_at);
    view.completed_at_ms = to_ms(payment.completed_at);
    view.failed_at_ms = to_ms(payment.failed_at);
    view.cancelled_at_ms = to_ms(payment.cancelled_at);
    return view;
}

tkb_inbox_entry to_view(const InboxEntry& entry) {
    tkb_inbox_entry view = empty_entry;
    view.gateway = static_cast<tkb_gateway>(entry.gateway);
    view.dedup_key = bytes(entry.dedup_key);
    view.payment_id = bytes(entry.payment_id);
    view.transaction_id = bytes(entry.transaction_id);
    view.charge_id = bytes(entry.charge_id);
    view.status = static_cast<tkb_notified_status>(entry.status);
    view.outcome = static_cast<std::uint32_t>(entry.outcome);
    view.refusal = static_cast<std::uint32_t>(entry.refusal);
    view.needs_person = needs_person(entry.refusal) ? 1 : 0;
    view.amount_minor_units = entry.amount.minor_units;
    view.currency = bytes(entry.amount.currency.code());
    view.received_at_ms = milliseconds_of(entry.received_at);
    return view;
}

Result<Payment> to_payment(const tkb_payment* given, std::string_view operation) {
    TKB_TRY(require(given, operation, "payment"));
    const auto read = read_struct(given, empty_payment, operation);
    if (!read.has_value()) return read.error();
    for (const tkb_bytes& text : {read->id, read->order_code, read->currency, read->provider, read->provider_transaction_id,
                                  read->idempotency_key, read->redirect_url, read->payment_url, read->metadata})
        TKB_TRY(require(text, operation, "a text of the payment"));
    TKB_TRY(in_range(read->status, TKB_PAYMENT_CANCELLED, operation, "a payment's status"));
    const auto currency = Currency::parse(view(read->currency));
    if (!currency.has_value()) return currency.error();
    Payment payment;
    payment.id = view(read->id);
    payment.order_code = view(read->order_code);
    payment.amount = {read->amount_minor_units, *currency};
    payment.provider = view(read->provider);
    payment.provider_transaction_id = view(read->provider_transaction_id);
    payment.idempotency_key = view(read->idempotency_key);
    payment.redirect_url = view(read->redirect_url);
    payment.payment_url = view(read->payment_url);
    payment.status = static_cast<PaymentStatus>(read->status);
    payment.metadata = view(read->metadata);
    payment.created_at = time_point(read->created_at_ms);
    payment.updated_at = time_point(read->updated_at_ms);
    payment.completed_at = to_time(read->completed_at_ms);
    payment.failed_at = to_time(read->failed_at_ms);
    payment.cancelled_at = to_time(read->cancelled_at_ms);
    return payment;
}

Result<InboxEntry> to_inbox_entry(const tkb_inbox_entry* given, std::string_view operation) {
    TKB_TRY(require(given, operation, "entry"));
    const auto read = read_struct(given, empty_entry, operation);
    if (!read.has_value()) return read.error();
    for (const tkb_bytes& text : {read->dedup_key, read->payment_id, read->transaction_id, read->charge_id, read->currency})
        TKB_TRY(require(text, operation, "a text of the inbox entry"));
    TKB_TRY(in_range(read->gateway, static_cast<std::uint32_t>(gateway_count) - 1, operation, "a gateway"));
    TKB_TRY(in_range(read->status, TKB_NOTIFIED_IGNORED, operation, "a notification's status"));
    TKB_TRY(in_range(read->outcome, outcome_last, operation, "an outcome"));
    TKB_TRY(in_range(read->refusal, refusal_last, operation, "a refusal"));
    const auto currency = Currency::parse(view(read->currency));
    if (!currency.has_value()) return currency.error();
    InboxEntry entry;
    entry.gateway = static_cast<Gateway>(read->gateway);
    entry.dedup_key = view(read->dedup_key);
    entry.payment_id = view(read->payment_id);
    entry.transaction_id = view(read->transaction_id);
    entry.charge_id = view(read->charge_id);
    entry.status = static_cast<NotifiedStatus>(read->status);
    entry.amount = {read->amount_minor_units, *currency};
    entry.outcome = static_cast<Outcome>(read->outcome);
    entry.refusal = static_cast<Refusal>(read->refusal);
    entry.received_at = time_point(read->received_at_ms);
    return entry;
}

}  // namespace ticketbottle::capi

tkb_bytes tkb_refusal_name(uint32_t refusal) {
    using namespace ticketbottle;
    if (refusal > capi::refusal_last) return {nullptr, 0};
    return capi::bytes(to_string(static_cast<Refusal>(refusal)));
}
