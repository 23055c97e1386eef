/** \file
 * Ticket PDFs, libticketbottle_c_ticket. See base.h for the rules and ticket/ticket.hpp for the renderer.
 */
#ifndef TICKETBOTTLE_C_TICKET_H
#define TICKETBOTTLE_C_TICKET_H

#include <ticketbottle/c/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t tkb_language;
#define TKB_LANGUAGE_VI 0u
#define TKB_LANGUAGE_EN 1u

typedef struct tkb_ticket_options {
    uint32_t struct_size;
    uint32_t reserved;       /**< Zero. */
    tkb_bytes font_regular;  /**< Path of a TrueType file; empty: DejaVu Sans, where the system has it. */
    tkb_bytes font_bold;     /**< Likewise. */
    tkb_bytes brand;         /**< Empty: "TicketBottle". */
    tkb_bytes qr_base_url;   /**< Required. */
    tkb_bytes zone;          /**< IANA name; empty: "Asia/Ho_Chi_Minh". */
} tkb_ticket_options;
#define TKB_TICKET_OPTIONS_INIT {(uint32_t)sizeof(tkb_ticket_options), 0u, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}}

/** Immutable: render may be called from several threads at once. */
typedef struct tkb_ticket_renderer tkb_ticket_renderer;
TKB_API tkb_status tkb_ticket_renderer_create(const tkb_ticket_options *options, tkb_ticket_renderer **renderer_out, tkb_error **error_out);
/** ticket: a TICKET_ISSUED event's JSON. Errors: TKB_MALFORMED naming the member, TKB_UNSUPPORTED naming a letter no font has. */
TKB_API tkb_status tkb_ticket_render(const tkb_ticket_renderer *renderer, tkb_bytes ticket, tkb_language language, tkb_buffer **pdf_out,
                                     tkb_error **error_out);
TKB_API void tkb_ticket_renderer_destroy(tkb_ticket_renderer *renderer);

#ifdef __cplusplus
}
#endif
#endif
