#pragma once
/// \file
/// A PaymentStore whose calls fail when a test says so.

#include <ticketbottle/ports/payment_store.hpp>

#include <functional>
#include <string_view>
#include <utility>

namespace ticketbottle::test {

enum class PaymentFault : std::uint8_t {
    none,
    unavailable,       ///< Not done.
    cancelled,         ///< Not done.
    unknown_not_done,  ///< outcome_unknown, and it was not done.
    unknown_done,      ///< outcome_unknown, but it was.
    internal,          ///< Not done.
};

/// Threads: as the inner store; `decide` is called on the caller's thread.
class FaultyPaymentStore final : public PaymentStore {
public:
    /// \param decide  Gets the call's name ("settle") and says what shall go wrong.
    FaultyPaymentStore(PaymentStore& inner, std::function<PaymentFault(std::string_view)> decide)
        : inner_(inner), decide_(std::move(decide)) {}

    Result<Payment> create(const Payment& payment, Deadline deadline) override {
        return faulty<Payment>("create", [&] { return inner_.create(payment, deadline); });
    }
    Result<std::optional<Payment>> find(PaymentKey key, std::string_view value, Deadline deadline) override {
        return faulty<std::optional<Payment>>("find", [&] { return inner_.find(key, value, deadline); });
    }
    Result<Settled> settle(const SettleCommand& command, Deadline deadline) override {
        return faulty<Settled>("settle", [&] { return inner_.settle(command, deadline); });
    }
    Result<std::vector<Payment>> pending(TimePoint created_before, std::uint32_t rows_max, Deadline deadline) override {
        return faulty<std::vector<Payment>>("pending", [&] { return inner_.pending(created_before, rows_max, deadline); });
    }
    Result<std::vector<InboxEntry>> raised(std::uint32_t rows_max, Deadline deadline) override {
        return faulty<std::vector<InboxEntry>>("raised", [&] { return inner_.raised(rows_max, deadline); });
    }
    Result<PaymentCounts> counts(Deadline deadline) override {
        return faulty<PaymentCounts>("counts", [&] { return inner_.counts(deadline); });
    }
    Result<std::uint64_t> remove_inbox(TimePoint before, std::uint32_t rows_max, Deadline deadline) override {
        return faulty<std::uint64_t>("remove_inbox", [&] { return inner_.remove_inbox(before, rows_max, deadline); });
    }

private:
    template <class T, class Call>
    Result<T> faulty(std::string_view name, Call call) {
        switch (decide_(name)) {
            case PaymentFault::none:
                break;
            case PaymentFault::unavailable:
                return fail(Errc::unavailable, "test.fault", "scripted");
            case PaymentFault::cancelled:
                return fail(Errc::cancelled, "test.fault", "scripted");
            case PaymentFault::internal:
                return fail(Errc::internal, "test.fault", "scripted");
            case PaymentFault::unknown_not_done:
                return fail(Errc::outcome_unknown, "test.fault", "scripted");
            case PaymentFault::unknown_done:
                (void)call().has_value();
                return fail(Errc::outcome_unknown, "test.fault", "scripted");
        }
        return call();
    }

    PaymentStore& inner_;
    std::function<PaymentFault(std::string_view)> decide_;
};

}  // namespace ticketbottle::test
