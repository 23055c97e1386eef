/** \file
 * A mail system of yours. See base.h for the rules and ports/mail_transport.hpp for what it must do:
 * tests/conformance/mail_transport.hpp proves it.
 */
#ifndef TICKETBOTTLE_C_MAIL_TRANSPORT_H
#define TICKETBOTTLE_C_MAIL_TRANSPORT_H

#include <ticketbottle/c/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A finished mail. Its rules (addresses, line ends, sizes) were checked before. */
typedef struct tkb_mail {
    uint32_t struct_size;
    uint32_t reserved;
    tkb_bytes sender;             /**< Of the envelope. */
    const tkb_bytes *recipients;  /**< Of the envelope, 1..50. */
    size_t recipient_count;
    tkb_bytes message;            /**< RFC 5322, CRLF line ends. */
    tkb_bytes idempotency_key;    /**< 1..255 bytes of any kind: the same key is accepted once. */
} tkb_mail;

#define TKB_MAIL_ACCEPTED 0u
#define TKB_MAIL_ALREADY_ACCEPTED 1u

typedef struct tkb_mail_transport_vtable {
    uint32_t struct_size;
    uint32_t reserved; /**< Zero. */
    /** Required. *receipt_out: TKB_MAIL_ACCEPTED at entry. */
    tkb_status (*send)(void *user_data, const tkb_mail *mail, uint32_t *receipt_out, uint32_t timeout_ms, tkb_error **error_out);
    void (*destroy)(void *user_data);
} tkb_mail_transport_vtable;
#define TKB_MAIL_TRANSPORT_VTABLE_INIT {(uint32_t)sizeof(tkb_mail_transport_vtable), 0u, NULL, NULL}

typedef struct tkb_mail_transport tkb_mail_transport;
/** Errors: TKB_INVALID_ARGUMENT (a required function is NULL). */
TKB_API tkb_status tkb_mail_transport_create(const tkb_mail_transport_vtable *vtable, void *user_data, tkb_mail_transport **transport_out,
                                             tkb_error **error_out);
TKB_API void tkb_mail_transport_destroy(tkb_mail_transport *transport);

#ifdef __cplusplus
}
#endif
#endif
