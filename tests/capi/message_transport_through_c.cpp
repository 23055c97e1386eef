// A memory transport behind C callbacks, as a host in another language would write one, passes the port's suite.
#include "conformance/message_transport.hpp"

#include "transport.hpp"

#include <ticketbottle/memory/transports.hpp>

namespace ticketbottle {
namespace {

constexpr std::size_t value_bytes_max = 200'000;

std::string text(tkb_bytes bytes) { return bytes.size == 0 ? std::string() : std::string(bytes.data, bytes.size); }

tkb_status publish_to_memory(void* user_data, const tkb_message* messages, std::size_t count, std::uint32_t timeout_ms,
                             tkb_delivery_report* reports) {
    std::vector<Message> batch;
    for (std::size_t i = 0; i < count; ++i) {
        Message message{text(messages[i].topic), text(messages[i].key), text(messages[i].value), {}};
        for (std::size_t h = 0; h < messages[i].header_count; ++h)
            message.headers.push_back({text(messages[i].headers[h].name), text(messages[i].headers[h].value)});
        batch.push_back(std::move(message));
    }
    std::vector<DeliveryReport> fates(count);
    static_cast<memory::Transport*>(user_data)->publish(batch, fates, Deadline::in(std::chrono::milliseconds(timeout_ms)));
    for (std::size_t i = 0; i < count; ++i) {
        reports[i].delivery = static_cast<std::uint32_t>(fates[i].delivery);
        reports[i].cause = static_cast<tkb_status>(fates[i].cause);
    }
    return TKB_OK;
}

class CallbackBackend {
public:
    CallbackBackend() : transport_(vtable(), &memory_) { memory_.message_bytes_max = value_bytes_max; }
    MessageTransport& transport() { return transport_; }
    std::vector<Message> received() { return memory_.messages(); }
    static Message refused(Message message) {
        message.value.assign(value_bytes_max + 1, 'x');
        return message;
    }

private:
    static tkb_transport_vtable vtable() {
        tkb_transport_vtable table = TKB_TRANSPORT_VTABLE_INIT;
        table.publish = publish_to_memory;
        return table;
    }
    memory::Transport memory_;
    capi::CallbackTransport transport_;
};

tkb_status fail_as_a_whole(void* user_data, const tkb_message*, std::size_t, std::uint32_t, tkb_delivery_report* reports) {
    reports[0].delivery = TKB_DELIVERY_DELIVERED;
    return *static_cast<tkb_status*>(user_data);
}

}  // namespace
}  // namespace ticketbottle

TKB_MESSAGE_TRANSPORT_CONFORMANCE(CallbackBackend);

TEST_CASE("CallbackTransport: a failure as a whole keeps what was delivered, and the rest by its status") {
    using namespace ticketbottle;
    for (const auto& [status, delivery, cause] :
         {std::tuple{TKB_UNAVAILABLE, Delivery::not_sent, Errc::unavailable}, std::tuple{TKB_OUTCOME_UNKNOWN, Delivery::unknown, Errc::outcome_unknown},
          std::tuple{TKB_OK, Delivery::unknown, Errc::outcome_unknown}, std::tuple{4711u, Delivery::not_sent, Errc::internal}}) {
        tkb_status answer = status;
        tkb_transport_vtable table = TKB_TRANSPORT_VTABLE_INIT;
        table.publish = fail_as_a_whole;
        capi::CallbackTransport transport(table, &answer);
        const std::vector<Message> batch{{"t", "k", "1", {}}, {"t", "k", "2", {}}};
        std::vector<DeliveryReport> reports(2);
        transport.publish(batch, reports, Deadline::in(std::chrono::seconds(1)));
        CHECK(reports[0].delivery == Delivery::delivered);
        CHECK(reports[1].delivery == delivery);
        CHECK(reports[1].cause == cause);
    }
}
