#pragma once
/// \file
/// A plain TCP server on loopback that does one scripted thing with each connection, for tests of clients.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

namespace ticketbottle::test {

class TcpImposter {
public:
    /// \param with  Given the connection, closed after it returns. One at a time.
    explicit TcpImposter(std::function<void(int fd)> with) : with_(std::move(with)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 8) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            throw std::runtime_error("cannot listen");
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] {
            for (int fd = 0; (fd = ::accept(listener_, nullptr, nullptr)) >= 0; (void)::close(fd)) with_(fd);
        });
    }
    ~TcpImposter() {
        (void)::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        (void)::close(listener_);
    }
    TcpImposter(const TcpImposter&) = delete;
    TcpImposter& operator=(const TcpImposter&) = delete;
    [[nodiscard]] std::string url(const std::string& path = "/") const {
        return "http://127.0.0.1:" + std::to_string(port_) + path;
    }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

private:
    std::function<void(int)> with_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

/// What comes until `ending`, or until the other side stops.
inline std::string receive_until(int fd, const std::string& ending) {
    std::string got;
    char block[4096];
    while (got.find(ending) == std::string::npos) {
        const ssize_t bytes = ::recv(fd, block, sizeof block, 0);
        if (bytes <= 0) break;
        got.append(block, static_cast<std::size_t>(bytes));
    }
    return got;
}
inline void send_all(int fd, const std::string& bytes) { (void)!::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

}  // namespace ticketbottle::test
