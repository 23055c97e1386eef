#define _DEFAULT_SOURCE /* mkdtemp */

/* The spine through C99: sign, route, verify, read, answer; refuse a forgery; write an outbox row; relay it through a transport of ours; draw a ticket. */
#include "host_outbox.h"

#include <ticketbottle/c/clock.h>
#include <ticketbottle/c/gateway.h>
#include <ticketbottle/c/mail_transport.h>
#include <ticketbottle/c/object_store.h>
#include <ticketbottle/c/outbox.h>
#include <ticketbottle/c/payment_store.h>
#include <ticketbottle/c/sqlite.h>
#include <ticketbottle/c/ticket.h>

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

static tkb_bytes text(const char *s) {
    tkb_bytes bytes;
    bytes.data = s;
    bytes.size = strlen(s);
    return bytes;
}

static int equals(tkb_bytes bytes, const char *s) { return bytes.size == strlen(s) && (bytes.size == 0 || memcmp(bytes.data, s, bytes.size) == 0); }

static void set(tkb_gateways *gateways, tkb_gateway gateway, const char *name, const char *value) {
    tkb_error *error = NULL;
    const tkb_status status = tkb_gateways_set(gateways, gateway, text(name), text(value), &error);
    if (status != TKB_OK) printf("set %s: %.*s\n", name, (int)tkb_error_detail(error).size, tkb_error_detail(error).data);
    CHECK(status == TKB_OK);
    tkb_error_destroy(error);
}

static tkb_gateways *configured(void) {
    tkb_gateways *gateways = NULL;
    CHECK(tkb_gateways_create(&gateways, NULL) == TKB_OK);
    set(gateways, TKB_GATEWAY_ZALOPAY, "app_id", "990001");
    set(gateways, TKB_GATEWAY_ZALOPAY, "key2", "zalopay-new-example-key");
    set(gateways, TKB_GATEWAY_ZALOPAY, "key2", "zalopay-old-example-key");
    set(gateways, TKB_GATEWAY_PAYOS, "checksum_key", "payos-example-key");
    set(gateways, TKB_GATEWAY_VNPAY, "tmn_code", "EXAMPLE1");
    set(gateways, TKB_GATEWAY_VNPAY, "hash_secret", "vnpay-example-secret");
    set(gateways, TKB_GATEWAY_STRIPE, "endpoint_secret", "whsec_example");
    set(gateways, TKB_GATEWAY_STRIPE_EVENTBRIDGE, "source", "aws.partner/stripe.com/ed_test_example");
    set(gateways, TKB_GATEWAY_STRIPE_EVENTBRIDGE, "account", "111122223333");
    set(gateways, TKB_GATEWAY_MOMO, "partner_code", "MOMOEXAMPLE");
    set(gateways, TKB_GATEWAY_MOMO, "access_key", "momo-access-example");
    set(gateways, TKB_GATEWAY_MOMO, "secret_key", "momo-secret-example");
    set(gateways, TKB_GATEWAY_STANDARD_WEBHOOKS, "secret", "whsec_ZXhhbXBsZS1leGFtcGxlLWV4YW1wbGUtMDAwMQ==");
    return gateways;
}

