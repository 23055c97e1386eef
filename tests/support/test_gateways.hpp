#pragma once
/// \file
/// Every gateway configured with keys that are nobody's, a payment that each can name, and genuine callbacks for it.

#include <ticketbottle/gateway/gateways.hpp>
#include <ticketbottle/ports/payment_store.hpp>

#include <array>
#include <stdexcept>
#include <string>

namespace ticketbottle::test {

inline constexpr std::array every_gateway{Gateway::zalopay,
                                          Gateway::payos,
                                          Gateway::vnpay,
                                          Gateway::stripe,
                                          Gateway::stripe_eventbridge,
                                          Gateway::momo,
                                          Gateway::standard_webhooks};

inline Gateways test_gateways() {
    Gateways gateways;
    gateways.zalopay.emplace();
    gateways.zalopay->app_id = 2553;
    gateways.zalopay->key1 = Secret("not-a-real-key-1");
    gateways.zalopay->key2 = {Secret("not-a-real-key-2")};
    gateways.payos.emplace();
    gateways.payos->checksum_keys = {Secret("not-a-real-checksum-key")};
    gateways.vnpay.emplace();
    gateways.vnpay->tmn_code = "TESTTMN1";
    gateways.vnpay->hash_secrets = {Secret("not-a-real-hash-secret")};
    gateways.stripe.emplace();
    gateways.stripe->endpoint_secrets = {Secret("whsec_not_a_real_secret")};
    gateways.stripe_eventbridge.emplace();
    gateways.stripe_eventbridge->sources = {"aws.partner/stripe.com/ed_test"};
    gateways.stripe_eventbridge->account = "000000000000";
    gateways.momo.emplace();
    gateways.momo->partner_code = "MOMOTEST";
    gateways.momo->access_key = "not-a-real-access-key";
    gateways.momo->secret_keys = {Secret("not-a-real-secret-key")};
    gateways.standard_webhooks.emplace();
    gateways.standard_webhooks->secrets = {Secret("whsec_bm90LWEtcmVhbC1zZWNyZXQtMDEyMzQ1Njc4OQ==")};
    return gateways;
}

/// The number that payOS orders of this payment have (PayosNumber::dated_base36 of its order code).
inline constexpr const char* payos_order_number = "2025121315547054";

inline Payment payment_of(Gateway gateway) {
    Payment payment;
    payment.id = "6d1a0c3e-0000-4000-8000-00000000000" + std::to_string(static_cast<int>(gateway));
    payment.order_code = "TB-LTDTNL-20251213-8D39986M";
    payment.amount = {250000, Currency::vnd()};
    payment.provider = gateway == Gateway::stripe_eventbridge ? "stripe" : std::string(to_string(gateway));
    payment.provider_transaction_id = "link-1";
    payment.idempotency_key = "key-1";
    payment.metadata = R"({"customer_email":"buyer@secret.example"})";
    payment.created_at = payment.updated_at = TimePoint(std::chrono::milliseconds(1765612000000));
    return payment;
}

/// What the gateway says of payment_of(gateway).
inline TestNotification notification_of(Gateway gateway, NotifiedStatus status = NotifiedStatus::succeeded) {
    TestNotification told;
    told.status = status;
    told.order_id = payment_of(gateway).order_code;
    if (gateway == Gateway::zalopay) told.order_id = "251213_" + told.order_id;
    if (gateway == Gateway::payos) told.order_id = payos_order_number;
    told.link_id = gateway == Gateway::stripe || gateway == Gateway::stripe_eventbridge ? "cs_test_1" : "link-1";
    told.transaction_id = gateway == Gateway::stripe || gateway == Gateway::stripe_eventbridge ? "pi_1" : "25121300000001";
    told.event_id = "evt_1";
    told.amount = payment_of(gateway).amount;
    return told;
}

inline Request signed_request(const Gateways& gateways, Gateway gateway, const TestNotification& told, TimePoint now) {
    Result<Request> request = sign(gateways, gateway, told, now);
    if (!request.has_value()) throw std::runtime_error(to_string(request.error()));
    return std::move(*request);
}

}  // namespace ticketbottle::test
