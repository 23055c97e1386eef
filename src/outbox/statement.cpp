#include <ticketbottle/outbox/statement.hpp>

#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/core/trace_context.hpp>

#include "core/format.hpp"
#include "core/json.hpp"
#include "core/utf8.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace ticketbottle::outbox {

namespace {

constexpr std::string_view operation = "outbox.insert_statement";
constexpr std::size_t payload_bytes_max = 1024 * 1024;  // Kafka's default limit of a message
constexpr std::size_t field_bytes_max = 255;            // fits every index and header; real ones are ids and type names
constexpr std::size_t name_bytes_max = 63;              // PostgreSQL cuts longer names silently
constexpr std::array<std::string_view, 6> columns = {"id",      "aggregateId", "aggregateType", "eventType",
                                                     "payload", "createdAt"};

char quote(Dialect dialect) { return dialect == Dialect::mariadb ? '`' : '"'; }

bool is_name(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto tail = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
    return !text.empty() && text.size() <= name_bytes_max && letter(text.front()) && std::all_of(text.begin(), text.end(), tail);
}

Result<std::string> quoted_table(std::string_view table, Dialect dialect) {
    const std::size_t dot = table.find('.');
    const std::string_view last = dot == std::string_view::npos ? table : table.substr(dot + 1);
    const std::string_view schema = dot == std::string_view::npos ? std::string_view() : table.substr(0, dot);
    if (!is_name(last) || (dot != std::string_view::npos && !is_name(schema))) {
        return fail(Errc::invalid_argument, operation,
                    "table: a name or schema.name of letters, digits and _, at most 63 bytes each");
    }
    const char q = quote(dialect);
    if (schema.empty()) return formatted("{}{}{}", q, last, q);
    return formatted("{}{}{}.{}{}{}", q, schema, q, q, last, q);
}

/// The whole statement for one dialect: its placeholders, and the casts a text parameter needs there.
std::string statement_text(const std::string& table, Dialect dialect, bool traced) {
    static constexpr std::array<std::string_view, 3> values = {
        "$1, $2, $3, $4, $5::jsonb, $6::timestamp(3)",
        "?, ?, ?, ?, ?, ?",
        "?1, ?2, ?3, ?4, ?5, CAST(?6 AS INTEGER)",
    };
    static constexpr std::array<std::string_view, 3> trace_values = {", $7", ", ?", ", ?7"};
    const char q = quote(dialect);
    std::string names;
    for (const std::string_view column : columns) {
        names += formatted("{}{}{}{}", names.empty() ? "" : ", ", q, column, q);
    }
    if (traced) names += formatted(", {}traceparent{}", q, q);
    const auto at = static_cast<std::size_t>(dialect);
    return formatted("INSERT INTO {} ({}) VALUES ({}{})", table, names, values[at], traced ? trace_values[at] : "");
}

std::string time_text(TimePoint time, Dialect dialect) {
    if (dialect == Dialect::sqlite) return std::to_string(time.time_since_epoch().count());
    std::string text = to_iso8601(time);  // 2025-11-21T08:00:00.000Z: the columns have no zone and mean UTC
    text[10] = ' ';
    text.pop_back();
    return text;
}

Result<void> check_field(std::string_view name, std::string_view value) {
    if (value.empty()) return fail(Errc::invalid_argument, operation, formatted("{}: empty", name));
    if (value.size() > field_bytes_max) {
        return fail(Errc::invalid_argument, operation, formatted("{}: longer than {} bytes", name, field_bytes_max));
    }
    if (value.find('\0') != std::string_view::npos) {
        return fail(Errc::invalid_argument, operation, formatted("{}: holds a NUL", name));
    }
    if (!utf8::valid(value)) return fail(Errc::invalid_argument, operation, formatted("{}: not UTF-8", name));
    return {};
}

/// Does any string of the document hold a NUL (written \u0000)? PostgreSQL's jsonb has no place for one.
bool holds_nul(json::Value value) {
    if (value.text().find('\0') != std::string_view::npos) return true;
    if (!value.is(json::Kind::object) && !value.is(json::Kind::array)) return false;
    for (const json::Value child : value) {
        if (child.key().find('\0') != std::string_view::npos || holds_nul(child)) return true;
    }
    return false;
}

Result<void> check_payload(const std::string& payload, Dialect dialect) {
    json::Limits limits;
    limits.bytes_max = payload_bytes_max;
    const auto document = json::parse(payload, limits);
    if (!document.has_value()) {
        return fail(Errc::invalid_argument, operation,
                    formatted("payload: not a JSON value of at most 1 MiB: {}", document.error().text));
    }
    if (payload.find('\0') != std::string::npos) return fail(Errc::invalid_argument, operation, "payload: holds a NUL");
    if (dialect == Dialect::postgresql && holds_nul(document->root())) {
        return fail(Errc::invalid_argument, operation, "payload: holds \\u0000, which PostgreSQL's jsonb refuses");
    }
    return {};
}

Result<std::string> row_id(const Event& event) {
    if (event.id.empty()) return derived_uuid(event.aggregate_id, event.event_type);
    if (!is_uuid(event.id)) return fail(Errc::invalid_argument, operation, "id: not a UUID of 36 characters");
    std::string id = event.id;
    // One spelling, so that the primary key sees equal ids as equal.
    std::transform(id.begin(), id.end(), id.begin(), [](char c) { return c >= 'A' && c <= 'F' ? char(c - 'A' + 'a') : c; });
    return id;
}

Result<void> check_event(const Event& event, Dialect dialect) {
    for (const auto& [name, value] : {std::pair<std::string_view, std::string_view>{"aggregate_id", event.aggregate_id},
                                      {"aggregate_type", event.aggregate_type},
                                      {"event_type", event.event_type}}) {
        if (auto checked = check_field(name, value); !checked.has_value()) return checked;
    }
    constexpr TimePoint end = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);
    if (event.created_at <= TimePoint{} || event.created_at > end) {
        return fail(Errc::invalid_argument, operation, "created_at: not set, or not between 1970 and 9999");
    }
    if (passed_on_traceparent(event.traceparent) != event.traceparent)
        return fail(Errc::invalid_argument, operation, "traceparent: none of W3C Trace Context, version 00");
    return check_payload(event.payload, dialect);
}

}  // namespace

Result<Statement> insert_statement(const Event& event, Dialect dialect, std::string_view table) {
    if (auto checked = check_event(event, dialect); !checked.has_value()) return checked.error();
    const auto name = quoted_table(table, dialect);
    if (!name.has_value()) return name.error();
    auto id = row_id(event);
    if (!id.has_value()) return id.error();

    Statement statement;
    const bool traced = !event.traceparent.empty();  // a table as it was deployed has no such column, and such events name none
    statement.text = statement_text(*name, dialect, traced);
    statement.parameters = {*id,           event.aggregate_id, event.aggregate_type, event.event_type,
                            event.payload, time_text(event.created_at, dialect)};
    if (traced) statement.parameters.push_back(event.traceparent);
    statement.id = std::move(*id);
    return statement;
}

}  // namespace ticketbottle::outbox
