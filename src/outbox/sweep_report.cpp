#include <ticketbottle/outbox/sweeper.hpp>

#include "core/json.hpp"

namespace ticketbottle::outbox {

namespace {

std::int64_t as_int(std::uint64_t count) { return static_cast<std::int64_t>(count); }

std::string stats_json(const OutboxStatistics& stats) {
    std::string out;
    json::ObjectWriter writer(out);
    writer.integer("totalEvents", as_int(stats.total));
    writer.integer("publishedEvents", as_int(stats.published));
    writer.integer("pendingEvents", as_int(stats.pending));
    writer.integer("failedEvents", as_int(stats.dead));
    if (stats.oldest_pending_age.has_value()) {
        writer.integer("oldestPendingAge", std::chrono::floor<std::chrono::minutes>(*stats.oldest_pending_age).count());
    } else {
        writer.raw("oldestPendingAge", "null");
    }
    writer.finish();
    return out;
}

}  // namespace

std::string SweepReport::to_json() const {
    std::string out;
    json::ObjectWriter writer(out);
    writer.integer("deleted", as_int(deleted));
    writer.integer("failedCount", as_int(stats.dead));
    writer.raw("stats", stats_json(stats));
    writer.integer("inboxDeleted", as_int(inbox_deleted));
    writer.integer("deadDeleted", as_int(dead_deleted));
    writer.boolean("complete", complete);
    writer.finish();
    return out;
}

}  // namespace ticketbottle::outbox
