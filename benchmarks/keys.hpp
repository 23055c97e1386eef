#pragma once
/// \file
/// Every gateway configured with example keys, and a paid notification each.

#include <ticketbottle/gateway/gateways.hpp>

#include <string>

namespace ticketbottle::benchmarks {

inline const TimePoint received{std::chrono::seconds(1763712000)};

inline Gateways example_gateways() {
    Gateways g;
    g.zalopay.emplace();
    g.zalopay->app_id = 990001;
    g.zalopay->key2 = {Secret("zalopay-example-key")};
    g.payos.emplace();
    g.payos->checksum_keys = {Secret("payos-example-key")};
    g.vnpay.emplace();
    g.vnpay->tmn_code = "EXAMPLE1";
    g.vnpay->hash_secrets = {Secret("vnpay-example-secret")};
    g.stripe.emplace();
    g.stripe->endpoint_secrets = {Secret("whsec_example")};
    g.momo.emplace();
    g.momo->partner_code = "MOMOEXAMPLE";
    g.momo->access_key = "momo-access-example";
    g.momo->secret_keys = {Secret("momo-secret-example")};
    g.standard_webhooks.emplace();
    g.standard_webhooks->secrets = {Secret("whsec_ZXhhbXBsZS1leGFtcGxlLWV4YW1wbGUtMDAwMQ==")};
    return g;
}

inline TestNotification paid(Gateway gateway, std::int64_t number) {
    const std::string digits = std::to_string(251121000000000 + number);
    TestNotification n;
    n.amount.minor_units = 250000;
    n.order_id = gateway == Gateway::zalopay ? "251121_TB-BENCH-" + digits : gateway == Gateway::payos ? digits : "TB-BENCH-" + digits;
    n.link_id = gateway == Gateway::payos ? "link" + digits : "cs_test_" + digits;
    n.transaction_id = gateway == Gateway::stripe ? "pi_" + digits : digits;
    n.event_id = "evt_" + digits;
    return n;
}

}  // namespace ticketbottle::benchmarks
