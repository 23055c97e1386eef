// payment create, show, list: rows of the payments table, so that there is something to send a callback for.

#include <algorithm>
#include <cstdio>
#include <ticketbottle/core/ids.hpp>

#include "commands.hpp"
#include "json_text.hpp"
#include "order_names.hpp"
#include "payment_text.hpp"
#include "read_input.hpp"
#include "wiring.hpp"

namespace program {

using namespace ticketbottle;

namespace {

constexpr std::chrono::seconds store_timeout{10};
constexpr std::size_t metadata_bytes_max = 1024 * 1024;

Result<std::string> metadata_of(const Arguments& arguments) {
    const auto given = arguments.value("--metadata");
    if (given && given->starts_with('@')) return read_input(given->substr(1), metadata_bytes_max);
    if (given) return *given;
    JsonObject metadata;
    if (const auto email = arguments.value("--email")) metadata.text("customer_email", *email);
    if (const auto name = arguments.value("--name")) metadata.text("customer_name", *name);
    if (const auto event = arguments.value("--event")) metadata.text("event_name", *event);
    const std::string text = metadata.done();
    return text == "{}" ? std::string() : text;
}

Result<Payment> payment_of(const Arguments& arguments, Gateway gateway, const Settings& settings) {
    const auto amount = arguments.number("--amount", 0, 1, 1'000'000'000'000);
    if (!amount.has_value()) return amount.error();
    const auto currency = Currency::parse(arguments.value_or("--currency", "VND"));
    if (!currency.has_value()) return fail(Errc::invalid_argument, "usage", "--currency is not three letters");
    auto metadata = metadata_of(arguments);
    if (!metadata.has_value()) return metadata.error();
    Payment payment;
    payment.created_at = payment.updated_at = system_clock().now();
    payment.id = random_uuid();
    payment.order_code = arguments.value_or("--order", new_order_code(payment.created_at));
    const auto names = names_of_order(gateway, payment.order_code, arguments.value_or("--link", ""),
                                      settings.webhook.processor.payos_number, payment.created_at);
    if (!names.has_value()) return names.error();
    payment.provider_transaction_id = names->provider_transaction_id;
    payment.amount = {*amount, *currency};
    payment.provider = gateway == Gateway::stripe_eventbridge ? "stripe" : to_string(gateway);
    payment.idempotency_key = arguments.value_or("--idempotency-key", "program-" + payment.order_code);
    payment.metadata = std::move(*metadata);
    return payment;
}

int run_create(const Arguments& arguments) {
    if (!arguments.has("--amount"))
        return complain_usage(payment_create_command().usage, "the option --amount is required");
    const auto gateway = parse_gateway(arguments.positionals().front());
    if (!gateway.has_value()) return complain(gateway.error());
    const auto settings = load_settings();
    if (!settings.has_value()) return complain(settings.error());
    const auto payment = payment_of(arguments, *gateway, *settings);
    if (!payment.has_value()) return complain(payment.error());
    if (const auto made = make_folders(*settings); !made.has_value()) return complain(made.error());
    const auto store = open_payments(*settings);
    if (!store.has_value()) return complain(store.error());
    const auto created = (*store)->create(*payment, Deadline::in(store_timeout));
    if (!created.has_value()) return complain(created.error());
    std::printf("%s\n", payment_json(*created).c_str());
    return exit_done;
}

int run_show(const Arguments& arguments) {
    const auto settings = load_settings();
    if (!settings.has_value()) return complain(settings.error());
    const auto store = open_payments(*settings, sqlite::OpenMode::read_only);
    if (!store.has_value()) return complain(store.error());
    const std::string& name = arguments.positionals().front();
    const auto found = find_payment(**store, name);
    if (!found.has_value()) return complain(found.error());
    if (!*found) return complain(fail(Errc::unavailable, "program.payment", "no payment is called " + name));
    std::printf("%s\n", payment_json(**found).c_str());
    return exit_done;
}

int run_list(const Arguments& arguments) {
    const auto most = arguments.number("--limit", 100, 1, 1000);
    if (!most.has_value()) return complain(most.error());
    const auto settings = load_settings();
    if (!settings.has_value()) return complain(settings.error());
    const auto store = open_payments(*settings, sqlite::OpenMode::read_only);
    if (!store.has_value()) return complain(store.error());
    const TimePoint soon = system_clock().now() + std::chrono::minutes(1);
    const auto pending = (*store)->pending(soon, static_cast<std::uint32_t>(*most), Deadline::in(store_timeout));
    if (!pending.has_value()) return complain(pending.error());
    for (const Payment& payment : *pending)
        std::printf("%s\n", (arguments.has("--json") ? payment_json(payment) : payment_line(payment)).c_str());
    return exit_done;
}

}  // namespace

const Command& payment_create_command() {
    static const Command command{
        {"payment create",
         "GATEWAY",
         1,
         1,
         "Write a PENDING payment, as a payment service would; prints it as JSON.",
         {{"--amount", "N", "required; in the currency's smallest unit, so whole dong for VND"},
          {"--currency", "CODE", "three letters; default VND"},
          {"--order", "CODE", "order code; default TB-DEMO-<date>-<random>"},
          {"--link", "ID", "payOS payment link id or Stripe session id; default: follows from the order code"},
          {"--idempotency-key", "KEY", "default: follows from the order code, so the same order is created once"},
          {"--email", "ADDRESS", "customer_email: where the confirmation goes"},
          {"--name", "NAME", "customer_name"},
          {"--event", "NAME", "event_name"},
          {"--metadata", "JSON|@FILE", "the whole metadata object instead, tickets[] among it (docs/events.md)"}},
         "GATEWAY: zalopay, payos, vnpay, stripe, stripe-eventbridge, momo, standard-webhooks.\n"
         "\n"
         "Example:\n"
         "  ticketbottle payment create vnpay --amount 250000 --email an@example.com --name 'Nguyễn Văn An' --event "
         "'Đêm nhạc'\n"},
        run_create};
    return command;
}

const Command& payment_show_command() {
    static const Command command{{"payment show",
                                  "ORDER",
                                  1,
                                  1,
                                  "Show one payment as JSON, by order code, id or the gateway's name for it.",
                                  {},
                                  ""},
                                 run_show};
    return command;
}

const Command& payment_list_command() {
    static const Command command{
        {"payment list",
         "",
         0,
         0,
         "List payments that are still pending, oldest first.",
         {{"--limit", "N", "at most so many, 1 to 1000; default 100"}, {"--json", "", "one JSON object a line"}},
         ""},
        run_list};
    return command;
}

}  // namespace program
