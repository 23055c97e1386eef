// DATABASE_URL. It may hold a password meant for another build, so nothing of it ever stands in an error.

#include <algorithm>

#include "host/settings_reader.hpp"

namespace ticketbottle::host {

void read_database(SettingsReader& reader, Settings& settings) {
    constexpr std::string_view name = "DATABASE_URL";
    constexpr std::string_view example = "file:/var/lib/ticketbottle/ticketbottle.db";
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
                    " is unsupported in this build, which keeps payments in PostgreSQL or a SQLite file; for example DATABASE_URL=" +
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