static void verifies_and_answers(const tkb_gateways *gateways, tkb_gateway gateway, const char *order, const char *link) {
    const int64_t now = INT64_C(1763712000000);
    tkb_test_notification paid = TKB_TEST_NOTIFICATION_INIT;
    tkb_owned_request *owned = NULL;
    tkb_request request = TKB_REQUEST_INIT;
    tkb_notification *notification = NULL;
    tkb_notification_view view = TKB_NOTIFICATION_VIEW_INIT;
    tkb_error *error = NULL;
    tkb_gateway routed = 99;
    tkb_buffer *body = NULL;
    tkb_bytes type;
    int32_t http = 0;
    char *forged;

    paid.amount_minor_units = 250000;
    paid.order_id = text(order);
    paid.link_id = text(link);
    paid.transaction_id = text(gateway == TKB_GATEWAY_STRIPE || gateway == TKB_GATEWAY_STRIPE_EVENTBRIDGE ? "pi_1" : "251121000000001");
    paid.event_id = text("evt_1");
    if (tkb_sign(gateways, gateway, &paid, now, &owned, &error) != TKB_OK) {
        printf("sign %u: %.*s\n", gateway, (int)tkb_error_detail(error).size, tkb_error_detail(error).data);
        tkb_error_destroy(error);
        ++failures;
        return;
    }
    CHECK(tkb_owned_request_view(owned, &request, NULL) == TKB_OK);
    CHECK(tkb_route(&request, &routed, NULL) == TKB_OK && routed == gateway);
    CHECK(tkb_verify(gateways, gateway, &request, now, &notification, &error) == TKB_OK);
    if (notification == NULL) {
        printf("verify %u: %.*s\n", gateway, (int)tkb_error_detail(error).size, tkb_error_detail(error).data);
    } else {
        CHECK(tkb_notification_get(notification, &view, NULL) == TKB_OK);
        CHECK(view.status == TKB_NOTIFIED_SUCCEEDED && view.gateway == gateway);
        CHECK(view.has_amount == 1 && view.amount_minor_units == 250000 && equals(view.currency, "VND"));
        CHECK(equals(view.order_id, order) && view.dedup_key.size > 0);
    }
    tkb_notification_destroy(notification);
    tkb_error_destroy(error);
    error = NULL;

    CHECK(tkb_reply(gateway, TKB_SITUATION_APPLIED, &http, &type, &body, NULL) == TKB_OK);
    CHECK(http == 200 || (http == 204 && tkb_buffer_bytes(body).size == 0));
    tkb_buffer_destroy(body);

    /* One changed bit: never accepted, and the reply asks for no trust. */
    if (gateway != TKB_GATEWAY_STRIPE_EVENTBRIDGE) { /* which carries no signature */
        const tkb_bytes whole = request.body.size != 0 ? request.body : request.query;
        const char *amount = strstr(whole.data, "250000");
        CHECK(amount != NULL);
        forged = (char *)malloc(whole.size);
        if (amount != NULL && forged != NULL) {
            memcpy(forged, whole.data, whole.size);
            forged[amount - whole.data] = '9';
            if (request.body.size != 0) request.body.data = forged;
            else request.query.data = forged;
            CHECK(tkb_verify(gateways, gateway, &request, now, &notification, &error) == TKB_UNAUTHENTIC);
            CHECK(notification == NULL);
            CHECK(equals(tkb_error_reason(error), "bad_signature"));
            CHECK(tkb_situation_of(error) == TKB_SITUATION_BAD_SIGNATURE);
            tkb_error_destroy(error);
        }
        free(forged);
    }
    tkb_owned_request_destroy(owned);
}

struct sink {
    int published;
    int destroyed;
    int refuse;
    char last_key[64];
};

static tkb_status sink_publish(void *user_data, const tkb_message *messages, size_t count, uint32_t timeout_ms, tkb_delivery_report *reports) {
    struct sink *sink = (struct sink *)user_data;
    size_t i;
    (void)timeout_ms;
    if (sink->refuse) return TKB_UNAVAILABLE;
    for (i = 0; i < count; ++i) {
        if (messages[i].key.size < sizeof sink->last_key) {
            memcpy(sink->last_key, messages[i].key.data, messages[i].key.size);
            sink->last_key[messages[i].key.size] = '\0';
        }
        CHECK(equals(messages[i].topic, "payment.completed"));
        CHECK(messages[i].header_count >= 7);
        reports[i].delivery = TKB_DELIVERY_DELIVERED;
        ++sink->published;
    }
    return TKB_OK;
}
static void sink_destroy(void *user_data) { ++((struct sink *)user_data)->destroyed; }

static tkb_outbox_event event(void) {
    tkb_outbox_event made = TKB_OUTBOX_EVENT_INIT;
    made.aggregate_id = text("payment-1");
    made.event_type = text("PAYMENT_COMPLETED");
    made.payload = text("{\"payment_id\":\"payment-1\"}");
    made.created_at_ms = INT64_C(1763712000000);
    return made;
}

