#include "postgres/error.hpp"

#include "core/format.hpp"
#include "core/utf8.hpp"

#include <algorithm>
#include <array>

namespace ticketbottle::postgres {
namespace {

// unavailable: not done, and may go another time (a lock, a deadlock, a full disk, a fail-over). A right or a table that is missing will
// not come by itself. What arrived as data and does not fit is the caller's.
constexpr std::array<StateRow, 74> table{{
    {"08P01", "protocol_violation", Errc::internal},
    {"08007", "transaction_resolution_unknown", Errc::outcome_unknown},
    {"22003", "numeric_value_out_of_range", Errc::invalid_argument},
    {"22021", "character_not_in_repertoire", Errc::invalid_argument},
    {"22P05", "untranslatable_character", Errc::invalid_argument},
    {"23505", "unique_violation", Errc::conflict},
    {"23P01", "exclusion_violation", Errc::conflict},
    {"25006", "read_only_sql_transaction", Errc::unavailable},
    {"25P03", "idle_in_transaction_session_timeout", Errc::unavailable},
    {"25P04", "transaction_timeout", Errc::unavailable},
    {"3D000", "invalid_catalog_name", Errc::invalid_argument},
    {"40001", "serialization_failure", Errc::unavailable},
    {"40003", "statement_completion_unknown", Errc::outcome_unknown},
    {"40P01", "deadlock_detected", Errc::unavailable},
    {"42501", "insufficient_privilege", Errc::unsupported},
    {"42703", "undefined_column", Errc::unsupported},
    {"42704", "undefined_object", Errc::unsupported},
    {"42883", "undefined_function", Errc::unsupported},
    {"42P01", "undefined_table", Errc::unsupported},
    {"53100", "disk_full", Errc::unavailable},
    {"53200", "out_of_memory", Errc::unavailable},
    {"53300", "too_many_connections", Errc::unavailable},
    {"55006", "object_in_use", Errc::unavailable},
    {"55P03", "lock_not_available", Errc::unavailable},
    {"57014", "query_canceled", Errc::cancelled},
    {"57P01", "admin_shutdown", Errc::unavailable},
    {"57P02", "crash_shutdown", Errc::unavailable},
    {"57P03", "cannot_connect_now", Errc::unavailable},
    {"57P04", "database_dropped", Errc::unavailable},
    {"57P05", "idle_session_timeout", Errc::unavailable},
    {"58030", "io_error", Errc::unavailable},
    {"XX001", "data_corrupted", Errc::internal},
    {"XX002", "index_corrupted", Errc::internal},
    {"00", "successful_completion", Errc::internal},  // as an error it makes no sense
    {"01", "warning", Errc::internal},
    {"02", "no_data", Errc::internal},
    {"03", "sql_statement_not_yet_complete", Errc::internal},
    {"08", "connection_exception", Errc::unavailable},
    {"09", "triggered_action_exception", Errc::internal},
    {"0A", "feature_not_supported", Errc::unsupported},
    {"0B", "invalid_transaction_initiation", Errc::internal},
    {"0F", "locator_exception", Errc::internal},
    {"0L", "invalid_grantor", Errc::unsupported},
    {"0P", "invalid_role_specification", Errc::unsupported},
    {"0Z", "diagnostics_exception", Errc::internal},
    {"20", "case_not_found", Errc::internal},
    {"21", "cardinality_violation", Errc::internal},
    {"22", "data_exception", Errc::invalid_argument},
    {"23", "integrity_constraint_violation", Errc::invalid_argument},
    {"24", "invalid_cursor_state", Errc::internal},
    {"25", "invalid_transaction_state", Errc::internal},
    {"26", "invalid_sql_statement_name", Errc::unavailable},  // a pooler gave the session away; see Connection
    {"27", "triggered_data_change_violation", Errc::internal},
    {"28", "invalid_authorization_specification", Errc::unavailable},  // a password under rotation; said with its reason
    {"2B", "dependent_privilege_descriptors_still_exist", Errc::internal},
    {"2D", "invalid_transaction_termination", Errc::internal},
    {"2F", "sql_routine_exception", Errc::internal},
    {"34", "invalid_cursor_name", Errc::internal},
    {"38", "external_routine_exception", Errc::internal},
    {"39", "external_routine_invocation_exception", Errc::internal},
    {"3B", "savepoint_exception", Errc::internal},
    {"3D", "invalid_catalog_name", Errc::invalid_argument},
    {"3F", "invalid_schema_name", Errc::unsupported},
    {"40", "transaction_rollback", Errc::unavailable},
    {"42", "syntax_error_or_access_rule_violation", Errc::internal},
    {"44", "with_check_option_violation", Errc::internal},
    {"53", "insufficient_resources", Errc::unavailable},
    {"54", "program_limit_exceeded", Errc::invalid_argument},
    {"55", "object_not_in_prerequisite_state", Errc::unavailable},
    {"57", "operator_intervention", Errc::unavailable},
    {"58", "system_error", Errc::unavailable},
    {"P0", "plpgsql_error", Errc::internal},  // somebody's trigger
    {"HV", "fdw_error", Errc::internal},
    {"XX", "internal_error", Errc::internal},
}};

const StateRow* find(std::string_view state) noexcept {
    const auto* const row = std::ranges::find(table, state, &StateRow::state);
    return row == table.end() ? nullptr : row;
}

}  // namespace

std::span<const StateRow> state_table() noexcept { return table; }

Errc errc_of(std::string_view state) noexcept {
    const StateRow* row = find(state);
    if (row == nullptr) row = find(state.substr(0, 2));
    return row == nullptr ? Errc::internal : row->errc;
}

std::string state_name(std::string_view state) {
    if (const StateRow* row = find(state)) return formatted("{} {}", state, row->name);
    if (const StateRow* row = find(state.substr(0, 2))) return formatted("{} ({})", state, row->name);
    return std::string(state);
}

bool message_may_quote(std::string_view state) noexcept { return state.starts_with("22") || state.starts_with("P0"); }

bool ends_session(std::string_view state) noexcept {
    return state == "25006" || state.starts_with("57P") || state.starts_with("08") || state.starts_with("26") || state == "42P05" ||
           state == "0A000" || state.starts_with("25");
}

std::string one_line(std::string_view message) {
    std::string line;
    for (const char c : message.substr(0, 400)) {
        if (c != '\n' && c != '\r' && c != '\t') {
            line += c;
        } else if (!line.empty() && line.back() != ' ') {
            line += ' ';
        }
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    line.resize(utf8::prefix(line, 300).size());
    return line;
}

}  // namespace ticketbottle::postgres
