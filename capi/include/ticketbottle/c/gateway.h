/** \file
 * Payment callbacks: which gateway, is it genuine, what does it say, what to answer; and test signers. See base.h for the rules.
 */
#ifndef TICKETBOTTLE_C_GATEWAY_H
#define TICKETBOTTLE_C_GATEWAY_H

#include <ticketbottle/c/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t tkb_gateway;
#define TKB_GATEWAY_ZALOPAY 0u
#define TKB_GATEWAY_PAYOS 1u
#define TKB_GATEWAY_VNPAY 2u
#define TKB_GATEWAY_STRIPE 3u
#define TKB_GATEWAY_STRIPE_EVENTBRIDGE 4u
#define TKB_GATEWAY_MOMO 5u
#define TKB_GATEWAY_STANDARD_WEBHOOKS 6u

typedef uint32_t tkb_notified_status;
#define TKB_NOTIFIED_SUCCEEDED 0u
#define TKB_NOTIFIED_FAILED 1u
#define TKB_NOTIFIED_CANCELLED 2u
#define TKB_NOTIFIED_PENDING 3u
#define TKB_NOTIFIED_IGNORED 4u

/** How a callback ended, for tkb_reply (gateway/reply.hpp). */
typedef uint32_t tkb_situation;
#define TKB_SITUATION_APPLIED 0u
#define TKB_SITUATION_DUPLICATE 1u
#define TKB_SITUATION_UNKNOWN_ORDER 2u
#define TKB_SITUATION_ORDER_MAY_APPEAR 3u
#define TKB_SITUATION_AMOUNT_MISMATCH 4u
#define TKB_SITUATION_BAD_SIGNATURE 5u
#define TKB_SITUATION_MALFORMED 6u
#define TKB_SITUATION_TRANSIENT_ERROR 7u
#define TKB_SITUATION_NOT_FOR_US 8u

/** The gateways' settings. Made once, then only read: verify and sign may be called from several threads at once. */
typedef struct tkb_gateways tkb_gateways;
TKB_API tkb_status tkb_gateways_create(tkb_gateways **gateways_out, tkb_error **error_out);
TKB_API void tkb_gateways_destroy(tkb_gateways *gateways);

/**
 * Sets one setting of one gateway. A gateway is configured once any of its settings is set. Names, per gateway:
 *   zalopay            app_id, key1, key2, api_base
 *   payos              client_id, api_key, checksum_key, api_base
 *   vnpay              tmn_code, hash_secret, api_base
 *   stripe             endpoint_secret, mode (test | live), api_key, api_base
 *   stripe-eventbridge source, account, mode, partial_detail (refuse | accept)
 *   momo               partner_code, access_key, secret_key, authorised (pending | succeeded), api_base
 *   standard-webhooks  secret
 * key2, checksum_key, hash_secret, endpoint_secret, secret_key, secret and source may be given several times, newest first.
 * Secrets are copied into memory that is kept out of core dumps; wipe your own copy.
 * Errors: TKB_INVALID_ARGUMENT (no such name, or a value that cannot be; an empty secret).
 */
TKB_API tkb_status tkb_gateways_set(tkb_gateways *gateways, tkb_gateway gateway, tkb_bytes name, tkb_bytes value, tkb_error **error_out);

typedef struct tkb_header {
    tkb_bytes name;
    tkb_bytes value;
} tkb_header;

/** One HTTP request, exact bytes. */
typedef struct tkb_request {
    uint32_t struct_size;
    uint32_t reserved; /**< Zero. */
    tkb_bytes method;
    tkb_bytes path;
    tkb_bytes query; /**< Raw, without '?'. */
    const tkb_header *headers;
    size_t header_count;
    tkb_bytes body;
} tkb_request;
#define TKB_REQUEST_INIT {(uint32_t)sizeof(tkb_request), 0u, {NULL, 0}, {NULL, 0}, {NULL, 0}, NULL, 0, {NULL, 0}}

/** A request this library made: by a test signer, or read from a function invocation. */
typedef struct tkb_owned_request tkb_owned_request;
/** Views into the owned request, good until it is destroyed. view_out->struct_size must be set. */
TKB_API tkb_status tkb_owned_request_view(const tkb_owned_request *request, tkb_request *view_out, tkb_error **error_out);
TKB_API void tkb_owned_request_destroy(tkb_owned_request *request);

