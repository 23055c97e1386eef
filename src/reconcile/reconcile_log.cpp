#include "reconcile/reconcile_log.hpp"

namespace ticketbottle::reconcile {

namespace {

using What = ReconcileNote::What;

std::string_view gateway_name(const ReconcileNote& note) {
    return note.gateway ? to_string(*note.gateway) : std::string_view();
}

void log_payment(Observer& observer, const ReconcileNote& note, Severity severity, std::string_view event,
                 std::string_view text) {
    observer.log(severity, event, text,
                 {{"gateway", gateway_name(note)},
                  {"payment_id", std::string_view(note.payment_id)},
                  {"order_code", std::string_view(note.order_code)},
                  {"reason", std::string_view(note.reason)}});
}

void log_not_believed(Observer& observer, const ReconcileNote& note) {
    switch (note.why) {
        case Answered::forged:
            return log_payment(observer, note, Severity::alert, "reconcile.not_believed",
                               "A gateway's answer is not signed with its key: nothing was settled. The key is wrong, "
                               "or somebody stands between.");
        case Answered::another:
            return log_payment(
                observer, note, Severity::alert, "reconcile.not_believed",
                "A gateway's answer is about another payment than the one asked for: nothing was settled.");
        default:
            return log_payment(observer, note, Severity::warning, "reconcile.not_believed",
                               "A gateway's answer says nothing that can be used; it is asked again.");
    }
}

void log_gateway_down(Observer& observer, const ReconcileNote& note) {
    const bool person =
        note.why == Answered::not_admitted || note.why == Answered::forged || note.why == Answered::another;
    observer.log(person ? Severity::alert : Severity::error, "reconcile.gateway_down",
                 note.why == Answered::not_admitted
                     ? "The gateway refuses our key; its payments wait for callbacks alone."
                     : "The gateway cannot be asked; no payment is the worse for it, it is tried again.",
                 {{"gateway", gateway_name(note)}, {"reason", std::string_view(note.reason)}});
    observer.gauge("ticketbottle_reconcile_gateway_up", 0, {{"gateway", gateway_name(note)}});
}

void log_page(Observer& observer, const ReconcileNote& note) {
    const auto count = static_cast<std::int64_t>(note.count);
    if (note.what == What::given_up) {
        return observer.log(
            Severity::alert, "reconcile.given_up",
            "Payments are pending for so long that their gateways are not asked any more; a person decides.",
            {{"count", count}, {"first", std::string_view(note.order_code)}});
    }
    // The store gives the oldest first: those that nobody can settle keep younger ones out of sight.
    observer.log(
        count > 0 ? Severity::alert : Severity::warning, "reconcile.page_full",
        "There are more pending payments than are looked at; the younger ones wait until older ones are closed.",
        {{"not_asked_for", count}});
}

}  // namespace

void log_note(Observer& observer, const ReconcileNote& note) {
    switch (note.what) {
        case What::healed:
            return log_payment(observer, note, Severity::info, "reconcile.healed",
                               "A payment was settled by asking its gateway: its callback has not come.");
        case What::not_believed:
            return log_not_believed(observer, note);
        case What::gateway_down:
            return log_gateway_down(observer, note);
        case What::gateway_up:
            observer.gauge("ticketbottle_reconcile_gateway_up", 1, {{"gateway", gateway_name(note)}});
            return observer.log(Severity::info, "reconcile.gateway_up", "The gateway answers again.",
                                {{"gateway", gateway_name(note)}});
        case What::given_up:
        case What::page_full:
            return log_page(observer, note);
        case What::unaskable:
            return observer.log(
                Severity::warning, "reconcile.unaskable",
                "Payments of this provider cannot be asked for; only a callback settles them. Told once.",
                {{"provider", std::string_view(note.provider)},
                 {"reason", std::string_view(note.reason)},
                 {"payment_id", std::string_view(note.payment_id)},
                 {"order_code", std::string_view(note.order_code)}});
        case What::stalled:
            return observer.log(Severity::error, "reconcile.stalled",
                                "The payment store is out of reach; it is tried again.",
                                {{"reason", std::string_view(note.reason)}});
        case What::recovered:
            return observer.log(Severity::info, "reconcile.recovered", "The payment store is within reach again.");
    }
}

void count_changes(Observer& observer, const ReconcileReport& before, const ReconcileReport& after) {
    for (std::size_t gateway = 0; gateway < gateway_count; ++gateway) {
        for (std::size_t came = 0; came < came_count; ++came) {
            const std::uint64_t grown = after.answers[gateway][came] - before.answers[gateway][came];
            if (grown == 0) continue;
            observer.count(
                "ticketbottle_reconcile_answers_total",
                {{"gateway", to_string(static_cast<Gateway>(gateway))}, {"result", to_string(static_cast<Came>(came))}},
                static_cast<double>(grown));
        }
    }
    if (after.stalled > before.stalled)
        observer.count("ticketbottle_reconcile_stalled_total", {}, static_cast<double>(after.stalled - before.stalled));
}

}  // namespace ticketbottle::reconcile
