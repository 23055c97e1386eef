#pragma once
/// \file
/// A PostgreSQL server of the benchmark's own, fsync on, with the deployed tables after `ticketbottle migrate`.

#include "stack/figures.hpp"

#include "support/program.hpp"
#include "support/server_process.hpp"

#include <libpq-fe.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace ticketbottle::benchmarks {

class Database {
public:
    /// \param folder  For the program's output.
    explicit Database(const std::string& folder) {
        const auto made = test::run_program(TKB_PROGRAM, {"migrate", "--create-tables"}, {{"DATABASE_URL", url()}, {"TICKETBOTTLE_DATA", folder}}, folder);
        if (made.code != 0) throw std::runtime_error("ticketbottle migrate: " + made.err);
        connection_.reset(PQconnectdb(url().c_str()));
    }

    [[nodiscard]] std::string url(const std::string& query = "") const {
        return "postgresql://postgres@127.0.0.1:" + port() + "/postgres" + query;
    }
    [[nodiscard]] std::string port() const { return server_.port_text(); }

    /// Runs it and gives the first value, "" if there is none. Throws what the server says.
    std::string sql(const std::string& text) {
        const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection_.get(), text.c_str()), PQclear);
        const ExecStatusType status = PQresultStatus(result.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) throw std::runtime_error(PQerrorMessage(connection_.get()));
        return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
    }
    /// Of all the server's processes, those that have ended too.
    [[nodiscard]] double cpu_seconds() const { return cpu_seconds_of_family(parent_of(PQbackendPID(connection_.get()))); }
    /// Every run begins with the same tables, known to the planner, and nothing to write from before.
    void settle_down() {
        for (const char* table : {"payments", "payment_inbox", "outbox"}) sql(std::string("VACUUM ANALYZE ") + table);
        sql("CHECKPOINT");
    }

private:
    test::Server server_{"postgres.sh", {"-c", "checkpoint_timeout=30min"}};
    std::unique_ptr<PGconn, void (*)(PGconn*)> connection_{nullptr, PQfinish};
};

}  // namespace ticketbottle::benchmarks
