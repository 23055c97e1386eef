/* An outbox store as a C host would write one, over an array instead of a database. */
#ifndef TESTS_CAPI_HOST_OUTBOX_H
#define TESTS_CAPI_HOST_OUTBOX_H

#include <ticketbottle/c/outbox_store.h>

struct host_row {
    char id[40];
    const char *key;
    const char *payload;
    uint32_t attempts;
    int published;
    int dead;
};

struct host_outbox {
    struct host_row rows[4];
    size_t count;
    char owner[64];   /* "" : nobody leads */
    uint64_t epoch;
    int out_of_reach; /* every call fails, saying why */
    int destroyed;
};

void host_outbox_put(struct host_outbox *outbox, const char *id, const char *key, const char *payload);
tkb_outbox_store_vtable host_outbox_vtable(void);

#endif
