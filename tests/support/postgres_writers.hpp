#pragma once
/// \file
/// Business transactions as the deployed services make them: a business row changes and its event is written, or neither. Each key
/// counts its changes, and the event carries the count, so that a history of them can be judged.

#include "support/postgres_backends.hpp"

#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/outbox/statement.hpp>

#include <atomic>
#include <chrono>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace ticketbottle::test {

/// One connection. What fails throws.
class BusinessSession {
public:
    explicit BusinessSession(const std::string& schema)
        : handle_(PQconnectdb(postgres_url("?options=-csearch_path%3D" + schema).c_str()), PQfinish) {
        if (PQstatus(handle_.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(handle_.get()));
        PQsetNoticeReceiver(handle_.get(), [](void*, const PGresult*) {}, nullptr);
    }
    void execute(const std::string& sql) { (void)rows(sql, {}); }
    /// Counts one change of the key and writes its event, within the open transaction.
    void change(const std::string& key, const std::string& event_type = "PAYMENT_COMPLETED", const std::string& filling = "") {
        const std::string version = rows("UPDATE business SET version = version + 1 WHERE key = $1 RETURNING version", {key});
        outbox::Event event;
        event.id = random_uuid();
        event.aggregate_id = key;
        event.event_type = event_type;
        event.payload = "{\"version\": " + version + ", \"filling\": \"" + filling + "\"}";
        event.created_at = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
        const auto statement = outbox::insert_statement(event, outbox::Dialect::postgresql).value();
        (void)rows(statement.text, statement.parameters);
    }

private:
    std::string rows(const std::string& sql, const std::vector<std::string>& parameters) {
        std::vector<const char*> values;
        for (const std::string& value : parameters) values.push_back(value.c_str());
        const std::unique_ptr<PGresult, void (*)(PGresult*)> result(
            PQexecParams(handle_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0), PQclear);
        const ExecStatusType status = PQresultStatus(result.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) throw std::runtime_error(PQerrorMessage(handle_.get()));
        return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
    }
    std::unique_ptr<PGconn, void (*)(PGconn*)> handle_;
};

inline void make_business(const std::string& schema) {
    postgres_rows("CREATE TABLE " + schema + ".business (key text PRIMARY KEY, version bigint NOT NULL DEFAULT 0)");
}
inline void add_business(const std::string& schema, const std::string& key) {
    postgres_rows("INSERT INTO " + schema + ".business (key) VALUES ('" + key + "')");
}
/// Key -> changes that were committed: the database's own word, also where a commit's answer was lost.
inline std::map<std::string, std::uint64_t> committed_changes(const std::string& schema) {
    std::map<std::string, std::uint64_t> written;
    for (const auto& row : postgres_rows("SELECT key, version FROM " + schema + ".business")) written[row.at(0)] = std::stoull(row.at(1));
    return written;
}

/// Threads that change a few keys a transaction, until stopped; a lost connection is made again.
class PostgresWriters {
public:
    static constexpr int keys = 24;
    static std::string key(int n) { return "pay-" + std::to_string(n); }

    PostgresWriters(const std::string& schema, int threads) {
        for (int n = 0; n < keys; ++n) add_business(schema, key(n));
        for (int t = 0; t < threads; ++t) {
            threads_.emplace_back([this, schema, t](const std::stop_token& stop) {
                std::mt19937 random(static_cast<unsigned>(t));
                while (!stop.stop_requested()) {
                    try {
                        write(schema, random, stop);
                    } catch (const std::runtime_error&) {
                        std::this_thread::sleep_for(std::chrono::milliseconds(50));
                    }
                }
            });
        }
    }
    /// Idempotent.
    void stop() { threads_.clear(); }
    [[nodiscard]] std::uint64_t transactions() const noexcept { return transactions_; }

private:
    void write(const std::string& schema, std::mt19937& random, const std::stop_token& stop) {
        BusinessSession session(schema);
        while (!stop.stop_requested()) {
            std::set<int> chosen;  // in one order everywhere, so that nobody waits for one another
            for (auto count = 1 + random() % 3; count > 0; --count) chosen.insert(static_cast<int>(random() % keys));
            session.execute("BEGIN");
            for (const int n : chosen) session.change(key(n));
            session.execute(random() % 20 == 0 ? "ROLLBACK" : "COMMIT");
            ++transactions_;
            std::this_thread::sleep_for(std::chrono::milliseconds(15));  // less than relays publish on a busy machine
        }
    }
    std::atomic<std::uint64_t> transactions_{0};
    std::vector<std::jthread> threads_;
};

}  // namespace ticketbottle::test
