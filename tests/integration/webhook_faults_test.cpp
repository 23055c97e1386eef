// A callback's whole way with the store failing at every step: the gateway is asked to call again, and when it does, the payment
// is settled exactly once.
#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/webhook/handler.hpp>

#include "support/faulty_payment_store.hpp"
#include "support/payment_backends.hpp"
#include "support/test_gateways.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ticketbottle;
using test::PaymentFault;

namespace {

const TimePoint now(std::chrono::milliseconds(1765612800000));

bool asks_again(Gateway gateway, const Reply& reply) {
    switch (gateway) {
        case Gateway::zalopay:
            return reply.http_status == 200 && reply.body.find("\"return_code\":0,") != std::string::npos;
        case Gateway::vnpay:
            return reply.http_status == 200 && reply.body.find("\"RspCode\":\"99\"") != std::string::npos;
        default:
            return reply.http_status == 500;
    }
}

bool is_done_with(Gateway gateway, const Reply& reply) {
    switch (gateway) {
        case Gateway::zalopay:
            return reply.body.find("\"return_code\":1,") != std::string::npos ||
                   reply.body.find("\"return_code\":2,") != std::string::npos;
        case Gateway::vnpay:
            return reply.body.find("\"RspCode\":\"00\"") != std::string::npos ||
                   reply.body.find("\"RspCode\":\"02\"") != std::string::npos;
        default:
            return reply.http_status == 200 || reply.http_status == 204;
    }
}

}  // namespace

TEST_CASE("WebhookHandler: whatever fails, the gateway calls again and the payment is settled once") {
    const Gateways gateways = test::test_gateways();
    for (const Gateway gateway : test::every_gateway) {
        for (const PaymentFault fault : {PaymentFault::unavailable, PaymentFault::cancelled, PaymentFault::unknown_not_done,
                                         PaymentFault::unknown_done, PaymentFault::internal}) {
            for (int times = 1; times <= 2; ++times) {
                CAPTURE(to_string(gateway));
                CAPTURE(static_cast<int>(fault));
                CAPTURE(times);
                test::MemoryPayments backend;
                auto inner = backend.open();
                REQUIRE(inner->create(test::payment_of(gateway), Deadline::never()).has_value());
                int left = times;
                test::FaultyPaymentStore store(*inner, [&](std::string_view call) {
                    return call == "settle" && left-- > 0 ? fault : PaymentFault::none;
                });
                memory::ManualClock clock(now);
                WebhookHandler handler(gateways, store, clock);
                const Request request = test::signed_request(gateways, gateway, test::notification_of(gateway), now);
                for (int i = 0; i < times; ++i) {
                    const Handled handled = handler.handle(request, Deadline::never());
                    CHECK(handled.situation == Situation::transient_error);
                    CHECK(asks_again(gateway, handled.reply));
                }
                const Handled handled = handler.handle(request, Deadline::never());
                CHECK(is_done_with(gateway, handled.reply));
                CHECK(handled.situation == (fault == PaymentFault::unknown_done ? Situation::duplicate : Situation::applied));
                const auto payment = inner->find(PaymentKey::id, test::payment_of(gateway).id, Deadline::never());
                CHECK((*payment)->status == PaymentStatus::completed);
                CHECK(backend.outbox().size() == 1);
            }
        }
    }
}

TEST_CASE("WebhookHandler: an order that appears after its callback is settled by the next one") {
    const Gateways gateways = test::test_gateways();
    test::MemoryPayments backend;
    auto store = backend.open();
    memory::ManualClock clock(now);
    WebhookHandler handler(gateways, *store, clock);
    const Request request = test::signed_request(gateways, Gateway::stripe, test::notification_of(Gateway::stripe), now);
    const Handled early = handler.handle(request, Deadline::never());
    CHECK(early.situation == Situation::order_may_appear);
    CHECK(early.reply.http_status == 500);
    REQUIRE(store->create(test::payment_of(Gateway::stripe), Deadline::never()).has_value());
    CHECK(handler.handle(request, Deadline::never()).situation == Situation::applied);
    CHECK(handler.handle(request, Deadline::never()).situation == Situation::duplicate);
    CHECK(backend.outbox().size() == 1);
}

TEST_CASE("WebhookHandler: one Stripe purchase told by webhook and by EventBridge has one effect") {
    const Gateways gateways = test::test_gateways();
    test::MemoryPayments backend;
    auto store = backend.open();
    memory::ManualClock clock(now);
    WebhookHandler handler(gateways, *store, clock);
    REQUIRE(store->create(test::payment_of(Gateway::stripe), Deadline::never()).has_value());
    for (int i = 0; i < 3; ++i) {
        for (const Gateway entry : {Gateway::stripe_eventbridge, Gateway::stripe}) {
            const Request request = test::signed_request(gateways, entry, test::notification_of(entry), now);
            const bool first = i == 0 && entry == Gateway::stripe_eventbridge;
            CHECK(handler.handle(request, Deadline::never()).situation == (first ? Situation::applied : Situation::duplicate));
        }
    }
    CHECK(backend.outbox().size() == 1);
}

TEST_CASE("WebhookHandler: an event row that is there already is not written twice, and the payment still moves") {
    test::MemoryPayments backend;
    auto store = backend.open();
    const Payment payment = test::payment_of(Gateway::momo);
    REQUIRE(store->create(payment, Deadline::never()).has_value());
    OutboxRow told;
    told.id = derived_uuid(payment.id, "PAYMENT_COMPLETED");
    told.payload = "{}";
    backend.database().add(told);
    const Gateways gateways = test::test_gateways();
    memory::ManualClock clock(now);
    int woken = 0;
    WebhookOptions options;
    options.processor.event_written = [&] { ++woken; };
    WebhookHandler handler(gateways, *store, clock, options);
    const Request request = test::signed_request(gateways, Gateway::momo, test::notification_of(Gateway::momo), now);
    const Handled handled = handler.handle(request, Deadline::never());
    CHECK(handled.situation == Situation::applied);
    CHECK(handled.settled.outbox_id.empty());
    CHECK(woken == 0);
    REQUIRE(backend.outbox().size() == 1);
    CHECK(backend.outbox()[0].payload == "{}");
}
