#pragma once
/// \file
/// Runs a program as a user would: arguments, an environment of its own, output to files, signals, an exit code. Safe
/// beside threads.

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/file_bytes.hpp"

namespace ticketbottle::test {

using ProgramEnvironment = std::map<std::string, std::string>;

class Program {
public:
    /// \param folder       For its output: <folder>/<name>.out and .err. Also its working directory.
    /// \param environment  All it gets, but for PATH and what the sanitizers are told.
    Program(const std::string& path, const std::vector<std::string>& arguments, const ProgramEnvironment& environment,
            const std::filesystem::path& folder, const std::string& name = "program")
        : out_((folder / (name + ".out")).string()), err_((folder / (name + ".err")).string()) {
        std::vector<std::string> words = {path};
        words.insert(words.end(), arguments.begin(), arguments.end());
        std::vector<std::string> settings;
        for (const auto& [key, value] : environment) settings.push_back(key + "=" + value);
        for (const char* kept : {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"})
            if (const char* value = std::getenv(kept); value != nullptr)
                settings.push_back(std::string(kept) + "=" + value);
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_addopen(&actions, 1, out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ::posix_spawn_file_actions_addopen(&actions, 2, err_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ::posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
        const int error =
            ::posix_spawn(&pid_, path.c_str(), &actions, nullptr, pointers(words).data(), pointers(settings).data());
        ::posix_spawn_file_actions_destroy(&actions);
        if (error != 0) throw std::runtime_error("cannot start " + path);
    }
    Program(Program&& other) noexcept
        : pid_(std::exchange(other.pid_, -1)), out_(std::move(other.out_)), err_(std::move(other.err_)) {}
    Program& operator=(Program&&) = delete;
    ~Program() {
        if (pid_ <= 0) return;
        signal(SIGKILL);
        (void)wait();
    }

    void signal(int number) const { (void)::kill(pid_, number); }
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] std::string out() const { return read_file(out_); }
    [[nodiscard]] std::string err() const { return read_file(err_); }

    /// The exit status, or minus the signal. nullopt: still running after `timeout`.
    [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds timeout = std::chrono::seconds(120)) {
        const auto deadline = std::chrono::steady_clock::now() + timeout;
        for (;;) {
            int status = 0;
            if (::waitpid(pid_, &status, WNOHANG) == pid_) {
                pid_ = -1;
                return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
            }
            if (std::chrono::steady_clock::now() >= deadline) return std::nullopt;
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
    }
    /// The first whole line of its output that holds `part`; "" if it ends or `timeout` passes without one.
    [[nodiscard]] std::string await_line(std::string_view part,
                                         std::chrono::milliseconds timeout = std::chrono::seconds(60)) {
        const auto deadline = std::chrono::steady_clock::now() + timeout;
        for (;;) {
            siginfo_t info{};
            const bool ended =
                ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
            const std::string text = out();
            for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
                if (text.substr(begin, end - begin).find(part) != std::string::npos)
                    return text.substr(begin, end - begin);
            if (ended || std::chrono::steady_clock::now() >= deadline) return {};
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

private:
    static std::vector<char*> pointers(std::vector<std::string>& words) {
        std::vector<char*> out;
        for (std::string& word : words) out.push_back(word.data());
        out.push_back(nullptr);
        return out;
    }
    pid_t pid_ = -1;
    std::string out_;
    std::string err_;
};

struct Finished {
    int code = -1;
    std::string out;
    std::string err;
};

/// Runs it to its end.
[[nodiscard]] inline Finished run_program(const std::string& path, const std::vector<std::string>& arguments,
                                          const ProgramEnvironment& environment, const std::filesystem::path& folder) {
    Program program(path, arguments, environment, folder, "run");
    const auto code = program.wait();
    if (!code) throw std::runtime_error("it does not end: " + arguments.front());
    return {*code, program.out(), program.err()};
}

}  // namespace ticketbottle::test
