#include "stack/http_load.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <stdexcept>

namespace ticketbottle::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t unknown = std::string::npos;

/// The length of the whole answer, once its head is there.
std::size_t answer_length(std::string_view bytes) {
    const auto head = bytes.find("\r\n\r\n");
    if (head == std::string_view::npos) return unknown;
    constexpr std::string_view name = "Content-Length: ";
    const auto at = bytes.substr(0, head).find(name);
    if (at == std::string_view::npos) throw std::runtime_error("an answer without Content-Length");
    return head + 4 + std::strtoul(bytes.data() + at + name.size(), nullptr, 10);
}

class Connection {
public:
    explicit Connection(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (fd_ < 0 || ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("the server does not take a connection");
    }
    ~Connection() { ::close(fd_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] int descriptor() const { return fd_; }
    void send(const std::string& request) {
        got_.clear();
        sent_at_ = Clock::now();
        // A callback is far smaller than a socket's buffer.
        if (::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
            throw std::runtime_error("the server closed the connection");
    }
    /// True when the answer is whole.
    bool receive() {
        std::array<char, 4096> block;
        const ssize_t bytes = ::recv(fd_, block.data(), block.size(), 0);
        if (bytes <= 0) throw std::runtime_error("the server closed the connection");
        got_.append(block.data(), static_cast<std::size_t>(bytes));
        const std::size_t length = answer_length(got_);
        return length != unknown && got_.size() >= length;
    }
    [[nodiscard]] const std::string& answer() const { return got_; }
    [[nodiscard]] Clock::time_point sent_at() const { return sent_at_; }

private:
    int fd_;
    std::string got_;
    Clock::time_point sent_at_;
};

}  // namespace

LoadResult send_all(std::uint16_t port, std::size_t connections, const std::vector<std::string>& requests, std::string_view wanted) {
    const int poller = ::epoll_create1(EPOLL_CLOEXEC);
    std::deque<Connection> clients;
    for (std::size_t i = 0; i < connections; ++i) {
        clients.emplace_back(port);
        epoll_event interest{};
        interest.events = EPOLLIN;
        interest.data.ptr = &clients.back();
        ::epoll_ctl(poller, EPOLL_CTL_ADD, clients.back().descriptor(), &interest);
    }
    LoadResult result;
    result.milliseconds.reserve(requests.size());
    const auto begin = Clock::now();
    std::size_t next = 0;
    for (Connection& client : clients) {
        if (next < requests.size()) client.send(requests[next++]);
    }
    std::array<epoll_event, 64> events;
    while (result.milliseconds.size() < requests.size()) {
        const int count = ::epoll_wait(poller, events.data(), static_cast<int>(events.size()), 10'000);
        if (count == 0) throw std::runtime_error("no answer for ten seconds");
        for (int i = 0; i < count; ++i) {
            Connection& client = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
            if (!client.receive()) continue;
            result.milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - client.sent_at()).count());
            if (client.answer().find(wanted) == std::string::npos) ++result.unwelcome;
            if (next < requests.size()) client.send(requests[next++]);
        }
    }
    result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    ::close(poller);
    return result;
}

}  // namespace ticketbottle::benchmarks
