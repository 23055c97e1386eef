#include <ticketbottle/outbox/sweeper.hpp>

#include "core/format.hpp"
#include "outbox/text.hpp"

#include <variant>

namespace ticketbottle::outbox {

namespace {

/// Performs the machine's actions. Past the deadline nothing is called any more and every step is cancelled.
struct Driver {
    OutboxStore& outbox;
    PaymentStore& payments;
    Deadline deadline;
    SweeperMachine& machine;

    SweepAction operator()(const Remove& remove) {
        if (deadline.expired()) return machine.removed(past_deadline());
        switch (remove.kind) {
            case SweepKind::published:
                return machine.removed(outbox.remove_published(remove.before, remove.rows_max, deadline));
            case SweepKind::inbox: return machine.removed(payments.remove_inbox(remove.before, remove.rows_max, deadline));
            case SweepKind::dead: return machine.removed(outbox.remove_dead(remove.before, remove.rows_max, deadline));
        }
        return SweepDone{};
    }
    SweepAction operator()(const Count&) {
        return deadline.expired() ? machine.counted(past_deadline()) : machine.counted(outbox.statistics(deadline));
    }
    SweepAction operator()(const ListDead& list) {
        return deadline.expired() ? machine.listed(past_deadline()) : machine.listed(outbox.dead(list.rows_max, deadline));
    }
    SweepAction operator()(const SweepDone&) { return SweepDone{}; }

    static Error past_deadline() { return fail(Errc::cancelled, "outbox.sweep", "past the deadline"); }
};

void alert(const SweepReport& report, Observer& observer) {
    if (report.first_dead.empty()) return;
    std::string rows;
    for (const DeadRow& row : report.first_dead) {
        rows += formatted("{}{} {} attempts={} created={}: {}", rows.empty() ? "" : "; ", clean_text(row.id, 36),
                            clean_text(row.event_type, event_type_bytes_max), row.attempts, to_iso8601(row.created_at),
                            clean_text(row.reason, reason_bytes_max));
    }
    observer.log(Severity::alert, "outbox.dead_rows", "Events were given up and hold their keys: requeue or remove them.",
                 {{"count", static_cast<std::int64_t>(report.stats.dead)}, {"first", std::string_view(rows)}});
}

bool counted(const SweepReport& report) {
    // Figures that could not be had are not sent as zeros: a gauge of 0 failed events would close an alarm.
    for (const std::string& trouble : report.troubles) {
        if (trouble.starts_with("counting")) return false;
    }
    return true;
}

void tell(const SweepReport& report, Observer& observer) {
    for (const std::string& trouble : report.troubles) {
        observer.log(Severity::error, "outbox.sweep_trouble", "A step of the sweep failed; the others were done.",
                     {{"reason", std::string_view(trouble)}});
    }
    alert(report, observer);
    observer.log(Severity::info, "outbox.swept", "The sweep is done.",
                 {{"deleted", static_cast<std::int64_t>(report.deleted)},
                  {"inbox_deleted", static_cast<std::int64_t>(report.inbox_deleted)},
                  {"dead_deleted", static_cast<std::int64_t>(report.dead_deleted)},
                  {"complete", report.complete}});
    observer.gauge("ticketbottle_outbox_events_deleted", static_cast<double>(report.deleted));
    if (!counted(report)) return;
    observer.gauge("ticketbottle_outbox_failed_events", static_cast<double>(report.stats.dead));
    observer.gauge("ticketbottle_outbox_pending_events", static_cast<double>(report.stats.pending));
    observer.gauge("ticketbottle_outbox_published_events", static_cast<double>(report.stats.published));
    observer.gauge("ticketbottle_outbox_oldest_pending_seconds",
                   std::chrono::duration<double>(report.stats.oldest_pending_age.value_or(std::chrono::milliseconds(0))).count());
}

}  // namespace

Result<SweepReport> sweep(OutboxStore& outbox, PaymentStore& payments, const Clock& clock, const SweeperOptions& options,
                          Deadline deadline, Observer& observer) {
    if (auto checked = check(options); !checked.has_value()) return checked.error();
    SweeperMachine machine(options, clock.now());
    Driver driver{outbox, payments, deadline, machine};
    SweepAction action = machine.begin();
    while (!std::holds_alternative<SweepDone>(action)) action = std::visit(driver, action);
    try {
        tell(machine.report(), observer);
    } catch (...) {
        // An observer must not throw; one that does has not undone the sweep.
    }
    return machine.report();
}

}  // namespace ticketbottle::outbox
