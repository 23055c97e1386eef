#include "mariadb/connection.hpp"

#include "core/format.hpp"
#include "mariadb/error.hpp"
#include "mariadb/quiet_pipe.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace ticketbottle::mariadb {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds slice{100};           // how long a wait may go without a look at the deadline
constexpr milliseconds rollback_grace{1000};
constexpr std::size_t statements_max = 200;  // prepared and kept; the server's default for all its sessions is 16382
constexpr std::size_t cell_bytes = 256;      // what is longer is fetched a second time, at its length
constexpr int resumes_max = 1000;

/// Waits for the socket, at most a slice: MYSQL_WAIT_*, 0 if it is not ready yet.
int wait_for_socket(int socket, int waits_for, Deadline deadline) {
    if (socket < 0) return MYSQL_WAIT_TIMEOUT;
    pollfd entry{socket, 0, 0};
    if ((waits_for & MYSQL_WAIT_READ) != 0) entry.events |= POLLIN;
    if ((waits_for & MYSQL_WAIT_WRITE) != 0) entry.events |= POLLOUT;
    if ((waits_for & MYSQL_WAIT_EXCEPT) != 0) entry.events |= POLLPRI;
    if (::poll(&entry, 1, static_cast<int>(deadline.slice(slice).count())) <= 0) return 0;
    int ready = 0;
    if ((entry.revents & (POLLIN | POLLHUP | POLLERR)) != 0) ready |= MYSQL_WAIT_READ;
    if ((entry.revents & (POLLOUT | POLLHUP | POLLERR)) != 0) ready |= MYSQL_WAIT_WRITE;
    if ((entry.revents & POLLPRI) != 0) ready |= MYSQL_WAIT_EXCEPT;
    ready &= waits_for;
    return ready != 0 ? ready : waits_for & ~MYSQL_WAIT_TIMEOUT;
}

/// Where one row's values come in, those that are not too long; all as text.
class RowBuffer {
public:
    explicit RowBuffer(std::size_t columns) : binds_(columns), lengths_(columns), nulls_(columns), bytes_(columns * cell_bytes) {
        for (std::size_t i = 0; i < columns; ++i) {
            std::memset(&binds_[i], 0, sizeof binds_[i]);
            binds_[i].buffer_type = MYSQL_TYPE_STRING;
            binds_[i].buffer = bytes_.data() + i * cell_bytes;
            binds_[i].buffer_length = cell_bytes;
            binds_[i].length = &lengths_[i];
            binds_[i].is_null = &nulls_[i];
        }
    }
    [[nodiscard]] MYSQL_BIND* binds() { return binds_.data(); }
    [[nodiscard]] std::size_t columns() const { return binds_.size(); }
    [[nodiscard]] bool is_null(std::size_t column) const { return nulls_[column] != 0; }
    [[nodiscard]] std::size_t length(std::size_t column) const { return nulls_[column] != 0 ? 0 : lengths_[column]; }
    [[nodiscard]] std::size_t row_bytes() const {
        std::size_t sum = 0;
        for (std::size_t i = 0; i < columns(); ++i) sum += length(i);
        return sum;
    }
    /// False: the client library cannot give it.
    [[nodiscard]] bool append(MYSQL_STMT* statement, std::size_t column, std::string& out) const {
        if (length(column) <= cell_bytes) {
            out.append(bytes_.data() + column * cell_bytes, length(column));
            return true;
        }
        const std::size_t at = out.size();
        out.resize(at + length(column));
        unsigned long got = 0;
        my_bool is_null = 0;
        MYSQL_BIND bind;
        std::memset(&bind, 0, sizeof bind);
        bind.buffer_type = MYSQL_TYPE_STRING;
        bind.buffer = out.data() + at;
        bind.buffer_length = length(column);
        bind.length = &got;
        bind.is_null = &is_null;
        return mysql_stmt_fetch_column(statement, &bind, static_cast<unsigned>(column), 0) == 0 && got == length(column);
    }

private:
    std::vector<MYSQL_BIND> binds_;
    std::vector<unsigned long> lengths_;
    std::vector<my_bool> nulls_;
    std::vector<char> bytes_;
};

}  // namespace

