// serve: the HTTP server for callbacks, and with --all everything else beside it.

#include <cstdio>

#include "commands.hpp"
#include "json_text.hpp"
#include "service.hpp"

namespace program {
namespace {

std::string configured_paths(const ticketbottle::Gateways& gateways) {
    JsonArray paths;
    const auto add = [&paths](bool configured, const char* path) {
        if (configured) paths.add(json_string(path));
    };
    add(gateways.zalopay.has_value(), "/webhook/zalopay");
    add(gateways.payos.has_value(), "/webhook/payos");
    add(gateways.vnpay.has_value(), "/webhook/vnpay");
    add(gateways.stripe.has_value(), "/webhook/stripe");
    add(gateways.momo.has_value(), "/webhook/momo");
    add(gateways.standard_webhooks.has_value(), "/webhook/standard");
    return paths.done();
}

void tell_listening(const Settings& settings, std::uint16_t port, bool all) {
    JsonObject line;
    line.text("event", "listening").text("address", settings.http.address).number("port", port);
    line.raw("webhooks", configured_paths(settings.gateways));
    line.flag("invoke", settings.invocations == ticketbottle::host::Invocations::accept);
    line.flag("checkout", settings.checkout.has_value());
    line.flag("all", all).text("data", settings.data);
    std::printf("%s\n", line.done().c_str());
    std::fflush(stdout);
}

int run(const Arguments& arguments) {
    take_stop_signals();  // first of all: a stop that comes while starting is a clean stop too
    const auto settings = load_settings();
    if (!settings.has_value()) return complain(settings.error());
    const bool all = arguments.has("--all");
    const bool asks = settings->reconciling == ticketbottle::host::Reconciling::on;
    Observing observing(*settings);
    const auto service = Service::start(*settings, {true, all, all, all, all && asks}, observing);
    if (!service.has_value()) return complain(service.error());
    tell_listening(*settings, (*service)->port(), all);
    const int signal = wait_for_stop_signal();
    observing.observer().log(ticketbottle::Severity::info, "program.stopping", "", {{"signal", std::int64_t{signal}}});
    (*service)->stop();
    return exit_done;
}

}  // namespace

const Command& serve_command() {
    static const Command command{
        {"serve",
         "",
         0,
         0,
         "Take payment callbacks over HTTP until stopped.",
         {{"--all", "",
           "also publish events, sweep daily, make tickets and mails, and with TICKETBOTTLE_RECONCILE=on ask gateways "
           "about payments that stay pending, in this one process"}},
         "POST or GET /webhook/<gateway> (also /webhooks/..., behind any prefix), GET /healthz, GET /metrics;\n"
         "POST /invoke takes function invocations when TICKETBOTTLE_INVOKE=on.\n"
         "With DB_HOST, STRIPE_SECRET_KEY and TICKETBOTTLE_CHECKOUT_ORIGINS also POST /events/<id>/tickets/<id>/checkout, and with\n"
         "TICKETBOTTLE_CHECK_IN_TOKEN PATCH or POST /events/<id>/ticket-orders/<id>/validate.\n"
         "Prints one JSON line with the port once it listens. SIGTERM or SIGINT stops it cleanly.\n"
         "Plain HTTP: TLS ends at the proxy in front.\n"
         "\n"
         "Example:\n"
         "  VNPAY_TMN_CODE=DEMO0001 VNPAY_HASH_SECRET=not-a-real-secret ticketbottle serve\n"},
        run};
    return command;
}

}  // namespace program
