#pragma once
/// \file
/// The subcommands, one file each.

#include <string_view>
#include <ticketbottle/host/settings.hpp>

#include "arguments.hpp"

namespace program {

/// What the process ends with. Scripts rely on them.
enum Exit : int {
    exit_done = 0,
    exit_trouble = 1,   ///< Something could not be done: unreachable, refused, not found, a check failed.
    exit_settings = 2,  ///< The command line or a setting is wrong: nothing was begun.
};

struct Command {
    Usage usage;
    int (*run)(const Arguments& arguments);
};

[[nodiscard]] const Command& serve_command();
[[nodiscard]] const Command& relay_command();
[[nodiscard]] const Command& sweep_command();
[[nodiscard]] const Command& consume_command();
[[nodiscard]] const Command& reconcile_command();
[[nodiscard]] const Command& query_command();
[[nodiscard]] const Command& payment_create_command();
[[nodiscard]] const Command& payment_show_command();
[[nodiscard]] const Command& payment_list_command();
[[nodiscard]] const Command& check_in_command();
[[nodiscard]] const Command& migrate_command();
[[nodiscard]] const Command& send_command();
[[nodiscard]] const Command& ticket_command();
[[nodiscard]] const Command& status_command();
[[nodiscard]] const Command& outbox_dead_command();
[[nodiscard]] const Command& outbox_requeue_command();
[[nodiscard]] const Command& demo_command();

/// Says on stderr what is wrong, one line per wrong setting, and gives the exit code: 2 for what the caller must
/// correct.
int complain(const ticketbottle::Error& error);
/// The same for a wrong command line, with the way to its help.
int complain_usage(const Usage& usage, std::string_view what);

/// The settings of this process's environment; its keys are then wiped from the environment.
[[nodiscard]] Result<ticketbottle::host::Settings> load_settings();

}  // namespace program
