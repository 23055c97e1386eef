#pragma once
/// \file
/// A MailTransport over a host's C callbacks.

#include "callbacks.hpp"

#include <ticketbottle/c/mail_transport.h>
#include <ticketbottle/ports/mail_transport.hpp>

namespace ticketbottle::capi {

class CallbackMailTransport final : public MailTransport {
public:
    CallbackMailTransport(const tkb_mail_transport_vtable& table, void* user_data) noexcept : host_(table, user_data) {}
    Result<MailReceipt> send(const Mail& mail, Deadline deadline) override;

private:
    Callbacks<tkb_mail_transport_vtable> host_;
};

}  // namespace ticketbottle::capi
