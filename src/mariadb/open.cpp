// How a connection is made: what of the client library is switched off, TLS, and the session's settings.
#include "core/format.hpp"
#include "core/waiting.hpp"
#include "mariadb/connection.hpp"
#include "mariadb/error.hpp"
#include "mariadb/quiet_pipe.hpp"

#include <csignal>
#include <cstring>
#include <mutex>

namespace ticketbottle::mariadb {
namespace {

constexpr std::string_view operation = "mariadb.connect";
// Connector/C runs on a stack of its own between its waits: room for a TLS handshake, and for whatever the resolver's modules need.
constexpr std::size_t stack_bytes = 512 * 1024;
// One row: the longest that `outbox` can hold, 16 MiB of payload, must fit, or it would stand in the way of all behind it. To the client
// library a longer one is a lost connection.
constexpr std::size_t packet_bytes_max = 32 * 1024 * 1024;
// The password goes over the line hashed; mysql_clear_password is added where the server has proved who it is.
constexpr std::string_view authentication = "mysql_native_password,client_ed25519,caching_sha2_password";
constexpr std::string_view authentication_verified = "mysql_native_password,client_ed25519,caching_sha2_password,mysql_clear_password";
constexpr unsigned long version_least = 100600;  // SKIP LOCKED, and compound statements that can be prepared

// What the session is must not depend on how the server is set up. A wait for a lock ends before the patience of most callers, and for a
// call that was cut off it is what ends the wait on the server: nothing is killed over a second connection, which behind a balancer
// might be one to another server, where the number is somebody else's.
constexpr std::string_view session =
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', "
    "time_zone = '+00:00', autocommit = 1, innodb_lock_wait_timeout = 5, lock_wait_timeout = 5, "
    "character_set_client = utf8mb4, character_set_results = utf8mb4, collation_connection = utf8mb4_general_ci";
constexpr std::string_view isolation = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// The client library sets itself up at the first handle, and not for several threads at once. It has the whole process ignore SIGPIPE
/// then, which is the host's to decide: that is put back, and QuietPipe sees to ours.
void set_up_library() {
    struct sigaction before {};
    const bool known = ::sigaction(SIGPIPE, nullptr, &before) == 0;
    (void)mysql_server_init(0, nullptr, nullptr);
    if (known) (void)::sigaction(SIGPIPE, &before, nullptr);
}

MYSQL* new_handle() {
    static std::once_flag once;
    std::call_once(once, set_up_library);
    MYSQL* const handle = mysql_init(nullptr);
    if (handle == nullptr) throw std::bad_alloc();
    return handle;
}

bool set_options(MYSQL* handle, const Tls& tls) {
    const std::size_t stack = stack_bytes;
    const std::size_t packet = packet_bytes_max;
    const unsigned no = 0;
    const unsigned tcp = MYSQL_PROTOCOL_TCP;
    const my_bool never = 0;
    const my_bool encrypted = tls.mode != TlsMode::off;
    const my_bool verified = tls.mode == TlsMode::verify;
    const std::string_view plugins = verified != 0 ? authentication_verified : authentication;
    bool good = mysql_options(handle, MYSQL_OPT_NONBLOCK, &stack) == 0;
    good &= mysql_options(handle, MYSQL_OPT_PROTOCOL, &tcp) == 0;
    good &= mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &no) == 0;
    good &= mysql_options(handle, MYSQL_OPT_RECONNECT, &never) == 0;
    good &= mysql_options(handle, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet) == 0;
    good &= mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4") == 0;
    good &= mysql_options(handle, MARIADB_OPT_RESTRICTED_AUTH, plugins.data()) == 0;
    good &= mysql_options4(handle, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "ticketbottle") == 0;
    good &= mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &encrypted) == 0;
    good &= mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verified) == 0;
    if (encrypted != 0) good &= mysql_options(handle, MARIADB_OPT_TLS_VERSION, "TLSv1.2,TLSv1.3") == 0;
    if (!tls.ca_file.empty()) good &= mysql_options(handle, MYSQL_OPT_SSL_CA, tls.ca_file.c_str()) == 0;
    if (!tls.cert_file.empty()) good &= mysql_options(handle, MYSQL_OPT_SSL_CERT, tls.cert_file.c_str()) == 0;
    if (!tls.key_file.empty()) good &= mysql_options(handle, MYSQL_OPT_SSL_KEY, tls.key_file.c_str()) == 0;
    return good;
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const Options& options, Deadline deadline) {
    if (deadline.expired()) return fail(Errc::cancelled, operation, "the deadline has passed");
    const bool deadline_is_first = deadline.remaining() <= options.connect_timeout;
    const QuietPipe quiet;
    auto connection = std::unique_ptr<Connection>(new Connection());
    auto connected = connection->connect(options, deadline);
    if (connected.has_value()) return connection;
    connection->broken_ = true;
    const Error error = connected.error();
    if (error.code != Errc::cancelled) return error;
    if (deadline_is_first || deadline.expired()) return fail(Errc::cancelled, operation, "no connection before the deadline");
    return fail(Errc::unavailable, operation, "no connection within the connect timeout");
}

Result<void> Connection::connect(const Options& options, Deadline deadline) {
    handle_ = new_handle();
    if (!set_options(handle_, options.tls)) return fail(Errc::internal, operation, "the client library does not know an option");
    const Deadline limit = bounded(deadline, options.connect_timeout);
    std::string password(options.password.expose());  // the client library keeps a copy of its own for as long as the connection lives
    MYSQL* connected = nullptr;
    const Ending ending = drive(
        limit,
        [&] {
            return mysql_real_connect_start(&connected, handle_, options.host.c_str(), options.user.c_str(), password.c_str(),
                                            options.database.c_str(), options.port, nullptr, CLIENT_FOUND_ROWS);
        },
        [&](int ready) { return mysql_real_connect_cont(&connected, handle_, ready); });
    ::explicit_bzero(password.data(), password.size());
    if (ending == Ending::expired) return fail(Errc::cancelled, operation);
    if (connected == nullptr) return failure(operation, Effect::reads);
    if (auto checked = check_server(options); !checked.has_value()) return checked;
    if (auto set = execute(operation, session, Effect::reads, limit); !set.has_value()) return set;
    return execute(operation, isolation, Effect::reads, limit);
}

Result<void> Connection::check_server(const Options& options) {
    if (options.tls.mode != TlsMode::off && mysql_get_ssl_cipher(handle_) == nullptr)
        return fail(Errc::unavailable, operation, "the server does not encrypt");
    // MySQL has no compound statements outside of stored programs.
    if (mariadb_connection(handle_) == 0 || mysql_get_server_version(handle_) < version_least)
        return fail(Errc::unsupported, operation, server() + "; MariaDB 10.6 is needed, or later");
    return {};
}

std::string Connection::server() const {
    const unsigned long version = mysql_get_server_version(handle_);
    const char* const name = mariadb_connection(handle_) != 0 ? "MariaDB" : "MySQL";
    return formatted("{} {}.{}.{}", name, version / 10000, version / 100 % 100, version % 100);
}

}  // namespace ticketbottle::mariadb
