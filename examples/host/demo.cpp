// demo: the whole way of a payment in one command, on this machine, with fake keys: signed callbacks of every gateway
// over real HTTP, the good and the bad, until tickets and mails are there; then checks that exactly what must be is
// there.

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <filesystem>
#include <thread>
#include <ticketbottle/core/version.hpp>
#include <ticketbottle/http/client.hpp>
#include <ticketbottle/mariadb/orders.hpp>

#include "callbacks.hpp"
#include "commands.hpp"
#include "demo_check.hpp"
#include "demo_plan.hpp"
#include "demo_shop.hpp"
#include "service.hpp"

namespace program {

using namespace ticketbottle;

namespace {

constexpr std::chrono::seconds reply_timeout{10};
constexpr std::chrono::seconds outcome_timeout{40};
constexpr std::chrono::seconds tables_timeout{60};
constexpr int folders_tried = 1000;
constexpr const char* default_folder = "ticketbottle-demo";

[[gnu::format(printf, 1, 2)]] void say(const char* format, ...) {
    std::va_list values;
    va_start(values, format);
    std::vprintf(format, values);
    va_end(values);
    std::printf("\n");
    std::fflush(stdout);
}

bool is_free(const std::filesystem::path& folder) {
    std::error_code error;
    if (!std::filesystem::exists(folder, error)) return !error;
    return std::filesystem::is_directory(folder, error) && std::filesystem::is_empty(folder, error) && !error;
}

/// --data must be new or empty; without it the first free of ticketbottle-demo, ticketbottle-demo-2, ...
Result<std::string> choose_folder(const Arguments& arguments) {
    const auto given = arguments.value("--data");
    if (given && !given->empty() && is_free(*given))
        return std::filesystem::absolute(*given).lexically_normal().string();
    if (given)
        return fail(Errc::invalid_argument, "demo", "--data " + *given + " is there and not empty: name a new folder");
    for (int i = 1; i < folders_tried; ++i) {
        const std::string name = i == 1 ? default_folder : default_folder + ("-" + std::to_string(i));
        if (is_free(name)) return std::filesystem::absolute(name).string();
    }
    return fail(Errc::invalid_argument, "demo", "no free folder name is left here; use --data");
}

/// What a stack needs of the environment, and which variables of it are passed on.
struct Stack {
    std::string_view name;
    std::vector<std::string_view> needed;
    std::vector<std::string_view> passed;  ///< Or the beginning of their names, before a '*'.
};
const std::vector<Stack>& stacks() {
    static const std::vector<Stack> all{
        {"embedded", {}, {}},
        {"postgres-kafka", {"DATABASE_URL", "KAFKA_BROKERS"}, {"DATABASE_URL", "KAFKA_*", "TICKETBOTTLE_KAFKA_CA"}},
        {"cachao", {"DB_HOST", "DB_NAME", "DB_USER"}, {"DB_*", "TICKETBOTTLE_DB_*"}}};
    return all;
}

bool is_passed(const Stack& stack, std::string_view name) {
    return std::ranges::any_of(stack.passed, [name](std::string_view one) {
        return one.ends_with('*') ? name.starts_with(one.substr(0, one.size() - 1)) : name == one;
    });
}

/// The servers' addresses and accounts. Errors: invalid_argument.
Result<void> add_servers(const Arguments& arguments, host::Environment& environment) {
    const std::string name = arguments.value("--stack").value_or("embedded");
    const auto stack = std::ranges::find(stacks(), name, &Stack::name);
    if (stack == stacks().end())
        return fail(Errc::invalid_argument, "demo", "--stack " + name + ": known are embedded, postgres-kafka and cachao");
    const host::Environment given = host::environment();
    for (const std::string_view needed : stack->needed) {
        const auto value = given.find(std::string(needed));
        if (value == given.end() || value->second.empty())
            return fail(Errc::invalid_argument, "demo",
                        std::string(needed) + ": is not set, but --stack " + name +
                            " needs fresh servers; examples/quickstart/run.sh --stack " + name + " starts some");
    }
    for (const auto& [variable, value] : given)
        if (is_passed(*stack, variable)) environment[variable] = value;
    if (name != "postgres-kafka" || given.at("DATABASE_URL").starts_with("postgres")) return {};
    return fail(Errc::invalid_argument, "demo", "DATABASE_URL: names no PostgreSQL server");
}

bool is_reply(const HttpAnswer& answer, const Reply& reply) {
    return answer.status == reply.http_status && answer.body == reply.body;
}

std::string shown(const HttpAnswer& answer) {
    return std::to_string(answer.status) + (answer.body.empty() ? "" : " " + answer.body);
}

/// All copies at once, each over a connection of its own. Errors: the first that could not be sent.
Result<std::vector<HttpAnswer>> deliver(const OutgoingRequest& request, int copies) {
    std::vector<Result<HttpAnswer>> results(static_cast<std::size_t>(copies), HttpAnswer{});
    {
        std::vector<std::jthread> threads;
        for (Result<HttpAnswer>& result : results)
            threads.emplace_back([&result, &request] { result = http::perform(request, Deadline::in(reply_timeout)); });
    }
    std::vector<HttpAnswer> answers;
    for (Result<HttpAnswer>& result : results) {
        if (!result.has_value()) return result.error();
        answers.push_back(std::move(*result));
    }
    return answers;
}

/// What is wrong with the replies: one must be as the callback says, the other copies' must be a duplicate's.
std::vector<std::string> wrong_replies(const DemoOrder& order, const DemoCallback& callback,
                                       std::vector<HttpAnswer> answers) {
    std::vector<std::string> wrong;
    const Gateway entry = callback.entry.value_or(order.gateway);
    std::vector<Reply> expected(answers.size(), reply(entry, Situation::duplicate));
    expected.front() = reply(entry, callback.situation);
    for (const Reply& one : expected) {
        const auto found =
            std::ranges::find_if(answers, [&one](const HttpAnswer& answer) { return is_reply(answer, one); });
        if (found != answers.end())
            answers.erase(found);
        else
            wrong.push_back(callback.what + ": no reply was " + shown({one.http_status, one.body}));
    }
    for (const HttpAnswer& answer : answers) wrong.push_back(callback.what + ": a reply was " + shown(answer));
    for (std::string& line : wrong)
        line.insert(0, std::string(to_string(entry)) + " " + order.order_code + ", ");
    return wrong;
}

/// What became of one order's callbacks, for the table: "bad_signature 1, applied 1, duplicate 6".
std::string ends_text(const DemoOrder& order) {
    std::vector<std::pair<std::string_view, int>> counts;
    const auto count = [&counts](std::string_view end, int by) {
        const auto found = std::ranges::find(counts, end, &std::pair<std::string_view, int>::first);
        if (found != counts.end())
            found->second += by;
        else if (by > 0)
            counts.emplace_back(end, by);
    };
    for (const DemoCallback& callback : order.callbacks) {
        count(callback.becomes.empty() ? to_string(callback.situation) : callback.becomes, 1);
        count(to_string(Situation::duplicate), callback.copies - 1);
    }
    std::string out;
    for (const auto& [end, times] : counts)
        out.append(out.empty() ? "" : ", ").append(end).append(" ").append(std::to_string(times));
    return out;
}

int callbacks_of(const DemoOrder& order) {
    int count = 0;
    for (const DemoCallback& callback : order.callbacks) count += callback.copies;
    return count;
}

/// What is counted in the end must be the demo's.
Result<void> check_fresh(PaymentStore& store, const std::string& variable, Deadline deadline) {
    const auto counts = store.counts(std::move(deadline));
    if (!counts.has_value()) return counts.error();
    if (counts->pending + counts->completed + counts->failed + counts->cancelled == 0) return {};
    return fail(Errc::invalid_argument, "demo", variable + ": there are payments already; the demo needs a fresh database");
}

Result<void> make_postgres_tables(const Settings& settings) {
    const Deadline deadline = Deadline::in(tables_timeout);
    const auto pool = postgres_pool(settings);
    if (!pool.has_value()) return pool.error();
    if (const auto made = postgres::create_deployed_tables(**pool, deadline); !made.has_value()) return made.error();
    if (const auto migrated = postgres::migrate(**pool, deadline); !migrated.has_value()) return migrated.error();
    return check_fresh(*postgres::payment_store(*pool), "DATABASE_URL", deadline);
}

/// Tables, and the orders that the shop's own checkout has made.
Result<void> make_shop(const Settings& settings, const std::vector<DemoOrder>& plan) {
    const Deadline deadline = Deadline::in(tables_timeout);
    const auto pool = mariadb_pool(settings);
    if (!pool.has_value()) return pool.error();
    if (const auto made = mariadb::create_deployed_tables(**pool, deadline); !made.has_value()) return made.error();
    if (const auto migrated = mariadb::migrate(**pool, deadline); !migrated.has_value()) return migrated.error();
    const auto orders = open_payments(settings);
    if (!orders.has_value()) return orders.error();
    if (const auto fresh = check_fresh(**orders, "DB_NAME", deadline); !fresh.has_value()) return fresh;
    auto shop = DemoShop::open(*settings.mariadb);
    return shop.has_value() ? shop->sell(plan) : shop.error();
}

Result<void> create_payments(const Settings& settings, const std::vector<DemoOrder>& plan) {
    if (const auto made = make_folders(settings); !made.has_value()) return made.error();
    if (settings.mariadb) return make_shop(settings, plan);
    if (!settings.postgres.empty()) {
        if (const auto made = make_postgres_tables(settings); !made.has_value()) return made.error();
    }
    const auto store = open_payments(settings);
    if (!store.has_value()) return store.error();
    for (const DemoOrder& order : plan) {
        if (!order.payment) continue;
        const auto created = (*store)->create(*order.payment, Deadline::in(reply_timeout));
        if (!created.has_value()) return created.error();
    }
    return {};
}

/// The type that Stripe gives to a payment which came in after its session was complete. EventBridge's envelope bears no signature.
void make_delayed(std::string& envelope) {
    constexpr std::string_view at_once = "checkout.session.completed";
    for (std::size_t at = envelope.find(at_once); at != std::string::npos; at = envelope.find(at_once))
        envelope.replace(at, at_once.size(), "checkout.session.async_payment_succeeded");
}

Result<std::vector<std::string>> send_callbacks(const Settings& settings, const std::vector<DemoOrder>& plan,
                                                std::uint16_t port) {
    const std::string base = "http://127.0.0.1:" + std::to_string(port);
    const Gateways forged_keys = with_other_keys(settings.gateways);
    std::vector<std::string> wrong;
    for (const DemoOrder& order : plan) {
        for (const DemoCallback& callback : order.callbacks) {
            const Gateways& keys = callback.signature == Signature::forged ? forged_keys : settings.gateways;
            auto request = sign(keys, callback.entry.value_or(order.gateway), callback.notification, system_clock().now());
            if (!request.has_value()) return request.error();
            if (callback.delayed) make_delayed(request->body);
            auto answers = deliver(to_outgoing(*request, base), callback.copies);
            if (!answers.has_value()) return answers.error();
            const auto lines = wrong_replies(order, callback, std::move(*answers));
            wrong.insert(wrong.end(), lines.begin(), lines.end());
        }
    }
    return wrong;
}

/// Looks until all is as it must be, or the time is up; the last look is what counts.
Result<DemoOutcome> await_outcome(const Settings& settings, const std::vector<DemoOrder>& plan) {
    auto now = DemoLook::open(settings);
    if (!now.has_value()) return now.error();
    const Deadline deadline = Deadline::in(outcome_timeout);
    for (;;) {
        auto outcome = now->look(plan);
        if (!outcome.has_value() || differences(*outcome, plan).empty() || deadline.expired()) return outcome;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

std::string padded(std::string_view text, std::size_t width) {
    std::string out(text);
    out.resize(std::max(out.size(), width), ' ');
    return out;
}

void print_table(const std::vector<DemoOrder>& plan, const DemoOutcome& outcome) {
    say("\n%-18s  %-25s  %4s  %-9s  %-17s  %s", "GATEWAY", "ORDER", "SENT", "STATUS", "EVENTS", "TICKETS");
    for (const DemoOrder& order : plan) {
        const DemoOutcome::Order& is = outcome.orders.at(order.order_code);
        std::string events;
        for (const std::string& event : is.events) events.append(events.empty() ? "" : " ").append(event);
        say("%s  %s  %4d  %s  %s  %zu", padded(to_string(order.gateway), 18).c_str(),
            padded(order.order_code, 25).c_str(), callbacks_of(order),
            padded(is.status.empty() ? "-" : is.status, 9).c_str(), padded(events.empty() ? "-" : events, 17).c_str(),
            is.tickets);
        say("    %s\n    -> %s", order.story.c_str(), ends_text(order).c_str());
    }
}

void print_where(const Settings& settings, const std::vector<DemoOrder>& plan) {
    const std::string& data = settings.data;
    const auto paid = std::ranges::find(plan, std::optional(EventType::payment_completed), &DemoOrder::event);
    const auto key = ticket_object_key(paid->order_code, paid->ticket_ids.front());
    say("\nWhere to look (the folder is yours to delete):");
    say("  cd '%s'", data.c_str());
    if (settings.kafka)
        say("  kcat -C -e -b %s -t payment.completed   the events", settings.kafka->brokers.front().c_str());
    else
        say("  tail -n 3 topics/payment.completed/*          the events, one JSON line each");
    say("  xdg-open tickets/%s", key.has_value() ? key->c_str() : "");
    say("  ls mail/new                                   the mails, open one with a mail program");
    if (settings.mariadb)
        say("  mariadb -h \"$DB_HOST\" -P \"$DB_PORT\" -u \"$DB_USER\" \"$DB_NAME\" -e 'SELECT id, status FROM ticket_orders'");
    else if (settings.postgres.empty())
        say("  sqlite3 ticketbottle.db 'SELECT \"orderCode\", status FROM payments'");
    else
        say("  psql \"$DATABASE_URL\" -c 'SELECT \"orderCode\", status FROM payments'");
    say("  less demo.log                                 what was refused and raised, one JSON line each");
    say("\nGo on by hand (the run's fake keys are in demo.env):");
    say("  set -a; . ./demo.env; set +a");
    say("  ticketbottle status");
    say("  ticketbottle serve --all                      and in another terminal, with demo.env sourced too:");
    if (settings.mariadb) {
        const auto open = std::ranges::find(plan, PaymentStatus::pending, &DemoOrder::status);
        say("  ticketbottle send stripe --order %s --amount %lld --currency EUR --repeat 2", open->order_code.c_str(),
            static_cast<long long>(open->payment->amount.minor_units));
        say("  ticketbottle check-in %s", paid->order_code.c_str());
        return;
    }
    say("  ticketbottle payment create vnpay --amount 250000 --order TB-MINE-20251121-00000001 --email an@example.com");
    say("  ticketbottle send vnpay --amount 250000 --order TB-MINE-20251121-00000001 --repeat 2");
}

Result<void> write_environment(const std::string& path, const std::string& text) {
    std::FILE* file = std::fopen(path.c_str(), "wbx");
    const bool written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
    const bool closed = file == nullptr || std::fclose(file) == 0;
    std::error_code error;
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, error);
    if (!written || !closed) return fail(Errc::unavailable, "demo", "cannot write " + path);
    return {};
}

/// The shop issues the tickets of what was paid, in a transaction of its own; and its counts are looked at.
Result<std::vector<std::string>> issue_and_count(const Settings& settings, const std::vector<DemoOrder>& plan) {
    auto shop = DemoShop::open(*settings.mariadb);
    if (!shop.has_value()) return shop.error();
    if (const auto issued = shop->issue_tickets(plan); !issued.has_value()) return issued.error();
    return shop->wrong_counts(plan);
}

/// Everything between settings and table. Differences from what must be come back as lines.
Result<std::vector<std::string>> perform(const Settings& settings, const std::vector<DemoOrder>& plan,
                                         DemoOutcome& outcome) {
    if (const auto created = create_payments(settings, plan); !created.has_value()) return created.error();
    const auto pending = std::ranges::count_if(plan, [](const DemoOrder& order) { return order.payment.has_value(); });
    say("2. %zd pending payments are in %s", static_cast<ssize_t>(pending),
        settings.mariadb            ? "the database of DB_NAME"
        : settings.postgres.empty() ? settings.database.c_str()
                                    : "the database of DATABASE_URL");

    Observing observing(settings, settings.data + "/demo.log");
    const auto service = Service::start(settings, {true, true, true, true}, observing);
    if (!service.has_value()) return service.error();
    say("3. Serving callbacks on http://127.0.0.1:%u, with relay, sweeper and consumers", unsigned{(*service)->port()});

    int sent = 0;
    for (const DemoOrder& order : plan) sent += callbacks_of(order);
    say("4. Sending %d signed callbacks of %s over HTTP: genuine, repeated, late, forged, wrong", sent,
        settings.mariadb ? "both of Stripe's entries" : (std::to_string(gateway_count) + " gateways").c_str());
    auto wrong = send_callbacks(settings, plan, (*service)->port());
    if (!wrong.has_value()) return wrong.error();
    if (settings.mariadb) {
        const auto lines = issue_and_count(settings, plan);
        if (!lines.has_value()) return lines.error();
        wrong->insert(wrong->end(), lines->begin(), lines->end());
    }

    say("5. Waiting for events, tickets and mails");
    auto after = await_outcome(settings, plan);
    if (!after.has_value()) return after.error();
    (*service)->stop();
    outcome = std::move(*after);
    const auto lines = differences(outcome, plan);
    wrong->insert(wrong->end(), lines.begin(), lines.end());
    return wrong;
}

int run(const Arguments& arguments) {
    const auto began = std::chrono::steady_clock::now();
    const auto folder = choose_folder(arguments);
    if (!folder.has_value()) return complain(folder.error());
    host::Environment environment = demo_environment(*folder);
    if (const auto added = add_servers(arguments, environment); !added.has_value()) return complain(added.error());
    std::error_code error;
    std::filesystem::create_directories(*folder, error);
    if (error)
        return complain(fail(Errc::unavailable, "demo", "cannot make the folder " + *folder + ": " + error.message()));
    const auto settings = host::read_settings(environment);
    if (!settings.has_value()) return complain(settings.error());
    if (const auto written = write_environment(*folder + "/demo.env", demo_environment_file(environment));
        !written.has_value())
        return complain(written.error());
    const auto plan = settings->mariadb ? make_cachao_plan() : make_demo_plan(system_clock().now());
    if (!plan.has_value()) return complain(plan.error());
    say("TicketBottle %s demo in %s", version_text, folder->c_str());
    say("1. Made fake keys for %zu gateways", gateway_count);

    DemoOutcome outcome;
    const auto wrong = perform(*settings, *plan, outcome);
    if (!wrong.has_value()) {
        (void)complain(wrong.error());
        return exit_trouble;
    }
    print_table(*plan, outcome);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    say("\n%zu mails in mail/new; %llu callbacks were set aside for a person; %.1f s", outcome.mails,
        static_cast<unsigned long long>(outcome.raised), took.count());
    print_where(*settings, *plan);
    for (const std::string& line : *wrong) say("\nWRONG: %s", line.c_str());
    say("\n%s", wrong->empty() ? "All is as it must be: one event per payment that changed, none for the others."
                               : "The demo FAILED.");
    return wrong->empty() ? exit_done : exit_trouble;
}

}  // namespace

const Command& demo_command() {
    static const Command command{
        {"demo",
         "",
         0,
         0,
         "Show the whole way once: callbacks of every gateway, events, tickets, mails; and check it.",
         {{"--data", "DIR", "a new or empty folder; default ticketbottle-demo, or the next free ticketbottle-demo-N"},
          {"--stack", "STACK", "embedded (the default): files only; postgres-kafka: fresh servers at DATABASE_URL and KAFKA_BROKERS; cachao: a shop's "
           "orders paid by Stripe, on a fresh MariaDB at DB_HOST and those with it"}},
         "Needs no settings and no network: it makes random fake keys, serves on a free port of 127.0.0.1, sends "
         "itself signed\n"
         "callbacks (genuine, repeated, too late, forged, of a wrong amount, for an unknown order) and checks replies, "
         "payments,\n"
         "events, PDFs and mails. The exit code is 1 if anything differs from what must be.\n"},
        run};
    return command;
}

}  // namespace program
