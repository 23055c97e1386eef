// ticketbottle: the library as one program. Each subcommand has its own file; this one finds it.

#include <array>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <ticketbottle/core/version.hpp>
#include <vector>

#include "commands.hpp"
#include "hardening.hpp"

namespace program {
namespace {

const auto& commands() {
    static const std::array all = {&demo_command(),          &serve_command(),        &relay_command(),
                                 &sweep_command(),         &consume_command(),      &reconcile_command(),
                                 &query_command(),         &payment_create_command(),
                                 &payment_show_command(),  &payment_list_command(), &check_in_command(),    &migrate_command(),
                                 &send_command(),
                                 &ticket_command(),        &status_command(),       &outbox_dead_command(),
                                 &outbox_requeue_command()};
    return all;
}

std::string overview() {
    std::string out =
        "ticketbottle: payment callbacks settled once, events published in order, tickets and mails made.\n"
        "\n"
        "Usage: ticketbottle COMMAND [options]\n"
        "       ticketbottle COMMAND --help      what the command does, with examples\n"
        "       ticketbottle --version\n"
        "\n"
        "Commands:\n";
    for (const Command* command : commands()) {
        std::string name(command->usage.name);
        name.resize(std::max<std::size_t>(name.size(), 15), ' ');
        out.append("  ").append(name).append("  ").append(command->usage.summary).append("\n");
    }
    out +=
        "\n"
        "Settings are environment variables (docs/settings.md); without any, everything lives in ./ticketbottle-data.\n"
        "Begin with: ticketbottle demo\n"
        "\n"
        "Exit codes: 0 done; 1 could not be done (unreachable, refused, not found); 2 the command line or a setting is "
        "wrong.\n";
    return out;
}

int usage_error(const std::string& what) {
    std::fprintf(stderr, "ticketbottle: %s\nTry: ticketbottle --help\n", what.c_str());
    return exit_settings;
}

/// How many of `words` the command's name takes up; 0: it is another command.
std::size_t matches(const Command& command, const std::vector<std::string>& words) {
    const std::string_view name = command.usage.name;
    const auto space = name.find(' ');
    if (words.empty() || words[0] != name.substr(0, space)) return 0;
    if (space == std::string_view::npos) return 1;
    return words.size() > 1 && words[1] == name.substr(space + 1) ? 2 : 0;
}

/// "payment", "payment --help": the commands that begin so.
int group_help(const std::string& group) {
    std::string out;
    for (const Command* command : commands()) {
        if (!command->usage.name.starts_with(group + " ")) continue;
        out.append("  ticketbottle ")
            .append(command->usage.name)
            .append(" --help      ")
            .append(command->usage.summary)
            .append("\n");
    }
    if (out.empty()) return -1;
    std::printf("Usage: ticketbottle %s ACTION [options]\n\n%s", group.c_str(), out.c_str());
    return exit_done;
}

int run(const std::vector<std::string>& words) {
    if (words.empty()) {
        std::fputs(overview().c_str(), stderr);
        return exit_settings;
    }
    if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
        std::fputs(overview().c_str(), stdout);
        return exit_done;
    }
    if (words[0] == "--version") {
        std::printf("ticketbottle %s\n", ticketbottle::version_text);
        return exit_done;
    }
    for (const Command* command : commands()) {
        const std::size_t taken = matches(*command, words);
        if (taken == 0) continue;
        const auto arguments = parse(command->usage, std::span(words).subspan(taken));
        if (!arguments.has_value()) return complain_usage(command->usage, arguments.error().detail_text());
        if (arguments->has("--help")) {
            std::fputs(help_text(command->usage).c_str(), stdout);
            return exit_done;
        }
        return command->run(*arguments);
    }
    if (words[0].starts_with('-')) return usage_error("unknown option " + words[0]);
    const bool asks = words.size() == 2 && (words[1] == "--help" || words[1] == "-h");
    if (words.size() == 1 || asks) {
        if (const int done = group_help(words[0]); done >= 0) return asks ? done : exit_settings;
    }
    return usage_error("unknown command " + words[0] +
                       (words.size() > 1 && !words[1].starts_with('-') ? " " + words[1] : ""));
}

}  // namespace

int complain(const ticketbottle::Error& error) {
    const std::string text(error.detail_text().empty() ? to_string(error.code) : error.detail_text());
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        std::fprintf(stderr, "ticketbottle: %s\n", text.substr(begin, end - begin).c_str());
        begin = end + 1;
    }
    const bool callers =
        error.code == ticketbottle::Errc::invalid_argument || error.code == ticketbottle::Errc::unsupported;
    return callers ? exit_settings : exit_trouble;
}

int complain_usage(const Usage& usage, std::string_view what) {
    const std::string name(usage.name);
    std::fprintf(stderr, "ticketbottle %s: %s\nTry: ticketbottle %s --help\n", name.c_str(), std::string(what).c_str(),
                 name.c_str());
    return exit_settings;
}

Result<ticketbottle::host::Settings> load_settings() {
    auto settings = ticketbottle::host::read_settings(ticketbottle::host::environment());
    ticketbottle::host::wipe_environment_secrets();
    return settings;
}

}  // namespace program

int main(int count, char** words) {
    program::harden_process();
    try {
        const int code = program::run({words + 1, words + count});
        if (std::fflush(stdout) != 0) {
            std::fputs("ticketbottle: cannot write to standard output\n", stderr);
            return program::exit_trouble;
        }
        return code;
    } catch (const std::bad_alloc&) {
        std::fputs("ticketbottle: out of memory\n", stderr);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "ticketbottle: internal error: %s\n", e.what());
    }
    return program::exit_trouble;
}
