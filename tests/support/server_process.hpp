#pragma once
/// \file
/// A throw-away server on loopback, run by tests/servers/<script>: a folder and free ports of its own, gone with the test
/// however the test ends.

#include "support/command.hpp"
#include "support/temporary_folder.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace ticketbottle::test {

/// Nobody listens there now. Below the range that the kernel gives to outgoing connections, so that none takes it meanwhile.
[[nodiscard]] inline std::uint16_t free_port() {
    std::random_device random;
    std::uniform_int_distribution<int> any(20000, 29999);
    for (int tries = 0; tries < 1000; ++tries) {
        const auto port = static_cast<std::uint16_t>(any(random));
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const bool free = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
        ::close(fd);
        if (free) return port;
    }
    throw std::runtime_error("no free port");
}

/// Runs `command` when this process lets go of it, or dies, of SIGKILL too: a child of its own that waits for that.
class Afterwards {
public:
    explicit Afterwards(std::vector<std::string> command) {
        std::vector<char*> argv;
        for (std::string& word : command) argv.push_back(word.data());
        argv.push_back(nullptr);
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
        child_ = ::fork();
        if (child_ < 0) throw std::runtime_error("no child process");
        if (child_ == 0) {  // beside threads: only what may be called after a fork
            ::setsid();
            // Nothing of the parent's but this: it would keep another server's Afterwards waiting.
            if (ends[0] > 3) ::close_range(3, static_cast<unsigned>(ends[0]) - 1, 0);
            ::close_range(static_cast<unsigned>(ends[0]) + 1, ~0U, 0);
            char byte = 0;
            while (::read(ends[0], &byte, 1) < 0 && errno == EINTR) {}
            const int nothing = ::open("/dev/null", O_RDWR);
            for (int fd = 0; fd <= 2; ++fd) ::dup2(nothing, fd);
            ::execvp(argv.front(), argv.data());
            ::_exit(127);
        }
        ::close(ends[0]);
        hold_ = ends[1];
    }
    ~Afterwards() {
        ::close(hold_);
        while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {}
    }
    Afterwards(const Afterwards&) = delete;
    Afterwards& operator=(const Afterwards&) = delete;

private:
    pid_t child_ = -1;
    int hold_ = -1;
};

/// Of tests/servers/<script>, the verbs `start DIR PORT [ARGUMENT]...`, `stop DIR` and `crash DIR`. What goes wrong is thrown
/// as std::runtime_error with what the script said. Threads: one call at a time.
class Server {
public:
    /// \param script     "kafka.sh", "postgres.sh".
    /// \param arguments  After DIR and PORT. "{port}" becomes a further free port (further_ports()), "{folder}" inside a word DIR.
    explicit Server(const std::string& script, std::vector<std::string> arguments = {})
        : script_(std::string(TKB_SOURCE_DIR) + "/tests/servers/" + script), asked_(std::move(arguments)),
          afterwards_({"bash", "-c", R"(bash "$1" stop "$2" --wipe; rm -rf "$2")", "sh", script_, folder()}) {
        // Servers that run as an account of their own must be able to pass through.
        std::filesystem::permissions(folder_.path(), std::filesystem::perms::owner_all | std::filesystem::perms::group_read |
                                                         std::filesystem::perms::group_exec | std::filesystem::perms::others_read |
                                                         std::filesystem::perms::others_exec);
        for (int tries = 0;; ++tries) {
            choose_ports();
            const CommandResult started = start();
            if (started.exit_code == 0) return;
            if (tries == 4 || started.err.find("taken") == std::string::npos) throw std::runtime_error(said("start", started));
        }
    }

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::string port_text() const { return std::to_string(port_); }
    [[nodiscard]] const std::vector<std::uint16_t>& further_ports() const noexcept { return further_ports_; }
    [[nodiscard]] std::string folder() const { return folder_.path().string(); }

    /// As a power cut would: SIGKILL, or what is nearest to it.
    void crash() { must("crash", run({"bash", script_, "crash", folder()})); }
    /// It neither answers nor closes its connections until resume(). Only for a script whose server is one process, in run/*.pid.
    void pause() { signal(SIGSTOP); }
    void resume() { signal(SIGCONT); }
    /// An orderly stop; the data stay. Stopped already: nothing.
    void stop() { must("stop", run({"bash", script_, "stop", folder()})); }
    /// After a crash or a stop (or stops it first): the same ports, the same data.
    void restart() {
        stop();
        // A client that keeps connecting may have got the port for its own end.
        CommandResult started = start();
        for (int tries = 0; tries < 50 && started.exit_code != 0 && started.err.find("taken") != std::string::npos; ++tries) {
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
            started = start();
        }
        must("start", started);
    }
    /// Another verb of the script: `bash script verb arguments...`; its output.
    std::string call(const std::string& verb, const std::vector<std::string>& arguments) {
        std::vector<std::string> words = {"bash", script_, verb};
        words.insert(words.end(), arguments.begin(), arguments.end());
        const CommandResult result = run(words);
        must(verb, result);
        return result.out;
    }

private:
    void choose_ports() {
        port_ = free_port();
        further_ports_.clear();
        arguments_ = asked_;
        for (std::string& argument : arguments_) {
            if (argument == "{port}") {
                further_ports_.push_back(free_port());
                argument = std::to_string(further_ports_.back());
            }
            if (const auto at = argument.find("{folder}"); at != std::string::npos) argument.replace(at, 8, folder());
        }
    }
    void signal(int number) {
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path() / "run")) {
            if (entry.path().extension() != ".pid") continue;
            pid_t pid = 0;
            if (std::ifstream(entry.path()) >> pid && ::kill(pid, number) == 0) return;
        }
        throw std::runtime_error("no process of " + script_ + " to signal");
    }
    [[nodiscard]] CommandResult start() const {
        std::vector<std::string> words = {"bash", script_, "start", folder(), port_text()};
        words.insert(words.end(), arguments_.begin(), arguments_.end());
        return run(words);
    }
    [[nodiscard]] std::string said(const std::string& verb, const CommandResult& result) const {
        return script_ + " " + verb + " ended with " + std::to_string(result.exit_code) + ": " + result.err + result.out;
    }
    void must(const std::string& verb, const CommandResult& result) const {
        if (result.exit_code != 0) throw std::runtime_error(said(verb, result));
    }

    TemporaryFolder folder_;
    std::string script_;
    std::vector<std::string> asked_;
    std::vector<std::string> arguments_;
    std::uint16_t port_ = 0;
    std::vector<std::uint16_t> further_ports_;
    Afterwards afterwards_;  ///< Goes first: the server is gone before its folder.
};

}  // namespace ticketbottle::test
