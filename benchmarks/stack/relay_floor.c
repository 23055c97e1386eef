/* relay_floor - the least a polling relay can do, on libpq and librdkafka, to tell what the machine allows.
 *
 *   relay_floor BROKER CONNINFO TOPIC BATCH mark|delete bare|headers POLL_MS
 *
 * One transaction per batch: select for update, produce (idempotent), wait for every acknowledgement, mark or delete, commit. It reads the
 * deployed outbox table after `ticketbottle migrate`, in the order of its sequence, and runs until it is killed. No lease, no retries, no
 * errors but the end of the program. `headers`: each message carries the twelve headers that ticketbottle's carry.
 */
#define _POSIX_C_SOURCE 200809L
#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t under_way;

static void die(const char *what) {
    fprintf(stderr, "relay_floor: %s\n", what);
    exit(1);
}

static void acknowledged(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque) {
    (void)producer;
    (void)opaque;
    if (message->err) die(rd_kafka_err2str(message->err));
    under_way--;
}

static rd_kafka_t *open_producer(const char *broker) {
    char text[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (rd_kafka_conf_set(conf, "bootstrap.servers", broker, text, sizeof text) ||
        rd_kafka_conf_set(conf, "enable.idempotence", "true", text, sizeof text) ||
        rd_kafka_conf_set(conf, "linger.ms", "0", text, sizeof text))
        die(text);
    rd_kafka_conf_set_dr_msg_cb(conf, acknowledged);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (!producer) die(text);
    return producer;
}

static PGresult *run(PGconn *database, const char *name, const char *parameter) {
    PGresult *result = PQexecPrepared(database, name, parameter ? 1 : 0, &parameter, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK) die(PQerrorMessage(database));
    return result;
}

static void prepare(PGconn *database, const char *name, const char *sql) {
    PGresult *result = PQprepare(database, name, sql, 0, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) die(PQerrorMessage(database));
    PQclear(result);
}

static PGconn *open_database(const char *conninfo, int deletes) {
    PGconn *database = PQconnectdb(conninfo);
    if (PQstatus(database) != CONNECTION_OK) die(PQerrorMessage(database));
    prepare(database, "begin", "BEGIN");
    prepare(database, "commit", "COMMIT");
    prepare(database, "select",
            "SELECT id, \"aggregateId\", payload::text FROM outbox WHERE NOT published AND \"publishedAt\" IS NULL"
            " ORDER BY sequence LIMIT $1::int FOR UPDATE SKIP LOCKED");
    prepare(database, "done",
            deletes ? "DELETE FROM outbox WHERE id = ANY ($1::text[])"
                    : "UPDATE outbox SET published = true, \"publishedAt\" = now() AT TIME ZONE 'UTC' WHERE id = ANY ($1::text[])");
    return database;
}

static rd_kafka_headers_t *headers_of(const char *id, const char *key) {
    const char *names[12] = {"eventType", "eventVersion", "source", "correlationId", "messageId", "eventId",
                             "aggregateType", "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time"};
    const char *values[12] = {"PAYMENT_COMPLETED", "1.0", "payment-service", key, id, id,
                              "Payment", "1.0", id, "payment-service", "PAYMENT_COMPLETED", "2025-11-21T08:00:00.000Z"};
    rd_kafka_headers_t *headers = rd_kafka_headers_new(12);
    for (int i = 0; i < 12; i++) rd_kafka_header_add(headers, names[i], -1, values[i], -1);
    return headers;
}

static void produce(rd_kafka_t *producer, const char *topic, PGresult *rows, int row, int with_headers) {
    char *key = PQgetvalue(rows, row, 1), *value = PQgetvalue(rows, row, 2);
    const size_t key_bytes = (size_t)PQgetlength(rows, row, 1), value_bytes = (size_t)PQgetlength(rows, row, 2);
    rd_kafka_headers_t *headers = with_headers ? headers_of(PQgetvalue(rows, row, 0), key) : NULL;
    for (;;) {
        /* No copy: the rows outlive their acknowledgements. */
        const rd_kafka_resp_err_t error =
            rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(key, key_bytes), RD_KAFKA_V_VALUE(value, value_bytes),
                              RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
        if (!error) break;
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) die(rd_kafka_err2str(error));
        rd_kafka_poll(producer, 10);
    }
    under_way++;
}

int main(int count, char **words) {
    if (count != 8) die("usage: BROKER CONNINFO TOPIC BATCH mark|delete bare|headers POLL_MS");
    const char *topic = words[3];
    const int batch = atoi(words[4]), with_headers = !strcmp(words[6], "headers");
    rd_kafka_t *producer = open_producer(words[1]);
    PGconn *database = open_database(words[2], !strcmp(words[5], "delete"));
    const struct rd_kafka_metadata *metadata = NULL; /* else the first message waits up to a second for it */
    if (rd_kafka_metadata(producer, 0, rd_kafka_topic_new(producer, topic, NULL), &metadata, 10000)) die("no metadata");
    const long pause_ms = atol(words[7]);
    const struct timespec pause = {pause_ms / 1000, pause_ms % 1000 * 1000000};
    char *ids = malloc((size_t)batch * 64 + 3);
    if (!ids) die("no memory");
    for (;;) {
        PQclear(run(database, "begin", NULL));
        PGresult *rows = run(database, "select", words[4]);
        const int n = PQntuples(rows);
        char *end = ids;
        *end++ = '{';
        for (int i = 0; i < n; i++) {
            end += sprintf(end, "%s%.60s", i ? "," : "", PQgetvalue(rows, i, 0));
            produce(producer, topic, rows, i, with_headers);
        }
        strcpy(end, "}");
        while (under_way > 0) rd_kafka_poll(producer, 100);
        PQclear(rows);
        if (n > 0) PQclear(run(database, "done", ids));
        PQclear(run(database, "commit", NULL));
        if (n < batch) nanosleep(&pause, NULL);
    }
}
