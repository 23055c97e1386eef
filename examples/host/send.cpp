// send: a signed callback of any gateway to any URL, as the gateway itself would send it.

#include <cstdio>
#include <ticketbottle/core/ids.hpp>
#include <ticketbottle/http/client.hpp>

#include "callbacks.hpp"
#include "commands.hpp"
#include "order_names.hpp"
#include "wiring.hpp"

namespace program {

using namespace ticketbottle;

namespace {

constexpr std::string_view default_url = "http://127.0.0.1:8080";

Result<NotifiedStatus> parse_status(const std::string& text) {
    for (const NotifiedStatus status :
         {NotifiedStatus::succeeded, NotifiedStatus::failed, NotifiedStatus::cancelled, NotifiedStatus::pending})
        if (text == to_string(status)) return status;
    return fail(Errc::invalid_argument, "usage", "--status is not succeeded, failed, cancelled or pending");
}

Result<TestNotification> notification_of(const Arguments& arguments, Gateway gateway, PayosNumber rule, TimePoint now) {
    const auto status = parse_status(arguments.value_or("--status", "succeeded"));
    if (!status.has_value()) return status.error();
    const auto amount = arguments.number("--amount", 0, 0, 1'000'000'000'000);
    if (!amount.has_value()) return amount.error();
    const auto currency = Currency::parse(arguments.value_or("--currency", "VND"));
    if (!currency.has_value()) return fail(Errc::invalid_argument, "usage", "--currency is not three letters");
    const std::string order = arguments.value_or("--order", "");
    const auto names = names_of_order(gateway, order, arguments.value_or("--link", ""), rule, now);
    if (!names.has_value()) return names.error();
    TestNotification notification;
    notification.status = *status;
    notification.order_id = names->order_id;
    notification.link_id = names->link_id;
    notification.transaction_id = arguments.value_or("--transaction", digits_of(order));
    notification.event_id = arguments.value_or("--event-id", "evt_" + random_uuid());
    notification.amount = {*amount, *currency};
    return notification;
}

void print_request(const OutgoingRequest& request) {
    std::printf("%s %s\n", request.method.c_str(), request.url.c_str());
    for (const Header& header : request.headers) std::printf("%s: %s\n", header.name.c_str(), header.value.c_str());
    std::printf("\n%s\n", request.body.c_str());
}

/// The reply's bytes may come from anywhere: control characters do not reach the terminal.
std::string printable(std::string text) {
    for (char& c : text)
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f) c = '?';
    return text;
}

int deliver(const OutgoingRequest& request, std::int64_t times, std::chrono::milliseconds timeout,
            const std::string& ca_file) {
    int code = exit_done;
    for (std::int64_t i = 0; i < times; ++i) {
        const auto answer = http::perform(request, Deadline::in(timeout), {ca_file, query_answer_bytes_max});
        if (!answer.has_value()) {
            (void)complain(answer.error());
            return exit_trouble;
        }
        std::printf("%d %s\n", answer->status, printable(answer->body).c_str());
        if (answer->status >= 300) code = exit_trouble;
    }
    return code;
}

int run(const Arguments& arguments) {
    const auto usage = [](std::string_view what) { return complain_usage(send_command().usage, what); };
    if (!arguments.has("--order")) return usage("the option --order is required");
    if (!arguments.has("--amount")) return usage("the option --amount is required");
    const auto gateway = parse_gateway(arguments.positionals().front());
    if (!gateway.has_value()) return complain(gateway.error());
    const auto times = arguments.number("--repeat", 1, 1, 10000);
    if (!times.has_value()) return usage(times.error().detail_text());
    const auto seconds = arguments.number("--timeout", 10, 1, 600);
    if (!seconds.has_value()) return usage(seconds.error().detail_text());
    const auto settings = load_settings();
    if (!settings.has_value()) return complain(settings.error());
    const TimePoint now = system_clock().now();
    const auto notification = notification_of(arguments, *gateway, settings->webhook.processor.payos_number, now);
    if (!notification.has_value()) return usage(notification.error().detail_text());
    const Gateways keys = arguments.has("--forge") ? with_other_keys(settings->gateways) : settings->gateways;
    const auto request = sign(keys, *gateway, *notification, now);
    if (!request.has_value()) return complain(request.error());
    const OutgoingRequest outgoing = to_outgoing(*request, arguments.value_or("--url", default_url));
    if (arguments.has("--print")) {
        print_request(outgoing);
        return exit_done;
    }
    return deliver(outgoing, *times, std::chrono::seconds(*seconds), arguments.value_or("--ca-file", ""));
}

}  // namespace

const Command& send_command() {
    static const Command command{
        {"send",
         "GATEWAY",
         1,
         1,
         "Send a signed test callback of any gateway, and show the reply.",
         {{"--order", "CODE", "required; the order code of the payment"},
          {"--amount", "N", "required; in the currency's smallest unit"},
          {"--currency", "CODE", "three letters; default VND (the others only for stripe and standard-webhooks)"},
          {"--url", "URL", "default http://127.0.0.1:8080; a URL with a path is used as it is"},
          {"--status", "STATUS", "succeeded (default), failed, cancelled or pending; ZaloPay knows only the first"},
          {"--transaction", "ID", "the gateway's transaction number; default: follows from the order code"},
          {"--link", "ID", "payOS payment link id or Stripe session id; default: follows from the order code"},
          {"--event-id", "ID", "of Stripe events and Standard Webhooks; default: a new one"},
          {"--forge", "", "sign with a key of its own: the reply must be a refusal"},
          {"--repeat", "N", "send the same bytes so many times"},
          {"--print", "", "print the request instead of sending it"},
          {"--timeout", "S", "seconds to wait for the reply; default 10"},
          {"--ca-file", "FILE", "PEM certificates to trust for https instead of the system's"}},
         "GATEWAY: zalopay, payos, vnpay, stripe, stripe-eventbridge (goes to /invoke), momo, standard-webhooks.\n"
         "Signs with the first of that gateway's keys in the environment. Prints status and body of the reply; the "
         "exit\n"
         "code is 1 when the server cannot be reached or answers 300 or above.\n"
         "\n"
         "Example:\n"
         "  ticketbottle send vnpay --order TB-DEMO-20251121-8D39986M --amount 250000 --repeat 2\n"},
        run};
    return command;
}

}  // namespace program
