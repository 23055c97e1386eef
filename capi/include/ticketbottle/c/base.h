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

/** Bytes this library made. */
typedef struct tkb_buffer tkb_buffer;
TKB_API tkb_bytes tkb_buffer_bytes(const tkb_buffer *buffer);
TKB_API void tkb_buffer_destroy(tkb_buffer *buffer);

/** The library's version as major * 10000 + minor * 100 + patch. */
TKB_API uint32_t tkb_version(void);

#ifdef __cplusplus
}
#endif
#endif
