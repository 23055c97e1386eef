// Opening: what the file is, whether it is whole, whose it is, and its schema.
#include "core/format.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/error.hpp"
#include "sqlite/schema.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <thread>

namespace ticketbottle::sqlite {
namespace {

/// Up to here a file is checked page by page at opening; a larger one only where it is read. Ours: reading 64 MiB takes
/// a tenth of a second.
constexpr std::uintmax_t checked_bytes_max = 64U * 1024 * 1024;
/// The log is cut to this after a checkpoint, so that one burst does not keep its space for ever.
constexpr const char* settings = R"(
    PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864; PRAGMA cell_size_check = ON)";

/// SQLite would make the file readable by all, as far as the umask lets it; its log and shared memory take the file's mode.
/// By mknod, which opens nothing. Any other reason why it cannot be made, SQLite meets and names itself.
Result<void> make_private_file(const std::string& path) {
    if (::mknod(path.c_str(), S_IFREG | S_IRUSR | S_IWUSR, 0) != 0 && errno == EPERM)
        return fail(Errc::unsupported, "sqlite.open", path + ": this file system cannot make a file for its owner alone");
    return {};
}

/// What can be said of a path without opening it. Opening and closing the file here would drop the locks that other
/// connections of this process hold on it (POSIX).
Result<void> check_path(const Options& options) {
    namespace fs = std::filesystem;
    constexpr std::string_view operation = "sqlite.open";
    const std::string& path = options.path;
    if (path.empty() || path == ":memory:" || path.find('\0') != std::string::npos)
        return fail(Errc::invalid_argument, operation, "the path must name a file");
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (fs::is_directory(status)) return fail(Errc::invalid_argument, operation, path + " is a directory");
    if (fs::exists(status)) {
        if (!fs::is_regular_file(status)) return fail(Errc::invalid_argument, operation, path + " is not a regular file");
        return {};
    }
    if (options.mode != OpenMode::create) return fail(Errc::invalid_argument, operation, path + " does not exist");
    const fs::path folder = fs::absolute(path, error).parent_path();
    if (!fs::is_directory(folder, error))
        return fail(Errc::invalid_argument, operation, formatted("{}: its folder does not exist", path));
    return make_private_file(path);
}

int open_flags(OpenMode mode) {
    constexpr int common = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
    switch (mode) {
        case OpenMode::create:
            return common | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        case OpenMode::existing:
            return common | SQLITE_OPEN_READWRITE;
        case OpenMode::read_only:
            break;
    }
    return common | SQLITE_OPEN_READONLY;
}

/// Every column the stores use: a table of that name with other columns is not ours.
constexpr const char* probe = R"(
    SELECT "id", "orderCode", "amountCents", "currency", "provider", "providerTransactionId", "idempotencyKey", "redirectUrl",
           "paymentUrl", "status", "metadata", "createdAt", "updatedAt", "completedAt", "failedAt", "cancelledAt"
      FROM "payments" LIMIT 0;
    SELECT "sequence", "gateway", "dedupKey", "paymentId", "transactionId", "chargeId", "status", "amount", "currency", "outcome",
           "refusal", "raised", "receivedAt" FROM "payment_inbox" LIMIT 0;
    SELECT "sequence", "id", "aggregateId", "aggregateType", "eventType", "payload", "published", "publishedAt", "createdAt",
           "retryCount", "lastError", "nextAttemptAt", "deadAt", "traceparent" FROM "outbox" LIMIT 0;
    SELECT "id", "owner", "epoch", "expiresAt" FROM "relay_lease" LIMIT 0)";

/// A file that cannot be read as a database is the wrong path, not damage of ours: until the first page is known.
bool is_wrong_file(const sqlite3* handle, const Error& error) {
    return error.code == Errc::internal && (sqlite3_extended_errcode(const_cast<sqlite3*>(handle)) & 0xff) == SQLITE_NOTADB;
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const Options& options, Deadline deadline) {
    constexpr std::string_view operation = "sqlite.open";
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    if (Result<void> path = check_path(options); !path.has_value()) return path.error();
    // "file:" would be read as a URI where SQLite is built that way.
    const std::string name = options.path.starts_with("file:") ? "./" + options.path : options.path;
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(name.c_str(), &handle, open_flags(options.mode), nullptr);
    if (handle == nullptr) throw std::bad_alloc();
    std::unique_ptr<Connection> connection(new Connection(handle, options));  // owns the handle from here, error or not
    if (code != SQLITE_OK) return connection->error(code);
    if (Result<void> started = connection->start(operation, deadline); !started.has_value()) return started.error();
    if (Result<void> ready = connection->set_up(options); !ready.has_value()) {
        if (is_wrong_file(handle, ready.error())) return connection->error(Errc::invalid_argument, "not a SQLite database");
        return ready.error();
    }
    return connection;
}

