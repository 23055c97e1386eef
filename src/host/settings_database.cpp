// DATABASE_URL, or DB_HOST and those with it. A URL may hold a password meant for another build, so nothing of it ever stands in
// an error.

#include <algorithm>

#include "host/settings_reader.hpp"

namespace ticketbottle::host {

namespace {

constexpr std::size_t password_bytes_max = 4096;  // a cloud's token is some 1600

bool is_this_machine(std::string_view host) { return host == "localhost" || host == "127.0.0.1" || host == "::1"; }

void read_mariadb(SettingsReader& reader, Settings& settings) {
    if (!reader.whole("MariaDB", {"DB_HOST", "DB_NAME", "DB_USER"},
                      {"DB_PORT", "DB_PASSWORD", "TICKETBOTTLE_DB_TLS", "TICKETBOTTLE_DB_CA"}))
        return;
    if (reader.has("DATABASE_URL"))
        reader.problem("DB_HOST", "is set, and so is DATABASE_URL: both name the database, so set one", "db.example.com");
    MariadbSettings mariadb;
    reader.text("DB_HOST", "db.example.com", mariadb.host);
    if (const auto port = reader.number("DB_PORT", 1, 65535, "3306")) mariadb.port = static_cast<std::uint16_t>(*port);
    reader.text("DB_NAME", "cachao", mariadb.database);
    reader.text("DB_USER", "cachao", mariadb.user);
    if (const std::string* password = reader.find("DB_PASSWORD")) {
        if (password->size() > password_bytes_max)  // an environment holds no NUL
            reader.problem("DB_PASSWORD", "is longer than 4096 bytes", "<password of that account>");
        else
            mariadb.password = Secret(*password);
    }
    if (is_this_machine(mariadb.host)) mariadb.tls = MariadbTls::off;
    reader.choice<MariadbTls>("TICKETBOTTLE_DB_TLS",
                              {{"verify", MariadbTls::verify}, {"required", MariadbTls::required}, {"off", MariadbTls::off}},
                              mariadb.tls);
    reader.text("TICKETBOTTLE_DB_CA", "/etc/ssl/certs/rds-ca.pem", mariadb.ca_file);
    if (!mariadb.ca_file.empty() && mariadb.tls != MariadbTls::verify)
        reader.problem("TICKETBOTTLE_DB_CA", "is set, but the server's certificate is not looked at: TICKETBOTTLE_DB_TLS=verify does",
                       "/etc/ssl/certs/rds-ca.pem");
    settings.database.clear();
    settings.mariadb = std::move(mariadb);
}

}  // namespace

void read_database(SettingsReader& reader, Settings& settings) {
    constexpr std::string_view name = "DATABASE_URL";
    constexpr std::string_view example = "file:/var/lib/ticketbottle/ticketbottle.db";
    read_mariadb(reader, settings);
    if (settings.mariadb) return;
    settings.database = settings.data + "/ticketbottle.db";
    const std::string* value = reader.find(name);
    if (value == nullptr) return;
    std::string_view url = *value;
    if (url.starts_with("postgresql:") || url.starts_with("postgres:")) {
        // Who opens it reads it: which parameters a URL may carry is the adapter's to say.
        settings.database.clear();
        settings.postgres = Secret(url);
        return;
    }
    for (const std::string_view scheme : {"mysql:", "mariadb:", "sqlserver:", "mongodb:", "mongodb+srv:"}) {
        if (url.starts_with(scheme))
            return reader.unsupported(
                name,
                std::string(scheme.substr(0, scheme.size() - 1)) +
                    " is unsupported: this names PostgreSQL or a SQLite file; MariaDB is named by DB_HOST; for example DATABASE_URL=" +
                    std::string(example));
    }
    if (url.starts_with("file:"))
        url.remove_prefix(5);
    else if (url.starts_with("sqlite:"))
        url.remove_prefix(7);
    else
        return reader.problem(name, "is neither file:PATH, sqlite:PATH nor postgresql://USER:PASSWORD@HOST/DATABASE", example);
    if (url.starts_with("//")) {
        url.remove_prefix(2);
        if (!url.starts_with('/')) return reader.problem(name, "names a host; after // a path begins with /", example);
    }
    if (url.find_first_of("?#") != std::string_view::npos)
        return reader.problem(name, "carries parameters; a SQLite file takes none", example);
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (url.empty() || url == ":memory:" || url.ends_with('/') || url.size() > 4096 ||
        std::ranges::any_of(url, control))
        return reader.problem(name, "names no file", example);
    settings.database = std::string(url);
}

}  // namespace ticketbottle::host