/** Reads an API Gateway proxy event (v1, v2) or an EventBridge envelope, JSON text. Errors: TKB_MALFORMED. */
TKB_API tkb_status tkb_request_from_invocation(tkb_bytes event, tkb_owned_request **request_out, tkb_error **error_out);

/** Whose request is this? Errors: TKB_UNSUPPORTED (none of ours: answer 404). */
TKB_API tkb_status tkb_route(const tkb_request *request, tkb_gateway *gateway_out, tkb_error **error_out);

/** What a genuine callback says. Views, good until the notification is destroyed; texts may be empty. */
typedef struct tkb_notification_view {
    uint32_t struct_size;
    tkb_gateway gateway;
    tkb_notified_status status;
    uint32_t retryable;   /**< 1: a failure that does not close the payment. */
    uint32_t key_index;   /**< Which of the keys matched, 0 = newest. */
    uint32_t has_amount;  /**< 0: amount_minor_units and currency say nothing. */
    int64_t amount_minor_units;
    tkb_bytes currency;   /**< "VND". */
    tkb_bytes order_id;
    tkb_bytes link_id;
    tkb_bytes transaction_id;
    tkb_bytes charge_id;
    tkb_bytes event_id;
    tkb_bytes dedup_key;
    tkb_bytes payer_email;
} tkb_notification_view;
#define TKB_NOTIFICATION_VIEW_INIT                                                                                              \
    {(uint32_t)sizeof(tkb_notification_view), 0u, 0u, 0u, 0u, 0u, 0, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, \
     {NULL, 0}, {NULL, 0}, {NULL, 0}}

typedef struct tkb_notification tkb_notification;
TKB_API tkb_status tkb_notification_get(const tkb_notification *notification, tkb_notification_view *view_out, tkb_error **error_out);
TKB_API void tkb_notification_destroy(tkb_notification *notification);

/**
 * Checks and decodes one callback. now_ms: when it was received.
 * Errors: TKB_UNAUTHENTIC, TKB_MALFORMED, TKB_UNSUPPORTED (authentic, no payment), TKB_INVALID_ARGUMENT (not configured, empty key);
 * tkb_error_reason names the exact reason.
 */
TKB_API tkb_status tkb_verify(const tkb_gateways *gateways, tkb_gateway gateway, const tkb_request *request, int64_t now_ms,
                              tkb_notification **notification_out, tkb_error **error_out);

/** The situation a refused verification is, for tkb_reply. error: what tkb_verify gave. */
TKB_API tkb_situation tkb_situation_of(const tkb_error *error);

/** The answer in the gateway's words. content_type_out: static text, empty when there is no body; both out-pointers may be NULL. */
TKB_API tkb_status tkb_reply(tkb_gateway gateway, tkb_situation situation, int32_t *http_status_out, tkb_bytes *content_type_out,
                             tkb_buffer **body_out, tkb_error **error_out);

/** What a test signer writes and signs as the gateway would. */
typedef struct tkb_test_notification {
    uint32_t struct_size;
    tkb_notified_status status;
    int64_t amount_minor_units;
    tkb_bytes currency; /**< Empty: "VND". */
    tkb_bytes order_id;
    tkb_bytes link_id;
    tkb_bytes transaction_id;
    tkb_bytes event_id;
    tkb_bytes description;
    tkb_bytes payer_email;
} tkb_test_notification;
#define TKB_TEST_NOTIFICATION_INIT                                                                                       \
    {(uint32_t)sizeof(tkb_test_notification), TKB_NOTIFIED_SUCCEEDED, 0, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, \
     {NULL, 0}, {NULL, 0}, {NULL, 0}}

/** Errors: TKB_INVALID_ARGUMENT (not configured, or a value the gateway cannot express), TKB_UNSUPPORTED. */
TKB_API tkb_status tkb_sign(const tkb_gateways *gateways, tkb_gateway gateway, const tkb_test_notification *notification, int64_t now_ms,
                            tkb_owned_request **request_out, tkb_error **error_out);

#ifdef __cplusplus
}
#endif
#endif
