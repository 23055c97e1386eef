#include "observe/metric_help.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ticketbottle::observe {

namespace {

using Entry = std::pair<std::string_view, std::string_view>;
constexpr std::array entries = {
    Entry{"ticketbottle_callback_seconds", "Time to answer one callback."},
    Entry{"ticketbottle_callbacks_total", "Callbacks answered, by gateway and situation."},
    Entry{"ticketbottle_check_ins_total", "Calls to check an order in, by outcome."},
    Entry{"ticketbottle_checkout_seconds", "Time to answer one call of the shop's endpoints."},
    Entry{"ticketbottle_checkouts_total", "Calls to check out, by outcome and reason."},
    Entry{"ticketbottle_consumer_dead_total", "Events a consumer gave up."},
    Entry{"ticketbottle_consumer_handled_total", "Events a consumer handled."},
    Entry{"ticketbottle_consumer_retried_total", "Attempts of a consumer that failed and will be repeated."},
    Entry{"ticketbottle_http_connections_refused_total", "Connections refused: too many at once."},
    Entry{"ticketbottle_http_refused_total", "Requests refused before they reached a handler."},
    Entry{"ticketbottle_kafka_messages_total", "Messages given to Kafka, by outcome."},
    Entry{"ticketbottle_kafka_rebuilds_total", "Kafka producers replaced: after a fatal error, or after messages were taken back."},
    Entry{"ticketbottle_mails_total", "Mails by kind and result."},
    Entry{"ticketbottle_notifications_total", "Verified notifications, by gateway and what was decided."},
    Entry{"ticketbottle_observe_dropped_samples_total", "Metric samples that could not be kept: a bad name, or too many series."},
    Entry{"ticketbottle_outbox_dead_total", "Events given up after their last attempt."},
    Entry{"ticketbottle_outbox_events_deleted", "Published events the last sweep removed."},
    Entry{"ticketbottle_outbox_failed_events", "Dead events at the last sweep."},
    Entry{"ticketbottle_outbox_oldest_pending_seconds", "Age of the oldest pending event at the last sweep."},
    Entry{"ticketbottle_outbox_pending_events", "Pending events at the last sweep."},
    Entry{"ticketbottle_outbox_published_events", "Published events kept at the last sweep."},
    Entry{"ticketbottle_outbox_published_total", "Events delivered and marked."},
    Entry{"ticketbottle_outbox_retried_total", "Failed attempts that left the event alive."},
    Entry{"ticketbottle_outbox_stalled_total", "Calls that found the store or the transport out of reach."},
    Entry{"ticketbottle_relay_leading", "1 while this relay publishes, 0 while it stands by or is stopped."},
    Entry{"ticketbottle_relay_publish_seconds", "Time to publish one page."},
    Entry{"ticketbottle_settle_seconds", "Time to settle one notification in the store."},
    Entry{"ticketbottle_sns_messages_total", "Messages given to Amazon SNS, by outcome."},
    Entry{"ticketbottle_stripe_calls_total", "Calls of Stripe's checkout sessions, by what came of them."},
    Entry{"ticketbottle_stripe_retries_total", "Tries of such a call that failed and were repeated."},
    Entry{"ticketbottle_tickets_total", "Tickets by result."},
};

}  // namespace

std::string_view metric_help(std::string_view name) noexcept {
    const auto* const entry = std::ranges::find(entries, name, &Entry::first);
    return entry == entries.end() ? std::string_view() : entry->second;
}

}  // namespace ticketbottle::observe
