#pragma once
/// \file
/// Where to connect and how, read from the host's URL. Internal: not installed.

#include <ticketbottle/postgres/postgres.hpp>

#include <optional>
#include <string>
#include <vector>

namespace ticketbottle::postgres {

/// One of several servers that a URL names.
struct ServerAddress {
    std::string host;
    std::string port;
};

struct Target {
    /// The URL without what only Prisma understands: for libpq's dbname. It holds the password.
    Secret conninfo;
    /// Keywords beside it that go before it ("sslrootcert", "/etc/ca.pem").
    std::vector<std::pair<std::string, std::string>> keywords;
    /// If the URL names several hosts: they are tried one after the other, each for its share of the time. libpq alone would wait for a
    /// host that says nothing until the time is over, and never come to the next. Empty: one host, or a choice that libpq must make
    /// among all (target_session_attrs=prefer-standby, load_balance_hosts).
    std::vector<ServerAddress> places;
    std::string schema;
    std::uint32_t connections_max = 8;
    std::chrono::milliseconds connect_timeout{5000};
    Statements statements = Statements::prepared;
};

/// Errors: invalid_argument, naming the parameter; never a value.
[[nodiscard]] Result<Target> read_target(const Options& options);

}  // namespace ticketbottle::postgres
