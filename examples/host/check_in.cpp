// ticketbottle check-in: a paid order's visitors come in, once.

#include <chrono>
#include <cstdio>

#include <ticketbottle/mariadb/orders.hpp>

#include "commands.hpp"
#include "json_text.hpp"
#include "wiring.hpp"

namespace program {

using namespace ticketbottle;

namespace {

constexpr std::chrono::seconds check_in_timeout{10};

std::string_view text_of(mariadb::CheckIn::What what) {
    using What = mariadb::CheckIn::What;
    switch (what) {
        case What::done:
            return "done";
        case What::already:
            return "already";
        case What::not_paid:
            return "not_paid";
        case What::unknown:
            break;
    }
    return "unknown";
}

int run_check_in(const Arguments& arguments) {
    const auto settings = load_settings();
    if (!settings.has_value()) return complain(settings.error());
    if (!settings->mariadb)
        return complain(fail(Errc::invalid_argument, "program.check_in", "DB_HOST: is not set, and orders are checked in in MariaDB"));
    const auto pool = mariadb_pool(*settings);
    if (!pool.has_value()) return complain(pool.error());
    const std::string& order = arguments.positionals().front();
    const auto checked = mariadb::check_in(**pool, order, system_clock().now(), Deadline::in(check_in_timeout));
    if (!checked.has_value()) return complain(checked.error());
    JsonObject answer;
    if (checked->what != mariadb::CheckIn::What::unknown) answer.text("order", order);  // any other name may be any bytes
    answer.text("check_in", text_of(checked->what));
    if (checked->at) answer.text("at", to_iso8601(*checked->at));
    std::printf("%s\n", answer.done().c_str());
    return checked->what == mariadb::CheckIn::What::done ? exit_done : exit_trouble;
}

}  // namespace

const Command& check_in_command() {
    static const Command command{
        {"check-in",
         "ORDER",
         1,
         1,
         "Check a paid order in, once (MariaDB); prints what became of it as JSON.",
         {},
         "check_in is done, already (with the time it was done at), not_paid or unknown. Only done, which only one of several at once\n"
         "hears, ends with 0; the others end with 1.\n"},
        run_check_in};
    return command;
}

}  // namespace program
