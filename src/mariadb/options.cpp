#include <ticketbottle/mariadb/mariadb.hpp>

#include "core/format.hpp"

#include <algorithm>

namespace ticketbottle::mariadb {
namespace {

constexpr std::string_view operation = "mariadb.options";
constexpr std::size_t host_bytes_max = 253;      // of a DNS name
constexpr std::size_t user_bytes_max = 128;      // MariaDB's limit is 80 characters
constexpr std::size_t database_bytes_max = 64;
constexpr std::size_t password_bytes_max = 4096;  // a cloud's token is some 1600

Result<void> check_text(std::string_view name, std::string_view text, std::size_t bytes_max) {
    if (text.empty()) return fail(Errc::invalid_argument, operation, formatted("{}: empty", name));
    if (text.size() > bytes_max) return fail(Errc::invalid_argument, operation, formatted("{}: longer than {} bytes", name, bytes_max));
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
            return fail(Errc::invalid_argument, operation, formatted("{}: holds a control character", name));
    }
    return {};
}

/// The client library would take a=b for settings, a://b for a plugin's name, and a,b for several servers.
bool is_host(std::string_view host) {
    constexpr std::string_view marks = ".-_:%";
    return std::ranges::all_of(host, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || marks.find(c) != std::string_view::npos;
    });
}

Result<void> check_tls(const Tls& tls) {
    if (tls.mode != TlsMode::verify && !tls.ca_file.empty())
        return fail(Errc::invalid_argument, operation, "tls.ca_file: of no use unless the mode is verify");
    if (tls.cert_file.empty() != tls.key_file.empty())
        return fail(Errc::invalid_argument, operation, "tls.cert_file, tls.key_file: both, or neither");
    if (tls.mode == TlsMode::off && !tls.cert_file.empty())
        return fail(Errc::invalid_argument, operation, "tls.cert_file: of no use with TLS off");
    for (const std::string* file : {&tls.ca_file, &tls.cert_file, &tls.key_file}) {
        if (file->find('\0') != std::string::npos) return fail(Errc::invalid_argument, operation, "tls: a file's name holds a NUL");
    }
    return {};
}

}  // namespace

Result<void> check(const Options& options) {
    if (auto checked = check_text("host", options.host, host_bytes_max); !checked.has_value()) return checked;
    if (!is_host(options.host)) return fail(Errc::invalid_argument, operation, "host: a name or an address, and nothing else");
    if (auto checked = check_text("database", options.database, database_bytes_max); !checked.has_value()) return checked;
    if (auto checked = check_text("user", options.user, user_bytes_max); !checked.has_value()) return checked;
    if (options.port == 0) return fail(Errc::invalid_argument, operation, "port: 1..65535");
    const std::string_view password = options.password.expose();
    if (password.size() > password_bytes_max || password.find('\0') != std::string_view::npos)
        return fail(Errc::invalid_argument, operation,
                    formatted("password: holds a NUL, or is longer than {} bytes", password_bytes_max));
    if (options.connections_max < 1 || options.connections_max > 1000)
        return fail(Errc::invalid_argument, operation, "connections_max: 1..1000");
    if (options.connect_timeout < std::chrono::milliseconds(10) || options.connect_timeout > std::chrono::minutes(10))
        return fail(Errc::invalid_argument, operation, "connect_timeout: 10 ms .. 10 min");
    return check_tls(options.tls);
}

}  // namespace ticketbottle::mariadb
