// relay, sweep, consume and reconcile: the parts of `serve --all` as processes of their own.

#include <cstdio>
#include <ticketbottle/host/gateway_exchange.hpp>
#include <ticketbottle/outbox/sweeper.hpp>

#include "commands.hpp"
#include "json_text.hpp"
#include "service.hpp"

namespace program {

using namespace ticketbottle;

namespace {

constexpr std::chrono::minutes once_timeout{10};
// A thousand payments of one gateway, one a second, and some time to answer.
constexpr std::chrono::minutes reconcile_once_timeout{30};

void print(const JsonObject& object) { std::printf("%s\n", object.done().c_str()); }

void print_relay(const outbox::RelayReport& report) {
    const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    print(JsonObject()
              .number("published", number(report.published))
              .number("retried", number(report.retried))
              .number("dead", number(report.dead))
              .number("stalled", number(report.stalled)));
}

/// Runs a part until a stop signal.
template <class Run>
void until_stopped(Run run) {
    std::jthread thread([&run](const std::stop_token& stop) { run(stop); });
    (void)wait_for_stop_signal();
    thread.request_stop();
}

int run_relay(const Arguments& arguments) {
    take_stop_signals();  // first of all: a stop that comes while starting is a clean stop too
    const auto settings = load_settings();
    if (!settings.has_value()) return complain(settings.error());
    if (const auto made = make_folders(*settings); !made.has_value()) return complain(made.error());
    Observing observing(*settings);
    if (const auto checked = check_migration(*settings, observing.observer()); !checked.has_value()) return complain(checked.error());
    const auto store = open_outbox(*settings);
    if (!store.has_value()) return complain(store.error());
    const auto topics = open_topics(*settings, observing.observer());
    if (!topics.has_value()) return complain(topics.error());
    const std::jthread broker_check = check_brokers(*settings, observing.observer());
    outbox::Relay relay(**store, **topics, settings->relay, observing.observer());
    if (arguments.has("--once")) {
        const auto report = relay.run_once(Deadline::in(once_timeout));
        print_relay(report.has_value() ? *report : relay.last_report());
        return report.has_value() ? static_cast<int>(exit_done) : complain(report.error());
    }
    Result<outbox::RelayReport> report = outbox::RelayReport{};
    until_stopped([&](const std::stop_token& stop) { report = relay.run(stop); });
    if (!report.has_value()) return complain(report.error());
    print_relay(*report);
    return exit_done;
}

int run_sweep(const Arguments&) {
    const auto settings = load_settings();
    if (!settings.has_value()) return complain(settings.error());
    if (const auto made = make_folders(*settings); !made.has_value()) return complain(made.error());
    Observing observing(*settings);
    const auto store = open_outbox(*settings);
    if (!store.has_value()) return complain(store.error());
    const auto payments = open_payments(*settings);
    if (!payments.has_value()) return complain(payments.error());
    const auto report = outbox::sweep(**store, **payments, system_clock(), settings->sweeper,
                                      Deadline::in(std::chrono::hours(1)), observing.observer());
    if (!report.has_value()) return complain(report.error());
    std::printf("%s\n", report->to_json().c_str());
    for (const std::string& trouble : report->troubles) std::fprintf(stderr, "ticketbottle: %s\n", trouble.c_str());
    return report->troubles.empty() ? exit_done : exit_trouble;
}

int run_consume(const Arguments& arguments) {
    take_stop_signals();  // first of all, as in run_relay
    const auto settings = load_settings();
    if (!settings.has_value()) return complain(settings.error());
    if (const auto made = make_folders(*settings); !made.has_value()) return complain(made.error());
    Observing observing(*settings);
    const auto consumers = Consumers::open(*settings, observing.observer());
    if (!consumers.has_value()) return complain(consumers.error());
    Result<void> done;
    if (arguments.has("--once")) {
        const auto report = (*consumers)->run_once(Deadline::in(once_timeout));
        if (!report.has_value()) done = report.error();
    } else {
        until_stopped([&](const std::stop_token& stop) { (*consumers)->run(stop); });
    }
    const auto report = (*consumers)->report();
    print(JsonObject()
              .number("handled", static_cast<std::int64_t>(report.handled))
              .number("dead", static_cast<std::int64_t>(report.dead))
              .number("retried", static_cast<std::int64_t>(report.retried)));
    return done.has_value() ? static_cast<int>(exit_done) : complain(done.error());
}

void print_reconcile(const reconcile::ReconcileReport& report) {
    const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    JsonObject line;
    line.number("asked", number(report.asked()));
    for (std::size_t i = 0; i < reconcile::came_count; ++i) {
        const auto came = static_cast<reconcile::Came>(i);
        line.number(to_string(came), number(report.total(came)));
    }
    line.number("in_hand", number(report.in_hand)).number("given_up", number(report.given_up));
    print(line.number("unaskable", number(report.unaskable)));
}

int run_reconcile(const Arguments& arguments) {
    // Once: a signal ends it where it stands, and loses nothing; an answer is settled whole or asked for again.
    if (!arguments.has("--once")) take_stop_signals();  // first of all, as in run_relay
    const auto settings = load_settings();
    if (!settings.has_value()) return complain(settings.error());
    if (const auto checked = check_askable(*settings); !checked.has_value()) return complain(checked.error());
    if (const auto made = make_folders(*settings); !made.has_value()) return complain(made.error());
    Observing observing(*settings);
    const auto store = open_payments(*settings);
    if (!store.has_value()) return complain(store.error());
    reconcile::Reconciler reconciler(settings->gateways, **store, host::gateway_exchange(), system_clock(),
                                     settings->webhook.processor, settings->reconcile, observing.observer());
    Result<reconcile::ReconcileReport> report = reconcile::ReconcileReport{};
    if (arguments.has("--once"))
        report = reconciler.run_once(Deadline::in(reconcile_once_timeout));
    else
        until_stopped([&](const std::stop_token& stop) { report = reconciler.run(stop); });
    print_reconcile(report.has_value() ? *report : reconciler.last_report());
    return report.has_value() ? static_cast<int>(exit_done) : complain(report.error());
}

}  // namespace

const Command& relay_command() {
    static const Command command{
        {"relay",
         "",
         0,
         0,
         "Publish events from the outbox to Kafka or the topic log until stopped.",
         {{"--once", "", "publish what is due now and end"}},
         "Of any number of relays on one database one publishes; the others stand by and take over within seconds.\n"
         "Prints what was done as one JSON line at the end.\n"},
        run_relay};
    return command;
}

const Command& sweep_command() {
    static const Command command{
        {"sweep",
         "",
         0,
         0,
         "Remove old published events and old callbacks once; report as JSON.",
         {},
         "Keeps published events for RETENTION_DAYS (7). Events that were given up are never removed unless\n"
         "TICKETBOTTLE_DEAD_RETENTION_DAYS says so: they are listed in an alert. `serve --all` does this daily at "
         "02:00 UTC.\n"},
        run_sweep};
    return command;
}

const Command& consume_command() {
    static const Command command{{"consume",
                                  "",
                                  0,
                                  0,
                                  "Make tickets and mails from Kafka or the topic log until stopped.",
                                  {{"--once", "", "handle what is there now and end"}},
                                  "Reads PAYMENT_COMPLETED events and the topic TICKETBOTTLE_TOPIC_TICKET_ISSUED. "
                                  "Needs QR_CODE_BASE_URL and SES_FROM_EMAIL.\n"
                                  "An event that can never be handled goes to the topic "
                                  "<topic>.dead.tickets-and-mails, with an alert. From the topic log, run one at a time; Kafka shares the work among\n"
                                  "any number.\n"},
                                 run_consume};
    return command;
}

const Command& reconcile_command() {
    static const Command command{
        {"reconcile",
         "",
         0,
         0,
         "Ask gateways about payments that stay pending, and settle the answers, until stopped.",
         {{"--once", "", "ask once about what is due now and end"}},
         "Asks about payments older than TICKETBOTTLE_RECONCILE_AFTER minutes (15), each ever more rarely while it stays\n"
         "open, for TICKETBOTTLE_RECONCILE_GIVE_UP days (7). An answer settles as a callback does, so both together make\n"
         "one event. Prints what was done as one JSON line at the end. Runs whatever TICKETBOTTLE_RECONCILE says: that\n"
         "is for serve --all.\n"
         "Check where your gateways are asked: TICKETBOTTLE_VNPAY_API_BASE and the like (docs/settings.md). A test system\n"
         "that asks a live gateway hears \"no such order\", and closes the payment.\n"},
        run_reconcile};
    return command;
}

}  // namespace program
