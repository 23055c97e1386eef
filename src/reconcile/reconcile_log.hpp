#pragma once
/// \file
/// What the reconciler's driver tells its observer. Internal: not installed.

#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/reconcile/reconciler.hpp>

namespace ticketbottle::reconcile {

/// One log record for the note, and the gateway's gauge when it went down or came up.
void log_note(Observer& observer, const ReconcileNote& note);
/// Counters, by what the report grew.
void count_changes(Observer& observer, const ReconcileReport& before, const ReconcileReport& after);

}  // namespace ticketbottle::reconcile
