#include <ticketbottle/payment/retrying_store.hpp>

#include "core/waiting.hpp"

#include <algorithm>
#include <utility>

namespace ticketbottle {

using std::chrono::milliseconds;

RetryingPaymentStore::RetryingPaymentStore(std::unique_ptr<PaymentStore> inner, RetryOptions options, Observer& observer)
    : inner_(std::move(inner)), options_(options), observer_(observer) {}

bool RetryingPaymentStore::wait(std::uint32_t tries, const Deadline& deadline) {
    if (tries >= options_.tries_max) return false;
    // Full jitter: callbacks that met in one lock do not meet again.
    const auto base = std::clamp<milliseconds>(options_.backoff_base, milliseconds(0), std::chrono::hours(1));
    const auto ceiling = std::min(std::max(options_.backoff_max, milliseconds(0)), base * (std::int64_t{1} << std::min(tries - 1, 20U)));
    const milliseconds chosen(std::uniform_int_distribution<std::int64_t>(0, ceiling.count())(random_));
    if (chosen >= deadline.remaining()) return false;
    pause(deadline.stop_token(), chosen);
    return !deadline.expired();
}

template <class Call>
auto RetryingPaymentStore::repeated(std::string_view name, const Deadline& deadline, Call call) -> decltype(call()) {
    bool perhaps_done = false;
    for (std::uint32_t tries = 1;; ++tries) {
        auto answer = call();
        if (answer.has_value()) return answer;
        const Error error = answer.error();
        perhaps_done |= error.code == Errc::outcome_unknown;
        const bool again = error.code == Errc::unavailable || error.code == Errc::outcome_unknown;
        if (again && wait(tries, deadline)) {
            observer_.count("ticketbottle_store_retries_total", {{"call", name}, {"code", to_string(error.code)}});
            continue;
        }
        if (perhaps_done && (again || error.code == Errc::cancelled))
            return Error{Errc::outcome_unknown, error.operation, error.detail};
        return error;
    }
}

Result<Payment> RetryingPaymentStore::create(const Payment& payment, Deadline deadline) {
    return repeated("create", deadline, [&] { return inner_->create(payment, deadline); });
}

Result<std::optional<Payment>> RetryingPaymentStore::find(PaymentKey key, std::string_view value, Deadline deadline) {
    return repeated("find", deadline, [&] { return inner_->find(key, value, deadline); });
}

Result<Settled> RetryingPaymentStore::settle(const SettleCommand& command, Deadline deadline) {
    return repeated("settle", deadline, [&] { return inner_->settle(command, deadline); });
}

Result<std::vector<Payment>> RetryingPaymentStore::pending(TimePoint created_before, std::uint32_t rows_max, Deadline deadline) {
    return repeated("pending", deadline, [&] { return inner_->pending(created_before, rows_max, deadline); });
}

Result<std::vector<InboxEntry>> RetryingPaymentStore::raised(std::uint32_t rows_max, Deadline deadline) {
    return repeated("raised", deadline, [&] { return inner_->raised(rows_max, deadline); });
}

Result<PaymentCounts> RetryingPaymentStore::counts(Deadline deadline) {
    return repeated("counts", deadline, [&] { return inner_->counts(deadline); });
}

Result<std::uint64_t> RetryingPaymentStore::remove_inbox(TimePoint before, std::uint32_t rows_max, Deadline deadline) {
    return repeated("remove_inbox", deadline, [&] { return inner_->remove_inbox(before, rows_max, deadline); });
}

}  // namespace ticketbottle
