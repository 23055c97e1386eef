#include "outbox/relay_log.hpp"

namespace ticketbottle::outbox {

namespace {

void log_row(Observer& observer, const RelayNote& note, Severity severity, std::string_view event, std::string_view text) {
    observer.log(severity, event, text,
                 {{"id", std::string_view(note.row_id)},
                  {"event_type", std::string_view(note.event_type)},
                  {"attempts", static_cast<std::int64_t>(note.attempts)},
                  {"reason", std::string_view(note.reason)}});
}

void log_role(Observer& observer, const RelayNote& note) {
    const bool leading = note.what == RelayNote::What::leading;
    if (leading) {
        observer.log(Severity::info, "relay.leading", "This relay publishes now.");
    } else if (note.what == RelayNote::What::standby) {
        observer.log(Severity::info, "relay.standby", "Another relay publishes; this one stands by.");
    } else {
        observer.log(Severity::warning, "relay.lease_lost",
                     "This relay was fenced: the page in hand was dropped and will be published again.");
    }
    observer.gauge("ticketbottle_relay_leading", leading ? 1 : 0);
}

void count(Observer& observer, std::string_view name, std::uint64_t before, std::uint64_t after) {
    if (after > before) observer.count(name, {}, static_cast<double>(after - before));
}

}  // namespace

void log_note(Observer& observer, const RelayNote& note) {
    switch (note.what) {
        case RelayNote::What::row_retry:
            return log_row(observer, note, Severity::warning, "outbox.row_retry", "An event was not sent and will be tried again.");
        case RelayNote::What::row_dead:
            return log_row(observer, note, Severity::error, "outbox.row_dead",
                           "An event was given up; later events of its key wait until it is requeued or removed.");
        case RelayNote::What::stalled:
            return observer.log(Severity::error, "relay.stalled", "Out of reach; no attempt is counted, it is tried again.",
                                {{"part", std::string_view(note.part)}, {"reason", std::string_view(note.reason)}});
        case RelayNote::What::recovered:
            return observer.log(Severity::info, "relay.recovered", "Within reach again.",
                                {{"part", std::string_view(note.part)}});
        case RelayNote::What::leading:
        case RelayNote::What::standby:
        case RelayNote::What::lease_lost:
            return log_role(observer, note);
    }
}

void count_changes(Observer& observer, const RelayReport& before, const RelayReport& after) {
    count(observer, "ticketbottle_outbox_published_total", before.published, after.published);
    count(observer, "ticketbottle_outbox_retried_total", before.retried, after.retried);
    count(observer, "ticketbottle_outbox_dead_total", before.dead, after.dead);
    count(observer, "ticketbottle_outbox_stalled_total", before.stalled, after.stalled);
}

}  // namespace ticketbottle::outbox
