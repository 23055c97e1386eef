#pragma once
/// \file
/// Where to connect and how, read from the host's URL. Internal: not installed.

#include <ticketbottle/postgres/postgres.hpp>

#include <optional>
#include <string>
#include <vector>

namespace ticketbottle::postgres {

struct Target {
    /// The URL without what only Prisma understands: for libpq's dbname. It holds the password.
    Secret conninfo;
    /// Keywords beside it that go before it ("sslrootcert", "/etc/ca.pem").
    std::vector<std::pair<std::string, std::string>> keywords;
    std::string schema;
    std::uint32_t connections_max = 8;
    std::chrono::milliseconds connect_timeout{5000};
    Statements statements = Statements::prepared;
};

/// Errors: invalid_argument, naming the parameter; never a value.
[[nodiscard]] Result<Target> read_target(const Options& options);

}  // namespace ticketbottle::postgres