static void writes_a_statement(void) {
    tkb_outbox_event made = event();
    tkb_statement *statement = NULL;
    tkb_error *error = NULL;
    tkb_bytes none = {NULL, 0};
    CHECK(tkb_outbox_insert_statement(&made, TKB_DIALECT_POSTGRESQL, none, &statement, &error) == TKB_OK);
    CHECK(tkb_statement_parameter_count(statement) == 6);
    CHECK(tkb_statement_id(statement).size == 36);
    CHECK(tkb_statement_parameter(statement, 999).size == 0);
    tkb_statement_destroy(statement);
    made.payload = text("{not json");
    CHECK(tkb_outbox_insert_statement(&made, TKB_DIALECT_MARIADB, none, &statement, &error) == TKB_INVALID_ARGUMENT);
    CHECK(statement == NULL && tkb_error_detail(error).size > 0);
    tkb_error_destroy(error);
    CHECK(tkb_outbox_insert_statement(&made, 77u, none, &statement, NULL) == TKB_INVALID_ARGUMENT);
}

static void relays(tkb_outbox_store *store, int expected) {
    tkb_relay_options options = TKB_RELAY_OPTIONS_INIT;
    tkb_transport_vtable vtable = TKB_TRANSPORT_VTABLE_INIT;
    tkb_relay_report report = TKB_RELAY_REPORT_INIT;
    tkb_relay *relay = NULL;
    tkb_error *error = NULL;
    struct sink sink = {0, 0, 1, ""};

    CHECK(tkb_relay_create(&options, store, &vtable, &sink, &relay, &error) == TKB_INVALID_ARGUMENT); /* no publish */
    CHECK(relay == NULL && sink.destroyed == 0);
    tkb_error_destroy(error);
    error = NULL;

    vtable.publish = sink_publish;
    vtable.destroy = sink_destroy;
    CHECK(tkb_relay_create(&options, store, &vtable, &sink, &relay, &error) == TKB_OK);
    if (expected > 0) { /* closed way: nothing is lost, no attempt is burned */
        CHECK(tkb_relay_run_once(relay, 300u, &report, &error) == TKB_UNAVAILABLE);
        CHECK(report.published == 0 && report.retried == 0 && report.dead == 0);
        tkb_error_destroy(error);
        error = NULL;
    }
    sink.refuse = 0;
    CHECK(tkb_relay_run_once(relay, 5000u, &report, &error) == TKB_OK);
    CHECK((int)report.published == expected && sink.published == expected);
    tkb_relay_stop(relay);
    CHECK(tkb_relay_run_once(relay, 1000u, NULL, &error) == TKB_CANCELLED);
    tkb_error_destroy(error);
    tkb_relay_destroy(relay);
    CHECK(sink.destroyed == 1);
}

/* The relay publishes from a store of the host's own, and says in the host's words why it could not. */
static void relays_from_a_store_of_ours(void) {
    static struct host_outbox outbox;
    const tkb_outbox_store_vtable vtable = host_outbox_vtable();
    tkb_transport_vtable transport = TKB_TRANSPORT_VTABLE_INIT;
    struct sink sink = {0, 0, 0, ""};
    tkb_outbox_store *store = NULL;
    tkb_relay *relay = NULL;
    tkb_error *error = NULL;

    host_outbox_put(&outbox, "00000000-0000-4000-8000-000000000001", "payment-1", "{\"n\":1}");
    CHECK(tkb_outbox_store_create(&vtable, &outbox, &store, &error) == TKB_OK);
    relays(store, 1);
    CHECK(outbox.rows[0].published == 1 && outbox.rows[0].attempts == 0 && outbox.owner[0] == '\0');

    host_outbox_put(&outbox, "00000000-0000-4000-8000-000000000002", "payment-1", "{\"n\":2}");
    transport.publish = sink_publish;
    CHECK(tkb_relay_create(NULL, store, &transport, &sink, &relay, &error) == TKB_OK);
    outbox.out_of_reach = 1;
    CHECK(tkb_relay_run_once(relay, 1000u, NULL, &error) == TKB_UNAVAILABLE && sink.published == 0);
    tkb_error_destroy(error);
    outbox.out_of_reach = 0;
    CHECK(tkb_relay_run_once(relay, 5000u, NULL, &error) == TKB_OK && sink.published == 1);
    CHECK(outbox.rows[1].published == 1);
    tkb_relay_destroy(relay);
    CHECK(outbox.destroyed == 0);
    tkb_outbox_store_destroy(store);
    CHECK(outbox.destroyed == 1);
}

