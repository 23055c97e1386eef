#include "transport.hpp"

namespace ticketbottle::capi {

namespace {

constexpr tkb_transport_vtable empty_vtable = TKB_TRANSPORT_VTABLE_INIT;

void set_all(std::span<DeliveryReport> reports, Delivery delivery, Errc cause, const char* reason) {
    for (DeliveryReport& report : reports) report = {delivery, cause, reason};
}

}  // namespace

Result<tkb_transport_vtable> to_vtable(const tkb_transport_vtable* given, std::string_view operation) {
    auto table = read_vtable(given, empty_vtable, operation);
    if (!table.has_value()) return table;
    TKB_TRY(require_function(table->publish, operation, "publish"));
    return table;
}

void CallbackTransport::publish(std::span<const Message> messages, std::span<DeliveryReport> reports, Deadline deadline) {
    if (messages.empty()) return;
    if (closed_) return set_all(reports, Delivery::not_sent, Errc::unavailable, "the transport is closed");
    if (deadline.expired()) return set_all(reports, Delivery::not_sent, Errc::cancelled, "the deadline has passed");

    std::vector<std::vector<tkb_message_header>> headers(messages.size());
    std::vector<tkb_message> views;
    views.reserve(messages.size());
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const Message& message = messages[i];
        for (const MessageHeader& header : message.headers) headers[i].push_back({bytes(header.name), bytes(header.value)});
        views.push_back({bytes(message.topic), bytes(message.key), bytes(message.value), headers[i].data(), headers[i].size()});
    }
    std::vector<tkb_delivery_report> answers(messages.size(), tkb_delivery_report{TKB_DELIVERY_UNKNOWN, TKB_OK});
    const tkb_status status = host_.table().publish(host_.user_data(), views.data(), views.size(), timeout_ms(deadline), answers.data());

    for (std::size_t i = 0; i < answers.size(); ++i) {
        const tkb_delivery_report& answer = answers[i];
        if (answer.delivery == TKB_DELIVERY_DELIVERED) {
            reports[i] = {Delivery::delivered, Errc::outcome_unknown, {}};
        } else if (answer.delivery == TKB_DELIVERY_NOT_SENT) {
            reports[i] = {Delivery::not_sent, answer.cause == TKB_OK ? Errc::unavailable : to_errc(answer.cause), "the host's transport did not send it"};
        } else if (status != TKB_OK && status != TKB_OUTCOME_UNKNOWN && answer.delivery == TKB_DELIVERY_UNKNOWN && answer.cause == TKB_OK) {
            reports[i] = {Delivery::not_sent, to_errc(status), "the host's transport failed as a whole"};
        } else {
            reports[i] = {Delivery::unknown, answer.cause == TKB_OK ? Errc::outcome_unknown : to_errc(answer.cause),
                          "the host's transport cannot tell"};
        }
    }
}

Result<void> CallbackTransport::flush(Deadline deadline) {
    if (host_.table().flush == nullptr) return {};
    return outcome(host_.table().flush(host_.user_data(), timeout_ms(deadline)), nullptr, "host.transport.flush");
}

Result<void> CallbackTransport::close(Deadline deadline) {
    if (closed_) return {};
    TKB_TRY(flush(deadline));
    closed_ = true;
    if (host_.table().close == nullptr) return {};
    return outcome(host_.table().close(host_.user_data(), timeout_ms(deadline)), nullptr, "host.transport.close");
}

}  // namespace ticketbottle::capi
