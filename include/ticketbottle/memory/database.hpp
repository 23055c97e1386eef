#pragma once
/// \file
/// Payment and outbox stores in memory, for tests and examples: every rule of the ports, nothing durable.

#include <ticketbottle/ports/clock.hpp>
#include <ticketbottle/ports/outbox_store.hpp>
#include <ticketbottle/ports/payment_store.hpp>

#include <memory>

namespace ticketbottle::memory {

/// The state behind any number of stores. Threads: any, at once. Stores keep it alive.
class Database {
public:
    /// \param clock  The store's clock: leases, due times, published_at. Borrowed.
    explicit Database(const Clock& clock);
    ~Database();

    [[nodiscard]] static std::unique_ptr<PaymentStore> payment_store(std::shared_ptr<Database> database);
    [[nodiscard]] static std::unique_ptr<OutboxStore> outbox_store(std::shared_ptr<Database> database);

    /// Adds an event by itself, as an embedder's own transaction would. An id that is there is left alone.
    void add(const OutboxRow& row);

    struct State;  ///< Internal: src/memory/state.hpp.
    [[nodiscard]] State& state() noexcept { return *state_; }

private:
    std::unique_ptr<State> state_;
};

}  // namespace ticketbottle::memory
