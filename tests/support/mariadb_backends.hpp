#pragma once
/// \file
/// A real MariaDB server per test program, and the MariaDB stores as backends of the conformance suites: a database each.

#include "mariadb/pool.hpp"
#include "support/server_process.hpp"

#include <ticketbottle/mariadb/mariadb.hpp>
#include <ticketbottle/outbox/statement.hpp>

#include <mysql.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace ticketbottle::test {

/// Started at the first call, gone with the program.
inline Server& mariadb_server() {
    static Server server("mariadb.sh", {"--no-fsync"});
    return server;
}

/// A connection of the test's own, as an embedder or an operator would have, by the client library's blocking calls.
class MariadbSession {
public:
    explicit MariadbSession(std::uint16_t port = mariadb_server().port(), const std::string& database = "test") {
        static std::once_flag once;
        std::call_once(once, [] { (void)mysql_server_init(0, nullptr, nullptr); });
        handle_.reset(mysql_init(nullptr));
        mysql_options(handle_.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
        if (mysql_real_connect(handle_.get(), "127.0.0.1", "root", "", database.c_str(), port, nullptr, 0) == nullptr)
            throw std::runtime_error(mysql_error(handle_.get()));
    }
    /// Each row's columns as text; "NULL" for NULL.
    std::vector<std::vector<std::string>> rows(const std::string& sql) {
        if (mysql_real_query(handle_.get(), sql.data(), sql.size()) != 0) throw std::runtime_error(mysql_error(handle_.get()));
        const std::unique_ptr<MYSQL_RES, void (*)(MYSQL_RES*)> result(mysql_store_result(handle_.get()), mysql_free_result);
        std::vector<std::vector<std::string>> rows;
        if (!result) return rows;
        while (MYSQL_ROW cells = mysql_fetch_row(result.get())) {
            const unsigned long* const lengths = mysql_fetch_lengths(result.get());
            std::vector<std::string> row;
            for (unsigned c = 0; c < mysql_num_fields(result.get()); ++c)
                row.emplace_back(cells[c] == nullptr ? std::string("NULL") : std::string(cells[c], lengths[c]));
            rows.push_back(std::move(row));
        }
        return rows;
    }

private:
    std::unique_ptr<MYSQL, void (*)(MYSQL*)> handle_{nullptr, mysql_close};
};

/// Runs SQL on a session that the thread keeps; the server may have been restarted meanwhile.
inline std::vector<std::vector<std::string>> mariadb_rows(const std::string& sql) {
    thread_local std::unique_ptr<MariadbSession> session;
    if (session) {
        try {
            session->rows("SELECT 1");
        } catch (const std::runtime_error&) {
            session.reset();
        }
    }
    if (!session) session = std::make_unique<MariadbSession>();
    return session->rows(sql);
}

/// A database of its own with the migrated tables, gone with this.
class MariadbDatabase {
public:
    enum class Tables : bool { none, migrated };

    explicit MariadbDatabase(Tables tables = Tables::migrated) {
        static std::atomic<int> number{0};
        options_.host = "127.0.0.1";
        options_.port = mariadb_server().port();
        options_.database = "shop_" + std::to_string(::getpid()) + "_" + std::to_string(++number);
        options_.user = "root";
        options_.tls.mode = mariadb::TlsMode::off;
        mariadb_rows("CREATE DATABASE " + name());
        if (tables == Tables::none) return;
        if (const auto done = mariadb::migrate(*pool(), patience()); !done.has_value()) throw std::runtime_error(to_string(done.error()));
    }
    ~MariadbDatabase() {
        try {
            mariadb_rows("DROP DATABASE " + name());
        } catch (const std::exception&) {
        }
    }
    MariadbDatabase(const MariadbDatabase&) = delete;
    MariadbDatabase& operator=(const MariadbDatabase&) = delete;

    [[nodiscard]] std::shared_ptr<mariadb::Pool> pool() const {
        auto made = mariadb::Pool::make(options_);
        if (!made.has_value()) throw std::runtime_error(to_string(made.error()));
        return std::move(*made);
    }
    [[nodiscard]] const std::string& name() const { return options_.database; }
    [[nodiscard]] mariadb::Options& options() { return options_; }
    /// "3" for count("outbox WHERE dead = 1").
    [[nodiscard]] std::string count(const std::string& table_and_condition) const {
        return mariadb_rows("SELECT COUNT(*) FROM " + name() + "." + table_and_condition).at(0).at(0);
    }
    static Deadline patience() { return Deadline::in(std::chrono::seconds(60)); }

private:
    mariadb::Options options_;
};

/// For the outbox suite. Its clock stands still until it is moved: a table in place of NOW(3).
class MariadbOutbox {
public:
    static constexpr bool keeps_published = false;

    MariadbOutbox() {
        mariadb_rows("CREATE TABLE " + database_.name() + ".test_clock (at DATETIME(3) NOT NULL) SELECT '2025-11-21 00:00:00' AS at");
        pool_ = std::make_shared<mariadb::Pool>(
            std::make_unique<mariadb::Pool::Impl>(database_.options(), Observer::none(), "(SELECT at FROM test_clock)"));
    }
    void put(const OutboxRow& row) {
        const auto statement = outbox::insert_statement(
            {row.id, row.aggregate_id, row.aggregate_type, row.event_type, row.payload, row.created_at,
             row.traceparent}, outbox::Dialect::mariadb);
        if (!statement.has_value()) throw std::runtime_error(to_string(statement.error()));
        mariadb::Query query{statement->text, {statement->parameters.begin(), statement->parameters.end()}};
        const auto put = pool_->impl().run("test.put", query, mariadb::Effect::writes, MariadbDatabase::patience());
        if (!put.has_value()) throw std::runtime_error(to_string(put.error()));
    }
    std::unique_ptr<OutboxStore> open() { return mariadb::outbox_store(pool_); }
    void advance(std::chrono::milliseconds by) {
        mariadb_rows("UPDATE " + database_.name() + ".test_clock SET at = at + INTERVAL " + std::to_string(by.count() * 1000) + " MICROSECOND");
        now_ += by;
    }
    TimePoint now() const { return now_; }
    bool set_flags(const std::string&, bool, std::optional<TimePoint>) { return false; }

private:
    MariadbDatabase database_;
    std::shared_ptr<mariadb::Pool> pool_;
    TimePoint now_ = std::chrono::sys_days(std::chrono::year(2025) / 11 / 21);
};

}  // namespace ticketbottle::test
