#pragma once
/// \file
/// A MessageTransport over a host's C callbacks.

#include "callbacks.hpp"

#include <ticketbottle/ports/message_transport.hpp>

namespace ticketbottle::capi {

class CallbackTransport final : public MessageTransport {
public:
    CallbackTransport(const tkb_transport_vtable& table, void* user_data) noexcept : host_(table, user_data) {}

    void publish(std::span<const Message> messages, std::span<DeliveryReport> reports, Deadline deadline) override;
    [[nodiscard]] Result<void> flush(Deadline deadline) override;
    [[nodiscard]] Result<void> close(Deadline deadline) override;

private:
    Callbacks<tkb_transport_vtable> host_;
    bool closed_ = false;
};

/// Reads a caller's vtable of any age. Errors: invalid_argument (NULL, no publish), unsupported.
[[nodiscard]] Result<tkb_transport_vtable> to_vtable(const tkb_transport_vtable* given, std::string_view operation);

}  // namespace ticketbottle::capi
