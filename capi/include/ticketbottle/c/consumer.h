/** \file
 * What happens after an event was published: tickets are drawn and stored, mails are sent; libticketbottle_c_ticket. See base.h for the
 * rules and consumer/consumer.hpp for what it promises. Every step may be repeated.
 */
#ifndef TICKETBOTTLE_C_CONSUMER_H
#define TICKETBOTTLE_C_CONSUMER_H

#include <ticketbottle/c/mail_transport.h>
#include <ticketbottle/c/object_store.h>
#include <ticketbottle/c/ticket.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tkb_consumer_options {
    uint32_t struct_size;
    tkb_language mail_language;      /**< TKB_LANGUAGE_*. */
    tkb_bytes mail_from_address;     /**< Required. */
    tkb_bytes mail_from_name;        /**< Empty: none. */
    tkb_bytes brand;                 /**< Empty: "TicketBottle". */
    tkb_bytes qr_base_url;           /**< Required; the renderer's. */
    tkb_bytes link_base;             /**< Where stored objects can be had; empty: no link. */
    uint32_t leave_out_confirmation; /**< 1: PAYMENT_COMPLETED sends no confirmation. */
    uint32_t leave_out_tickets;      /**< 1: the tickets inside a PAYMENT_COMPLETED are not issued (TICKET_ISSUED events are). */
} tkb_consumer_options;
#define TKB_CONSUMER_OPTIONS_INIT \
    {(uint32_t)sizeof(tkb_consumer_options), TKB_LANGUAGE_EN, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, 0u, 0u}

typedef struct tkb_consumed {
    uint32_t struct_size;
    uint32_t tickets_stored;
    uint32_t mails_accepted;
    uint32_t mails_repeated; /**< Accepted before: a redelivery. */
    uint32_t mails_skipped;  /**< Without an address. */
} tkb_consumed;
#define TKB_CONSUMED_INIT {(uint32_t)sizeof(tkb_consumed), 0u, 0u, 0u, 0u}

typedef struct tkb_consumer tkb_consumer;
/** The renderer is shared; store and transport are borrowed, must outlive it, and are used by one consumer at a time. */
TKB_API tkb_status tkb_consumer_create(const tkb_consumer_options *options, const tkb_ticket_renderer *renderer, tkb_object_store *store,
                                       tkb_mail_transport *transport, tkb_consumer **consumer_out, tkb_error **error_out);
/** body: the event, or a queue's wrapping of it; type: what stands beside it, or empty. TKB_UNAVAILABLE, TKB_OUTCOME_UNKNOWN, TKB_CANCELLED:
 *  deliver it again later. Every other error: it never succeeds as it is, put it aside and alert. consumed_out may be NULL. */
TKB_API tkb_status tkb_consumer_handle(tkb_consumer *consumer, tkb_bytes body, tkb_bytes type, uint32_t timeout_ms, tkb_consumed *consumed_out,
                                       tkb_error **error_out);
TKB_API void tkb_consumer_destroy(tkb_consumer *consumer);

#ifdef __cplusplus
}
#endif
#endif
