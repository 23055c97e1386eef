#pragma once
/// \file
/// The handle of a ticket renderer.

#include <ticketbottle/c/ticket.h>
#include <ticketbottle/ticket/ticket.hpp>

struct tkb_ticket_renderer {
    ticketbottle::TicketRenderer renderer;
};
