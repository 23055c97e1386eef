// ticketbottle migrate: the additive migration of a server's database, while everything runs.

#include <chrono>
#include <cstdio>

#include <ticketbottle/mariadb/orders.hpp>

#include "commands.hpp"
#include "wiring.hpp"

namespace program {

using namespace ticketbottle;

namespace {

constexpr std::chrono::minutes create_timeout{1};
constexpr std::chrono::hours migration_timeout{6};  // an index over a large table, with a patient wait for every lock

void print_done(const std::vector<std::string>& done) {
    for (const std::string& sentence : done) std::printf("%s\n", sentence.c_str());
    if (done.empty()) std::printf("nothing to do: everything is there\n");
}

Result<void> migrate_postgres(const Settings& settings, bool create_tables) {
    const auto pool = postgres_pool(settings);
    if (!pool.has_value()) return pool.error();
    if (create_tables) {
        const auto made = postgres::create_deployed_tables(**pool, Deadline::in(create_timeout));
        if (!made.has_value()) return made.error();
    }
    const auto report = postgres::migrate(**pool, Deadline::in(migration_timeout));
    if (!report.has_value()) return report.error();
    print_done(report->done);
    if (report->backfilled > 0) std::printf("numbered %llu waiting events\n", static_cast<unsigned long long>(report->backfilled));
    return {};
}

Result<void> migrate_mariadb(const Settings& settings, bool create_tables) {
    const auto pool = mariadb_pool(settings);
    if (!pool.has_value()) return pool.error();
    if (create_tables) {
        const auto made = mariadb::create_deployed_tables(**pool, Deadline::in(create_timeout));
        if (!made.has_value()) return made.error();
    }
    const auto report = mariadb::migrate(**pool, Deadline::in(migration_timeout));
    if (!report.has_value()) return report.error();
    print_done(report->done);
    return {};
}

int run_migrate(const Arguments& arguments) {
    const auto settings = load_settings();
    if (!settings.has_value()) return complain(settings.error());
    if (settings->postgres.empty() && !settings->mariadb)
        return complain(fail(Errc::invalid_argument, "program.migrate",
                             "neither DATABASE_URL nor DB_HOST names a server, and a SQLite file is migrated when it is opened"));
    std::fprintf(stderr, "ticketbottle: migrating; writers and relays may go on\n");
    const bool create_tables = arguments.has("--create-tables");
    const auto migrated = settings->mariadb ? migrate_mariadb(*settings, create_tables) : migrate_postgres(*settings, create_tables);
    return migrated.has_value() ? exit_done : complain(migrated.error());
}

}  // namespace

const Command& migrate_command() {
    static const Command command{
        {"migrate",
         "",
         0,
         0,
         "Prepare a PostgreSQL or MariaDB database: inbox, outbox, order of events.",
         {{"--create-tables", "", "first make the deployed tables, where there are none: for development"}},
         "Adds to the deployed tables and changes nothing that is there (docs/postgres.md, docs/mariadb.md). May be run again at any\n"
         "time, while services write and relays read. Needs the tables' owner.\n"},
        run_migrate};
    return command;
}

}  // namespace program
