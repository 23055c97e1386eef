#pragma once
/// \file
/// Outbox and inbox on MariaDB 10.6 or later, beside tables that are deployed already. How it reads, what it needs and what it was
/// tested with: docs/mariadb.md.

#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/core/secret.hpp>
#include <ticketbottle/ports/outbox_store.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ticketbottle::mariadb {

/// What is asked of TLS (1.2 or later).
enum class TlsMode : std::uint8_t {
    off,       ///< In the clear: a database on loopback, or in a network of its own.
    required,  ///< Encrypted, with whoever answers: it keeps listeners out, not an imposter.
    verify,    ///< Encrypted, the certificate good and made out to the host.
};

struct Tls {
    TlsMode mode = TlsMode::verify;
    std::string ca_file;    ///< PEM; "": the system's authorities. Only with verify.
    std::string cert_file;  ///< PEM, the client's own certificate, with key_file; "": none.
    std::string key_file;
};

struct Options {
    std::string host;             ///< A name or an address; always TCP, "localhost" too.
    std::uint16_t port = 3306;
    std::string database;         ///< 1..64 bytes.
    std::string user;             ///< 1..128 bytes.
    Secret password;              ///< Without NUL. Empty: the server decides.
    Tls tls;
    std::uint32_t connections_max = 8;                ///< 1..1000.
    std::chrono::milliseconds connect_timeout{5000};  ///< 10 ms .. 10 min, for one connection.
};
/// Errors: invalid_argument, naming the option; never a value.
[[nodiscard]] Result<void> check(const Options& options);

/// Connections to one database, made when first needed, shared by the stores on it. Threads: any. A connection that breaks is
/// replaced at the next call; after a failure to connect, further tries wait (100 ms, doubling to 5 s, with jitter) and calls
/// meanwhile get that failure's error at once: `unavailable` where trying again may help (refused, no such host, a certificate, a
/// user or password that is not let in: passwords are rotated), `invalid_argument` for a database that is not there, `unsupported`
/// for one the user has no right to, for a server that is too old or not MariaDB, and for authentication that is not taken part in.
/// Lifetimes: the stores share ownership; the observer is borrowed.
/// Every wait ends at the call's deadline or stop, but for the looking up of a host's name, which ends when the system's resolver does.
/// Sessions: utf8mb4, time zone +00:00, strict SQL mode, READ COMMITTED, locks waited for at most 5 s; LOCAL INFILE and
/// reconnecting are off, no option file is read, and only authentication that hides the password is taken part in
/// (in the clear: with TlsMode::verify).
/// Metrics: ticketbottle_mariadb_connections (gauge), ticketbottle_mariadb_connects_total{result}.
class Pool {
public:
    /// Connects to nothing yet. Errors: as check().
    [[nodiscard]] static Result<std::shared_ptr<Pool>> make(const Options& options, Observer& observer = Observer::none());
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    struct Impl;
    /// \internal
    explicit Pool(std::unique_ptr<Impl> impl);
    [[nodiscard]] Impl& impl() noexcept { return *impl_; }

private:
    std::unique_ptr<Impl> impl_;
};

/// What the database has, as far as the stores use it.
struct Layout {
    bool orders = false;  ///< The deployed tables: ticket_orders, tickets, discount_codes.
    bool outbox = false;  ///< `outbox` and `relay_lease`.
    bool inbox = false;   ///< `payment_inbox`.
    std::string server;   ///< "MariaDB 10.11.19"
};
/// Connects and looks. Errors: as Pool says, with the reason; cancelled.
[[nodiscard]] Result<Layout> inspect(Pool& pool, Deadline deadline);

/// A queue: what is published is deleted, so `published` is always 0 and remove_published() finds nothing.
/// Errors beyond the port's: unsupported (the tables are not there: migrate(); or a right is missing). Error numbers are named in the
/// detail, values never. One connection for the length of one call: any number of stores may share a pool.
[[nodiscard]] std::unique_ptr<OutboxStore> outbox_store(std::shared_ptr<Pool> pool);

struct MigrationReport {
    std::vector<std::string> done;  ///< Sentences, in order; empty: everything was there.
};
/// The additive migration: makes the tables `outbox`, `relay_lease` and `payment_inbox` where they are not, and touches no other
/// table. Idempotent; two at once do no harm. Waits at most 5 s for a lock and comes again until the deadline. Needs CREATE, INSERT
/// and SELECT. Errors: unsupported (no right, or a table of that name that is not ours), unavailable, cancelled, outcome_unknown (run
/// it again).
[[nodiscard]] Result<MigrationReport> migrate(Pool& pool, Deadline deadline);

}  // namespace ticketbottle::mariadb
