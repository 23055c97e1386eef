#include "transport.hpp"

namespace ticketbottle::capi {

namespace {

constexpr tkb_transport_vtable empty_vtable = TKB_TRANSPORT_VTABLE_INIT;

std::uint32_t timeout_ms(Deadline deadline) { return static_cast<std::uint32_t>(deadline.remaining().count()); }

Errc to_errc(tkb_status status) {
    if (status == TKB_OK) return Errc::outcome_unknown;
    return status <= TKB_INTERNAL ? static_cast<Errc>(status) : Errc::internal;
}

void set_all(std::span<DeliveryReport> reports, Delivery delivery, Errc cause, const char* reason) {
    for (DeliveryReport& report : reports) report = {delivery, cause, reason};
}

}  // namespace

Result<tkb_transport_vtable> to_vtable(const tkb_transport_vtable* given, std::string_view operation) {
    TKB_TRY(require(given, operation, "transport"));
    auto vtable = read_struct(given, empty_vtable, operation);
    if (!vtable.has_value()) return vtable.error();
    if (vtable->publish == nullptr) return fail(Errc::invalid_argument, operation, "transport.publish is NULL");
    return vtable;
}

CallbackTransport::~CallbackTransport() {
    if (vtable_.destroy != nullptr) vtable_.destroy(user_data_);
}

void CallbackTransport::publish(std::span<const Message> messages, std::span<DeliveryReport> reports, Deadline deadline) {
    if (messages.empty()) return;
    if (closed_) return set_all(reports, Delivery::not_sent, Errc::invalid_argument, "the transport is closed");
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
    const tkb_status status = vtable_.publish(user_data_, views.data(), views.size(), timeout_ms(deadline), answers.data());

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
    if (vtable_.flush == nullptr) return {};
    const tkb_status status = vtable_.flush(user_data_, timeout_ms(deadline));
    if (status != TKB_OK) return fail(to_errc(status), "transport.flush", "the host's transport could not flush");
    return {};
}

Result<void> CallbackTransport::close(Deadline deadline) {
    if (closed_) return {};
    TKB_TRY(flush(deadline));
    closed_ = true;
    if (vtable_.close == nullptr) return {};
    const tkb_status status = vtable_.close(user_data_, timeout_ms(deadline));
    if (status != TKB_OK) return fail(to_errc(status), "transport.close", "the host's transport could not close");
    return {};
}

}  // namespace ticketbottle::capi
