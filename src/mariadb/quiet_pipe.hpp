#pragma once
/// \file
/// While one lives, writing to a connection that is closed raises no SIGPIPE in this thread: OpenSSL writes without MSG_NOSIGNAL,
/// and a host's process shall not die of a database that went away. Internal: not installed.

#include <csignal>
#include <ctime>

namespace ticketbottle::mariadb {

class QuietPipe {
public:
    QuietPipe() noexcept {
        ::sigemptyset(&pipe_);
        ::sigaddset(&pipe_, SIGPIPE);
        ::sigset_t pending;
        ::sigpending(&pending);
        was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    ~QuietPipe() {
        constexpr ::timespec at_once{};
        if (!was_pending_) (void)::sigtimedwait(&pipe_, nullptr, &at_once);
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    QuietPipe(const QuietPipe&) = delete;
    QuietPipe& operator=(const QuietPipe&) = delete;

private:
    ::sigset_t pipe_{};
    ::sigset_t before_{};
    bool was_pending_ = false;
};

}  // namespace ticketbottle::mariadb
