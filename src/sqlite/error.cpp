#include "sqlite/error.hpp"

#include "core/format.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>

namespace ticketbottle::sqlite {
namespace {

#define TKB_CODE(name, errc) CodeRow{name, #name, Errc::errc}
// Read-only for a passing reason (recovery under way, lock or shared memory not to be had) is worth a retry; a file that
// cannot be written is not. A failing disk's checksum is damage, any other I/O error may pass.
constexpr std::array table{
    TKB_CODE(SQLITE_CONSTRAINT_UNIQUE, conflict),
    TKB_CODE(SQLITE_CONSTRAINT_PRIMARYKEY, conflict),
    TKB_CODE(SQLITE_CONSTRAINT_ROWID, conflict),
    TKB_CODE(SQLITE_READONLY_RECOVERY, unavailable),
    TKB_CODE(SQLITE_READONLY_CANTLOCK, unavailable),
    TKB_CODE(SQLITE_READONLY_CANTINIT, unavailable),
    TKB_CODE(SQLITE_READONLY_DBMOVED, unavailable),
    TKB_CODE(SQLITE_IOERR_CORRUPTFS, internal),
    TKB_CODE(SQLITE_IOERR_DATA, internal),
    TKB_CODE(SQLITE_CANTOPEN_ISDIR, invalid_argument),
    TKB_CODE(SQLITE_ERROR_RETRY, unavailable),
    TKB_CODE(SQLITE_ERROR_SNAPSHOT, unavailable),
    TKB_CODE(SQLITE_ERROR, internal),
    TKB_CODE(SQLITE_INTERNAL, internal),
    TKB_CODE(SQLITE_PERM, unsupported),
    TKB_CODE(SQLITE_ABORT, unavailable),
    TKB_CODE(SQLITE_BUSY, unavailable),
    TKB_CODE(SQLITE_LOCKED, unavailable),
    TKB_CODE(SQLITE_NOMEM, unavailable),
    TKB_CODE(SQLITE_READONLY, unsupported),
    TKB_CODE(SQLITE_INTERRUPT, cancelled),
    TKB_CODE(SQLITE_IOERR, unavailable),
    TKB_CODE(SQLITE_CORRUPT, internal),
    TKB_CODE(SQLITE_FULL, unavailable),
    TKB_CODE(SQLITE_CANTOPEN, unavailable),
    TKB_CODE(SQLITE_PROTOCOL, unavailable),
    TKB_CODE(SQLITE_SCHEMA, unavailable),
    TKB_CODE(SQLITE_TOOBIG, invalid_argument),
    TKB_CODE(SQLITE_CONSTRAINT, internal),
    TKB_CODE(SQLITE_MISMATCH, internal),
    TKB_CODE(SQLITE_MISUSE, internal),
    TKB_CODE(SQLITE_NOLFS, unavailable),
    TKB_CODE(SQLITE_AUTH, unsupported),
    TKB_CODE(SQLITE_RANGE, internal),
    TKB_CODE(SQLITE_NOTADB, internal),
};
#undef TKB_CODE

const CodeRow* find(int code) noexcept {
    const auto* const row = std::ranges::find(table, code, &CodeRow::code);
    return row == table.end() ? nullptr : row;
}

constexpr int primary(int code) noexcept { return code & 0xff; }

}  // namespace

std::span<const CodeRow> code_table() noexcept { return table; }

Errc errc_of(int code) noexcept {
    const CodeRow* row = find(code);
    if (row == nullptr) row = find(primary(code));
    return row == nullptr ? Errc::internal : row->errc;
}

std::string code_name(int code) {
    if (const CodeRow* row = find(code)) return std::string(row->name);
    if (const CodeRow* row = find(primary(code))) return formatted("{} ({})", row->name, code);
    return formatted("SQLite result {}", code);
}

Error make_error(int code, std::string_view operation, std::string_view message, std::string_view path) {
    return fail(errc_of(code), operation, formatted("{}: {} ({})", code_name(code), message, path));
}

}  // namespace ticketbottle::sqlite
