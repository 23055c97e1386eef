// What is at the path: nothing, a folder, a stranger's file, damage, a newer schema, a file we may only read.
#include "conformance/payment_values.hpp"
#include "support/child_process.hpp"
#include "support/payment_backends.hpp"

#include "sqlite/schema.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace ticketbottle;
using conformance::payments::make_payment;
using conformance::payments::soon;
using conformance::payments::success;
using sqlite::OpenMode;

namespace {

Result<std::unique_ptr<PaymentStore>> open(const std::string& path, OpenMode mode = OpenMode::create, Deadline deadline = soon()) {
    sqlite::Options options;
    options.path = path;
    options.mode = mode;
    options.synchronous = sqlite::Synchronous::normal;
    return sqlite::open_payment_store(options, deadline);
}

/// A file with some payments, closed, so that everything is in the one file.
void make(const std::string& path, int payments = 40) {
    auto store = open(path);
    REQUIRE(store.has_value());
    for (int i = 0; i < payments; ++i) REQUIRE((*store)->create(make_payment(i), soon()).has_value());
}

void overwrite(const std::string& path, std::streamoff from, const std::string& bytes) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(from);
    file << bytes;
    REQUIRE(file.good());
}

std::string said(const Error& error) { return to_string(error); }

}  // namespace

TEST_CASE("SQLite open: what cannot be a database file is an invalid argument that names it") {
    test::TemporaryFolder folder;
    std::ofstream(folder / "text") << std::string(5000, 'x');
    std::ofstream(folder / "short") << "hello";
    struct Case {
        std::string path;
        OpenMode mode;
        const char* words;
    };
    for (const Case& c : {Case{"", OpenMode::create, "must name a file"}, Case{":memory:", OpenMode::create, "must name a file"},
                          Case{std::string("a\0b", 3), OpenMode::create, "must name a file"},
                          Case{folder.path().string(), OpenMode::create, "is a directory"},
                          Case{"/dev/null", OpenMode::create, "not a regular file"},
                          Case{folder / "none/shop.db", OpenMode::create, "folder does not exist"},
                          Case{folder / "none.db", OpenMode::existing, "does not exist"},
                          Case{folder / "none.db", OpenMode::read_only, "does not exist"},
                          Case{folder / "text", OpenMode::create, "not a SQLite database"},
                          Case{folder / "short", OpenMode::create, "not a SQLite database"},
                          Case{folder / "text", OpenMode::read_only, "not a SQLite database"}}) {
        CAPTURE(c.path);
        const auto store = open(c.path, c.mode);
        REQUIRE_FALSE(store.has_value());
        CHECK(store.error().code == Errc::invalid_argument);
        CHECK_MESSAGE(said(store.error()).find(c.words) != std::string::npos, said(store.error()));
    }
    CHECK_FALSE(std::filesystem::exists(folder / "none.db"));
    CHECK(std::filesystem::file_size(folder / "text") == 5000);
    CHECK(open(folder / "none.db", OpenMode::create, conformance::payments::past()).error().code == Errc::cancelled);
    CHECK_FALSE(std::filesystem::exists(folder / "none.db"));
}

TEST_CASE("SQLite open: a path that looks like a URI is a file of that name") {
    test::TemporaryFolder folder;
    const std::string failed = test::in_child([&] {
        test::expect(::chdir(folder.path().c_str()) == 0, "in the folder");
        test::expect(open("file:x.db?mode=memory").has_value(), "opened");
        test::expect(std::filesystem::exists("./file:x.db?mode=memory"), "there");
    });
    CHECK(failed == "");
}

TEST_CASE("SQLite open: what it makes is for its owner alone, whatever the umask; a file that is there keeps its mode") {
    test::TemporaryFolder folder;
    const std::string path = folder / "payments.db";
    const std::string shared = folder / "shared.db";
    std::ofstream(shared).close();
    std::filesystem::permissions(shared, std::filesystem::perms(0640));
    const auto mode = [](const std::string& file) { return static_cast<unsigned>(std::filesystem::status(file).permissions()); };

    const mode_t usual = ::umask(0);
    const auto store = open(path);
    const auto in_shared = open(shared);
    ::umask(usual);
    REQUIRE(store.has_value());
    REQUIRE(in_shared.has_value());
    REQUIRE((*store)->create(make_payment(1), soon()).has_value());
    for (const char* file : {"", "-wal", "-shm"}) {
        CAPTURE(file);
        REQUIRE(std::filesystem::exists(path + file));
        CHECK(mode(path + file) == 0600);
    }
    CHECK(mode(shared) == 0640);
}

