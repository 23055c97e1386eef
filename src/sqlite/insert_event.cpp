#include <ticketbottle/sqlite/sqlite.hpp>

#include "sqlite/error.hpp"

#include <sqlite3.h>

#include <memory>

namespace ticketbottle::sqlite {

namespace {

constexpr std::string_view operation = "sqlite.insert_event";

struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};

Error error_of(sqlite3* connection) {
    const int code = sqlite3_extended_errcode(connection);
    const char* const path = sqlite3_db_filename(connection, "main");
    return make_error(code, operation, sqlite3_errmsg(connection), path != nullptr && *path != '\0' ? path : "in memory");
}

}  // namespace

Result<std::string> insert_event(sqlite3* connection, const outbox::Event& event) {
    if (connection == nullptr) return fail(Errc::invalid_argument, operation, "no connection");
    const auto statement = outbox::insert_statement(event, outbox::Dialect::sqlite);
    if (!statement.has_value()) return statement.error();

    sqlite3_stmt* prepared = nullptr;
    if (sqlite3_prepare_v2(connection, statement->text.c_str(), -1, &prepared, nullptr) != SQLITE_OK) return error_of(connection);
    const std::unique_ptr<sqlite3_stmt, Finalize> owner(prepared);
    int place = 0;
    for (const std::string& value : statement->parameters) {
        // Static: the values outlive the statement.
        if (sqlite3_bind_text64(prepared, ++place, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8) != SQLITE_OK) {
            return error_of(connection);
        }
    }
    if (sqlite3_step(prepared) != SQLITE_DONE) return error_of(connection);
    return statement->id;
}

}  // namespace ticketbottle::sqlite
