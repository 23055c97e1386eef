#pragma once
/// \file
/// One connection by Connector/C's non-blocking calls: no call waits past its deadline, or past a stop. Internal: not installed.

#include <ticketbottle/mariadb/mariadb.hpp>

#include <mysql.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ticketbottle::mariadb {

/// NULL, a text (bytes, sent as they are), or an integer. What is compared with an integer column goes as one: compared with a text
/// the server may go by doubles. A DECIMAL goes as text.
using Parameter = std::variant<std::monostate, std::string, std::int64_t>;

/// Points to the parameter's bytes.
[[nodiscard]] MYSQL_BIND bound(const Parameter& parameter);

/// "2025-11-21 08:00:00.000": a DATETIME(3)'s text, UTC.
[[nodiscard]] std::string datetime_text(TimePoint time);

struct Query {
    /// What to do with an answer that is longer than bytes_max.
    enum class Overflow : std::uint8_t {
        fail,  ///< malformed, and the connection is given up.
        cut,   ///< The row that passes it is the last; Rows::cut() tells whether more were left out.
    };
    std::string_view text;  ///< One statement with ? for parameters; prepared at its first use on a connection and kept.
    std::vector<Parameter> parameters;
    std::size_t bytes_max = 64 * 1024 * 1024;
    Overflow overflow = Overflow::fail;
    bool counted = true;      ///< Are matched() and insert_id() looked at? Among statements together they cost something.
    std::string column = {};  ///< "tickets.sold_quantity of 17": what a value that does not fit is told by, if it is known whose it was.
    /// Of run_and_commit: an UPDATE that must find so many rows, and must not set LAST_INSERT_ID to 0, or nothing is committed.
    std::optional<std::int64_t> must_find = {};
};

/// What came back for one query, each value as text: integers and DECIMALs exactly as the server has them.
/// Times are best selected as milliseconds since 1970: TKB_MS in sql.hpp.
class Rows {
public:
    [[nodiscard]] std::size_t size() const noexcept { return columns_ == 0 ? 0 : cells_.size() / columns_; }
    [[nodiscard]] bool is_null(std::size_t row, std::size_t column) const { return cell(row, column).is_null; }
    [[nodiscard]] std::string_view view(std::size_t row, std::size_t column) const {
        return std::string_view(bytes_).substr(cell(row, column).at, cell(row, column).length);
    }
    [[nodiscard]] std::string text(std::size_t row, std::size_t column) const { return std::string(view(row, column)); }
    /// 0 for NULL, and for what is no integer.
    [[nodiscard]] std::int64_t integer(std::size_t row, std::size_t column) const;
    [[nodiscard]] bool flag(std::size_t row, std::size_t column) const { return integer(row, column) != 0; }
    [[nodiscard]] TimePoint time(std::size_t row, std::size_t column) const {
        return TimePoint(std::chrono::milliseconds(integer(row, column)));
    }
    [[nodiscard]] std::optional<TimePoint> optional_time(std::size_t row, std::size_t column) const {
        return is_null(row, column) ? std::nullopt : std::optional(time(row, column));
    }
    /// Rows that an UPDATE or DELETE found (changed or not: CLIENT_FOUND_ROWS), or an INSERT put. Of INSERT ... ON DUPLICATE KEY
    /// UPDATE: 1 put, or there and the same already; 2 changed.
    [[nodiscard]] std::uint64_t matched() const noexcept { return matched_; }
    /// The AUTO_INCREMENT drawn, or what LAST_INSERT_ID(x) was given in the statement.
    [[nodiscard]] std::uint64_t insert_id() const noexcept { return insert_id_; }
    /// Were rows left out for bytes_max?
    [[nodiscard]] bool cut() const noexcept { return cut_; }

private:
    friend class Connection;
    struct Cell {
        std::size_t at = 0;
        std::size_t length = 0;
        bool is_null = false;
    };
    [[nodiscard]] const Cell& cell(std::size_t row, std::size_t column) const { return cells_.at(row * columns_ + column); }

    std::size_t columns_ = 0;
    std::string bytes_;  ///< Of all values, one after the other.
    std::vector<Cell> cells_;
    std::uint64_t matched_ = 0;
    std::uint64_t insert_id_ = 0;
    bool cut_ = false;
};

/// Does an answer that is lost leave the outcome open? Within a transaction it does not: what was not committed is rolled back.
enum class Effect : std::uint8_t { reads, writes };

/// How several statements go to the server.
enum class Trip : std::uint8_t {
    together,  ///< In one round trip; an error does not say whose it is.
    each,
};

