#pragma once
/// \file
/// What the opaque handles hold. Shared by the C libraries of one build; never seen outside.

#include <ticketbottle/c/clock.h>
#include <ticketbottle/c/gateway.h>
#include <ticketbottle/c/mail_transport.h>
#include <ticketbottle/c/object_store.h>
#include <ticketbottle/c/outbox.h>
#include <ticketbottle/c/payment_store.h>
#include <ticketbottle/core/result.hpp>
#include <ticketbottle/gateway/gateways.hpp>
#include <ticketbottle/memory/database.hpp>
#include <ticketbottle/outbox/statement.hpp>
#include <ticketbottle/ports/clock.hpp>
#include <ticketbottle/ports/mail_transport.hpp>
#include <ticketbottle/ports/object_store.hpp>
#include <ticketbottle/ports/outbox_store.hpp>
#include <ticketbottle/ports/payment_store.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

struct tkb_error {
    ticketbottle::Error error;
    std::optional<ticketbottle::Reason> reason;  ///< Of a refused callback.
    bool permanent = false;                      ///< Given when there is no memory for a real one; never freed.
};

struct tkb_buffer {
    std::string bytes;
};

struct tkb_gateways {
    ticketbottle::Gateways gateways;
};

struct tkb_owned_request {
    ticketbottle::Request request;
    std::vector<tkb_header> headers;  ///< Views into request.
};

struct tkb_notification {
    ticketbottle::Verified verified;
};

struct tkb_statement {
    ticketbottle::outbox::Statement statement;
};

// Ports: a backend of the library's, or of the host's behind a vtable.
struct tkb_clock {
    std::unique_ptr<ticketbottle::Clock> port;
};

struct tkb_payment_store {
    std::unique_ptr<ticketbottle::PaymentStore> port;
};

struct tkb_object_store {
    std::unique_ptr<ticketbottle::ObjectStore> port;
};

struct tkb_mail_transport {
    std::unique_ptr<ticketbottle::MailTransport> port;
};

struct tkb_outbox_store {
    std::unique_ptr<ticketbottle::OutboxStore> port;
    std::shared_ptr<ticketbottle::memory::Database> memory;  ///< Of a memory store; else null.
};
