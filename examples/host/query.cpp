// query: what the gateway says of one payment, for a person who wants to know now.

#include <cstdio>
#include <ticketbottle/host/gateway_exchange.hpp>
#include <ticketbottle/payment/processor.hpp>

#include "commands.hpp"
#include "json_text.hpp"
#include "observing.hpp"
#include "payment_text.hpp"
#include "wiring.hpp"

namespace program {

using namespace ticketbottle;
using reconcile::Answered;

namespace {

constexpr std::chrono::seconds settle_timeout{10};

/// Without names, addresses and payload.
std::string asked_json(const Payment& payment, const reconcile::Asked& asked) {
    JsonObject line;
    line.text("order_code", payment.order_code).text("payment_status", to_string(payment.status));
    line.text("gateway", to_string(asked.gateway)).text("asked_by", asked.name);
    line.number("http_status", asked.answer.status).text("answer", to_string(asked.reading.what));
    if (asked.reading.what == Answered::settle) {
        const PaymentNotification& told = asked.reading.notification;
        const Money amount = told.amount.value_or(Money{});
        line.text("status", to_string(told.status)).number("amount", amount.minor_units);
        line.text("currency", amount.currency.code()).text("transaction_id", told.transaction_id);
        if (told.occurred_at) line.text("occurred_at", to_iso8601(*told.occurred_at));
    }
    if (!asked.reading.reason.empty()) line.text("reason", asked.reading.reason);
    return line.done();
}

bool is_understood(Answered what) { return what == Answered::settle || what == Answered::open; }

int settle(PaymentStore& store, const Settings& settings, const PaymentNotification& told) {
    Observing observing(settings);
    PaymentProcessor processor(store, system_clock(), settings.webhook.processor, observing.observer());
    const Settled settled = processor.process(told, Deadline::in(settle_timeout));
    JsonObject line;
    line.text("outcome", to_string(settled.outcome)).text("refusal", to_string(settled.refusal));
    std::printf("%s\n", line.text("payment_status", to_string(settled.after)).done().c_str());
    return settled.outcome == Outcome::applied || settled.outcome == Outcome::duplicate ? exit_done : exit_trouble;
}

int run(const Arguments& arguments) {
    const auto name = arguments.value("--payment");
    if (!name) return complain_usage(query_command().usage, "the option --payment is required");
    const auto seconds = arguments.number("--timeout", 30, 1, 600);
    if (!seconds.has_value()) return complain_usage(query_command().usage, seconds.error().detail_text());
    const auto settings = load_settings();
    if (!settings.has_value()) return complain(settings.error());
    const bool settles = arguments.has("--settle");
    const auto store = open_payments(*settings, settles ? sqlite::OpenMode::existing : sqlite::OpenMode::read_only);
    if (!store.has_value()) return complain(store.error());
    const auto payment = find_payment(**store, *name);
    if (!payment.has_value()) return complain(payment.error());
    if (!*payment) return complain(fail(Errc::unavailable, "program.query", "no payment is called " + *name));
    const auto asked = reconcile::ask(**payment, settings->gateways, host::gateway_exchange(), system_clock().now(),
                                      Deadline::in(std::chrono::seconds(*seconds)), settings->reconcile.ip_address);
    if (!asked.has_value()) return complain(asked.error());
    std::printf("%s\n", asked_json(**payment, *asked).c_str());
    if (!is_understood(asked->reading.what)) return exit_trouble;
    if (!settles || asked->reading.what != Answered::settle) return exit_done;
    return settle(**store, *settings, asked->reading.notification);
}

}  // namespace

const Command& query_command() {
    static const Command command{
        {"query",
         "",
         0,
         0,
         "Ask the gateway about one payment now, and show what it says.",
         {{"--payment", "ORDER", "required; order code, id or the gateway's name for it"},
          {"--settle", "", "then settle the payment by the answer, as a callback would"},
          {"--timeout", "S", "seconds to wait for the answer; default 30"}},
         "Asks whatever the payment's age and status. Prints one JSON line: `answer` is settle (`status` says what "
         "became\n"
         "of the payment), open (under way, or not known there), or why it cannot be used: not_believed, forged, "
         "another,\n"
         "unreachable, not_admitted; the exit code is then 1. Changes nothing without --settle.\n"
         "\n"
         "Example:\n"
         "  ticketbottle query --payment TB-LTDTNL-20251213-8D39986M\n"},
        run};
    return command;
}

}  // namespace program