MYSQL_BIND bound(const Parameter& parameter) {
    MYSQL_BIND bind;
    std::memset(&bind, 0, sizeof bind);
    if (const auto* text = std::get_if<std::string>(&parameter)) {
        bind.buffer_type = MYSQL_TYPE_STRING;
        bind.buffer = const_cast<char*>(text->data());
        bind.buffer_length = text->size();
    } else if (const auto* number = std::get_if<std::int64_t>(&parameter)) {
        bind.buffer_type = MYSQL_TYPE_LONGLONG;
        bind.buffer = const_cast<std::int64_t*>(number);
    } else {
        bind.buffer_type = MYSQL_TYPE_NULL;
    }
    return bind;
}

std::string datetime_text(TimePoint time) {
    std::string text = to_iso8601(time);
    text[10] = ' ';
    text.pop_back();
    return text;
}

std::int64_t Rows::integer(std::size_t row, std::size_t column) const {
    const std::string_view text = view(row, column);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

void Connection::CloseStatement::operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }

Connection::~Connection() {
    const QuietPipe quiet;
    // Nothing is waited for: what cannot be sent at once is not sent. Statements after the connection: then only memory is freed.
    if (handle_ != nullptr && !usable()) hang_up();
    if (handle_ != nullptr) mysql_close(handle_);
    statements_.clear();
}

void Connection::hang_up() {
    broken_ = true;
    const auto socket = mysql_get_socket(handle_);
    if (socket != MARIADB_INVALID_SOCKET) (void)::shutdown(socket, SHUT_RDWR);
}

/// One call of the client library, from start to end. Given up, it is not left as it hangs, which would leak what it holds: the
/// socket is shut, and the call is resumed until it has failed.
Connection::Ending Connection::drive(Deadline deadline, const std::function<int()>& start, const std::function<int(int)>& resume) {
    int waits_for = start();
    while (waits_for != 0) {
        if (deadline.expired()) {
            hang_up();
            for (int i = 0; waits_for != 0 && i < resumes_max; ++i) waits_for = resume(MYSQL_WAIT_TIMEOUT);
            return Ending::expired;
        }
        const int ready = wait_for_socket(static_cast<int>(mysql_get_socket(handle_)), waits_for, deadline);
        if (ready != 0) waits_for = resume(ready);
    }
    return Ending::finished;
}

bool Connection::usable() const {
    if (broken_ || in_transaction_) return false;
    // Something that came while nobody asked is the server's farewell: a new connection costs less than a doubt.
    pollfd entry{static_cast<int>(mysql_get_socket(handle_)), POLLIN, 0};
    return entry.fd >= 0 && ::poll(&entry, 1, 0) == 0;
}

Error Connection::failure(std::string_view operation, Effect effect, MYSQL_STMT* statement) {
    // A fetch that cannot read leaves its reason with the connection.
    const bool of_statement = statement != nullptr && mysql_stmt_errno(statement) != 0;
    const unsigned number = of_statement ? mysql_stmt_errno(statement) : mysql_errno(handle_);
    const char* const state = of_statement ? mysql_stmt_sqlstate(statement) : mysql_sqlstate(handle_);
    last_error_ = number;
    if (ends_session(number) || number == 0) broken_ = true;
    std::string detail = number == 0 ? "the connection failed without a reason" : error_name(number, state);
    if (message_helps(number)) detail += ": " + one_line(of_statement ? mysql_stmt_error(statement) : mysql_error(handle_));
    const bool open = effect == Effect::writes && !in_transaction_ && answer_lost(number);
    if (open) return fail(Errc::outcome_unknown, operation, std::move(detail));
    return fail(number == 0 ? Errc::unavailable : errc_of(number, state), operation, std::move(detail));
}

