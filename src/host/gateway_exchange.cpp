#include <algorithm>
#include <memory>
#include <ticketbottle/host/gateway_exchange.hpp>
#include <utility>

#include "host/api_base.hpp"

namespace ticketbottle::host {

namespace {

constexpr std::size_t api_base_bytes_max = 200;

/// "host[:port]" of an http or https URL; empty if it is neither.
std::string_view authority_of(std::string_view url) noexcept {
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) return {};
    url.remove_prefix(scheme + 3);
    return url.substr(0, url.find_first_of("/?#"));
}

std::string_view host_of(std::string_view authority) noexcept {
    if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
    return authority.substr(0, authority.find(':'));
}

/// Four numbers, the first of them 127: not a name that begins so.
bool is_loopback_ipv4(std::string_view host) noexcept {
    if (!host.starts_with("127.")) return false;
    int dots = 0;
    for (const char c : host) {
        if (c != '.' && (c < '0' || c > '9')) return false;
        dots += c == '.' ? 1 : 0;
    }
    return dots == 3 && host.back() != '.';
}

bool is_this_machine(std::string_view host) noexcept {
    return host == "localhost" || host == "[::1]" || is_loopback_ipv4(host);
}

}  // namespace

bool may_carry_keys(std::string_view url) noexcept {
    const std::string_view authority = authority_of(url);
    if (authority.empty() || authority.find('@') != std::string_view::npos) return false;
    return url.starts_with("https://") || (url.starts_with("http://") && is_this_machine(host_of(authority)));
}

bool is_api_base(std::string_view url) noexcept {
    const auto plain = [](char c) { return c > 0x20 && c < 0x7f && c != '?' && c != '#' && c != '@' && c != '\\'; };
    return url.size() <= api_base_bytes_max && std::ranges::all_of(url, plain) && !url.ends_with('/') &&
           may_carry_keys(url) && !host_of(authority_of(url)).empty();
}

bool is_web_origin(std::string_view url) noexcept {
    const auto lower = [](char c) { return c < 'A' || c > 'Z'; };
    const auto scheme = url.find("://");
    return is_api_base(url) && url.find('/', scheme + 3) == std::string_view::npos && std::ranges::all_of(url, lower);
}

HttpExchange gateway_exchange(http::ClientOptions options) {
    return [client = std::make_shared<http::Client>(std::move(options))](const OutgoingRequest& request, Deadline deadline) -> Result<HttpAnswer> {
        if (!may_carry_keys(request.url))
            return fail(Errc::invalid_argument, "host.gateway_exchange",
                        "the API base is neither https nor on this machine");
        return client->perform(request, deadline);
    };
}

}  // namespace ticketbottle::host
