/** \file
 * What every part of the C interface shares: status codes, errors, bytes. C99 and C++.
 *
 * Rules, everywhere:
 *  - Bytes are pointer and size, never NUL-ended; UTF-8 where they are text. Views you pass are read during the call only.
 *  - Money and ids are int64_t in minor units; time is int64_t milliseconds since 1970-01-01 UTC.
 *  - A struct begins with struct_size = sizeof as you compiled it; set the whole struct by its _INIT macro. A field this library does not know
 *    must be zero, else TKB_UNSUPPORTED.
 *  - A function that can fail returns tkb_status and takes `tkb_error **error_out` (may be NULL). On failure every other out-parameter
 *    is NULL or zero, and *error_out holds an error you destroy. There is no last error per thread.
 *  - What a create function made, its destroy function frees; NULL is allowed there.
 *  - Different objects may be used from different threads at once; one object by one thread at a time, unless it says otherwise.
 *
 * Backends of your own are vtables: a struct of functions and a user_data that each gets first.
 *  - The vtable is copied. destroy (may be NULL) is called exactly once if create succeeded, else never; nothing is called after it.
 *  - A function is called on the thread inside the library's call, one at a time per object, and must not call back into that object.
 *  - What it is given is good during the call only. What it gives back it gives through functions that copy (tkb_..._add, tkb_..._set): its
 *    memory stays its own.
 *  - It gives up within timeout_ms (which is more than 0) and returns TKB_OK or what became of it; then it may set *error_out (which is NULL at
 *    entry) to a tkb_error_create, which the library destroys.
 *  - Exceptions must not leave it, nor may longjmp.
 * Only this interface is promised stable: symbols, struct layouts (append only) and numbers never change.
 */
#ifndef TICKETBOTTLE_C_BASE_H
#define TICKETBOTTLE_C_BASE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define TKB_API __attribute__((visibility("default")))
#else
#define TKB_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** A time that is absent. */
#define TKB_NO_TIME INT64_MIN

/** 0, or what the caller should do next. Not an enum: its size is part of the interface. */
typedef uint32_t tkb_status;
#define TKB_OK 0u
#define TKB_INVALID_ARGUMENT 1u /**< Caller bug or bad setting. Never retry. */
#define TKB_MALFORMED 2u        /**< Untrusted bytes do not parse, or pass a limit. */
#define TKB_UNAUTHENTIC 3u      /**< Signature wrong or stale. */
#define TKB_CONFLICT 4u         /**< Same key, different content; or a lost lease. */
#define TKB_UNAVAILABLE 5u      /**< Not done. Retry with backoff. */
#define TKB_OUTCOME_UNKNOWN 6u  /**< Perhaps done. Retry only what is idempotent. */
#define TKB_CANCELLED 7u        /**< Deadline or stop; not done. */
#define TKB_UNSUPPORTED 8u      /**< This version or backend cannot. */
#define TKB_INTERNAL 9u         /**< Our bug, or out of memory. */

/** Bytes that somebody else owns. data may be NULL when size is 0. */
typedef struct tkb_bytes {
    const char *data;
    size_t size;
} tkb_bytes;

typedef struct tkb_error tkb_error;

TKB_API tkb_status tkb_error_status(const tkb_error *error);
/** Static text such as "outbox.fetch". */
TKB_API tkb_bytes tkb_error_operation(const tkb_error *error);
/** What and where, for logs; no secret, no payload. Lives as long as the error. */
TKB_API tkb_bytes tkb_error_detail(const tkb_error *error);
/** For a refused callback the reason's name ("bad_signature", ...; gateway/verdict.hpp); else empty. */
TKB_API tkb_bytes tkb_error_reason(const tkb_error *error);
TKB_API void tkb_error_destroy(tkb_error *error);
/** For a callback of yours to hand back. detail: what and where, for logs, at most 500 bytes are kept; no secret, no payload, no name of a
 *  customer. NULL when there is no memory: return the status alone. status is the callback's return value, if the two differ. */
TKB_API tkb_error *tkb_error_create(tkb_status status, tkb_bytes detail);

/** Bytes this library made. */
typedef struct tkb_buffer tkb_buffer;
TKB_API tkb_bytes tkb_buffer_bytes(const tkb_buffer *buffer);
TKB_API void tkb_buffer_destroy(tkb_buffer *buffer);
/** Puts a copy of bytes into a buffer that a callback of yours was given to fill, in place of what was there. */
TKB_API tkb_status tkb_buffer_set(tkb_buffer *buffer, tkb_bytes bytes, tkb_error **error_out);

/** The library's version as major * 10000 + minor * 100 + patch. */
TKB_API uint32_t tkb_version(void);

#ifdef __cplusplus
}
#endif
#endif
