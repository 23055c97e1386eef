#include "request.hpp"

using namespace ticketbottle;
using namespace ticketbottle::capi;

static_assert(TKB_GATEWAY_STANDARD_WEBHOOKS == static_cast<std::uint32_t>(Gateway::standard_webhooks) && gateway_count == 7);
static_assert(TKB_NOTIFIED_IGNORED == static_cast<std::uint32_t>(NotifiedStatus::ignored));
static_assert(TKB_SITUATION_NOT_FOR_US == static_cast<std::uint32_t>(Situation::not_for_us) && situation_count == 9);

namespace {

constexpr tkb_test_notification empty_test_notification = TKB_TEST_NOTIFICATION_INIT;

Result<Gateway> to_gateway(tkb_gateway gateway, std::string_view operation) {
    if (gateway >= gateway_count) return fail(Errc::invalid_argument, operation, "no gateway has the number " + std::to_string(gateway));
    return static_cast<Gateway>(gateway);
}

Result<TestNotification> to_test_notification(const tkb_test_notification* given) {
    constexpr std::string_view operation = "gateway.sign";
    TKB_TRY(require(given, operation, "notification"));
    const auto read = read_struct(given, empty_test_notification, operation);
    if (!read.has_value()) return read.error();
    if (read->status > TKB_NOTIFIED_IGNORED) return fail(Errc::invalid_argument, operation, "no such status");
    for (const tkb_bytes& text : {read->currency, read->order_id, read->link_id, read->transaction_id, read->event_id, read->description,
                                  read->payer_email})
        TKB_TRY(require(text, operation, "a text"));
    const auto currency = Currency::parse(read->currency.size == 0 ? "VND" : view(read->currency));
    if (!currency.has_value()) return currency.error();
    TestNotification notification;
    notification.status = static_cast<NotifiedStatus>(read->status);
    notification.amount = {read->amount_minor_units, *currency};
    notification.order_id = view(read->order_id);
    notification.link_id = view(read->link_id);
    notification.transaction_id = view(read->transaction_id);
    notification.event_id = view(read->event_id);
    if (read->description.size != 0) notification.description = view(read->description);
    notification.payer_email = view(read->payer_email);
    return notification;
}

tkb_notification_view to_view(const Verified& verified) {
    const PaymentNotification& n = verified.notification;
    tkb_notification_view out = TKB_NOTIFICATION_VIEW_INIT;
    out.gateway = static_cast<tkb_gateway>(n.gateway);
    out.status = static_cast<tkb_notified_status>(n.status);
    out.retryable = n.finality == Finality::retryable ? 1 : 0;
    out.key_index = static_cast<std::uint32_t>(verified.key_index);
    out.has_amount = n.amount ? 1 : 0;
    out.amount_minor_units = n.amount ? n.amount->minor_units : 0;
    out.currency = n.amount ? bytes(n.amount->currency.code()) : tkb_bytes{nullptr, 0};
    out.order_id = bytes(n.order_id);
    out.link_id = bytes(n.link_id);
    out.transaction_id = bytes(n.transaction_id);
    out.charge_id = bytes(n.charge_id);
    out.event_id = bytes(n.event_id);
    out.dedup_key = bytes(n.dedup_key);
    out.payer_email = bytes(n.payer_email);
    return out;
}

/// Reply::content_type as text that lives for ever.
tkb_bytes static_content_type(const std::string& type) {
    for (const std::string_view known : {"application/json", "text/plain"})
        if (type == known) return bytes(known);
    return {nullptr, 0};
}

}  // namespace

tkb_status tkb_route(const tkb_request* request, tkb_gateway* gateway_out, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        TKB_TRY(require(gateway_out, "gateway.route", "gateway_out"));
        *gateway_out = 0;
        const auto read = to_request(request, "gateway.route");
        if (!read.has_value()) return read.error();
        const auto gateway = route(*read);
        if (!gateway) return fail(Errc::unsupported, "gateway.route", "no gateway recognised");
        *gateway_out = static_cast<tkb_gateway>(*gateway);
        return {};
    });
}

tkb_status tkb_verify(const tkb_gateways* gateways, tkb_gateway gateway, const tkb_request* request, int64_t now_ms,
                      tkb_notification** notification_out, tkb_error** error_out) {
    std::optional<Reason> reason;
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "gateway.verify";
        TKB_TRY(require(notification_out, operation, "notification_out"));
        *notification_out = nullptr;
        TKB_TRY(require(gateways, operation, "gateways"));
        const auto which = to_gateway(gateway, operation);
        if (!which.has_value()) return which.error();
        const auto read = to_request(request, operation);
        if (!read.has_value()) return read.error();
        auto verdict = verify(gateways->gateways, *which, *read, time_point(now_ms));
        if (!verdict.has_value()) {
            const Rejection rejection = verdict.error();
            reason = rejection.reason;
            return fail(to_errc(rejection.reason), operation, rejection.detail);
        }
        *notification_out = new tkb_notification{std::move(*verdict)};
        return {};
    }, reason);
}

tkb_status tkb_notification_get(const tkb_notification* notification, tkb_notification_view* view_out, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        TKB_TRY(require(notification, "notification.get", "notification"));
        TKB_TRY(require(view_out, "notification.get", "view_out"));
        return fill_struct(view_out, to_view(notification->verified), "notification.get");
    });
}
void tkb_notification_destroy(tkb_notification* notification) { delete notification; }

tkb_situation tkb_situation_of(const tkb_error* error) {
    const Situation situation = error != nullptr && error->reason ? situation_of(*error->reason) : Situation::transient_error;
    return static_cast<tkb_situation>(situation);
}

tkb_status tkb_reply(tkb_gateway gateway, tkb_situation situation, int32_t* http_status_out, tkb_bytes* content_type_out,
                     tkb_buffer** body_out, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "gateway.reply";
        if (body_out != nullptr) *body_out = nullptr;
        if (http_status_out != nullptr) *http_status_out = 0;
        if (content_type_out != nullptr) *content_type_out = {nullptr, 0};
        const auto which = to_gateway(gateway, operation);
        if (!which.has_value()) return which.error();
        if (situation >= situation_count) return fail(Errc::invalid_argument, operation, "no such situation");
        Reply answer = reply(*which, static_cast<Situation>(situation));
        if (body_out != nullptr) *body_out = new tkb_buffer{std::move(answer.body)};
        if (http_status_out != nullptr) *http_status_out = answer.http_status;
        if (content_type_out != nullptr) *content_type_out = static_content_type(answer.content_type);
        return {};
    });
}

tkb_status tkb_sign(const tkb_gateways* gateways, tkb_gateway gateway, const tkb_test_notification* notification, int64_t now_ms,
                    tkb_owned_request** request_out, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "gateway.sign";
        TKB_TRY(require(request_out, operation, "request_out"));
        *request_out = nullptr;
        TKB_TRY(require(gateways, operation, "gateways"));
        const auto which = to_gateway(gateway, operation);
        if (!which.has_value()) return which.error();
        const auto read = to_test_notification(notification);
        if (!read.has_value()) return read.error();
        auto request = sign(gateways->gateways, *which, *read, time_point(now_ms));
        if (!request.has_value()) return request.error();
        *request_out = own(std::move(*request)).release();
        return {};
    });
}
