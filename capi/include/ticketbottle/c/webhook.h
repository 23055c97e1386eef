/** \file
 * The way of one callback, over a payment store: verified, settled once, answered in the gateway's words. See base.h for the rules and
 * webhook/handler.hpp for what it promises.
 */
#ifndef TICKETBOTTLE_C_WEBHOOK_H
#define TICKETBOTTLE_C_WEBHOOK_H

#include <ticketbottle/c/clock.h>
#include <ticketbottle/c/payment_store.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Opens a payment: it must be there before its callback comes. Safe to repeat. Errors: TKB_CONFLICT (a unique value is taken by a different
 *  payment), TKB_INVALID_ARGUMENT, and the store's. */
TKB_API tkb_status tkb_payment_open(tkb_payment_store *store, const tkb_payment *payment, uint32_t timeout_ms, tkb_error **error_out);

/** How a callback ended. Views are good until the next call on the webhook, or its end. */
typedef struct tkb_handled {
    uint32_t struct_size;
    int32_t http_status;
    tkb_bytes content_type; /**< Empty when there is no body. */
    tkb_bytes body;
    tkb_situation situation;
    uint32_t has_gateway;   /**< 0: no gateway recognised, and `gateway` says nothing. */
    tkb_gateway gateway;
    uint32_t refusal;       /**< tkb_refusal_name. */
    tkb_bytes reason;       /**< Why it was not genuine ("bad_signature", ...), else empty. */
    tkb_bytes payment_id;   /**< Empty when no payment was found. */
    tkb_payment_status before;
    tkb_payment_status after;
    tkb_bytes outbox_id;    /**< Of the event written; empty if none. */
} tkb_handled;
#define TKB_HANDLED_INIT                                                                                                           \
    {(uint32_t)sizeof(tkb_handled), 0, {NULL, 0}, {NULL, 0}, 0u, 0u, 0u, 0u, {NULL, 0}, {NULL, 0}, 0u, 0u, {NULL, 0}}

typedef struct tkb_webhook tkb_webhook;
/** gateways, store and clock (NULL: the system's) are borrowed and must outlive it. A store is used by one webhook at a time. */
TKB_API tkb_status tkb_webhook_create(const tkb_gateways *gateways, tkb_payment_store *store, const tkb_clock *clock,
                                      tkb_webhook **webhook_out, tkb_error **error_out);
/** A callback that is refused, or that the store could not settle, is not an error here: handled_out has the answer to send all the same.
 *  Errors: TKB_INVALID_ARGUMENT (the request's struct). */
TKB_API tkb_status tkb_webhook_handle(tkb_webhook *webhook, const tkb_request *request, uint32_t timeout_ms, tkb_handled *handled_out,
                                      tkb_error **error_out);
TKB_API void tkb_webhook_destroy(tkb_webhook *webhook);

#ifdef __cplusplus
}
#endif
#endif
