/** \file
 * The outbox: the writer's SQL statement, and the relay with a transport (and, if you like, a store) of your own. See base.h for the rules.
 */
#ifndef TICKETBOTTLE_C_OUTBOX_H
#define TICKETBOTTLE_C_OUTBOX_H

#include <ticketbottle/c/outbox_store.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t tkb_dialect;
#define TKB_DIALECT_POSTGRESQL 0u /**< $1, $2, ... */
#define TKB_DIALECT_MARIADB 1u    /**< ? */
#define TKB_DIALECT_SQLITE 2u     /**< ?1, ?2, ... */

typedef struct tkb_outbox_event {
    uint32_t struct_size;
    uint32_t reserved;        /**< Zero. */
    tkb_bytes id;             /**< UUID text; empty: derived from aggregate_id and event_type. */
    tkb_bytes aggregate_id;   /**< The ordering key. */
    tkb_bytes aggregate_type; /**< Empty: "Payment". */
    tkb_bytes event_type;
    tkb_bytes payload;        /**< JSON text. */
    int64_t created_at_ms;
    tkb_bytes traceparent;    /**< Of the request that you serve (W3C Trace Context), for a table with that column; empty: none. */
} tkb_outbox_event;
#define TKB_OUTBOX_EVENT_INIT \
    {(uint32_t)sizeof(tkb_outbox_event), 0u, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, 0, {NULL, 0}}

/** SQL text and text parameters, to run inside your own transaction with your own driver. */
typedef struct tkb_statement tkb_statement;
/** table: empty = "outbox". Errors: TKB_INVALID_ARGUMENT. */
TKB_API tkb_status tkb_outbox_insert_statement(const tkb_outbox_event *event, tkb_dialect dialect, tkb_bytes table,
                                               tkb_statement **statement_out, tkb_error **error_out);
TKB_API tkb_bytes tkb_statement_text(const tkb_statement *statement);
TKB_API size_t tkb_statement_parameter_count(const tkb_statement *statement);
/** index 0 .. count-1; past that: empty. */
TKB_API tkb_bytes tkb_statement_parameter(const tkb_statement *statement, size_t index);
/** The row's id. */
TKB_API tkb_bytes tkb_statement_id(const tkb_statement *statement);
TKB_API void tkb_statement_destroy(tkb_statement *statement);

/** A store in memory, for tests. */
TKB_API tkb_status tkb_memory_outbox_store_create(tkb_outbox_store **store_out, tkb_error **error_out);
/** Adds an event to a memory store. Errors: TKB_UNSUPPORTED for another kind of store. */
TKB_API tkb_status tkb_memory_outbox_store_add(tkb_outbox_store *store, const tkb_outbox_event *event, tkb_error **error_out);

typedef struct tkb_message_header {
    tkb_bytes name;
    tkb_bytes value;
} tkb_message_header;

typedef struct tkb_message {
    tkb_bytes topic;
    tkb_bytes key;
    tkb_bytes value;
    const tkb_message_header *headers;
    size_t header_count;
} tkb_message;

/** One message's fate: fill it in publish. All zero at entry. */
typedef struct tkb_delivery_report {
    uint32_t delivery; /**< TKB_DELIVERY_*; what is left unset counts as unknown. */
    tkb_status cause;  /**< When not delivered: TKB_UNAVAILABLE, TKB_CANCELLED, TKB_OUTCOME_UNKNOWN or 0 = the way is closed, no attempt is
                            burned; any other = this message is at fault. */
} tkb_delivery_report;
#define TKB_DELIVERY_UNKNOWN 0u
#define TKB_DELIVERY_DELIVERED 1u
#define TKB_DELIVERY_NOT_SENT 2u

/** A transport of yours. Called on the thread inside tkb_relay_run_once, never twice at once, never after destroy; must not call back
 *  into the relay. Order: after a message that was not delivered, send no later one of its key. */
typedef struct tkb_transport_vtable {
    uint32_t struct_size;
    uint32_t reserved; /**< Zero. */
    /** Required. Fill reports[count] within timeout_ms. Another status than TKB_OK makes every report left unset not_sent for that cause
     *  (TKB_OUTCOME_UNKNOWN: unknown). */
    tkb_status (*publish)(void *user_data, const tkb_message *messages, size_t count, uint32_t timeout_ms, tkb_delivery_report *reports);
    tkb_status (*flush)(void *user_data, uint32_t timeout_ms); /**< May be NULL: publish is durable. */
    tkb_status (*close)(void *user_data, uint32_t timeout_ms); /**< May be NULL. */
    void (*destroy)(void *user_data); /**< May be NULL. Exactly once if create succeeded, else never. */
} tkb_transport_vtable;
#define TKB_TRANSPORT_VTABLE_INIT {(uint32_t)sizeof(tkb_transport_vtable), 0u, NULL, NULL, NULL, NULL}

typedef struct tkb_relay_options {
    uint32_t struct_size;
    uint32_t batch_rows_max;     /**< Rows sent together, 1..1000; default 100. At most two batches are sent again after a crash. */
    uint32_t attempts_max;       /**< 1..1000; default 5. */
    uint32_t lease_ms;           /**< Must exceed publish_timeout_ms; default 5000. */
    uint32_t publish_timeout_ms; /**< Default 4000. */
    uint32_t backoff_base_ms;    /**< Default 200. */
    uint32_t backoff_max_ms;     /**< Default 60000. */
} tkb_relay_options;             /* append only */
#define TKB_RELAY_OPTIONS_INIT {(uint32_t)sizeof(tkb_relay_options), 100u, 5u, 5000u, 4000u, 200u, 60000u}

typedef struct tkb_relay_report {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t published;
    uint64_t retried;
    uint64_t dead;
    uint64_t stalled;
} tkb_relay_report;
#define TKB_RELAY_REPORT_INIT {(uint32_t)sizeof(tkb_relay_report), 0u, 0, 0, 0, 0}

typedef struct tkb_relay tkb_relay;
/** options may be NULL. The vtable is copied; the store is borrowed and must outlive the relay. */
TKB_API tkb_status tkb_relay_create(const tkb_relay_options *options, tkb_outbox_store *store, const tkb_transport_vtable *transport,
                                    void *user_data, tkb_relay **relay_out, tkb_error **error_out);
/** Event type -> topic, beside the three payment events. Before the first run only. */
TKB_API tkb_status tkb_relay_set_topic(tkb_relay *relay, tkb_bytes event_type, tkb_bytes topic, tkb_error **error_out);
/** Publishes what is due, for at most timeout_ms. report_out may be NULL. Errors: TKB_UNAVAILABLE, TKB_CANCELLED (stopped). */
TKB_API tkb_status tkb_relay_run_once(tkb_relay *relay, uint32_t timeout_ms, tkb_relay_report *report_out, tkb_error **error_out);
/** Any thread: a run in progress ends within a second, or with the callback of yours that is under way (tell it yourself, or its timeout_ms
 *  is the longest it can take); later runs are TKB_CANCELLED. */
TKB_API void tkb_relay_stop(tkb_relay *relay);
/** Not while run_once is running. */
TKB_API void tkb_relay_destroy(tkb_relay *relay);

#ifdef __cplusplus
}
#endif
#endif
