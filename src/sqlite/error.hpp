#pragma once
/// \file
/// SQLite's result codes as Errc. Internal: not installed.

#include <ticketbottle/core/result.hpp>

#include <span>
#include <string>
#include <string_view>

struct sqlite3;

namespace ticketbottle::sqlite {

struct CodeRow {
    int code;               ///< Extended or primary result code.
    std::string_view name;  ///< "SQLITE_BUSY_SNAPSHOT".
    Errc errc;
};

/// The whole table; extended codes first, then the primary ones that stand for the rest of their class.
[[nodiscard]] std::span<const CodeRow> code_table() noexcept;
/// Exact code, then its class (code & 0xff), then internal.
[[nodiscard]] Errc errc_of(int code) noexcept;
/// "SQLITE_FULL", "SQLITE_IOERR (778)" where only the class has a name.
[[nodiscard]] std::string code_name(int code);
/// "SQLITE_FULL: database or disk is full (/var/lib/shop.db)". SQLite's messages name tables and columns, never values.
[[nodiscard]] Error make_error(int code, std::string_view operation, std::string_view message, std::string_view path);

}  // namespace ticketbottle::sqlite
