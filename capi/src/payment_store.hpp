#pragma once
/// \file
/// A PaymentStore over a host's C callbacks.

#include "callbacks.hpp"
#include "payment_rows.hpp"

#include <ticketbottle/payment/rules.hpp>

/// What a host's create, find and pending give back.
struct tkb_payment_list {
    std::uint32_t rows_max = 0;
    std::vector<ticketbottle::Payment> payments;
};

/// What a host's raised gives back.
struct tkb_inbox_list {
    std::uint32_t rows_max = 0;
    std::vector<ticketbottle::InboxEntry> entries;
};

namespace ticketbottle::capi {

/// Checks what every backend checks; the host's store is asked for the rest.
class CallbackPaymentStore final : public PaymentStore {
public:
    CallbackPaymentStore(const tkb_payment_store_vtable& table, void* user_data) noexcept : host_(table, user_data) {}

    Result<Payment> create(const Payment& payment, Deadline deadline) override;
    Result<std::optional<Payment>> find(PaymentKey key, std::string_view value, Deadline deadline) override;
    Result<Settled> settle(const SettleCommand& command, Deadline deadline) override;
    Result<std::vector<Payment>> pending(TimePoint created_before, std::uint32_t rows_max, Deadline deadline) override;
    Result<std::vector<InboxEntry>> raised(std::uint32_t rows_max, Deadline deadline) override;
    Result<PaymentCounts> counts(Deadline deadline) override;
    Result<std::uint64_t> remove_inbox(TimePoint before, std::uint32_t rows_max, Deadline deadline) override;

private:
    Callbacks<tkb_payment_store_vtable> host_;
};

/// Reads a caller's vtable of any age. Errors: invalid_argument (NULL, a function is), unsupported.
[[nodiscard]] Result<tkb_payment_store_vtable> to_vtable(const tkb_payment_store_vtable* given, std::string_view operation);

}  // namespace ticketbottle::capi
