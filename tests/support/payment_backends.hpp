#pragma once
/// \file
/// The shipped payment stores as backends of the conformance suite, and a look into their outbox.

#include <ticketbottle/memory/database.hpp>
#include <ticketbottle/memory/manual_clock.hpp>
#include <ticketbottle/sqlite/sqlite.hpp>

#include "memory/state.hpp"
#include "support/temporary_folder.hpp"

#include <sqlite3.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace ticketbottle::test {

class MemoryPayments {
public:
    std::unique_ptr<PaymentStore> open() { return memory::Database::payment_store(database_); }
    std::vector<OutboxRow> outbox() {
        const std::scoped_lock lock(database_->state().mutex);
        std::vector<OutboxRow> rows;
        for (const auto& [sequence, record] : database_->state().outbox) rows.push_back(record.row);
        return rows;
    }
    memory::Database& database() { return *database_; }

private:
    memory::ManualClock clock_;
    std::shared_ptr<memory::Database> database_ = std::make_shared<memory::Database>(clock_);
};

/// Runs SQL on a connection of its own and gives each row's columns as text.
inline std::vector<std::vector<std::string>> sqlite_rows(const std::string& path, const std::string& sql) {
    sqlite3* handle = nullptr;
    std::vector<std::vector<std::string>> rows;
    std::string failure;
    if (sqlite3_open(path.c_str(), &handle) == SQLITE_OK) {
        sqlite3_busy_timeout(handle, 10'000);
        const auto collect = [](void* out, int count, char** values, char**) {
            std::vector<std::string> row;
            for (int i = 0; i < count; ++i) row.emplace_back(values[i] == nullptr ? "NULL" : values[i]);
            static_cast<std::vector<std::vector<std::string>>*>(out)->push_back(std::move(row));
            return 0;
        };
        if (sqlite3_exec(handle, sql.c_str(), collect, &rows, nullptr) != SQLITE_OK) failure = sqlite3_errmsg(handle);
    } else {
        failure = "cannot open " + path;
    }
    sqlite3_close(handle);
    if (!failure.empty()) throw std::runtime_error(failure);
    return rows;
}

inline std::vector<OutboxRow> sqlite_outbox(const std::string& path) {
    std::vector<OutboxRow> rows;
    for (const auto& columns : sqlite_rows(path,
                                           R"(SELECT "id", "aggregateId", "aggregateType", "eventType", "payload", "createdAt",
                                              "retryCount", coalesce("traceparent", '') FROM "outbox" ORDER BY "sequence")")) {
        OutboxRow row{columns[0], columns[1], columns[2], columns[3], columns[4],
                      TimePoint(std::chrono::milliseconds(std::stoll(columns[5]))), 0};
        row.attempts = static_cast<std::uint32_t>(std::stoul(columns[6]));
        row.traceparent = columns[7];
        rows.push_back(std::move(row));
    }
    return rows;
}

class SqlitePayments {
public:
    SqlitePayments() {
        options_.path = folder_ / "shop.db";
        options_.synchronous = sqlite::Synchronous::normal;  // what power loss does is not what these tests ask
    }
    std::unique_ptr<PaymentStore> open() {
        auto store = sqlite::open_payment_store(options_, Deadline::in(std::chrono::seconds(30)));
        if (!store.has_value()) throw std::runtime_error(to_string(store.error()));
        return std::move(*store);
    }
    std::vector<OutboxRow> outbox() { return sqlite_outbox(options_.path); }
    const std::string& path() const { return options_.path; }

private:
    TemporaryFolder folder_;
    sqlite::Options options_;
};

}  // namespace ticketbottle::test
