#pragma once
/// \file
/// A real PostgreSQL server per test program, and the PostgreSQL stores as backends of the conformance suites: a schema each.

#include "support/server_process.hpp"

#include <ticketbottle/postgres/postgres.hpp>

#include <libpq-fe.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace ticketbottle::test {

/// Started at the first call, gone with the program.
inline Server& postgres_server() {
    static Server server("postgres.sh", {"--no-fsync", "-c", "max_prepared_transactions=4"});
    return server;
}

/// Of the server, with a query ("" or "?schema=a&connection_limit=2").
inline std::string postgres_url(const std::string& query = "") {
    return "postgresql://postgres@127.0.0.1:" + postgres_server().port_text() + "/postgres" + query;
}

/// Runs SQL on a connection of the test's own, as an embedder would, and gives each row's columns as text.
inline std::vector<std::vector<std::string>> postgres_rows(const std::string& sql) {
    // One for the program's life, for most of its cost is the connecting; the server may have been restarted meanwhile.
    thread_local std::unique_ptr<PGconn, void (*)(PGconn*)> handle(nullptr, PQfinish);
    if (!handle || PQstatus(handle.get()) != CONNECTION_OK) {
        handle.reset(PQconnectdb(postgres_url().c_str()));
        PQsetNoticeReceiver(handle.get(), [](void*, const PGresult*) {}, nullptr);
    }
    std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(handle.get(), sql.c_str()), PQclear);
    if (PQstatus(handle.get()) != CONNECTION_OK) {
        PQreset(handle.get());
        result.reset(PQexec(handle.get(), sql.c_str()));
    }
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) throw std::runtime_error(PQerrorMessage(handle.get()));
    std::vector<std::vector<std::string>> rows;
    for (int i = 0; i < PQntuples(result.get()); ++i) {
        std::vector<std::string> row;
        for (int c = 0; c < PQnfields(result.get()); ++c) {
            row.emplace_back(PQgetisnull(result.get(), i, c) != 0 ? "NULL" : PQgetvalue(result.get(), i, c));
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

enum class Migrated : bool { no, yes };

/// The deployed tables in a schema of their own, gone with this.
class PostgresSchema {
public:
    explicit PostgresSchema(Migrated migrated, const std::string& parameters = "") {
        static std::atomic<int> number{0};
        name_ = "shop_" + std::to_string(::getpid()) + "_" + std::to_string(++number);
        options_.url = Secret(postgres_url("?schema=" + name_ + "&connection_limit=16" + parameters));
        options_.attempts_max = 1000;  // the suites count attempts themselves
        const auto made = pool();
        if (const auto tables = postgres::create_deployed_tables(*made, patience()); !tables.has_value())
            throw std::runtime_error(to_string(tables.error()));
        // Deployed there is one; the suites pay in more.
        for (const char* currency : {"EUR", "USD"}) postgres_rows("ALTER TYPE " + name_ + ".\"Currency\" ADD VALUE '" + currency + "'");
        if (migrated == Migrated::no) return;
        if (const auto done = postgres::migrate(*made, patience()); !done.has_value()) throw std::runtime_error(to_string(done.error()));
    }
    ~PostgresSchema() {
        try {
            postgres_rows("DROP SCHEMA " + name_ + " CASCADE");
        } catch (const std::exception&) {
        }
    }
    PostgresSchema(const PostgresSchema&) = delete;
    PostgresSchema& operator=(const PostgresSchema&) = delete;

    [[nodiscard]] std::shared_ptr<postgres::Pool> pool() const {
        auto made = postgres::Pool::make(options_);
        if (!made.has_value()) throw std::runtime_error(to_string(made.error()));
        return std::move(*made);
    }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] postgres::Options& options() { return options_; }
    static Deadline patience() { return Deadline::in(std::chrono::seconds(60)); }

private:
    std::string name_;
    postgres::Options options_;
};

/// For the payment suite. \param unnamed  As through a transaction pooler.
template <bool unnamed = false>
class PostgresPayments {
public:
    std::unique_ptr<PaymentStore> open() { return postgres::payment_store(pool_); }
    std::vector<OutboxRow> outbox() {
        std::vector<OutboxRow> rows;
        for (const auto& c : postgres_rows(R"(SELECT id, "aggregateId", "aggregateType", "eventType", payload, floor(extract(epoch from "createdAt") * 1000)::bigint,
                                              "retryCount", coalesce(traceparent, '') FROM )" + schema_.name() + ".outbox ORDER BY sequence")) {
            rows.push_back({c[0], c[1], c[2], c[3], c[4], TimePoint(std::chrono::milliseconds(std::stoll(c[5]))),
                            static_cast<std::uint32_t>(std::stoul(c[6])), c[7]});
        }
        return rows;
    }

private:
    PostgresSchema schema_{Migrated::yes, unnamed ? "&pgbouncer=true" : ""};
    std::shared_ptr<postgres::Pool> pool_ = schema_.pool();
};

/// What stores opened on `schema` after this take for PostgreSQL's clock: a function in a schema before pg_catalog. Ends with this.
class ServersClock {
public:
    explicit ServersClock(PostgresSchema& schema) : schema_(schema.name() + "_clock") {
        postgres_rows("CREATE SCHEMA " + schema_);
        schema.options().url = Secret(postgres_url("?schema=" + schema.name() + "&options=-csearch_path%3D" + schema_ + "%2Cpg_catalog"));
    }
    ~ServersClock() {
        try {
            postgres_rows("DROP SCHEMA " + schema_ + " CASCADE");
        } catch (const std::exception&) {
        }
    }
    ServersClock(const ServersClock&) = delete;
    ServersClock& operator=(const ServersClock&) = delete;

    /// \param query  Gives a timestamptz.
    void tells(const std::string& query) const {
        postgres_rows("CREATE FUNCTION " + schema_ + ".clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS '" + query + "'");
    }
    /// Where else a name can be put before pg_catalog's.
    [[nodiscard]] const std::string& schema() const { return schema_; }

private:
    std::string schema_;
};

/// For the outbox suite. Its clock stands still until it is moved.
template <Migrated migrated>
class PostgresOutbox {
public:
    static constexpr bool keeps_traces = migrated == Migrated::yes;

    PostgresOutbox() {
        const std::string now = clock_.schema() + ".now";
        postgres_rows("CREATE TABLE " + now + " (at timestamptz); INSERT INTO " + now + " VALUES ('2025-11-21 00:00:00Z')");
        clock_.tells("SELECT at FROM " + now);
        pool_ = schema_.pool();
    }
    void put(const OutboxRow& row) {
        const std::string created = std::to_string(row.created_at.time_since_epoch().count());
        const bool traced = keeps_traces && !row.traceparent.empty();
        postgres_rows("INSERT INTO " + schema_.name() + R"(.outbox (id, "aggregateId", "aggregateType", "eventType", payload, "createdAt")" +
                      (traced ? ", traceparent" : "") + ") VALUES ('" + row.id + "', '" + row.aggregate_id + "', '" + row.aggregate_type +
                      "', '" + row.event_type + "', '" + row.payload + "', to_timestamp(" + created + "::numeric / 1000) AT TIME ZONE 'UTC'" +
                      (traced ? ", '" + row.traceparent + "'" : "") + ")");
    }
    std::unique_ptr<OutboxStore> open() { return postgres::outbox_store(pool_); }
    void advance(std::chrono::milliseconds by) {
        postgres_rows("UPDATE " + clock_.schema() + ".now SET at = at + " + std::to_string(by.count()) + " * interval '1 millisecond'");
        now_ += by;
    }
    TimePoint now() const { return now_; }
    bool set_flags(const std::string& id, bool published, std::optional<TimePoint> published_at) {
        const std::string at = published_at ? "to_timestamp(" + std::to_string(published_at->time_since_epoch().count()) + "::numeric / 1000) AT TIME ZONE 'UTC'"
                                            : "NULL";
        postgres_rows("UPDATE " + schema_.name() + ".outbox SET published = " + (published ? "true" : "false") + R"(, "publishedAt" = )" + at +
                      " WHERE id = '" + id + "'");
        return true;
    }

private:
    PostgresSchema schema_{migrated};
    ServersClock clock_{schema_};
    std::shared_ptr<postgres::Pool> pool_;
    TimePoint now_ = std::chrono::sys_days(std::chrono::year(2025) / 11 / 21);
};

}  // namespace ticketbottle::test