class Connection {
public:
    /// Errors: unavailable, with the reason; cancelled; unsupported (a server that is too old or is not MariaDB, authentication that
    /// is not allowed).
    [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const Options& options, Deadline deadline);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Errors: numbers by error.hpp. A connection that is lost before the statement was sent: unavailable; after it: unavailable for
    /// reads, outcome_unknown for writes. Cut off by the deadline: cancelled for reads, outcome_unknown for writes; the connection is
    /// closed then, and the server gives up what still runs there (a wait for a lock after 5 s at most).
    [[nodiscard]] Result<Rows> run(std::string_view operation, const Query& query, Effect effect, Deadline deadline);
    /// Statements of one transaction, which begins with the first of them unless it has begun; the first error ends them.
    /// Together they are one prepared compound statement: the same statements in the same order, each with a snapshot of its own.
    /// Those that give rows begin with SELECT. Answers: one for each, in their order; insert_id() is told of statements that give
    /// LAST_INSERT_ID a value and found a row. After an error: rollback().
    [[nodiscard]] Result<std::vector<Rows>> run_all(std::string_view operation, const std::vector<Query>& queries, Trip trip,
                                                    Deadline deadline);
    /// The last statements of the transaction that has begun, none of which gives rows, and its COMMIT if each of them
    /// found what it must, in one round trip. False: one did not; the transaction is open, and has what the statements wrote.
    /// Errors: also outcome_unknown, unless it is certain that nothing was done. After an error: rollback().
    [[nodiscard]] Result<bool> run_and_commit(std::string_view operation, const std::vector<Query>& queries, Deadline deadline);
    /// A statement without parameters and rows, not prepared: DDL.
    [[nodiscard]] Result<void> execute(std::string_view operation, std::string_view text, Effect effect, Deadline deadline);

    [[nodiscard]] Result<void> begin(std::string_view operation, Deadline deadline);
    /// Errors also: outcome_unknown, unless it is certain that nothing was done.
    [[nodiscard]] Result<void> commit(std::string_view operation, Deadline deadline);
    /// Without an answer in time the connection is given up, which rolls back as well.
    void rollback();

    /// Can it serve another call? Looks at the socket, without waiting.
    [[nodiscard]] bool usable() const;
    /// "MariaDB 10.11.19", "MySQL 8.0.36".
    [[nodiscard]] std::string server() const;
    /// The number of the last failure.
    [[nodiscard]] unsigned last_error() const noexcept { return last_error_; }
    /// Is it lost? No other call can be served.
    [[nodiscard]] bool lost() const noexcept { return broken_; }

private:
    struct CloseStatement {
        void operator()(MYSQL_STMT* statement) const;
    };
    struct Prepared {
        std::unique_ptr<MYSQL_STMT, CloseStatement> handle;
        std::uint64_t used = 0;  ///< When: a counter.
    };
    enum class Ending : std::uint8_t { finished, expired };

    Connection() = default;
    [[nodiscard]] Result<void> connect(const Options& options, Deadline deadline);
    [[nodiscard]] Result<void> check_server(const Options& options);
    [[nodiscard]] Ending drive(Deadline deadline, const std::function<int()>& start, const std::function<int(int)>& resume);
    void hang_up();
    [[nodiscard]] Result<MYSQL_STMT*> prepare(std::string_view operation, std::string_view text, Deadline deadline);
    [[nodiscard]] Result<Rows> attempt(std::string_view operation, const Query& query, Effect effect, Deadline deadline);
    [[nodiscard]] Result<std::vector<Rows>> run_each(std::string_view operation, const std::vector<Query>& queries,
                                                     Deadline deadline);
    [[nodiscard]] Result<std::vector<Rows>> run_together(std::string_view operation, const std::vector<Query>& queries,
                                                         MYSQL_STMT* statement, Deadline deadline);
    [[nodiscard]] Result<bool> run_to_commit(std::string_view operation, const std::vector<Query>& queries, MYSQL_STMT* statement,
                                             Deadline deadline);
    [[nodiscard]] Result<void> send(std::string_view operation, MYSQL_STMT* statement, std::vector<MYSQL_BIND>& binds, Effect effect,
                                    Deadline deadline);
    [[nodiscard]] Result<void> next_answer(std::string_view operation, MYSQL_STMT* statement, Deadline deadline);
    [[nodiscard]] Result<void> read_rows(std::string_view operation, MYSQL_STMT* statement, const Query& query, Effect effect,
                                         Deadline deadline, Rows& rows);
    void drop_oldest_statement();
    /// Of the connection's last call, or of the statement's.
    [[nodiscard]] Error failure(std::string_view operation, Effect effect, MYSQL_STMT* statement = nullptr);
    [[nodiscard]] Error cut_off(std::string_view operation, Effect effect) const;

    MYSQL* handle_ = nullptr;
    std::map<std::string, Prepared, std::less<>> statements_;
    std::uint64_t uses_ = 0;
    bool in_transaction_ = false;
    bool broken_ = false;
    bool lost_statement_ = false;
    unsigned last_error_ = 0;
};

}  // namespace ticketbottle::mariadb
