#include "postgres/connection.hpp"

#include "core/format.hpp"
#include "core/utf8.hpp"
#include "core/waiting.hpp"
#include "postgres/error.hpp"

#include <poll.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace ticketbottle::postgres {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds slice{100};        // how long a wait may go without a look at the deadline
constexpr milliseconds cancel_grace{300};  // for a cancel request to reach the server, and for its answer
constexpr int server_version_least = 130000;

/// Waits for the socket, at most a slice. False: an error of poll itself.
bool poll_socket(int socket, bool to_write, Deadline deadline) {
    pollfd entry{socket, static_cast<short>(POLLIN | (to_write ? POLLOUT : 0)), 0};
    const auto left = deadline.slice(slice);
    return ::poll(&entry, 1, static_cast<int>(left.count())) >= 0 || errno == EINTR;
}

void ignore_notice(void*, const PGresult*) {}

}  // namespace

std::string clean_text(std::string_view text) {
    if (utf8::valid(text) && text.find('\0') == std::string_view::npos) return std::string(text);
    std::string out;
    while (!text.empty()) {
        const auto code_point = utf8::take(text);
        if (!code_point) text.remove_prefix(1);
        utf8::append(code_point.value_or(U'\0') == U'\0' ? U'\uFFFD' : *code_point, out);
    }
    return out;
}

