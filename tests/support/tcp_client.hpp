#pragma once
/// \file
/// A blocking TCP connection to loopback that sends exactly the bytes it is told, for tests of servers.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ticketbottle::test {

class TcpClient {
public:
    explicit TcpClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (fd_ < 0 || ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("cannot connect to port " + std::to_string(port));
    }
    ~TcpClient() { close(); }
    TcpClient(const TcpClient&) = delete;
    TcpClient& operator=(const TcpClient&) = delete;

    /// False when the other side has closed.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    /// What comes until `ending` was seen, the other side closed, or the time is up.
    std::string read_until(std::string_view ending, std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
        const auto deadline = std::chrono::steady_clock::now() + timeout;
        std::string got;
        while (ending.empty() || got.find(ending) == std::string::npos) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
                    .count();
            pollfd waiting{fd_, POLLIN, 0};
            if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) <= 0) {
                timed_out_ = true;
                break;
            }
            char block[4096];
            const ssize_t bytes = ::recv(fd_, block, sizeof block, 0);
            if (bytes <= 0) {
                closed_ = true;
                reset_ = bytes < 0;
                break;
            }
            got.append(block, static_cast<std::size_t>(bytes));
        }
        return got;
    }
    /// Until the other side closes.
    std::string read_all(std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
        return read_until("", timeout);
    }

    void finish_sending() { (void)::shutdown(fd_, SHUT_WR); }
    void close() {
        if (fd_ >= 0) (void)::close(fd_);
        fd_ = -1;
    }
    [[nodiscard]] bool closed() const noexcept { return closed_; }
    [[nodiscard]] bool reset() const noexcept { return reset_; }
    [[nodiscard]] bool timed_out() const noexcept { return timed_out_; }

private:
    int fd_;
    bool closed_ = false;
    bool reset_ = false;
    bool timed_out_ = false;
};

}  // namespace ticketbottle::test
