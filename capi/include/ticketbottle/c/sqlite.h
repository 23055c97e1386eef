/** \file
 * The SQLite stores, libticketbottle_c_sqlite. See base.h for the rules and sqlite/sqlite.hpp for the stores. One file holds both: payments and the events written with them.
 */
#ifndef TICKETBOTTLE_C_SQLITE_H
#define TICKETBOTTLE_C_SQLITE_H

#include <ticketbottle/c/outbox_store.h>
#include <ticketbottle/c/payment_store.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Opens or makes the file and its tables. Free with tkb_outbox_store_destroy. */
TKB_API tkb_status tkb_sqlite_outbox_store_open(tkb_bytes path, uint32_t timeout_ms, tkb_outbox_store **store_out, tkb_error **error_out);
/** Likewise. Free with tkb_payment_store_destroy. */
TKB_API tkb_status tkb_sqlite_payment_store_open(tkb_bytes path, uint32_t timeout_ms, tkb_payment_store **store_out, tkb_error **error_out);

#ifdef __cplusplus
}
#endif
#endif
