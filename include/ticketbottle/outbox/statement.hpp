#pragma once
/// \file
/// The outbox writer, sans-io: an event becomes SQL text plus parameters, for you to run inside your own transaction
/// with your own driver. Works on the deployed table as it is.

#include <ticketbottle/ports/outbox_store.hpp>

#include <string>
#include <vector>

namespace ticketbottle::outbox {

enum class Dialect : std::uint8_t {
    postgresql,  ///< $1, $2, ...; quoted camelCase names; payload cast to jsonb. All parameters in text format.
    mariadb,     ///< ?, backquoted names, DATETIME(3) text.
    sqlite,      ///< ?1, ?2, ...; createdAt in milliseconds since the epoch.
};

struct Event {
    std::string id;              ///< UUID text; "" makes one from aggregate_id and event_type (derived_uuid), right where an
                                 ///< aggregate has each event at most once.
    std::string aggregate_id;
    std::string aggregate_type = "Payment";
    std::string event_type;
    std::string payload;         ///< JSON text.
    TimePoint created_at;
    /// Of the request that you serve (core/trace_context.hpp), for a table that has the column: the migration adds it. "": none.
    std::string traceparent = {};
};

struct Statement {
    std::string text;
    std::vector<std::string> parameters;  ///< UTF-8 text, in placeholder order. Bind as text; no NULs among them.
    std::string id;                       ///< The row's id.
};

/// \param table  Optionally schema-qualified, "outbox" or "app.outbox": quoted for the dialect, letters, digits and _ only.
/// \par Errors  invalid_argument: an empty field, a payload that is not a JSON value or over 1 MiB, a bad id or table name, text
///              that is not UTF-8 or holds NUL, a traceparent that is none.
/// \par Threads Any; pure.
[[nodiscard]] Result<Statement> insert_statement(const Event& event, Dialect dialect, std::string_view table = "outbox");

}  // namespace ticketbottle::outbox
