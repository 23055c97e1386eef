#include "mariadb/error.hpp"

#include "core/format.hpp"
#include "core/utf8.hpp"

#include <algorithm>
#include <array>

namespace ticketbottle::mariadb {
namespace {

// unavailable: not done, and may go another time (a lock, a deadlock, a full disk, a fail-over, a password under rotation). A right or a
// table that is missing will not come by itself. What arrived as data and does not fit is the caller's.
constexpr std::array<ErrorRow, 91> table{{
    {1020, "ER_CHECKREAD", "the row changed since it was read", Errc::unavailable},
    {1021, "ER_DISK_FULL", "the server's disk is full", Errc::unavailable},
    {1022, "ER_DUP_KEY", "a key is there already", Errc::conflict},
    {1023, "ER_ERROR_ON_CLOSE", "the server cannot write", Errc::unavailable},
    {1026, "ER_ERROR_ON_WRITE", "the server cannot write", Errc::unavailable},
    {1030, "ER_GET_ERRNO", "the storage engine failed", Errc::unavailable},
    {1036, "ER_OPEN_AS_READONLY", "the table is read only", Errc::unavailable},
    {1037, "ER_OUTOFMEMORY", "the server is out of memory", Errc::unavailable},
    {1038, "ER_OUT_OF_SORTMEMORY", "the server is out of memory to sort in", Errc::unavailable},
    {1040, "ER_CON_COUNT_ERROR", "too many connections", Errc::unavailable},
    {1041, "ER_OUT_OF_RESOURCES", "the server is out of memory", Errc::unavailable},
    {1042, "ER_BAD_HOST_ERROR", "the server cannot look up this host", Errc::unavailable},
    {1043, "ER_HANDSHAKE_ERROR", "bad handshake", Errc::unavailable},
    {1044, "ER_DBACCESS_DENIED_ERROR", "no right to this database", Errc::unsupported},
    {1045, "ER_ACCESS_DENIED_ERROR", "access denied: user, host or password", Errc::unavailable},
    {1046, "ER_NO_DB_ERROR", "no database chosen", Errc::internal},
    {1048, "ER_BAD_NULL_ERROR", "a column may not be NULL", Errc::invalid_argument},
    {1049, "ER_BAD_DB_ERROR", "unknown database", Errc::invalid_argument},
    {1053, "ER_SERVER_SHUTDOWN", "the server shuts down", Errc::unavailable},
    {1054, "ER_BAD_FIELD_ERROR", "unknown column", Errc::unsupported},
    {1062, "ER_DUP_ENTRY", "a key is there already", Errc::conflict},
    {1064, "ER_PARSE_ERROR", "the server does not understand the statement", Errc::internal},
    {1105, "ER_UNKNOWN_ERROR", "unknown error", Errc::internal},
    {1114, "ER_RECORD_FILE_FULL", "the table is full", Errc::unavailable},
    {1129, "ER_HOST_IS_BLOCKED", "this host is blocked after too many failed connections", Errc::unavailable},
    {1130, "ER_HOST_NOT_PRIVILEGED", "this host may not connect", Errc::unavailable},
    {1142, "ER_TABLEACCESS_DENIED_ERROR", "no right to a table", Errc::unsupported},
    {1143, "ER_COLUMNACCESS_DENIED_ERROR", "no right to a column", Errc::unsupported},
    {1146, "ER_NO_SUCH_TABLE", "no such table", Errc::unsupported},
    {1153, "ER_NET_PACKET_TOO_LARGE", "longer than the server's max_allowed_packet", Errc::invalid_argument},
    {1158, "ER_NET_READ_ERROR", "the server lost the connection", Errc::unavailable},
    {1159, "ER_NET_READ_INTERRUPTED", "the server waited too long for the client", Errc::unavailable},
    {1160, "ER_NET_ERROR_ON_WRITE", "the server lost the connection", Errc::unavailable},
    {1161, "ER_NET_WRITE_INTERRUPTED", "the server waited too long for the client", Errc::unavailable},
    {1180, "ER_ERROR_DURING_COMMIT", "error during commit", Errc::unavailable},
    {1203, "ER_TOO_MANY_USER_CONNECTIONS", "too many connections of this user", Errc::unavailable},
    {1205, "ER_LOCK_WAIT_TIMEOUT", "waited too long for a lock", Errc::unavailable},
    {1206, "ER_LOCK_TABLE_FULL", "the server has no room for more locks", Errc::unavailable},
    {1213, "ER_LOCK_DEADLOCK", "deadlock", Errc::unavailable},
    {1223, "ER_CANT_UPDATE_WITH_READLOCK", "the server holds a read lock", Errc::unavailable},
    {1226, "ER_USER_LIMIT_REACHED", "a limit of this user is reached", Errc::unavailable},
    {1227, "ER_SPECIFIC_ACCESS_DENIED_ERROR", "a right is missing", Errc::unsupported},
    {1243, "ER_UNKNOWN_STMT_HANDLER", "unknown prepared statement", Errc::unavailable},
    {1264, "ER_WARN_DATA_OUT_OF_RANGE", "a number does not fit its column", Errc::invalid_argument},
    {1265, "WARN_DATA_TRUNCATED", "a value does not fit its column", Errc::invalid_argument},
    {1290, "ER_OPTION_PREVENTS_STATEMENT", "the server is read only, or an option of it forbids this", Errc::unavailable},
    {1292, "ER_TRUNCATED_WRONG_VALUE", "a value is none of its column's type", Errc::invalid_argument},
    {1301, "ER_WARN_ALLOWED_PACKET_OVERFLOWED", "longer than the server's max_allowed_packet", Errc::invalid_argument},
    {1305, "ER_SP_DOES_NOT_EXIST", "no such function", Errc::unsupported},
    {1317, "ER_QUERY_INTERRUPTED", "the statement was interrupted", Errc::unavailable},
    {1366, "ER_TRUNCATED_WRONG_VALUE_FOR_FIELD", "a text does not fit its column's character set", Errc::invalid_argument},
    {1370, "ER_PROCACCESS_DENIED_ERROR", "no right to a procedure", Errc::unsupported},
    {1396, "ER_CANNOT_USER", "the account cannot be used", Errc::unavailable},
    {1406, "ER_DATA_TOO_LONG", "longer than its column", Errc::invalid_argument},
    {1412, "ER_TABLE_DEF_CHANGED", "a table was just changed", Errc::unavailable},
    {1451, "ER_ROW_IS_REFERENCED_2", "another table refers to the row", Errc::conflict},
    {1452, "ER_NO_REFERENCED_ROW_2", "the row refers to one that is not there", Errc::invalid_argument},
    {1461, "ER_MAX_PREPARED_STMT_COUNT_REACHED", "the server has no room for more prepared statements", Errc::unavailable},
    {1467, "ER_AUTOINC_READ_FAILED", "no further number to draw", Errc::unavailable},
    {1524, "ER_PLUGIN_IS_NOT_LOADED", "a plugin is missing on the server", Errc::unsupported},
    {1568, "ER_CANT_CHANGE_TX_CHARACTERISTICS", "a transaction is open", Errc::internal},
    {1615, "ER_NEED_REPREPARE", "the statement must be prepared again", Errc::unavailable},
    {1665, "ER_BINLOG_STMT_MODE_AND_ROW_ENGINE", "binlog_format=STATEMENT does not go with READ COMMITTED: use MIXED or ROW",
     Errc::unsupported},
    {1792, "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION", "the session is read only", Errc::unavailable},
    {1836, "ER_READ_ONLY_MODE", "the server is read only", Errc::unavailable},
    {1862, "ER_MUST_CHANGE_PASSWORD_LOGIN", "the password has expired", Errc::unavailable},
    {1877, "ER_TABLE_CORRUPT", "a table is corrupt", Errc::internal},
    {1927, "ER_CONNECTION_KILLED", "the connection was killed", Errc::unavailable},
    {1969, "ER_STATEMENT_TIMEOUT", "the server's max_statement_time ended the statement", Errc::unavailable},
    {2002, "CR_CONNECTION_ERROR", "cannot connect", Errc::unavailable},
    {2003, "CR_CONN_HOST_ERROR", "cannot connect", Errc::unavailable},
    {2005, "CR_UNKNOWN_HOST", "unknown host", Errc::unavailable},
    {2006, "CR_SERVER_GONE_ERROR", "the connection was gone before the statement was sent", Errc::unavailable},
    {2008, "CR_OUT_OF_MEMORY", "the client is out of memory", Errc::unavailable},
    {2012, "CR_SERVER_HANDSHAKE_ERR", "bad handshake", Errc::unavailable},
    {2013, "CR_SERVER_LOST", "the connection was lost", Errc::unavailable},
    {2020, "CR_NET_PACKET_TOO_LARGE", "a row is longer than 32 MiB", Errc::malformed},
    {2026, "CR_SSL_CONNECTION_ERROR", "TLS", Errc::unavailable},
    {2027, "CR_MALFORMED_PACKET", "what came is not MariaDB's protocol", Errc::unavailable},
    {2055, "CR_SERVER_LOST_EXTENDED", "the connection was lost", Errc::unavailable},
    {2057, "CR_NEW_STMT_METADATA", "a table was just changed", Errc::unavailable},
    {2059, "CR_AUTH_PLUGIN_CANNOT_LOAD", "the server asks for authentication that is not known here", Errc::unsupported},
    {2061, "CR_AUTH_PLUGIN_ERR", "authentication failed", Errc::unavailable},
    {3024, "ER_QUERY_TIMEOUT", "the server's max_execution_time ended the statement", Errc::unavailable},
    {3100, "ER_RUN_HOOK_ERROR", "the cluster refused the transaction", Errc::unavailable},
    {3101, "ER_TRANSACTION_ROLLBACK_DURING_COMMIT", "the cluster refused the transaction", Errc::unavailable},
    {3159, "ER_SECURE_TRANSPORT_REQUIRED", "the server takes encrypted connections only", Errc::unavailable},
    {4025, "ER_CONSTRAINT_FAILED", "a constraint does not allow it", Errc::invalid_argument},
    {4031, "ER_CLIENT_INTERACTION_TIMEOUT", "the server closed an idle connection", Errc::unavailable},
    {5010, "CR_PLUGIN_NOT_ALLOWED", "the server asks for the password in the clear, or for authentication that is not allowed here",
     Errc::unsupported},
    {5013, "CR_ERR_NET_READ", "the connection was lost", Errc::unavailable},
}};
static_assert(std::ranges::is_sorted(table, {}, &ErrorRow::number));

struct ClassRow {
    std::string_view sqlstate;
    Errc errc;
};
constexpr std::array<ClassRow, 7> classes{{
    {"08", Errc::unavailable},
    {"22", Errc::invalid_argument},
    {"23", Errc::invalid_argument},
    {"28", Errc::unavailable},
    {"40", Errc::unavailable},
    {"70", Errc::unavailable},  // 70100: interrupted
    {"XA", Errc::unavailable},
}};

const ErrorRow* find(unsigned number) noexcept {
    const auto* const row = std::ranges::lower_bound(table, number, {}, &ErrorRow::number);
    return row == table.end() || row->number != number ? nullptr : row;
}

constexpr bool is_one_of(unsigned number, std::initializer_list<unsigned> numbers) {
    return std::ranges::find(numbers, number) != numbers.end();
}

}  // namespace

std::span<const ErrorRow> error_table() noexcept { return table; }

Errc errc_of(unsigned number, std::string_view sqlstate) noexcept {
    if (const ErrorRow* row = find(number)) return row->errc;
    const auto* const row = std::ranges::find(classes, sqlstate.substr(0, 2), &ClassRow::sqlstate);
    return row == classes.end() ? Errc::internal : row->errc;
}

std::string error_name(unsigned number, std::string_view sqlstate) {
    const ErrorRow* row = find(number);
    if (row == nullptr) return formatted("{} ({})", number, sqlstate);
    return formatted("{} {} ({}): {}", number, row->name, sqlstate, row->meaning);
}

// Connector/C says 2006 where it could not send all of a command, and the server does nothing with half of one.
bool answer_lost(unsigned number) noexcept { return is_one_of(number, {0, 1180, 2013, 2055, 2027, 2020, 5013}); }

bool message_helps(unsigned number) noexcept { return is_one_of(number, {2002, 2003, 2005, 2006, 2013, 2026, 5013}); }

bool ends_session(unsigned number) noexcept {
    const bool from_client = (number >= 2000 && number < 3000) || (number >= 5000 && number < 6000);
    return from_client || is_one_of(number, {1053, 1158, 1159, 1160, 1161, 1290, 1792, 1836, 1927, 4031});
}

bool commit_undone(unsigned number) noexcept { return is_one_of(number, {1205, 1213, 2006, 3100, 3101}); }

bool lost_statement(unsigned number) noexcept { return number == 1243 || number == 1615; }

std::string one_line(std::string_view message) {
    const bool text = utf8::valid(message);
    std::string line;
    for (const char c : message.substr(0, 400)) {
        const bool space = static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
        if (!space) {
            line += text || static_cast<unsigned char>(c) < 0x80 ? c : '?';
        } else if (!line.empty() && line.back() != ' ') {
            line += ' ';
        }
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    line.resize(utf8::prefix(line, 300).size());
    return line;
}

}  // namespace ticketbottle::mariadb