TEST_CASE("SQLite open: the three modes") {
    test::TemporaryFolder folder;
    const std::string path = folder / "shop.db";
    make(path, 3);
    CHECK(test::sqlite_rows(path, "PRAGMA application_id")[0][0] == std::to_string(sqlite::application_id));
    CHECK(test::sqlite_rows(path, "PRAGMA user_version")[0][0] == std::to_string(sqlite::schema_version));
    CHECK(test::sqlite_rows(path, "PRAGMA journal_mode")[0][0] == "wal");
    {
        auto store = open(path, OpenMode::existing);
        REQUIRE(store.has_value());
        CHECK((*store)->settle(conformance::payments::command(success(make_payment(1))), soon())->outcome == Outcome::applied);
    }
    auto reader = open(path, OpenMode::read_only);
    REQUIRE_MESSAGE(reader.has_value(), said(reader.error()));
    CHECK((*reader)->counts(soon())->completed == 1);
    CHECK((*reader)->find(PaymentKey::id, make_payment(1).id, soon())->has_value());
    CHECK((*reader)->settle(conformance::payments::command(success(make_payment(2))), soon()).error().code == Errc::unsupported);
    CHECK((*reader)->create(make_payment(9), soon()).error().code == Errc::unsupported);
    CHECK((*reader)->remove_inbox(conformance::payments::at(1), 1, soon()).error().code == Errc::unsupported);

    std::ofstream(folder / "empty");  // nothing in it: ours to make, but nothing that exists
    CHECK(open(folder / "empty", OpenMode::existing).error().code == Errc::invalid_argument);
    CHECK(open(folder / "empty", OpenMode::create).has_value());
    CHECK(open(folder / "empty", OpenMode::existing).has_value());
}

TEST_CASE("SQLite open: another program's file and a newer schema are left alone") {
    test::TemporaryFolder folder;
    const std::string foreign = folder / "foreign.db";
    (void)test::sqlite_rows(foreign, "PRAGMA application_id = 77; CREATE TABLE t (x); PRAGMA user_version = 3");
    for (const OpenMode mode : {OpenMode::create, OpenMode::existing, OpenMode::read_only}) {
        const auto store = open(foreign, mode);
        REQUIRE_FALSE(store.has_value());
        CHECK(store.error().code == Errc::invalid_argument);
        CHECK(said(store.error()).find("another program") != std::string::npos);
    }
    CHECK(test::sqlite_rows(foreign, "SELECT count(*) FROM sqlite_schema")[0][0] == "1");
    CHECK(test::sqlite_rows(foreign, "PRAGMA journal_mode")[0][0] == "delete");

    const std::string newer = folder / "newer.db";
    make(newer, 1);
    const std::string next = std::to_string(sqlite::schema_version + 1);
    (void)test::sqlite_rows(newer, "PRAGMA user_version = " + next);
    for (const OpenMode mode : {OpenMode::create, OpenMode::existing, OpenMode::read_only}) {
        const auto store = open(newer, mode);
        REQUIRE_FALSE(store.has_value());
        CHECK(store.error().code == Errc::invalid_argument);
        CHECK(said(store.error()).find("newer") != std::string::npos);
    }
    CHECK(test::sqlite_rows(newer, "PRAGMA user_version")[0][0] == next);
}

TEST_CASE("SQLite open: a file of version 1 is brought up to date when it is opened to create, and keeps its rows") {
    test::TemporaryFolder folder;
    const std::string path = folder / "first.db";
    make(path, 2);
    (void)test::sqlite_rows(path, "ALTER TABLE outbox DROP COLUMN traceparent; PRAGMA user_version = 1");
    for (const OpenMode mode : {OpenMode::existing, OpenMode::read_only}) {
        const auto refused = open(path, mode);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().code == Errc::invalid_argument);
        CHECK(said(refused.error()).find("older") != std::string::npos);
    }
    auto store = open(path, OpenMode::create);
    REQUIRE_MESSAGE(store.has_value(), said(store.error()));
    CHECK(test::sqlite_rows(path, "PRAGMA user_version")[0][0] == std::to_string(sqlite::schema_version));
    const auto command = conformance::payments::command(success(make_payment(1)));
    REQUIRE((*store)->settle(command, soon())->outcome == Outcome::applied);
    CHECK(test::sqlite_outbox(path).back().traceparent == command.traceparent);
    for (const OpenMode mode : {OpenMode::existing, OpenMode::read_only}) CHECK(open(path, mode).has_value());

    const std::string hosts = folder / "host.db";  // its marks are the host's, so its columns are looked at
    (void)test::sqlite_rows(hosts, "CREATE TABLE orders (x); PRAGMA user_version = 9");
    REQUIRE(open(hosts, OpenMode::create).has_value());
    (void)test::sqlite_rows(hosts, "ALTER TABLE outbox DROP COLUMN traceparent");
    CHECK(open(hosts, OpenMode::existing).error().code == Errc::invalid_argument);
    CHECK(open(hosts, OpenMode::create).has_value());
    CHECK(open(hosts, OpenMode::existing).has_value());
    CHECK(test::sqlite_rows(hosts, "PRAGMA user_version")[0][0] == "9");
}

