#pragma once
/// \file
/// Bodies run in a process of their own: to be killed, limited, or stripped of rights. Fork before any thread is started.

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace ticketbottle::test {

/// For bodies, where doctest's checks would be counted in the wrong process: the failed sentence reaches the parent.
inline void expect(bool holds, const std::string& sentence) {
    if (!holds) throw std::runtime_error(sentence);
}

/// A running child and the pipe it reports through.
class Child {
public:
    /// \param body  Given the writing end of the pipe. What it throws is written there, and the child ends with 1.
    explicit Child(const std::function<void(int pipe)>& body) {
        int ends[2];
        if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
        std::fflush(nullptr);
        pid_ = ::fork();
        if (pid_ < 0) throw std::runtime_error("no child process");
        if (pid_ == 0) {
            ::close(ends[0]);
            ::_exit(run(body, ends[1]));
        }
        ::close(ends[1]);
        pipe_ = ends[0];
    }
    Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)), pipe_(std::exchange(other.pipe_, -1)) {}
    Child& operator=(Child&&) = delete;
    ~Child() {
        if (pid_ > 0) {
            kill();
            (void)wait();
        }
        if (pipe_ >= 0) ::close(pipe_);
    }

    void kill() const { ::kill(pid_, SIGKILL); }
    /// Up to `count` bytes of what the child wrote; empty at the end.
    [[nodiscard]] std::string read(std::size_t count) const {
        std::string bytes(count, '\0');
        const ssize_t got = ::read(pipe_, bytes.data(), count);
        bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return bytes;
    }
    [[nodiscard]] std::string read_all() const {
        std::string all;
        for (std::string part = read(65536); !part.empty(); part = read(65536)) all += part;
        return all;
    }
    /// The exit status, or minus the signal.
    [[nodiscard]] int wait() {
        int status = 0;
        while (::waitpid(std::exchange(pid_, -1), &status, 0) < 0 && errno == EINTR) {}
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }

private:
    static int run(const std::function<void(int)>& body, int pipe) {
        try {
            body(pipe);
            return 0;
        } catch (const std::exception& failed) {
            const std::string_view what = failed.what();
            return ::write(pipe, what.data(), what.size()) < 0 ? 2 : 1;
        }
    }
    pid_t pid_ = -1;
    int pipe_ = -1;
};

/// Runs `body` to its end in a child; "" if it held, else the sentence that did not.
[[nodiscard]] inline std::string in_child(const std::function<void()>& body) {
    Child child([&](int) { body(); });
    const std::string said = child.read_all();
    const int status = child.wait();
    if (status == 0) return said;
    return said.empty() ? "the child ended with " + std::to_string(status) : said;
}

/// How often a test that waits for luck tries: `slow` with TKB_SLOW=1 in the environment.
[[nodiscard]] inline int rounds(int usual, int slow) {
    const char* asked = std::getenv("TKB_SLOW");
    return asked != nullptr && std::string_view(asked) == "1" ? slow : usual;
}

}  // namespace ticketbottle::test
