#pragma once
/// \file
/// Runs a program without a shell, so that no argument needs quoting, and catches what it writes.

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

extern char** environ;

namespace ticketbottle::test {

struct CommandResult {
    int exit_code = -1;  ///< 127: no such program; 128 + n: killed by signal n.
    std::string out;
    std::string err;
};

namespace command_detail {

/// A nameless file: unlike a pipe it takes any amount while nobody reads.
class Scratch {
public:
    Scratch() : file_(std::tmpfile(), &std::fclose) {
        if (!file_) throw std::runtime_error("no temporary file");
    }
    [[nodiscard]] int descriptor() const { return ::fileno(file_.get()); }
    void write(std::string_view bytes) {
        if (!bytes.empty() && std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
            throw std::runtime_error("short write");
        std::fflush(file_.get());
        std::rewind(file_.get());
    }
    [[nodiscard]] std::string read() {
        std::rewind(file_.get());
        std::string bytes;
        std::array<char, 65536> part{};
        while (const std::size_t got = std::fread(part.data(), 1, part.size(), file_.get()))
            bytes.append(part.data(), got);
        return bytes;
    }

private:
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

}  // namespace command_detail

/// \param arguments  The program, looked for in PATH, and its arguments.
/// Waits for its end. Throws std::runtime_error if it cannot be started for another reason than its absence.
inline CommandResult run(const std::vector<std::string>& arguments, std::string_view input = {}) {
    command_detail::Scratch in;
    command_detail::Scratch out;
    command_detail::Scratch err;
    in.write(input);
    std::vector<char*> argv;
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in.descriptor(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out.descriptor(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err.descriptor(), STDERR_FILENO);
    pid_t child = 0;
    const int failed = ::posix_spawnp(&child, argv.front(), &actions, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (failed == ENOENT) return {127, {}, "no program " + arguments.front()};
    if (failed != 0) throw std::runtime_error("cannot start " + arguments.front());

    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) throw std::runtime_error("lost " + arguments.front());
    }
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return {code, out.read(), err.read()};
}

}  // namespace ticketbottle::test
