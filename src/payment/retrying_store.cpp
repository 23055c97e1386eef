#include <ticketbottle/payment/retrying_store.hpp>

#include "core/retry.hpp"

#include <utility>

namespace ticketbottle {

RetryingPaymentStore::RetryingPaymentStore(std::unique_ptr<PaymentStore> inner, RetryOptions options, Observer& observer)
    : inner_(std::move(inner)), options_(options), observer_(observer) {}

template <class Call>
auto RetryingPaymentStore::tried(std::string_view name, const Deadline& deadline, Call call) -> decltype(call()) {
    const RetryRule rule{options_.tries_max, {options_.backoff_base, options_.backoff_max, Jitter::full}};
    return repeated(rule, deadline, call, [&](const Error& error) {
        observer_.count("ticketbottle_store_retries_total", {{"call", name}, {"code", to_string(error.code)}});
    });
}

Result<Payment> RetryingPaymentStore::create(const Payment& payment, Deadline deadline) {
    return tried("create", deadline, [&] { return inner_->create(payment, deadline); });
}

Result<std::optional<Payment>> RetryingPaymentStore::find(PaymentKey key, std::string_view value, Deadline deadline) {
    return tried("find", deadline, [&] { return inner_->find(key, value, deadline); });
}

Result<Settled> RetryingPaymentStore::settle(const SettleCommand& command, Deadline deadline) {
    return tried("settle", deadline, [&] { return inner_->settle(command, deadline); });
}

Result<std::vector<Payment>> RetryingPaymentStore::pending(TimePoint created_before, std::uint32_t rows_max, Deadline deadline) {
    return tried("pending", deadline, [&] { return inner_->pending(created_before, rows_max, deadline); });
}

Result<std::vector<InboxEntry>> RetryingPaymentStore::raised(std::uint32_t rows_max, Deadline deadline) {
    return tried("raised", deadline, [&] { return inner_->raised(rows_max, deadline); });
}

Result<PaymentCounts> RetryingPaymentStore::counts(Deadline deadline) {
    return tried("counts", deadline, [&] { return inner_->counts(deadline); });
}

Result<std::uint64_t> RetryingPaymentStore::remove_inbox(TimePoint before, std::uint32_t rows_max, Deadline deadline) {
    return tried("remove_inbox", deadline, [&] { return inner_->remove_inbox(before, rows_max, deadline); });
}

}  // namespace ticketbottle
