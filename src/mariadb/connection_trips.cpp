// Several statements in one round trip: a prepared compound statement, its parameters theirs one after the other.
#include "core/format.hpp"
#include "mariadb/connection.hpp"
#include "mariadb/error.hpp"
#include "mariadb/quiet_pipe.hpp"

#include <deque>

namespace ticketbottle::mariadb {
namespace {

constexpr unsigned unknown_statement = 1243;  // ER_UNKNOWN_STMT_HANDLER

bool gives_rows(const Query& query) { return query.text.starts_with("SELECT"); }

/// Errors of what was to be written, or of the right to: no COMMIT has them.
bool of_values(Errc code) { return code == Errc::invalid_argument || code == Errc::conflict || code == Errc::unsupported; }

enum class Compound : std::uint8_t { begins, goes_on, commits };

/// What the statements found comes last, as one row. No column that the statements name is called as these variables are.
std::string compound_of(const std::vector<Query>& queries, Compound compound) {
    const bool commits = compound == Compound::commits;
    std::string counts, text;
    for (std::size_t i = 0; i < queries.size(); ++i) {
        text += formatted(" {};", queries[i].text);
        if (commits && queries[i].must_find) text += " SET tkb_good = tkb_good AND ROW_COUNT() = ? AND LAST_INSERT_ID() <> 0;";
        if (gives_rows(queries[i]) || !queries[i].counted || commits) continue;
        text += formatted(" SET tkb_found_{0} = ROW_COUNT(), tkb_id_{0} = LAST_INSERT_ID();", i);
        counts += formatted("{0}tkb_found_{1}, tkb_id_{1}", counts.empty() ? "" : ", ", i);
    }
    if (commits)
        return formatted("BEGIN NOT ATOMIC DECLARE tkb_good BIGINT DEFAULT 1;{} IF tkb_good THEN COMMIT; END IF; SELECT tkb_good; END",
                         text);
    const std::string declared = counts.empty() ? "" : formatted(" DECLARE {} BIGINT;", counts);
    const std::string told = counts.empty() ? "" : formatted(" SELECT {};", counts);
    const std::string_view begin = compound == Compound::begins ? " START TRANSACTION;" : "";
    return formatted("BEGIN NOT ATOMIC{}{}{}{} END", declared, begin, text, told);
}

}  // namespace

Result<std::vector<Rows>> Connection::run_all(std::string_view operation, const std::vector<Query>& queries, Trip trip,
                                              Deadline deadline) {
    const std::size_t statements = queries.size() + (in_transaction_ ? 0 : 1);
    if (trip == Trip::each || statements < 2) return run_each(operation, queries, deadline);
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    if (broken_) return fail(Errc::unavailable, operation, "the connection is lost");
    const QuietPipe quiet;
    const std::string text = compound_of(queries, in_transaction_ ? Compound::goes_on : Compound::begins);
    for (bool again = false;; again = true) {
        const auto prepared = prepare(operation, text, deadline);
        if (!prepared.has_value()) return prepared.error();
        const bool began = in_transaction_;
        in_transaction_ = true;  // from here on nothing stands until the commit
        auto answers = run_together(operation, queries, *prepared, deadline);
        if (!lost_statement_) return answers;
        lost_statement_ = false;
        statements_.erase(text);
        // What the server does not know it did not run. After any other reason to prepare anew, some of it may have been run.
        if (again || last_error_ != unknown_statement) return answers;
        in_transaction_ = began;
    }
}

Result<bool> Connection::run_and_commit(std::string_view operation, const std::vector<Query>& queries, Deadline deadline) {
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline passed before the commit");
    if (broken_) return fail(Errc::unavailable, operation, "the connection was lost before the commit");
    if (!in_transaction_) return fail(Errc::internal, operation, "no transaction to commit");
    const QuietPipe quiet;
    const std::string text = compound_of(queries, Compound::commits);
    for (bool again = false;; again = true) {
        const auto prepared = prepare(operation, text, deadline);
        if (!prepared.has_value()) return prepared.error();
        auto good = run_to_commit(operation, queries, *prepared, deadline);
        if (!lost_statement_) return good;
        lost_statement_ = false;
        statements_.erase(text);
        if (again || last_error_ != unknown_statement) return good;
    }
}

/// A statement's error leaves nothing done; one that may be the COMMIT's leaves it open.
Result<bool> Connection::run_to_commit(std::string_view operation, const std::vector<Query>& queries, MYSQL_STMT* statement,
                                       Deadline deadline) {
    std::vector<MYSQL_BIND> binds;
    std::deque<Parameter> must_find;
    for (const Query& query : queries) {
        for (const Parameter& parameter : query.parameters) binds.push_back(bound(parameter));
        if (query.must_find) must_find.emplace_back(*query.must_find), binds.push_back(bound(must_find.back()));
    }
    in_transaction_ = false;  // an answer that is lost may have been the commit's
    last_error_ = 0;
    Rows rows;
    auto done = send(operation, statement, binds, Effect::writes, deadline);
    if (done.has_value()) done = read_rows(operation, statement, {}, Effect::writes, deadline, rows);
    if (done.has_value()) done = next_answer(operation, statement, deadline);
    if (done.has_value()) {
        (void)mysql_stmt_free_result(statement);  // all was read: only memory
        in_transaction_ = rows.integer(0, 0) == 0;
        return !in_transaction_;
    }
    const Error error = done.error();
    if (error.code == Errc::outcome_unknown || broken_) return error;
    if (lost_statement_ || commit_undone(last_error_) || of_values(error.code)) {
        in_transaction_ = true;
        return error;
    }
    broken_ = true;  // whatever it is, a fresh connection is certain to have no transaction
    return fail(Errc::outcome_unknown, operation, std::string(error.detail_text()));
}

Result<std::vector<Rows>> Connection::run_each(std::string_view operation, const std::vector<Query>& queries, Deadline deadline) {
    if (!in_transaction_) {
        if (auto begun = begin(operation, deadline); !begun.has_value()) return begun.error();
    }
    std::vector<Rows> answers;
    for (const Query& query : queries) {
        auto rows = run(operation, query, Effect::writes, deadline);
        if (!rows.has_value()) {
            const Error error = rows.error();
            const bool misfit = error.code == Errc::invalid_argument && !query.column.empty();
            return misfit ? fail(error.code, operation, formatted("{}: {}", query.column, error.detail_text())) : error;
        }
        answers.push_back(std::move(*rows));
    }
    return answers;
}

Result<std::vector<Rows>> Connection::run_together(std::string_view operation, const std::vector<Query>& queries,
                                                   MYSQL_STMT* statement, Deadline deadline) {
    std::vector<MYSQL_BIND> binds;
    for (const Query& query : queries) {
        for (const Parameter& parameter : query.parameters) binds.push_back(bound(parameter));
    }
    if (auto sent = send(operation, statement, binds, Effect::writes, deadline); !sent.has_value()) return sent.error();
    std::vector<Rows> answers(queries.size());
    bool counts = false;
    for (std::size_t i = 0; i < queries.size(); ++i) {
        if (!gives_rows(queries[i])) {
            counts = counts || queries[i].counted;
            continue;
        }
        auto read = read_rows(operation, statement, queries[i], Effect::writes, deadline, answers[i]);
        if (!read.has_value()) return read.error();
        if (auto next = next_answer(operation, statement, deadline); !next.has_value()) return next.error();
    }
    if (counts) {
        Rows found;
        auto read = read_rows(operation, statement, {}, Effect::writes, deadline, found);
        if (!read.has_value()) return read.error();
        if (auto next = next_answer(operation, statement, deadline); !next.has_value()) return next.error();
        std::size_t column = 0;
        for (std::size_t i = 0; i < queries.size(); ++i) {
            if (gives_rows(queries[i]) || !queries[i].counted) continue;
            answers[i].matched_ = static_cast<std::uint64_t>(found.integer(0, column));
            if (answers[i].matched_ > 0) answers[i].insert_id_ = static_cast<std::uint64_t>(found.integer(0, column + 1));
            column += 2;
        }
    }
    (void)mysql_stmt_free_result(statement);  // all was read: only memory
    return answers;
}

/// The end of one answer, and what comes next: another's beginning, the end of all, or why there is none.
Result<void> Connection::next_answer(std::string_view operation, MYSQL_STMT* statement, Deadline deadline) {
    int failed = 0;
    const Ending ending = drive(
        deadline, [&] { return mysql_stmt_next_result_start(&failed, statement); },
        [&](int ready) { return mysql_stmt_next_result_cont(&failed, statement, ready); });
    if (ending == Ending::expired) return cut_off(operation, Effect::writes);
    if (failed == 0) return {};
    if (failed > 0) return failure(operation, Effect::writes, statement);
    hang_up();
    return fail(Errc::internal, operation, "an answer of a compound statement is missing");
}

}  // namespace ticketbottle::mariadb
