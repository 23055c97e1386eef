#include "host_outbox.h"

#include <stdio.h>
#include <string.h>

static tkb_bytes text(const char *s) {
    tkb_bytes bytes;
    bytes.data = s;
    bytes.size = strlen(s);
    return bytes;
}
static int equals(tkb_bytes bytes, const char *s) { return bytes.size == strlen(s) && memcmp(bytes.data, s, bytes.size) == 0; }

static tkb_status failed(tkb_error **error_out, tkb_status status, const char *why) {
    *error_out = tkb_error_create(status, text(why));
    return status;
}

static int holds(const struct host_outbox *outbox, tkb_bytes owner, uint64_t epoch) {
    return outbox->epoch == epoch && outbox->owner[0] != '\0' && equals(owner, outbox->owner);
}

void host_outbox_put(struct host_outbox *outbox, const char *id, const char *key, const char *payload) {
    struct host_row *row = &outbox->rows[outbox->count++];
    memset(row, 0, sizeof *row);
    (void)snprintf(row->id, sizeof row->id, "%s", id);
    row->key = key;
    row->payload = payload;
}

static tkb_status acquire(void *user_data, tkb_bytes owner, int64_t ttl_ms, uint64_t *epoch_out, uint32_t timeout_ms, tkb_error **error_out) {
    struct host_outbox *outbox = (struct host_outbox *)user_data;
    (void)ttl_ms;
    (void)timeout_ms;
    if (outbox->out_of_reach) return failed(error_out, TKB_UNAVAILABLE, "the host's database is away");
    if (outbox->owner[0] != '\0' && !equals(owner, outbox->owner)) return TKB_OK;
    if (owner.size >= sizeof outbox->owner) return TKB_INVALID_ARGUMENT;
    if (outbox->owner[0] == '\0') ++outbox->epoch;
    memcpy(outbox->owner, owner.data, owner.size);
    outbox->owner[owner.size] = '\0';
    *epoch_out = outbox->epoch;
    return TKB_OK;
}

static tkb_status release(void *user_data, tkb_bytes owner, uint64_t epoch, uint32_t timeout_ms, tkb_error **error_out) {
    struct host_outbox *outbox = (struct host_outbox *)user_data;
    (void)timeout_ms;
    (void)error_out;
    if (holds(outbox, owner, epoch)) outbox->owner[0] = '\0';
    return TKB_OK;
}

static tkb_status fetch(void *user_data, tkb_bytes owner, uint64_t epoch, uint32_t rows_max, tkb_outbox_page *page, uint32_t timeout_ms,
                        tkb_error **error_out) {
    struct host_outbox *outbox = (struct host_outbox *)user_data;
    size_t i;
    uint32_t given = 0;
    (void)timeout_ms;
    if (!holds(outbox, owner, epoch)) return failed(error_out, TKB_CONFLICT, "the lease is lost");
    for (i = 0; i < outbox->count && given < rows_max; ++i) {
        const struct host_row *row = &outbox->rows[i];
        tkb_outbox_row view = TKB_OUTBOX_ROW_INIT;
        tkb_status status;
        if (row->published || row->dead) continue;
        view.attempts = row->attempts;
        view.id = text(row->id);
        view.aggregate_id = text(row->key);
        view.aggregate_type = text("Payment");
        view.event_type = text("PAYMENT_COMPLETED");
        view.payload = text(row->payload);
        view.created_at_ms = INT64_C(1763712000000);
        status = tkb_outbox_page_add(page, &view, error_out);
        if (status != TKB_OK) return status;
        ++given;
    }
    return TKB_OK;
}

static tkb_status settle(void *user_data, tkb_bytes owner, uint64_t epoch, int64_t ttl_ms, const tkb_row_settlement *rows, size_t count,
                         uint32_t timeout_ms, tkb_error **error_out) {
    struct host_outbox *outbox = (struct host_outbox *)user_data;
    size_t i, j;
    (void)ttl_ms;
    (void)timeout_ms;
    if (!holds(outbox, owner, epoch)) return failed(error_out, TKB_CONFLICT, "the lease is lost");
    for (i = 0; i < count; ++i) {
        for (j = 0; j < outbox->count; ++j) {
            struct host_row *row = &outbox->rows[j];
            if (!equals(rows[i].id, row->id)) continue;
            if (rows[i].what == TKB_SETTLE_PUBLISHED) row->published = 1;
            else ++row->attempts;
            if (rows[i].what == TKB_SETTLE_DEAD) row->dead = 1;
        }
    }
    return TKB_OK;
}

static void destroy(void *user_data) { ++((struct host_outbox *)user_data)->destroyed; }

tkb_outbox_store_vtable host_outbox_vtable(void) {
    tkb_outbox_store_vtable table = TKB_OUTBOX_STORE_VTABLE_INIT;
    table.acquire = acquire;
    table.release = release;
    table.fetch = fetch;
    table.settle = settle;
    table.destroy = destroy;
    return table;
}
