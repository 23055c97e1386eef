#pragma once
/// \file
/// Notifications settled: what is there is read, payment::decide says what to do, and that is written if nothing has changed since.
/// Two round trips, without a lock between them; nothing is written for a repeat. Internal: not installed.

#include "postgres/connection.hpp"
#include "postgres/pool.hpp"
#include "postgres/sql.hpp"

#include <ticketbottle/payment/rules.hpp>

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ticketbottle::postgres {

/// A command as the tables can hold it: texts cleaned (clean_text), and without the names that no row can have.
[[nodiscard]] SettleCommand storable(SettleCommand command);

class Settlement {
public:
    /// \param held  Of a payment that another transaction holds.
    Settlement(Pool::Impl& pool, Held held);

    struct Wanted {
        const SettleCommand* command = nullptr;  ///< storable().
        bool inbox = false;                      ///< Is payment_inbox there?
    };
    /// nullopt: not done, because another transaction came between or, with Held::leave, holds the payment. To be settled anew.
    using End = Result<std::optional<Settled>>;
    /// Settles all of them in one transaction. \return  The end of each. Errors, which are the end of all: as Connection::run's.
    [[nodiscard]] Result<std::vector<End>> run(std::string_view operation, std::span<const Wanted> wanted, Deadline deadline) const;

private:
    struct Reading;
    [[nodiscard]] Query read_query(const Wanted& wanted) const;
    [[nodiscard]] Result<void> read_charges(std::string_view operation, std::span<const Wanted> wanted, std::span<Result<Reading>> readings,
                                            Deadline deadline) const;
    [[nodiscard]] std::vector<End> decide(std::span<const Wanted> wanted, std::span<const Result<Reading>> readings,
                                          std::vector<Query>& queries, std::vector<std::size_t>& owners) const;
    [[nodiscard]] Query write_query(const Wanted& wanted, const Reading& reading, const payment::Decision& decision) const;

    Pool::Impl& pool_;
    const std::array<Statement, 2> read_;      ///< By `inbox`.
    const std::array<Statement, 2> read_any_;  ///< Of more names than few.
    const Statement charges_;
    const std::array<Statement, 3> write_;  ///< By Keep.
};

}  // namespace ticketbottle::postgres