Error Connection::cut_off(std::string_view operation, Effect effect) const {
    if (effect == Effect::writes && !in_transaction_)
        return fail(Errc::outcome_unknown, operation, "the deadline passed while the server was at it");
    return fail(Errc::cancelled, operation, "the deadline passed; nothing was committed");
}

Result<MYSQL_STMT*> Connection::prepare(std::string_view operation, std::string_view text, Deadline deadline) {
    ++uses_;
    if (const auto place = statements_.find(text); place != statements_.end()) {
        place->second.used = uses_;
        return place->second.handle.get();
    }
    if (statements_.size() >= statements_max) drop_oldest_statement();
    std::unique_ptr<MYSQL_STMT, CloseStatement> statement(mysql_stmt_init(handle_));
    if (!statement) throw std::bad_alloc();
    int failed = 0;
    const Ending ending = drive(
        deadline, [&] { return mysql_stmt_prepare_start(&failed, statement.get(), text.data(), text.size()); },
        [&](int ready) { return mysql_stmt_prepare_cont(&failed, statement.get(), ready); });
    if (ending == Ending::expired) return cut_off(operation, Effect::reads);
    if (failed != 0) return failure(operation, Effect::reads, statement.get());
    MYSQL_STMT* const handle = statement.get();
    statements_.emplace(std::string(text), Prepared{std::move(statement), uses_});
    return handle;
}

void Connection::drop_oldest_statement() {
    statements_.erase(std::ranges::min_element(statements_, {}, [](const auto& entry) { return entry.second.used; }));
}

Result<Rows> Connection::run(std::string_view operation, const Query& query, Effect effect, Deadline deadline) {
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    if (broken_) return fail(Errc::unavailable, operation, "the connection is lost");
    const QuietPipe quiet;
    auto rows = attempt(operation, query, effect, deadline);
    if (!lost_statement_) return rows;
    // It was not run: a proxy gave the session away, or a table was changed. Once more, prepared anew.
    lost_statement_ = false;
    statements_.erase(std::string(query.text));
    return attempt(operation, query, effect, deadline);
}

Result<Rows> Connection::attempt(std::string_view operation, const Query& query, Effect effect, Deadline deadline) {
    const auto prepared = prepare(operation, query.text, deadline);
    if (!prepared.has_value()) return prepared.error();
    MYSQL_STMT* const statement = *prepared;
    std::vector<MYSQL_BIND> binds;
    binds.reserve(query.parameters.size());
    for (const Parameter& parameter : query.parameters) binds.push_back(bound(parameter));
    if (auto sent = send(operation, statement, binds, effect, deadline); !sent.has_value()) return sent.error();
    Rows rows;
    if (mysql_stmt_field_count(statement) > 0) {
        if (auto read = read_rows(operation, statement, query, effect, deadline, rows); !read.has_value()) return read.error();
        (void)mysql_stmt_free_result(statement);  // all was read: only memory
    } else {
        rows.matched_ = mysql_stmt_affected_rows(statement);
        rows.insert_id_ = mysql_stmt_insert_id(statement);
    }
    return rows;
}

/// Until its first answer has begun.
Result<void> Connection::send(std::string_view operation, MYSQL_STMT* statement, std::vector<MYSQL_BIND>& binds, Effect effect,
                              Deadline deadline) {
    if (mysql_stmt_param_count(statement) != binds.size())
        return fail(Errc::internal, operation, "a statement with another number of parameters");
    if (!binds.empty() && mysql_stmt_bind_param(statement, binds.data()) != 0) return failure(operation, Effect::reads, statement);
    int failed = 0;
    const Ending ending = drive(
        deadline, [&] { return mysql_stmt_execute_start(&failed, statement); },
        [&](int ready) { return mysql_stmt_execute_cont(&failed, statement, ready); });
    if (ending == Ending::expired) return cut_off(operation, effect);
    if (failed == 0) return {};
    lost_statement_ = lost_statement(mysql_stmt_errno(statement));
    return failure(operation, effect, statement);
}

