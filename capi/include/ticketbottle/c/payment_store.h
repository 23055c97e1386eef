/** \file
 * Payments and their inbox in a database of yours. See base.h for the rules and ports/payment_store.hpp for what each function must do:
 * tests/conformance/payment_store.hpp proves it. What a notification does to a payment stays the library's affair: settle reads the
 * rows, asks tkb_settlement_decide, and writes what it says.
 */
#ifndef TICKETBOTTLE_C_PAYMENT_STORE_H
#define TICKETBOTTLE_C_PAYMENT_STORE_H

#include <ticketbottle/c/gateway.h>
#include <ticketbottle/c/outbox_store.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t tkb_payment_status;
#define TKB_PAYMENT_PENDING 0u
#define TKB_PAYMENT_COMPLETED 1u
#define TKB_PAYMENT_FAILED 2u
#define TKB_PAYMENT_CANCELLED 3u

typedef uint32_t tkb_payment_key;
#define TKB_PAYMENT_KEY_ID 0u
#define TKB_PAYMENT_KEY_ORDER_CODE 1u
#define TKB_PAYMENT_KEY_PROVIDER_TRANSACTION_ID 2u
#define TKB_PAYMENT_KEY_IDEMPOTENCY_KEY 3u

/** A row of the payments table. */
typedef struct tkb_payment {
    uint32_t struct_size;
    tkb_payment_status status;
    tkb_bytes id;
    tkb_bytes order_code;
    int64_t amount_minor_units;
    tkb_bytes currency;         /**< "VND". */
    tkb_bytes provider;
    tkb_bytes provider_transaction_id;
    tkb_bytes idempotency_key;
    tkb_bytes redirect_url;
    tkb_bytes payment_url;
    tkb_bytes metadata;         /**< A JSON object, byte for byte as it was created; empty: NULL. */
    int64_t created_at_ms;
    int64_t updated_at_ms;
    int64_t completed_at_ms;    /**< TKB_NO_TIME: NULL. The next two likewise. */
    int64_t failed_at_ms;
    int64_t cancelled_at_ms;
} tkb_payment;
#define TKB_PAYMENT_INIT                                                                                                            \
    {(uint32_t)sizeof(tkb_payment), TKB_PAYMENT_PENDING, {NULL, 0}, {NULL, 0}, 0, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, \
     {NULL, 0}, {NULL, 0}, 0, 0, TKB_NO_TIME, TKB_NO_TIME, TKB_NO_TIME}

/** One notification taken. outcome, refusal: keep the numbers; refusal's text for people is tkb_refusal_name. */
typedef struct tkb_inbox_entry {
    uint32_t struct_size;
    tkb_gateway gateway;            /**< With dedup_key the entry's unique key. */
    tkb_bytes dedup_key;
    tkb_bytes payment_id;
    tkb_bytes transaction_id;
    tkb_bytes charge_id;
    tkb_notified_status status;
    uint32_t outcome;
    uint32_t refusal;
    uint32_t needs_person;          /**< 1: list it in `raised`, never remove it in `remove_inbox`. */
    int64_t amount_minor_units;
    tkb_bytes currency;
    int64_t received_at_ms;
} tkb_inbox_entry;
#define TKB_INBOX_ENTRY_INIT \
    {(uint32_t)sizeof(tkb_inbox_entry), 0u, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, 0u, 0u, 0u, 0u, 0, {NULL, 0}, 0}

/** "late_success", "second_charge", ...; static text, empty for a number that is none. */
TKB_API tkb_bytes tkb_refusal_name(uint32_t refusal);

/** What create, find and pending give back. */
typedef struct tkb_payment_list tkb_payment_list;
/** Errors: TKB_INVALID_ARGUMENT (more than asked for), TKB_MALFORMED (status or currency is none). */
TKB_API tkb_status tkb_payment_list_add(tkb_payment_list *list, const tkb_payment *payment, tkb_error **error_out);
/** What raised gives back. */
typedef struct tkb_inbox_list tkb_inbox_list;
/** Errors: as tkb_payment_list_add. */
TKB_API tkb_status tkb_inbox_list_add(tkb_inbox_list *list, const tkb_inbox_entry *entry, tkb_error **error_out);

typedef struct tkb_payment_counts {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t pending;
    uint64_t completed;
    uint64_t failed;
    uint64_t cancelled;
    uint64_t raised; /**< Inbox entries that need a person. */
} tkb_payment_counts;
#define TKB_PAYMENT_COUNTS_INIT {(uint32_t)sizeof(tkb_payment_counts), 0u, 0, 0, 0, 0, 0}

/** Which rows a notification may mean: those whose provider_transaction_id is listed; only if there is none, those whose order_code is. */
typedef struct tkb_settle_lookup {
    uint32_t struct_size;
    tkb_gateway inbox_gateway; /**< With dedup_key: the inbox entry to look for. */
    tkb_bytes dedup_key;
    const tkb_bytes *provider_transaction_ids;
    size_t provider_transaction_id_count;
    const tkb_bytes *order_codes;
    size_t order_code_count;
} tkb_settle_lookup;

