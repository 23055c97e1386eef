#include "postgres/target.hpp"

#include "core/format.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace ticketbottle::postgres {
namespace {

constexpr std::string_view operation = "postgres.url";
constexpr std::size_t url_bytes_max = 4096;

Error refuse(std::string detail) { return fail(Errc::invalid_argument, operation, std::move(detail)); }

struct Cleansed {  // a copy with the password in it, wiped when done
    std::string text;
    ~Cleansed() {
        volatile char* bytes = text.data();
        for (std::size_t i = 0; i < text.size(); ++i) bytes[i] = 0;
    }
};

bool is_url(std::string_view text) { return text.starts_with("postgresql://") || text.starts_with("postgres://"); }

/// Percent-decodes a parameter's value. False: not well-formed, or a NUL.
bool decode(std::string_view text, std::string& into) {
    const auto hex = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            into += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return false;
        const int high = hex(text[i + 1]);
        const int low = hex(text[i + 2]);
        if (high < 0 || low < 0 || (high == 0 && low == 0)) return false;
        into += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return true;
}

using Parameters = std::map<std::string, std::string, std::less<>>;

constexpr std::array<std::string_view, 9> prisma_only = {"schema",        "connection_limit",     "pgbouncer",
                                                         "pool_timeout",  "socket_timeout",       "statement_cache_size",
                                                         "sslaccept",     "connect_timeout",      "sslcert"};

bool is_prisma_only(std::string_view name, const Parameters& parameters) {
    // Prisma's sslcert is the authority's certificate; libpq's is the client's own, and then a key stands beside it.
    if (name == "sslcert") return !parameters.contains("sslkey");
    return std::ranges::find(prisma_only, name) != prisma_only.end();
}

/// Cuts "?a=b&c=d" off the URL and reads it.
Result<Parameters> take_parameters(Cleansed& url) {
    Parameters parameters;
    const std::size_t mark = url.text.find('?');
    if (mark == std::string::npos) return parameters;
    std::string_view rest = std::string_view(url.text).substr(mark + 1);
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('&'), rest.size());
        const std::string_view part = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (part.empty()) continue;
        const std::size_t equals = part.find('=');
        std::string value;
        const std::string name(part.substr(0, equals));
        const bool plain = std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
        if (name.empty() || !plain) return refuse("a parameter after ? has a name that is no word of small letters");
        if (equals == std::string_view::npos || !decode(part.substr(equals + 1), value))
            return refuse(formatted("{}: no value, or one that is not percent-encoded rightly", name));
        if (!parameters.emplace(name, value).second) return refuse(formatted("{}: given twice", name));
    }
    url.text.resize(mark);
    return parameters;
}

Result<std::optional<std::uint32_t>> number(const Parameters& parameters, std::string_view name, std::uint32_t least, std::uint32_t most) {
    const auto place = parameters.find(name);
    if (place == parameters.end()) return std::optional<std::uint32_t>();
    std::uint32_t value = 0;
    const char* const end = place->second.data() + place->second.size();
    const auto [stopped, error] = std::from_chars(place->second.data(), end, value);
    if (error != std::errc() || stopped != end || value < least || value > most)
        return refuse(formatted("{}: not a whole number from {} to {}", name, least, most));
    return std::optional(value);
}

Result<void> read_tls(const Parameters& parameters, Target& target) {
    if (parameters.contains("sslidentity") || parameters.contains("sslpassword"))
        return refuse("sslidentity: a PKCS#12 file cannot be read; give sslcert and sslkey in PEM");
    if (const auto accept = parameters.find("sslaccept"); accept != parameters.end()) {
        if (accept->second == "strict") {
            target.keywords.emplace_back("sslmode", "verify-full");
        } else if (accept->second == "accept_invalid_certs") {
            target.keywords.emplace_back("sslmode", "require");
        } else {
            return refuse("sslaccept: strict or accept_invalid_certs");
        }
    }
    if (const auto certificate = parameters.find("sslcert"); certificate != parameters.end() && is_prisma_only("sslcert", parameters))
        target.keywords.emplace_back("sslrootcert", certificate->second);
    return {};
}

