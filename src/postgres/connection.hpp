#pragma once
/// \file
/// One libpq connection in pipeline mode: statements go out together and come back together, one round trip and one transaction,
/// without ever blocking past a deadline. Internal: not installed.

#include "postgres/target.hpp"

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ticketbottle::postgres {

/// A parameter in text form; nullopt is NULL. No NULs inside (clean_text).
using Parameter = std::optional<std::string>;

/// A text as PostgreSQL takes it: UTF-8 without NUL; each byte that is not becomes U+FFFD.
[[nodiscard]] std::string clean_text(std::string_view text);
/// {"a","b"}: an array's text form.
[[nodiscard]] std::string array_text(std::span<const std::string> values);
/// "2025-11-21 08:00:00.000": a TIMESTAMP's text form, UTC.
[[nodiscard]] std::string timestamp_text(TimePoint time);

/// Name and text of a statement; the name is unique to the text within a connection.
struct Statement {
    std::string name;
    std::string text;
};

struct Query {
    const Statement* statement = nullptr;
    std::vector<Parameter> parameters;
    bool planned_anew = false;  ///< Never as a prepared statement: the best plan depends on the parameters' size.
};

/// What came back for one query. Times are selected as milliseconds since 1970.
class Rows {
public:
    Rows() = default;
    explicit Rows(PGresult* result) : result_(result) {}
    [[nodiscard]] int size() const { return result_ ? PQntuples(result_.get()) : 0; }
    [[nodiscard]] bool is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
    [[nodiscard]] std::string_view view(int row, int column) const {
        return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
    }
    [[nodiscard]] std::string text(int row, int column) const { return std::string(view(row, column)); }
    [[nodiscard]] std::int64_t integer(int row, int column) const;
    [[nodiscard]] bool flag(int row, int column) const { return view(row, column) == "t"; }
    [[nodiscard]] TimePoint time(int row, int column) const { return TimePoint(std::chrono::milliseconds(integer(row, column))); }
    [[nodiscard]] std::optional<TimePoint> optional_time(int row, int column) const {
        return is_null(row, column) ? std::nullopt : std::optional(time(row, column));
    }
    /// Rows that an INSERT, UPDATE or DELETE changed.
    [[nodiscard]] std::uint64_t changed() const;

private:
    struct Clear {
        void operator()(PGresult* result) const { PQclear(result); }
    };
    std::unique_ptr<PGresult, Clear> result_;
};

/// Does an answer that is lost leave the outcome open?
enum class Effect : std::uint8_t { reads, writes };

class Connection {
public:
    /// Errors: unavailable, with libpq's reason; cancelled; unsupported (a server older than 13).
    [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const Target& target, const std::string& application_name, Deadline deadline);
    ~Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Sends the queries together, as one transaction at READ COMMITTED: each sees what was committed before it began.
    /// Errors: SQLSTATEs by error.hpp; cancelled when the deadline passes and the server said it stopped; else unavailable for
    /// reads and outcome_unknown for writes.
    [[nodiscard]] Result<std::vector<Rows>> run(std::string_view operation, std::span<const Query> queries, Effect effect, Deadline deadline);

    /// Can it serve another call? Looks at the socket, without waiting.
    [[nodiscard]] bool usable();
    [[nodiscard]] int server_version() const { return PQserverVersion(handle_.get()); }

private:
    struct Finish {
        void operator()(PGconn* handle) const { PQfinish(handle); }
    };
    explicit Connection(Statements statements) : statements_(statements) {}
    [[nodiscard]] Result<void> connect(const Target& target, const std::string& application_name, Deadline deadline);
    /// \param place  In place of the URL's hosts; nullptr: those.
    [[nodiscard]] Result<void> connect_to(const Target& target, const ServerAddress* place, const std::string& application_name,
                                          std::chrono::milliseconds timeout, Deadline deadline);
    [[nodiscard]] Result<std::vector<Rows>> attempt(std::string_view operation, std::span<const Query> queries, Effect effect,
                                                    Deadline deadline);
    /// One command of the pipeline: the query it belongs to, and whether it only prepares it.
    struct Command {
        std::size_t query;
        bool preparation;
    };
    [[nodiscard]] bool send(std::span<const Query> queries, std::vector<Command>& commands);
    [[nodiscard]] bool wait(Deadline deadline, bool& expired);
    void stop_server();
    [[nodiscard]] std::string reason() const;

    std::unique_ptr<PGconn, Finish> handle_;
    Statements statements_;
    std::set<std::string, std::less<>> prepared_;
    bool broken_ = false;
    bool lost_statement_ = false;  ///< A pooler gave the session, and its prepared statements, away.
};

}  // namespace ticketbottle::postgres
