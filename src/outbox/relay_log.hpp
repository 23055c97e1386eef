#pragma once
/// \file
/// What the relay's driver tells its observer. Internal: not installed.

#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/outbox/relay.hpp>

namespace ticketbottle::outbox {

/// One log record for the note, and the leading gauge when the role changed.
void log_note(Observer& observer, const RelayNote& note);
/// Counters, by what the report grew.
void count_changes(Observer& observer, const RelayReport& before, const RelayReport& after);

}  // namespace ticketbottle::outbox
