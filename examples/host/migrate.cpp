// ticketbottle migrate: the additive migration of a PostgreSQL database, while everything runs.

#include <chrono>
#include <cstdio>

#include "commands.hpp"
#include "wiring.hpp"

namespace program {

using namespace ticketbottle;

namespace {

constexpr std::chrono::hours migration_timeout{6};  // an index over a large table, with a patient wait for every lock

int run_migrate(const Arguments& arguments) {
    const auto settings = load_settings();
    if (!settings.has_value()) return complain(settings.error());
    if (settings->postgres.empty())
        return complain(fail(Errc::invalid_argument, "program.migrate",
                             "DATABASE_URL: names no PostgreSQL server, and a SQLite file is migrated when it is opened"));
    const auto pool = postgres_pool(*settings);
    if (!pool.has_value()) return complain(pool.error());
    if (arguments.has("--create-tables")) {
        const auto made = postgres::create_deployed_tables(**pool, Deadline::in(std::chrono::minutes(1)));
        if (!made.has_value()) return complain(made.error());
    }
    std::fprintf(stderr, "ticketbottle: migrating; writers and relays may go on\n");
    const auto report = postgres::migrate(**pool, Deadline::in(migration_timeout));
    if (!report.has_value()) return complain(report.error());
    for (const std::string& sentence : report->done) std::printf("%s\n", sentence.c_str());
    if (report->backfilled > 0) std::printf("numbered %llu waiting events\n", static_cast<unsigned long long>(report->backfilled));
    if (report->done.empty()) std::printf("nothing to do: everything is there\n");
    return exit_done;
}

}  // namespace

const Command& migrate_command() {
    static const Command command{
        {"migrate",
         "",
         0,
         0,
         "Prepare a PostgreSQL database: inbox, order of events, indexes.",
         {{"--create-tables", "", "first make the tables payments and outbox, where there are none: for development"}},
         "Adds columns and indexes to the deployed tables and changes none that are there (docs/postgres.md). May be run again at any\n"
         "time, while services write and relays read. Needs the tables' owner.\n"},
        run_migrate};
    return command;
}

}  // namespace program