std::string array_text(std::span<const std::string> values) {
    std::string out = "{";
    for (const std::string& value : values) {
        if (out.size() > 1) out += ',';
        out += '"';
        for (const char c : value) {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
        out += '"';
    }
    return out + "}";
}

std::string timestamp_text(TimePoint time) {
    std::string text = to_iso8601(time);
    text[10] = ' ';
    text.pop_back();
    return text;
}

std::int64_t Rows::integer(int row, int column) const {
    const std::string_view text = view(row, column);
    std::int64_t value = 0;
    (void)std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::uint64_t Rows::changed() const {
    const std::string_view text = PQcmdTuples(result_.get());
    std::uint64_t value = 0;
    (void)std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

Result<std::unique_ptr<Connection>> Connection::open(const Target& target, const std::string& application_name, Deadline deadline) {
    auto connection = std::unique_ptr<Connection>(new Connection(target.statements));
    if (auto connected = connection->connect(target, application_name, deadline); !connected.has_value()) return connected.error();
    return connection;
}

Result<void> Connection::connect(const Target& target, const std::string& application_name, Deadline deadline) {
    if (target.places.empty()) return connect_to(target, nullptr, application_name, target.connect_timeout, deadline);
    Result<void> connected;
    for (std::size_t i = 0; i < target.places.size(); ++i) {
        const auto share = deadline.remaining() / static_cast<std::int64_t>(target.places.size() - i);
        connected = connect_to(target, &target.places[i], application_name, std::min(target.connect_timeout, share), deadline);
        if (connected.has_value() || deadline.expired()) break;
    }
    return connected;
}

Result<void> Connection::connect_to(const Target& target, const ServerAddress* place, const std::string& application_name, milliseconds timeout,
                                    Deadline deadline) {
    constexpr std::string_view operation = "postgres.connect";
    std::string conninfo(target.conninfo.expose());
    std::vector<const char*> names{"dbname"};
    std::vector<const char*> values{conninfo.c_str()};
    const auto add = [&](const char* name, const char* value) {
        names.push_back(name);
        values.push_back(value);
    };
    add("fallback_application_name", application_name.c_str());
    add("client_encoding", "UTF8");
    for (const auto& [name, value] : target.keywords) add(name.c_str(), value.c_str());
    if (place != nullptr) {
        add("host", place->host.c_str());
        add("port", place->port.c_str());
    }
    add(nullptr, nullptr);
    handle_.reset(PQconnectStartParams(names.data(), values.data(), 1));
    std::fill(conninfo.begin(), conninfo.end(), '\0');
    if (!handle_) throw std::bad_alloc();
    PQsetNoticeReceiver(handle_.get(), ignore_notice, nullptr);
    const bool deadline_is_first = deadline.remaining() <= timeout;
    const Deadline limit = bounded(deadline, timeout);
    for (PostgresPollingStatusType state = PGRES_POLLING_WRITING; PQstatus(handle_.get()) != CONNECTION_BAD;) {
        if (state == PGRES_POLLING_OK) break;
        if (deadline.expired() || (deadline_is_first && limit.expired()))
            return fail(Errc::cancelled, operation, "no connection before the deadline");
        if (limit.expired()) return fail(Errc::unavailable, operation, "no connection within the connect timeout");
        pollfd entry{PQsocket(handle_.get()), static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
        const auto left = std::min(limit.slice(slice), deadline.slice(slice));
        const int ready = ::poll(&entry, 1, static_cast<int>(left.count()));
        if (ready > 0 || (ready < 0 && errno != EINTR)) state = PQconnectPoll(handle_.get());
        if (state == PGRES_POLLING_FAILED) break;
    }
    if (PQstatus(handle_.get()) != CONNECTION_OK) return fail(Errc::unavailable, operation, reason());
    if (server_version() < server_version_least)
        return fail(Errc::unsupported, operation, formatted("the server is version {}; 13 or later is needed", server_version() / 10000));
    if (PQsetnonblocking(handle_.get(), 1) != 0 || PQenterPipelineMode(handle_.get()) != 1)
        return fail(Errc::internal, operation, reason());
    return {};
}

std::string Connection::reason() const { return one_line(PQerrorMessage(handle_.get())); }

bool Connection::usable() {
    if (broken_ || PQstatus(handle_.get()) != CONNECTION_OK) return false;
    pollfd entry{PQsocket(handle_.get()), POLLIN, 0};
    // Something that came while nobody asked is the server's farewell, or at best a notice: a new connection costs less than a doubt.
    return ::poll(&entry, 1, 0) == 0;
}

bool Connection::send(std::span<const Query> queries, std::vector<Command>& commands) {
    for (std::size_t i = 0; i < queries.size(); ++i) {
        const Query& query = queries[i];
        std::vector<const char*> values;
        values.reserve(query.parameters.size());
        for (const Parameter& parameter : query.parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
        const int count = static_cast<int>(values.size());
        const Statement& statement = *query.statement;
        if (statements_ == Statements::unnamed || query.planned_anew) {
            if (PQsendQueryParams(handle_.get(), statement.text.c_str(), count, nullptr, values.data(), nullptr, nullptr, 0) != 1)
                return false;
        } else {
            // Once, however many queries of the pipeline use it: a second time would be an error, and be taken for a pooler's doing.
            const auto prepares_it = [&](const Command& command) {
                return command.preparation && queries[command.query].statement->name == statement.name;
            };
            if (!prepared_.contains(statement.name) && std::ranges::none_of(commands, prepares_it)) {
                if (PQsendPrepare(handle_.get(), statement.name.c_str(), statement.text.c_str(), 0, nullptr) != 1) return false;
                commands.push_back({i, true});
            }
            if (PQsendQueryPrepared(handle_.get(), statement.name.c_str(), count, values.data(), nullptr, nullptr, 0) != 1) return false;
        }
        commands.push_back({i, false});
    }
    return true;
}

/// Until an answer can be read without blocking. False: the connection is gone, or the deadline has passed (`expired`).
bool Connection::wait(Deadline deadline, bool& expired) {
    while (PQisBusy(handle_.get()) != 0) {
        const int unsent = PQflush(handle_.get());
        if (unsent < 0) return false;
        if (deadline.expired()) {
            expired = true;
            return false;
        }
        if (!poll_socket(PQsocket(handle_.get()), unsent > 0, deadline)) return false;
        if (PQconsumeInput(handle_.get()) != 1) return false;
    }
    return true;
}

/// Asks the server to stop what runs. libpq's request blocks, and its network may be gone: it gets a thread of its own, which is
/// left to itself if it takes too long.
void Connection::stop_server() {
    struct Request {
        std::mutex mutex;
        std::condition_variable told;
        bool done = false;
    };
    const auto request = std::make_shared<Request>();
    PGcancel* cancel = PQgetCancel(handle_.get());
    if (cancel == nullptr) return;
    try {
        std::thread([request, cancel] {
            char message[256];
            (void)PQcancel(cancel, message, sizeof message);
            PQfreeCancel(cancel);
            const std::lock_guard lock(request->mutex);
            request->done = true;
            request->told.notify_all();
        }).detach();
    } catch (const std::system_error&) {
        PQfreeCancel(cancel);
        return;
    }
    std::unique_lock lock(request->mutex);
    request->told.wait_for(lock, cancel_grace, [&] { return request->done; });
}

Result<std::vector<Rows>> Connection::run(std::string_view operation, std::span<const Query> queries, Effect effect, Deadline deadline) {
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    auto rows = attempt(operation, queries, effect, deadline);
    if (!lost_statement_) return rows;
    // Nothing was done: the transaction fell over a prepared statement that this session has not. From here on without them.
    lost_statement_ = false;
    prepared_.clear();
    statements_ = Statements::unnamed;
    return attempt(operation, queries, effect, deadline);
}

Result<std::vector<Rows>> Connection::attempt(std::string_view operation, std::span<const Query> queries, Effect effect, Deadline deadline) {
    std::vector<Command> commands;
    if (!send(queries, commands)) {
        broken_ = true;
        return fail(Errc::unavailable, operation, formatted("cannot send: {}", reason()));
    }
    const Errc when_lost = effect == Effect::writes ? Errc::outcome_unknown : Errc::unavailable;
    if (PQpipelineSync(handle_.get()) != 1) {
        broken_ = true;
        return fail(when_lost, operation, formatted("cannot send: {}", reason()));
    }
    std::vector<Rows> rows(queries.size());
    std::optional<Error> error;
    bool stopped = false;
    for (std::size_t command = 0;;) {
        bool expired = false;
        if (!wait(stopped ? Deadline::in(cancel_grace) : deadline, expired)) {
            if (expired && !stopped) {
                stopped = true;
                broken_ = true;  // the request may arrive late and stop the next call's statement: there will be none
                stop_server();
                continue;
            }
            broken_ = true;
            if (stopped)
                return fail(effect == Effect::writes ? Errc::outcome_unknown : Errc::cancelled, operation,
                            "the deadline has passed and the server did not answer the request to stop");
            // What the server said before it hung up is the better reason.
            if (error && error->code != Errc::internal) return *error;
            return fail(when_lost, operation, formatted("the connection was lost: {}", reason()));
        }
        PGresult* const result = PQgetResult(handle_.get());
        if (result == nullptr) {
            ++command;
            if (command > commands.size() + 1) {
                broken_ = true;
                return fail(when_lost, operation, formatted("the connection was lost: {}", reason()));
            }
            continue;
        }
        Rows answer(result);
        const ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_PIPELINE_SYNC) break;
        if (status == PGRES_FATAL_ERROR && !error) {
            const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
            if (state == nullptr) {
                broken_ = true;
                return fail(when_lost, operation, formatted("the connection was lost: {}", one_line(PQresultErrorMessage(result))));
            }
            lost_statement_ = std::string_view(state) == "26000" || std::string_view(state) == "42P05";
            const char* const primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
            const char* const constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
            std::string detail = state_name(state);
            if (primary != nullptr && !message_may_quote(state)) detail += ": " + one_line(primary);
            if (constraint != nullptr && message_may_quote(state)) detail += formatted(" ({})", constraint);
            error = fail(errc_of(state), operation, std::move(detail));
            if (ends_session(state) && !lost_statement_) broken_ = true;
        } else if ((status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) && command < commands.size()) {
            const auto [query, preparation] = commands[command];
            if (preparation) {
                prepared_.insert(queries[query].statement->name);  // whatever becomes of the transaction, the statement stays
            } else {
                rows[query] = std::move(answer);
            }
        }
    }
    if (error) return *error;
    return rows;
}

}  // namespace ticketbottle::postgres
