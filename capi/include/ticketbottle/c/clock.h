/** \file
 * A clock of your own, for a store or a handler that shall not read the system's. See base.h for the rules.
 */
#ifndef TICKETBOTTLE_C_CLOCK_H
#define TICKETBOTTLE_C_CLOCK_H

#include <ticketbottle/c/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tkb_clock_vtable {
    uint32_t struct_size;
    uint32_t reserved;                     /**< Zero. */
    int64_t (*now_ms)(void *user_data);    /**< Required. Called from any thread, also from several at once. */
    void (*destroy)(void *user_data);
} tkb_clock_vtable;
#define TKB_CLOCK_VTABLE_INIT {(uint32_t)sizeof(tkb_clock_vtable), 0u, NULL, NULL}

typedef struct tkb_clock tkb_clock;
/** Errors: TKB_INVALID_ARGUMENT (a required function is NULL). */
TKB_API tkb_status tkb_clock_create(const tkb_clock_vtable *vtable, void *user_data, tkb_clock **clock_out, tkb_error **error_out);
TKB_API void tkb_clock_destroy(tkb_clock *clock);

#ifdef __cplusplus
}
#endif
#endif
