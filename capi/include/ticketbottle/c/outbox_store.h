/** \file
 * An outbox in a database of yours, for the relay. See base.h for the rules and ports/outbox_store.hpp for what each function must do:
 * tests/conformance/outbox_store.hpp proves it.
 */
#ifndef TICKETBOTTLE_C_OUTBOX_STORE_H
#define TICKETBOTTLE_C_OUTBOX_STORE_H

#include <ticketbottle/c/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A row of the outbox. */
typedef struct tkb_outbox_row {
    uint32_t struct_size;
    uint32_t attempts;        /**< Failed ones so far. */
    tkb_bytes id;             /**< UUID text. */
    tkb_bytes aggregate_id;   /**< The ordering key. */
    tkb_bytes aggregate_type;
    tkb_bytes event_type;
    tkb_bytes payload;        /**< Unused by `dead`. */
    int64_t created_at_ms;
    tkb_bytes reason;         /**< Used by `dead` only: the last error. */
    tkb_bytes traceparent;    /**< The event's trace (W3C Trace Context), empty if none: keep it where there is a column for it. */
} tkb_outbox_row;
#define TKB_OUTBOX_ROW_INIT \
    {(uint32_t)sizeof(tkb_outbox_row), 0u, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, 0, {NULL, 0}, {NULL, 0}}

/** What fetch and dead give back. */
typedef struct tkb_outbox_page tkb_outbox_page;
/** Adds a row, in order. Errors: TKB_INVALID_ARGUMENT (more than rows_max). */
TKB_API tkb_status tkb_outbox_page_add(tkb_outbox_page *page, const tkb_outbox_row *row, tkb_error **error_out);
/** Nothing is due, but a row waits: milliseconds until the first one is due. */
TKB_API void tkb_outbox_page_set_next_due(tkb_outbox_page *page, int64_t next_due_ms);

#define TKB_SETTLE_PUBLISHED 0u
#define TKB_SETTLE_RETRY 1u
#define TKB_SETTLE_DEAD 2u

/** What became of a row. */
typedef struct tkb_row_settlement {
    tkb_bytes id;
    tkb_bytes reason;       /**< Keep at most 500 bytes, cut between characters. */
    int64_t retry_after_ms; /**< Of TKB_SETTLE_RETRY. */
    uint32_t what;          /**< TKB_SETTLE_*. */
    uint32_t reserved;
} tkb_row_settlement;

typedef struct tkb_outbox_statistics {
    uint32_t struct_size;
    uint32_t has_oldest_pending; /**< 1: oldest_pending_age_ms says something. */
    uint64_t total;
    uint64_t published;
    uint64_t pending;
    uint64_t dead;
    int64_t oldest_pending_age_ms;
    int64_t lease_left_ms; /**< Of the relay that leads; 0 or less: none does. */
} tkb_outbox_statistics;
#define TKB_OUTBOX_STATISTICS_INIT {(uint32_t)sizeof(tkb_outbox_statistics), 0u, 0, 0, 0, 0, 0, 0}

/** Arguments were checked before: rows_max and ttl_ms are in their ranges, owner is not empty. */
typedef struct tkb_outbox_store_vtable {
    uint32_t struct_size;
    uint32_t reserved; /**< Zero. */
    /** Required. *epoch_out is 0 at entry; leave it so when another one holds the lease. Epochs begin at 1. */
    tkb_status (*acquire)(void *user_data, tkb_bytes owner, int64_t ttl_ms, uint64_t *epoch_out, uint32_t timeout_ms, tkb_error **error_out);
    /** Required. */
    tkb_status (*release)(void *user_data, tkb_bytes owner, uint64_t epoch, uint32_t timeout_ms, tkb_error **error_out);
    /** Required. rows_max: 1..4000. A lost lease: TKB_CONFLICT. */
    tkb_status (*fetch)(void *user_data, tkb_bytes owner, uint64_t epoch, uint32_t rows_max, tkb_outbox_page *page, uint32_t timeout_ms,
                        tkb_error **error_out);
    /** Required. All rows and the renewed lease in one transaction. A lost lease: TKB_CONFLICT, nothing changed. */
    tkb_status (*settle)(void *user_data, tkb_bytes owner, uint64_t epoch, int64_t ttl_ms, const tkb_row_settlement *rows, size_t count,
                         uint32_t timeout_ms, tkb_error **error_out);
    /* The relay needs none of the following: what is NULL is TKB_UNSUPPORTED. */
    tkb_status (*statistics)(void *user_data, tkb_outbox_statistics *statistics, uint32_t timeout_ms, tkb_error **error_out);
    tkb_status (*dead)(void *user_data, uint32_t rows_max, tkb_outbox_page *page, uint32_t timeout_ms, tkb_error **error_out);
    tkb_status (*requeue)(void *user_data, const tkb_bytes *ids, size_t count, uint64_t *requeued_out, uint32_t timeout_ms,
                          tkb_error **error_out);
    tkb_status (*remove_published)(void *user_data, int64_t before_ms, uint32_t rows_max, uint64_t *removed_out, uint32_t timeout_ms,
                                   tkb_error **error_out);
    tkb_status (*remove_dead)(void *user_data, int64_t before_ms, uint32_t rows_max, uint64_t *removed_out, uint32_t timeout_ms,
                              tkb_error **error_out);
    void (*destroy)(void *user_data);
} tkb_outbox_store_vtable;
#define TKB_OUTBOX_STORE_VTABLE_INIT \
    {(uint32_t)sizeof(tkb_outbox_store_vtable), 0u, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL}

/** Where events wait: yours (here), SQLite's (sqlite.h), or in memory for tests (outbox.h). One relay uses it at a time. */
typedef struct tkb_outbox_store tkb_outbox_store;
/** Errors: TKB_INVALID_ARGUMENT (a required function is NULL). */
TKB_API tkb_status tkb_outbox_store_create(const tkb_outbox_store_vtable *vtable, void *user_data, tkb_outbox_store **store_out,
                                           tkb_error **error_out);
TKB_API void tkb_outbox_store_destroy(tkb_outbox_store *store);

#ifdef __cplusplus
}
#endif
#endif