Result<void> Connection::read_rows(std::string_view operation, MYSQL_STMT* statement, const Query& query, Effect effect, Deadline deadline,
                                   Rows& rows) {
    RowBuffer buffer(mysql_stmt_field_count(statement));
    if (mysql_stmt_bind_result(statement, buffer.binds()) != 0) {
        hang_up();  // its rows stand between us and the next answer
        return failure(operation, effect, statement);
    }
    rows.columns_ = buffer.columns();
    for (;;) {
        int got = 0;
        const Ending ending = drive(
            deadline, [&] { return mysql_stmt_fetch_start(&got, statement); },
            [&](int ready) { return mysql_stmt_fetch_cont(&got, statement, ready); });
        if (ending == Ending::expired) return cut_off(operation, effect);
        if (got == MYSQL_NO_DATA) break;
        if (got != 0 && got != MYSQL_DATA_TRUNCATED) return failure(operation, effect, statement);
        if (query.overflow == Query::Overflow::cut && rows.bytes_.size() > query.bytes_max) {
            rows.cut_ = true;
            continue;
        }
        if (query.overflow == Query::Overflow::fail && rows.bytes_.size() + buffer.row_bytes() > query.bytes_max) {
            hang_up();
            return fail(Errc::malformed, operation, formatted("an answer of more than {} bytes", query.bytes_max));
        }
        for (std::size_t column = 0; column < buffer.columns(); ++column) {
            rows.cells_.push_back({rows.bytes_.size(), buffer.length(column), buffer.is_null(column)});
            if (buffer.append(statement, column, rows.bytes_)) continue;
            hang_up();
            return fail(Errc::internal, operation, "a value that the client library cannot give");
        }
    }
    rows.matched_ = rows.size();
    return {};
}

Result<void> Connection::execute(std::string_view operation, std::string_view text, Effect effect, Deadline deadline) {
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    if (broken_) return fail(Errc::unavailable, operation, "the connection is lost");
    const QuietPipe quiet;
    int failed = 0;
    const Ending ending = drive(
        deadline, [&] { return mysql_real_query_start(&failed, handle_, text.data(), text.size()); },
        [&](int ready) { return mysql_real_query_cont(&failed, handle_, ready); });
    if (ending == Ending::expired) return cut_off(operation, effect);
    if (failed != 0) return failure(operation, effect);
    if (mysql_field_count(handle_) == 0) return {};
    hang_up();
    return fail(Errc::internal, operation, "a statement with rows, of which none were expected");
}

Result<void> Connection::begin(std::string_view operation, Deadline deadline) {
    auto begun = execute(operation, "START TRANSACTION", Effect::reads, deadline);
    in_transaction_ = begun.has_value();
    return begun;
}

Result<void> Connection::commit(std::string_view operation, Deadline deadline) {
    // Not begun, it leaves nothing open: the transaction is there to be rolled back.
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline passed before the commit");
    if (broken_) return fail(Errc::unavailable, operation, "the connection was lost before the commit");
    in_transaction_ = false;
    auto committed = execute(operation, "COMMIT", Effect::writes, deadline);
    if (committed.has_value()) return committed;
    broken_ = true;  // whatever it is, a fresh connection is certain to have no transaction
    const Error error = committed.error();
    if (error.code == Errc::outcome_unknown || commit_undone(mysql_errno(handle_))) return error;
    return fail(Errc::outcome_unknown, operation, std::string(error.detail_text()));
}

void Connection::rollback() {
    if (!in_transaction_ || broken_) return;
    const auto rolled_back = execute("mariadb.rollback", "ROLLBACK", Effect::reads, Deadline::in(rollback_grace));
    if (rolled_back.has_value()) {
        in_transaction_ = false;
    } else {
        hang_up();
    }
}

}  // namespace ticketbottle::mariadb
