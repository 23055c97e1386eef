/* A C99 program walks the whole way of a payment, with a clock, an object store and a mail system of its own: a signed callback becomes one event
 * in SQLite, the relay publishes it, the consumer mails the confirmation; a ticket is drawn, stored and mailed. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp */
#include <ticketbottle/c/consumer.h>
#include <ticketbottle/c/outbox.h>
#include <ticketbottle/c/sqlite.h>
#include <ticketbottle/c/webhook.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int failures = 0;

#define CHECK(condition)                                                        \
    do {                                                                        \
        if (!(condition)) {                                                     \
            printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);      \
            ++failures;                                                         \
        }                                                                       \
    } while (0)

static const int64_t now_ms = INT64_C(1763712000000);

/* What of ours was called, and what it was given. */
struct shop {
    int clock_reads;
    char event[4096]; /* the last one published, NUL-ended */
    int published;
    char object_key[256];
    char *object;
    size_t object_size;
    char object_type[64];
    int mails;
    char recipient[128];
    int disk_full;
    int destroyed;
};

static tkb_bytes text(const char *s) {
    tkb_bytes bytes;
    bytes.data = s;
    bytes.size = strlen(s);
    return bytes;
}
static int equals(tkb_bytes bytes, const char *s) { return bytes.size == strlen(s) && (bytes.size == 0 || memcmp(bytes.data, s, bytes.size) == 0); }
static void keep(char *place, size_t room, tkb_bytes bytes) {
    const size_t size = bytes.size < room ? bytes.size : room - 1;
    memcpy(place, bytes.data, size);
    place[size] = '\0';
}
static void told(tkb_error *error) {
    if (error != NULL) printf("error: %.*s\n", (int)tkb_error_detail(error).size, tkb_error_detail(error).data);
    tkb_error_destroy(error);
}

static void destroy(void *user_data) { ++((struct shop *)user_data)->destroyed; }

static int64_t read_clock(void *user_data) {
    ++((struct shop *)user_data)->clock_reads;
    return now_ms + 5000;
}

static tkb_status publish(void *user_data, const tkb_message *messages, size_t count, uint32_t timeout_ms, tkb_delivery_report *reports) {
    struct shop *shop = (struct shop *)user_data;
    size_t i;
    (void)timeout_ms;
    for (i = 0; i < count; ++i) {
        keep(shop->event, sizeof shop->event, messages[i].value);
        reports[i].delivery = TKB_DELIVERY_DELIVERED;
        ++shop->published;
    }
    return TKB_OK;
}

static tkb_status put(void *user_data, tkb_bytes key, const tkb_object_view *object, tkb_buffer *etag, uint32_t timeout_ms,
                      tkb_error **error_out) {
    struct shop *shop = (struct shop *)user_data;
    (void)timeout_ms;
    if (shop->disk_full) {
        *error_out = tkb_error_create(TKB_UNAVAILABLE, text("disk full"));
        return TKB_UNAVAILABLE;
    }
    free(shop->object);
    shop->object = (char *)malloc(object->bytes.size);
    if (shop->object == NULL) return TKB_UNAVAILABLE;
    memcpy(shop->object, object->bytes.data, object->bytes.size);
    shop->object_size = object->bytes.size;
    keep(shop->object_key, sizeof shop->object_key, key);
    keep(shop->object_type, sizeof shop->object_type, object->content_type);
    return tkb_buffer_set(etag, text("etag-1"), error_out);
}

static tkb_status get(void *user_data, tkb_bytes key, tkb_object *object, uint32_t timeout_ms, tkb_error **error_out) {
    struct shop *shop = (struct shop *)user_data;
    tkb_object_view view = TKB_OBJECT_VIEW_INIT;
    (void)timeout_ms;
    if (shop->object == NULL || !equals(key, shop->object_key)) return TKB_OK;
    view.bytes.data = shop->object;
    view.bytes.size = shop->object_size;
    view.content_type = text(shop->object_type);
    view.etag = text("etag-1");
    return tkb_object_set(object, &view, error_out);
}

