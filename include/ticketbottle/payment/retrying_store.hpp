#pragma once
/// \file
/// A payment store that calls again what did not get through: a deadlock, a lock that was waited for too long, a connection that broke.
/// Backends never do so by themselves; put this in front of one.

#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/ports/payment_store.hpp>

#include <chrono>
#include <cstdint>
#include <memory>

namespace ticketbottle {

struct RetryOptions {
    std::uint32_t tries_max = 6;                  ///< Of one call, the first one included; 0 counts as 1.
    std::chrono::milliseconds backoff_base{20};   ///< Before try n + 1: anything from 0 to min(backoff_max, backoff_base * 2^(n-1)).
    std::chrono::milliseconds backoff_max{1000};
};

/// Repeats a call that was `unavailable` or `outcome_unknown`: all calls of the port are idempotent. Any other error is handed on at once,
/// and so is the last one when the tries are used up or the next wait would pass the deadline. Once a try's outcome was unknown, a
/// later `unavailable` or `cancelled` is told as `outcome_unknown`: perhaps it is done.
/// A settle that was done by a try whose answer was lost comes back as Outcome::duplicate: its event is in the outbox all the same,
/// and the relay finds it when it next looks.
/// Threads: one call at a time per object. Lifetimes: owns the store; the observer is borrowed.
/// Metrics: ticketbottle_store_retries_total{call,code}.
class RetryingPaymentStore final : public PaymentStore {
public:
    explicit RetryingPaymentStore(std::unique_ptr<PaymentStore> inner, RetryOptions options = {}, Observer& observer = Observer::none());

    Result<Payment> create(const Payment& payment, Deadline deadline) override;
    Result<std::optional<Payment>> find(PaymentKey key, std::string_view value, Deadline deadline) override;
    Result<Settled> settle(const SettleCommand& command, Deadline deadline) override;
    Result<std::vector<Payment>> pending(TimePoint created_before, std::uint32_t rows_max, Deadline deadline) override;
    Result<std::vector<InboxEntry>> raised(std::uint32_t rows_max, Deadline deadline) override;
    Result<PaymentCounts> counts(Deadline deadline) override;
    Result<std::uint64_t> remove_inbox(TimePoint before, std::uint32_t rows_max, Deadline deadline) override;

private:
    template <class Call>
    auto tried(std::string_view name, const Deadline& deadline, Call call) -> decltype(call());

    std::unique_ptr<PaymentStore> inner_;
    RetryOptions options_;
    Observer& observer_;
};

}  // namespace ticketbottle
