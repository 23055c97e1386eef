/** \file
 * Objects (ticket PDFs) in a store of yours. See base.h for the rules and ports/object_store.hpp for what each function must do:
 * tests/conformance/object_store.hpp proves it.
 */
#ifndef TICKETBOTTLE_C_OBJECT_STORE_H
#define TICKETBOTTLE_C_OBJECT_STORE_H

#include <ticketbottle/c/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tkb_object_metadata {
    tkb_bytes name;
    tkb_bytes value;
} tkb_object_metadata;

/** An object: given to put (without etag), and given back by get. */
typedef struct tkb_object_view {
    uint32_t struct_size;
    uint32_t reserved;       /**< Zero. */
    tkb_bytes bytes;
    tkb_bytes content_type;  /**< Empty: "application/octet-stream". */
    tkb_bytes etag;          /**< Depends on the bytes only. */
    const tkb_object_metadata *metadata;
    size_t metadata_count;
} tkb_object_view;
#define TKB_OBJECT_VIEW_INIT {(uint32_t)sizeof(tkb_object_view), 0u, {NULL, 0}, {NULL, 0}, {NULL, 0}, NULL, 0}

/** What get gives back. Left alone: no such object. */
typedef struct tkb_object tkb_object;
/** Errors: TKB_INVALID_ARGUMENT (over 64 MiB; attributes that break the port's rules). */
TKB_API tkb_status tkb_object_set(tkb_object *object, const tkb_object_view *view, tkb_error **error_out);

/** What list gives back. */
typedef struct tkb_object_list tkb_object_list;
/** Adds one, in ascending order of the key's bytes. Errors: TKB_INVALID_ARGUMENT (more than max). */
TKB_API tkb_status tkb_object_list_add(tkb_object_list *list, tkb_bytes key, uint64_t size, tkb_bytes etag, tkb_error **error_out);
/** There is more: what list shall be given for the next page. */
TKB_API tkb_status tkb_object_list_set_continuation(tkb_object_list *list, tkb_bytes continuation, tkb_error **error_out);

/** Keys, attributes, sizes and max were checked before. */
typedef struct tkb_object_store_vtable {
    uint32_t struct_size;
    uint32_t reserved; /**< Zero. */
    /** Required. Stores or replaces, durably and at once; gives back the etag by tkb_buffer_set. */
    tkb_status (*put)(void *user_data, tkb_bytes key, const tkb_object_view *object, tkb_buffer *etag, uint32_t timeout_ms,
                      tkb_error **error_out);
    tkb_status (*get)(void *user_data, tkb_bytes key, tkb_object *object, uint32_t timeout_ms, tkb_error **error_out); /**< Required. */
    /** Required. Removing what is not there succeeds. */
    tkb_status (*remove)(void *user_data, tkb_bytes key, uint32_t timeout_ms, tkb_error **error_out);
    /** May be NULL: TKB_UNSUPPORTED. */
    tkb_status (*list)(void *user_data, tkb_bytes prefix, tkb_bytes continuation, uint32_t max, tkb_object_list *list, uint32_t timeout_ms,
                       tkb_error **error_out);
    void (*destroy)(void *user_data);
} tkb_object_store_vtable;
#define TKB_OBJECT_STORE_VTABLE_INIT {(uint32_t)sizeof(tkb_object_store_vtable), 0u, NULL, NULL, NULL, NULL, NULL}

typedef struct tkb_object_store tkb_object_store;
/** Errors: TKB_INVALID_ARGUMENT (a required function is NULL). */
TKB_API tkb_status tkb_object_store_create(const tkb_object_store_vtable *vtable, void *user_data, tkb_object_store **store_out,
                                           tkb_error **error_out);
TKB_API void tkb_object_store_destroy(tkb_object_store *store);

#ifdef __cplusplus
}
#endif
#endif
