// status, outbox dead, outbox requeue: what an operator looks at first, and the one thing to do about it.

#include <cstdio>

#include "commands.hpp"
#include "json_text.hpp"
#include "wiring.hpp"

namespace program {

using namespace ticketbottle;

namespace {

constexpr std::chrono::seconds store_timeout{10};
constexpr std::uint32_t raised_rows = 10;
constexpr std::uint32_t dead_rows_max = 1000;

struct Status {
    PaymentCounts payments;
    std::vector<InboxEntry> raised;
    OutboxStatistics outbox;
    std::vector<DeadRow> dead;
};

Result<Status> read_status(const Settings& settings) {
    const auto payments = open_payments(settings, sqlite::OpenMode::read_only);
    if (!payments.has_value()) return payments.error();
    const auto outbox = open_outbox(settings, sqlite::OpenMode::read_only);
    if (!outbox.has_value()) return outbox.error();
    const auto deadline = Deadline::in(store_timeout);
    const auto counts = (*payments)->counts(deadline);
    if (!counts.has_value()) return counts.error();
    const auto raised = (*payments)->raised(raised_rows, deadline);
    if (!raised.has_value()) return raised.error();
    const auto statistics = (*outbox)->statistics(deadline);
    if (!statistics.has_value()) return statistics.error();
    const auto dead = (*outbox)->dead(raised_rows, deadline);
    if (!dead.has_value()) return dead.error();
    return Status{*counts, *raised, *statistics, *dead};
}

std::string raised_json(const InboxEntry& entry) {
    return JsonObject()
        .text("gateway", to_string(entry.gateway))
        .text("reason", to_string(entry.refusal))
        .text("payment_id", entry.payment_id)
        .text("transaction_id", entry.transaction_id)
        .number("amount", entry.amount.minor_units)
        .text("currency", entry.amount.currency.code())
        .text("received_at", to_iso8601(entry.received_at))
        .done();
}

std::string dead_json(const DeadRow& row) {
    return JsonObject()
        .text("id", row.id)
        .text("aggregate_id", row.aggregate_id)
        .text("event_type", row.event_type)
        .number("attempts", row.attempts)
        .text("reason", row.reason)
        .text("created_at", to_iso8601(row.created_at))
        .done();
}

template <class Rows, class Write>
std::string array_of(const Rows& rows, Write write) {
    JsonArray array;
    for (const auto& row : rows) array.add(write(row));
    return array.done();
}

std::string to_json(const Status& status) {
    const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    const PaymentCounts& counts = status.payments;
    const OutboxStatistics& outbox = status.outbox;
    JsonObject payments;
    payments.number("pending", number(counts.pending)).number("completed", number(counts.completed));
    payments.number("failed", number(counts.failed))
        .number("cancelled", number(counts.cancelled))
        .number("raised", number(counts.raised));
    JsonObject events;
    events.number("total", number(outbox.total)).number("published", number(outbox.published));
    events.number("pending", number(outbox.pending)).number("dead", number(outbox.dead));
    if (outbox.oldest_pending_age) events.number("oldest_pending_ms", outbox.oldest_pending_age->count());
    if (outbox.lease_left) events.number("lease_left_ms", outbox.lease_left->count());
    return JsonObject()
        .raw("payments", payments.done())
        .raw("raised", array_of(status.raised, raised_json))
        .raw("outbox", events.done())
        .raw("dead", array_of(status.dead, dead_json))
        .done();
}

unsigned long long wide(std::uint64_t value) { return value; }

void print(const Status& status) {
    const PaymentCounts& counts = status.payments;
    const OutboxStatistics& outbox = status.outbox;
    std::printf("payments  pending %llu, completed %llu, failed %llu, cancelled %llu\n", wide(counts.pending),
                wide(counts.completed), wide(counts.failed), wide(counts.cancelled));
    std::printf("outbox    events %llu, published %llu, waiting %llu, given up %llu\n", wide(outbox.total),
                wide(outbox.published), wide(outbox.pending), wide(outbox.dead));
    if (outbox.oldest_pending_age)
        std::printf("          the oldest one waits for %.1f s\n",
                    static_cast<double>(outbox.oldest_pending_age->count()) / 1000);
    if (outbox.lease_left)
        std::printf("relay     one leads; its lease lives for %.1f s more\n", static_cast<double>(outbox.lease_left->count()) / 1000);
    else
        std::printf("relay     none leads: nothing is published until one runs\n");
    std::printf("raised    %llu callbacks need a person%s\n", wide(counts.raised),
                status.raised.empty() ? "" : ", newest first:");
    for (const InboxEntry& entry : status.raised) {
        std::printf("          %s  %s  %s  payment %s  %lld %s\n", to_iso8601(entry.received_at).c_str(),
                    std::string(to_string(entry.gateway)).c_str(), std::string(to_string(entry.refusal)).c_str(),
                    entry.payment_id.c_str(), static_cast<long long>(entry.amount.minor_units),
                    std::string(entry.amount.currency.code()).c_str());
    }
    if (!status.dead.empty()) std::printf("given up  (again with: ticketbottle outbox requeue ID)\n");
    for (const DeadRow& row : status.dead) {
        std::printf("          %s  %s  attempts %u  %s\n", row.id.c_str(), row.event_type.c_str(), row.attempts,
                    row.reason.c_str());
    }
}

int run_status(const Arguments& arguments) {
    const auto settings = load_settings();
    if (!settings.has_value()) return complain(settings.error());
    const auto status = read_status(*settings);
    if (!status.has_value()) return complain(status.error());
    if (arguments.has("--json"))
        std::printf("%s\n", to_json(*status).c_str());
    else
        print(*status);
    return exit_done;
}

int run_dead(const Arguments&) {
    const auto settings = load_settings();
    if (!settings.has_value()) return complain(settings.error());
    const auto outbox = open_outbox(*settings, sqlite::OpenMode::read_only);
    if (!outbox.has_value()) return complain(outbox.error());
    const auto rows = (*outbox)->dead(dead_rows_max, Deadline::in(store_timeout));
    if (!rows.has_value()) return complain(rows.error());
    for (const DeadRow& row : *rows) std::printf("%s\n", dead_json(row).c_str());
    return exit_done;
}

Result<std::uint64_t> requeue_all(OutboxStore& outbox) {
    std::uint64_t total = 0;
    for (;;) {
        const auto rows = outbox.dead(dead_rows_max, Deadline::in(store_timeout));
        if (!rows.has_value()) return rows.error();
        std::vector<std::string> ids;
        for (const DeadRow& row : *rows) ids.push_back(row.id);
        const auto done = outbox.requeue(ids, Deadline::in(store_timeout));
        if (!done.has_value()) return done.error();
        total += *done;
        if (*done == 0 || rows->size() < dead_rows_max) return total;
    }
}

int run_requeue(const Arguments& arguments) {
    const bool all = arguments.has("--all");
    if (all != arguments.positionals().empty())
        return complain_usage(outbox_requeue_command().usage,
                              all ? "--all and ids exclude each other" : "lacks ID... or --all");
    const auto settings = load_settings();
    if (!settings.has_value()) return complain(settings.error());
    const auto outbox = open_outbox(*settings, sqlite::OpenMode::existing);
    if (!outbox.has_value()) return complain(outbox.error());
    const auto done =
        all ? requeue_all(**outbox) : (*outbox)->requeue(arguments.positionals(), Deadline::in(store_timeout));
    if (!done.has_value()) return complain(done.error());
    std::printf("%llu requeued\n", wide(*done));
    return all || *done == arguments.positionals().size() ? exit_done : exit_trouble;
}

}  // namespace

const Command& status_command() {
    static const Command command{{"status",
                                  "",
                                  0,
                                  0,
                                  "Show payments per status, callbacks that need a person, and the outbox.",
                                  {{"--json", "", "one JSON object"}},
                                  "Needs no running server; reads the database only.\n"},
                                 run_status};
    return command;
}

const Command& outbox_dead_command() {
    static const Command command{{"outbox dead",
                                  "",
                                  0,
                                  0,
                                  "List events that were given up, oldest first, one JSON object a line, at most 1000.",
                                  {},
                                  ""},
                                 run_dead};
    return command;
}

const Command& outbox_requeue_command() {
    static const Command command{
        {"outbox requeue",
         "ID...",
         0,
         1000,
         "Let given-up events be published again.",
         {{"--all", "", "every one"}},
         "Mend the cause first. An id that is not given up is left alone, and the exit code is then 1.\n"},
        run_requeue};
    return command;
}

}  // namespace program
