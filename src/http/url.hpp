#pragma once
/// \file
/// Where a request goes. Internal: not installed.

#include <optional>
#include <string>
#include <string_view>

namespace ticketbottle::http {

struct Url {
    bool tls = false;
    std::string host;
    std::string port;
    std::string target;

    [[nodiscard]] std::string authority() const {
        const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
        return port == (tls ? "443" : "80") ? name : name + ":" + port;
    }
    /// The other side of a connection: a request to the same place may go over it too.
    [[nodiscard]] std::string place() const { return (tls ? "https://" : "http://") + authority(); }
};

/// scheme://host[:port][/path][?query]; no user information, no fragment.
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);

}  // namespace ticketbottle::http
