#pragma once
/// \file
/// One settle of a host's PaymentStore in progress: what the host found, and what was decided.

#include "outbox_store.hpp"
#include "payment_rows.hpp"

#include <ticketbottle/payment/rules.hpp>

struct tkb_settlement {
    explicit tkb_settlement(const ticketbottle::SettleCommand& settled) : command(settled) {}

    const ticketbottle::SettleCommand& command;
    std::vector<ticketbottle::Payment> candidates;
    std::optional<ticketbottle::InboxEntry> same_key;
    std::vector<ticketbottle::InboxEntry> of_payment;
    std::optional<ticketbottle::payment::Decision> decision;
    // What tkb_settlement_decide shows: views into the decision.
    tkb_payment update{};
    tkb_inbox_entry inbox{};
    tkb_outbox_row outbox{};
};
