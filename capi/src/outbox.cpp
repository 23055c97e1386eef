#include "event.hpp"

namespace ticketbottle::capi {

namespace {
constexpr tkb_outbox_event empty_event = TKB_OUTBOX_EVENT_INIT;
}

Result<outbox::Event> to_event(const tkb_outbox_event* given, std::string_view operation) {
    TKB_TRY(require(given, operation, "event"));
    const auto read = read_struct(given, empty_event, operation);
    if (!read.has_value()) return read.error();
    for (const tkb_bytes& text : {read->id, read->aggregate_id, read->aggregate_type, read->event_type, read->payload, read->traceparent})
        TKB_TRY(require(text, operation, "a text"));
    outbox::Event event;
    event.id = view(read->id);
    event.aggregate_id = view(read->aggregate_id);
    if (read->aggregate_type.size != 0) event.aggregate_type = view(read->aggregate_type);
    event.event_type = view(read->event_type);
    event.payload = view(read->payload);
    event.created_at = time_point(read->created_at_ms);
    event.traceparent = view(read->traceparent);
    return event;
}

}  // namespace ticketbottle::capi

using namespace ticketbottle;
using namespace ticketbottle::capi;

static_assert(TKB_DIALECT_POSTGRESQL == static_cast<std::uint32_t>(outbox::Dialect::postgresql));
static_assert(TKB_DIALECT_MARIADB == static_cast<std::uint32_t>(outbox::Dialect::mariadb));
static_assert(TKB_DIALECT_SQLITE == static_cast<std::uint32_t>(outbox::Dialect::sqlite));

tkb_status tkb_outbox_insert_statement(const tkb_outbox_event* event, tkb_dialect dialect, tkb_bytes table, tkb_statement** statement_out,
                                       tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "outbox.insert_statement";
        TKB_TRY(require(statement_out, operation, "statement_out"));
        *statement_out = nullptr;
        TKB_TRY(require(table, operation, "table"));
        if (dialect > TKB_DIALECT_SQLITE) return fail(Errc::invalid_argument, operation, "no such dialect");
        const auto read = to_event(event, operation);
        if (!read.has_value()) return read.error();
        auto statement = outbox::insert_statement(*read, static_cast<outbox::Dialect>(dialect), table.size == 0 ? "outbox" : view(table));
        if (!statement.has_value()) return statement.error();
        *statement_out = new tkb_statement{std::move(*statement)};
        return {};
    });
}
tkb_bytes tkb_statement_text(const tkb_statement* statement) {
    return statement == nullptr ? tkb_bytes{nullptr, 0} : bytes(statement->statement.text);
}
size_t tkb_statement_parameter_count(const tkb_statement* statement) {
    return statement == nullptr ? 0 : statement->statement.parameters.size();
}
tkb_bytes tkb_statement_parameter(const tkb_statement* statement, size_t index) {
    return index < tkb_statement_parameter_count(statement) ? bytes(statement->statement.parameters[index]) : tkb_bytes{nullptr, 0};
}
tkb_bytes tkb_statement_id(const tkb_statement* statement) {
    return statement == nullptr ? tkb_bytes{nullptr, 0} : bytes(statement->statement.id);
}
void tkb_statement_destroy(tkb_statement* statement) { delete statement; }

tkb_status tkb_memory_outbox_store_create(tkb_outbox_store** store_out, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        static const SystemClock clock;
        TKB_TRY(require(store_out, "memory_outbox_store.create", "store_out"));
        *store_out = nullptr;
        auto handle = std::make_unique<tkb_outbox_store>();
        handle->memory = std::make_shared<memory::Database>(clock);
        handle->port = memory::Database::outbox_store(handle->memory);
        *store_out = handle.release();
        return {};
    });
}

tkb_status tkb_memory_outbox_store_add(tkb_outbox_store* store, const tkb_outbox_event* event, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "memory_outbox_store.add";
        TKB_TRY(require(store, operation, "store"));
        if (!store->memory) return fail(Errc::unsupported, operation, "not a memory store");
        auto read = to_event(event, operation);
        if (!read.has_value()) return read.error();
        // The same checks, and the same derived id, as a row that goes through SQL.
        const auto statement = outbox::insert_statement(*read, outbox::Dialect::sqlite);
        if (!statement.has_value()) return statement.error();
        store->memory->add({statement->id, read->aggregate_id, read->aggregate_type, read->event_type, read->payload, read->created_at, 0,
                            read->traceparent});
        return {};
    });
}