static void draws_a_ticket(void) {
    const char *ticket =
        "{\"ticket_id\":\"TK-1\",\"order_code\":\"TB-1\",\"event_id\":\"EV-1\",\"event_name\":\"H\xC3\xB2" "a nh\xE1\xBA\xA1" "c\",\"event_date\":\"2026-12-24T12:00:00Z\","
        "\"event_venue\":\"Nh\xC3\xA0 h\xC3\xA1t\",\"ticket_type\":\"VIP\",\"customer_name\":\"Nguy\xE1\xBB\x85n V\xC4\x83n \xC3\x81\",\"customer_email\":\"a@example.com\","
        "\"qr_code_data\":\"code-1\",\"issued_at\":\"2026-11-21T08:00:00Z\"}";
    tkb_ticket_options options = TKB_TICKET_OPTIONS_INIT;
    tkb_ticket_renderer *renderer = NULL;
    tkb_buffer *pdf = NULL;
    tkb_error *error = NULL;
    CHECK(tkb_ticket_renderer_create(&options, &renderer, &error) == TKB_INVALID_ARGUMENT); /* no URL */
    tkb_error_destroy(error);
    error = NULL;
    options.qr_base_url = text("https://tickets.example.com/check");
    if (tkb_ticket_renderer_create(&options, &renderer, &error) != TKB_OK) {
        printf("renderer: %.*s\n", (int)tkb_error_detail(error).size, tkb_error_detail(error).data);
        ++failures;
    } else {
        CHECK(tkb_ticket_render(renderer, text(ticket), TKB_LANGUAGE_VI, &pdf, &error) == TKB_OK);
        CHECK(tkb_buffer_bytes(pdf).size > 1000 && memcmp(tkb_buffer_bytes(pdf).data, "%PDF-", 5) == 0);
        tkb_buffer_destroy(pdf);
        CHECK(tkb_ticket_render(renderer, text("{}"), TKB_LANGUAGE_VI, &pdf, &error) == TKB_MALFORMED && pdf == NULL);
    }
    tkb_error_destroy(error);
    tkb_ticket_renderer_destroy(renderer);
}

/* A struct of an older caller (shorter, garbage behind it) and of a newer one (longer). */
static void takes_structs_of_any_age(tkb_outbox_store *store) {
    struct {
        uint32_t struct_size, batch_rows_max;
        uint32_t canary[16];
    } old_one;
    struct {
        tkb_relay_options known;
        uint32_t newer_field;
    } new_one = {TKB_RELAY_OPTIONS_INIT, 0};
    tkb_transport_vtable vtable = TKB_TRANSPORT_VTABLE_INIT;
    struct sink sink = {0, 0, 0, ""};
    tkb_relay *relay = NULL;
    tkb_relay_report report;
    size_t i;

    vtable.publish = sink_publish;
    memset(&old_one, 0xA5, sizeof old_one);
    old_one.struct_size = 8;
    old_one.batch_rows_max = 10;
    CHECK(tkb_relay_create((const tkb_relay_options *)(const void *)&old_one, store, &vtable, &sink, &relay, NULL) == TKB_OK);
    tkb_relay_destroy(relay);

    new_one.known.struct_size = (uint32_t)sizeof new_one;
    CHECK(tkb_relay_create(&new_one.known, store, &vtable, &sink, &relay, NULL) == TKB_OK);
    new_one.newer_field = 1;
    tkb_relay_destroy(relay);
    CHECK(tkb_relay_create(&new_one.known, store, &vtable, &sink, &relay, NULL) == TKB_UNSUPPORTED && relay == NULL);

    /* An older report is filled no further than it reaches. */
    CHECK(tkb_relay_create(NULL, store, &vtable, &sink, &relay, NULL) == TKB_OK);
    memset(&report, 0xA5, sizeof report);
    report.struct_size = 16;
    CHECK(tkb_relay_run_once(relay, 1000u, &report, NULL) == TKB_OK);
    for (i = 16; i < sizeof report; ++i) CHECK(((const unsigned char *)&report)[i] == 0xA5);
    tkb_relay_destroy(relay);
}

