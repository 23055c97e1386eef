#include "http/url.hpp"

#include <algorithm>

namespace ticketbottle::http {

namespace {

/// host[:port] or [IPv6][:port].
bool split_authority(std::string_view authority, Url& url) {
    const bool bracketed = authority.starts_with('[');
    const auto end = bracketed ? authority.find(']') : authority.find(':');
    if (bracketed && end == std::string_view::npos) return false;
    url.host = std::string(bracketed ? authority.substr(1, end - 1) : authority.substr(0, end));
    const std::string_view rest =
        end == std::string_view::npos ? std::string_view() : authority.substr(bracketed ? end + 1 : end);
    if (!rest.empty()) {
        if (rest.front() != ':') return false;
        url.port = std::string(rest.substr(1));
    }
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    return !url.host.empty() && !url.port.empty() && url.port.size() <= 5 && std::ranges::all_of(url.port, digit) &&
           std::stoul(url.port) <= 65535;
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
    Url url;
    url.tls = text.starts_with("https://");
    if (!url.tls && !text.starts_with("http://")) return std::nullopt;
    text.remove_prefix(url.tls ? 8 : 7);
    const auto bad = [](char c) { return c <= 0x20 || c >= 0x7f || c == '#' || c == '\\'; };
    if (std::ranges::any_of(text, bad)) return std::nullopt;
    const auto slash = text.find_first_of("/?");
    const std::string_view authority = text.substr(0, slash);
    url.target = slash == std::string_view::npos ? "/" : std::string(text.substr(slash));
    if (url.target.front() == '?') url.target.insert(0, "/");
    if (authority.find('@') != std::string_view::npos) return std::nullopt;
    url.port = url.tls ? "443" : "80";
    if (!split_authority(authority, url)) return std::nullopt;
    return url;
}

}  // namespace ticketbottle::http
