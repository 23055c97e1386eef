#pragma once
/// \file
/// A MessageTransport over a host's C callbacks.

#include "guard.hpp"

#include <ticketbottle/ports/message_transport.hpp>

namespace ticketbottle::capi {

/// Owns user_data once made: calls destroy exactly once.
class CallbackTransport final : public MessageTransport {
public:
    CallbackTransport(const tkb_transport_vtable& vtable, void* user_data) : vtable_(vtable), user_data_(user_data) {}
    ~CallbackTransport() override;

    void publish(std::span<const Message> messages, std::span<DeliveryReport> reports, Deadline deadline) override;
    [[nodiscard]] Result<void> flush(Deadline deadline) override;
    [[nodiscard]] Result<void> close(Deadline deadline) override;

private:
    tkb_transport_vtable vtable_;
    void* user_data_;
    bool closed_ = false;
};

/// Reads a caller's vtable of any age. Errors: invalid_argument (NULL, no publish), unsupported.
[[nodiscard]] Result<tkb_transport_vtable> to_vtable(const tkb_transport_vtable* given, std::string_view operation);

}  // namespace ticketbottle::capi