Result<void> Connection::set_up(const Options& options) {
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    if (!read_only_ && sqlite3_db_readonly(handle_, "main") == 1)
        return error(Errc::unsupported, "the file cannot be written: open it read-only");
    if (Result<void> set = execute(settings); !set.has_value()) return set;
    const bool full = options.synchronous == Synchronous::full;
    if (Result<void> set = execute(full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"); !set.has_value()) return set;
    // Whose file it is comes first: a stranger's is left as it is, its journal mode too.
    if (Result<void> ours = check_owner_and_schema(options.mode); !ours.has_value()) return ours;
    return check_intact();
}

// Not kept among the statements: a pragma prepared before the schema changed would answer from before.
Result<std::string> Connection::first_text(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v2(handle_, sql, -1, &statement, nullptr);
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> owner(statement, &sqlite3_finalize);
    Query once(*this, statement, code);
    const Result<bool> row = once.step();
    if (!row.has_value()) return row.error();
    return *row ? once.text(0) : std::string();
}

Result<std::int64_t> Connection::first_number(const char* sql) {
    const Result<std::string> text = first_text(sql);
    if (!text.has_value()) return text.error();
    std::int64_t number = 0;
    std::from_chars(text->data(), text->data() + text->size(), number);
    return number;
}

Result<void> Connection::enter_wal() {
    for (;;) {
        const Result<std::string> mode = first_text("PRAGMA journal_mode");
        if (!mode.has_value()) return mode.error();
        if (*mode == "wal") return {};
        // The change needs the file to itself for a moment, and SQLite does not always ask the busy handler for it.
        const Result<std::string> entered = first_text("PRAGMA journal_mode = WAL");
        if (entered.has_value() && *entered == "wal") return {};
        if (entered.has_value()) return error(Errc::unsupported, "this file system cannot hold a write-ahead log");
        if ((sqlite3_extended_errcode(handle_) & 0xff) != SQLITE_BUSY || deadline_.expired()) return entered.error();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

Result<void> Connection::check_intact() {
    std::error_code ignored;
    const std::uintmax_t bytes = std::filesystem::file_size(path_, ignored);
    if (ignored || bytes > checked_bytes_max) return {};
    const Result<std::string> found = first_text("PRAGMA quick_check(1)");
    if (!found.has_value()) return found.error();
    if (*found != "ok") return error(Errc::internal, "the database file is damaged (PRAGMA quick_check)");
    return {};
}

Result<void> Connection::check_owner_and_schema(OpenMode mode) {
    const Result<std::int64_t> owner = first_number("PRAGMA application_id");
    if (!owner.has_value()) return owner.error();
    if (*owner != 0 && *owner != application_id)
        return error(Errc::invalid_argument, formatted("the database belongs to another program (application_id {})", *owner));
    const Result<std::int64_t> version = first_number("PRAGMA user_version");
    if (!version.has_value()) return version.error();
    const bool ours = *owner == application_id;
    if (ours && *version > schema_version) {
        return error(Errc::invalid_argument,
                     formatted("the schema is version {}, newer than this library's {}", *version, schema_version));
    }
    if (mode == OpenMode::create) {
        if (Result<void> wal = enter_wal(); !wal.has_value()) return wal;
        if (!ours || *version < schema_version) {
            if (Result<void> made = make_schema(); !made.has_value()) return made;
        }
    } else if (ours && *version < schema_version) {
        return error(Errc::invalid_argument, formatted("the schema is version {}, older than this library's {}: open it to create once",
                                                       *version, schema_version));
    }
    const Result<void> tables = execute(probe);
    if (!tables.has_value()) {
        if ((sqlite3_extended_errcode(handle_) & 0xff) != SQLITE_ERROR) return tables;
        return error(Errc::invalid_argument, formatted("the tables are missing or not ours: {}", sqlite3_errmsg(handle_)));
    }
    // In a host's own file the journal mode is the host's affair unless we were asked to make the tables.
    return mode == OpenMode::existing && ours ? enter_wal() : Result<void>();
}

Result<void> Connection::make_schema() {
    // Two processes may be here at once: the second finds everything made once it has the lock.
    Result<Transaction> transaction = Transaction::begin(*this);
    if (!transaction.has_value()) return transaction.error();
    const Result<std::int64_t> tables = first_number("SELECT count(*) FROM sqlite_schema");
    if (!tables.has_value()) return tables.error();
    const Result<std::int64_t> owner = first_number("PRAGMA application_id");
    if (!owner.has_value()) return owner.error();
    if (Result<void> made = execute(schema()); !made.has_value()) return made;
    constexpr const char* known = "SELECT count(*) FROM pragma_table_info('outbox') WHERE name IN ('nextAttemptAt', 'deadAt', 'traceparent')";
    const Result<std::int64_t> columns = first_number(known);
    if (!columns.has_value()) return columns.error();
    if (*columns == 2) {  // ours, of version 1
        if (Result<void> added = execute(R"(ALTER TABLE "outbox" ADD COLUMN "traceparent" TEXT)"); !added.has_value()) return added;
    }
    // A file with tables of a host's own keeps the host's marks: its user_version counts the host's migrations.
    if (*tables == 0 || *owner == application_id) {
        static_assert(application_id == 0x546b4274 && schema_version == 2, "say the new numbers in the statement below");
        if (Result<void> marked = execute("PRAGMA application_id = 1416315508; PRAGMA user_version = 2"); !marked.has_value()) return marked;
    }
    return transaction->commit();
}

}  // namespace ticketbottle::sqlite