/** What to write; NULL: nothing of that kind. Good until tkb_settlement_restart or the end of settle. */
typedef struct tkb_decision {
    uint32_t struct_size;
    uint32_t reserved;
    const tkb_payment *update;    /**< The payment's row as it shall be. */
    const tkb_inbox_entry *inbox; /**< Replaces the entry of its key. */
    const tkb_outbox_row *outbox; /**< A row of that id that is there already is left alone: tkb_settlement_event_was_there. */
} tkb_decision;
#define TKB_DECISION_INIT {(uint32_t)sizeof(tkb_decision), 0u, NULL, NULL, NULL}

/**
 * One settle in progress. In ONE transaction of yours, isolated so that what was read cannot change before it is written:
 *   1. add each payment the lookup names (lock them; two are as good as more), set the inbox entry of its key;
 *   2. if tkb_settlement_needs_charges: add the inbox entries of that payment whose status is TKB_NOTIFIED_SUCCEEDED;
 *   3. tkb_settlement_decide, write what it says, commit.
 * A transaction that has to be done again begins with tkb_settlement_restart.
 */
typedef struct tkb_settlement tkb_settlement;
TKB_API void tkb_settlement_restart(tkb_settlement *settlement);
TKB_API tkb_status tkb_settlement_add_payment(tkb_settlement *settlement, const tkb_payment *payment, tkb_error **error_out);
TKB_API tkb_status tkb_settlement_set_inbox(tkb_settlement *settlement, const tkb_inbox_entry *entry, tkb_error **error_out);
/** 1: yes. Ask after the payments were added. */
TKB_API uint32_t tkb_settlement_needs_charges(const tkb_settlement *settlement);
TKB_API tkb_status tkb_settlement_add_charge(tkb_settlement *settlement, const tkb_inbox_entry *entry, tkb_error **error_out);
/** Errors: TKB_MALFORMED (a stored metadata is not a JSON object), TKB_INVALID_ARGUMENT: roll back and return that status. */
TKB_API tkb_status tkb_settlement_decide(tkb_settlement *settlement, tkb_decision *decision_out, tkb_error **error_out);
TKB_API void tkb_settlement_event_was_there(tkb_settlement *settlement);

/** All required. Arguments were checked before: rows_max is in its range, a payment to create is one that may be. */
typedef struct tkb_payment_store_vtable {
    uint32_t struct_size;
    uint32_t reserved; /**< Zero. */
    /** Adds to `stored` the row as it is there now: the new one, or that of the same idempotency key if order code, amount, currency and
     *  provider (tkb_is_same_payment) are the same. Any unique value taken otherwise: TKB_CONFLICT. */
    tkb_status (*create)(void *user_data, const tkb_payment *payment, tkb_payment_list *stored, uint32_t timeout_ms, tkb_error **error_out);
    /** Adds the row, if there is one. Values are compared byte by byte. */
    tkb_status (*find)(void *user_data, tkb_payment_key key, tkb_bytes value, tkb_payment_list *found, uint32_t timeout_ms,
                       tkb_error **error_out);
    tkb_status (*settle)(void *user_data, const tkb_settle_lookup *lookup, tkb_settlement *settlement, uint32_t timeout_ms,
                         tkb_error **error_out);
    /** PENDING ones created before created_before_ms, oldest first. */
    tkb_status (*pending)(void *user_data, int64_t created_before_ms, uint32_t rows_max, tkb_payment_list *found, uint32_t timeout_ms,
                          tkb_error **error_out);
    /** Inbox entries that need a person, newest first. */
    tkb_status (*raised)(void *user_data, uint32_t rows_max, tkb_inbox_list *found, uint32_t timeout_ms, tkb_error **error_out);
    tkb_status (*counts)(void *user_data, tkb_payment_counts *counts, uint32_t timeout_ms, tkb_error **error_out);
    /** Inbox entries received before before_ms, oldest first, but none that needs a person. */
    tkb_status (*remove_inbox)(void *user_data, int64_t before_ms, uint32_t rows_max, uint64_t *removed_out, uint32_t timeout_ms,
                               tkb_error **error_out);
    void (*destroy)(void *user_data); /**< May be NULL. */
} tkb_payment_store_vtable;
#define TKB_PAYMENT_STORE_VTABLE_INIT {(uint32_t)sizeof(tkb_payment_store_vtable), 0u, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL}

/** 1: `stored` is what an earlier try of `wanted` made. */
TKB_API uint32_t tkb_is_same_payment(const tkb_payment *stored, const tkb_payment *wanted);

typedef struct tkb_payment_store tkb_payment_store;
/** Errors: TKB_INVALID_ARGUMENT (a function is NULL). */
TKB_API tkb_status tkb_payment_store_create(const tkb_payment_store_vtable *vtable, void *user_data, tkb_payment_store **store_out,
                                            tkb_error **error_out);
TKB_API void tkb_payment_store_destroy(tkb_payment_store *store);

#ifdef __cplusplus
}
#endif
#endif
