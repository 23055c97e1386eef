#pragma once
/// \file
/// An OutboxStore over a host's C callbacks.

#include "callbacks.hpp"

#include <ticketbottle/ports/outbox_store.hpp>

/// What a host's fetch or dead gives back.
struct tkb_outbox_page {
    std::uint32_t rows_max = 0;
    std::vector<ticketbottle::OutboxRow> rows;
    std::vector<std::string> reasons;  ///< Beside rows.
    std::optional<std::chrono::milliseconds> next_due;
};

namespace ticketbottle::capi {

/// Checks what every backend checks; the host's store is asked for the rest. Views of a row live as long as the row.
class CallbackOutboxStore final : public OutboxStore {
public:
    CallbackOutboxStore(const tkb_outbox_store_vtable& table, void* user_data) noexcept : host_(table, user_data) {}

    Result<std::optional<RelayLease>> acquire(std::string_view owner, std::chrono::milliseconds ttl, Deadline deadline) override;
    Result<void> release(const RelayLease& lease, Deadline deadline) override;
    Result<OutboxPage> fetch(const RelayLease& lease, std::uint32_t rows_max, Deadline deadline) override;
    Result<void> settle(const RelayLease& lease, std::chrono::milliseconds ttl, std::span<const RowSettlement> rows,
                        Deadline deadline) override;
    Result<OutboxStatistics> statistics(Deadline deadline) override;
    Result<std::vector<DeadRow>> dead(std::uint32_t rows_max, Deadline deadline) override;
    Result<std::uint64_t> requeue(std::span<const std::string> ids, Deadline deadline) override;
    Result<std::uint64_t> remove_published(TimePoint before, std::uint32_t rows_max, Deadline deadline) override;
    Result<std::uint64_t> remove_dead(TimePoint before, std::uint32_t rows_max, Deadline deadline) override;

private:
    Callbacks<tkb_outbox_store_vtable> host_;
};

/// Reads a caller's vtable of any age. Errors: invalid_argument (NULL, a required function is), unsupported.
[[nodiscard]] Result<tkb_outbox_store_vtable> to_vtable(const tkb_outbox_store_vtable* given, std::string_view operation);

[[nodiscard]] tkb_outbox_row to_view(const OutboxRow& row);

}  // namespace ticketbottle::capi
