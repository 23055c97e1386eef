#pragma once
/// \file
/// The sweeper: removes old published rows, old inbox entries and (if told to) old dead rows in bounded batches, then
/// counts, reports and alerts. SweeperMachine decides; Sweeper performs.

#include <ticketbottle/core/observer.hpp>
#include <ticketbottle/ports/clock.hpp>
#include <ticketbottle/ports/outbox_store.hpp>
#include <ticketbottle/ports/payment_store.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ticketbottle::outbox {

struct SweeperOptions {
    std::chrono::hours published_retention{7 * 24};   ///< RETENTION_DAYS, OUTBOX_RETENTION_DAYS. 1 h .. 10 years.
    std::chrono::hours inbox_retention{90 * 24};      ///< Longer than any gateway's retries and manual resends.
    std::optional<std::chrono::hours> dead_retention; ///< nullopt: dead rows are kept for ever.
    std::uint32_t batch_rows_max = 1000;              ///< 1..10000 rows a transaction.
    std::uint32_t batches_max = 10000;                ///< A run's bound: the rest waits for the next one.
    std::uint32_t alert_rows_max = 10;                ///< Dead rows named in the alert.
};
/// Errors: invalid_argument, naming the option and its range.
[[nodiscard]] Result<void> check(const SweeperOptions& options);

enum class SweepKind : std::uint8_t { published, inbox, dead };
struct Remove { SweepKind kind; TimePoint before; std::uint32_t rows_max; };
struct Count {};     ///< OutboxStore::statistics
struct ListDead { std::uint32_t rows_max; };
struct SweepDone {};
using SweepAction = std::variant<Remove, Count, ListDead, SweepDone>;

struct SweepReport {
    std::uint64_t deleted = 0;        ///< Published rows removed.
    std::uint64_t inbox_deleted = 0;
    std::uint64_t dead_deleted = 0;
    OutboxStatistics stats;           ///< After the removals.
    std::vector<DeadRow> first_dead;  ///< At most alert_rows_max.
    bool complete = true;             ///< false: batches_max was reached, or a step failed.
    std::vector<std::string> troubles;  ///< One line per step that failed; the others were done all the same.

    /// {"deleted":..,"failedCount":..,"stats":{"totalEvents":..,"publishedEvents":..,"pendingEvents":..,"failedEvents":..,
    /// "oldestPendingAge":<minutes>}}: the deployed function's result, plus inboxDeleted, deadDeleted, complete.
    [[nodiscard]] std::string to_json() const;
};

/// No I/O, no clock. A failed step ends its kind, not the sweep.
class SweeperMachine {
public:
    SweeperMachine(SweeperOptions options, TimePoint now);
    [[nodiscard]] SweepAction begin();
    [[nodiscard]] SweepAction removed(const Result<std::uint64_t>& answer);
    [[nodiscard]] SweepAction counted(const Result<OutboxStatistics>& answer);
    [[nodiscard]] SweepAction listed(const Result<std::vector<DeadRow>>& answer);
    [[nodiscard]] const SweepReport& report() const noexcept { return report_; }

private:
    [[nodiscard]] SweepAction remove(SweepKind kind);
    [[nodiscard]] SweepAction after(SweepKind kind);
    SweeperOptions options_;
    TimePoint now_;
    SweepReport report_;
    SweepKind kind_ = SweepKind::published;
    std::uint32_t batches_ = 0;
};

/// One sweep, on the caller's thread, until done or the deadline. Emits the alert "outbox.dead_rows" with the first dead rows, and
/// the metrics ticketbottle_outbox_events_deleted, ticketbottle_outbox_failed_events (CloudWatch: EventsDeleted, FailedEvents),
/// ticketbottle_outbox_pending_events, ticketbottle_outbox_oldest_pending_seconds, ticketbottle_outbox_published_events.
/// Errors: invalid_argument (options). Troubles of a step are in the report.
[[nodiscard]] Result<SweepReport> sweep(OutboxStore& outbox, PaymentStore& payments, const Clock& clock, const SweeperOptions& options,
                                        Deadline deadline, Observer& observer = Observer::none());

}  // namespace ticketbottle::outbox