TEST_CASE("SQLite open: a host's own file takes our tables in, and keeps its marks") {
    test::TemporaryFolder folder;
    const std::string path = folder / "host.db";
    (void)test::sqlite_rows(path, "CREATE TABLE orders (x); PRAGMA user_version = 9");
    CHECK(open(path, OpenMode::existing).error().code == Errc::invalid_argument);  // no tables of ours yet
    (void)test::sqlite_rows(path, sqlite::schema());
    (void)test::sqlite_rows(path, sqlite::schema());  // idempotent
    auto store = open(path, OpenMode::existing);
    REQUIRE_MESSAGE(store.has_value(), said(store.error()));
    CHECK((*store)->create(make_payment(1), soon()).has_value());
    CHECK(open(path, OpenMode::create).has_value());
    CHECK(test::sqlite_rows(path, "PRAGMA user_version")[0][0] == "9");
    CHECK(test::sqlite_rows(path, "PRAGMA application_id")[0][0] == "0");

    const std::string clash = folder / "clash.db";
    (void)test::sqlite_rows(clash, "CREATE TABLE outbox (id TEXT, body TEXT)");
    const auto refused = open(clash, OpenMode::create);
    REQUIRE_FALSE(refused.has_value());
    CHECK(test::sqlite_rows(clash, "SELECT count(*) FROM sqlite_schema")[0][0] == "1");  // nothing half made
}

TEST_CASE("SQLite open: damage is found, called internal, and the file is named") {
    test::TemporaryFolder folder;
    const std::string path = folder / "shop.db";
    make(path, 60);
    const auto size = std::filesystem::file_size(path);
    REQUIRE(size > 10 * 4096);
    for (std::uintmax_t page = 1; page < size / 4096; page += 3) {
        CAPTURE(page);
        const std::string copy = folder / "copy.db";
        std::filesystem::copy_file(path, copy, std::filesystem::copy_options::overwrite_existing);
        overwrite(copy, static_cast<std::streamoff>(page * 4096), std::string(4096, '\x5a'));
        const auto store = open(copy);
        REQUIRE_FALSE(store.has_value());
        CHECK(store.error().code == Errc::internal);
        CHECK(said(store.error()).find(copy) != std::string::npos);
    }
    std::filesystem::resize_file(path, size - 4096 * 3);
    CHECK(open(path).error().code == Errc::internal);
    overwrite(path, 0, "This is no header");
    CHECK(open(path).error().code == Errc::invalid_argument);
}

TEST_CASE("SQLite: damage done under a running store is internal, never a wrong answer") {
    test::TemporaryFolder folder;
    const std::string path = folder / "shop.db";
    make(path, 200);
    auto store = open(path);
    REQUIRE(store.has_value());
    REQUIRE((*open(path))->create(make_payment(300), soon()).has_value());  // so that the store cannot answer from its own cache
    overwrite(path, 4096, std::string(std::filesystem::file_size(path) - 4096, '\x5a'));
    const auto settled = (*store)->settle(conformance::payments::command(success(make_payment(150))), soon());
    REQUIRE_FALSE(settled.has_value());
    CHECK(settled.error().code == Errc::internal);
}

TEST_CASE("SQLite: a value no version writes is internal, and names the column, not the value") {
    test::TemporaryFolder folder;
    const std::string path = folder / "shop.db";
    make(path, 2);
    (void)test::sqlite_rows(path, "PRAGMA ignore_check_constraints = ON; UPDATE payments SET status = 'SECRET' WHERE orderCode LIKE '%1'");
    auto store = open(path);
    if (store.has_value()) {  // quick_check looks at constraints too
        const auto found = (*store)->find(PaymentKey::id, make_payment(1).id, soon());
        REQUIRE_FALSE(found.has_value());
        CHECK(found.error().code == Errc::internal);
        CHECK(said(found.error()).find("SECRET") == std::string::npos);
    } else {
        CHECK(store.error().code == Errc::internal);
        CHECK(said(store.error()).find("SECRET") == std::string::npos);
    }
}

TEST_CASE("SQLite open: a file we may only read opens read-only and no other way") {
    test::TemporaryFolder folder;
    std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
    const std::string path = folder / "shop.db";
    make(path, 2);
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::group_read |
                                           std::filesystem::perms::others_read);
    const std::string failed = test::in_child([&] {
        if (::getuid() == 0) test::expect(::setgid(65534) == 0 && ::setuid(65534) == 0, "a user whom the file's mode binds");
        for (const OpenMode mode : {OpenMode::create, OpenMode::existing}) {
            const auto store = open(path, mode);
            test::expect(!store.has_value(), "it does not open for writing");
            test::expect(store.error().code == Errc::unsupported, said(store.error()));
        }
        auto store = open(path, OpenMode::read_only);
        test::expect(store.has_value(), store.has_value() ? "" : said(store.error()));
        test::expect((*store)->counts(soon())->pending == 2, "it can be read");
    });
    CHECK(failed == "");
}
