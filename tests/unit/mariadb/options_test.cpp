#include "mariadb/sql.hpp"

#include <ticketbottle/mariadb/mariadb.hpp>

#include <doctest/doctest.h>

using namespace ticketbottle;
using mariadb::TlsMode;

namespace {

mariadb::Options good() {
    mariadb::Options options;
    options.host = "db.example";
    options.database = "shop";
    options.user = "shop";
    options.password = Secret("not-a-real-one");
    return options;
}

}  // namespace

TEST_CASE("Options: by default the certificate is verified, and nothing else is missing") {
    CHECK(mariadb::check(good()).has_value());
    CHECK(good().tls.mode == TlsMode::verify);
    CHECK(good().port == 3306);
    CHECK(mariadb::Pool::make(good()).has_value());  // connects to nothing
}

TEST_CASE("Options: each that is wrong is named, and never with its value") {
    struct Case {
        const char* named;
        void (*spoil)(mariadb::Options&);
    };
    for (const Case& c : {Case{"host", [](mariadb::Options& o) { o.host.clear(); }},
                          Case{"host", [](mariadb::Options& o) { o.host = std::string("s3cr3t\0x", 8); }},
                          Case{"host", [](mariadb::Options& o) { o.host = std::string(254, 'a'); }},
                          Case{"host", [](mariadb::Options& o) { o.host = "host=s3cr3t;ssl=off"; }},
                          Case{"host", [](mariadb::Options& o) { o.host = "plugin://s3cr3t"; }},
                          Case{"host", [](mariadb::Options& o) { o.host = "s3cr3t,other"; }},
                          Case{"port", [](mariadb::Options& o) { o.port = 0; }},
                          Case{"database", [](mariadb::Options& o) { o.database.clear(); }},
                          Case{"database", [](mariadb::Options& o) { o.database = std::string(65, 'a'); }},
                          Case{"user", [](mariadb::Options& o) { o.user = "s3cr3t\n"; }},
                          Case{"password", [](mariadb::Options& o) { o.password = Secret(std::string_view("s3cr3t\0x", 8)); }},
                          Case{"password", [](mariadb::Options& o) { o.password = Secret(std::string(4097, 'x')); }},
                          Case{"connections_max", [](mariadb::Options& o) { o.connections_max = 0; }},
                          Case{"connections_max", [](mariadb::Options& o) { o.connections_max = 1001; }},
                          Case{"connect_timeout", [](mariadb::Options& o) { o.connect_timeout = std::chrono::milliseconds(9); }},
                          Case{"connect_timeout", [](mariadb::Options& o) { o.connect_timeout = std::chrono::minutes(11); }},
                          Case{"tls.cert_file", [](mariadb::Options& o) { o.tls.cert_file = "s3cr3t.pem"; }},
                          Case{"tls.key_file", [](mariadb::Options& o) { o.tls.key_file = "s3cr3t.pem"; }},
                          Case{"tls.cert_file", [](mariadb::Options& o) { o.tls = {TlsMode::off, "", "s3cr3t.pem", "s3cr3t.pem"}; }},
                          // An authority that would not be asked would look like a check.
                          Case{"tls.ca_file", [](mariadb::Options& o) { o.tls = {TlsMode::required, "s3cr3t.pem", "", ""}; }},
                          Case{"tls", [](mariadb::Options& o) { o.tls.ca_file = std::string("s3cr3t\0.pem", 11); }}}) {
        CAPTURE(c.named);
        mariadb::Options options = good();
        c.spoil(options);
        const auto checked = mariadb::check(options);
        REQUIRE_FALSE(checked.has_value());
        CHECK(checked.error().code == Errc::invalid_argument);
        CHECK(to_string(checked.error()).find(c.named) != std::string::npos);
        CHECK(to_string(checked.error()).find("s3cr3t") == std::string::npos);
        CHECK_FALSE(mariadb::Pool::make(options).has_value());
    }
}

TEST_CASE("SQL: lists of any length make few statements, and the clock goes in everywhere") {
    CHECK(mariadb::placeholders(3) == "?, ?, ?");
    CHECK(mariadb::list_step(1) == 1);
    CHECK(mariadb::list_step(3) == 4);
    CHECK(mariadb::list_step(1000) == 1024);
    CHECK(mariadb::list_step(1024) == 1024);
    CHECK(mariadb::with_clock("a {now} b {now}", "NOW(3)") == "a NOW(3) b NOW(3)");
    CHECK(mariadb::with_clock("{now_ms} {now_ms}", "X").find('{') == std::string::npos);
}
