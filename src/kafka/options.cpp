#include <ticketbottle/kafka/kafka.hpp>
#include <ticketbottle/kafka/source.hpp>

#include "core/format.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace ticketbottle::kafka {
namespace {

constexpr std::size_t brokers_max = 100;
constexpr std::size_t host_bytes_max = 255;  // DNS's
constexpr std::size_t client_id_bytes_max = 100;
constexpr std::size_t path_bytes_max = 4096;
constexpr std::size_t account_bytes_max = 1024;
constexpr std::size_t message_bytes_least = 4 * 1024;
constexpr std::size_t message_bytes_most = 16 * 1024 * 1024;  // as every other backend's
constexpr std::size_t queue_bytes_most = 1024 * 1024 * 1024;
constexpr std::chrono::milliseconds timeout_least{1000};
constexpr std::chrono::milliseconds timeout_most{300'000};

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

/// "host", "host:port", "[v6]", "[v6]:port".
bool is_broker(std::string_view text) {
    std::string_view host;
    std::string_view rest;
    bool good = false;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos) return false;
        host = text.substr(1, close - 1);
        rest = text.substr(close + 1);
        good = std::ranges::all_of(host, [](char c) { return is_alphanumeric(c) || c == ':' || c == '.'; });
    } else {
        const auto colon = text.find(':');
        host = text.substr(0, colon);
        rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
        good = std::ranges::all_of(host, [](char c) { return is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; });
    }
    if (!good || host.empty() || host.size() > host_bytes_max) return false;
    return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
}

Error refuse(std::string_view option, std::string_view what) {
    return fail(Errc::invalid_argument, "kafka.options", formatted("{}: {}", option, what));
}

Result<void> check_brokers(const std::vector<std::string>& brokers) {
    if (brokers.empty() || brokers.size() > brokers_max)
        return refuse("brokers", "needs 1 to 100 of host:port, for example b-1.example.com:9094");
    for (std::size_t i = 0; i < brokers.size(); ++i) {
        if (!is_broker(brokers[i]))
            return refuse(formatted("brokers[{}]", i), "is not host:port without a scheme, for example b-1.example.com:9094");
    }
    return {};
}

Result<void> check_file(std::string_view option, const std::string& path, Security security) {
    if (path.empty()) return {};
    if (security != Security::tls) return refuse(option, "is given, but security is not tls");
    if (path.size() > path_bytes_max || std::ranges::any_of(path, is_control)) return refuse(option, "is not a file's path");
    return {};
}

Result<void> check_tls(const Options& options) {
    if (options.security != Security::plaintext && options.security != Security::tls) return refuse("security", "is neither plaintext nor tls");
    for (const auto& [name, path] : {std::pair{"ca_file", &options.ca_file},
                                     std::pair{"client_certificate_file", &options.client_certificate_file},
                                     std::pair{"client_key_file", &options.client_key_file}}) {
        if (auto checked = check_file(name, *path, options.security); !checked.has_value()) return checked;
    }
    if (options.client_certificate_file.empty() != options.client_key_file.empty()) {
        const bool no_key = options.client_key_file.empty();
        return refuse(no_key ? "client_key_file" : "client_certificate_file",
                      no_key ? "is not given, but client_certificate_file is" : "is not given, but client_key_file is");
    }
    return {};
}

Result<void> check_account(const Options& options) {
    if (options.sasl > Sasl::scram_sha_512) return refuse("sasl", "is none of none, plain, scram_sha_256, scram_sha_512");
    if (options.sasl == Sasl::none) {
        if (!options.username.empty()) return refuse("username", "is given, but sasl is none");
        if (!options.password.empty()) return refuse("password", "is given, but sasl is none");
        return {};
    }
    if (options.username.empty() || options.username.size() > account_bytes_max || std::ranges::any_of(options.username, is_control))
        return refuse("username", "must be 1 to 1024 bytes without control characters");
    const std::string_view password = options.password.expose();
    if (password.empty() || password.size() > account_bytes_max || password.find('\0') != std::string_view::npos)
        return refuse("password", "must be 1 to 1024 bytes without a zero byte");
    if (options.sasl == Sasl::plain && options.security != Security::tls)
        return refuse("sasl", "plain shows the password to whoever listens: it needs security tls");
    return {};
}

Result<void> check_sizes(const Options& options) {
    if (options.message_bytes_max < message_bytes_least || options.message_bytes_max > message_bytes_most)
        return refuse("message_bytes_max", "must be 4 KiB to 16 MiB");
    if (options.queue_bytes_max < options.message_bytes_max || options.queue_bytes_max > queue_bytes_most)
        return refuse("queue_bytes_max", "must be message_bytes_max to 1 GiB");
    for (const auto& [name, timeout] :
         {std::pair{"connect_timeout", options.connect_timeout}, std::pair{"request_timeout", options.request_timeout}}) {
        if (timeout < timeout_least || timeout > timeout_most) return refuse(name, "must be 1 s to 5 min");
    }
    return {};
}

}  // namespace

Result<void> check(const Options& options) {
    if (auto checked = check_brokers(options.brokers); !checked.has_value()) return checked;
    if (auto checked = check_tls(options); !checked.has_value()) return checked;
    if (auto checked = check_account(options); !checked.has_value()) return checked;
    if (options.compression > Compression::zstd) return refuse("compression", "is none of none, gzip, lz4, snappy, zstd");
    const auto plain = [](char c) { return is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; };
    if (options.client_id.empty() || options.client_id.size() > client_id_bytes_max || !std::ranges::all_of(options.client_id, plain))
        return refuse("client_id", "must be 1 to 100 letters, digits, '.', '_' or '-'");
    return check_sizes(options);
}

Result<void> check(const SourceOptions& options) {
    if (auto checked = check(options.connection); !checked.has_value()) return checked;
    if (!is_topic_name(options.group)) return refuse("group", "must be 1 to 249 letters, digits, '.', '_' or '-'");
    if (!is_topic_name(options.topic)) return refuse("topic", "must be 1 to 249 letters, digits, '.', '_' or '-'");
    if (options.silence_max < std::chrono::seconds(10) || options.silence_max > std::chrono::hours(24))
        return refuse("silence_max", "must be 10 s to 24 h");
    return {};
}

}  // namespace ticketbottle::kafka
