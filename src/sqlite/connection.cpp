#include "sqlite/connection.hpp"

#include "core/format.hpp"
#include "sqlite/error.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <new>
#include <thread>

namespace ticketbottle::sqlite {
namespace {

// Waits between tries for the lock. A commit takes from 50 us to some milliseconds, so the first tries come quickly.
constexpr std::array<std::chrono::microseconds, 7> busy_waits{
    std::chrono::microseconds(100),  std::chrono::microseconds(250),  std::chrono::microseconds(500), std::chrono::microseconds(1000),
    std::chrono::microseconds(2000), std::chrono::microseconds(3000), std::chrono::microseconds(5000)};

const Clock& system_clock() {
    static const SystemClock clock;
    return clock;
}

}  // namespace

Query::~Query() { rewind(); }

Query& Query::bind(std::string_view text) {
    if (code_ != SQLITE_OK) return *this;
    // A null pointer would bind NULL, so an empty view is bound by a pointer of our own.
    const char* const bytes = text.data() == nullptr ? "" : text.data();
    code_ = sqlite3_bind_text64(statement_, ++bound_, bytes, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    return *this;
}

Query& Query::bind(std::int64_t number) {
    if (code_ == SQLITE_OK) code_ = sqlite3_bind_int64(statement_, ++bound_, number);
    return *this;
}

Query& Query::bind_null() {
    if (code_ == SQLITE_OK) code_ = sqlite3_bind_null(statement_, ++bound_);
    return *this;
}

Result<bool> Query::step() {
    if (code_ != SQLITE_OK) return connection_.error(code_);
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    Error error = connection_.error(code);
    sqlite3_reset(statement_);
    return error;
}

Result<void> Query::run() {
    for (;;) {
        const Result<bool> row = step();
        if (!row.has_value()) return row.error();
        if (!*row) return {};
    }
}

void Query::rewind() noexcept {
    bound_ = 0;
    if (statement_ == nullptr) return;
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

bool Query::is_null(int column) const noexcept { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::string Query::text(int column) const {
    const bool expected = !is_null(column);
    const auto* const bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    if (bytes == nullptr) {
        if (expected) throw std::bad_alloc();  // the only way a value that is there has no text
        return {};
    }
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::int64_t Query::integer(int column) const noexcept { return sqlite3_column_int64(statement_, column); }

Connection::Connection(sqlite3* handle, const Options& options)
    : handle_(handle), clock_(options.clock != nullptr ? *options.clock : system_clock()), path_(options.path),
      read_only_(options.mode == OpenMode::read_only) {
    sqlite3_busy_handler(handle_, &Connection::on_busy, this);
    sqlite3_progress_handler(handle_, 1000, &Connection::on_progress, this);
}

Connection::~Connection() {
    for (const auto& [text, statement] : statements_) sqlite3_finalize(statement);
    sqlite3_close_v2(handle_);
}

int Connection::on_busy(void* self, int count) noexcept {
    const auto& connection = *static_cast<const Connection*>(self);
    if (connection.deadline_.expired()) return 0;
    const auto left = connection.deadline_.at() - Deadline::Clock::now();
    const auto place = std::min(static_cast<std::size_t>(std::max(count, 0)), busy_waits.size() - 1);
    std::this_thread::sleep_for(std::min<Deadline::Clock::duration>(busy_waits[place], left));
    return 1;
}

int Connection::on_progress(void* self) noexcept {
    const auto& connection = *static_cast<const Connection*>(self);
    return connection.interruptible_ && connection.deadline_.expired() ? 1 : 0;
}

Result<void> Connection::start(std::string_view operation, Deadline deadline) {
    operation_ = operation;
    deadline_ = deadline;
    if (deadline.expired()) return error(Errc::cancelled, "the deadline has passed");
    return {};
}

Result<void> Connection::start_write(std::string_view operation, Deadline deadline) {
    if (Result<void> started = start(operation, deadline); !started.has_value()) return started;
    if (read_only_) return error(Errc::unsupported, "the database was opened read-only");
    return {};
}

Query Connection::query(const char* sql) {
    sqlite3_stmt*& statement = statements_[sql];
    int code = SQLITE_OK;
    if (statement == nullptr) code = sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    return {*this, statement, code};
}

Result<void> Connection::execute(const char* sql) {
    const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return error(code);
    return {};
}

std::int64_t Connection::changes() const noexcept { return sqlite3_changes(handle_); }

Error Connection::error(int code) const { return make_error(code, operation_, sqlite3_errmsg(handle_), path_); }

Error Connection::error(Errc code, std::string_view what) const {
    return fail(code, operation_, formatted("{} ({})", what, path_));
}

Result<Transaction> Transaction::begin(Connection& connection, TransactionKind kind) {
    // A rollback that failed (the disk was failing too) would otherwise make every later call fail.
    if (sqlite3_get_autocommit(connection.handle_) == 0) {
        if (Result<void> cleared = connection.query("ROLLBACK").run(); !cleared.has_value()) return cleared.error();
    }
    const bool write = kind == TransactionKind::write;
    Result<void> begun = write ? connection.query("BEGIN IMMEDIATE").run() : connection.query("BEGIN").run();
    if (!begun.has_value()) return begun.error();
    return Transaction(connection);
}

Transaction::~Transaction() {
    // SQLite has rolled back by itself after some errors (disk full, I/O): then there is nothing left to do.
    if (connection_ == nullptr || sqlite3_get_autocommit(connection_->handle_) != 0) return;
    connection_->interruptible_ = false;
    (void)connection_->query("ROLLBACK").run();
    connection_->interruptible_ = true;
}

Result<void> Transaction::commit() {
    if (sqlite3_get_autocommit(connection_->handle_) != 0)
        return connection_->error(Errc::unavailable, "the transaction was rolled back by an earlier error");
    connection_->interruptible_ = false;  // from here on the deadline stops nothing: the answer would be unknown
    Query commit = connection_->query("COMMIT");
    const Result<bool> done = commit.step();
    connection_->interruptible_ = true;
    if (done.has_value()) return {};
    // A commit is in the log once its last frame is. When writing or syncing that frame failed, SQLite takes it back for the
    // processes that live, but a recovery after a crash may find the frame whole.
    const int code = sqlite3_extended_errcode(connection_->handle_);
    Error error = done.error();
    if ((code & 0xff) == SQLITE_IOERR)
        return connection_->error(Errc::outcome_unknown, formatted("commit: {}", error.detail_text()));
    return error;
}

}  // namespace ticketbottle::sqlite
