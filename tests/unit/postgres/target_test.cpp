#include "postgres/target.hpp"

#include <doctest/doctest.h>

using namespace ticketbottle;
using postgres::Statements;

namespace {

Result<postgres::Target> read(const std::string& url) {
    postgres::Options options;
    options.url = Secret(url);
    return postgres::read_target(options);
}

}  // namespace

TEST_CASE("URL: Prisma's parameters are understood and do not reach libpq") {
    const auto target = read("postgresql://shop:p%40ss@db.example:6432/shop?schema=app&connection_limit=5&pgbouncer=true&pool_timeout=10"
                             "&connect_timeout=3&sslmode=require");
    REQUIRE(target.has_value());
    CHECK(target->schema == "app");
    CHECK(target->connections_max == 5);
    CHECK(target->statements == Statements::unnamed);
    CHECK(target->connect_timeout == std::chrono::seconds(3));
    CHECK(target->conninfo.expose() == "postgresql://shop:p%40ss@db.example:6432/shop?sslmode=require");
}

TEST_CASE("URL: without parameters the defaults hold") {
    const auto target = read("postgres://db.example/shop");
    REQUIRE(target.has_value());
    CHECK(target->schema == "public");
    CHECK(target->connections_max == 8);
    CHECK(target->statements == Statements::prepared);
}

TEST_CASE("URL: a libpq connection string is taken as it is") {
    const auto target = read("host=db.example dbname=shop user=shop");
    REQUIRE(target.has_value());
    CHECK(target->conninfo.expose() == "host=db.example dbname=shop user=shop");
}

TEST_CASE("URL: Prisma's sslaccept and sslcert become libpq's sslmode and sslrootcert") {
    const auto target = read("postgresql://db.example/shop?sslaccept=strict&sslcert=%2Fetc%2Frds%20ca.pem");
    REQUIRE(target.has_value());
    const std::vector<std::pair<std::string, std::string>> expected{{"sslmode", "verify-full"}, {"sslrootcert", "/etc/rds ca.pem"}};
    CHECK(target->keywords == expected);
    const auto own = read("postgresql://db.example/shop?sslcert=/c.pem&sslkey=/k.pem");
    REQUIRE(own.has_value());
    CHECK(own->keywords.empty());
    CHECK(own->conninfo.expose() == "postgresql://db.example/shop?sslcert=/c.pem&sslkey=/k.pem");
}

TEST_CASE("URL: what is wrong is named, and nothing of the password is repeated") {
    struct Case {
        const char* url;
        const char* named;
    };
    for (const Case& c : {Case{"postgresql://u:s3cr3t@pw@db/shop", "host"}, Case{"postgresql://u:s3cr3t/x@db/shop", "port"},
                          Case{"postgresql://u:s3cr3t@db:70x/shop", "port"},
                          Case{"postgresql://u:s3cr3t@db/shop?connection_limit=0", "connection_limit"},
                          Case{"postgresql://u:s3cr3t@db/shop?connection_limit=lots", "connection_limit"},
                          Case{"postgresql://u:s3cr3t@db/shop?pgbouncer=yes", "pgbouncer"},
                          Case{"postgresql://u:s3cr3t@db/shop?schema=a%22b", "schema"},
                          Case{"postgresql://u:s3cr3t@db/shop?schema=a&schema=b", "schema"},
                          Case{"postgresql://u:s3cr3t@db/shop?sslidentity=x.p12", "sslidentity"},
                          Case{"postgresql://u:s3cr3t@db/shop?sslmode=%zz", "sslmode"},
                          Case{"postgresql://u:s3cr3t@db/shop?no_such_thing=1", ""}, Case{"postgresql://u:s3cr3t@db/shop?s3cr3t@x=1", ""},
                          Case{"", "empty"}}) {
        CAPTURE(c.url);
        const auto target = read(c.url);
        REQUIRE_FALSE(target.has_value());
        CHECK(target.error().code == Errc::invalid_argument);
        const std::string said = to_string(target.error());
        CHECK(said.find(c.named) != std::string::npos);
        CHECK(said.find("s3cr3t") == std::string::npos);
    }
}

TEST_CASE("Options: each out of its range is named") {
    postgres::Options options;
    options.url = Secret("postgresql://db/shop");
    CHECK(postgres::check(options).has_value());
    options.attempts_max = 0;
    CHECK(to_string(postgres::check(options).error()).find("attempts_max") != std::string::npos);
    options.attempts_max = 5;
    options.settlements_per_commit = 65;
    CHECK(to_string(postgres::check(options).error()).find("settlements_per_commit") != std::string::npos);
    options.settlements_per_commit = 16;
    options.connect_timeout = std::chrono::milliseconds(1);
    CHECK(to_string(postgres::check(options).error()).find("connect_timeout") != std::string::npos);
    options.connect_timeout = std::chrono::seconds(1);
    options.connections_max = 1001;
    CHECK(to_string(postgres::check(options).error()).find("connections_max") != std::string::npos);
}
