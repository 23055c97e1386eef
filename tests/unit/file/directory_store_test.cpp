#include <ticketbottle/file/directory_store.hpp>

#include "file/object_record.hpp"
#include "support/file_bytes.hpp"
#include "support/temporary_folder.hpp"
#include "unit/file/failing_sync.hpp"

#include <doctest/doctest.h>

#include <cerrno>

namespace ticketbottle::file {
namespace {

namespace fs = std::filesystem;

Deadline soon() { return Deadline::in(std::chrono::seconds(60)); }

struct Store {
    Store() : objects(open_directory_store(root.string()).value()) {}
    test::TemporaryFolder folder;
    fs::path root = folder.path() / "objects";
    std::unique_ptr<ObjectStore> objects;
};

std::size_t records(const fs::path& root) {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(root / ".tkb/records")) count += entry.is_regular_file() ? 1 : 0;
    return count;
}

TEST_CASE("directory store: an object is a plain file under its key") {
    Store store;
    REQUIRE(store.objects->put("tickets/2025/a.pdf", "%PDF", {"application/pdf", {}}, soon()).has_value());
    CHECK(test::read_file(store.root / "tickets/2025/a.pdf") == "%PDF");
    CHECK(std::distance(fs::directory_iterator(store.root / "tickets/2025"), fs::directory_iterator()) == 1);
}

TEST_CASE("directory store: a file put there by hand is an object without attributes") {
    Store store;
    fs::create_directories(store.root / "by");
    test::write_file(store.root / "by/hand", "x");
    const Object object = *store.objects->get("by/hand", soon()).value();
    CHECK(object.bytes == "x");
    CHECK(object.attributes.content_type == "application/octet-stream");
    const ObjectList page = store.objects->list("", "", 10, soon()).value();
    REQUIRE(page.objects.size() == 1);
    CHECK(page.objects[0].etag == object.etag);
}

TEST_CASE("directory store: an object changed by hand loses its attributes; copied, it keeps them") {
    Store store;
    REQUIRE(store.objects->put("a", "one", {"text/plain", {}}, soon()).has_value());
    fs::copy_file(store.root / "a", store.root / "copy");
    fs::remove(store.root / "a");
    fs::rename(store.root / "copy", store.root / "a");  // as a restore from a backup does: another inode and time
    CHECK(store.objects->get("a", soon()).value()->attributes.content_type == "text/plain");
    CHECK(store.objects->list("", "", 10, soon())->objects.at(0).etag == object_etag("one"));
    REQUIRE(store.objects->put("b", "x", {}, soon()).has_value());
    REQUIRE(store.objects->put("a", "one", {"text/html", {}}, soon()).has_value());
    CHECK(store.objects->get("a", soon()).value()->attributes.content_type == "text/html");
    test::write_file(store.root / "a", "changed");
    CHECK(store.objects->get("a", soon()).value()->attributes.content_type == "application/octet-stream");
    CHECK(store.objects->list("", "", 10, soon())->objects.at(0).etag == object_etag("changed"));
}

TEST_CASE("directory store: names that are no keys are not listed") {
    Store store;
    for (const char* name : {"back\\slash", "new\nline", "\xFF", ".tkb-temporary"}) test::write_file(store.root / name, "x");
    test::write_file(store.root / "fine", "x");
    const ObjectList page = store.objects->list("", "", 10, soon()).value();
    REQUIRE(page.objects.size() == 1);
    CHECK(page.objects[0].key == "fine");
}

TEST_CASE("directory store: removing leaves neither record nor empty folders") {
    Store store;
    REQUIRE(store.objects->put("a/b/c", "x", {"text/plain", {}}, soon()).has_value());
    REQUIRE(store.objects->put("a/d", "x", {}, soon()).has_value());
    CHECK(records(store.root) == 2);
    REQUIRE(store.objects->remove("a/b/c", soon()).has_value());
    CHECK(records(store.root) == 1);
    CHECK_FALSE(fs::exists(store.root / "a/b"));
    CHECK(fs::exists(store.root / "a/d"));
    REQUIRE(store.objects->remove("a/d", soon()).has_value());
    CHECK_FALSE(fs::exists(store.root / "a"));
}

TEST_CASE("directory store: a damaged record costs the attributes, not the object") {
    Store store;
    REQUIRE(store.objects->put("a", "one", {"text/plain", {}}, soon()).has_value());
    for (const auto& entry : fs::recursive_directory_iterator(store.root / ".tkb/records")) {
        if (entry.is_regular_file()) test::write_file(entry, std::string(100'000, '{'));
    }
    CHECK(store.objects->get("a", soon()).value()->bytes == "one");
    CHECK(store.objects->list("", "", 10, soon())->objects.size() == 1);
    REQUIRE(store.objects->put("a", "two", {"text/plain", {}}, soon()).has_value());
    CHECK(store.objects->get("a", soon()).value()->attributes.content_type == "text/plain");
}

TEST_CASE("directory store: whichever sync of a put fails, there is the old object or the new one, whole") {
    bool stored = false;
    for (int after = 0; !stored; ++after) {
        REQUIRE(after < 20);
        Store store;
        REQUIRE(store.objects->put("t/a", "old", {"text/old", {}}, soon()).has_value());
        Errc code{};
        {
            const test::FailingSync failing(EIO, after);
            const Result<std::string> etag = store.objects->put("t/a", "new", {"text/new", {}}, soon());
            stored = etag.has_value();
            if (!stored) code = etag.error().code;
        }
        CAPTURE(after);
        const Object object = *store.objects->get("t/a", soon()).value();
        const bool is_new = object.bytes == "new";
        CHECK(object.attributes.content_type == (is_new ? "text/new" : "text/old"));
        CHECK(object.bytes == (is_new ? "new" : "old"));
        if (stored) CHECK(is_new);
        if (!stored) CHECK(code == (is_new ? Errc::outcome_unknown : Errc::unavailable));
        CHECK(fs::is_empty(store.root / ".tkb/tmp"));
    }
}

TEST_CASE("directory store: a failed remove is unknown, and can be repeated") {
    Store store;
    REQUIRE(store.objects->put("a", "x", {}, soon()).has_value());
    {
        const test::FailingSync failing(EIO);
        CHECK(store.objects->remove("a", soon()).error().code == Errc::outcome_unknown);
    }
    CHECK(store.objects->remove("a", soon()).has_value());
    CHECK_FALSE(store.objects->get("a", soon()).value().has_value());
}

TEST_CASE("directory store: temporary files of the dead go when they are old") {
    Store store;
    for (const char* name : {"old", "fresh"}) test::write_file(store.root / ".tkb/tmp" / name, "x");
    fs::last_write_time(store.root / ".tkb/tmp/old", fs::file_time_type::clock::now() - std::chrono::hours(2));
    (void)open_directory_store(store.root.string()).value();
    CHECK_FALSE(fs::exists(store.root / ".tkb/tmp/old"));
    CHECK(fs::exists(store.root / ".tkb/tmp/fresh"));
}

TEST_CASE("object record: what is written is read back; another key's, or one past the limits, is not") {
    const ObjectRecord record{"a/\xE1\xBB\x91", {{object_etag("x"), "1-2-3.000000004", {"text/plain", {{"m", "v"}}}},
                                                 {object_etag("y"), "5-6-7.000000008", {"text/html", {}}}}};
    const std::string text = write_record(record);
    const std::optional<ObjectRecord> read = parse_record(text, record.key);
    REQUIRE(read.has_value());
    REQUIRE(read->versions.size() == 2);
    CHECK(read->versions[0].etag == record.versions[0].etag);
    CHECK(read->versions[0].stamp == record.versions[0].stamp);
    CHECK(read->versions[0].attributes.metadata == record.versions[0].attributes.metadata);
    CHECK(read->versions[1].attributes.content_type == "text/html");
    CHECK_FALSE(parse_record(text, "a").has_value());
    for (std::size_t cut = 0; cut + 2 < text.size(); ++cut) CHECK_FALSE(parse_record(text.substr(0, cut), record.key).has_value());
    ObjectRecord bad = record;
    bad.versions[0].attributes.content_type = "text/plain\r\nx";
    CHECK_FALSE(parse_record(write_record(bad), record.key).has_value());
    bad = record;
    bad.versions.push_back(record.versions[0]);
    CHECK_FALSE(parse_record(write_record(bad), record.key).has_value());
}

}  // namespace
}  // namespace ticketbottle::file
