// Links planted inside a backend's folder: none is followed, and what they point to is not touched.

#include "support/file_bytes.hpp"
#include "support/temporary_folder.hpp"
#include "support/topic_log_messages.hpp"

#include <ticketbottle/file/directory_store.hpp>
#include <ticketbottle/file/mail_spool.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>

namespace ticketbottle {
namespace {

namespace fs = std::filesystem;

Deadline soon() { return Deadline::in(std::chrono::seconds(60)); }

/// A folder for a backend, and one outside of it that must stay as it is.
struct Place {
    Place() {
        fs::create_directories(inside);
        fs::create_directories(outside);
        test::write_file(outside / "secret", "untouched");
    }
    void check_outside() const {
        CHECK(test::read_file(outside / "secret") == "untouched");
        CHECK(std::distance(fs::directory_iterator(outside), fs::directory_iterator()) == 1);
    }
    test::TemporaryFolder folder;
    fs::path inside = folder.path() / "inside";
    fs::path outside = folder.path() / "outside";
};

TEST_CASE("Directory store: a linked folder is not entered") {
    const Place place;
    const auto store = file::open_directory_store(place.inside.string()).value();
    fs::create_directory_symlink(place.outside, place.inside / "out");
    CHECK_FALSE(store->put("out/new", "x", {}, soon()).has_value());
    CHECK_FALSE(store->put("out/deep/new", "x", {}, soon()).has_value());
    CHECK_FALSE(store->get("out/secret", soon()).value().has_value());
    CHECK(store->remove("out/secret", soon()).has_value());
    CHECK(store->list("", "", 10, soon())->objects.empty());
    place.check_outside();
}

TEST_CASE("Directory store: a linked file is no object, and a put replaces the link itself") {
    const Place place;
    const auto store = file::open_directory_store(place.inside.string()).value();
    fs::create_symlink(place.outside / "secret", place.inside / "file");
    CHECK_FALSE(store->get("file", soon()).value().has_value());
    CHECK(store->list("", "", 10, soon())->objects.empty());
    CHECK(store->remove("file", soon()).has_value());
    REQUIRE(store->put("file", "mine", {}, soon()).has_value());
    CHECK(store->get("file", soon()).value()->bytes == "mine");
    CHECK_FALSE(fs::is_symlink(place.inside / "file"));
    place.check_outside();
}

TEST_CASE("Directory store: its own folder is not followed elsewhere") {
    const Place place;
    fs::create_directory_symlink(place.outside, place.inside / ".tkb");
    CHECK_FALSE(file::open_directory_store(place.inside.string()).has_value());
    place.check_outside();
}

TEST_CASE("Directory store: a FIFO in the way neither blocks nor counts") {
    const Place place;
    const auto store = file::open_directory_store(place.inside.string()).value();
    REQUIRE(::mkfifo((place.inside / "fifo").c_str(), 0600) == 0);
    CHECK_FALSE(store->get("fifo", soon()).value().has_value());
    CHECK(store->list("", "", 10, soon())->objects.empty());
}

TEST_CASE("Topic log: neither a linked topic nor a linked segment is written or read") {
    const Place place;
    const auto log = test::topic_log(place.inside.string());
    fs::create_directory_symlink(place.outside, place.inside / "linked");
    fs::create_directories(place.inside / "paid");
    fs::create_symlink(place.outside / "secret", place.inside / "paid" / "00000000000000000001.jsonl");
    for (const char* topic : {"linked", "paid"}) {
        const DeliveryReport report = test::publish(*log, {{topic, "k", "v", {}}})[0];
        CHECK(report.delivery == Delivery::not_sent);
        CHECK(report.cause == Errc::unavailable);
        auto reader = file::TopicLogReader::open(place.inside.string(), topic, "").value();
        CHECK(reader.read(10).error().code == Errc::unavailable);
    }
    place.check_outside();
}

TEST_CASE("Topic log: a dangling link does not make a file elsewhere") {
    const Place place;
    const auto log = test::topic_log(place.inside.string());
    fs::create_directories(place.inside / "paid");
    fs::create_symlink(place.outside / "made", place.inside / "paid" / ".lock");
    CHECK(test::publish(*log, {{"paid", "k", "v", {}}})[0].delivery == Delivery::not_sent);
    place.check_outside();
}

TEST_CASE("Mail spool: linked folders are not used") {
    for (const char* name : {"tmp", "new", "cur", ".tkb"}) {
        const Place place;
        fs::create_directory_symlink(place.outside, place.inside / name);
        CHECK_FALSE(file::open_mail_spool(place.inside.string()).has_value());
        place.check_outside();
    }
}

TEST_CASE("Topic cursor: a linked file is not read, and a save replaces the link itself") {
    const Place place;
    fs::create_directories(place.inside / "mailer");
    test::write_file(place.outside / "secret", "7:7");
    fs::create_symlink(place.outside / "secret", place.inside / "mailer" / "paid");
    const file::TopicCursor cursor(place.inside.string(), "mailer", "paid");
    CHECK_FALSE(cursor.load().has_value());
    CHECK(cursor.save("1:2").has_value());
    CHECK(cursor.load().value() == "1:2");
    CHECK(test::read_file(place.outside / "secret") == "7:7");
}

}  // namespace
}  // namespace ticketbottle
