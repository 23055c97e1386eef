#include <ticketbottle/gateway/gateways.hpp>

int main() {
    ticketbottle::Gateways gateways;
    gateways.stripe = ticketbottle::stripe::Config{.endpoint_secrets = {ticketbottle::Secret("whsec_example")}, .mode = {}, .api_key = {}};
    const ticketbottle::TimePoint now{std::chrono::seconds(1763712000)};
    ticketbottle::TestNotification paid;
    paid.order_id = "ORDER-1";
    paid.link_id = "cs_1";
    paid.transaction_id = "pi_1";
    paid.event_id = "evt_1";
    paid.amount.minor_units = 250000;
    auto request = ticketbottle::sign(gateways, ticketbottle::Gateway::stripe, paid, now);
    if (!request.has_value()) return 1;
    auto verdict = ticketbottle::verify(gateways, ticketbottle::Gateway::stripe, *request, now);
    return verdict.has_value() && verdict->notification.order_id == "ORDER-1" ? 0 : 2;
}
