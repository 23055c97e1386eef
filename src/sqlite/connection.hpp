#pragma once
/// \file
/// One connection to one database file: deadlines, prepared statements, transactions, errors as values.
/// Internal: not installed. Threads: one call at a time. Not to be carried over a fork.
///
/// A port's call goes like this:
///     if (auto started = connection.start("payment.find", deadline); !started.has_value()) return started.error();
///     Query query = connection.query(R"(SELECT ... WHERE "id" = ?1)");
///     query.bind(id);
///     auto row = query.step();            // Result<bool>: is there a row? Errors of preparing and binding come here too.
///     if (!row.has_value()) return row.error();
///     if (*row) use(query.text(0));
/// and one that writes puts `Transaction::begin(connection)` before and `transaction.commit()` after.

#include <ticketbottle/sqlite/sqlite.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3_stmt;

namespace ticketbottle::sqlite {

class Connection;

/// One run of a prepared statement. Gives the statement back at its end. Not two at once of one SQL text.
class Query {
public:
    Query(Connection& connection, sqlite3_stmt* statement, int code)
        : connection_(connection), statement_(statement), code_(code) {}
    ~Query();
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    /// Binds the next parameter: ?1, then ?2, ... Copies text.
    Query& bind(std::string_view text);
    Query& bind(std::int64_t number);
    Query& bind(TimePoint time) { return bind(static_cast<std::int64_t>(time.time_since_epoch().count())); }
    Query& bind(std::optional<TimePoint> time) { return time ? bind(*time) : bind_null(); }
    Query& bind_null();
    /// NULL for "".
    Query& bind_or_null(std::string_view text) { return text.empty() ? bind_null() : bind(text); }

    /// True: a row is there to be read. False: done.
    [[nodiscard]] Result<bool> step();
    /// Runs to the end, for a statement without rows.
    [[nodiscard]] Result<void> run();
    /// Ready to bind and run again.
    void rewind() noexcept;

    /// Columns of the present row, from 0. NULL reads as "", 0 and 1970.
    [[nodiscard]] bool is_null(int column) const noexcept;
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] std::int64_t integer(int column) const noexcept;
    [[nodiscard]] TimePoint time(int column) const noexcept { return TimePoint(std::chrono::milliseconds(integer(column))); }
    [[nodiscard]] std::optional<TimePoint> optional_time(int column) const noexcept {
        return is_null(column) ? std::nullopt : std::optional(time(column));
    }

private:
    Connection& connection_;
    sqlite3_stmt* statement_;
    int code_;  ///< The first thing that went wrong; told by step().
    int bound_ = 0;
};

class Connection {
public:
    /// Opens and checks the file as sqlite.hpp says, makes or upgrades the schema as options.mode says.
    [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const Options& options, Deadline deadline);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Begins a port's call: errors name `operation` (a literal), waits and work end by `deadline`.
    /// Errors: cancelled (it has passed already; nothing done).
    [[nodiscard]] Result<void> start(std::string_view operation, Deadline deadline);
    /// As start, for a call that writes. Errors also: unsupported (opened read-only).
    [[nodiscard]] Result<void> start_write(std::string_view operation, Deadline deadline);

    /// \param sql  A string literal: statements are kept by its address.
    [[nodiscard]] Query query(const char* sql);
    /// One or more statements without parameters, result rows dropped. Not kept.
    [[nodiscard]] Result<void> execute(const char* sql);
    /// Rows the last INSERT, UPDATE or DELETE changed.
    [[nodiscard]] std::int64_t changes() const noexcept;

    /// The store's clock.
    [[nodiscard]] TimePoint now() const { return clock_.now(); }
    [[nodiscard]] sqlite3* handle() const noexcept { return handle_; }
    [[nodiscard]] std::string_view operation() const noexcept { return operation_; }
    /// An error of this call, from a result code SQLite gave.
    [[nodiscard]] Error error(int code) const;
    [[nodiscard]] Error error(Errc code, std::string_view what) const;

private:
    friend class Transaction;
    Connection(sqlite3* handle, const Options& options);
    [[nodiscard]] Result<void> set_up(const Options& options);
    [[nodiscard]] Result<void> enter_wal();
    [[nodiscard]] Result<void> check_intact();
    [[nodiscard]] Result<void> check_owner_and_schema(OpenMode mode);
    [[nodiscard]] Result<void> make_schema();
    [[nodiscard]] Result<std::string> first_text(const char* sql);
    [[nodiscard]] Result<std::int64_t> first_number(const char* sql);
    static int on_busy(void* self, int count) noexcept;
    static int on_progress(void* self) noexcept;

    sqlite3* handle_;
    const Clock& clock_;
    std::string path_;
    bool read_only_;
    std::string_view operation_ = "sqlite.open";
    Deadline deadline_ = Deadline::never();
    bool interruptible_ = true;
    std::unordered_map<const void*, sqlite3_stmt*> statements_;
};

enum class TransactionKind : std::uint8_t {
    write,  ///< BEGIN IMMEDIATE: the write lock from the start, so what was read cannot change before it is written.
    read,   ///< One snapshot for several SELECTs.
};

/// Rolls back unless committed.
class Transaction {
public:
    [[nodiscard]] static Result<Transaction> begin(Connection& connection, TransactionKind kind = TransactionKind::write);
    ~Transaction();
    Transaction(Transaction&& other) noexcept : connection_(other.connection_) { other.connection_ = nullptr; }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    Transaction& operator=(Transaction&&) = delete;

    /// Errors: outcome_unknown when the log could not be written or synced to its end: the commit may be there after a crash.
    /// Any other error: rolled back, not done.
    [[nodiscard]] Result<void> commit();

private:
    explicit Transaction(Connection& connection) : connection_(&connection) {}
    Connection* connection_;
};

}  // namespace ticketbottle::sqlite
