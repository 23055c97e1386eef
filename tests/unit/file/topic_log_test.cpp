#include <ticketbottle/file/topic_log.hpp>

#include "support/file_bytes.hpp"
#include "support/temporary_folder.hpp"
#include "support/topic_log_messages.hpp"
#include "unit/file/failing_sync.hpp"

#include <ticketbottle/memory/manual_clock.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace ticketbottle::file {
namespace {

namespace fs = std::filesystem;
using test::publish;
using test::read_topic;
using test::topic_log;

constexpr const char* first_segment = "paid/00000000000000000001.jsonl";
constexpr const char* second_segment = "paid/00000000000000000002.jsonl";

Message message(const std::string& value, const std::string& key = "k") { return {"paid", key, value, {}}; }

std::vector<std::string> values(const test::TemporaryFolder& folder, const std::string& position = "") {
    std::vector<std::string> found;
    for (const Message& m : read_topic(folder.path().string(), "paid", position).messages) found.push_back(m.value);
    return found;
}
using Values = std::vector<std::string>;

bool delivered(const std::vector<DeliveryReport>& reports) {
    return std::all_of(reports.begin(), reports.end(), [](const DeliveryReport& r) { return r.delivery == Delivery::delivered; });
}

TEST_CASE("topic log: options out of range are refused") {
    const test::TemporaryFolder folder;
    const auto code = [](const TopicLogOptions& options) { return open_topic_log(options).error().code; };
    const std::string path = folder.path().string();
    CHECK(code({"", 1 << 20, 1 << 20, nullptr}) == Errc::invalid_argument);
    CHECK(code({path, 4095, 1 << 20, nullptr}) == Errc::invalid_argument);
    CHECK(code({path, (16ULL << 30) + 1, 1 << 20, nullptr}) == Errc::invalid_argument);
    CHECK(code({path, 4096, 0, nullptr}) == Errc::invalid_argument);
    CHECK(code({path, 4096, (16 << 20) + 1, nullptr}) == Errc::invalid_argument);
    CHECK(open_topic_log({path, 4096, 16 << 20, nullptr}).has_value());
    test::write_file(folder.path() / "file", "");
    CHECK(code({folder / "file", 4096, 4096, nullptr}) == Errc::unavailable);
}

TEST_CASE("topic log: lines carry the clock's time") {
    const test::TemporaryFolder folder;
    const memory::ManualClock clock{TimePoint(std::chrono::milliseconds(1'763'712'000'123))};
    const auto log = open_topic_log({folder.path().string(), 4096, 4096, &clock}).value();
    REQUIRE(delivered(publish(*log, {message("v")})));
    auto reader = TopicLogReader::open(folder.path().string(), "paid", "").value();
    CHECK(reader.read(1).value().at(0).time == clock.now());
}

TEST_CASE("topic log: a batch is one sync per topic") {
    const test::TemporaryFolder folder;
    const auto log = topic_log(folder.path().string());
    REQUIRE(delivered(publish(*log, {message("0"), {"failed", "x", "0", {}}})));
    const int before = test::sync_count();
    std::vector<Message> batch;
    for (int i = 0; i < 100; ++i) batch.push_back({i % 2 == 0 ? "paid" : "failed", std::to_string(i), "v", {}});
    REQUIRE(delivered(publish(*log, batch)));
    CHECK(test::sync_count() - before == 2);
}

TEST_CASE("topic log: rotates by size, and a reader follows from any position") {
    const test::TemporaryFolder folder;
    const auto log = topic_log(folder.path().string(), 4096);
    Values sent;
    for (int i = 0; i < 40; ++i) {
        sent.push_back(std::to_string(i) + std::string(500, '.'));
        REQUIRE(delivered(publish(*log, {message(sent.back())})));
    }
    CHECK(fs::exists(folder.path() / "paid/00000000000000000005.jsonl"));
    for (const auto& entry : fs::directory_iterator(folder.path() / "paid")) CHECK(fs::file_size(entry) <= 4096);
    CHECK(values(folder) == sent);

    auto reader = TopicLogReader::open(folder.path().string(), "paid", "").value();
    for (std::size_t i = 0; i < sent.size(); ++i) {
        const auto read = reader.read(1).value();
        REQUIRE(read.size() == 1);
        CHECK(read[0].message.value == sent[i]);
        CHECK(values(folder, read[0].position) == Values(sent.begin() + static_cast<std::ptrdiff_t>(i) + 1, sent.end()));
    }
    CHECK(reader.read(10).value().empty());
    REQUIRE(delivered(publish(*log, {message("more")})));
    CHECK(reader.read(10).value().at(0).message.value == "more");
}

TEST_CASE("topic log: a message larger than a segment has a segment of its own") {
    const test::TemporaryFolder folder;
    const auto log = topic_log(folder.path().string(), 4096);
    const Values sent{"a", std::string(10'000, 'b'), "c", std::string(10'000, 'd')};
    REQUIRE(delivered(publish(*log, {message(sent[0]), message(sent[1]), message(sent[2]), message(sent[3])})));
    CHECK(values(folder) == sent);
    CHECK(fs::exists(folder.path() / "paid/00000000000000000004.jsonl"));
}

TEST_CASE("topic log: writers that take turns see each other's rotation") {
    const test::TemporaryFolder folder;
    const auto one = topic_log(folder.path().string(), 4096);
    const auto two = topic_log(folder.path().string(), 4096);
    Values sent;
    for (int i = 0; i < 30; ++i) {
        for (const auto* log : {&one, &two}) {
            sent.push_back(std::to_string(sent.size()) + std::string(700, '.'));
            REQUIRE(delivered(publish(**log, {message(sent.back())})));
        }
    }
    CHECK(values(folder) == sent);
}

TEST_CASE("topic log: a line cut short is closed by the next writer, and a reader skips it") {
    const test::TemporaryFolder folder;
    REQUIRE(delivered(publish(*topic_log(folder.path().string()), {message("one")})));
    const std::string whole = test::read_file(folder.path() / first_segment);
    for (const std::string& torn : {std::string("{\"topic\":\"pa"), whole.substr(0, whole.size() - 1), std::string(100, '\0'), std::string("\xFF")}) {
        test::write_file(folder.path() / first_segment, whole + torn);
        const test::TopicContent before = read_topic(folder.path().string(), "paid");
        CHECK(before.messages.size() == 1);
        CHECK(before.skipped == 0);  // it may still be completed
        REQUIRE(delivered(publish(*topic_log(folder.path().string()), {message("two")})));
        const test::TopicContent after = read_topic(folder.path().string(), "paid", before.position);
        REQUIRE(after.messages.size() == 1);
        CHECK(after.messages[0].value == "two");
        CHECK(after.skipped == 1);
        CHECK(test::read_file(folder.path() / first_segment).starts_with(whole + torn));  // bytes never change
    }
}

TEST_CASE("topic log: a line that is still being written is not returned, and is when it is complete") {
    const test::TemporaryFolder folder;
    REQUIRE(delivered(publish(*topic_log(folder.path().string()), {message("one")})));
    const std::string whole = test::read_file(folder.path() / first_segment);
    auto reader = TopicLogReader::open(folder.path().string(), "paid", "").value();
    CHECK(reader.read(10).value().size() == 1);
    for (const char c : whole) {
        CHECK(reader.read(10).value().empty());
        test::append_file(folder.path() / first_segment, std::string(1, c));
    }
    CHECK(reader.read(10).value().size() == 1);
    CHECK(reader.skipped() == 0);
}

TEST_CASE("topic log: a line cut short at the end of a closed segment is passed over") {
    const test::TemporaryFolder folder;
    REQUIRE(delivered(publish(*topic_log(folder.path().string()), {message("one")})));
    test::write_file(folder.path() / second_segment, test::read_file(folder.path() / first_segment));
    test::append_file(folder.path() / first_segment, "{\"topic");
    const test::TopicContent content = read_topic(folder.path().string(), "paid");
    CHECK(content.messages.size() == 2);
    CHECK(content.skipped == 1);
}

TEST_CASE("topic log: lines that are no messages of the topic are skipped and counted") {
    const test::TemporaryFolder folder;
    const auto log = topic_log(folder.path().string());
    REQUIRE(delivered(publish(*log, {message("one"), {"other", "k", "v", {}}})));
    test::append_file(folder.path() / first_segment, "\nnot json\n{}\n\x18\n" + test::read_file(folder.path() / "other/00000000000000000001.jsonl"));
    REQUIRE(delivered(publish(*log, {message("two")})));
    const test::TopicContent content = read_topic(folder.path().string(), "paid");
    CHECK(content.messages.size() == 2);
    CHECK(content.skipped == 5);
}

TEST_CASE("topic log: a sync that fails is unknown, and the next batch begins a new segment") {
    const test::TemporaryFolder folder;
    const auto log = topic_log(folder.path().string());
    REQUIRE(delivered(publish(*log, {message("one")})));
    {
        const test::FailingSync failing(EIO);
        const auto reports = publish(*log, {message("two"), message("three", "other")});
        for (const DeliveryReport& report : reports) {
            CHECK(report.delivery == Delivery::unknown);
            CHECK(report.cause == Errc::outcome_unknown);
            CHECK(report.reason == std::string("input/output error (EIO) syncing ") + first_segment);
        }
    }
    REQUIRE(delivered(publish(*log, {message("four")})));
    CHECK(test::read_file(folder.path() / second_segment).find("four") != std::string::npos);
    CHECK(test::read_file(folder.path() / first_segment).find("four") == std::string::npos);
}

TEST_CASE("topic log: a failed sync of one topic stops its keys in the next topic of the batch") {
    const test::TemporaryFolder folder;
    const auto log = topic_log(folder.path().string());
    REQUIRE(delivered(publish(*log, {{"a", "k", "0", {}}, {"b", "k", "0", {}}})));
    std::vector<DeliveryReport> reports;
    {
        const test::FailingSync failing(EIO);
        reports = publish(*log, {{"a", "k", "1", {}}, {"b", "k", "2", {}}, {"a", "k", "3", {}}});
    }
    CHECK(reports[0].delivery == Delivery::unknown);
    CHECK(reports[1].delivery == Delivery::not_sent);
    CHECK(reports[1].cause == Errc::outcome_unknown);
    CHECK(reports[2].delivery == Delivery::not_sent);
    CHECK(read_topic(folder.path().string(), "b").messages.size() == 1);
}

TEST_CASE("topic log: a segment whose name cannot be made durable is not written to") {
    const test::TemporaryFolder folder;
    const auto log = topic_log(folder.path().string());
    REQUIRE(delivered(publish(*log, {message("one")})));
    fs::remove(folder.path() / first_segment);
    {
        const test::FailingSync failing(EIO);
        const auto reports = publish(*log, {message("two")});
        CHECK(reports[0].delivery == Delivery::not_sent);
        CHECK(reports[0].cause == Errc::unavailable);
    }
    CHECK(values(folder).empty());
    REQUIRE(delivered(publish(*log, {message("three")})));
    CHECK(values(folder) == Values{"three"});
}

TEST_CASE("topic log: a reader's sync that fails returns nothing, and nothing is lost by it") {
    const test::TemporaryFolder folder;
    REQUIRE(delivered(publish(*topic_log(folder.path().string()), {message("one")})));
    auto reader = TopicLogReader::open(folder.path().string(), "paid", "").value();
    {
        const test::FailingSync failing(EIO);
        CHECK(reader.read(10).error().code == Errc::unavailable);
    }
    CHECK(reader.read(10).value().size() == 1);
}

TEST_CASE("topic log: a folder removed under a writer is made again") {
    const test::TemporaryFolder folder;
    const auto log = topic_log(folder.path().string());
    REQUIRE(delivered(publish(*log, {message("one")})));
    fs::remove_all(folder.path() / "paid");
    REQUIRE(delivered(publish(*log, {message("two")})));
    CHECK(values(folder) == Values{"two"});
    fs::rename(folder.path() / "paid", folder.path() / "moved");
    REQUIRE(delivered(publish(*log, {message("three")})));
    CHECK(values(folder) == Values{"three"});
}

TEST_CASE("topic log: a lock that another holds is waited for until the deadline, and nothing is sent") {
    const test::TemporaryFolder folder;
    const auto log = topic_log(folder.path().string());
    REQUIRE(delivered(publish(*log, {message("one")})));
    const int fd = ::open((folder / "paid/.lock").c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(::flock(fd, LOCK_EX) == 0);
    std::vector<DeliveryReport> reports(1);
    const std::vector<Message> batch{message("two")};
    log->publish(batch, reports, Deadline::in(std::chrono::milliseconds(30)));
    ::close(fd);
    CHECK(reports[0].delivery == Delivery::not_sent);
    CHECK(reports[0].cause == Errc::cancelled);
    CHECK(values(folder) == Values{"one"});
}

TEST_CASE("topic log: more topics than are kept open") {
    const test::TemporaryFolder folder;
    const auto log = topic_log(folder.path().string());
    for (int again = 0; again < 2; ++again) {
        std::vector<Message> batch;
        for (int i = 0; i < 100; ++i) batch.push_back({"topic-" + std::to_string(i), "k", "v", {}});
        REQUIRE(delivered(publish(*log, batch)));
    }
    for (int i = 0; i < 100; ++i) CHECK(read_topic(folder.path().string(), "topic-" + std::to_string(i)).messages.size() == 2);
}

TEST_CASE("topic log reader: a topic that is not there yet is empty") {
    const test::TemporaryFolder folder;
    auto reader = TopicLogReader::open(folder.path().string(), "paid", "").value();
    CHECK(reader.read(10).value().empty());
    fs::create_directory(folder.path() / "paid");
    CHECK(reader.read(10).value().empty());
    REQUIRE(delivered(publish(*topic_log(folder.path().string()), {message("one")})));
    CHECK(reader.read(0).value().empty());
    CHECK(reader.read(10).value().size() == 1);
}

TEST_CASE("topic log reader: positions and topics that are none are refused") {
    const test::TemporaryFolder folder;
    const auto log = topic_log(folder.path().string(), 4096);
    REQUIRE(delivered(publish(*log, {message(std::string(4000, 'x')), message("two")})));
    const std::string position = read_topic(folder.path().string(), "paid").position;
    const auto code = [&](const std::string& topic, const std::string& at) {
        const auto reader = TopicLogReader::open(folder.path().string(), topic, at);
        return reader.has_value() ? Errc{} : reader.error().code;
    };
    CHECK(code("paid", position) == Errc{});
    CHECK(code("paid", "1:0") == Errc{});
    for (const char* bad : {"1", "1:", ":1", "0:0", "1:1", "1:9999", "-1:0", "1:-1", "1:0 ", " 1:0", "a:b", "99999999999999999999999:0",
                            "1:9223372036854775808", "3:0", "1:0:0", "+1:0"}) {
        CAPTURE(bad);
        CHECK(code("paid", bad) == Errc::invalid_argument);
    }
    CHECK(code("none", "1:0") == Errc::invalid_argument);
    for (const char* bad : {"", ".", "..", "a/b", "../paid"}) CHECK(code(bad, "") == Errc::invalid_argument);
    fs::remove(folder.path() / first_segment);
    CHECK(code("paid", "1:0") == Errc::invalid_argument);
    CHECK(values(folder) == Values{"two"});  // from the beginning: the oldest there is
}

TEST_CASE("topic log reader: a segment removed under it is said, not passed over") {
    const test::TemporaryFolder folder;
    const auto log = topic_log(folder.path().string(), 4096);
    REQUIRE(delivered(publish(*log, {message("one"), message(std::string(4000, 'x'))})));
    auto reader = TopicLogReader::open(folder.path().string(), "paid", "").value();
    REQUIRE(reader.read(1).value().size() == 1);
    fs::remove(folder.path() / first_segment);
    CHECK(reader.read(1).error().code == Errc::unavailable);
}

TEST_CASE("topic log reader: one answer is limited in bytes") {
    const test::TemporaryFolder folder;
    const auto log = open_topic_log({folder.path().string(), 1 << 30, 16 << 20, nullptr}).value();
    const std::string large(12 << 20, 'x');
    for (int i = 0; i < 5; ++i) REQUIRE(delivered(publish(*log, {message(large)})));
    auto reader = TopicLogReader::open(folder.path().string(), "paid", "").value();
    CHECK(reader.read(10).value().size() == 3);
    CHECK(reader.read(10).value().size() == 2);
}

TEST_CASE("topic cursor: remembers a position per consumer and topic") {
    const test::TemporaryFolder folder;
    const TopicCursor mailer(folder / "cursors", "mailer", "paid");
    const TopicCursor other(folder / "cursors", "mailer", "failed");
    CHECK(mailer.load().value() == "");
    REQUIRE(mailer.save("3:77").has_value());
    REQUIRE(mailer.save("12:345").has_value());
    CHECK(TopicCursor(folder / "cursors", "mailer", "paid").load().value() == "12:345");
    CHECK(other.load().value() == "");
    CHECK(mailer.save("").error().code == Errc::invalid_argument);
    CHECK(mailer.save("x").error().code == Errc::invalid_argument);
    CHECK(mailer.load().value() == "12:345");
}

TEST_CASE("topic cursor: names that are none, and files that are no position") {
    const test::TemporaryFolder folder;
    for (const char* bad : {"", "..", "a/b", "../x"}) {
        CHECK(TopicCursor(folder.path().string(), bad, "paid").load().error().code == Errc::invalid_argument);
        CHECK(TopicCursor(folder.path().string(), "mailer", bad).save("1:0").error().code == Errc::invalid_argument);
    }
    fs::create_directory(folder.path() / "mailer");
    for (const std::string& bad : {std::string(), std::string("\n"), std::string("hello"), std::string("1:0\n\n"), std::string(1000, '1')}) {
        test::write_file(folder.path() / "mailer/paid", bad);
        CHECK(TopicCursor(folder.path().string(), "mailer", "paid").load().error().code == Errc::malformed);
    }
}

TEST_CASE("topic cursor: a sync that fails keeps the old position, or says that it does not know") {
    const test::TemporaryFolder folder;
    const TopicCursor cursor(folder.path().string(), "mailer", "paid");
    REQUIRE(cursor.save("1:0").has_value());
    {
        const test::FailingSync failing(EIO);
        CHECK(cursor.save("2:0").error().code == Errc::unavailable);
        CHECK(cursor.load().value() == "1:0");
    }
    const test::FailingSync failing(EIO, 1);  // the file's sync holds, the folder's does not
    CHECK(cursor.save("2:0").error().code == Errc::outcome_unknown);
}

}  // namespace
}  // namespace ticketbottle::file
