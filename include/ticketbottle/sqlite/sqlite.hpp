#pragma once
/// \file
/// Payments, inbox and outbox in one SQLite file: the deployed tables, plus inbox and lease. WAL; any number of threads and
/// processes (one object each). Layout: docs/sqlite.md.

#include <ticketbottle/outbox/statement.hpp>
#include <ticketbottle/ports/clock.hpp>
#include <ticketbottle/ports/outbox_store.hpp>
#include <ticketbottle/ports/payment_store.hpp>

#include <chrono>
#include <memory>
#include <string>

struct sqlite3;

namespace ticketbottle::sqlite {

enum class Synchronous : std::uint8_t {
    full,    ///< A commit survives power loss. The default: it is money.
    normal,  ///< A commit survives a crash of the process; power loss may undo the last ones. About ten times faster.
};

enum class OpenMode : std::uint8_t {
    create,     ///< Make the file and its schema if they are not there; upgrade an older schema.
    existing,   ///< Refuse if the file or the schema is not there.
    read_only,  ///< As existing; every call that writes is unsupported.
};

struct Options {
    std::string path;  ///< A file; its folder must be there. Not ":memory:" (use the memory component).
    OpenMode mode = OpenMode::create;
    Synchronous synchronous = Synchronous::full;
    const Clock* clock = nullptr;  ///< The store's clock, borrowed; nullptr: the system's. Processes on one file share the system's.
};

/// Errors: invalid_argument (a path that cannot be: no folder, a directory, not a database, a newer schema than ours),
/// unavailable (locked for the whole deadline, disk full, I/O error), unsupported (read-only file in another mode).
/// A corrupt file is found by a quick check at opening and reported as internal, with the file named.
/// Errors of the stores' calls name the SQLite result code; SQLITE_BUSY past the deadline is unavailable, SQLITE_FULL and SQLITE_IOERR
/// are unavailable, SQLITE_CORRUPT and SQLITE_NOTADB are internal; a commit whose result is not known is outcome_unknown.
[[nodiscard]] Result<std::unique_ptr<PaymentStore>> open_payment_store(const Options& options, Deadline deadline);
[[nodiscard]] Result<std::unique_ptr<OutboxStore>> open_outbox_store(const Options& options, Deadline deadline);

/// The DDL, for an embedder that makes the tables itself; idempotent.
[[nodiscard]] const char* schema() noexcept;

/// Runs outbox::insert_statement on the embedder's connection, inside whatever transaction is open there. Returns the row's id.
/// Errors: as insert_statement; conflict (the id is taken); unavailable.
[[nodiscard]] Result<std::string> insert_event(sqlite3* connection, const outbox::Event& event);

}  // namespace ticketbottle::sqlite
