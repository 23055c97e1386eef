#include "settlement.hpp"

using namespace ticketbottle;
using namespace ticketbottle::capi;

namespace {

/// What a host adds after it asked for the decision would not be in it.
Result<void> undecided(const tkb_settlement* settlement, std::string_view operation) {
    TKB_TRY(require(settlement, operation, "settlement"));
    if (settlement->decision) return fail(Errc::invalid_argument, operation, "it is decided; tkb_settlement_restart begins anew");
    return {};
}

tkb_decision show(tkb_settlement& settlement) {
    const payment::Decision& decision = *settlement.decision;
    tkb_decision shown = TKB_DECISION_INIT;
    if (decision.update) {
        settlement.update = to_view(*decision.update);
        shown.update = &settlement.update;
    }
    if (decision.inbox) {
        settlement.inbox = to_view(*decision.inbox);
        shown.inbox = &settlement.inbox;
    }
    if (decision.outbox) {
        settlement.outbox = to_view(*decision.outbox);
        shown.outbox = &settlement.outbox;
    }
    return shown;
}

}  // namespace

void tkb_settlement_restart(tkb_settlement* settlement) {
    if (settlement == nullptr) return;
    settlement->candidates.clear();
    settlement->same_key.reset();
    settlement->of_payment.clear();
    settlement->decision.reset();
}

tkb_status tkb_settlement_add_payment(tkb_settlement* settlement, const tkb_payment* payment, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "settlement.add_payment";
        TKB_TRY(undecided(settlement, operation));
        auto read = to_payment(payment, operation);
        if (!read.has_value()) return read.error();
        // A row that two of the looked-up names find is one row all the same.
        const auto same = [&](const Payment& other) { return other.id == read->id; };
        if (std::ranges::any_of(settlement->candidates, same)) return {};
        settlement->candidates.push_back(std::move(*read));
        return {};
    });
}

tkb_status tkb_settlement_set_inbox(tkb_settlement* settlement, const tkb_inbox_entry* entry, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "settlement.set_inbox";
        TKB_TRY(undecided(settlement, operation));
        auto read = to_inbox_entry(entry, operation);
        if (!read.has_value()) return read.error();
        settlement->same_key = std::move(*read);
        return {};
    });
}

uint32_t tkb_settlement_needs_charges(const tkb_settlement* settlement) {
    if (settlement == nullptr) return 0;
    return payment::needs_charges(settlement->command.notification, settlement->candidates) ? 1 : 0;
}

tkb_status tkb_settlement_add_charge(tkb_settlement* settlement, const tkb_inbox_entry* entry, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "settlement.add_charge";
        TKB_TRY(undecided(settlement, operation));
        auto read = to_inbox_entry(entry, operation);
        if (!read.has_value()) return read.error();
        settlement->of_payment.push_back(std::move(*read));
        return {};
    });
}

tkb_status tkb_settlement_decide(tkb_settlement* settlement, tkb_decision* decision_out, tkb_error** error_out) {
    return guard(error_out, [&]() -> Result<void> {
        constexpr std::string_view operation = "settlement.decide";
        TKB_TRY(require(decision_out, operation, "decision_out"));
        TKB_TRY(undecided(settlement, operation));
        auto decided = payment::decide(settlement->command, {settlement->candidates, settlement->same_key ? &*settlement->same_key : nullptr,
                                                             settlement->of_payment});
        if (!decided.has_value()) return decided.error();
        settlement->decision = std::move(*decided);
        const Result<void> filled = fill_struct(decision_out, show(*settlement), operation);
        if (!filled.has_value()) settlement->decision.reset();
        return filled;
    });
}

void tkb_settlement_event_was_there(tkb_settlement* settlement) {
    if (settlement != nullptr && settlement->decision) settlement->decision->settled.outbox_id.clear();
}