static tkb_status take_away(void *user_data, tkb_bytes key, uint32_t timeout_ms, tkb_error **error_out) {
    struct shop *shop = (struct shop *)user_data;
    (void)timeout_ms;
    (void)error_out;
    if (equals(key, shop->object_key)) shop->object_key[0] = '\0';
    return TKB_OK;
}

static tkb_status send_mail(void *user_data, const tkb_mail *mail, uint32_t *receipt_out, uint32_t timeout_ms, tkb_error **error_out) {
    struct shop *shop = (struct shop *)user_data;
    (void)timeout_ms;
    (void)error_out;
    CHECK(mail->recipient_count == 1 && mail->message.size > 100 && mail->idempotency_key.size > 0);
    keep(shop->recipient, sizeof shop->recipient, mail->recipients[0]);
    *receipt_out = shop->mails++ < 2 ? TKB_MAIL_ACCEPTED : TKB_MAIL_ALREADY_ACCEPTED;
    return TKB_OK;
}

static tkb_payment payment(void) {
    tkb_payment made = TKB_PAYMENT_INIT;
    made.id = text("00000000-0000-4000-8000-000000000001");
    made.order_code = text("TB-1");
    made.amount_minor_units = 250000;
    made.currency = text("VND");
    made.provider = text("vnpay");
    made.provider_transaction_id = text("TB-1");
    made.idempotency_key = text("key-1");
    made.redirect_url = text("https://shop.example.com/return");
    made.payment_url = text("https://pay.example.com/1");
    made.metadata = text("{\"customer_email\":\"buyer@example.org\",\"event_name\":\"Live\"}");
    made.created_at_ms = made.updated_at_ms = now_ms;
    return made;
}

static void settles(const char *path, const tkb_clock *clock) {
    tkb_gateways *gateways = NULL;
    tkb_payment_store *store = NULL;
    tkb_webhook *webhook = NULL;
    tkb_error *error = NULL;
    tkb_test_notification paid = TKB_TEST_NOTIFICATION_INIT;
    tkb_owned_request *owned = NULL;
    tkb_request request = TKB_REQUEST_INIT;
    tkb_handled handled = TKB_HANDLED_INIT;
    tkb_payment row = payment();

    CHECK(tkb_gateways_create(&gateways, NULL) == TKB_OK);
    CHECK(tkb_gateways_set(gateways, TKB_GATEWAY_VNPAY, text("tmn_code"), text("EXAMPLE1"), NULL) == TKB_OK);
    CHECK(tkb_gateways_set(gateways, TKB_GATEWAY_VNPAY, text("hash_secret"), text("vnpay-example-secret"), NULL) == TKB_OK);
    CHECK(tkb_sqlite_payment_store_open(text(path), 5000u, &store, &error) == TKB_OK);
    CHECK(tkb_payment_open(store, &row, 5000u, &error) == TKB_OK);
    CHECK(tkb_payment_open(store, &row, 5000u, &error) == TKB_OK); /* a retry */
    row.amount_minor_units = 1;
    CHECK(tkb_payment_open(store, &row, 5000u, &error) == TKB_CONFLICT);
    tkb_error_destroy(error);
    error = NULL;

    CHECK(tkb_webhook_create(gateways, store, clock, &webhook, &error) == TKB_OK);
    paid.amount_minor_units = 250000;
    paid.order_id = text("TB-1");
    paid.transaction_id = text("14226101");
    CHECK(tkb_sign(gateways, TKB_GATEWAY_VNPAY, &paid, now_ms, &owned, &error) == TKB_OK);
    CHECK(tkb_owned_request_view(owned, &request, NULL) == TKB_OK);

    CHECK(tkb_webhook_handle(webhook, &request, 5000u, &handled, &error) == TKB_OK);
    CHECK(handled.http_status == 200 && handled.situation == TKB_SITUATION_APPLIED && handled.has_gateway == 1);
    CHECK(handled.before == TKB_PAYMENT_PENDING && handled.after == TKB_PAYMENT_COMPLETED);
    CHECK(equals(handled.payment_id, "00000000-0000-4000-8000-000000000001") && handled.outbox_id.size == 36);
    CHECK(equals(handled.content_type, "application/json") && handled.body.size > 0);
    CHECK(tkb_webhook_handle(webhook, &request, 5000u, &handled, &error) == TKB_OK);
    CHECK(handled.situation == TKB_SITUATION_DUPLICATE && handled.outbox_id.size == 0);

    request.query.size -= 1; /* a letter of the signature is gone */
    CHECK(tkb_webhook_handle(webhook, &request, 5000u, &handled, &error) == TKB_OK);
    CHECK(handled.situation == TKB_SITUATION_BAD_SIGNATURE && equals(handled.reason, "bad_signature") && handled.outbox_id.size == 0);
    request.path = text("/no/such/way");
    request.query = text("");
    CHECK(tkb_webhook_handle(webhook, &request, 5000u, &handled, &error) == TKB_OK);
    CHECK(handled.http_status == 404 && handled.has_gateway == 0);
    CHECK(tkb_webhook_handle(webhook, NULL, 5000u, &handled, NULL) == TKB_INVALID_ARGUMENT && handled.http_status == 0);

    told(error);
    tkb_webhook_destroy(webhook);
    tkb_owned_request_destroy(owned);
    tkb_payment_store_destroy(store);
    tkb_gateways_destroy(gateways);
}

