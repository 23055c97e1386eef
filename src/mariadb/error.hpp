#pragma once
/// \file
/// Error numbers of MariaDB, of MySQL (which may stand behind a wrong address) and of Connector/C as Errc. Internal: not installed.
/// Source: MariaDB's list of error codes, MySQL 8.0's server error reference, errmsg.h of Connector/C 3.3.

#include <ticketbottle/core/result.hpp>

#include <span>
#include <string>
#include <string_view>

namespace ticketbottle::mariadb {

struct ErrorRow {
    unsigned number;
    std::string_view name;    ///< "ER_LOCK_DEADLOCK"
    std::string_view meaning; ///< In our words: the server's may hold values.
    Errc errc;                ///< Of a statement that the server refused, or that did not reach it.
};

/// In the order of their numbers.
[[nodiscard]] std::span<const ErrorRow> error_table() noexcept;
/// The number, else the class of its SQLSTATE (two characters), else internal.
[[nodiscard]] Errc errc_of(unsigned number, std::string_view sqlstate) noexcept;
/// "1213 ER_LOCK_DEADLOCK (40001): deadlock"; a number that is not in the table: "1054 (42S22)".
[[nodiscard]] std::string error_name(unsigned number, std::string_view sqlstate);
/// Was the connection lost while an answer was awaited, or did the commit itself fail, so that nobody knows what the server did?
[[nodiscard]] bool answer_lost(unsigned number) noexcept;
/// Does the client library's message say more than the number (refused, no such host, which certificate), and nothing that the server
/// chose or that somebody sent?
[[nodiscard]] bool message_helps(unsigned number) noexcept;
/// The session cannot serve any more, though the socket may stand: a fresh one may reach the new primary.
[[nodiscard]] bool ends_session(unsigned number) noexcept;
/// May a COMMIT be known to have done nothing by this number? Anything else leaves it open.
[[nodiscard]] bool commit_undone(unsigned number) noexcept;
/// The server does not know the prepared statement (any more), or wants it prepared again; it was not run.
[[nodiscard]] bool lost_statement(unsigned number) noexcept;
/// One line of UTF-8, at most 300 bytes.
[[nodiscard]] std::string one_line(std::string_view message);

}  // namespace ticketbottle::mariadb
