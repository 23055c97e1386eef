#pragma once
/// \file
/// A PaymentStore that says what a test told it to.

#include <ticketbottle/ports/payment_store.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace ticketbottle::test {

/// Answers settle and find as told, and keeps what it was asked.
class ScriptedPaymentStore final : public PaymentStore {
public:
    Result<Settled> settle(const SettleCommand& command, Deadline) override {
        asked = command;
        return answer;
    }
    Result<std::optional<Payment>> find(PaymentKey, std::string_view, Deadline) override { return found; }
    Result<Payment> create(const Payment&, Deadline) override { return unexpected(); }
    Result<std::vector<Payment>> pending(TimePoint, std::uint32_t, Deadline) override { return unexpected(); }
    Result<std::vector<InboxEntry>> raised(std::uint32_t, Deadline) override { return unexpected(); }
    Result<PaymentCounts> counts(Deadline) override { return unexpected(); }
    Result<std::uint64_t> remove_inbox(TimePoint, std::uint32_t, Deadline) override { return unexpected(); }

    Result<Settled> answer = Settled{};
    Result<std::optional<Payment>> found = std::optional<Payment>();
    SettleCommand asked;

private:
    static Error unexpected() { return fail(Errc::internal, "test", "not expected"); }
};

}  // namespace ticketbottle::test