static void relays(const char *path, struct shop *shop) {
    tkb_transport_vtable vtable = TKB_TRANSPORT_VTABLE_INIT;
    tkb_outbox_store *store = NULL;
    tkb_relay *relay = NULL;
    tkb_error *error = NULL;
    vtable.publish = publish;
    CHECK(tkb_sqlite_outbox_store_open(text(path), 5000u, &store, &error) == TKB_OK);
    CHECK(tkb_relay_create(NULL, store, &vtable, shop, &relay, &error) == TKB_OK);
    CHECK(tkb_relay_run_once(relay, 5000u, NULL, &error) == TKB_OK);
    CHECK(shop->published == 1 && strstr(shop->event, "\"order_code\":\"TB-1\"") != NULL);
    told(error);
    tkb_relay_destroy(relay);
    tkb_outbox_store_destroy(store);
}

static void consumes(struct shop *shop) {
    static const char *ticket =
        "{\"ticket_id\":\"TK-1\",\"order_code\":\"TB-1\",\"event_id\":\"EV-1\",\"event_name\":\"Live\",\"event_date\":\"2026-12-24T12:00:00Z\","
        "\"event_venue\":\"Hall\",\"ticket_type\":\"VIP\",\"customer_name\":\"An\",\"customer_email\":\"buyer@example.org\","
        "\"qr_code_data\":\"code-1\",\"issued_at\":\"2026-11-21T08:00:00Z\"}";
    tkb_object_store_vtable objects = TKB_OBJECT_STORE_VTABLE_INIT;
    tkb_mail_transport_vtable mails = TKB_MAIL_TRANSPORT_VTABLE_INIT;
    tkb_ticket_options drawing = TKB_TICKET_OPTIONS_INIT;
    tkb_consumer_options options = TKB_CONSUMER_OPTIONS_INIT;
    tkb_consumed consumed = TKB_CONSUMED_INIT;
    tkb_object_store *store = NULL;
    tkb_mail_transport *transport = NULL;
    tkb_ticket_renderer *renderer = NULL;
    tkb_consumer *consumer = NULL;
    tkb_error *error = NULL;

    CHECK(tkb_object_store_create(&objects, shop, &store, NULL) == TKB_INVALID_ARGUMENT && store == NULL); /* nothing in it */
    objects.put = put;
    objects.get = get;
    objects.remove = take_away;
    objects.destroy = destroy;
    mails.send = send_mail;
    mails.destroy = destroy;
    drawing.qr_base_url = options.qr_base_url = text("https://tickets.example.com/check");
    CHECK(tkb_object_store_create(&objects, shop, &store, &error) == TKB_OK);
    CHECK(tkb_mail_transport_create(&mails, shop, &transport, &error) == TKB_OK);
    CHECK(tkb_ticket_renderer_create(&drawing, &renderer, &error) == TKB_OK);
    CHECK(tkb_consumer_create(&options, renderer, store, transport, &consumer, &error) == TKB_INVALID_ARGUMENT); /* from whom? */
    tkb_error_destroy(error);
    error = NULL;
    options.mail_from_address = text("tickets@example.com");
    CHECK(tkb_consumer_create(&options, renderer, store, transport, &consumer, &error) == TKB_OK);

    CHECK(tkb_consumer_handle(consumer, text(shop->event), text("PAYMENT_COMPLETED"), 5000u, &consumed, &error) == TKB_OK);
    CHECK(consumed.mails_accepted == 1 && shop->mails == 1 && strcmp(shop->recipient, "buyer@example.org") == 0);

    shop->disk_full = 1;
    CHECK(tkb_consumer_handle(consumer, text(ticket), text("TICKET_ISSUED"), 20000u, &consumed, &error) == TKB_UNAVAILABLE);
    CHECK(consumed.tickets_stored == 0 && shop->mails == 1 && equals(tkb_error_operation(error), "host.object.put"));
    CHECK(equals(tkb_error_detail(error), "disk full"));
    tkb_error_destroy(error);
    error = NULL;
    shop->disk_full = 0;
    CHECK(tkb_consumer_handle(consumer, text(ticket), text("TICKET_ISSUED"), 20000u, &consumed, &error) == TKB_OK);
    CHECK(consumed.tickets_stored == 1 && consumed.mails_accepted == 1);
    CHECK(strcmp(shop->object_key, "tickets/TB-1/TK-1.pdf") == 0 && strcmp(shop->object_type, "application/pdf") == 0);
    CHECK(shop->object_size > 1000 && memcmp(shop->object, "%PDF-", 5) == 0);
    CHECK(tkb_consumer_handle(consumer, text(ticket), text("TICKET_ISSUED"), 20000u, &consumed, &error) == TKB_OK); /* delivered again */
    CHECK(consumed.mails_repeated == 1 && consumed.mails_accepted == 0);
    CHECK(tkb_consumer_handle(consumer, text("{}"), text("TICKET_ISSUED"), 5000u, NULL, NULL) == TKB_MALFORMED);

    told(error);
    tkb_consumer_destroy(consumer);
    tkb_ticket_renderer_destroy(renderer);
    CHECK(shop->destroyed == 0);
    tkb_object_store_destroy(store);
    tkb_mail_transport_destroy(transport);
    CHECK(shop->destroyed == 2);
}

int main(void) {
    static struct shop shop;
    tkb_clock_vtable vtable = TKB_CLOCK_VTABLE_INIT;
    tkb_clock *clock = NULL;
    char folder[] = "/tmp/ticketbottle-c99-XXXXXX";
    char path[64];
    const char *endings[] = {"", "-wal", "-shm"};
    size_t i;

    CHECK(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%s/shop.db", folder);
    vtable.now_ms = read_clock;
    CHECK(tkb_clock_create(&vtable, &shop, &clock, NULL) == TKB_OK);
    settles(path, clock);
    CHECK(shop.clock_reads > 0);
    tkb_clock_destroy(clock);
    relays(path, &shop);
    consumes(&shop);
    free(shop.object);
    for (i = 0; i < 3; ++i) {
        (void)snprintf(path, sizeof path, "%s/shop.db%s", folder, endings[i]);
        (void)unlink(path);
    }
    CHECK(rmdir(folder) == 0);
    printf("%s\n", failures == 0 ? "all passed" : "some failed");
    return failures == 0 ? 0 : 1;
}