Result<void> read_prisma(const Parameters& parameters, Target& target) {
    if (const auto schema = parameters.find("schema"); schema != parameters.end() && target.schema.empty())
        target.schema = schema->second;
    const auto limit = number(parameters, "connection_limit", 1, 1000);
    if (!limit.has_value()) return limit.error();
    if (*limit) target.connections_max = **limit;
    const auto seconds = number(parameters, "connect_timeout", 0, 600);
    if (!seconds.has_value()) return seconds.error();
    if (*seconds && **seconds > 0) target.connect_timeout = std::chrono::seconds(**seconds);
    for (const std::string_view name : {"pool_timeout", "socket_timeout"}) {
        // A call's own deadline bounds both.
        if (const auto value = number(parameters, name, 0, 86400); !value.has_value()) return value.error();
    }
    const auto cached = number(parameters, "statement_cache_size", 0, 1'000'000);
    if (!cached.has_value()) return cached.error();
    if (*cached && **cached == 0) target.statements = Statements::unnamed;
    if (const auto pooler = parameters.find("pgbouncer"); pooler != parameters.end()) {
        if (pooler->second != "true" && pooler->second != "false") return refuse("pgbouncer: true or false");
        if (pooler->second == "true") target.statements = Statements::unnamed;
    }
    return read_tls(parameters, target);
}

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        parts.emplace_back(list.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

/// See Target::places.
std::vector<ServerAddress> places_of(std::map<std::string_view, std::string>& said) {
    const std::vector<std::string> hosts = split(said["host"]);
    const std::vector<std::string> ports = split(said["port"]);
    const bool ours = hosts.size() > 1 && said["hostaddr"].empty() && said["target_session_attrs"] != "prefer-standby" &&
                      (said["load_balance_hosts"].empty() || said["load_balance_hosts"] == "disable") &&
                      (ports.size() == 1 || ports.size() == hosts.size());
    std::vector<ServerAddress> places;
    for (std::size_t i = 0; ours && i < hosts.size(); ++i) places.push_back({hosts[i], ports.size() == 1 ? ports[0] : ports[i]});
    return places;
}

/// Everything libpq would reject, and a host in which half a password stands because it was not encoded.
Result<void> check_with_libpq(const Cleansed& conninfo, std::vector<ServerAddress>& places) {
    char* message = nullptr;
    PQconninfoOption* options = PQconninfoParse(conninfo.text.c_str(), &message);
    if (message != nullptr) PQfreemem(message);  // it may quote the URL: not passed on
    if (options == nullptr)
        return refuse("libpq cannot read it: a letter of the password that is not a letter or digit may need %-encoding, or a parameter is unknown");
    Result<void> outcome;
    std::map<std::string_view, std::string> said;
    for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
        const std::string_view keyword = option->keyword;
        const std::string_view value = option->val == nullptr ? "" : option->val;
        if (keyword == "host" || keyword == "hostaddr" || keyword == "port" || keyword == "target_session_attrs" || keyword == "load_balance_hosts")
            said[keyword] = value;
        if (keyword != "host" && keyword != "hostaddr" && keyword != "port") continue;
        const auto plain = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == ':' ||
                   c == ',' || c == '/';
        };
        const auto digits = [](char c) { return (c >= '0' && c <= '9') || c == ','; };
        if (!std::ranges::all_of(value, plain) || (keyword == "port" && !std::ranges::all_of(value, digits)))
            outcome = refuse(formatted("{}: holds a letter no host or port has; write the password's @ : / ? # % as %40 %3A %2F %3F %23 %25",
                                         keyword));
    }
    if (outcome.has_value()) places = places_of(said);
    PQconninfoFree(options);
    return outcome;
}

Result<void> check_schema(const std::string& schema) {
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
    if (schema.empty() || schema.size() > 63 || !std::ranges::all_of(schema, plain))
        return refuse("schema: 1 to 63 letters, digits and _");
    return {};
}

std::string encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '/') {
            out += c;
        } else {
            out += formatted("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

}  // namespace

Result<Target> read_target(const Options& options) {
    if (options.url.empty()) return refuse("empty");
    if (options.url.expose().size() > url_bytes_max) return refuse(formatted("longer than {} bytes", url_bytes_max));
    if (options.url.expose().find('\0') != std::string_view::npos) return refuse("holds a NUL");
    Target target;
    target.schema = options.schema;
    target.connect_timeout = options.connect_timeout;
    target.statements = options.statements;
    Cleansed conninfo{std::string(options.url.expose())};
    if (is_url(conninfo.text)) {
        const Result<Parameters> parameters = take_parameters(conninfo);
        if (!parameters.has_value()) return parameters.error();
        if (auto read = read_prisma(*parameters, target); !read.has_value()) return read.error();
        char mark = '?';
        for (const auto& [name, value] : *parameters) {
            if (is_prisma_only(name, *parameters)) continue;
            conninfo.text += mark + name + "=" + encoded(value);
            mark = '&';
        }
    }
    if (options.connections_max != 0) target.connections_max = options.connections_max;
    if (target.schema.empty()) target.schema = "public";
    if (auto checked = check_schema(target.schema); !checked.has_value()) return checked.error();
    if (auto checked = check_with_libpq(conninfo, target.places); !checked.has_value()) return checked.error();
    target.conninfo = Secret(conninfo.text);
    return target;
}

Result<void> check(const Options& options) {
    if (options.connections_max > 1000) return refuse("connections_max: 1 to 1000, or 0 for the URL's");
    if (options.connect_timeout < std::chrono::milliseconds(10) || options.connect_timeout > std::chrono::minutes(10))
        return refuse("connect_timeout: 10 ms to 10 min");
    if (options.attempts_max < 1 || options.attempts_max > 1000) return refuse("attempts_max: 1 to 1000");
    if (options.settlements_per_commit < 1 || options.settlements_per_commit > 64) return refuse("settlements_per_commit: 1 to 64");
    if (options.application_name.empty() || options.application_name.size() > 63) return refuse("application_name: 1 to 63 bytes");
    if (const Result<Target> target = read_target(options); !target.has_value()) return target.error();
    return {};
}

}  // namespace ticketbottle::postgres
