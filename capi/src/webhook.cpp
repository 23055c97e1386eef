#include "payment_rows.hpp"
#include "request.hpp"

#include <ticketbottle/c/webhook.h>
#include <ticketbottle/webhook/handler.hpp>

using namespace ticketbottle;
using namespace ticketbottle::capi;

struct tkb_webhook {
    tkb_webhook(const Gateways& gateways, PaymentStore& store, const Clock* given)
        : handler(gateways, store, given != nullptr ? *given : static_cast<const Clock&>(system_clock)) {}

    SystemClock system_clock;
    WebhookHandler handler;
    Handled last;  ///< What the views of the last answer show.
};

namespace {

tkb_handled to_view(const Handled& handled) {
    tkb_handled view = TKB_HANDLED_INIT;
    view.http_status = handled.reply.http_status;
    view.content_type = bytes(handled.reply.content_type);
    view.body = bytes(handled.reply.body);
    view.situation = static_cast<tkb_situation>(handled.situation);
    view.has_gateway = handled.gateway ? 1 : 0;
    view.gateway = handled.gateway ? static_cast<tkb_gateway>(*handled.gateway) : 0;
    view.refusal = static_cast<std::uint32_t>(handled.settled.refusal);
    view.reason = handled.rejected ? bytes(to_string(*handled.rejected)) : tkb_bytes{nullptr, 0};
    view.payment_id = bytes(handled.settled.payment_id);
    view.before = static_cast<tkb_payment_status>(handled.settled.before);
    view.after = static_cast<tkb_payment_status>(handled.settled.after);
    view.outbox_id = bytes(handled.settled.outbox_id);
    return view;
}

}  // namespace

tkb_status tkb_payment_open(tkb_payment_store* store, const tkb_payment* payment, uint32_t timeout_ms, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "payment.open";
        TKB_TRY(require(store, operation, "store"));
        const auto read = to_payment(payment, operation);
        if (!read.has_value()) return read.error();
        const auto created = store->port->create(*read, Deadline::in(std::chrono::milliseconds(timeout_ms)));
        return created.has_value() ? Result<void>() : created.error();
    });
}

tkb_status tkb_webhook_create(const tkb_gateways* gateways, tkb_payment_store* store, const tkb_clock* clock, tkb_webhook** webhook_out,
                              tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "webhook.create";
        TKB_TRY(require(webhook_out, operation, "webhook_out"));
        *webhook_out = nullptr;
        TKB_TRY(require(gateways, operation, "gateways"));
        TKB_TRY(require(store, operation, "store"));
        *webhook_out = new tkb_webhook(gateways->gateways, *store->port, clock != nullptr ? clock->port.get() : nullptr);
        return {};
    });
}

tkb_status tkb_webhook_handle(tkb_webhook* webhook, const tkb_request* request, uint32_t timeout_ms, tkb_handled* handled_out,
                              tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "webhook.handle";
        TKB_TRY(require(webhook, operation, "webhook"));
        TKB_TRY(require(handled_out, operation, "handled_out"));
        TKB_TRY(fill_struct(handled_out, tkb_handled{}, operation));  // before anything is settled: an answer needs a place
        const auto read = to_request(request, operation);
        if (!read.has_value()) return read.error();
        webhook->last = webhook->handler.handle(*read, Deadline::in(std::chrono::milliseconds(timeout_ms)));
        return fill_struct(handled_out, to_view(webhook->last), operation);
    });
}
void tkb_webhook_destroy(tkb_webhook* webhook) { delete webhook; }