int main(void) {
    tkb_gateways *gateways = configured();
    tkb_outbox_store *store = NULL;
    tkb_outbox_event made = event();
    tkb_error *error = NULL;
    char folder[] = "/tmp/ticketbottle-c99-XXXXXX";
    char path[64];

    CHECK(tkb_version() == 100u);
    verifies_and_answers(gateways, TKB_GATEWAY_ZALOPAY, "251121_TB-1", "");
    verifies_and_answers(gateways, TKB_GATEWAY_PAYOS, "2025112100001", "link-1");
    verifies_and_answers(gateways, TKB_GATEWAY_VNPAY, "TB-1", "");
    verifies_and_answers(gateways, TKB_GATEWAY_STRIPE, "TB-1", "cs_1");
    verifies_and_answers(gateways, TKB_GATEWAY_STRIPE_EVENTBRIDGE, "TB-1", "cs_1");
    verifies_and_answers(gateways, TKB_GATEWAY_MOMO, "TB-1", "");
    verifies_and_answers(gateways, TKB_GATEWAY_STANDARD_WEBHOOKS, "TB-1", "");
    CHECK(tkb_gateways_set(gateways, 99u, text("key"), text("value"), NULL) == TKB_INVALID_ARGUMENT);
    CHECK(tkb_gateways_set(gateways, TKB_GATEWAY_STRIPE, text("no_such"), text("value"), NULL) == TKB_INVALID_ARGUMENT);
    CHECK(tkb_gateways_set(gateways, TKB_GATEWAY_STRIPE, text("endpoint_secret"), text(""), NULL) == TKB_INVALID_ARGUMENT);
    CHECK(tkb_verify(gateways, TKB_GATEWAY_STRIPE, NULL, 0, NULL, &error) == TKB_INVALID_ARGUMENT);
    tkb_error_destroy(error);
    tkb_gateways_destroy(gateways);
    tkb_gateways_destroy(NULL);
    tkb_error_destroy(NULL);
    tkb_buffer_destroy(NULL);

    writes_a_statement();

    CHECK(tkb_memory_outbox_store_create(&store, NULL) == TKB_OK);
    CHECK(tkb_memory_outbox_store_add(store, &made, NULL) == TKB_OK);
    relays(store, 1);
    takes_structs_of_any_age(store);
    tkb_outbox_store_destroy(store);
    store = NULL;
    relays_from_a_store_of_ours();

    CHECK(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%s/outbox.db", folder);
    CHECK(tkb_sqlite_outbox_store_open(text(path), 5000u, &store, NULL) == TKB_OK);
    CHECK(tkb_memory_outbox_store_add(store, &made, NULL) == TKB_UNSUPPORTED);
    relays(store, 0);
    tkb_outbox_store_destroy(store);
    store = NULL;
    CHECK(tkb_sqlite_outbox_store_open(text("/no/such/folder/x.db"), 500u, &store, &error) == TKB_INVALID_ARGUMENT && store == NULL);
    tkb_error_destroy(error);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/outbox.db-wal", folder);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/outbox.db-shm", folder);
    (void)unlink(path);
    CHECK(rmdir(folder) == 0);

    draws_a_ticket();

    printf("%s\n", failures == 0 ? "all passed" : "some failed");
    return failures == 0 ? 0 : 1;
}
